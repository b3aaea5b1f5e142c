"""Nothing of an attempt is lost or counted twice: tabs, back button, session, clock, kills."""

from __future__ import annotations

import os
import random
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import func, select

from app.db.models import Attempt, AttemptEvent
from app.errors import ChangedMeanwhile, NotFound, TransitionRefused
from app.services import attempt_state, attempts
from app.services.case_documents import newest_version
from casebank.errors import StepRefused
from tests.integration.portal.killed_student import campaign
from tests.integration.portal.lessons import (
    ANSWERS,
    NOW,
    add_student,
    assign,
    begin,
    commit,
    events,
    finish,
    go_on,
    school,
)
from tests.integration.portal.world import World, post, sign_in, token_of

KILLS = int(os.environ.get("CARECOMMONS_ATTEMPT_KILLS", "12"))
FIRST = {"text": ["A farmer."]}


@pytest.fixture
def taught(tmp_path: Path) -> World:
    return school(tmp_path)


def start(world: World, **named: Any) -> int:
    """An attempt begun through the service; its id."""
    values = {"mode": "learn", "now": NOW} | named
    with world.database.writing() as session:
        return attempts.start(session, world.actors["student"], 1, **values).id


def step(world: World, name: str, *arguments: Any) -> Any:
    with world.database.writing() as session:
        return getattr(attempts, name)(session, world.actors["student"], *arguments)


def test_an_attempt_goes_from_the_shelf_to_its_end(taught: World) -> None:
    client = taught.client("student")
    address = begin(client)
    finish(client, address)
    page = client.get(address).get_data(as_text=True)
    for part in ("How it went", "Your score", "What the answers rest on", "What really happened"):
        assert part in page
    assert "receipt" in page
    with taught.database.reading() as session:
        assert session.get_one(Attempt, 1).finished_at is not None


def test_the_page_of_an_attempt_can_be_had_in_chinese(taught: World) -> None:
    client = taught.client("student")
    address = begin(client)
    page = client.get(f"{address}?lang=zh").get_data(as_text=True)
    assert "第1/3阶段" in page
    assert "起身时头晕" in page
    assert "提交答案" in client.get(address).get_data(as_text=True)


def test_two_tabs_that_begin_get_one_attempt(taught: World) -> None:
    one, two = taught.client("student"), taught.client("student")
    assert begin(one) == begin(two) == begin(one, "whole")
    with taught.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Attempt)) == 1


def test_many_that_begin_at_the_same_moment_get_one_attempt(taught: World) -> None:
    barrier, made = Barrier(6), []

    def press() -> None:
        barrier.wait()
        made.append(start(taught))

    threads = [Thread(target=press) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == [made[0]] * 6


def test_a_form_sent_twice_counts_once_and_gives_the_same_receipt(taught: World) -> None:
    attempt = start(taught)
    first = step(taught, "commit", attempt, 1, FIRST, "en", NOW)
    again = step(taught, "commit", attempt, 1, FIRST, "en", NOW + timedelta(minutes=1))
    assert (again.code, again.at) == (first.code, first.at)
    assert again.again
    assert events(taught, attempt) == [("commit", "say-it")]


def test_another_answer_to_what_is_committed_is_refused_and_the_first_stays(
    taught: World,
) -> None:
    client = taught.client("student")
    address = begin(client)
    commit(client, address, 1)
    commit(client, address, 1, text="Something else altogether.")
    page = client.get(address).get_data(as_text=True)
    assert "The first one stands" in page
    assert "Something else" not in page
    assert "A 57-year-old man" in page


def test_a_second_tab_left_behind_skips_no_stage(taught: World) -> None:
    client = taught.client("student")
    address = begin(client)
    for number in (1, 2, 3):
        commit(client, address, number)
    for _ in range(3):
        go_on(client, address, "2")
    with taught.database.reading() as session:
        found = attempt_state.load(session, taught.actors["student"], 1)
        assert found.state.stage == 2
    assert [kind for kind, _ in events(taught, 1)] == ["commit"] * 3 + ["advance"]


def test_pages_reached_by_the_back_button_are_asked_for_anew(taught: World) -> None:
    client = taught.client("student")
    assert client.get(begin(client)).headers["Cache-Control"] == "no-store"


def test_everybody_in_a_race_to_commit_gets_the_one_answer_that_is_kept(taught: World) -> None:
    attempt = start(taught)
    barrier = Barrier(6)
    told: list[str] = []

    def press(number: int) -> None:
        barrier.wait()
        try:
            told.append(
                step(taught, "commit", attempt, 1, {"text": [f"{number % 2}"]}, "en", NOW).code
            )
        except ChangedMeanwhile:
            told.append("refused")

    threads = [Thread(target=press, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told.count(one) for one in set(told)) == [3, 3]
    assert events(taught, attempt) == [("commit", "say-it")]


def test_what_was_typed_and_cannot_be_read_is_shown_again_with_what_to_do(taught: World) -> None:
    client = taught.client("student")
    address = begin(client)
    commit(client, address, 1)
    answer = commit(client, address, 2, **{"diagnosis-1": "Strok", "confidence-1": "12"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'value="Strok"' in page
    assert 'value="12"' in page
    assert "Did you mean: Stroke" in page
    assert 'aria-invalid="true"' in page
    assert 'value="Strok"' in client.get(address).get_data(as_text=True)


def test_unfinished_answers_are_kept_and_found_on_another_machine(taught: World) -> None:
    client = taught.client("student")
    address = begin(client)
    post(client, f"{address}/questions/1", address, do="keep", text="A farmer who")
    other = taught.client("student")
    assert "A farmer who</textarea>" in other.get(address).get_data(as_text=True)
    assert events(taught, 1) == []


def test_a_script_keeps_quietly(taught: World) -> None:
    client = taught.client("student")
    address = begin(client)
    token = token_of(client.get(address).get_data(as_text=True))
    answer = client.post(
        f"{address}/questions/1",
        data={"csrf_token": token, "text": "half"},
        headers={"Accept": "application/json"},
    )
    assert "UTC" in answer.get_json()["kept"]


def test_after_an_expired_session_what_was_typed_is_on_the_page_and_becomes_a_draft(
    taught: World,
) -> None:
    client = taught.client("student")
    address = begin(client)
    client.delete_cookie("care_commons")
    where = f"{address}/questions/1"
    answer = client.post(where, data={"do": "commit", "text": "Typed before", "csrf_token": "old"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 401
    assert 'name="text" value="Typed before"' in page
    sign_in(client, "student@example.org")
    client.post(where, data={"do": "keep", "text": "Typed before", "csrf_token": token_of(page)})
    assert events(taught, 1) == []
    assert "Typed before</textarea>" in client.get(address).get_data(as_text=True)


def test_a_clock_set_back_neither_loses_nor_lengthens_anything(taught: World) -> None:
    attempt = start(taught, mode="exam")
    step(taught, "commit", attempt, 1, FIRST, "en", NOW + timedelta(minutes=15))
    back = step(
        taught,
        "commit",
        attempt,
        2,
        {name: [value] for name, value in ANSWERS[1].items()},
        "en",
        NOW - timedelta(days=300),
    )
    assert back.at == NOW + timedelta(minutes=15)
    with taught.database.reading() as session:
        found = attempt_state.load(session, taught.actors["student"], attempt)
        assert not attempt_state.is_over(found, NOW - timedelta(days=300))
        assert attempt_state.is_over(found, NOW + timedelta(minutes=20))


def test_an_exam_ends_by_the_servers_clock_and_keeps_what_was_committed(taught: World) -> None:
    attempt = start(taught, mode="exam")
    step(taught, "commit", attempt, 1, FIRST, "en", NOW + timedelta(minutes=19))
    with pytest.raises(StepRefused, match="time of this attempt is up"):
        step(taught, "commit", attempt, 2, ANSWERS[1], "en", NOW + timedelta(minutes=20))
    page = taught.client("student").get(f"/attempts/{attempt}").get_data(as_text=True)
    assert "The time was up" in page
    assert events(taught, attempt) == [("commit", "say-it"), ("advance", "end")]
    with taught.database.reading() as session:
        ended = session.get_one(Attempt, attempt).finished_at
        assert ended == NOW + timedelta(minutes=20)


def test_the_rules_of_an_assignment_hold(taught: World) -> None:
    rules = {"opens_at": NOW, "due_at": NOW + timedelta(hours=2), "attempts": 1, "mode": "exam"}
    assignment = assign(taught, **rules, minutes=60)
    with pytest.raises(TransitionRefused, match="opens on 2 Mar 2026"):
        start(taught, assignment_id=assignment, now=NOW - timedelta(seconds=1))
    attempt = start(taught, assignment_id=assignment, mode="learn")
    with taught.database.reading() as session:
        found = attempt_state.load(session, taught.actors["student"], attempt)
        assert found.row.mode == "exam"
        assert found.deadline == NOW + timedelta(hours=1)
    step(taught, "give_up", attempt, NOW + timedelta(minutes=1))
    with pytest.raises(TransitionRefused, match="used all your attempts"):
        start(taught, assignment_id=assignment)
    with pytest.raises(TransitionRefused, match="was due"):
        start(taught, assignment_id=assignment, now=NOW + timedelta(hours=2))
    with pytest.raises(TransitionRefused, match="Do it there first"):
        start(taught, mode="reading")
    assert start(taught, mode="reading", now=NOW + timedelta(hours=2)) > attempt


def test_a_version_stays_that_of_the_start(taught: World) -> None:
    attempt = start(taught)
    with taught.database.writing() as session:
        first = newest_version(session, 1)
        assert first is not None
        copied = {
            name: getattr(first, name)
            for name in ("case_id", "title", "document", "lesson", "sha256", "report")
        }
        session.add(type(first)(**copied, number=2, published_by=first.published_by))
    assert start(taught) == attempt
    step(taught, "give_up", attempt, NOW)
    again = start(taught)
    with taught.database.reading() as session:
        numbers = [session.get_one(Attempt, one).version.number for one in (attempt, again)]
    assert numbers == [1, 2]


def test_a_withdrawn_case_is_closed_to_running_attempts(taught: World) -> None:
    attempt = start(taught)
    with taught.database.writing() as session:
        session.get_one(Attempt, attempt).version.case.state = "withdrawn"
    with pytest.raises(NotFound):
        step(taught, "commit", attempt, 1, FIRST, "en", NOW)
    assert taught.client("student").get(f"/attempts/{attempt}").status_code == 404


def test_peers_are_told_from_five_finished_attempts_of_others_on(taught: World) -> None:
    student = taught.client("student")
    address = begin(student)
    finish(student, address)
    for number in range(5):
        if number in {0, 4}:
            assert "Fewer than 5 others" in student.get(address).get_data(as_text=True)
        peer = add_student(taught, f"peer{number}")
        with taught.database.writing() as session:
            attempt = attempts.start(session, peer, 1, "learn", now=NOW).id
            attempts.commit(session, peer, attempt, 1, FIRST, "en", NOW)
            attempts.give_up(session, peer, attempt, NOW)
    page = student.get(address).get_data(as_text=True)
    assert "Others (5 attempts)" in page
    assert "Fewer than 5 others" not in page


def test_pins_and_reflections_are_kept(taught: World) -> None:
    client = taught.client("student")
    address = begin(client)
    post(client, f"{address}/findings", address, pin="d17 +")
    assert 'id="datum-d17" class="pinned"' in client.get(address).get_data(as_text=True)
    post(client, f"{address}/findings", address, pin="d17 ")
    assert 'class="pinned"' not in client.get(address).get_data(as_text=True)
    post(client, f"{address}/end", address)
    post(client, f"{address}/reflection", address, **{"reflect-1": "When I saw 148."})
    assert "When I saw 148.</textarea>" in client.get(address).get_data(as_text=True)


def test_students_killed_while_they_commit_lose_no_receipt(taught: World) -> None:
    outcome = campaign(taught.settings.database_url, KILLS, random.Random(KILLS))
    assert outcome.kills == KILLS
    assert outcome.receipts > 0
    assert outcome.lost == 0
    assert outcome.twice == 0
    with taught.database.reading() as session:
        query = select(AttemptEvent.attempt_id, AttemptEvent.kind, AttemptEvent.subject)
        kept = list(session.execute(query))
        assert len(kept) == len(set(kept))
        for row in session.scalars(select(Attempt)):
            attempt_state.running(session, row)
