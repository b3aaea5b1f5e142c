"""Groups of criteria as DuckDB SQL: which index events meet them.

Each correlated or demographic criterion (a *leaf*) is asked once, however often it stands in the
groups; the groups become conditions over the bits that :mod:`cohorts.plan.leaves` gathers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cohorts.compile import CDM_SCHEMA
from cohorts.plan.leaves import WORD_BITS, EventsSql, Index, Leaf, default_answer, leaves_sql
from cohorts.plan.nodes import ALL, Demographic, Group, Member
from cohorts.plan.predicates import predicate_sql
from cohorts.plan.script import Script


def groups_sql(
    groups: Sequence[Group], index: Index, script: Script, events: EventsSql
) -> tuple[str, list[str]]:
    """A relation of the index events, and one condition over it for each group.

    The relation has all columns of a unique index, otherwise the key of each event once.
    ``events`` gives the query for the events of a scan.
    """
    found = list(dict.fromkeys(leaf for group in groups for leaf in leaves_of(group)))
    keys = ", ".join(index.key)
    columns, joins = ["b.*"], []
    answers: dict[Leaf, str] = {}
    base = index.name
    if not index.unique:
        base = f"(SELECT {keys}, count(*) AS times FROM {index.name} GROUP BY {keys})"
    # What the row of the index event itself tells needs no aggregation.
    own = [leaf for leaf in found if index.unique and isinstance(leaf, Demographic)]
    for number, leaf in enumerate(own):
        columns.append(f"{demographic_sql(leaf)} AS is{number}")
        answers[leaf] = f"is{number}"
    if own:
        joins.append(f"LEFT JOIN {CDM_SCHEMA}.person person ON person.person_id = b.person_id")
    others: list[Leaf] = [leaf for leaf in found if leaf not in answers]
    for word, first in enumerate(range(0, len(others), WORD_BITS)):
        leaves = others[first : first + WORD_BITS]
        query = leaves_sql(leaves, index, script, events)
        defaults = sum(1 << bit for bit, other in enumerate(leaves) if default_answer(other))
        columns.append(f"xor(coalesce(l{word}.met, 0), {defaults}::BIGINT) AS met{word}")
        joins.append(f"LEFT JOIN (\n{query}\n) l{word} USING ({keys})")
        for bit, other in enumerate(leaves):
            answers[other] = f"(met{word} & {1 << bit}) <> 0"
    relation = "\n".join([f"SELECT {', '.join(columns)}", f"FROM {base} b", *joins])
    return relation, [_condition(group, answers, index) for group in groups]


def demographic_sql(leaf: Demographic) -> str:
    """A condition over an index event ``b`` and its ``person``."""
    conditions = [predicate_sql(p, "b.start_date", "b.end_date") for p in leaf.predicates]
    return f"coalesce({' AND '.join(['person.person_id IS NOT NULL', *conditions])}, FALSE)"


def leaves_of(group: Group) -> Iterator[Leaf]:
    """The criteria of a group and of the groups in it."""
    for member in group.members:
        if isinstance(member, Group):
            yield from leaves_of(member)
        else:
            yield member


def _condition(group: Group, answers: dict[Leaf, str], index: Index) -> str:
    """A group as a condition over the relation of :func:`groups_sql`."""
    if not group.members:
        return "TRUE"
    if index.unique and group.kind in {ALL, "ANY"}:
        joint = " AND " if group.kind == ALL else " OR "
        return "(" + joint.join(_condition_of(m, answers, index) for m in group.members) + ")"
    total = " + ".join(_number(m, answers, index) for m in group.members)
    if not index.unique:
        total = f"times * ({total})"
    if group.kind == ALL:
        return f"({total} = {len(group.members)})"
    if group.kind == "ANY":
        return f"({total} > 0)"
    if group.kind == "AT_MOST":
        return f"({total} <= {group.count})"
    # At least none is met by all; otherwise the reference wants one criterion at the least.
    return f"({total} >= {max(group.count, 1)})" if group.count != 0 else "TRUE"


def _condition_of(member: Member, answers: dict[Leaf, str], index: Index) -> str:
    return (
        _condition(member, answers, index) if isinstance(member, Group) else f"({answers[member]})"
    )


def _number(member: Member, answers: dict[Leaf, str], index: Index) -> str:
    if isinstance(member, Group) and not member.members and not index.unique:
        return "times"
    return f"CAST({_condition_of(member, answers, index)} AS BIGINT)"
