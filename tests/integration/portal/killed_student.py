"""Students whose server is killed at any moment, and who go on: real processes, real SIGKILL.

Each round forks a process that begins or resumes the attempt and works through it; every receipt
it was given it writes to a pipe at once. After a random time it is killed. Then every receipt is
looked for in the database.
"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import time
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import make_url, select

from app.db.database import Database
from app.db.models import User
from app.db.types import utc_now
from app.services import attempt_state, attempts
from app.services.accounts import actor_of
from casebank.attempt import exercise_due, next_step, orders_offered
from tests.integration.portal.lessons import ANSWERS

STEPS_OF_A_LIFE = 3
"""How many steps the longest life allows, by the time that the first one took on this machine."""


@dataclass(frozen=True)
class Outcome:
    """What a campaign found. ``lost``: receipts without an event; ``twice``: events doubled."""

    kills: int
    receipts: int
    lost: int
    twice: int


def campaign(url: str, kills: int, chance: random.Random) -> Outcome:
    """Kill ``kills`` processes while they work, after one that tells how long a step takes."""
    receipts, step = _round(url, None)
    lost = 0
    for _ in range(kills):
        given, _ = _round(url, chance.uniform(0.0, STEPS_OF_A_LIFE * step))
        kept = _events(url)
        lost += sum(kept.get((attempt, place)) != subject for attempt, place, subject in given)
        receipts += given
    kept = _events(url)
    lost += sum(kept.get((attempt, place)) != subject for attempt, place, subject in receipts)
    pairs = [(attempt, subject) for (attempt, _), subject in kept.items()]
    return Outcome(kills, len(receipts), lost, len(pairs) - len(set(pairs)))


def _round(url: str, life: float | None) -> tuple[list[tuple[int, int, str]], float]:
    """The receipts of one life, and its seconds; without ``life`` it ends at its first receipt."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        with suppress(BaseException):
            _work(url, writing)
        os._exit(1)
    os.close(writing)
    # Its life begins with its first sign, so that slow machines kill in the middle of work too.
    told, born = os.read(reading, 2), time.monotonic()
    if life is None:
        told += os.read(reading, 65536)
    else:
        time.sleep(life)
    lived = time.monotonic() - born
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    while chunk := os.read(reading, 65536):
        told += chunk
    os.close(reading)
    lines = told.decode().split("\n")[1:-1]
    return [(int(a), int(b), c) for a, b, c in (line.split(" ", 2) for line in lines)], lived


def _work(url: str, writing: int) -> None:
    database = Database(url)
    with database.reading() as session:
        student = session.scalars(select(User).where(User.email == "student@example.org")).one()
        actor = actor_of(student)
    os.write(writing, b".\n")
    while True:
        with database.writing() as session:
            attempt = attempts.start(session, actor, 1, "learn", now=utc_now()).id
        with database.reading() as session:
            found = attempt_state.load(session, actor, attempt)
        offered = orders_offered(found.lesson, found.state)
        due = exercise_due(found.lesson, found.state)
        to = next_step(found.lesson, found.state)
        with database.writing() as session:
            if offered:
                _, order = offered[0]
                stage = next(n for n, s in enumerate(found.lesson.stages, 1) if order in s.orders)
                index = found.lesson.stages[stage - 1].orders.index(order) + 1
                attempts.open_order(session, actor, attempt, f"{stage}-{index}", utc_now())
                continue
            if due is not None:
                number = found.lesson.exercises.index(due) + 1
                fields: dict[str, Any] = {
                    name: value if isinstance(value, list) else [value]
                    for name, value in ANSWERS[number - 1].items()
                }
                subject = f"commit:{due.name}"
                receipt = attempts.commit(session, actor, attempt, number, fields, "en", utc_now())
            else:
                subject = f"advance:{to}"
                receipt = attempts.go_on(session, actor, attempt, str(to), utc_now())
        # Only now is it told: after the transaction.
        os.write(writing, f"{attempt} {receipt.sequence} {subject}\n".encode())


def _events(url: str) -> dict[tuple[int, int], str]:
    path = make_url(url).database
    with closing(sqlite3.connect(str(path))) as connection:
        query = "SELECT attempt_id, sequence, kind || ':' || subject FROM attempt_event"
        return {(attempt, place): subject for attempt, place, subject in connection.execute(query)}
