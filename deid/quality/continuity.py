"""Is a resident's record continuous? What was due by a schedule, and what of it was kept.

Three questions are asked of each schedule of :mod:`deid.quality.schedules`: which due visits were
missed, who has any gap longer than the schedule allows, and who is lost to follow-up. A schedule
applies to residents of its country; one whose form a store does not hold does not apply, because
its records were kept in another way and not with gaps.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from deid.quality.concepts import ids_in, terms
from deid.quality.course import descendants, lay_out
from deid.quality.model import Check, CheckResult, NotApplicable
from deid.quality.schedules import (
    Milestone,
    Rhythm,
    Schedule,
    Yearly,
    forms,
    milestones,
    rhythms,
    yearly,
)
from deid.quality.tables import Records
from deid.quality.thresholds import threshold_of

DUE, GAP, LOST = "dueVisitKept", "followUpGap", "lostToFollowUp"
NEEDED = ("person", "observation_period")

_ASKED = {
    DUE: ("visit_occurrence", "due visits missed; examples are the visits before the gap"),
    GAP: ("person", "people with a gap longer than the schedule allows"),
    LOST: ("person", "people who did not come again until the end of their record"),
}
Outcome = CheckResult | NotApplicable


def continuity_checks(
    records: Records, tables: Collection[str], *, births_exact: bool
) -> list[Outcome]:
    """All schedules; where one does not apply, the reason."""
    if not set(NEEDED) <= set(tables):
        missing = " and ".join(name for name in NEEDED if name not in tables)
        return [NotApplicable(DUE, "all schedules", f"no {missing}")]
    lay_out(records, tables)
    held = {
        row[0]
        for row in records.connection.execute("SELECT DISTINCT form FROM form_filled").fetchall()
    }
    outcomes: list[Outcome] = []
    for rhythm in rhythms():
        outcomes += _unless(
            _obstacle([rhythm.form], held, problems="condition_occurrence" in tables), rhythm
        ) or _rhythm(records, rhythm, tables)
    for lines in milestones().values():
        births = births_exact or lines[0].anchor != "BIRTH"
        wanted = {line.form for line in lines}
        outcomes += _unless(_obstacle(wanted, held, births=births), lines[0]) or _milestones(
            records, lines
        )
    for due in yearly():
        outcomes += _unless(
            _obstacle(
                [due.form],
                held,
                births=births_exact or due.age_from is None,
                problems="condition_occurrence" in tables or not due.problems,
            ),
            due,
        ) or _yearly(records, due, tables)
    return outcomes


def _obstacle(
    wanted: Collection[str],
    held: Collection[str],
    *,
    births: bool = True,
    problems: bool = True,
) -> str:
    """Why a schedule cannot be asked about, or nothing."""
    if not set(wanted) & set(held):
        return f"no such form: {', '.join(sorted(map(_title, wanted))[:3])}"
    if not births:
        return "years of birth are bands"
    return "" if problems else "no condition_occurrence"


def _unless(obstacle: str, schedule: Schedule) -> list[Outcome]:
    return [NotApplicable(DUE, schedule.title, obstacle)] if obstacle else []


def _title(form: str) -> str:
    return forms()[form][0] if form in forms() else terms()[form].en


def _asked(name: str, schedule: Schedule) -> Check:
    table, text = _ASKED[name]
    threshold = threshold_of(name, table, schedule.key)
    return Check(name, "RECORD", "Continuity", "Schedule", table, text, "", schedule.title,
                 threshold, schedule.source)  # fmt: skip


def _results(
    records: Records, schedule: Schedule, *, gap: bool = True, lost: bool = False
) -> list[Outcome]:
    """From ``due_visit`` (person_id, visit, kept, missed, gap, lost): one row a due span.

    ``missed`` counts due visits, ``visit`` is the one that the gap follows.
    """
    ((due, missed, visits, people, gaps, gone, losses, lost_ones),) = records.connection.execute(
        "WITH person AS (SELECT person_id, bool_or(gap) AS gap, bool_or(lost) AS lost "
        "FROM due_visit GROUP BY 1) SELECT "
        "(SELECT coalesce(sum(kept + missed), 0) FROM due_visit), "
        "(SELECT coalesce(sum(missed), 0) FROM due_visit), "
        f"(SELECT list_sort(list(DISTINCT visit)) [1:{records.examples}] FROM due_visit "
        "WHERE missed > 0 AND visit IS NOT NULL), "
        "count(*), count(*) FILTER (gap), "
        f"list_sort(list(person_id) FILTER (gap)) [1:{records.examples}], "
        "count(*) FILTER (lost), "
        f"list_sort(list(person_id) FILTER (lost)) [1:{records.examples}] FROM person"
    ).fetchall()
    if not due:
        nobody = f"nobody in {schedule.country} whom it concerns"
        return [NotApplicable(DUE, schedule.title, nobody)]
    results: list[Outcome] = [
        CheckResult(_asked(DUE, schedule), int(due), int(missed), tuple(visits or ()))
    ]
    if gap:
        results.append(CheckResult(_asked(GAP, schedule), people, gaps, tuple(gone or ())))
    if lost:
        results.append(CheckResult(_asked(LOST, schedule), people, losses, tuple(lost_ones or ())))
    return results


def _rhythm(records: Records, rhythm: Rhythm, tables: Collection[str]) -> list[Outcome]:
    """Spans from one form to the next, and from the last to the end of the record."""
    longest = rhythm.days + rhythm.grace
    concerned = (
        "SELECT person_id, greatest(min(condition_start_date), any_value(first)) AS day "
        "FROM condition_occurrence JOIN followed USING (person_id) WHERE condition_concept_id IN "
        f"({descendants(rhythm.problems, tables)}) AND country = '{rhythm.country}' "
        "GROUP BY person_id HAVING greatest(min(condition_start_date), any_value(first)) "
        "<= any_value(last)"
    )
    begins = (
        "UNION ALL SELECT person_id, day, NULL FROM concerned" if rhythm.begins == "problem" else ""
    )
    # After an answer exactly one visit is due; else one every so many days.
    missed = (
        f"CAST(days > {longest} AS INTEGER)"
        if rhythm.after
        else f"greatest(days - {rhythm.grace + 1}, 0) // {rhythm.days}"
    )
    kept = f"NOT ended AND days <= {longest}" if rhythm.after else "NOT ended"
    lost = f"ended AND days > {rhythm.lost}" if rhythm.lost else "false"
    conditions = ["true"]
    if rhythm.after:
        conditions.append(f"visit IN ({_visits_with(*rhythm.after)})")
    if rhythm.within is not None:
        conditions.append(f"day <= first_form + {rhythm.within}")
    if rhythm.closed_by:
        closing = (
            "SELECT visit_occurrence_id FROM observation WHERE visit_occurrence_id IS NOT NULL "
            f"AND observation_concept_id = {ids_in([rhythm.closed_by])}"
        )
        conditions.append(f"(visit IS NULL OR visit NOT IN ({closing}))")
    if (rhythm.after or rhythm.closed_by) and "observation" not in tables:
        return [NotApplicable(DUE, rhythm.title, "no observation")]
    records.connection.execute(
        f"CREATE OR REPLACE TEMP TABLE due_visit AS WITH concerned AS ({concerned}), point AS ("
        "SELECT person_id, day, max(visit) AS visit FROM (SELECT f.person_id, f.day, f.visit "
        "FROM form_filled f JOIN concerned c ON f.person_id = c.person_id AND f.day >= c.day "
        f"WHERE form = '{rhythm.form}' {begins}) GROUP BY person_id, day), span AS ("
        "SELECT person_id, day, visit, min(day) OVER w AS first_form, "
        "lead(day) OVER (w ORDER BY day) IS NULL AS ended, "
        "coalesce(lead(day) OVER (w ORDER BY day), last) - day AS days "
        "FROM point JOIN followed USING (person_id) WINDOW w AS (PARTITION BY person_id)) "
        f"SELECT person_id, visit, CAST({kept} AS INTEGER) AS kept, {missed} AS missed, "
        f"days > {longest} AS gap, {lost} AS lost "
        f"FROM span WHERE {' AND '.join(conditions)} AND (NOT ended OR days > {longest})"
    )
    return _results(records, rhythm, gap=rhythm.after is None, lost=rhythm.lost is not None)


def _visits_with(question: str, answers: Sequence[str]) -> str:
    return (
        "SELECT visit_occurrence_id FROM observation WHERE visit_occurrence_id IS NOT NULL AND "
        f"observation_concept_id = {ids_in([question])} "
        f"AND value_as_concept_id IN ({ids_in(answers)})"
    )


def _milestones(records: Records, lines: Sequence[Milestone]) -> list[Outcome]:
    """Each milestone of each person who was in the record when it was due."""
    values = ", ".join(
        f"('{m.anchor}', '{m.form}', {m.dose or 0}, {m.opens}, {m.due}, {m.closes})" for m in lines
    )
    # Doses given before the record stand on another card: only records from birth on are asked.
    records.connection.execute(
        "CREATE OR REPLACE TEMP TABLE due_visit AS WITH line (anchor, form, dose, opens, due, "
        f"closes) AS (VALUES {values}), due AS (SELECT a.person_id, form, dose, row_number() "
        "OVER () AS number, a.day + opens AS opens, a.day + closes AS closes FROM line JOIN "
        "anchored a USING (anchor) JOIN followed f USING (person_id) WHERE f.country = "
        f"'{lines[0].country}' AND f.first <= CASE WHEN dose > 0 THEN a.day + 31 ELSE "
        "a.day + opens END AND a.day + due <= a.until), done AS (SELECT number, count(e.day) AS "
        "times FROM due LEFT JOIN form_filled e ON e.person_id = due.person_id AND e.form = "
        "due.form AND e.day <= due.closes AND (dose > 0 OR e.day >= due.opens) GROUP BY number) "
        "SELECT person_id, NULL::BIGINT AS visit, CAST(times >= greatest(dose, 1) AS INTEGER) "
        "AS kept, CAST(times < greatest(dose, 1) AS INTEGER) AS missed, "
        "times < greatest(dose, 1) AS gap, false AS lost FROM due JOIN done USING (number)"
    )
    sources = "; ".join(dict.fromkeys(line.source for line in lines))
    return _results(records, replace(lines[0], source=sources))


def _yearly(records: Records, due: Yearly, tables: Collection[str]) -> list[Outcome]:
    """Whole calendar years in the record, of those whom it concerned when the year began."""
    if due.age_from is not None:
        join = ""
        concerns = f"of_year - year(birth) > {due.age_from}"
    else:
        join = (
            "JOIN (SELECT person_id, min(condition_start_date) AS since FROM condition_occurrence "
            f"WHERE condition_concept_id IN ({descendants(due.problems, tables)}) GROUP BY 1) "
            "USING (person_id)"
        )
        concerns = "year(since) < of_year"
    records.connection.execute(
        "CREATE OR REPLACE TEMP TABLE due_visit AS WITH years AS (SELECT person_id, birth, "
        "unnest(range(year(first) + 1, year(last))) AS of_year FROM followed WHERE country = "
        f"'{due.country}'), done AS (SELECT DISTINCT person_id, year(day) AS of_year FROM "
        f"form_filled WHERE form = '{due.form}') SELECT person_id, NULL::BIGINT AS visit, "
        "CAST(done.of_year IS NOT NULL AS INTEGER) AS kept, CAST(done.of_year IS NULL AS "
        "INTEGER) AS missed, done.of_year IS NULL AS gap, false AS lost FROM years "
        f"{join} LEFT JOIN done USING (person_id, of_year) WHERE {concerns}"
    )
    return _results(records, due)
