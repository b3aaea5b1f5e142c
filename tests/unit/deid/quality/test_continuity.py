"""What is due to whom and when, by the schedule of the resident's country."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from deid.quality import CheckResult, QualityAssessment, assess
from deid.quality.concepts import rows_of, terms
from deid.quality.schedules import forms, milestones, rhythms, yearly
from deid.vault.arrow import arrow_schema
from deid.vocabulary import load_base_vocabulary, names

Rows = Sequence[Mapping[str, Any]]
FIRST, LAST = date(2020, 1, 1), date(2024, 6, 30)
NOTE = {
    "person_id": 1,
    "note_type_concept_id": names.EHR_NOTE,
    "note_text": "-",
    "encoding_concept_id": names.UTF_8,
    "language_concept_id": names.CHINESE,
}
HYPERTENSION = "Hypertension: four visits a year"


def person(number: int = 1, born: date = date(1960, 6, 1)) -> dict[str, Any]:
    return {
        "person_id": number,
        "gender_concept_id": names.FEMALE,
        "year_of_birth": born.year,
        "month_of_birth": born.month,
        "day_of_birth": born.day,
        "race_concept_id": names.RACE_CHINESE,
        "ethnicity_concept_id": names.NOT_HISPANIC,
        "location_id": number,
    }


def note(number: int, day: date, form: str, **more: Any) -> dict[str, Any]:
    """A form of one day; its visit has its number."""
    concept = terms()[form].concept_id
    return {**NOTE, "note_id": number, "note_date": day, "note_class_concept_id": concept,
            "visit_occurrence_id": number, **more}  # fmt: skip


def problem(key: str, day: date, number: int = 1) -> dict[str, Any]:
    return {
        "condition_occurrence_id": number,
        "person_id": number,
        "condition_concept_id": terms()[key].concept_id,
        "condition_start_date": day,
        "condition_type_concept_id": names.EHR,
    }


def observed(number: int, visit: int, day: date, key: str, **value: Any) -> dict[str, Any]:
    return {
        "observation_id": number,
        "person_id": 1,
        "observation_concept_id": terms()[key].concept_id,
        "observation_date": day,
        "observation_type_concept_id": names.EHR,
        "visit_occurrence_id": visit,
        **value,
    }


def assessed(
    country: str | None = "CN", births_exact: bool = True, last: date = LAST, **tables: Rows
) -> QualityAssessment:
    people = tables.pop("person", [person()])
    given: dict[str, Rows] = {
        "person": people,
        "observation_period": [
            {
                "observation_period_id": one["person_id"],
                "person_id": one["person_id"],
                "observation_period_start_date": FIRST,
                "observation_period_end_date": last,
                "period_type_concept_id": names.EHR,
            }
            for one in people
        ],
        "location": [
            {"location_id": one["person_id"], "country_source_value": country} for one in people
        ],
        **tables,
    }
    with duckdb.connect() as connection:
        columns = {}
        for name, rows in given.items():
            table = pa.Table.from_pylist([dict(row) for row in rows], schema=arrow_schema(name))
            connection.register(name, table)
            columns[name] = table.column_names
        for name, table in load_base_vocabulary().items():
            connection.register(name, table)
            columns[name] = table.column_names
        return assess(connection, columns, births_exact=births_exact)


def of(assessment: QualityAssessment, name: str, title: str) -> CheckResult:
    (result,) = [r for r in assessment.of(name) if r.check.concept == title]
    return result


def counted(result: CheckResult) -> tuple[int, int]:
    return result.rows, result.violated


def reason(assessment: QualityAssessment, title: str) -> str:
    (one,) = [n for n in assessment.not_applicable if n.about == title]
    return one.reason


def quarterly(*days: date) -> dict[str, Rows]:
    return {
        "note": [note(n, day, "NOTE_HYPERTENSION_FOLLOW_UP") for n, day in enumerate(days, 1)],
        "condition_occurrence": [problem("ESSENTIAL_HYPERTENSION", days[0])],
    }


def test_each_quarter_left_out_is_a_visit_missed_also_at_the_end_of_the_record() -> None:
    days = (date(2023, 2, 1), date(2023, 5, 1), date(2023, 12, 1), date(2024, 2, 20))
    assessment = assessed(**quarterly(*days))
    # 89 days are in time, 214 leave one visit out, 81 are in time, 131 to the end leave one out.
    due = of(assessment, "dueVisitKept", HYPERTENSION)
    assert counted(due) == (5, 2)
    assert due.examples == (2, 4)  # the visits that the gaps follow
    assert counted(of(assessment, "followUpGap", HYPERTENSION)) == (1, 1)
    assert counted(of(assessment, "lostToFollowUp", HYPERTENSION)) == (1, 0)


def test_who_does_not_come_for_a_year_is_lost_and_who_died_is_not() -> None:
    days = (date(2022, 1, 3), date(2022, 4, 1))
    death = [{"person_id": 1, "death_date": date(2022, 5, 1), "death_type_concept_id": names.EHR}]
    alive = assessed(**quarterly(*days))
    assert of(alive, "lostToFollowUp", HYPERTENSION).examples == (1,)
    dead = assessed(**quarterly(*days), death=death)
    assert counted(of(dead, "lostToFollowUp", HYPERTENSION)) == (1, 0)
    assert counted(of(dead, "dueVisitKept", HYPERTENSION)) == (1, 0)


def test_a_diagnosis_begins_the_schedule_also_for_those_who_never_came() -> None:
    rows = quarterly(date(2023, 12, 1), date(2024, 3, 1), date(2024, 6, 3))
    others = {
        "person": [person(), person(2)],
        "condition_occurrence": [
            *rows["condition_occurrence"],
            problem("ESSENTIAL_HYPERTENSION", date(2023, 7, 1), 2),
        ],
    }
    assessment = assessed(**(rows | others))
    assert of(assessment, "followUpGap", HYPERTENSION).examples == (2,)


def test_two_weeks_after_a_visit_without_control_another_is_due() -> None:
    title = "Hypertension: two weeks after a visit without control"
    days = (date(2024, 1, 2), date(2024, 1, 17), date(2024, 4, 10))
    classes = [
        observed(n, n, day, "FOLLOW_UP_CLASS", value_as_concept_id=names.CLASS_UNCONTROLLED,
                 qualifier_concept_id=names.ESSENTIAL_HYPERTENSION)
        for n, day in enumerate(days, 1)
    ]  # fmt: skip
    due = of(assessed(**quarterly(*days), observation=classes), "dueVisitKept", title)
    # Kept after the first, not after the second, nor after the third until the end.
    assert counted(due) == (3, 2)
    assert due.examples == (2, 3)


def test_the_americans_have_a_rhythm_of_their_own() -> None:
    rows = quarterly(date(2023, 6, 1), date(2023, 12, 1), date(2024, 6, 1))
    american = assessed("US", **rows)
    assert counted(of(american, "dueVisitKept", "Hypertension: every six months")) == (2, 0)
    assert reason(american, HYPERTENSION) == "nobody in CN whom it concerns"


def test_without_an_address_the_language_of_the_notes_tells_the_country() -> None:
    rows = quarterly(date(2024, 1, 2), date(2024, 4, 1))
    assert of(assessed(None, **rows), "dueVisitKept", HYPERTENSION)


def test_a_store_without_the_forms_is_not_one_with_gaps() -> None:
    rows = {"condition_occurrence": [problem("ESSENTIAL_HYPERTENSION", FIRST)]}
    assessment = assessed(**rows)
    assert not [r for r in assessment.results if r.check.category == "Continuity"]
    assert reason(assessment, HYPERTENSION) == "no such form: Hypertension follow-up"
    assert reason(assessment, "Vaccines of the CDC schedule").startswith("no such form: ")
    schedules = {s.title for s in (*rhythms(), *yearly(), *(m[0] for m in milestones().values()))}
    assert {n.about for n in assessment.not_applicable} == schedules


def test_a_store_without_observation_periods_is_not_asked() -> None:
    with duckdb.connect() as connection:
        table = pa.Table.from_pylist([person()], schema=arrow_schema("person"))
        connection.register("person", table)
        assessment = assess(connection, {"person": table.column_names})
    assert [n.reason for n in assessment.not_applicable] == ["no observation_period"]


def test_children_are_due_by_their_age_and_only_while_they_are_in_the_record() -> None:
    born = date(2022, 1, 10)
    months = (1, 3, 6, 8, 18)  # the check of 12 months was missed
    checks = [
        note(n, born + timedelta(days=round(30.4375 * month) + 3), "NOTE_CHILD_EXAMINATION")
        for n, month in enumerate(months, 1)
    ]
    newborn = note(9, born + timedelta(days=6), "NOTE_NEWBORN_VISIT")
    assessment = assessed(
        person=[person(born=born)], note=[*checks, newborn], last=date(2023, 11, 1)
    )
    title = "Child checks to the sixth birthday"
    assert counted(of(assessment, "dueVisitKept", title)) == (6, 1)
    assert of(assessment, "followUpGap", title).examples == (1,)
    assert counted(of(assessment, "dueVisitKept", "Newborn home visit")) == (1, 0)


def test_nothing_is_counted_from_births_that_are_bands() -> None:
    newborn = note(9, date(2022, 1, 16), "NOTE_NEWBORN_VISIT")
    assessment = assessed(
        births_exact=False, person=[person(born=date(2022, 1, 10))], note=[newborn]
    )
    assert reason(assessment, "Newborn home visit") == "years of birth are bands"


def test_a_dose_is_due_until_its_month_however_early_it_was_given() -> None:
    born = date(2020, 3, 1)
    doses = [
        {
            "drug_exposure_id": n,
            "person_id": 1,
            "drug_concept_id": names.HEPATITIS_B_VACCINE,
            "drug_exposure_start_date": born + timedelta(days=days),
            "drug_exposure_end_date": born + timedelta(days=days),
            "drug_type_concept_id": names.EHR,
        }
        for n, days in enumerate((0, 31, 400), 1)
    ]
    assessment = assessed(
        person=[person(born=born)], drug_exposure=doses, last=born + timedelta(days=500)
    )
    due = of(assessment, "dueVisitKept", "Vaccines of the national programme")
    # The first dose in time, the third one after twelve months; of BCG, DTaP (third), MMR, JE and
    # no dose of any, which were due as well by sixteen months.
    assert counted(due) == (6, 5)


def test_antenatal_visits_are_due_by_week_and_end_with_the_pregnancy() -> None:
    lmp = date(2023, 1, 1)
    weeks = (10, 18, 30)
    rows = [
        note(n, lmp + timedelta(weeks=week, days=2), "NOTE_ANTENATAL")
        for n, week in enumerate(weeks, 1)
    ]
    told = [
        observed(
            n, n, lmp + timedelta(weeks=week, days=2), "GESTATIONAL_WEEK", value_as_number=week
        )
        for n, week in enumerate(weeks, 1)
    ]
    born = lmp + timedelta(weeks=38)
    told.append(observed(8, 8, born, "PREGNANCY_OUTCOME"))
    assessment = assessed(note=rows, observation=told)
    due = of(assessment, "dueVisitKept", "Antenatal visits by week")
    # Due before week 13, in 16 to 20, 21 to 24 (missed) and 28 to 36; not in 37 to 40.
    assert counted(due) == (4, 1)


def test_after_birth_a_visit_at_home_and_one_on_day_42_are_due() -> None:
    born, home = date(2023, 9, 1), date(2023, 9, 4)
    stay = {
        "visit_occurrence_id": 7, "person_id": 1, "visit_concept_id": names.INPATIENT_VISIT,
        "visit_start_date": born, "visit_end_date": home, "visit_type_concept_id": names.EHR,
    }  # fmt: skip
    delivery = {
        "procedure_occurrence_id": 1, "person_id": 1, "procedure_date": born,
        "procedure_concept_id": terms()["VAGINAL_DELIVERY"].concept_id,
        "procedure_type_concept_id": names.EHR, "visit_occurrence_id": 7,
    }  # fmt: skip
    visits = [note(1, home + timedelta(days=5), "NOTE_POSTPARTUM")]
    title = "Postpartum visits: home within a week, day 42"
    assessment = assessed(visit_occurrence=[stay], procedure_occurrence=[delivery], note=visits)
    assert counted(of(assessment, "dueVisitKept", title)) == (2, 1)


def test_tuberculosis_is_followed_until_the_form_that_closes_it() -> None:
    notice = date(2023, 3, 1)
    days = [notice + timedelta(days=d) for d in (2, 32, 92, 120)]
    rows = [note(n, day, "NOTE_TUBERCULOSIS_FOLLOW_UP") for n, day in enumerate(days, 1)]
    closing = observed(1, 4, days[3], "TB_STOP_REASON", value_as_concept_id=names.TB_END_COMPLETED)
    assessment = assessed(
        note=rows,
        observation=[closing],
        condition_occurrence=[problem("PULMONARY_TUBERCULOSIS", notice)],
    )
    first = of(assessment, "dueVisitKept", "Tuberculosis: first visit within 72 hours")
    monthly = of(assessment, "dueVisitKept", "Tuberculosis: every month of treatment")
    assert counted(first) == (1, 0)
    assert counted(monthly) == (4, 1)
    assert counted(of(assessment, "lostToFollowUp", "Tuberculosis: every month of treatment")) == (
        1,
        0,
    )


@pytest.mark.parametrize(("born", "due"), [(date(1950, 5, 1), 3), (date(1957, 5, 1), 1)])
def test_the_yearly_examination_is_due_in_whole_years_from_65_on(born: date, due: int) -> None:
    rows = [note(1, date(2023, 4, 3), "NOTE_HEALTH_EXAMINATION")]
    assessment = assessed(person=[person(born=born)], note=rows)
    result = of(assessment, "dueVisitKept", "Health examination every year from 65")
    assert counted(result) == (due, due - 1)


def test_every_schedule_names_its_rule_and_forms_that_the_vocabulary_has() -> None:
    schedules = [*rhythms(), *yearly(), *(m for lines in milestones().values() for m in lines)]
    assert all(s.source and s.country in {"CN", "US"} for s in schedules)
    for schedule in schedules:
        assert schedule.form in forms() or schedule.form in terms()
    titles = [s.title for s in (*rhythms(), *yearly(), *(m[0] for m in milestones().values()))]
    assert len(set(titles)) == len(titles)
    assert {row["country"] for row in rows_of("milestones.csv")} == {"CN", "US"}
    for lines in milestones().values():
        assert all(m.opens <= m.due <= m.closes or m.dose for m in lines)
