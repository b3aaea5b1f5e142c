"""Two stewards have to agree where the policy says so, and neither knows what the other said."""

from __future__ import annotations

import re
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from app.db.models import AuditRow, DataRequest, Job, Notification, ReviewDecision
from app.errors import AppError
from app.permissions import COMMAND_LINE, Role
from app.services.accounts import actor_of, create_user
from app.services.release_terms import state_terms
from app.services.review_queue import in_order
from app.services.transitions import transition
from app.services.workflow import State
from app.worker.loop import run_once
from tests.integration.portal.test_worker import workshop_of
from tests.integration.portal.world import PASSWORD, RELEASE, World, copy_world, make_world, post

SECRET = "Because of the third table, I would say."


@pytest.fixture(scope="module")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A world with three stewards and a release that asks for two of them."""
    made = make_world(tmp_path_factory.mktemp("stewards"))
    with made.database.writing() as session:
        for name in ("second", "third"):
            address = f"{name}@example.org"
            user = create_user(session, COMMAND_LINE, address, name, [Role.STEWARD], PASSWORD)
            made.actors[name] = actor_of(user)
        state_terms(session, made.actors["steward"], RELEASE, "DUO:0000042", ["DUO:0000018"], 2)
    made.request_in(State.IN_REVIEW)
    made.database.close()
    return made


@pytest.fixture
def world(pattern: World, tmp_path: Path) -> World:
    return copy_world(pattern, tmp_path)


def vote(world: World, who: str, name: str, reason: str = SECRET) -> str:
    version = world.read_request(1).version
    with world.database.writing() as session:
        actor, around = world.actors[who], world.surroundings
        return transition(session, actor, 1, name, version, around, reason).state


def test_two_approvals_deliver_and_one_does_not(world: World) -> None:
    assert vote(world, "steward", "approve") == State.PARTIALLY_REVIEWED
    with world.database.reading() as session:
        assert session.query(Job).count() == 0
    with pytest.raises(AppError, match="You have voted"):
        vote(world, "steward", "approve")
    assert vote(world, "second", "approve") == State.APPROVED
    run_once(workshop_of(world))
    assert world.read_request(1).state == State.ACTIVE


def test_what_the_first_said_is_in_nothing_that_the_second_or_the_project_can_open(
    world: World,
) -> None:
    for said in ("approve", "reject"):
        secret = f"{SECRET} In this round {said}."
        vote(world, "steward", said, secret)
        second, researcher = world.client("second"), world.client("researcher")
        pages = [
            second.get(address).get_data(as_text=True)
            for address in ("/", "/requests/1", "/review/", "/notices/", "/requests/1/blocked")
        ]
        pages += [
            researcher.get(address).get_data(as_text=True)
            for address in ("/", "/requests/1", "/notices/")
        ]
        with world.database.reading() as session:
            rows = session.scalars(select(AuditRow).where(AuditRow.action == "request.vote")).all()
            told = session.scalars(select(Notification.text)).all()
        pages += [str(row.detail) for row in rows] + list(told)
        for page in pages:
            assert secret not in page
        assert all(set(row.detail) == {"from", "to", "round"} for row in rows)
        other = "reject" if said == "approve" else "approve"
        assert vote(world, "second", other, "I see it otherwise.") == State.IN_REVIEW
        shown = world.client("third").get("/requests/1").get_data(as_text=True)
        assert secret in shown  # both have voted: now it is discussed
        assert secret not in researcher.get("/requests/1").get_data(as_text=True)


def test_pages_of_both_possible_votes_are_the_same_to_the_second(
    pattern: World, tmp_path: Path
) -> None:
    seen = []
    for said in ("approve", "reject"):
        world = copy_world(pattern, tmp_path / said)
        vote(world, "steward", said)
        page = world.client("second").get("/requests/1").get_data(as_text=True)
        # Signed links hold the second at which they were made.
        page = re.sub(r"ticket=[\w.-]+", "ticket", page)
        seen.append([line for line in page.splitlines() if "csrf_token" not in line])
    assert seen[0] == seen[1]


def test_after_a_disagreement_a_third_decides_with_one_of_them(world: World) -> None:
    vote(world, "steward", "approve")
    assert vote(world, "second", "reject") == State.IN_REVIEW
    assert vote(world, "third", "reject") == State.PARTIALLY_REVIEWED
    assert vote(world, "second", "reject") == State.REJECTED
    page = world.client("researcher").get("/requests/1").get_data(as_text=True)
    assert SECRET in page


def test_a_steward_alone_is_not_two_however_many_send_at_once(world: World) -> None:
    version = world.read_request(1).version
    gate = threading.Barrier(4)
    states: list[str] = []

    def send(who: str) -> None:
        gate.wait()
        try:
            with world.database.writing() as session:
                actor, around = world.actors[who], world.surroundings
                states.append(transition(session, actor, 1, "approve", version, around).state)
        except AppError:
            states.append("refused")

    threads = [
        threading.Thread(target=send, args=(who,))
        for who in ("steward", "steward", "second", "second")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(states) == [State.PARTIALLY_REVIEWED, "refused", "refused", "refused"]
    with world.database.reading() as session:
        assert session.query(ReviewDecision).count() == 1


def test_the_worker_counts_the_votes_again(world: World) -> None:
    vote(world, "steward", "approve")
    with world.database.writing() as session:  # as if somebody had written into the database
        request = session.get_one(DataRequest, 1)
        request.state = State.APPROVED
    run_once(workshop_of(world))
    failed = world.read_request(1)
    assert failed.state == State.FAILED
    assert "not as many stewards" in (failed.failure or "")


def test_a_note_among_stewards_is_read_by_stewards_only(world: World) -> None:
    steward, researcher = world.client("steward"), world.client("researcher")
    post(steward, "/requests/1/comments", "/requests/1", comment=SECRET, readers="stewards")
    assert SECRET in world.client("second").get("/requests/1").get_data(as_text=True)
    assert SECRET not in researcher.get("/requests/1").get_data(as_text=True)
    refused = post(
        researcher, "/requests/1/comments", "/requests/1", comment="x", readers="stewards"
    )
    assert refused.status_code == 403


def test_the_queue_has_what_is_due_first_on_top_and_filters(world: World) -> None:
    world.request_in(State.SUBMITTED)
    now = world.read_request(1).submitted_at
    assert now is not None
    requests = [world.read_request(number) for number in (2, 1)]
    requests[0].submitted_at = now - timedelta(days=12)
    rows = in_order(requests, now, 10)
    assert [(row.request.id, row.days, row.overdue) for row in rows] == [
        (2, 12, True),
        (1, 0, False),
    ]
    steward = world.client("steward")
    page = steward.get("/review/?state=in_review").get_data(as_text=True)
    assert "Waiting: 1 of 2" in page
    assert "No request matches" in steward.get("/review/?q=nothing").get_data(as_text=True)


def test_a_purpose_against_the_releases_terms_is_told_as_an_opinion(world: World) -> None:
    page = world.client("steward").get("/requests/1").get_data(as_text=True)
    assert "The opinion of a machine" in page
    assert ">fits<" in page
    with world.database.writing() as session:
        session.get_one(DataRequest, 1).use_traits = ["commercial"]
    assert "does not fit" in world.client("steward").get("/requests/1").get_data(as_text=True)
    where = f"/review/terms/{RELEASE}"
    post(world.client("third"), where, where, permission="DUO:0000007", approvals="1")
    page = world.client("second").get(where).get_data(as_text=True)
    assert '<option value="DUO:0000007" selected>' in page


def test_one_page_says_what_still_blocks(world: World) -> None:
    draft = world.request_in(State.DRAFT)
    researcher = world.client("researcher")
    post(researcher, f"/requests/{draft}/edit", f"/requests/{draft}/edit", title="Half")
    page = researcher.get(f"/requests/{draft}/blocked").get_data(as_text=True)
    assert "Say the ethics approval number." in page
    assert "0 of" not in page
    waiting = researcher.get("/requests/1/blocked").get_data(as_text=True)
    assert "A steward decides." in waiting
