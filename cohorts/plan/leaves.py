"""Criteria around index events as DuckDB SQL: for which events the answer is not the default one.

The *default* is the answer for an index event without anything around it. Leaves whose window lies
around the start of the index event are asked together: each of their events reaches the index
events that start between two days, so one join and one aggregation serve them all.

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
    AT_LEAST,
    AT_MOST,
    EXACTLY,
    Bound,
    Correlated,
    Demographic,
    DomainScan,
    Scan,
)
from cohorts.plan.predicates import predicate_sql
from cohorts.plan.script import Script, among, plus_days, where

WORD_BITS: Final = 62
"""Leaves that are gathered in one number."""

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


@dataclass(frozen=True)
class DayOf:
    """A date column of an event, some days later or earlier."""

    column: str
    days: int


@dataclass(frozen=True)
class Reach:
    """The first and last index start that an event is in the window of; None for any day."""

    earliest: DayOf | None
    latest: DayOf | None


def leaves_sql(leaves: Sequence[Leaf], index: Index, script: Script, events: EventsSql) -> str:
    """A query for the key of index events, and ``met``: bit i is set if leaf i is not the default.

    There are at most :data:`WORD_BITS` leaves. Events whose answers are all default may be absent.
    """
    shared = _shared_events(leaves, index, script, events)

    def events_of(leaf: Correlated) -> str:
        query = shared.get((leaf.events, leaf.counted))
        return query or f"(\n{events(leaf.events, script, index.name, leaf.counted)}\n)"

    reaching = [
        (1 << bit, leaf, reach)
        for bit, leaf in enumerate(leaves)
        if index.unique and isinstance(leaf, Correlated) and (reach := reach_of(leaf)) is not None
    ]
    together = reaching if len(reaching) > 1 else []
    parts = [_together_sql(together, index, events_of)] if together else []
    alone = {leaf for _, leaf, _ in together}
    for bit, leaf in enumerate(leaves):
        if leaf not in alone:
            parts.append(alone_sql(1 << bit, leaf, index, events_of))
    if len(parts) == 1:
        return parts[0]
    keys = ", ".join(index.key)
    union = "\nUNION ALL\n".join(parts)
    return f"SELECT {keys}, bit_or(met) AS met FROM (\n{union}\n) parts GROUP BY {keys}"


def default_answer(leaf: Leaf) -> bool:
    """The answer for an index event around which there is no event."""
    return isinstance(leaf, Correlated) and leaf.counts_none and leaf.holds(0)


def _shared_events(
    leaves: Iterable[Leaf], index: Index, script: Script, events: EventsSql
) -> dict[object, str]:
    """Tables of what several leaves look at, of the people of the index, if it is dear to make."""
    uses: dict[tuple[Scan, str | None], int] = {}
    for leaf in leaves:
        if isinstance(leaf, Correlated) and not is_plain(leaf.events):
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


def is_plain(scan: Scan) -> bool:
    return isinstance(scan, DomainScan) and not scan.first and scan.nested is None


def reach_of(leaf: Correlated) -> Reach | None:
    """The index starts that an event reaches; None if that is not told by one interval of days."""
    if leaf.same_visit or leaf.counted is not None:
        return None
    sides: dict[bool, list[tuple[str, int]]] = {True: [], False: []}
    for bound in leaf.bounds:
        if bound.days is not None and not bound.index_end:
            column = "end_date" if bound.event_end else "start_date"
            sides[bound.lower].append((column, bound.days))
        elif not (bound.days is None and _is_observed(leaf, bound)):
            return None
    if any(len({column for column, _ in side}) > 1 for side in sides.values()):
        return None
    earliest = latest = None
    if sides[False]:
        earliest = DayOf(sides[False][0][0], -min(days for _, days in sides[False]))
    if sides[True]:
        latest = DayOf(sides[True][0][0], -max(days for _, days in sides[True]))
    return Reach(earliest, latest)


def _day_sql(day: DayOf | None, otherwise: str) -> str:
    return plus_days(day.column, day.days) if day is not None else f"DATE '{otherwise}'"


def _is_observed(leaf: Correlated, bound: Bound) -> bool:
    """Whether a border of observation binds no more than being observed does."""
    return leaf.within_observation and not bound.event_end and bound.lower != bound.forward


def _together_sql(
    leaves: Sequence[tuple[int, Correlated, Reach]],
    index: Index,
    events_of: Callable[[Correlated], str],
) -> str:
    scans, met = [], ["bit_or(a.bit)"]
    for bit, leaf, reach in leaves:
        any_event = _asks_for_any(leaf)
        # Events that need not be observed fit into every observation period.
        observed = ("start_date", "start_date") if leaf.within_observation else _ALWAYS
        scans.append(
            f"SELECT {bit}::BIGINT AS leaf, {bit if any_event else 0}::BIGINT AS bit, person_id,"
            f" {_day_sql(reach.earliest, '-infinity')} AS earliest,"
            f" {_day_sql(reach.latest, 'infinity')} AS latest,"
            f" {observed[0]} AS opened, {observed[1]} AS closed\nFROM {events_of(leaf)} s"
        )
        if not any_event:
            met.append(
                f"CASE WHEN {_differs(leaf, f'count_if(a.leaf = {bit})')} THEN {bit} ELSE 0 END"
            )
    union = "\nUNION ALL\n".join(scans)
    return f"""\
SELECT i.event_id, {" | ".join(met)} AS met
FROM {index.name} i
JOIN (
{union}
) a ON a.person_id = i.person_id
  AND a.earliest <= i.start_date AND a.latest >= i.start_date
  AND a.opened >= i.op_start_date AND a.closed <= i.op_end_date
GROUP BY i.event_id"""


_ALWAYS: Final = ("DATE 'infinity'", "DATE '-infinity'")


def alone_sql(bit: int, leaf: Leaf, index: Index, events_of: Callable[[Correlated], str]) -> str:
    key = ", ".join(f"i.{column}" for column in index.key)
    met = f"{bit}::BIGINT AS met"
    if isinstance(leaf, Demographic):
        conditions = [predicate_sql(p, "i.start_date", "i.end_date") for p in leaf.predicates]
        person = f"JOIN {CDM_SCHEMA}.person person ON person.person_id = i.person_id"
        return f"SELECT DISTINCT {key}, {met}\nFROM {index.name} i {person}" + where(conditions)
    around = f"{events_of(leaf)} a ON " + "\n  AND ".join(
        ["a.person_id = i.person_id", *_window(leaf)]
    )
    if leaf.counted is None and _asks_for_any(leaf):
        distinct = "" if index.unique else "DISTINCT "
        return f"SELECT {distinct}{key}, {met}\nFROM {index.name} i\nSEMI JOIN {around}"
    joined = f"FROM {index.name} i\nJOIN {around}"
    number = "count(*)" if leaf.counted is None else "count(DISTINCT a.counted)"
    if index.unique or not leaf.counts_none or leaf.counted is not None:
        return f"SELECT {key}, {met}\n{joined}\nGROUP BY {key}\nHAVING {_differs(leaf, number)}"
    # The reference joins what it found with the index once more, which multiplies the rows.
    keys = ", ".join(index.key)
    return f"""\
SELECT {keys}, {met} FROM (SELECT {key}, count(*) AS number
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


def _asks_for_any(leaf: Correlated) -> bool:
    """Whether the answer is not the default one as soon as there is an event."""
    none = default_answer(leaf)
    return leaf.count <= 1 and leaf.holds(1) != none and leaf.holds(2) != none


def _differs(leaf: Correlated, number: str) -> str:
    operator = {EXACTLY: "=", AT_MOST: "<=", AT_LEAST: ">="}[leaf.occurrence]
    condition = f"{number} {operator} {leaf.count}"
    return f"NOT ({condition})" if default_answer(leaf) else condition
