"""The queue: taking a job for a time, keeping it while at work, and giving the outcome.

A job is taken with a lease. A worker that is killed stops renewing it, and after the lease another
worker takes the job again. An outcome counts only from the worker that holds the job, so that one
that was thought dead and comes back changes nothing.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, or_, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.db.clock import is_due
from app.db.database import Database
from app.db.models import Job
from app.db.types import utc_now
from app.worker.workshop import JobCancelled, JobLost

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
MOST_ATTEMPTS = 5
FIRST_WAIT = timedelta(seconds=30)
"""Before a job that stopped unexpectedly is tried again; doubled each time."""
LONGEST_WAIT = FIRST_WAIT * 2 ** (MOST_ATTEMPTS - 1)
LOOK_SECONDS = 1.0
"""How often a job at work is looked at for a wish to cancel it."""


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
    """The oldest job that waits, or whose lease ran out; ``None`` if there is none.

    A lease that was given before the clock was set back is shortened to one from now on, in which
    a worker that is alive renews it.
    """
    moment = now or utc_now()
    available = or_(Job.available_at.is_(None), is_due(Job.available_at, moment, LONGEST_WAIT))
    waits = and_(Job.state == "queued", available)
    free = or_(waits, and_(Job.state == "running", Job.lease_until < moment))
    # Twice, since the clocks of two workers may differ a little.
    too_long = and_(Job.state == "running", Job.lease_until > moment + 2 * LEASE)
    with database.reading() as session:  # most rounds find nothing and take no lock
        if session.scalar(select(Job.id).where(or_(free, too_long)).limit(1)) is None:
            return None
    with database.writing() as session:
        session.execute(update(Job).where(too_long).values(lease_until=moment + LEASE))
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
    """Give a held job its end within the caller's transaction: done, failed, cancelled or dead.

    A dead job stopped its worker too many times.
    """
    job.state = state
    job.outcome = outcome
    job.message = ""
    if state == "done":
        job.step = job.steps
    job.finished_at = utc_now()
    job.lease_until = None


def put_back(job: Job, why: str, wait: timedelta) -> None:
    """Let a held job be taken again after a while, within the caller's transaction."""
    job.state, job.outcome, job.lease_until = "queued", why, None
    job.available_at = utc_now() + wait


class Hold:
    """A job in this worker's hands: tells how far it is, and whether to go on.

    ``stop`` is set if the job was lost to another worker, or is to be cancelled.
    """

    def __init__(self, database: Database, taken: TakenJob, steps: int = 0) -> None:
        self._database, self._taken = database, taken
        self.stop = threading.Event()
        self._cancelled = False
        self._number, self._steps = 0, steps

    def begin(self, steps: int) -> None:
        """Say how many steps there are."""
        self._steps = steps

    def step(self, message: str) -> None:
        """Begin the next step and let it be seen; ``message`` says what is done, in a few words.

        Raises:
            JobLost: if another worker has the job.
            JobCancelled: if somebody asked to stop it.
        """
        self._number += 1
        with self._database.writing() as session:
            job = holds(session, self._taken)
            self._look(job)
            if job is not None and not self.stop.is_set():
                job.step, job.steps, job.message = self._number, self._steps, message
                job.progress_at = utc_now()
        self.check()

    def check(self) -> None:
        """Raise what :meth:`step` raises, by what was seen last."""
        if self.stop.is_set():
            if self._cancelled:
                raise JobCancelled("the job was cancelled")
            raise JobLost("the job was taken by another worker")

    def renew(self) -> None:
        """Keep the job for another lease."""
        with self._database.writing() as session:
            job = holds(session, self._taken)
            self._look(job)
            if job is not None:
                job.lease_until = utc_now() + LEASE

    def look(self) -> None:
        """See whether the job is to be cancelled."""
        with self._database.reading() as session:
            asked = session.scalar(select(Job.cancel_asked_at).where(Job.id == self._taken.id))
        if asked is not None:
            self._cancelled = True
            self.stop.set()

    def _look(self, job: Job | None) -> None:
        if job is None:
            self.stop.set()
        elif job.cancel_asked_at is not None:
            self._cancelled = True
            self.stop.set()


@contextmanager
def kept(database: Database, taken: TakenJob) -> Iterator[Hold]:
    """Renew the lease and look for a wish to cancel while the block runs."""
    ended, hold = threading.Event(), Hold(database, taken)

    def watch() -> None:
        renewed = time.monotonic()
        while not ended.wait(LOOK_SECONDS) and not hold.stop.is_set():
            try:
                if time.monotonic() - renewed < LEASE.total_seconds() / 4:
                    hold.look()
                else:
                    hold.renew()
                    renewed = time.monotonic()
            except DBAPIError as error:
                # The lease still holds for a while; if the database stays away, it is lost.
                logger.warning("job %s: %s while keeping it", taken.id, type(error).__name__)

    thread = threading.Thread(target=watch, name=f"lease-{taken.id}", daemon=True)
    thread.start()
    try:
        yield hold
    finally:
        ended.set()
        thread.join()
