"""The whole way of a request on PostgreSQL, and two stewards at once on both databases."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import create_engine, func, select, text

from app.audit import verify_chain
from app.db.database import Database
from app.db.models import Job
from app.errors import TransitionRefused
from app.services.transitions import transition
from app.services.workflow import State
from app.worker import loop, waking
from tests.integration.portal.test_second_factor import code_of, set_up
from tests.integration.portal.test_worker import extract_folder
from tests.integration.portal.world import (
    World,
    build_world,
    make_world,
    post,
    sign_in,
    token_of,
    workshop_of,
)

PATIENCE = 60.0
"""Seconds after which what a worker does counts as not coming."""


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def any_world(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    """The world on each of the two databases."""
    if request.param == "sqlite":
        return make_world(tmp_path)
    return build_world(tmp_path, 60, 30, request.getfixturevalue("postgres_url"))


@contextmanager
def worker_at_work(world: World) -> Iterator[None]:
    """The worker's loop in a thread of its own, which ends with the block."""
    stop = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(loop.run_forever, workshop_of(world), stop)
        try:
            yield
        finally:
            stop.set()
        running.result()


def until(reached: Callable[[], bool]) -> None:
    """Wait for it."""
    end = time.monotonic() + PATIENCE
    while not reached():
        assert time.monotonic() < end, "it does not come about"
        time.sleep(0.02)


@contextmanager
def nobody_let_in(database: Database) -> Iterator[None]:
    """The server cuts every connection to this database and takes no new one."""
    name = database.url.database
    engine = create_engine(database.url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as administrator:
        administrator.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false"))
        administrator.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"),
            {"name": name},
        )
        yield
        administrator.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true"))
    engine.dispose()


def test_a_request_goes_from_draft_to_delivery_though_the_server_is_away_for_a_while(
    any_world: World, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (loop, waking):
        monkeypatch.setattr(module, "POLL_SECONDS", 0.05)
    world = any_world
    request_id = world.request_in(State.SUBMITTED)
    where = f"/requests/{request_id}"
    steward = world.client("steward")
    post(steward, f"{where}/steps/start", where)
    with worker_at_work(world):
        if world.database.url.get_backend_name() == "postgresql":
            with nobody_let_in(world.database):
                answer = steward.get(where)
                said = answer.text.count("cannot be used just now")
                assert (answer.status_code, said) == (503, 1)
                until(lambda: "a round ended with OperationalError" in caplog.text)
        post(steward, f"{where}/steps/approve", where)
        until(lambda: world.read_request(request_id).state == State.ACTIVE)
    assert "Delivered" in world.client("researcher").get(where).get_data(as_text=True)
    assert extract_folder(world, request_id).is_dir()
    with world.database.reading() as session:
        assert verify_chain(session).intact
    world.database.close()


def test_of_two_who_say_one_code_at_the_same_moment_one_gets_in(any_world: World) -> None:
    world = any_world
    secret = set_up(world.client("student"))
    code, together = code_of(secret, later=1), Barrier(2)
    browsers = [world.client() for _ in range(2)]
    forms = []
    for browser in browsers:
        sign_in(browser, "student@example.org")
        forms.append(token_of(browser.get("/sign-in/code").get_data(as_text=True)))

    def say(number: int) -> int:
        together.wait()
        data = {"csrf_token": forms[number], "code": code}
        return browsers[number].post("/sign-in/code", data=data).status_code

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(say, range(2))) == [200, 302]
    assert sorted(one.get("/cases/").status_code for one in browsers) == [200, 302]
    world.database.close()


def test_two_approvals_at_once_make_one(any_world: World) -> None:
    world = any_world
    request_id = world.request_in(State.IN_REVIEW)
    version = world.read_request(request_id).version

    def approve(_: int) -> bool:
        try:
            with world.database.writing() as session:
                transition(
                    session,
                    world.actors["steward"],
                    request_id,
                    "approve",
                    version,
                    world.surroundings,
                )
        except TransitionRefused:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(approve, range(4))) == [False, False, False, True]
    with world.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Job)) == 1
    world.database.close()
