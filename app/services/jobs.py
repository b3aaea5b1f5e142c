"""Jobs of the worker as people see them: how far, how often tried, cancelled, tried again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.audit import AuditEvent, record
from app.db.models import DataRequest, Job, WorkerSeen
from app.db.types import utc_now
from app.errors import NotFound, TransitionRefused
from app.permissions import Actor, Permission, check_permission
from app.services.listing import Asked, Columns, Listed, anywhere, listed
from app.services.requests import get_request
from app.services.transitions import EXTRACT_JOB, OPENING_JOB, REMOVAL_JOB, REPEAT_JOB

SEEN_EVERY: Final = timedelta(seconds=20)
GONE_AFTER: Final = timedelta(minutes=2)
"""A worker that was not seen for so long is thought to be away; a long job is at work meanwhile."""
KINDS: Final = {
    EXTRACT_JOB: "prepare an extract",
    REPEAT_JOB: "make an extract again, to compare",
    REMOVAL_JOB: "take an extract away",
    OPENING_JOB: "open an extract again",
}
STATES: Final = {
    "queued": "waiting",
    "running": "at work",
    "done": "done",
    "failed": "refused or failed",
    "dead": "given up: it stopped its worker too often",
    "cancelled": "cancelled",
}
CANCELLABLE: Final = frozenset({EXTRACT_JOB, REPEAT_JOB})
"""What ends access is never cancelled."""
RETRIED: Final = frozenset({REPEAT_JOB, REMOVAL_JOB, OPENING_JOB})
"""An extract is prepared again by a steward, on the request, so that its approval is looked at."""
_OPEN: Final = ("queued", "running")
_ENDED_BADLY: Final = ("failed", "dead", "cancelled")


@dataclass(frozen=True)
class JobView:
    """A job as it is shown. ``interrupted``: its worker went silent, another one will take it."""

    job: Job
    label: str
    state: str
    request_id: int | None
    interrupted: bool
    can_cancel: bool
    can_retry: bool

    @property
    def share(self) -> float | None:
        """Part of the steps that are behind it."""
        if self.job.state == "done":
            return 1.0
        return (self.job.step - 1) / self.job.steps if self.job.steps and self.job.step else None


@dataclass(frozen=True)
class JobPage:
    """One page of jobs, newest first; how many in each state; the workers that were seen."""

    rows: list[JobView]
    found: Listed[Job]
    states: dict[str, int]
    workers: list[WorkerSeen]
    alive: bool


JOBS: Final = Columns(
    {"number": Job.id, "kind": Job.kind, "state": Job.state, "tries": Job.attempts},
    anywhere(Job.kind, Job.outcome, Job.message),
    "-number",
    Job.id,
)


def jobs(session: Session, actor: Actor, asked: Asked, state: str = "") -> JobPage:
    """A page of jobs.

    Raises:
        PermissionDenied: unless the actor manages users.
    """
    check_permission(actor, Permission.MANAGE_USERS)
    counted = select(Job.state, func.count()).group_by(Job.state)
    states = {row[0]: int(row[1]) for row in session.execute(counted)}
    query = select(Job).where(Job.state == state) if state else select(Job)
    found = listed(session, query, JOBS, asked)
    workers = list(session.scalars(select(WorkerSeen).order_by(WorkerSeen.seen_at.desc())))
    busy = session.scalar(
        select(Job.id).where(Job.state == "running", Job.lease_until > utc_now()).limit(1)
    )
    alive = busy is not None or any(one.seen_at > utc_now() - GONE_AFTER for one in workers)
    return JobPage([view(job) for job in found.rows], found, states, workers, alive)


def job_of_request(session: Session, request: DataRequest) -> JobView | None:
    """The newest job of a request that the actor may see, while it waits or is at work."""
    query = (
        select(Job)
        .where(Job.state.in_(_OPEN), Job.payload["request"].as_integer() == request.id)
        .order_by(Job.id.desc())
        .limit(1)
    )
    job = session.scalar(query)
    return view(job) if job is not None else None


def progress_of(session: Session, actor: Actor, request_id: int) -> JobView | None:
    """How far the work on a request is; ``None`` if there is none.

    Raises:
        NotFound: if the request is not the actor's to see.
    """
    return job_of_request(session, get_request(session, actor, request_id))


def cancel(session: Session, actor: Actor, job_id: int) -> None:
    """Ask the worker to stop a job before its next step; what is published by then is delivered.

    Raises:
        PermissionDenied, NotFound: unless the actor manages users and there is such a job.
        TransitionRefused: if it has ended, or may not be cancelled.
    """
    job = _job(session, actor, job_id)
    if job.kind not in CANCELLABLE:
        raise TransitionRefused("What ends or opens access is carried out; it cannot be cancelled.")
    if job.state not in _OPEN:
        raise TransitionRefused("The job has ended already.")
    if job.cancel_asked_at is None:
        job.cancel_asked_at = utc_now()
        record(session, actor, AuditEvent("job.cancel_asked", "job", job.id, {"kind": job.kind}))


def retry(session: Session, actor: Actor, job_id: int) -> None:
    """Let a job that ended badly be tried again, from its beginning.

    Raises:
        PermissionDenied, NotFound: unless the actor manages users and there is such a job.
        TransitionRefused: if it has not ended badly, or is tried again on its request.
    """
    job = _job(session, actor, job_id)
    if job.kind not in RETRIED:
        raise TransitionRefused("A steward has it prepared again, on the request's page.")
    if job.state not in _ENDED_BADLY:
        raise TransitionRefused("The job has not failed.")
    job.state, job.attempts, job.outcome, job.step = "queued", 0, None, 0
    job.cancel_asked_at = job.available_at = job.finished_at = None
    record(session, actor, AuditEvent("job.retried", "job", job.id, {"kind": job.kind}))


def view(job: Job, now: datetime | None = None) -> JobView:
    """A job as it is shown."""
    lease = job.lease_until
    asked = job.payload.get("request")
    return JobView(
        job=job,
        label=KINDS.get(job.kind, job.kind),
        state=STATES.get(job.state, job.state),
        request_id=asked if isinstance(asked, int) else None,
        interrupted=job.state == "running" and lease is not None and lease < (now or utc_now()),
        can_cancel=job.kind in CANCELLABLE and job.state in _OPEN and not job.cancel_asked_at,
        can_retry=job.kind in RETRIED and job.state in _ENDED_BADLY,
    )


def _job(session: Session, actor: Actor, job_id: int) -> Job:
    check_permission(actor, Permission.MANAGE_USERS)
    job = session.scalar(select(Job).where(Job.id == job_id).with_for_update())
    if job is None:
        raise NotFound("There is no such job.")
    return job
