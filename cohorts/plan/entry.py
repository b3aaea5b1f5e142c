"""Entry events of a plan as DuckDB statements: inside observation, limited, narrowed, numbered.

``event_id`` counts the events in the order of person, start, and what Circe orders a person's entry
events by. So the earliest of a person's events is the one with the lowest number, and events of one
day, between which the reference leaves the choice open, have a fixed order.

Columns that nothing asks for are not read: without the end and the visit of an event, those of one
person, day and observation period are alike, and the first needs no sorting.
"""

from __future__ import annotations

from typing import Final

from cohorts.compile import CDM_SCHEMA
from cohorts.plan.groups import groups_sql, leaves_of
from cohorts.plan.leaves import Index
from cohorts.plan.nodes import (
    ALL,
    END,
    LAST,
    CohortPlan,
    Correlated,
    DateOffsetExit,
    Demographic,
    DomainScan,
    Holds,
    Scan,
)
from cohorts.plan.scans import scan_sql
from cohorts.plan.script import Script, plus_days

QUALIFIED: Final = "qualified_events"
"""``event_id, person_id, start_date, op_start_date, op_end_date``, and perhaps ``end_date`` and
``visit_occurrence_id``."""

_OP_START, _OP_END = "op.observation_period_start_date", "op.observation_period_end_date"


def qualified_events(plan: CohortPlan, script: Script) -> None:
    """Make the table :data:`QUALIFIED`."""
    columns = entry_columns(plan)
    limited = plan.qualified_limit != ALL and plan.entry_limit == ALL
    narrowed = plan.additional is not None and bool(plan.additional.members)
    name = "primary_events" if limited or narrowed else QUALIFIED
    rows = script.table("entry_events", entry_events_sql(plan, script))
    script.table(name, f"SELECT rowid AS event_id, * FROM {rows}")
    if narrowed:
        assert plan.additional is not None
        relation, (condition,) = groups_sql([plan.additional], Index(name, True), script, scan_sql)
        kept = ", ".join(("event_id, person_id, start_date, op_start_date, op_end_date", *columns))
        query = f"SELECT {kept} FROM (\n{relation}\n) p\nWHERE {condition}"
    else:
        query = f"SELECT * FROM {name} p"
    if limited or narrowed:
        script.table(QUALIFIED, query + limit_sql(plan.qualified_limit if limited else ALL, "p"))


def entry_events_sql(plan: CohortPlan, script: Script) -> str:
    """A query for the entry events that are observed and within their limit, in their order."""
    columns = entry_columns(plan)
    if plan.entry_limit == ALL:
        return _all_events(plan, columns, script)
    if days_are_enough(plan):
        return _first_days(plan, script)
    return _first_events(plan, columns, script)


def days_are_enough(plan: CohortPlan) -> bool:
    """Whether nothing of an entry event is asked for, and put in order, but its day."""
    return not entry_columns(plan) and not any(map(_moves_start, plan.entry))


def entry_scans_sql(plan: CohortPlan, script: Script) -> str:
    """A query for the events of all entry criteria, observed or not."""
    return "\nUNION ALL\n".join(
        f"SELECT *, {number} AS criterion FROM (\n{scan_sql(scan, script, None)}\n) c"
        for number, scan in enumerate(plan.entry)
    )


def limit_sql(limit: str, by: str) -> str:
    """A clause that keeps the first or last event of each person, of the relation ``by``."""
    if limit == ALL:
        return ""
    order = f"{by}.start_date DESC, {by}.event_id" if limit == LAST else f"{by}.event_id"
    return f"\nQUALIFY row_number() OVER (PARTITION BY {by}.person_id ORDER BY {order}) = 1"


def entry_columns(plan: CohortPlan) -> list[str]:
    """Of the end and the visit of an index event, what a later stage asks for."""
    groups = [*plan.rules, *([plan.additional] if plan.additional is not None else [])]
    leaves = [leaf for group in groups for leaf in leaves_of(group)]
    columns = []
    if (isinstance(plan.exit, DateOffsetExit) and plan.exit.from_end) or any(
        map(_asks_end, leaves)
    ):
        columns.append("end_date")
    if any(isinstance(leaf, Correlated) and leaf.same_visit for leaf in leaves):
        columns.append("visit_occurrence_id")
    return columns


def _asks_end(leaf: Correlated | Demographic) -> bool:
    if isinstance(leaf, Correlated):
        return any(bound.index_end and bound.days is not None for bound in leaf.bounds)
    return any(END in (p.condition if isinstance(p, Holds) else p.column) for p in leaf.predicates)


def _moves_start(scan: Scan) -> bool:
    """Whether an event is put in order by another day than the one it starts on."""
    return isinstance(scan, DomainScan) and scan.period[0] is not None


def _observed(plan: CohortPlan, fields: str, script: Script) -> str:
    """Entry events and the observation periods that they lie in, far enough from the borders."""
    return f"""\
SELECT {fields}, {_OP_START} AS op_start_date, {_OP_END} AS op_end_date
FROM (
{entry_scans_sql(plan, script)}
) e
JOIN {CDM_SCHEMA}.observation_period op ON op.person_id = e.person_id
  AND e.start_date >= {_OP_START} AND e.start_date <= {_OP_END}
WHERE {plus_days(_OP_START, plan.prior_days)} <= e.start_date
  AND {plus_days("e.start_date", plan.post_days)} <= {_OP_END}"""


def _all_events(plan: CohortPlan, columns: list[str], script: Script) -> str:
    order = ["person_id", "start_date", *_ORDER] if columns else ["person_id", "start_date"]
    fields = ", ".join(f"e.{name}" for name in ("person_id", "start_date", *columns))
    return f"{_observed(plan, fields, script)}\nORDER BY {', '.join((*order, 'op_start_date'))}"


_ORDER: Final = ("sort_date", "e.event_id", "criterion", "e.end_date")


def _first_events(plan: CohortPlan, columns: list[str], script: Script) -> str:
    """The day is found by an aggregation: few events of one day are left to be put in order."""
    names = ("person_id", "start_date", "sort_date", "event_id", "criterion", "end_date")
    fields = ", ".join(f"e.{name}" for name in dict.fromkeys((*names, *columns)))
    events = script.table("observed_events", _observed(plan, fields, script))
    day = "max" if plan.entry_limit == LAST else "min"
    kept = ", ".join(f"e.{name}" for name in ("person_id", "start_date", *columns))
    return f"""\
SELECT {kept}, op_start_date, op_end_date
FROM {events} e
SEMI JOIN (SELECT person_id, {day}(sort_date) AS sort_date FROM {events} GROUP BY person_id) d
  USING (person_id, sort_date)
QUALIFY row_number() OVER (
  PARTITION BY e.person_id ORDER BY {", ".join(_ORDER[1:])}, op_start_date) = 1"""


def _first_days(plan: CohortPlan, script: Script) -> str:
    """What is left of an event is its day and observation period."""
    last = plan.entry_limit == LAST
    fields = f"e.person_id, {'max' if last else 'min'}(e.start_date) AS start_date"
    return f"""\
SELECT * FROM (
{_observed(plan, fields, script)}
GROUP BY e.person_id, op_start_date, op_end_date
) e
QUALIFY row_number() OVER (
  PARTITION BY person_id ORDER BY start_date {"DESC" if last else "ASC"}, op_start_date) = 1"""
