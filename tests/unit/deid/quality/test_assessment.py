"""Each check finds what it is for, counts it, names the rows, and leaves good records alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from xml.etree import ElementTree

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deid.quality import CheckResult, QualityAssessment, assess, render, render_page
from deid.quality.concepts import rows_of, terms
from deid.quality.digits import estimate_rounding
from deid.quality.rendering import advice
from deid.structured.layout import LAYOUTS
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
        for name in LAYOUTS.keys() - columns.keys():
            connection.register(name, arrow_schema(name).empty_table())
            columns[name] = arrow_schema(name).names
        return assess(connection, columns, births_exact=births_exact)


def found(assessment: QualityAssessment, name: str, table: str, column: str = "") -> CheckResult:
    """The one result of a check that found something; the others found nothing."""
    hits = [result for result in assessment.of(name, table, column) if result.violated]
    assert len(hits) == 1, [(r.check, r.violated) for r in hits]
    return hits[0]


def reading(number: int, key: str, value: float, visit: int = 1, **more: Any) -> dict[str, Any]:
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
    result = found(
        assessed(condition_occurrence=[row]),
        "plausibleGenderUseDescendants",
        "condition_occurrence",
    )
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


def test_a_copy_is_found_over_a_visit_in_between_and_chance_is_not() -> None:
    values = ((132, 78, 61.3), (141, 85, 61.8), (132, 78, 61.3), (132, 78, 61.2))
    rows = [
        reading(10 * n + i, key, value, n, measurement_date=date(2024, n, 1))
        for n, triple in enumerate(values, 1)
        for i, (key, value) in enumerate(
            zip(("SYSTOLIC_BP", "DIASTOLIC_BP", "BODY_WEIGHT"), triple, strict=True)
        )
    ]
    visits = [{**VISIT, "visit_occurrence_id": n, "provider_id": None} for n in (1, 2, 3, 4)]
    assessment = assessed(visit_occurrence=visits, measurement=rows)
    assert found(assessment, "copyForward", "measurement").examples == (30,)


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
        ("Last visit: BP 150/90. Today BP 132/78.", 0),  # a quotation beside the row's own
        ("Last visit: BP 150/90. Today BP 152/78.", 1),
        ("Aim: BP <140/90. Today BP 142/78.", 1),
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
    text = render(assessed(visit_occurrence=visits))
    assert "Visits entered twice (duplicateVisit; plausibility: uniqueness)" in text
    assert "To do: Remove the second entry in the source." in text
    assert "visit_occurrence: 1 of 2 (50.0%, at most 0.5%)" in text
    assert "902" in text


def test_a_note_that_only_quotes_an_earlier_visit_says_nothing_of_its_own() -> None:
    earlier = {**VISIT, "visit_occurrence_id": 2, "visit_start_date": date(2024, 1, 4),
               "visit_end_date": date(2024, 1, 4)}  # fmt: skip
    note = {
        "note_id": 3, "person_id": 1, "note_date": DAY, "note_type_concept_id": names.EHR_NOTE,
        "note_class_concept_id": names.NOTE_CONTACT_RECORD, "note_text": "As before: BP 150/90.",
        "encoding_concept_id": names.UTF_8, "language_concept_id": names.ENGLISH,
        "visit_occurrence_id": 1,
    }  # fmt: skip
    day = {"measurement_date": date(2024, 1, 4)}
    assessment = assessed(
        visit_occurrence=[VISIT, earlier],
        measurement=[
            reading(1, "SYSTOLIC_BP", 132), reading(2, "DIASTOLIC_BP", 78),
            reading(3, "SYSTOLIC_BP", 150, 2, **day), reading(4, "DIASTOLIC_BP", 90, 2, **day),
        ],
        note=[note],
    )  # fmt: skip
    assert assessment.of("noteAgreesWithReading") == ()


@pytest.mark.parametrize(
    ("values", "examples"),
    [
        ((5.1, 5.6, 15.4, 5.3), (3,)),  # 5.5 mmol/L of urea as mg/dL
        ((5.1, 5.6, 6.9, 5.3), ()),
        ((14.0, 16.2, 15.4, 18.1), ()),  # failing kidneys: high, and always so
    ],
)
def test_a_value_in_the_other_unit_is_known_by_the_persons_own_history(
    values: Sequence[float], examples: Sequence[int]
) -> None:
    others = [
        reading(100 + n, "UREA", 4.0 + n % 5 / 2, person_id=2 + n // 5, visit=None)  # type: ignore[arg-type]
        for n in range(60)
    ]
    rows = [reading(n, "UREA", value) for n, value in enumerate(values, 1)]
    people = [{**PERSON, "person_id": n} for n in range(1, 14)]
    (result,) = assessed(person=people, measurement=[*rows, *others]).of("valueOfOtherUnit")
    assert (result.rows, result.examples) == (64, tuple(examples))


def test_a_slip_at_the_keyboard_stands_out_from_the_readings_beside_it() -> None:
    weights = (8.1, 9.0, 97.0, 10.4, 11.0)
    rows = [
        reading(n, "BODY_WEIGHT", weight, measurement_date=date(2024, n, 1))
        for n, weight in enumerate(weights, 1)
    ]
    assert found(assessed(measurement=rows), "suddenChange", "measurement").examples == (3,)


@pytest.mark.parametrize(("step", "failed"), [(1, False), (2, False), (5, True)])
def test_providers_who_round_to_five_are_found_and_those_who_read_well_are_not(
    step: int, failed: bool
) -> None:
    rows = [
        reading(n, "SYSTOLIC_BP", step * round((110 + n % 40) / step), provider_id=4)
        for n in range(1, 401)
    ]
    provider = {"provider_id": 4}
    (result,) = assessed(measurement=rows, provider=[provider]).of("digitPreference")
    assert (result.rows, result.violated, result.failed) == (1, failed, failed)


@given(st.lists(st.integers(0, 50), min_size=4, max_size=4).filter(any))
def test_how_readings_were_rounded_is_told_by_their_last_digits(parts: list[int]) -> None:
    ten, five, two, exact = (10 * part for part in parts)
    counts = [
        exact // 10 + (two // 5 if digit % 2 == 0 else 0) + (five // 2 if digit % 5 == 0 else 0)
        + (ten if digit == 0 else 0)
        for digit in range(10)
    ]  # fmt: skip
    total = ten + five + two + exact
    rounding = estimate_rounding(counts)
    assert (rounding.to_ten, rounding.to_five, rounding.to_two) == pytest.approx(
        (ten / total, five / total, two / total), abs=1e-9
    )


def test_a_test_that_the_form_asks_for_is_missed() -> None:
    wanted = next(row["fields"].split() for row in rows_of("laboratory.csv"))
    keys = [group.split("|")[0] for group in wanted]
    note = {
        "note_id": 3, "person_id": 1, "note_date": DAY, "note_type_concept_id": names.EHR_NOTE,
        "note_class_concept_id": names.NOTE_HEALTH_EXAMINATION, "note_text": "Examination.",
        "encoding_concept_id": names.UTF_8, "language_concept_id": names.ENGLISH,
        "visit_occurrence_id": 1,
    }  # fmt: skip
    rows = [reading(n, key, 5) for n, key in enumerate(keys) if key != "SODIUM"]
    result = found(
        assessed(visit_occurrence=[VISIT], measurement=rows, note=[note]),
        "laboratoryCompleteness", "visit_occurrence",
    )  # fmt: skip
    assert (result.rows, result.violated, result.examples) == (len(keys), 1, (1,))


def test_a_source_value_counts_once_however_often_it_was_not_mapped() -> None:
    condition = {
        "person_id": 1, "condition_start_date": DAY, "condition_type_concept_id": names.EHR,
        "condition_concept_id": 0, "condition_source_value": "头痛",
    }  # fmt: skip
    rows = [{**condition, "condition_occurrence_id": n} for n in range(1, 9)]
    rows.append(
        {**condition, "condition_occurrence_id": 9, "condition_source_value": "I10",
         "condition_concept_id": names.ESSENTIAL_HYPERTENSION}
    )  # fmt: skip
    result = found(
        assessed(condition_occurrence=rows), "sourceValueCompleteness", "condition_occurrence"
    )
    assert (result.rows, result.violated, result.examples) == (2, 1, ())


def test_a_store_that_lacks_a_table_or_a_field_of_the_data_model_says_so() -> None:
    with duckdb.connect() as connection:
        person = pa.Table.from_pylist([PERSON], schema=arrow_schema("person"))
        cut = person.drop_columns(["ethnicity_source_value"])
        connection.register("person", cut)
        assessment = assess(connection, {"person": cut.column_names})
    assert assessment.of("cdmTable")[0].failed
    assert assessment.of("cdmField", "person")[0].violated == 1
    assert not assessment.of("cdmDatatype", "person")[0].violated


def test_every_check_has_plain_words_and_a_threshold() -> None:
    thresholds = {row["check"] for row in rows_of("thresholds.csv")}
    assert thresholds == set(advice())


def test_the_page_can_be_read_without_seeing_it_and_every_share_has_its_threshold() -> None:
    visits = [{**VISIT, "visit_occurrence_id": n} for n in range(1, 41)]
    page = render_page("County", assessed(visit_occurrence=visits), 5).decode()
    root = ElementTree.fromstring(page.replace("<!doctype html>", "").replace("<br>", "<br/>")
                                  .replace('charset="utf-8">', 'charset="utf-8"/>')
                                  .replace('initial-scale=1">', 'initial-scale=1"/>'))  # fmt: skip
    assert root.get("lang") == "en"
    assert len(root.findall(".//h1")) == 1
    targets = {link.get("href") for link in root.iter("a")}
    assert {f"#{heading.get('id')}" for heading in root.iter("h2")} == targets
    for table in root.iter("table"):
        heads = [head.text for head in table.findall("thead/tr/th")]
        assert all(head.get("scope") == "col" for head in table.iter("th") if head.text in heads)
        assert all(row[0].get("scope") == "row" for row in table.findall("tbody/tr"))
        if "share" in heads:
            place = heads.index("threshold")
            assert all(row[place].text for row in table.findall("tbody/tr"))
    assert "39 of 40" not in page  # only one visit is left over
    assert "nearly all of 40" in page
