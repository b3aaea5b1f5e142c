"""Each check finds what it is for, counts it, names the rows, and leaves good records alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from deid.quality import CheckResult, QualityAssessment, assess, render_page
from deid.vault.arrow import arrow_schema
from deid.vocabulary import load_base_vocabulary, names

Rows = Sequence[Mapping[str, Any]]
DAY = date(2024, 3, 4)
PERSON = {
    "person_id": 1,
    "gender_concept_id": names.FEMALE,
    "year_of_birth": 1950,
    "month_of_birth": 6,
    "day_of_birth": 1,
    "race_concept_id": names.RACE_CHINESE,
    "ethnicity_concept_id": names.NOT_HISPANIC,
}
PERIOD = {
    "observation_period_id": 1,
    "person_id": 1,
    "observation_period_start_date": date(2023, 1, 1),
    "observation_period_end_date": date(2024, 6, 30),
    "period_type_concept_id": names.EHR,
}
VISIT = {
    "visit_occurrence_id": 1,
    "person_id": 1,
    "visit_concept_id": names.OUTPATIENT_VISIT,
    "visit_start_date": DAY,
    "visit_end_date": DAY,
    "visit_type_concept_id": names.EHR,
}


def assessed(births_exact: bool = True, **tables: Rows) -> QualityAssessment:
    """The assessment of these rows, with a person who is observed unless others are given."""
    given: dict[str, Rows] = {"person": [PERSON], "observation_period": [PERIOD], **tables}
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


def found(assessment: QualityAssessment, name: str, table: str, column: str = "") -> CheckResult:
    """The one result of a check that found something; the others found nothing."""
    hits = [result for result in assessment.of(name, table, column) if result.violated]
    assert len(hits) == 1, [(r.check, r.violated) for r in hits]
    return hits[0]


def reading(number: int, key: str, value: float, visit: int = 1, **more: Any) -> dict[str, Any]:
    from deid.quality.concepts import terms

    term = terms()[key]
    return {
        "measurement_id": number,
        "person_id": 1,
        "measurement_concept_id": term.concept_id,
        "measurement_date": DAY,
        "measurement_type_concept_id": names.LAB,
        "value_as_number": value,
        "unit_concept_id": term.unit_concept_id,
        "visit_occurrence_id": visit,
        **more,
    }


def test_a_good_record_fails_no_check() -> None:
    assessment = assessed(
        visit_occurrence=[VISIT],
        measurement=[reading(1, "SYSTOLIC_BP", 132), reading(2, "DIASTOLIC_BP", 78)],
    )
    assert [result.check.name for result in assessment.failed] == []
    assert {name for name, _, _ in assessment.summary()} >= {
        "Conformance",
        "Completeness",
        "Plausibility",
        "Standardisation",
    }


@pytest.mark.parametrize(
    ("row", "name", "column"),
    [
        ({"visit_end_date": date(2024, 3, 1)}, "plausibleStartBeforeEnd", "visit_end_date"),
        ({"visit_concept_id": names.MALE}, "fkDomain", "visit_concept_id"),
        ({"visit_concept_id": 0}, "standardConceptRecordCompleteness", "visit_concept_id"),
        ({"visit_concept_id": 77}, "isForeignKey", "visit_concept_id"),
        ({"person_id": 2}, "isForeignKey", "person_id"),
        ({"care_site_id": 4}, "isForeignKey", "care_site_id"),
        ({"visit_start_date": date(1950, 5, 31)}, "plausibleAfterBirth", "visit_start_date"),
    ],
)
def test_a_fault_of_one_row_is_counted_and_named(
    row: dict[str, Any], name: str, column: str
) -> None:
    visits = [VISIT, {**VISIT, "visit_occurrence_id": 2, "provider_id": None, **row}]
    result = found(assessed(visit_occurrence=visits), name, "visit_occurrence", column)
    assert (result.violated, result.examples) == (1, (2,))
    assert result.failed


def test_records_long_after_death_are_found_and_those_of_the_weeks_after_are_not() -> None:
    death = {"person_id": 1, "death_date": date(2024, 1, 1), "death_type_concept_id": names.EHR}
    late = {**VISIT, "visit_occurrence_id": 2, "visit_end_date": date(2024, 3, 1),
            "visit_start_date": date(2024, 3, 1)}  # fmt: skip
    result = found(
        assessed(visit_occurrence=[VISIT, late], death=[death]),
        "plausibleBeforeDeath", "visit_occurrence", "visit_start_date",
    )  # fmt: skip
    assert result.examples == (1,)


def test_a_value_of_another_unit_is_outside_what_can_be() -> None:
    rows = [reading(1, "FASTING_GLUCOSE", 6.1), reading(2, "FASTING_GLUCOSE", 110)]
    result = found(assessed(measurement=rows), "plausibleValueHigh", "measurement")
    assert (result.rows, result.violated, result.examples) == (2, 1, (2,))


def test_a_unit_that_is_not_the_terms_is_found_and_its_value_not_judged() -> None:
    row = reading(1, "FASTING_GLUCOSE", 110, unit_concept_id=names.MG_PER_DL)
    assessment = assessed(measurement=[row])
    assert found(assessment, "plausibleUnitConceptIds", "measurement").violated == 1
    assert not [r for r in assessment.of("plausibleValueHigh", "measurement") if r.violated]


def test_a_condition_of_the_other_sex_is_found() -> None:
    row = {
        "condition_occurrence_id": 8,
        "person_id": 1,
        "condition_concept_id": names.BENIGN_PROSTATIC_HYPERPLASIA,
        "condition_start_date": DAY,
        "condition_type_concept_id": names.EHR,
    }
    result = found(assessed(condition_occurrence=[row]), "plausibleGender", "condition_occurrence")
    assert result.examples == (8,)


def test_swapped_pressures_and_copied_readings_are_found() -> None:
    visits = [{**VISIT, "visit_occurrence_id": n} for n in (1, 2)]
    same = [
        reading(10 * n + i, key, value, n, measurement_date=date(2024, n, 1))
        for n in (1, 2)
        for i, (key, value) in enumerate(
            (("SYSTOLIC_BP", 80.0), ("DIASTOLIC_BP", 140.0), ("BODY_WEIGHT", 61.3))
        )
    ]
    assessment = assessed(visit_occurrence=visits, measurement=same)
    assert found(assessment, "systolicAboveDiastolic", "measurement").examples == (10, 20)
    assert found(assessment, "copyForward", "measurement").examples == (20,)


def test_a_second_visit_of_the_same_kind_place_and_day_is_a_duplicate() -> None:
    visits = [{**VISIT, "visit_occurrence_id": n} for n in (1, 2)]
    other = {**VISIT, "visit_occurrence_id": 3, "visit_concept_id": names.HOME_VISIT}
    result = found(
        assessed(visit_occurrence=[*visits, other]), "duplicateVisit", "visit_occurrence"
    )
    assert (result.rows, result.examples) == (3, (2,))


def follow_up(number: int, day: date, answer: int, visit: int = 1) -> dict[str, Any]:
    return {
        "observation_id": number,
        "person_id": 1,
        "observation_concept_id": names.FOLLOW_UP_CLASS,
        "observation_date": day,
        "observation_type_concept_id": names.EHR,
        "value_as_concept_id": answer,
        "qualifier_concept_id": names.ESSENTIAL_HYPERTENSION,
        "visit_occurrence_id": visit,
    }


@pytest.mark.parametrize(
    ("systolic", "answer", "contradicts"),
    [
        (148, names.CLASS_CONTROLLED, 0),  # from 65 years on the limit is 150
        (152, names.CLASS_CONTROLLED, 1),
        (152, names.CLASS_UNCONTROLLED, 0),
        (132, names.CLASS_UNCONTROLLED, 1),
        (132, names.CLASS_COMPLICATION, None),  # says nothing of control
    ],
)
def test_a_class_is_held_against_its_own_reading(
    systolic: int, answer: int, contradicts: int | None
) -> None:
    assessment = assessed(
        visit_occurrence=[VISIT],
        measurement=[reading(1, "SYSTOLIC_BP", systolic), reading(2, "DIASTOLIC_BP", 78)],
        observation=[follow_up(5, DAY, answer)],
    )
    results = assessment.of("classAgreesWithReading")
    assert [r.violated for r in results] == ([] if contradicts is None else [contradicts])


@pytest.mark.parametrize(
    ("text", "violated"),
    [
        ("Seen today. BP 132/78, HR 70.", 0),
        ("Seen today. BP 152/78, HR 70.", 1),
        ("血压132/78mmHg，心率70次/分。", 0),
        ("On 12/04/2024 she felt well. BP 132/78.", 0),
    ],
)
def test_a_note_is_held_against_the_row_of_its_visit(text: str, violated: int) -> None:
    note = {
        "note_id": 3,
        "person_id": 1,
        "note_date": DAY,
        "note_type_concept_id": names.EHR_NOTE,
        "note_class_concept_id": names.NOTE_CONTACT_RECORD,
        "note_text": text,
        "encoding_concept_id": names.UTF_8,
        "language_concept_id": names.ENGLISH,
        "visit_occurrence_id": 1,
    }
    assessment = assessed(
        visit_occurrence=[VISIT],
        measurement=[reading(1, "SYSTOLIC_BP", 132), reading(2, "DIASTOLIC_BP", 78)],
        note=[note],
    )
    (result,) = assessment.of("noteAgreesWithReading")
    assert (result.rows, result.violated) == (1, violated)


def test_a_gap_in_follow_up_is_found_also_at_the_end_of_observation() -> None:
    days = (date(2023, 2, 1), date(2023, 5, 1), date(2023, 12, 1), date(2024, 2, 20))
    rows = [follow_up(n, day, names.CLASS_CONTROLLED) for n, day in enumerate(days, 1)]
    (result,) = assessed(observation=rows).of("followUpInterval")
    # 89 days are in time; 214 are not; 81 are; 131 to the end of observation are not.
    assert (result.rows, result.violated) == (4, 2)
    assert set(result.examples) == {1}


def test_a_drug_without_any_of_its_indications_is_found() -> None:
    row = {
        "drug_exposure_id": 6,
        "person_id": 1,
        "drug_concept_id": names.METFORMIN_500MG,
        "drug_exposure_start_date": DAY,
        "drug_exposure_end_date": DAY,
        "drug_type_concept_id": names.EHR_PRESCRIPTION,
    }
    condition = {
        "condition_occurrence_id": 9,
        "person_id": 1,
        "condition_start_date": DAY,
        "condition_type_concept_id": names.EHR,
    }
    for problem, examples in ((names.ECZEMA, (6,)), (names.TYPE_2_DIABETES, ())):
        conditions = [{**condition, "condition_concept_id": problem}]
        assessment = assessed(drug_exposure=[row], condition_occurrence=conditions)
        (result,) = assessment.of("drugHasIndication")
        assert (result.rows, result.examples) == (1, examples)


def test_nothing_is_compared_with_births_that_are_bands() -> None:
    early = {**VISIT, "visit_start_date": date(1940, 1, 1), "visit_end_date": date(1940, 1, 1)}
    assessment = assessed(births_exact=False, visit_occurrence=[early])
    assert not assessment.of("plausibleAfterBirth")
    assert not assessment.of("classAgreesWithReading")


def test_people_without_rows_of_a_table_count_as_incomplete() -> None:
    people = [{**PERSON, "person_id": n} for n in (1, 2, 3)]
    result = found(
        assessed(person=people, visit_occurrence=[VISIT]),
        "measurePersonCompleteness", "visit_occurrence",
    )  # fmt: skip
    assert (result.rows, result.violated, result.examples) == (3, 2, (2, 3))


def test_the_page_tells_no_small_number_and_names_no_row() -> None:
    visits = [{**VISIT, "visit_occurrence_id": n} for n in (901, 902)]
    assessment = assessed(visit_occurrence=visits)
    page = render_page("<County>", assessment, 11).decode()
    assert "&lt;County&gt;" in page
    assert "of fewer than 11" in page
    assert "902" not in page


def test_the_text_names_rows_for_those_who_mend_them() -> None:
    visits = [{**VISIT, "visit_occurrence_id": n} for n in (901, 902)]
    text = assessed(visit_occurrence=visits).render()
    assert "duplicateVisit visit_occurrence: 1 of 2 (50.0%, at most 0.5%)" in text
    assert "902" in text
