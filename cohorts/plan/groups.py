"""Groups of criteria as DuckDB SQL: which index events meet them.

Each correlated or demographic criterion (a *leaf*) is asked once, however often it stands in the
groups. Its query gives the index events for which the answer is not that of an index event without
anything around it; the bits of all leaves are gathered by one aggregation, and the groups become
conditions over these bits.

An *index* is a relation with ``person_id, event_id, start_date, end_date, visit_occurrence_id,
op_start_date, op_end_date``. Where a criterion's own events are the index, one of them stands in it
once for each observation period that holds its start; the reference then counts over all of these,
and so does this module.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from cohorts.compile import CDM_SCHEMA
from cohorts.plan.nodes import (
    ALL,
    AT_LEAST,
    AT_MOST,
    EXACTLY,
    Bound,
    Correlated,
    Demographic,
    Group,
    Member,
    Scan,
)
from cohorts.plan.predicates import predicate_sql
from cohorts.plan.script import Script, among, plus_days, where

_WORD_BITS: Final = 62
Leaf = Correlated | Demographic
EventsSql = Callable[[Scan, Script, str | None, str | None], str]


@dataclass(frozen=True)
class Index:
    """The events around which criteria are looked for.

    ``unique`` tells that ``event_id`` alone identifies a row.
    """

    name: str
    unique: bool

    @property
    def key(self) -> tuple[str, ...]:
        """Columns that identify an event."""
        return ("event_id",) if self.unique else ("person_id", "event_id")


def groups_sql(
    groups: Sequence[Group], index: Index, script: Script, events: EventsSql
) -> tuple[str, list[str]]:
    """A relation of the index events, and one condition over it for each group.

    Of a unique index the relation has all columns, otherwise the key of each event once.
    ``events`` gives the query for the events of a scan.
    """
    leaves = list(dict.fromkeys(leaf for group in groups for leaf in _leaves(group)))
    keys = ", ".join(index.key)
    if index.unique:
        base = index.name
    else:
        base = f"(SELECT {keys}, count(*) AS times FROM {index.name} GROUP BY {keys})"
    if not leaves:
        return f"SELECT * FROM {base} b", [_condition(group, {}, index) for group in groups]
    words = (len(leaves) - 1) // _WORD_BITS + 1
    shared = _shared_events(leaves, index, script, events)
    parts = []
    for number, leaf in enumerate(leaves):
        values = ", ".join(f"{bit}::BIGINT AS w{word}" for word, bit in _bits(number, words))
        parts.append(
            f"SELECT {keys}, {values} FROM (\n{_leaf_sql(leaf, index, script, events, shared)}\n) l"
        )
    gathered = ", ".join(f"bit_or(w{word}) AS w{word}" for word in range(words))
    found = "\nUNION ALL\n".join(parts)
    met = ", ".join(
        f"xor(coalesce(f.w{word}, 0), {_defaults(leaves, word)}::BIGINT) AS met{word}"
        for word in range(words)
    )
    relation = f"""\
SELECT b.*, {met}
FROM {base} b
LEFT JOIN (SELECT {keys}, {gathered} FROM (
{found}
) leaves GROUP BY {keys}) f USING ({keys})"""
    conditions = {
        leaf: f"(met{number // _WORD_BITS} & {1 << number % _WORD_BITS}) <> 0"
        for number, leaf in enumerate(leaves)
    }
    return relation, [_condition(group, conditions, index) for group in groups]


def _bits(number: int, words: int) -> Iterator[tuple[int, int]]:
    """Each word with the bit of leaf ``number`` in it, or none."""
    own, bit = divmod(number, _WORD_BITS)
    for word in range(words):
        yield word, 1 << bit if word == own else 0


def _leaves(group: Group) -> Iterator[Leaf]:
    for member in group.members:
        if isinstance(member, Group):
            yield from _leaves(member)
        else:
            yield member


def _shared_events(
    leaves: Iterable[Leaf], index: Index, script: Script, events: EventsSql
) -> dict[object, str]:
    """Tables of the events that several leaves look at, of the people of the index."""
    uses: dict[tuple[Scan, str | None], int] = {}
    for leaf in leaves:
        if isinstance(leaf, Correlated):
            asked = (leaf.events, leaf.counted)
            uses[asked] = uses.get(asked, 0) + 1
    tables: dict[object, str] = {}
    for asked, number in uses.items():
        if number > 1:
            query = events(asked[0], script, index.name, asked[1])
            tables[asked] = script.table(
                "events", f"SELECT e.* FROM (\n{query}\n) e" + where(among(index.name))
            )
    return tables


def _leaf_sql(
    leaf: Leaf, index: Index, script: Script, events: EventsSql, shared: dict[object, str]
) -> str:
    """Keys of the index events whose answer is not the default one."""
    key = ", ".join(f"i.{column}" for column in index.key)
    if isinstance(leaf, Demographic):
        conditions = [predicate_sql(p, "i.start_date", "i.end_date") for p in leaf.predicates]
        person = f"JOIN {CDM_SCHEMA}.person person ON person.person_id = i.person_id"
        return f"SELECT {key} FROM {index.name} i {person}" + where(conditions)
    table = shared.get((leaf.events, leaf.counted))
    found = table or f"(\n{events(leaf.events, script, index.name, leaf.counted)}\n)"
    joined = f"FROM {index.name} i\nJOIN {found} a ON " + "\n  AND ".join(
        ["a.person_id = i.person_id", *_window(leaf)]
    )
    if leaf.counted is None and _asks_for_any(leaf):
        return f"SELECT DISTINCT {key}\n{joined}"
    number = "count(*)" if leaf.counted is None else "count(DISTINCT a.counted)"
    if index.unique or not leaf.counts_none or leaf.counted is not None:
        return f"SELECT {key}\n{joined}\nGROUP BY {key}\nHAVING {_differs(leaf, number)}"
    # The reference joins what it found with the index once more, which multiplies the rows.
    keys = ", ".join(index.key)
    return f"""\
SELECT {keys} FROM (SELECT {key}, count(*) AS number
{joined}
GROUP BY {key}) found
JOIN (SELECT {key}, count(*) AS times FROM {index.name} i GROUP BY {key}) t USING ({keys})
WHERE {_differs(leaf, "number * times")}"""


def _window(leaf: Correlated) -> Iterator[str]:
    if leaf.within_observation:
        yield "a.start_date >= i.op_start_date"
        yield "a.start_date <= i.op_end_date"
    for bound in leaf.bounds:
        event = "a.end_date" if bound.event_end else "a.start_date"
        yield f"{event} {'>=' if bound.lower else '<='} {_anchor(bound)}"
    if leaf.same_visit:
        yield "a.visit_occurrence_id = i.visit_occurrence_id"


def _anchor(bound: Bound) -> str:
    if bound.days is None:
        return "i.op_end_date" if bound.forward else "i.op_start_date"
    return plus_days("i.end_date" if bound.index_end else "i.start_date", bound.days)


def _default(leaf: Leaf) -> bool:
    """The answer for an index event around which there is no event."""
    return isinstance(leaf, Correlated) and leaf.counts_none and leaf.holds(0)


def _defaults(leaves: Sequence[Leaf], word: int) -> int:
    own = leaves[word * _WORD_BITS : (word + 1) * _WORD_BITS]
    return sum(1 << bit for bit, leaf in enumerate(own) if _default(leaf))


def _asks_for_any(leaf: Correlated) -> bool:
    """Whether the answer is not the default one as soon as there is an event."""
    none = _default(leaf)
    return leaf.count <= 1 and leaf.holds(1) != none and leaf.holds(2) != none


def _differs(leaf: Correlated, number: str) -> str:
    operator = {EXACTLY: "=", AT_MOST: "<=", AT_LEAST: ">="}[leaf.occurrence]
    condition = f"{number} {operator} {leaf.count}"
    return f"NOT ({condition})" if _default(leaf) else condition


def _condition(group: Group, bits: dict[Leaf, str], index: Index) -> str:
    """A group as a condition over the relation of :func:`groups_sql`."""
    if not group.members:
        return "TRUE"
    if index.unique and group.kind in {ALL, "ANY"}:
        joint = " AND " if group.kind == ALL else " OR "
        return "(" + joint.join(_condition_of(m, bits, index) for m in group.members) + ")"
    total = " + ".join(_number(m, bits, index) for m in group.members)
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


def _condition_of(member: Member, bits: dict[Leaf, str], index: Index) -> str:
    return _condition(member, bits, index) if isinstance(member, Group) else f"({bits[member]})"


def _number(member: Member, bits: dict[Leaf, str], index: Index) -> str:
    if isinstance(member, Group) and not member.members and not index.unique:
        return "times"
    return f"CAST({_condition_of(member, bits, index)} AS BIGINT)"
