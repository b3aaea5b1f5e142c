"""The gate lets every good case pass and stops each planted defect by its own code."""

from __future__ import annotations

from dataclasses import replace

import pytest

from casebank import CaseCheckFailed, find_findings
from casebank.gate import (
    ROWS,
    Submission,
    check_gate,
    measure_risk,
    run_gate,
    stops_at_little_cost,
)
from casebank.gate.risk import RiskSheet
from deid.release import Release
from tests.unit.casebank.gate import county
from tests.unit.casebank.gate.conftest import signed
from tests.unit.casebank.gate.defects import DEFECTS

CHECKLIST = "A1 A2 B1 B2 B3 B4 C1 C2 D1 D2 E1 E2 F1 F2 F3 G1 G2 H1".split()  # noqa: SIM905


def codes(given: Submission) -> set[str]:
    return {one.code for one in run_gate(given).stops}


def test_the_gate_has_every_row_of_the_checklist() -> None:
    assert [row.code for row in ROWS] == CHECKLIST
    assert len(DEFECTS) >= 40
    planted = {code.split("-")[0] for code, _ in DEFECTS.values()}
    assert planted | {"B2"} == set(CHECKLIST)


@pytest.mark.parametrize("number", range(county.RESIDENTS))
def test_a_good_case_passes(good: tuple[Submission, ...], number: int) -> None:
    report = run_gate(good[number])
    assert report.stops == ()
    assert report.passed
    check_gate(report)


def test_the_good_cases_are_in_both_languages_and_differ(good: tuple[Submission, ...]) -> None:
    assert {one.case.language for one in good} == {"en", "zh"}
    assert len({one.sha256 for one in good}) == county.RESIDENTS


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_planted_defect_is_stopped_by_its_code_alone(
    good: tuple[Submission, ...], defect: str
) -> None:
    code, plant = DEFECTS[defect]
    report = run_gate(plant(good[0]))
    assert {one.code for one in report.stops} == {code}
    cheap = {row.code for row in ROWS if row.by == "program" and not row.costly}
    written = {one for one in report.stops if one.code.split("-")[0] in cheap - {"F2"}}
    assert set(stops_at_little_cost(plant(good[0]))) == written
    with pytest.raises(CaseCheckFailed, match=code):
        check_gate(report)


def test_a_record_where_everything_shown_is_a_key_has_no_distractors(
    good: tuple[Submission, ...],
) -> None:
    given = good[0]
    assert given.lesson is not None
    shown = tuple(i for stage in given.lesson.stages for i in stage.reveals)
    named = tuple(
        replace(
            one,
            reflection=replace(
                one.reflection,
                findings=tuple(replace(found, data=shown) for found in one.reflection.findings),
            ),
        )
        if one.reflection is not None
        else one
        for one in given.lesson.exercises
    )
    stages = tuple(replace(stage, orders=()) for stage in given.lesson.stages)
    lesson = replace(given.lesson, exercises=named, stages=stages)
    assert codes(signed(replace(given, lesson=lesson))) == {"B2-distractors"}


def test_a_sensitive_category_passes_with_a_reason(good: tuple[Submission, ...]) -> None:
    given = signed(replace(good[0], case=replace(good[0].case, sensitive=("HIV",))))
    assert codes(given) == {"F2-sensitive"}
    assert codes(replace(given, opted_in={"HIV": " "})) == {"F2-sensitive"}
    assert codes(replace(given, opted_in={"tuberculosis": "the module"})) == {"F2-sensitive"}
    assert run_gate(replace(given, opted_in={"HIV": "The module is on HIV."})).passed


def test_what_is_wrong_and_asked_for_is_annotated(good: tuple[Submission, ...]) -> None:
    """A contradiction that an exercise on errors names is no defect but the lesson's subject."""
    from casebank.lesson import ErrorsKey, Exercise, Option, Wording

    _, plant = DEFECTS["controlled, and the numbers are not"]
    bad = plant(good[0])
    assert bad.lesson is not None
    wrong = next(one.where for one in run_gate(bad).stops)
    asked = Wording("What is wrong?", "哪里有误？")
    named = Exercise(
        name="errors",
        kind="errors",
        stage=len(bad.lesson.stages),
        prompt=asked,
        explanation=asked,
        source="the record itself",
        errors=ErrorsKey((Option(wrong, asked),), (wrong,)),
    )
    lesson = replace(bad.lesson, exercises=(*bad.lesson.exercises, named))
    assert run_gate(signed(replace(bad, lesson=lesson))).passed


def test_a_case_without_a_lesson_is_asked_for_what_is_read(good: tuple[Submission, ...]) -> None:
    report = run_gate(signed(replace(good[0], lesson=None)))
    assert report.passed
    not_asked = {row.code for row in report.rows if row.status == "not asked"}
    assert not_asked == {"A1", "A2", "B2", "C2", "D1", "D2", "E1", "E2"}


def test_without_signatures_people_are_waited_for(good: tuple[Submission, ...]) -> None:
    report = run_gate(replace(good[0], signatures=()))
    assert report.machine_passed
    assert not report.passed
    waiting = {row.code for row in report.rows if row.status == "waiting"}
    assert waiting == {"F3", "H1"}


def test_a_finding_never_quotes_the_record(good: tuple[Submission, ...]) -> None:
    for defect in ("a telephone number", "an account of a messenger", "an address"):
        bad = DEFECTS[defect][1](good[0])
        said = " ".join(f"{one}" for one in find_findings(bad.case, bad.lesson))
        assert "1380" not in said
        assert "mkda" not in said
        assert "和丰" not in said


def test_the_risk_sheet_counts_over_the_release(
    county_release: Release, good: tuple[Submission, ...]
) -> None:
    sheet = measure_risk(county_release, good[0].case)
    assert sheet.people == county.RESIDENTS + county.NEIGHBOURS
    # Half of the residents and of the neighbours have this sex; all have this year of birth.
    assert sheet.k == 16
    assert sheet.k_asked == 11
    assert sheet.rare == sheet.pairs == ()
    # Both who cough, and the neighbours, who have everything.
    assert sheet.same_problems == 2 + county.NEIGHBOURS
    assert sheet.shown_relatives == 1
    assert sheet.same_family == county.RESIDENTS
    assert sheet.relatives == (county.FIRST + county.RESIDENTS,)


def test_no_document_holds_the_ids_of_relatives(good: tuple[Submission, ...]) -> None:
    document = run_gate(good[0]).to_document()
    assert document["risk"]["relatives"] == []
    assert RiskSheet.from_document(document["risk"]).k == 16
