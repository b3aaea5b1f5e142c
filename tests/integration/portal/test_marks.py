"""Marks and dashboards: recomputed from answers and keys, seen by a class's own teachers only."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.errors import BadInput, NotFound
from app.services import assignments, dashboards, marks, regrades
from app.services.mark_exports import export_marks
from casebank.errors import KeyRefused
from tests.integration.portal.answers import attempt
from tests.integration.portal.lessons import NOW, another_student, school, text_of
from tests.integration.portal.test_classes import a_class, add_user
from tests.integration.portal.world import Role, World, copy_world, post, take_file
from tests.unit.casebank.attempt.given import GOOD, POOR


@pytest.fixture(scope="module")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A class of two students, made once."""
    world = school(tmp_path_factory.mktemp("school"))
    add_user(world, "late", Role.STUDENT)
    give(world, a_class(world, "student", "late"))
    world.database.close()
    return world


@pytest.fixture
def taught(pattern: World, tmp_path: Path) -> tuple[World, int]:
    """A copy of it; the id of its assignment over the one case."""
    return copy_world(pattern, tmp_path), 1


def give(world: World, class_id: int, **rules: Any) -> int:
    given = {"title": "Homework", "mode": "learn", "opens_at": NOW - timedelta(days=9)} | rules
    with world.database.writing() as session:
        return assignments.assign(
            session, world.actors["instructor"], class_id, 1, assignments.Rules(**given)
        ).id


def marks_of(world: World, assignment: int, now: Any = NOW) -> marks.Marks:
    with world.database.reading() as session:
        return marks.of_assignment(session, world.actors["instructor"], assignment, now)


def correct(world: World, reason: str = "Both are right.", **fields: list[str]) -> None:
    """Correct the key through the fields of the form as it stands, with changes."""
    standing: dict[str, list[str]] = {
        "right-3": ["0", "1"], "harmful-3": ["2"], "right-5": ["0", "1"], "right-6": ["0", "1"],
        "must-2": ["3"], "must-4": ["3"], "right-9": ["0"],
    }  # fmt: skip
    changes = {name.replace("_", "-"): value for name, value in fields.items()}
    with world.database.writing() as session:
        regrades.change_key(session, world.actors["instructor"], 1, standing | changes, reason)


def test_the_attempt_that_counts_is_the_first_the_best_or_the_last(
    taught: tuple[World, int],
) -> None:
    world, _ = taught
    for rule, expected in (("first", 2), ("best", 1), ("last", 3)):
        given = give(world, 1, counts=rule)
        for number, answers in ((2, POOR), (1, GOOD), (3, POOR)) if rule == "best" else (
            (2, GOOD), (3, POOR)
        ):  # fmt: skip
            attempt(world, "student", answers, assignment=given, number=number)
        student = world.actors["student"].user_id
        counted = marks_of(world, given).cell(student or 0, 1).counted
        assert counted is not None
        assert counted.row.number == expected


def test_an_attempt_that_runs_has_no_mark_until_its_time_is_up(taught: tuple[World, int]) -> None:
    world, _ = taught
    given = give(world, 1, due_at=NOW + timedelta(days=1))
    attempt(world, "student", {"say-it": GOOD["say-it"]}, assignment=given, ended=False)
    student = world.actors["student"].user_id or 0
    assert marks_of(world, given).total(student) is None
    late = marks_of(world, given, NOW + timedelta(days=1))
    assert late.cell(student, 1).counted is not None
    assert late.total(student) == 0
    assert late.total(world.actors["late"].user_id or 0) == 0


def test_a_corrected_key_makes_all_marks_anew_and_keeps_the_old_ones(
    taught: tuple[World, int],
) -> None:
    world, given = taught
    poor = attempt(world, "student", POOR, assignment=given)
    student = world.actors["student"].user_id or 0
    before = marks_of(world, given).total(student)
    assert before is not None
    correct(world, right_3=["2"], harmful_3=[])
    after = marks_of(world, given).cell(student, 1).counted
    assert after is not None
    assert after.score is not None
    assert after.published == before
    assert after.score == pytest.approx(before + 1 / 7)
    with world.database.reading() as session:
        found = regrades.history(session, world.actors["instructor"], 1)
        row = session.get_one(marks.Attempt, poor)
        assert marks.mark_of(session, row) == after.score
    assert found.means == (pytest.approx(before), pytest.approx(after.score))
    assert found.rows[0].reason == "Both are right."


def test_a_question_left_out_counts_no_more_and_can_count_again(taught: tuple[World, int]) -> None:
    world, given = taught
    attempt(world, "student", GOOD | {"treat": {"chosen": ["refer"]}}, assignment=given)
    student = world.actors["student"].user_id or 0
    before = marks_of(world, given).total(student)
    correct(world, left_out_6=["1"])
    without = marks_of(world, given).total(student)
    assert before is not None
    assert without is not None
    assert without > before
    correct(world)
    assert marks_of(world, given).total(student) == before


def test_a_correction_without_change_reason_or_sense_is_refused(
    taught: tuple[World, int],
) -> None:
    world, _ = taught
    with pytest.raises(BadInput, match="Nothing is changed"):
        correct(world)
    with pytest.raises(BadInput, match="reason"):
        correct(world, " ", right_3=["0"])
    with pytest.raises(KeyRefused, match="right and harmful at once"):
        correct(world, right_3=["2"])
    with pytest.raises(KeyRefused, match="at least one diagnosis is leading"):
        correct(world, **{"grade_4_0": ["2"]})
    with pytest.raises(BadInput, match="no term of the list"):
        correct(world, added_4=["Something else"])
    correct(world, added_4=["Pneumonia, 1"])
    with pytest.raises(KeyRefused, match="stands in the key already"):
        correct(world, added_4=["肺炎"])


def test_the_dashboard_tells_what_was_missed_and_who_needs_help_by_a_rule(
    taught: tuple[World, int],
) -> None:
    world, _ = taught
    given = give(world, 1, due_at=NOW + timedelta(days=2))
    attempt(world, "student", POOR, assignment=given)
    board = dashboards.dashboard(marks_of(world, given, NOW + timedelta(days=3)))
    case = board.cases[0]
    missed = {(one.element.exercise, one.element.code): one.missed for one in case.missed}
    assert missed["now", "x"] == 1
    assert missed["treat", "adjust"] == 1
    assert (case.attempts, case.measured, case.minutes) == (1, False, 10.0)
    assert [(one.student.email, one.reasons) for one in board.help] == [
        ("late@example.org", ("1 overdue",))
    ]
    assert board.calibration is not None
    assert board.calibration.count == 3
    assert board.calibration.brier == pytest.approx((0.8**2 + 0.15**2 + 0.95**2) / 3)


def test_an_attempt_left_for_three_days_is_stuck(taught: tuple[World, int]) -> None:
    world, given = taught
    attempt(world, "student", {"say-it": GOOD["say-it"]}, assignment=given, ended=False)
    later = NOW + timedelta(days=3, minutes=2)
    help_ = dashboards.dashboard(marks_of(world, given, later)).help
    assert [one.reasons for one in help_] == [("1 begun and left for 3 days",)]
    assert dashboards.dashboard(marks_of(world, given, later - timedelta(hours=1))).help == ()


def test_marks_leave_as_csv_with_all_attempts_and_no_formula(taught: tuple[World, int]) -> None:
    world, given = taught
    attempt(world, "student", POOR, assignment=given)
    attempt(world, "student", GOOD, assignment=given, number=2)
    with world.database.writing() as session:
        session.get_one(marks.User, world.actors["student"].user_id).name = '=HYPERLINK("x")'
        text = export_marks(session, world.actors["instructor"], given)
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert [(row["attempt"], row["counts"]) for row in rows if row["attempt"]] == [
        ("1", "no"),
        ("2", "yes"),
    ]
    assert {row["student"] for row in rows} == {'\'=HYPERLINK("x")', "Late"}


def test_another_class_s_results_are_not_there(taught: tuple[World, int]) -> None:
    world, given = taught
    add_user(world, "colleague", Role.INSTRUCTOR)
    with world.database.reading() as session, pytest.raises(NotFound):
        marks.of_assignment(session, world.actors["colleague"], given)
    client = another_student(world, "curious")
    assert client.get(f"/teaching/assignments/{given}/results").status_code == 403
    assert client.get("/teaching/keys/1").status_code == 403


def test_the_pages_of_results_and_keys_say_all_this(taught: tuple[World, int]) -> None:
    world, given = taught
    attempt(world, "student", POOR, assignment=given)
    client = world.client("instructor")
    where = f"/teaching/assignments/{given}/results"
    page = text_of(client.get(where).get_data(as_text=True))
    assert "Student Example" in page
    assert "Measure lying and standing" in page
    refused = post(client, "/teaching/keys/1", "/teaching/keys/1", **{"right-3": "2"})
    assert refused.status_code == 422
    corrected = post(
        client,
        "/teaching/keys/1",
        "/teaching/keys/1",
        **{"right-3": "2", "right-5": ["0", "1"], "right-6": ["0", "1"], "right-9": "0"},
        **{"must-2": "3", "must-4": "3", "reason": "It was the sedative."},
    )
    assert corrected.status_code == 302
    assert "It was the sedative." in client.get("/teaching/keys/1").get_data(as_text=True)
    assert "was " in text_of(client.get(where).get_data(as_text=True))
    for file in ("answers.csv", "marks.csv"):
        assert take_file(client, where, f"/teaching/assignments/{given}/{file}").status_code == 200
