"""The portal and its worker on a PostgreSQL server whose connections are lost while they write.

A request goes from submission to delivery, by the steward's pages and the worker. Meanwhile all
connections are cut at random moments, every second time with nobody let in for a while. Whoever
was cut off does again what is not done yet. Each act must have happened once, in the request's
history and in the audit log, as without any fault.
"""

from __future__ import annotations

import random
import shutil
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from flask.testing import FlaskClient
from sqlalchemy import create_engine, make_url, select, text, update
from sqlalchemy.exc import InterfaceError, OperationalError

from app.audit import verify_chain
from app.db.database import Database
from app.db.models import AuditRow, Job
from app.db.types import utc_now
from app.services.workflow import State
from app.worker.loop import run_once
from tests.integration.portal.world import World, build_world, post, settings_of, workshop_of
from tests.postgres_server import running_server

MOST_ROUNDS = 200
MOST_CUTS = 3
"""Fewer than the interruptions after which a job is given up."""
STEPS = {State.SUBMITTED: "start", State.IN_REVIEW: "approve"}


@dataclass(frozen=True)
class Outage:
    """Cuts of one way of a request: how often, what pages answered, and how it ended."""

    cuts: int
    answers: dict[int, int]
    failed_rounds: int
    ended: str


def outages(times: int, chance: random.Random, folder: Path) -> list[Outage]:
    """So many ways of a request while connections are lost, after one that nobody disturbs."""
    with running_server() as server:
        name = f"cc_lost_{chance.getrandbits(32):08x}"
        _as_administrator(server, f"CREATE DATABASE {name}")
        url = make_url(server).set(database=name).render_as_string(hide_password=False)
        world = build_world(folder / "pattern", 60, 30, url)
        request_id = world.request_in(State.SUBMITTED)
        workshop_of(world)  # its keyring
        world.database.close()
        made, wanted = [], ""
        for number in range(times + 1):
            copy = f"{name}_{number}"
            _as_administrator(server, f"CREATE DATABASE {copy} TEMPLATE {name}")
            place = folder / copy
            shutil.copytree(folder / "pattern", place)
            own = make_url(server).set(database=copy).render_as_string(hide_password=False)
            settings = replace(settings_of(place), database_url=own)
            there = replace(world, settings=settings, database=Database(own))
            cutter = _Cutter(server, copy, chance, idle=number == 0)
            outcome, found = _way(there, request_id, cutter)
            wanted = wanted or found
            if found != wanted:
                outcome = replace(outcome, ended=f"LOST: {found} instead of {wanted}")
            if number:
                made.append(outcome)
            there.database.close()
            _as_administrator(server, f"DROP DATABASE {copy} WITH (FORCE)")
        _as_administrator(server, f"DROP DATABASE {name} WITH (FORCE)")
    return made


class _Cutter(threading.Thread):
    """Cuts all connections to a database at random moments until it is stopped."""

    def __init__(self, server: str, name: str, chance: random.Random, idle: bool) -> None:
        super().__init__(daemon=True)
        self._server, self._name, self._idle = server, name, idle
        self._chance = random.Random(chance.getrandbits(64))
        self._stopped = threading.Event()
        self.cuts = 0

    def run(self) -> None:
        while self.cuts < MOST_CUTS * (not self._idle) and not self._stopped.wait(self._pause()):
            away = self.cuts % 2 == 1
            if away:
                self._admit(False)
            _as_administrator(
                self._server,
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                f"WHERE datname = '{self._name}'",
            )
            self.cuts += 1
            if away:
                time.sleep(self._chance.uniform(0.05, 0.4))
                self._admit(True)

    def _pause(self) -> float:
        return self._chance.uniform(0.02, 0.3)

    def stop(self) -> None:
        self._stopped.set()
        if self.ident is not None:
            self.join()

    def _admit(self, admitted: bool) -> None:
        _as_administrator(self._server, f"ALTER DATABASE {self._name} ALLOW_CONNECTIONS {admitted}")


def _as_administrator(server: str, statement: str) -> None:
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


def _way(world: World, request_id: int, cutter: _Cutter) -> tuple[Outage, str]:
    """Bring the request to its delivery; what happened, and what the database says of it."""
    steward = world.client("steward")  # signed in before anything is lost
    workshop = workshop_of(world)
    answers: dict[int, int] = {}
    failed = 0
    cutter.start()
    for _ in range(MOST_ROUNDS):
        try:
            state = State(world.read_request(request_id).state)
            if state is State.ACTIVE:
                break
            if state in STEPS:
                status = _press(steward, request_id, STEPS[state])
                answers[status] = answers.get(status, 0) + 1
                continue
            with world.database.writing() as session:  # nobody waits for a lease
                running = update(Job).where(Job.state == "running")
                session.execute(running.values(lease_until=utc_now() - timedelta(seconds=1)))
                session.execute(update(Job).values(available_at=None))
            run_once(workshop)
        except (OperationalError, InterfaceError):
            failed += 1
            time.sleep(0.02)
    cutter.stop()
    reached = world.read_request(request_id).state
    with world.database.reading() as session:
        intact = verify_chain(session).intact
        of_request = (AuditRow.object_kind == "request", AuditRow.object_id == str(request_id))
        actions = session.scalars(select(AuditRow.action).where(*of_request)).all()
        jobs = session.scalars(select(Job.state)).all()
        # Each try of the worker is told of; all else happens once.
        told = sorted(action for action in actions if action != "request.provision")
        found = f"{reached} {told} {list(jobs)}"
    ended = "whole" if intact else "LOST: the audit log does not hold"
    return Outage(cutter.cuts, answers, failed, ended), found


def _press(steward: FlaskClient, request_id: int, step: str) -> int:
    where = f"/requests/{request_id}"
    with suppress(AssertionError):  # a page of an error has no form
        answer = post(steward, f"{where}/steps/{step}", where)
        page = answer.get_data(as_text=True)
        if any(word in page for word in ("Traceback", "psycopg", "SELECT ")):
            return 599
        return answer.status_code
    return 0
