"""The worker's round: end what has reached its date, carry out jobs, send marks, wait."""

from __future__ import annotations

import logging
import threading

from app.services.transitions import EXTRACT_JOB, OPENING_JOB, REMOVAL_JOB, REPEAT_JOB
from app.worker.ending import open_again, sweep, take_away
from app.worker.extracts import carry_out, give_up, repeat
from app.worker.grades import send_grades
from app.worker.heads import sign_head
from app.worker.mail import send_mail
from app.worker.queue import MOST_ATTEMPTS, TakenJob, finish, holds, kept, take_job, worker_name
from app.worker.workshop import JobRefused, Workshop

logger = logging.getLogger(__name__)

POLL_SECONDS = 2.0
_ENDING = {REMOVAL_JOB: take_away, OPENING_JOB: open_again}


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
    """Rounds until ``stop`` is set; a job at hand is finished first."""
    while not stop.is_set():
        run_once(workshop)
        stop.wait(POLL_SECONDS)


def _work(workshop: Workshop, taken: TakenJob) -> None:
    logger.info("job %s (%s), attempt %s", taken.id, taken.kind, taken.attempt)
    with kept(workshop.database, taken) as lost:
        if taken.kind == EXTRACT_JOB and taken.attempt > MOST_ATTEMPTS:
            give_up(workshop, taken)
        elif taken.kind == EXTRACT_JOB:
            carry_out(workshop, taken, lost)
        elif taken.kind in _ENDING or taken.kind == REPEAT_JOB:
            try:
                if taken.kind == REPEAT_JOB:
                    repeat(workshop, taken, lost)
                else:
                    _ENDING[taken.kind](workshop, taken)
            except JobRefused as error:
                _close(workshop, taken, str(error))
        else:
            _close(workshop, taken, "unknown kind of job")


def _close(workshop: Workshop, taken: TakenJob, reason: str) -> None:
    with workshop.database.writing() as session:
        job = holds(session, taken)
        if job is not None:
            finish(job, "failed", reason)
