"""The queue: taking a job for a time, keeping it while at work, and giving the outcome.

A job is taken with a lease. A worker that is killed stops renewing it, and after the lease another
worker takes the job again. An outcome counts only from the worker that holds the job, so that one
that was thought dead and comes back changes nothing.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from app.db.database import Database
from app.db.models import Job
from app.db.types import utc_now

LEASE = timedelta(seconds=60)
MOST_ATTEMPTS = 5


@dataclass(frozen=True)
class TakenJob:
    """A job in this worker's hands; ``attempt`` tells it from an earlier taking of the same job."""

    id: int
    kind: str
    payload: dict[str, Any]
    attempt: int
    holder: str


def worker_name() -> str:
    """Name of this process among workers."""
    return f"{socket.gethostname()}:{os.getpid()}:{threading.get_ident()}"[:80]


def take_job(database: Database, holder: str, now: datetime | None = None) -> TakenJob | None:
    """The oldest job that waits, or whose lease ran out; ``None`` if there is none."""
    moment = now or utc_now()
    free = or_(Job.state == "queued", and_(Job.state == "running", Job.lease_until < moment))
    with database.writing() as session:
        query = select(Job).where(free).order_by(Job.id).limit(1)
        job = session.scalar(query.with_for_update(skip_locked=True))
        if job is None:
            return None
        job.state = "running"
        job.attempts += 1
        job.leased_by = holder
        job.lease_until = moment + LEASE
        return TakenJob(job.id, job.kind, dict(job.payload), job.attempts, holder)


def holds(session: Session, taken: TakenJob) -> Job | None:
    """The job's row, locked, if it is still in the hands of ``taken``; else ``None``."""
    job = session.scalar(select(Job).where(Job.id == taken.id).with_for_update())
    if job is None or job.state != "running":
        return None
    mine = job.leased_by == taken.holder and job.attempts == taken.attempt
    return job if mine else None


def finish(job: Job, state: str, outcome: str) -> None:
    """Mark a held job ``done`` or ``failed``, within the caller's transaction."""
    job.state = state
    job.outcome = outcome
    job.finished_at = utc_now()
    job.lease_until = None


@contextmanager
def kept(database: Database, taken: TakenJob) -> Iterator[threading.Event]:
    """Renew the lease while the block runs; the event is set if the job was lost to another."""
    stop, lost = threading.Event(), threading.Event()

    def renew() -> None:
        while not stop.wait(LEASE.total_seconds() / 4):
            with database.writing() as session:
                job = holds(session, taken)
                if job is None:
                    lost.set()
                    return
                job.lease_until = utc_now() + LEASE

    thread = threading.Thread(target=renew, name=f"lease-{taken.id}", daemon=True)
    thread.start()
    try:
        yield lost
    finally:
        stop.set()
        thread.join()
