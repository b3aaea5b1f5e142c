"""A clock that is set back holds no work up, lengthens no session, and leaves the log in order."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from app.audit import verify_chain
from app.audit_heads import read_heads
from app.db.database import Database, open_database
from app.db.models import AuditRow, Job, Mail
from app.db.types import utc_now
from app.permissions import COMMAND_LINE, Role
from app.services import lockout, mails, sessions
from app.services.accounts import create_user
from app.worker import loop
from app.worker.heads import EVERY, sign_head, signer_of
from app.worker.queue import LEASE, LONGEST_WAIT, holds, put_back, take_job
from tests.integration.portal.test_audit_heads import workshop_on, write
from tests.integration.portal.world import PASSWORD

YEAR = timedelta(days=365)


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return open_database(f"sqlite:///{tmp_path / 'portal' / 'portal.db'}")


def queue(database: Database) -> None:
    with database.writing() as session:
        session.add(Job(kind="extract", payload={}))


def test_a_job_whose_worker_died_before_the_clock_went_back_is_taken_after_one_lease(
    database: Database,
) -> None:
    queue(database)
    now = utc_now()
    assert take_job(database, "killed", now + YEAR) is not None
    assert take_job(database, "other", now) is None  # it may be alive: its lease is shortened
    assert take_job(database, "other", now + LEASE) is None
    again = take_job(database, "other", now + LEASE + timedelta(seconds=1))
    assert again is not None
    assert (again.attempt, again.holder) == (2, "other")


def test_a_small_difference_of_two_clocks_shortens_no_lease(database: Database) -> None:
    queue(database)
    now = utc_now()
    taken = take_job(database, "ahead", now + LEASE)
    assert taken is not None
    assert take_job(database, "behind", now) is None
    with database.reading() as session:
        job = holds(session, taken)
        assert job is not None
        assert job.lease_until == now + 2 * LEASE


def test_a_job_put_back_waits_no_longer_than_jobs_ever_wait(database: Database) -> None:
    queue(database)
    taken = take_job(database, "worker")
    assert taken is not None
    with database.writing() as session:
        job = holds(session, taken)
        assert job is not None
        put_back(job, "it stopped", LONGEST_WAIT)
    assert take_job(database, "worker", utc_now()) is None
    assert take_job(database, "worker", utc_now() - YEAR) is not None


def test_mail_pauses_and_sessions_go_by_the_clock_that_is_there_now(database: Database) -> None:
    with database.writing() as session:
        user = create_user(
            session, COMMAND_LINE, "rita@example.org", "Rita", [Role.RESEARCHER], PASSWORD
        )
        later = utc_now() + YEAR
        session.add(
            Mail(user_id=user.id, subject="News", text="News", created_at=later, next_try_at=later)
        )
        for _ in range(lockout.FREE_FAILURES):
            lockout.note_failure(session, "key", later)
        key = sessions.begin(session, user.id, "password", "")
    with database.reading() as session:
        assert lockout.paused_until(session, "key", later) is not None
        assert lockout.paused_until(session, "key", utc_now()) is None
        alive = [
            sessions.find_alive(session, key, user.fs_uniquifier, utc_now() - back) is not None
            for back in (timedelta(0), sessions.SET_BACK / 2, sessions.SET_BACK * 2, YEAR)
        ]
        assert alive == [True, True, False, False]
    sent: list[str] = []
    mails.send_due(database, lambda *message: sent.append(str(message)))
    assert len(sent) == 1


def test_the_log_stays_in_order_and_its_heads_go_on(database: Database, tmp_path: Path) -> None:
    workshop, now = workshop_on(database, tmp_path), utc_now()
    write(database, 2)
    assert sign_head(workshop, now + YEAR) is not None
    write(database, 1)
    assert sign_head(workshop, now) is not None
    write(database, 1)
    assert sign_head(workshop, now + EVERY / 2) is None
    assert workshop.audit_heads is not None
    heads = read_heads(workshop.audit_heads, [signer_of(workshop.keyring)])
    assert [head.events for head in heads] == [2, 3]
    with database.reading() as session:
        assert verify_chain(session, {head.events: head.hash for head in heads}).intact
        ids = session.scalars(select(AuditRow.id).order_by(AuditRow.id)).all()
    assert ids == [1, 2, 3, 4]


@pytest.mark.parametrize(
    "fault", [OperationalError("SELECT", {}, Exception("gone")), OSError(30, "Read-only")]
)
def test_a_worker_outlives_a_database_that_is_away_and_a_disk_that_takes_nothing(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    monkeypatch.setattr("app.worker.waking.POLL_SECONDS", 0.01)
    monkeypatch.setattr(loop, "POLL_SECONDS", 0.01)
    stop, rounds = threading.Event(), []

    def round_of(workshop: Any) -> None:
        rounds.append(workshop)
        if len(rounds) < 3:
            raise fault
        stop.set()

    monkeypatch.setattr(loop, "run_once", round_of)
    loop.run_forever(workshop_on(database, tmp_path), stop)
    assert len(rounds) == 3
