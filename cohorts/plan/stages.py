"""The stages of a cohort as DuckDB statements, in Circe's order.

Concept sets, qualified events (:mod:`cohorts.plan.entry`), rule masks, included events, their ends,
collapsed periods. Each is a temporary table that the later ones read.
"""

from __future__ import annotations

from typing import Final

from cohorts.compile import CDM_SCHEMA, Answers
from cohorts.plan.domains import DOMAINS
from cohorts.plan.entry import QUALIFIED, limit_sql, qualified_events
from cohorts.plan.groups import groups_sql
from cohorts.plan.leaves import Index
from cohorts.plan.nodes import (
    ALL,
    CohortPlan,
    CustomEraExit,
    DateOffsetExit,
)
from cohorts.plan.predicates import CONCEPT_SETS, concept_set_sql, concept_sets_query
from cohorts.plan.scans import eras_sql, scan_sql
from cohorts.plan.script import Script, plus_days

MASKED: Final = "masked_events"
BEST: Final = "best_events"
INCLUDED: Final = "included_events"
COHORT: Final = "cohort_periods"
ROWS: Final = (
    "SELECT person_id AS subject_id, start_date AS cohort_start_date,"
    f" end_date AS cohort_end_date FROM {COHORT} ORDER BY ALL"
)
"""The query for the periods of a cohort."""


def plan_script(plan: CohortPlan) -> tuple[tuple[str, ...], Answers]:
    """The statements of a plan, and the queries for its answers."""
    script = Script()
    script.table(CONCEPT_SETS, concept_sets_query(plan.concept_sets, CDM_SCHEMA))
    qualified_events(plan, script)
    _rule_masks(plan, script)
    _included_events(plan, script)
    cohort_periods(plan, script)
    return tuple(script.statements), _answers(bool(plan.rules))


def cohort_periods(plan: CohortPlan, script: Script) -> None:
    """Make the table :data:`COHORT` of the events of :data:`INCLUDED`."""
    periods = _periods_with_ends(plan, script)
    if not _one_event_a_person(plan):
        periods = script.table("eras", eras_sql(f"SELECT * FROM {periods}", plan.era_pad))
    script.table(COHORT, _within_censor_window(periods, plan.censor_window))


def _one_event_a_person(plan: CohortPlan) -> bool:
    limits = (plan.entry_limit, plan.qualified_limit, plan.included_limit)
    return any(limit != ALL for limit in limits)


def _rule_masks(plan: CohortPlan, script: Script) -> None:
    """Bit i of an event's mask is set if it meets inclusion rule i."""
    if not plan.rules:
        return
    relation, conditions = groups_sql(plan.rules, Index(QUALIFIED, True), script, scan_sql)
    mask = " | ".join(
        f"CASE WHEN {condition} THEN {1 << number}::BIGINT ELSE 0 END"
        for number, condition in enumerate(conditions)
    )
    script.table(
        MASKED,
        f"SELECT person_id, event_id, {mask} AS mask FROM (\n{relation}\n) q",
    )

    # The event that meets most rules; of these the one that meets the earliest, then the earliest.
    script.table(
        BEST,
        f"""\
SELECT person_id, mask
FROM (SELECT person_id, mask, min(event_id) AS event_id FROM {MASKED} GROUP BY person_id, mask)
QUALIFY row_number() OVER (
  PARTITION BY person_id ORDER BY bit_count(mask) DESC, mask & -mask, event_id) = 1""",
    )


def _included_events(plan: CohortPlan, script: Script) -> None:
    """Events that meet every rule, limited."""
    query = f"SELECT q.* FROM {QUALIFIED} q"
    if plan.rules:
        full = (1 << len(plan.rules)) - 1
        query += (
            f" SEMI JOIN (SELECT event_id FROM {MASKED} WHERE mask = {full}) m USING (event_id)"
        )
    script.table(INCLUDED, query + limit_sql(included_limit(plan), "q"))


def included_limit(plan: CohortPlan) -> str:
    """The limit of included events that has an effect."""
    earlier = plan.entry_limit != ALL or plan.qualified_limit != ALL
    return ALL if earlier else plan.included_limit


def _periods_with_ends(plan: CohortPlan, script: Script) -> str:
    """Each included event from its start to the earliest end that is not before it."""
    joins, ends = [], []
    if isinstance(plan.exit, DateOffsetExit):
        day = plus_days("i.end_date" if plan.exit.from_end else "i.start_date", plan.exit.days)
        ends.append(f"CASE WHEN {day} > i.op_end_date THEN i.op_end_date ELSE {day} END")
    else:
        ends.append("i.op_end_date")
    if isinstance(plan.exit, CustomEraExit):
        eras = script.table("drug_eras", _drug_eras(plan.exit))
        joins.append(
            "LEFT JOIN (\n"
            "SELECT i.event_id, min(d.end_date) AS end_date\n"
            f"FROM {INCLUDED} i JOIN {eras} d ON d.person_id = i.person_id\n"
            "  AND i.start_date >= d.start_date AND i.start_date <= d.end_date\n"
            "GROUP BY i.event_id) drug USING (event_id)"
        )
        ends.append("drug.end_date")
    if plan.censoring:
        events = "\nUNION ALL\n".join(
            f"SELECT person_id, start_date FROM (\n{scan_sql(scan, script, INCLUDED)}\n) c"
            for scan in plan.censoring
        )
        joins.append(
            "LEFT JOIN (\n"
            "SELECT i.event_id, min(c.start_date) AS end_date\n"
            f"FROM {INCLUDED} i JOIN (\n{events}\n) c ON c.person_id = i.person_id\n"
            "  AND c.start_date >= i.start_date AND c.start_date <= i.op_end_date\n"
            "GROUP BY i.event_id) censored USING (event_id)"
        )
        ends.append("censored.end_date")
    # least() passes over NULL.
    candidates = ", ".join(f"CASE WHEN {end} >= i.start_date THEN {end} END" for end in ends)
    earliest = f"least({candidates})"
    joined = "\n".join([f"FROM {INCLUDED} i", *joins])
    return script.table(
        "ended_events",
        f"SELECT i.person_id, i.start_date, {earliest} AS end_date\n{joined}\n"
        f"WHERE {earliest} IS NOT NULL",
    )


def _drug_eras(found: CustomEraExit) -> str:
    """Eras of exposure of the included people, by standard or source concept."""
    domain = DOMAINS["DrugExposure"]
    end = domain.end
    if found.days_supply is not None:
        end = plus_days(domain.start, found.days_supply)
    exposures = "\nUNION ALL\n".join(
        f"SELECT e.person_id, {domain.start} AS start_date,"
        f" {plus_days(end, found.offset)} AS end_date\n"
        f"FROM {CDM_SCHEMA}.drug_exposure e\n"
        f"WHERE e.{column} IN {concept_set_sql(found.concept_set)}\n"
        f"  AND e.person_id IN (SELECT person_id FROM {INCLUDED})"
        for column in ("drug_concept_id", "drug_source_concept_id")
    )
    return eras_sql(exposures, found.gap)


def _within_censor_window(periods: str, window: tuple[str | None, str | None]) -> str:
    first, last = window
    start = f"greatest(start_date, DATE '{first}')" if first else "start_date"
    end = f"least(end_date, DATE '{last}')" if last else "end_date"
    query = f"SELECT person_id, {start} AS start_date, {end} AS end_date FROM {periods}"
    return f"{query}\nWHERE {start} <= {end}" if first or last else query


def _answers(rules: bool) -> Answers:
    rows = ROWS
    entry = f"SELECT count(DISTINCT person_id), count(*) FROM {QUALIFIED}"
    if not rules:
        everybody = f"SELECT DISTINCT person_id, 0::BIGINT AS mask FROM {QUALIFIED}"
        return Answers(rows, entry, "SELECT 0, 0, 0 WHERE FALSE", everybody)
    masks = f"""\
SELECT 0 AS mode_id, mask, count(*) FROM {MASKED} GROUP BY mask
UNION ALL
SELECT 1 AS mode_id, mask, count(*) FROM {BEST} GROUP BY mask"""
    return Answers(rows, entry, masks, f"SELECT person_id, mask FROM {BEST}")
