"""Notes, discussion and spaced return: nothing of it gives a case away before its time."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from app.db.models import Attempt, CaseSet
from app.db.types import utc_now
from app.errors import BadInput, NotFound, PermissionDenied, TransitionRefused
from app.services import assignments, attempt_state, attempts, discussions
from app.services.my_work import my_returns, my_work
from app.services.returns import RETURN_AFTER, next_return
from tests.integration.portal.answers import attempt
from tests.integration.portal.lessons import NOW, another_student, school, text_of
from tests.integration.portal.test_classes import DAY, a_class, assign
from tests.integration.portal.world import World, copy_world, post, take_file
from tests.unit.casebank.attempt.given import GOOD


@pytest.fixture(scope="module")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = school(tmp_path_factory.mktemp("school"))
    world.database.close()
    return world


@pytest.fixture
def world(pattern: World, tmp_path: Path) -> World:
    return copy_world(pattern, tmp_path)


def note(client: FlaskClient, attempt_id: int, datum: str, **data: str) -> int:
    where = f"/attempts/{attempt_id}/notes/{datum}"
    page = where if client.get(where).status_code == 200 else f"/attempts/{attempt_id}"
    return post(client, where, page, **data).status_code


def test_only_what_is_shown_can_be_noted_and_bookmarked(world: World) -> None:
    client = world.client("student")
    one = attempt(world, "student", {}, ended=False)
    assert note(client, one, "d17", text="Ask <b>again</b>", bookmarked="1") == 302
    assert note(client, one, "d68", text="of stage 3") == 404
    page = client.get(f"/attempts/{one}").get_data(as_text=True)
    assert "Ask &lt;b&gt;again&lt;/b&gt;" in page
    assert note(client, one, "d17", text="x" * 4001) == 422
    shown = f"/attempts/{one}/notes"
    text = take_file(client, shown, f"{shown}.txt").get_data(as_text=True)
    assert "    Ask <b>again</b>" in text
    assert note(client, one, "d17", text="  ") == 302
    assert "Ask" not in client.get(shown).get_data(as_text=True)


def test_what_was_noted_in_one_attempt_is_hidden_in_the_next_until_it_ends(world: World) -> None:
    client = world.client("student")
    first = attempt(world, "student", GOOD, at=utc_now() - timedelta(days=1))
    note(client, first, "case", text="It was the pressure.")
    second = attempt(world, "student", {}, ended=False, number=2)
    assert "pressure" not in client.get(f"/attempts/{second}/notes").get_data(as_text=True)
    with world.database.writing() as session:
        session.get_one(Attempt, second).finished_at = utc_now()
    assert "It was the pressure." in client.get(f"/attempts/{second}/notes").get_data(as_text=True)


def test_notes_are_read_by_nobody_else(world: World) -> None:
    one = attempt(world, "student", GOOD)
    for other in (another_student(world, "curious"), world.client("instructor")):
        for where in ("notes", "notes.txt", "notes/d17"):
            page = other.get(f"/attempts/{one}/{where}", follow_redirects=True)
            assert page.status_code == 404


def test_the_discussion_opens_after_ones_own_end_and_closes_while_one_attempts_again(
    world: World,
) -> None:
    student = world.actors["student"]
    with world.database.writing() as session, pytest.raises(NotFound):
        discussions.threads(session, student, 1)
    one = attempt(world, "student", {}, ended=False)
    with world.database.writing() as session:
        discussions.post(session, world.actors["instructor"], 1, "It is the pressure.")
        with pytest.raises(TransitionRefused):
            discussions.threads(session, student, 1)
    page = world.client("student").get("/discussions/1")
    assert page.status_code == 409
    assert "pressure" not in page.get_data(as_text=True)
    with world.database.writing() as session:
        session.get_one(Attempt, one).finished_at = utc_now()
        assert [row.post.text for row in discussions.threads(session, student, 1)] == [
            "It is the pressure."
        ]
        discussions.post(session, student, 1, "Why?")
    attempt(world, "student", {}, ended=False, number=2)
    with world.database.reading() as session, pytest.raises(TransitionRefused):
        discussions.threads(session, student, 1)


def test_an_exam_stays_sealed_while_somebody_with_more_time_sits_it(world: World) -> None:
    late = another_student(world, "late")
    assert late
    given = assign(world, a_class(world, "student", "late"), 1, mode="exam", due_at=NOW + DAY)
    one = attempt(world, "student", GOOD, mode="exam", assignment=given)
    teacher, student = world.actors["instructor"], world.actors["student"]
    late_id = world.actors["late"].user_id or 0
    with world.database.writing() as session:
        assignments.extend(session, teacher, given, late_id, NOW + 2 * DAY, "ill")
    for now, sealed in ((NOW + 1.5 * DAY, True), (NOW + 2 * DAY, False)):
        with world.database.writing() as session:
            assert (
                attempt_state.load(session, student, one, now=now).sealed_until is None
            ) != sealed
            [line] = my_work(session, student, now)[0].lines
            assert (line.score is None) == sealed
            if sealed:
                with pytest.raises(TransitionRefused, match="exam is over for everybody"):
                    discussions.discussed(session, student, 1, now)
                with pytest.raises(TransitionRefused, match="part of"):
                    attempts.start(session, student, 1, "reading", now=now)
            else:
                assert discussions.discussed(session, student, 1, now).id == 1


def test_posts_are_answered_marked_and_taken_away_by_those_who_may(world: World) -> None:
    another_student(world, "curious")
    student, curious = world.actors["student"], world.actors["curious"]
    teacher = world.actors["instructor"]
    for name in ("student", "curious"):
        attempt(world, name, GOOD)
    with world.database.writing() as session:
        question = discussions.post(session, student, 1, "Why <b>now</b>?")
        reply = discussions.post(session, curious, 1, "It rose.", question.id)
        below = discussions.post(session, student, 1, "Thank you.", reply.id)
        assert below.parent_id == question.id
        with pytest.raises(PermissionDenied):
            discussions.mark_answer(session, student, reply.id, True)
        with pytest.raises(PermissionDenied):
            discussions.blank(session, student, reply.id)
        with pytest.raises(BadInput):
            discussions.post(session, student, 1, " ")
        discussions.mark_answer(session, teacher, reply.id, True)
        discussions.blank(session, student, question.id)
        ids = (question.id, reply.id)
    client = world.client("student")
    page = client.get("/discussions/1").get_data(as_text=True)
    assert "Why" not in page
    assert "This post was taken away." in page or "该发言已删除。" in page
    assert "It rose." in page
    answer = post(client, "/discussions/1", "/discussions/1", text="<script>x</script>")
    assert answer.status_code == 302
    assert "<script>x" not in client.get("/discussions/1").get_data(as_text=True)
    refused = post(client, f"/discussions/posts/{ids[1]}", "/discussions/1", do="blank")
    assert refused.status_code == 403


@given(st.lists(st.integers(0, 400), max_size=5), st.booleans())
def test_a_case_comes_back_after_its_last_end_by_the_pauses_and_never_while_one_runs(
    days: list[int], runs: bool
) -> None:
    rows = [Attempt(finished_at=NOW + timedelta(days=day)) for day in days]
    at = next_return([*rows, *([Attempt(finished_at=None)] if runs else [])])
    if runs or not 1 <= len(days) <= len(RETURN_AFTER):
        assert at is None
    else:
        assert at == NOW + timedelta(days=max(days)) + RETURN_AFTER[len(days) - 1]


def finished_days_ago(days: int) -> datetime:
    return utc_now() - timedelta(days=days)


def test_a_case_that_came_back_hides_its_earlier_result_until_it_is_answered_again(
    world: World,
) -> None:
    client = world.client("student")
    first = attempt(world, "student", GOOD, at=finished_days_ago(8))
    assert "due now" in client.get("/my-work/").get_data(as_text=True)
    page = text_of(client.get(f"/attempts/{first}").get_data(as_text=True))
    assert "hidden until you have answered once more" in page
    assert "Your score" not in page
    assert "Your score" in client.get(f"/attempts/{first}?earlier=yes").get_data(as_text=True)
    second = attempt(world, "student", {}, ended=False, number=2)
    for address in (f"/attempts/{first}", f"/attempts/{first}?earlier=yes"):
        assert "Your score" not in client.get(address).get_data(as_text=True)
    with world.database.writing() as session:
        session.get_one(Attempt, second).finished_at = utc_now()
    assert "Your score" in client.get(f"/attempts/{first}").get_data(as_text=True)
    with world.database.reading() as session:
        [back] = my_returns(session, world.actors["student"])
    assert not back.due
    assert (back.at - utc_now()).days in {20, 21}


def test_a_case_that_was_finished_is_open_again_though_its_set_was_hidden(world: World) -> None:
    with world.database.writing() as session:
        session.get_one(CaseSet, 1).visible = False
    with world.database.writing() as session, pytest.raises(NotFound):
        attempts.start(session, world.actors["student"], 1, "learn", now=NOW)
    attempt(world, "student", GOOD, at=finished_days_ago(8))
    with world.database.writing() as session:
        begun = attempts.start(session, world.actors["student"], 1, "learn", now=utc_now())
        assert begun.number == 2
