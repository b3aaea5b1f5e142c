"""Scans of a plan as DuckDB SQL: every event as one row, whatever table it comes from.

The columns are ``person_id, event_id, start_date, end_date, visit_occurrence_id, sort_date`` and,
if a count of different values asks for it, ``counted``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from cohorts.compile import CDM_SCHEMA
from cohorts.plan.domains import COUNTED_IN_ALL, CUSTOM_ERA_COUNTED, DOMAINS, Domain
from cohorts.plan.groups import groups_sql
from cohorts.plan.leaves import Index
from cohorts.plan.nodes import (
    END,
    START,
    Adjustment,
    CustomEraScan,
    DomainScan,
    Holds,
    Predicate,
    Scan,
)
from cohorts.plan.predicates import concept_set_sql, predicate_sql
from cohorts.plan.script import Script, among, plus_days, where

_JOINS: Final = {
    "person": f"JOIN {CDM_SCHEMA}.person person ON person.person_id = e.person_id",
    "visit": f"JOIN {CDM_SCHEMA}.visit_occurrence visit"
    " ON visit.visit_occurrence_id = e.visit_occurrence_id AND visit.person_id = e.person_id",
    "provider": f"LEFT JOIN {CDM_SCHEMA}.provider provider ON provider.provider_id = e.provider_id",
    "care_site": f"JOIN {CDM_SCHEMA}.care_site care_site"
    " ON care_site.care_site_id = e.care_site_id",
}


def scan_sql(scan: Scan, script: Script, people: str | None, counted: str | None = None) -> str:
    """A query for the events of a scan.

    ``people`` is a relation with ``person_id``: nobody else's events are of interest, so a scan
    that has to look at all events of a person does so for these only.
    """
    if isinstance(scan, CustomEraScan):
        return _custom_era_sql(scan, script, people, counted)
    if scan.nested is None:
        return _domain_sql(scan, people, counted)
    return _nested_sql(scan, script, people, counted)


def adjusted(adjustment: Adjustment | None, start: str, end: str) -> tuple[str, str]:
    """The two dates of an event after its adjustment."""
    if adjustment is None:
        return start, end
    dates = {START: start, END: end}
    return (
        plus_days(dates[adjustment.start_from], adjustment.start_days),
        plus_days(dates[adjustment.end_from], adjustment.end_days),
    )


def _domain_sql(scan: DomainScan, people: str | None, counted: str | None) -> str:
    domain = DOMAINS[scan.criterion]
    start, end = adjusted(scan.adjustment, domain.start, domain.end)
    shown_start, shown_end = (
        f"DATE '{day}'" if day else date
        for day, date in zip(scan.period, (start, end), strict=True)
    )
    columns = [
        "e.person_id",
        f"e.{domain.event_id} AS event_id",
        f"{shown_start} AS start_date",
        f"{shown_end} AS end_date",
        f"{'e.visit_occurrence_id' if domain.has_visit else 'CAST(NULL AS BIGINT)'}"
        " AS visit_occurrence_id",
        f"{start} AS sort_date",
    ]
    if counted:
        column = {**COUNTED_IN_ALL, **domain.counted}[counted]
        column = column.replace(START, shown_start).replace(END, shown_end)
        columns.append(f"{column} AS counted")
    chosen = _of_concept_sets(scan, domain)
    table = f"{CDM_SCHEMA}.{domain.table} e"
    if scan.first:
        table = _first(table, [*chosen, *among(people)], f"{domain.start}, e.{domain.event_id}")
        chosen = []
    conditions = _conditions(scan.predicates, start, end)
    return "\n".join(
        (f"SELECT {', '.join(columns)}", f"FROM {table}", *_joins(scan.predicates))
    ) + where([*chosen, *conditions])


def _of_concept_sets(scan: DomainScan, domain: Domain) -> list[str]:
    found = []
    if scan.concept_set is not None:
        found.append(f"e.{domain.concept} IN {concept_set_sql(scan.concept_set)}")
    if scan.source_concept_set is not None and domain.source:
        found.append(f"e.{domain.source[1]} IN {concept_set_sql(scan.source_concept_set)}")
    return found


def _first(table: str, conditions: list[str], order: str) -> str:
    """The first row per person, as a relation ``e``."""
    return (
        f"(SELECT * FROM {table}{where(conditions)}\n"
        f"QUALIFY row_number() OVER (PARTITION BY e.person_id ORDER BY {order}) = 1) e"
    )


def _joins(predicates: Iterable[Predicate]) -> list[str]:
    # A predicate's text is left out: it may hold anything.
    read = " ".join(p.condition if isinstance(p, Holds) else p.column for p in predicates)
    return [join for alias, join in _JOINS.items() if f"{alias}." in read]


def _custom_era_sql(
    scan: CustomEraScan, script: Script, people: str | None, counted: str | None
) -> str:
    members = "\nUNION ALL\n".join(
        f"SELECT person_id, start_date, end_date FROM (\n{scan_sql(m, script, people)}\n) m"
        + where(among(people, "m"))
        for m in scan.members
    )
    eras = eras_sql(members, scan.gap)
    numbered = (
        "(SELECT *, row_number() OVER (ORDER BY person_id, start_date, end_date) AS event_id\n"
        f"FROM (\n{eras}\n) eras) e"
    )
    if scan.first:
        numbered = _first(numbered, [], "e.start_date, e.end_date")
    start, end = adjusted(scan.adjustment, "e.start_date", "e.end_date")
    columns = [
        "e.person_id",
        "e.event_id",
        f"{start} AS start_date",
        f"{end} AS end_date",
        "CAST(NULL AS BIGINT) AS visit_occurrence_id",
        f"{start} AS sort_date",
    ]
    if counted:
        column = {**COUNTED_IN_ALL, **CUSTOM_ERA_COUNTED}[counted]
        columns.append(f"{column.replace(START, start).replace(END, end)} AS counted")
    conditions = _conditions(scan.predicates, start, end)
    return "\n".join(
        (f"SELECT {', '.join(columns)}", f"FROM {numbered}", *_joins(scan.predicates))
    ) + where(conditions)


def _conditions(predicates: Iterable[Predicate], start: str, end: str) -> list[str]:
    return [predicate_sql(predicate, start, end) for predicate in predicates]


def eras_sql(events: str, pad: int) -> str:
    """Periods of ``person_id, start_date, end_date`` joined where at most ``pad`` days lie between.

    ``events`` is a query for the periods. This is the reference's own algorithm: an era goes on as
    long as an event starts before the latest padded end so far.
    """
    return f"""\
SELECT person_id, min(start_date) AS start_date, {plus_days("max(end_date)", -pad)} AS end_date
FROM (
  SELECT *, sum(is_start) OVER (
    PARTITION BY person_id ORDER BY start_date, is_start DESC ROWS UNBOUNDED PRECEDING) AS era
  FROM (
    SELECT *, CASE WHEN max(end_date) OVER (
      PARTITION BY person_id ORDER BY start_date
      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) >= start_date THEN 0 ELSE 1 END AS is_start
    FROM (SELECT person_id, start_date, {plus_days("end_date", pad)} AS end_date FROM (
{events}
    ) events) padded
  ) marked
) numbered
GROUP BY person_id, era"""


def _nested_sql(scan: DomainScan, script: Script, people: str | None, counted: str | None) -> str:
    """Events of a scan that themselves meet its nested group of criteria."""
    assert scan.nested is not None
    query = _domain_sql(scan, people, counted)
    events = script.table("events", f"SELECT e.* FROM (\n{query}\n) e" + where(among(people)))
    index = Index(
        script.table(
            "index_events",
            f"""\
SELECT e.person_id, e.event_id, e.start_date, e.end_date, e.visit_occurrence_id,
  op.observation_period_start_date AS op_start_date, op.observation_period_end_date AS op_end_date
FROM {events} e
JOIN {CDM_SCHEMA}.observation_period op ON op.person_id = e.person_id
  AND op.observation_period_start_date <= e.start_date
  AND op.observation_period_end_date >= e.start_date""",
        ),
        unique=False,
    )
    relation, (condition,) = groups_sql([scan.nested], index, script, scan_sql)
    met = script.table(
        "met_events", f"SELECT person_id, event_id FROM (\n{relation}\n) r\nWHERE {condition}"
    )
    return f"SELECT e.* FROM {events} e SEMI JOIN {met} m USING (person_id, event_id)"
