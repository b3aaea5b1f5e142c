"""What a record says wrongly is found beside what is right; nothing else is called wrong."""

from __future__ import annotations

from datetime import date

import pytest

from casebank import Case
from casebank.lesson.drafting.contradictions import errors, find_contradictions
from casebank.lesson.drafting.evidence import Datum, Evidence, gather
from casebank.lesson.drafting.handout import Handout
from casebank.model import Statement
from casebank.reader import read_record
from casebank.record import Event, Record
from deid.release import Release
from tests.unit.casebank import residents


@pytest.fixture(scope="module")
def record(release: Release) -> Record:
    return read_record(release, residents.FARMER, "en")


def measured(*values: tuple[str, float, str]) -> Evidence:
    data = []
    for number, (name, value, unit) in enumerate(values, 1):
        day = date(2015, 3, 2)
        event = Event("measurement", number, 0, name, "", day, "", value=value, unit=unit)
        statement = Statement(f"m{number}", 0, f"{name}: {value:g} {unit}")
        data.append(Datum(statement, "O", 0, event))
    return Evidence(tuple(data), {one.id: one for one in data})


def test_a_record_without_contradictions_has_none(farmer: Case, record: Record) -> None:
    assert find_contradictions(farmer, record, gather(farmer, record)) == ()


def test_a_value_that_nobody_has_and_a_weight_off_by_a_factor_are_wrong(
    farmer: Case, record: Record
) -> None:
    evidence = measured(
        ("Systolic blood pressure", 1300, "mmHg"),
        ("Systolic blood pressure", 130, "mmHg"),
        ("Body weight", 70, "kg"),
        ("Body weight", 71, "kg"),
        ("Body weight", 154, "kg"),
    )
    found = find_contradictions(farmer, record, evidence)
    assert {one.code for one in found} == {"m1", "m5"}
    asked = errors(found, evidence, frozenset(evidence.by_id), 3)
    assert asked is not None
    assert asked.errors is not None
    assert set(asked.errors.candidates) == {"m1", "m2", "m3", "m4", "m5"}


def test_a_lower_pressure_above_the_upper_is_wrong_with_it(farmer: Case, record: Record) -> None:
    evidence = measured(
        ("Systolic blood pressure", 76, "mmHg"), ("Diastolic blood pressure", 120, "mmHg")
    )
    found = find_contradictions(farmer, record, evidence)
    assert [(one.code, one.data) for one in found] == [("m1", ("m1", "m2")), ("m2", ("m1", "m2"))]
    handout = Handout({one.code: frozenset(one.data) for one in found})
    assert handout.take(evidence.data) == ("m1", "m2")


def test_what_is_not_shown_is_not_asked_for(farmer: Case, record: Record) -> None:
    evidence = measured(("Systolic blood pressure", 1300, "mmHg"), ("Body weight", 70, "kg"))
    found = find_contradictions(farmer, record, evidence)
    assert errors(found, evidence, frozenset({"m2"}), 3) is None


def test_a_diagnosis_of_the_other_sex_is_wrong(farmer: Case, record: Record) -> None:
    event = Event("condition_occurrence", 1, 0, "Vaginitis", "", date(2015, 3, 2), "")
    datum = Datum(Statement("x1", 0, "Vaginitis"), "A", 0, event)
    evidence = Evidence((datum,), {"x1": datum})
    assert [one.code for one in find_contradictions(farmer, record, evidence)] == ["x1"]
