"""Is a resident's record continuous? Gaps against the schedule that the national standard asks for.

Intervals from 国家基本公共卫生服务规范 (third edition, 2017): hypertension and type 2 diabetes four
visits a year, a health examination every year from 65 years on.
"""

from __future__ import annotations

from dataclasses import dataclass

from deid.quality.concepts import terms
from deid.quality.model import CheckResult
from deid.quality.tables import Records, check

QUARTER, GRACE = 92, 31
"""Days between visits, and how late one may be before the record counts as interrupted."""


@dataclass(frozen=True)
class Schedule:
    """Who has which form how often. ``problem`` is both the indication and its qualifier."""

    problem: str
    form: str
    days: int


SCHEDULES = (
    Schedule("ESSENTIAL_HYPERTENSION", "FOLLOW_UP_CLASS", QUARTER),
    Schedule("TYPE_2_DIABETES", "FOLLOW_UP_CLASS", QUARTER),
)


def continuity_checks(
    records: Records, tables: list[str], *, births_exact: bool
) -> list[CheckResult]:
    """Gaps in follow-up and missed yearly examinations."""
    if not {"observation", "observation_period", "person"} <= set(tables):
        return []
    results = [_intervals(records, schedule) for schedule in SCHEDULES]
    if births_exact:
        results.append(_examinations(records))
    return [result for result in results if result.rows]


def _intervals(records: Records, schedule: Schedule) -> CheckResult:
    """Every interval between two visits, and from the last to the end of observation."""
    asked = check("followUpInterval", "RECORD", "Continuity", "Gap", "observation",
                  f"more than {schedule.days + GRACE} days to the next follow-up; examples are "
                  "people", "", terms()[schedule.problem].en)  # fmt: skip
    return records.count(
        asked,
        "WITH visit AS (SELECT DISTINCT person_id, observation_date AS day FROM observation "
        f"WHERE observation_concept_id = {terms()[schedule.form].concept_id} "
        f"AND qualifier_concept_id = {terms()[schedule.problem].concept_id}), ends AS ("
        "SELECT person_id, max(observation_period_end_date) AS last FROM observation_period "
        "GROUP BY 1), gap AS (SELECT person_id, coalesce(lead(day) OVER (PARTITION BY person_id "
        "ORDER BY day), last) - day AS days FROM visit JOIN ends USING (person_id)) "
        f"SELECT person_id AS id, days > {schedule.days + GRACE} AS violated FROM gap",
    )


def _examinations(records: Records) -> CheckResult:
    """Whole calendar years under observation of people of 65 and more."""
    asked = check("yearlyExamination", "RECORD", "Continuity", "Gap", "observation",
                  "a year from 65 on without health examination; examples are people")  # fmt: skip
    examination = terms()["HEALTH_EVALUATION"].concept_id
    return records.count(
        asked,
        "WITH years AS (SELECT person_id, unnest(range(year(observation_period_start_date) + 1, "
        "year(observation_period_end_date))) AS of_year FROM observation_period), due AS ("
        "SELECT person_id, of_year FROM years JOIN person_day USING (person_id) "
        "WHERE of_year - year(birth) > 65), done AS (SELECT DISTINCT person_id, "
        "year(observation_date) AS of_year FROM observation "
        f"WHERE observation_concept_id = {examination}) "
        "SELECT due.person_id AS id, done.person_id IS NULL AS violated "
        "FROM due LEFT JOIN done USING (person_id, of_year) "
        # A store that keeps no such examinations is not one with gaps.
        "WHERE EXISTS (FROM done)",
    )
