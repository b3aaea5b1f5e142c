"""Jobs: done once however many workers there are, seen at work, cancelled whole, tried again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from app.audit import verify_chain
from app.db.database import Database, open_database
from app.db.models import AuditRow, Job, WorkerSeen
from app.db.types import utc_now
from app.services import jobs
from app.services.transitions import transition
from app.services.workflow import State
from app.worker import extracts, preparing
from app.worker.loop import be_seen, run_once
from app.worker.queue import LEASE, MOST_ATTEMPTS, finish, holds, kept, take_job
from app.worker.waking import LISTEN_SECONDS, Alarm
from app.worker.workshop import JobCancelled
from tests.integration.portal.test_worker import extract_folder, workshop_of
from tests.integration.portal.world import World, post


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """An empty portal database on each of the two servers."""
    if request.param == "sqlite":
        return open_database(f"sqlite:///{tmp_path / 'portal' / 'portal.db'}")
    return open_database(request.getfixturevalue("postgres_url"))


def queue(database: Database, count: int, kind: str = "extract") -> None:
    with database.writing() as session:
        session.add_all(Job(kind=kind, payload={"request": 1}) for _ in range(count))


def only_job(database: Database) -> Job:
    with database.reading() as session:
        return session.scalars(select(Job)).one()


def test_four_workers_at_once_take_every_job_exactly_once(database: Database) -> None:
    queue(database, 24)

    def work(number: int) -> list[int]:
        done = []
        while (taken := take_job(database, f"worker {number}")) is not None:
            done.append(taken.id)
            with database.writing() as session:
                job = holds(session, taken)
                assert job is not None
                finish(job, "done", "")
        return done

    with ThreadPoolExecutor(4) as pool:
        taken = [one for done in pool.map(work, range(4)) for one in done]
    assert sorted(taken) == list(range(1, 25))
    database.close()


def test_two_workers_at_once_deliver_every_request_once(world: World) -> None:
    requests = [world.request_in(State.APPROVED) for _ in range(2)]
    workshop = workshop_of(world)
    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(lambda _: run_once(workshop), range(2))) == 2
    assert {world.read_request(one).state for one in requests} == {State.ACTIVE}
    with world.database.reading() as session:
        delivered = select(AuditRow.object_id).where(AuditRow.action == "request.deliver")
        assert sorted(session.scalars(delivered)) == [str(one) for one in requests]
        assert verify_chain(session).intact


def test_each_step_is_seen_while_it_lasts(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    request_id = world.request_in(State.APPROVED)
    seen: list[str] = []
    client = world.client("researcher")

    def looking(function: Callable[..., Any]) -> Callable[..., Any]:
        def look(*given: Any, **named: Any) -> Any:
            seen.append(client.get(f"/requests/{request_id}/progress").get_data(as_text=True))
            return function(*given, **named)

        return look

    for name in ("_run", "measure_extract", "write_extract"):
        monkeypatch.setattr(preparing, name, looking(getattr(preparing, name)))
    assert "waits for the worker" in client.get(f"/requests/{request_id}").get_data(as_text=True)
    run_once(workshop_of(world))
    steps = [line.split(": ")[0].split("Step ")[1] for line in seen]
    assert steps == ["1 of 6", "2 of 6", "4 of 6"]
    assert client.get(f"/requests/{request_id}/progress").status_code == 204
    job = only_job(world.database)
    assert (job.state, job.step) == ("done", 6)


def test_progress_is_for_those_who_see_the_request(world: World) -> None:
    request_id = world.request_in(State.APPROVED)
    assert world.client("outsider").get(f"/requests/{request_id}/progress").status_code == 404


def test_a_cancelled_extract_leaves_nothing_and_can_be_prepared_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    request_id = world.request_in(State.APPROVED)
    admin, measure = world.client("administrator"), preparing.measure_extract

    def cancelled_meanwhile(*given: Any) -> Any:
        post(admin, "/jobs/1/cancel", "/jobs/")
        return measure(*given)

    monkeypatch.setattr(preparing, "measure_extract", cancelled_meanwhile)
    workshop = workshop_of(world)
    run_once(workshop)
    monkeypatch.undo()
    assert only_job(world.database).state == "cancelled"
    failed = world.read_request(request_id)
    assert (failed.state, "administrator stopped" in (failed.failure or "")) == (State.FAILED, True)
    assert not extract_folder(world, request_id).exists()
    left = [path for path in world.settings.project_root.rglob("*") if path.is_file()]
    assert left == []
    with world.database.writing() as session:
        transition(
            session,
            world.actors["steward"],
            request_id,
            "retry",
            failed.version,
            world.surroundings,
        )
    run_once(workshop)
    assert world.read_request(request_id).state == State.ACTIVE


def test_a_wish_to_cancel_after_publication_comes_too_late_and_it_is_delivered(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    request_id = world.request_in(State.APPROVED)
    workshop = workshop_of(world)

    def killed(*given: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(extracts, "_deliver", killed)
    with pytest.raises(KeyboardInterrupt):
        run_once(workshop)
    monkeypatch.undo()
    with world.database.writing() as session:
        session.execute(update(Job).values(lease_until=utc_now() - LEASE))
        jobs.cancel(session, world.actors["administrator"], 1)
    run_once(workshop)
    assert world.read_request(request_id).state == State.ACTIVE
    assert only_job(world.database).outcome == "delivered"


def test_a_running_question_is_stopped_soon_after_the_wish(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.worker.queue.LOOK_SECONDS", 0.02)
    queue(database, 1)
    taken = take_job(database, "worker")
    assert taken is not None
    with kept(database, taken) as hold:
        with database.writing() as session:
            session.execute(update(Job).values(cancel_asked_at=utc_now()))
        assert hold.stop.wait(30)
        with pytest.raises(JobCancelled):
            hold.check()
    database.close()


def test_what_ends_access_cannot_be_cancelled(world: World) -> None:
    queue(world.database, 1, "remove_extract")
    client = world.client("administrator")
    assert "/jobs/1/cancel" not in client.get("/jobs/").get_data(as_text=True)
    post(client, "/jobs/1/cancel", "/notices/choice")
    assert only_job(world.database).cancel_asked_at is None


def test_a_job_that_stops_unexpectedly_is_tried_again_later_and_in_the_end_is_dead(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*given: Any) -> None:
        raise OSError("a value that nobody may read")

    monkeypatch.setattr("app.worker.loop.take_away", broken)
    queue(world.database, 1, "remove_extract")
    workshop = workshop_of(world)
    assert [run_once(workshop), run_once(workshop)] == [1, 0]  # the second waits
    job = only_job(world.database)
    assert (job.state, job.outcome) == ("queued", "it stopped unexpectedly (OSError)")
    for _ in range(MOST_ATTEMPTS):
        with world.database.writing() as session:
            session.execute(update(Job).values(available_at=utc_now() - timedelta(seconds=1)))
        run_once(workshop)
    assert only_job(world.database).state == "dead"


def test_an_administrator_lets_a_dead_job_be_tried_again(world: World) -> None:
    queue(world.database, 1, "remove_extract")
    with world.database.writing() as session:
        session.execute(update(Job).values(state="dead", attempts=6, outcome="it was interrupted"))
    client = world.client("administrator")
    assert "given up" in client.get("/jobs/?state=dead").get_data(as_text=True)
    post(client, "/jobs/1/retry", "/jobs/")
    job = only_job(world.database)
    assert (job.state, job.attempts) == ("queued", 0)
    with world.database.reading() as session:
        newest = session.scalars(select(AuditRow).order_by(AuditRow.id.desc())).first()
    assert newest is not None
    assert newest.action == "job.retried"


def test_an_extract_is_tried_again_on_its_request_and_not_past_its_approval(world: World) -> None:
    queue(world.database, 1)
    with world.database.writing() as session:
        session.execute(update(Job).values(state="failed"))
    post(world.client("administrator"), "/jobs/1/retry", "/jobs/")
    assert only_job(world.database).state == "failed"


def test_jobs_are_for_administrators(world: World) -> None:
    for role in ("researcher", "steward", "student", "instructor"):
        assert world.client(role).get("/jobs/").status_code == 403


def test_the_page_says_when_no_worker_is_at_work(world: World) -> None:
    client, workshop = world.client("administrator"), workshop_of(world)
    assert "No worker is at work" in client.get("/jobs/").get_data(as_text=True)
    be_seen(workshop, utc_now())
    be_seen(workshop, utc_now())
    assert "No worker is at work" not in client.get("/jobs/").get_data(as_text=True)
    with world.database.writing() as session:
        session.execute(update(WorkerSeen).values(seen_at=utc_now() - timedelta(hours=1)))
    assert "last seen" in client.get("/jobs/").get_data(as_text=True)


@pytest.mark.postgres
def test_on_postgresql_a_queued_job_wakes_the_worker_at_once(postgres_url: str) -> None:
    database, stop = open_database(postgres_url), threading.Event()
    with Alarm(database) as alarm:
        timer = threading.Timer(0.1, queue, (database, 1))
        timer.start()
        begun = time.monotonic()
        assert alarm.wait(stop)
        assert time.monotonic() - begun < LISTEN_SECONDS - 2
        timer.join()
    database.close()


def test_elsewhere_the_worker_looks_every_few_seconds(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.worker.waking.POLL_SECONDS", 0.01)
    with Alarm(world.database) as alarm:
        assert not alarm.wait(threading.Event())
