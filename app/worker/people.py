"""What follows from people's training and signatures: deliveries begin, pause and go on."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import AuditEvent, record
from app.db.models import AuditRow, DataRequest, Job
from app.permissions import WORKER
from app.services.readiness import all_ready, in_grace, still_ready
from app.services.request_history import tell
from app.services.requests import locked_request
from app.services.transitions import EXTRACT_JOB, queue_extract, transition
from app.services.workflow import State, Told
from app.worker.workshop import Workshop

GRACE = "request.grace_given"


def follow_people(workshop: Workshop) -> None:
    """Suspend what is no longer permitted, open again what was cured, begin what waited."""
    today = workshop.today()
    _announce_grace(workshop)
    with workshop.database.reading() as session:
        suspend = [one.id for one in _in(session, State.ACTIVE) if not still_ready(one, today)]
        resume = [
            one.id
            for one in _in(session, State.SUSPENDED)
            if still_ready(one, today) and one.end_date is not None and one.end_date >= today
        ]
        begin = [
            one.id
            for one in _in(session, State.APPROVED)
            if all_ready(one, today) and not _has_job(session, one)
        ]
    for request_id in suspend:
        _move(workshop, request_id, State.ACTIVE, "suspend")
    for request_id in resume:
        _move(workshop, request_id, State.SUSPENDED, "resume")
    for request_id in begin:
        with workshop.database.writing() as session:
            request = locked_request(session, WORKER, request_id)
            if State(request.state) is State.APPROVED and not _has_job(session, request):
                event = AuditEvent(
                    "extract.queued",
                    "request",
                    request.id,
                    {"job": queue_extract(session, request)},
                )
                record(session, WORKER, event)


def _announce_grace(workshop: Workshop) -> None:
    """Tell the projects whose deliveries an upgrade left open until when that is so, once each."""
    today = workshop.today()
    said = select(AuditRow.object_id).where(AuditRow.action == GRACE)
    with workshop.database.reading() as session:
        told = set(session.scalars(said))
        due = [
            one.id
            for one in _in(session, State.ACTIVE)
            if in_grace(one, today) and str(one.id) not in told and not all_ready(one, today)
        ]
    for request_id in due:
        with workshop.database.writing() as session:
            request = locked_request(session, WORKER, request_id)
            until = str(request.grace_until)
            record(session, WORKER, AuditEvent(GRACE, "request", request.id, {"until": until}))
            tell(
                session,
                WORKER,
                request,
                (Told.PROJECT, Told.STEWARDS),
                f"stays open until {until} as it is; from then on everybody of the project has to "
                "be trained and to have signed the agreement",
            )


def _in(session: Session, state: State) -> list[DataRequest]:
    query = select(DataRequest).where(DataRequest.state == state.value).order_by(DataRequest.id)
    return list(session.scalars(query))


def _has_job(session: Session, request: DataRequest) -> bool:
    waiting = select(Job).where(Job.kind == EXTRACT_JOB, Job.state.in_(("queued", "running")))
    return any(job.payload.get("request") == request.id for job in session.scalars(waiting))


def _move(workshop: Workshop, request_id: int, state: State, name: str) -> None:
    around = workshop.surroundings
    with workshop.database.writing() as session:
        request = locked_request(session, WORKER, request_id)
        ready = still_ready(request, around.today)
        if State(request.state) is state and ready == (name == "resume"):
            transition(session, WORKER, request.id, name, request.version, around)
