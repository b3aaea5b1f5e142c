"""The end of access: by date, revocation or a newer delivery; and opening again after a renewal.

The state of the request in the database decides; the job only says that there is something to do.
A job that is carried out twice finds nothing to do the second time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import AuditEvent, record
from app.db.models import DataRequest, Notification
from app.db.types import utc_now
from app.permissions import WORKER
from app.services.requests import get_request
from app.services.transitions import RETENTION_DAYS, transition
from app.services.workflow import State
from app.worker.people import follow_people
from app.worker.queue import TakenJob, finish, holds
from app.worker.workshop import JobRefused, Workshop
from cohorts.access import Access, close_extract, hidden_folder, open_extract, remove_extract
from cohorts.errors import ExtractError
from cohorts.extract_files import EXTRACTS, MANIFEST_FILE

REMINDERS: Final = (30, 14, 3)
"""Days before the end date on which the project is reminded of it."""
_ENDED: Final[Mapping[State, Access]] = {
    State.SUSPENDED: Access.SUSPENDED,
    State.EXPIRED: Access.ENDED,
    State.CLOSED: Access.ENDED,
    State.REVOKED: Access.REVOKED,
    State.REPLACED: Access.REPLACED,
}


def take_away(workshop: Workshop, taken: TakenJob) -> None:
    """Hide the extract of a request that has ended, and delete it unless it can come back.

    Raises:
        JobRefused: if the request's access has not ended, or a link stands in the way.
    """
    with workshop.database.reading() as session:
        request = get_request(session, WORKER, int(taken.payload["request"]))
        state = State(request.state)
        project, extract = request.project.code, request.extract
        until = request.end_date.isoformat() if request.end_date else ""
    if state is State.ACTIVE:
        _finish(workshop, taken, "renewed meanwhile", None)
        return
    if state not in _ENDED or not extract:
        raise JobRefused("only the extract of a request whose access has ended is taken away")
    kept = state in {State.EXPIRED, State.SUSPENDED}
    try:
        digest = _manifest_sha256(workshop, project, extract)
        close_extract(workshop.project_root, project, extract, _ENDED[state], until)
        if not kept:
            remove_extract(workshop.project_root, project, extract)
    except ExtractError as error:
        raise JobRefused(str(error)) from None
    event = AuditEvent(
        "extract.hidden" if kept else "extract.deleted",
        "request",
        request.id,
        {"extract": extract, "manifest_sha256": digest},
    )
    _finish(workshop, taken, "hidden" if kept else "deleted", event)


def open_again(workshop: Workshop, taken: TakenJob) -> None:
    """Open the extract of a renewed request until its new end date.

    Raises:
        JobRefused: if the request is not active, or its extract is no longer there.
    """
    with workshop.database.reading() as session:
        request = get_request(session, WORKER, int(taken.payload["request"]))
        if State(request.state) is not State.ACTIVE or not request.extract:
            raise JobRefused("only the extract of a delivered request is opened")
        if request.end_date is None or request.end_date < workshop.today():
            raise JobRefused("the new end date has passed")
        project, extract, until = request.project.code, request.extract, request.end_date
    try:
        there = open_extract(workshop.project_root, project, extract, until.isoformat())
    except ExtractError as error:
        raise JobRefused(str(error)) from None
    if not there:
        raise JobRefused("the extract is no longer there")
    detail = {"extract": extract, "until": until.isoformat()}
    _finish(workshop, taken, "opened", AuditEvent("extract.opened", "request", request.id, detail))


def sweep(workshop: Workshop) -> None:
    """End what has reached its date, close what was not renewed, follow what people are ready for,
    and remind of what ends soon.
    """
    expire_requests(workshop)
    _step_all(workshop, "close", State.EXPIRED, RETENTION_DAYS)
    follow_people(workshop)
    _remind(workshop)


def expire_requests(workshop: Workshop) -> None:
    """End the requests whose last day has passed."""
    _step_all(workshop, "expire", State.ACTIVE, 0)
    _step_all(workshop, "expire", State.SUSPENDED, 0)


def _step_all(workshop: Workshop, name: str, state: State, days: int) -> None:
    around = workshop.surroundings
    before = around.today - timedelta(days=days)
    with workshop.database.reading() as session:
        due = select(DataRequest.id).where(
            DataRequest.state == state.value, DataRequest.end_date < before
        )
        if name == "close":  # what waits for a decision on its renewal is kept
            due = due.where(
                DataRequest.renewal_until.is_(None) | (DataRequest.renewal_until <= around.today)
            )
        ids = list(session.scalars(due))
    for request_id in ids:
        with workshop.database.writing() as session:
            request = get_request(session, WORKER, request_id)
            if State(request.state) is state:
                transition(session, WORKER, request.id, name, request.version, around)
                request.ended_at = utc_now()


def _remind(workshop: Workshop) -> None:
    today = workshop.today()
    soon = select(DataRequest).where(
        DataRequest.state == State.ACTIVE.value,
        DataRequest.end_date >= today,
        DataRequest.end_date <= today + timedelta(days=REMINDERS[0]),
    )
    with workshop.database.reading() as session:
        notices = [
            notice
            for request in session.scalars(soon)
            if request.end_date is not None
            for notice in _not_yet_told(
                session, request, min(n for n in REMINDERS if n >= (request.end_date - today).days)
            )
        ]
    if notices:
        with workshop.database.writing() as session:
            session.add_all(notices)


def _not_yet_told(session: Session, request: DataRequest, days: int) -> Iterator[Notification]:
    text = (
        f"Request {request.id}, {request.title}, ends on {request.end_date} "
        f"(reminder {days} days before): ask for a renewal if you need the data longer."
    )
    for member in request.project.members:
        told = select(Notification.id).where(
            Notification.user_id == member.user_id,
            Notification.request_id == request.id,
            Notification.text == text,
        )
        if session.scalar(told) is None:
            yield Notification(user_id=member.user_id, text=text, request_id=request.id)


def _manifest_sha256(workshop: Workshop, project: str, extract: str) -> str:
    """Hash of the extract's manifest, wherever it lies; empty if it is gone."""
    hidden = hidden_folder(workshop.project_root, project, extract)
    for folder in (Path(workshop.project_root) / project / EXTRACTS / extract, hidden):
        path = folder / MANIFEST_FILE
        if path.is_file():
            return hashlib.sha256(path.read_bytes()).hexdigest()
    return ""


def _finish(workshop: Workshop, taken: TakenJob, outcome: str, event: AuditEvent | None) -> None:
    with workshop.database.writing() as session:
        job = holds(session, taken)
        if job is None:
            return
        finish(job, "done", outcome)
        if event is not None:
            record(session, WORKER, event)
