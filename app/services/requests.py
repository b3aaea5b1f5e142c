"""Use cases of data requests. Changes of state are in ``transitions``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.audit import AuditEvent, record
from app.db.models import (
    CohortVersion,
    DataRequest,
    PrivateDocument,
    Project,
    RequestColumn,
    RequestEvent,
    RequestPerson,
)
from app.db.types import utc_now
from app.documents import keep_document
from app.errors import BadInput, NotFound, PermissionDenied, TransitionRefused
from app.permissions import WORKER, Actor, Permission, can, check_permission
from app.services.duo import TRAITS
from app.services.listing import Asked, Columns, Listed, anywhere, listed
from app.services.projects import get_own_project, is_member, projects_of
from app.services.request_history import request_event, tell
from app.services.workflow import (
    EDITABLE,
    QUEUE,
    State,
    Told,
)

_TEXT_FIELDS = (
    "title",
    "purpose",
    "duo_code",
    "ethics_number",
    "ethics_body",
    "place_of_work",
    "planned_outputs",
    "release",
    "window_kind",
    "window_reason",
)


@dataclass(frozen=True)
class RequestFields:
    """What a request says. Nothing is compulsory in a draft.

    ``columns`` maps table to columns, ``reasons`` table to reason, and ``own_reasons``
    ``table.column`` to the reason of a single column. ``window_kind`` is ``whole``, ``entry`` or
    empty. ``row_limits`` has concept sets of the cohort, by table, whose rows are asked for.
    """

    title: str = ""
    purpose: str = ""
    duo_code: str = ""
    ethics_number: str = ""
    ethics_body: str = ""
    ethics_expires: date | None = None
    place_of_work: str = ""
    use_traits: tuple[str, ...] = ()
    planned_outputs: str = ""
    release: str = ""
    cohort_version_id: int | None = None
    end_date: date | None = None
    people: tuple[tuple[str, str], ...] = ()
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    own_reasons: Mapping[str, str] = field(default_factory=dict)
    window_kind: str = ""
    window_before: int | None = None
    window_after: int | None = None
    window_reason: str = ""
    row_limits: Mapping[str, tuple[int, ...]] = field(default_factory=dict)


def create_request(session: Session, actor: Actor, project_id: int, title: str) -> DataRequest:
    """A new draft in a project of the actor's.

    Raises:
        PermissionDenied: unless the actor may ask for data and belongs to the project.
        NotFound: if the project is not the actor's to see.
    """
    check_permission(actor, Permission.REQUEST_DATA)
    project, user_id = get_own_project(
        session, actor, project_id, "Only members of a project ask for its data."
    )
    latest = select(DataRequest).where(DataRequest.requester_id == user_id)
    before = session.scalar(latest.order_by(DataRequest.id.desc()).limit(1))
    request = DataRequest(
        project_id=project.id,
        requester_id=user_id,
        title=title.strip() or "Untitled request",
        state=State.DRAFT,
        # What seldom differs from one's request to the next; it can be changed in the form.
        ethics_body=before.ethics_body if before else "",
        place_of_work=before.place_of_work if before else "",
        people=[RequestPerson(name=actor.name)],
    )
    session.add(request)
    session.flush()
    record(session, actor, AuditEvent("request.created", "request", request.id))
    return request


def can_see(actor: Actor, request: DataRequest) -> bool:
    """The one answer for page, list and worker: members always, stewards from submission on."""
    if actor == WORKER or is_member(request.project, actor):
        return True
    return can(actor, Permission.REVIEW_REQUESTS) and request.submitted_at is not None


def get_request(session: Session, actor: Actor, request_id: int) -> DataRequest:
    """A request that the actor may see.

    Raises:
        NotFound: if there is none, or it is not theirs to see.
    """
    request = session.get(DataRequest, request_id)
    if request is None or not can_see(actor, request):
        raise NotFound("There is no such request.")
    return request


def list_requests(session: Session, actor: Actor) -> list[DataRequest]:
    """Requests of the actor's projects, last changed first."""
    query = select(DataRequest).where(DataRequest.project_id.in_(projects_of(actor)))
    return list(session.scalars(query.order_by(DataRequest.changed_at.desc())))


REQUESTS: Final = Columns(
    {
        "title": func.lower(DataRequest.title),
        "project": func.lower(Project.title),
        "state": DataRequest.state,
        "changed": DataRequest.changed_at,
    },
    anywhere(DataRequest.title, Project.title),
    "-changed",
    DataRequest.id,
)


def find_requests(session: Session, actor: Actor, asked: Asked) -> Listed[DataRequest]:
    """A page of the requests of the actor's projects, found by words of their titles."""
    mine = DataRequest.project_id.in_(projects_of(actor))
    query = select(DataRequest).join(Project).where(mine)
    return listed(session, query, REQUESTS, asked)


def review_queue(session: Session, actor: Actor) -> list[DataRequest]:
    """Requests that wait for a steward, oldest first.

    Raises:
        PermissionDenied: unless the actor reviews requests.
    """
    check_permission(actor, Permission.REVIEW_REQUESTS)
    waits = DataRequest.state.in_(QUEUE) | DataRequest.renewal_until.is_not(None)
    query = select(DataRequest).where(waits).order_by(DataRequest.changed_at)
    return [request for request in session.scalars(query) if can_see(actor, request)]


def decided_requests(session: Session, actor: Actor, asked: Asked) -> Listed[DataRequest]:
    """A page of the requests with a decision.

    Raises:
        PermissionDenied: unless the actor reviews requests.
    """
    check_permission(actor, Permission.REVIEW_REQUESTS)
    query = (
        select(DataRequest)
        .join(Project)
        .where(
            DataRequest.state.not_in((*QUEUE, State.DRAFT)), DataRequest.submitted_at.is_not(None)
        )
    )
    return listed(session, query, REQUESTS, asked)


def shown_events(actor: Actor, request: DataRequest) -> list[RequestEvent]:
    """The history as the actor may read it: stewards' own notes are for stewards outside."""
    steward = can(actor, Permission.REVIEW_REQUESTS) and not is_member(request.project, actor)
    return [event for event in request.events if steward or not event.internal]


def can_edit(actor: Actor, request: DataRequest) -> bool:
    """Members with the right to ask edit drafts and returned requests."""
    editable = State(request.state) in EDITABLE
    return editable and can(actor, Permission.REQUEST_DATA) and is_member(request.project, actor)


def save(
    session: Session, actor: Actor, request_id: int, version: int, fields: RequestFields
) -> DataRequest:
    """Keep what was typed, complete or not.

    Raises:
        NotFound: if the request is not the actor's to see.
        TransitionRefused: if it can no longer be edited, or changed since the form was opened.
        PermissionDenied: if the actor may see but not edit it.
    """
    request = _editable(session, actor, request_id)
    check_version(request, version)
    cohort_version_id = _cohort_of_project(session, request, fields.cohort_version_id)
    request.columns.clear()
    session.flush()  # the old rows go before the new ones come, or a kept column would clash
    fill(request, fields)
    request.cohort_version_id = cohort_version_id
    touch(request)
    session.flush()
    record(session, actor, AuditEvent("request.edited", "request", request.id))
    return request


def fill(request: DataRequest, fields: RequestFields) -> None:
    """Put ``fields`` into a request, without checking or keeping anything."""
    for name in _TEXT_FIELDS:
        setattr(request, name, getattr(fields, name).strip())
    request.title = request.title or "Untitled request"
    request.cohort_version_id = fields.cohort_version_id
    request.end_date, request.ethics_expires = fields.end_date, fields.ethics_expires
    request.use_traits = [trait for trait in TRAITS if trait in fields.use_traits]
    request.window_before, request.window_after = fields.window_before, fields.window_after
    request.row_limits = {
        table: sorted(set(sets))
        for table, sets in fields.row_limits.items()
        if sets and table in fields.columns
    }
    request.people = [
        RequestPerson(name=name.strip(), affiliation=affiliation.strip())
        for name, affiliation in fields.people
        if name.strip()
    ]
    request.columns = [
        RequestColumn(
            table_name=table,
            column_name=column,
            reason=fields.reasons.get(table, "").strip(),
            own_reason=fields.own_reasons.get(f"{table}.{column}", "").strip(),
        )
        for table, columns in fields.columns.items()
        for column in dict.fromkeys(columns)
    ]


def comment(
    session: Session, actor: Actor, request_id: int, text: str, internal: bool = False
) -> None:
    """Add to the history a comment that both sides see, or, ``internal``, only stewards outside.

    Raises:
        NotFound: if the request is not the actor's to see.
        PermissionDenied: if a member of the project would write an internal one.
        BadInput: if the comment is empty.
    """
    request = get_request(session, actor, request_id)
    if not text.strip():
        raise BadInput("Write the comment first.")
    if internal:
        if is_member(request.project, actor) or not can(actor, Permission.REVIEW_REQUESTS):
            raise PermissionDenied("Notes among stewards are written by stewards outside.")
        note = request_event(request, actor, "note", comment=text.strip())
        note.internal = True
        session.add(note)
        record(session, actor, AuditEvent("request.noted", "request", request.id))
        return
    session.add(request_event(request, actor, "comment", comment=text.strip()))
    told = Told.STEWARDS if is_member(request.project, actor) else Told.PROJECT
    tell(session, actor, request, (told,), "has a new comment")
    record(session, actor, AuditEvent("request.commented", "request", request.id))


def attach_ethics_document(
    session: Session, actor: Actor, request_id: int, content: bytes
) -> DataRequest:
    """Keep the document of the ethics approval with a request that can be edited.

    Raises:
        NotFound, TransitionRefused, PermissionDenied: as :func:`save`.
        BadInput: unless it is a PDF or PNG of up to 1 MB.
    """
    request = _editable(session, actor, request_id)
    assert actor.user_id is not None
    request.ethics_document = keep_document(session, actor.user_id, content)
    touch(request)
    session.flush()
    detail = {"sha256": request.ethics_document.sha256, "bytes": request.ethics_document.size}
    record(session, actor, AuditEvent("request.document_given", "request", request.id, detail))
    return request


def ethics_document(session: Session, actor: Actor, request_id: int) -> PrivateDocument:
    """The document of the ethics approval, for who may see the request; each opening is recorded.

    Raises:
        NotFound: if there is none, or the request is not the actor's to see.
    """
    request = get_request(session, actor, request_id)
    if request.ethics_document is None:
        raise NotFound("No document was given.")
    record(session, actor, AuditEvent("request.document_opened", "request", request.id))
    return request.ethics_document


def _editable(session: Session, actor: Actor, request_id: int) -> DataRequest:
    request = locked_request(session, actor, request_id)
    if State(request.state) not in EDITABLE:
        raise TransitionRefused("This request can no longer be edited.")
    if not can_edit(actor, request):
        raise PermissionDenied("Only members of the project edit its request.")
    return request


def locked_request(session: Session, actor: Actor, request_id: int) -> DataRequest:
    """A request that the actor may see, read anew and locked until the transaction ends.

    Raises:
        NotFound: if there is none, or it is not theirs to see.
    """
    query = select(DataRequest).where(DataRequest.id == request_id).with_for_update(of=DataRequest)
    request = session.scalar(query.execution_options(populate_existing=True))
    if request is None or not can_see(actor, request):
        raise NotFound("There is no such request.")
    return request


def check_version(request: DataRequest, version: int) -> None:
    """Refuse what was decided on an older state.

    Raises:
        TransitionRefused: if the request changed since ``version``.
    """
    if request.version != version:
        raise TransitionRefused(
            "The request changed since this page was opened. Here is its present state."
        )


def touch(request: DataRequest) -> None:
    """Note a change: the next version, and the time."""
    request.version += 1
    request.changed_at = utc_now()


def _cohort_of_project(
    session: Session, request: DataRequest, cohort_version_id: int | None
) -> int | None:
    if cohort_version_id is None:
        return None
    version = session.get(CohortVersion, cohort_version_id)
    if version is None or version.cohort.project_id != request.project_id:
        raise BadInput("Choose a cohort of this project.")
    return version.id
