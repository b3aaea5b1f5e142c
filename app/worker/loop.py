"""The worker's round: end what has reached its date, carry out jobs, send marks and mail, wait."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete
from sqlalchemy.exc import InterfaceError, OperationalError

from app.db.models import WorkerSeen
from app.db.types import utc_now
from app.services.jobs import SEEN_EVERY
from app.services.transitions import EXTRACT_JOB, OPENING_JOB, REMOVAL_JOB, REPEAT_JOB
from app.worker.ending import open_again, sweep, take_away
from app.worker.extracts import carry_out, give_up, repeat
from app.worker.grades import send_grades
from app.worker.heads import sign_head
from app.worker.mail import send_mail
from app.worker.queue import (
    FIRST_WAIT,
    MOST_ATTEMPTS,
    Hold,
    TakenJob,
    finish,
    holds,
    kept,
    put_back,
    take_job,
    worker_name,
)
from app.worker.waking import POLL_SECONDS, Alarm
from app.worker.workshop import JobCancelled, JobLost, Workshop
from deid.errors import CareCommonsError

logger = logging.getLogger(__name__)

FORGOTTEN_AFTER: Final = timedelta(days=1)


def _take_away(workshop: Workshop, taken: TakenJob, hold: Hold) -> None:
    take_away(workshop, taken)


def _open_again(workshop: Workshop, taken: TakenJob, hold: Hold) -> None:
    open_again(workshop, taken)


_KINDS: Final[Mapping[str, Callable[[Workshop, TakenJob, Hold], None]]] = {
    EXTRACT_JOB: carry_out,
    REPEAT_JOB: repeat,
    REMOVAL_JOB: _take_away,
    OPENING_JOB: _open_again,
}


def run_once(workshop: Workshop) -> int:
    """Do all that waits now; the number of jobs that were taken."""
    sweep(workshop)
    done = 0
    while (taken := take_job(workshop.database, worker_name())) is not None:
        _work(workshop, taken)
        done += 1
    send_grades(workshop)
    sign_head(workshop)
    send_mail(workshop)
    return done


def run_forever(workshop: Workshop, stop: threading.Event) -> None:
    """Rounds until ``stop`` is set; a job at hand is finished first.

    A database that is away, or a disk that takes nothing, ends a round and not the worker: what
    the round left is taken up by a later one.
    """
    started, seen = utc_now(), 0.0
    with Alarm(workshop.database) as alarm:
        while not stop.is_set():
            try:
                if not seen or time.monotonic() - seen > SEEN_EVERY.total_seconds():
                    be_seen(workshop, started)
                    seen = time.monotonic()
                run_once(workshop)
            except (OperationalError, InterfaceError, OSError) as error:
                # Only the kind: the driver's text may quote a row.
                logger.error("a round ended with %s; trying again", type(error).__name__)
                stop.wait(POLL_SECONDS)
            alarm.wait(stop)


def be_seen(workshop: Workshop, started: datetime) -> None:
    """Leave a sign of life; workers that were not seen for a day are forgotten."""
    now, name = utc_now(), worker_name()
    with workshop.database.writing() as session:
        session.execute(delete(WorkerSeen).where(WorkerSeen.seen_at < now - FORGOTTEN_AFTER))
        row = session.get(WorkerSeen, name)
        if row is None:
            session.add(WorkerSeen(name=name, started_at=started, seen_at=now))
        else:
            row.seen_at = now


def _work(workshop: Workshop, taken: TakenJob) -> None:
    logger.info("job %s (%s), attempt %s", taken.id, taken.kind, taken.attempt)
    work = _KINDS.get(taken.kind)
    with kept(workshop.database, taken) as hold:
        if work is None:
            _close(workshop, taken, "failed", "unknown kind of job")
        elif taken.attempt > MOST_ATTEMPTS and taken.kind == EXTRACT_JOB:
            give_up(workshop, taken)
        elif taken.attempt > MOST_ATTEMPTS:
            _close(workshop, taken, "dead", f"it was interrupted {taken.attempt - 1} times")
        else:
            _attempt(workshop, taken, hold, work)


def _attempt(
    workshop: Workshop,
    taken: TakenJob,
    hold: Hold,
    work: Callable[[Workshop, TakenJob, Hold], None],
) -> None:
    try:
        work(workshop, taken, hold)
    except JobLost:
        return
    except JobCancelled as error:
        _close(workshop, taken, "cancelled", str(error))
    except CareCommonsError as error:
        _close(workshop, taken, "failed", str(error))
    except Exception as error:
        # Only the kind: the text of an unforeseen error may quote a value.
        logger.error("job %s ended with %s", taken.id, type(error).__name__)
        with workshop.database.writing() as session:
            job = holds(session, taken)
            if job is not None:
                wait = FIRST_WAIT * 2 ** (taken.attempt - 1)
                put_back(job, f"it stopped unexpectedly ({type(error).__name__})", wait)


def _close(workshop: Workshop, taken: TakenJob, state: str, reason: str) -> None:
    with workshop.database.writing() as session:
        job = holds(session, taken)
        if job is not None:
            finish(job, state, reason)
