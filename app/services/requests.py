"""Use cases of data requests. Every change of state goes through :func:`transition`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import AuditEvent, record
from app.db.models import (
    CohortVersion,
    DataRequest,
    Job,
    Notification,
    RequestColumn,
    RequestEvent,
    RequestPerson,
    ReviewDecision,
    RoleRow,
    User,
)
from app.db.types import utc_now
from app.errors import BadInput, NotFound, PermissionDenied, TransitionRefused
from app.permissions import WORKER, Actor, Permission, Role, can, check_permission
from app.services.completeness import Missing, missing_columns, missing_parts
from app.services.projects import get_project, is_member
from app.services.workflow import (
    BY_NAME,
    EDITABLE,
    QUEUE,
    Check,
    Effect,
    State,
    Told,
    Transition,
    Who,
    leaving,
)

EXTRACT_JOB = "extract"
REMOVAL_JOB = "remove_extract"
_TEXT_FIELDS = ("title", "purpose", "duo_code", "ethics_number", "planned_outputs", "release")
_DECISIONS = {"approve", "return", "reject"}


@dataclass(frozen=True)
class RequestFields:
    """What a request says. Nothing is compulsory in a draft; ``columns`` maps table to columns."""

    title: str = ""
    purpose: str = ""
    duo_code: str = ""
    ethics_number: str = ""
    planned_outputs: str = ""
    release: str = ""
    cohort_version_id: int | None = None
    end_date: date | None = None
    people: tuple[tuple[str, str], ...] = ()
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Surroundings:
    """What checks look at besides the request: the releases, and what day it is."""

    release_root: Path
    today: date


def create_request(session: Session, actor: Actor, project_id: int, title: str) -> DataRequest:
    """A new draft in a project of the actor's.

    Raises:
        PermissionDenied: unless the actor may ask for data and belongs to the project.
        NotFound: if the project is not the actor's to see.
    """
    check_permission(actor, Permission.REQUEST_DATA)
    project = get_project(session, actor, project_id)
    if not is_member(project, actor) or actor.user_id is None:
        raise PermissionDenied("Only members of a project ask for its data.")
    request = DataRequest(
        project_id=project.id,
        requester_id=actor.user_id,
        title=title.strip() or "Untitled request",
        state=State.DRAFT,
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
    requests = session.scalars(select(DataRequest).order_by(DataRequest.changed_at.desc()))
    return [request for request in requests if is_member(request.project, actor)]


def review_queue(session: Session, actor: Actor) -> list[DataRequest]:
    """Requests that wait for a steward, oldest first.

    Raises:
        PermissionDenied: unless the actor reviews requests.
    """
    check_permission(actor, Permission.REVIEW_REQUESTS)
    query = select(DataRequest).where(DataRequest.state.in_(QUEUE)).order_by(DataRequest.changed_at)
    return [request for request in session.scalars(query) if can_see(actor, request)]


def decided_requests(session: Session, actor: Actor, limit: int = 50) -> list[DataRequest]:
    """Requests with a decision, last changed first.

    Raises:
        PermissionDenied: unless the actor reviews requests.
    """
    check_permission(actor, Permission.REVIEW_REQUESTS)
    query = (
        select(DataRequest)
        .where(DataRequest.state.not_in((*QUEUE, State.DRAFT)))
        .order_by(DataRequest.changed_at.desc())
        .limit(limit)
    )
    return [request for request in session.scalars(query) if can_see(actor, request)]


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
    request = _locked(session, actor, request_id)
    if State(request.state) not in EDITABLE:
        raise TransitionRefused("This request can no longer be edited.")
    if not can_edit(actor, request):
        raise PermissionDenied("Only members of the project edit its request.")
    _check_version(request, version)
    cohort_version_id = _cohort_of_project(session, request, fields.cohort_version_id)
    request.columns.clear()
    session.flush()  # the old rows go before the new ones come, or a kept column would clash
    fill(request, fields)
    request.cohort_version_id = cohort_version_id
    _touch(request)
    session.flush()
    record(session, actor, AuditEvent("request.edited", "request", request.id))
    return request


def fill(request: DataRequest, fields: RequestFields) -> None:
    """Put ``fields`` into a request, without checking or keeping anything."""
    for name in _TEXT_FIELDS:
        setattr(request, name, getattr(fields, name).strip())
    request.title = request.title or "Untitled request"
    request.cohort_version_id = fields.cohort_version_id
    request.end_date = fields.end_date
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
        )
        for table, columns in fields.columns.items()
        for column in dict.fromkeys(columns)
    ]


def comment(session: Session, actor: Actor, request_id: int, text: str) -> None:
    """Add to the history a comment that both sides see.

    Raises:
        NotFound: if the request is not the actor's to see.
        BadInput: if the comment is empty.
    """
    request = get_request(session, actor, request_id)
    if not text.strip():
        raise BadInput("Write the comment first.")
    session.add(_event(request, actor, "comment", comment=text.strip()))
    told = Told.STEWARDS if is_member(request.project, actor) else Told.PROJECT
    _tell(session, actor, request, (told,), "has a new comment")
    record(session, actor, AuditEvent("request.commented", "request", request.id))


def may_decide(actor: Actor, request: DataRequest, step: Transition) -> bool:
    """Whether the actor is who the transition asks for; nobody decides a request of their own."""
    if step.who is Who.WORKER:
        return actor == WORKER
    inside = is_member(request.project, actor) or actor.user_id == request.requester_id
    if step.who is Who.PROJECT:
        return inside and can(actor, Permission.REQUEST_DATA)
    return not inside and can(actor, Permission.REVIEW_REQUESTS)


def offered(actor: Actor, request: DataRequest) -> list[Transition]:
    """Transitions that the present state allows and the actor may carry out."""
    return [step for step in leaving(State(request.state)) if may_decide(actor, request, step)]


def check_transition(
    actor: Actor,
    request: DataRequest,
    step: Transition,
    surroundings: Surroundings,
    reason: str = "",
) -> None:
    """Refuse a transition that may not happen now.

    Raises:
        PermissionDenied: if it is not the actor's to carry out.
        TransitionRefused: if the state does not allow it, or the dates do not.
        BadInput: if something is missing; the message lists it.
    """
    if not may_decide(actor, request, step):
        raise PermissionDenied(f"This is for {step.who.value}.")
    if State(request.state) not in step.sources:
        raise TransitionRefused("The request has moved on; look at its present state.")
    for check in step.checks:
        _CHECKS[check](request, surroundings, reason)


def can_transition(
    actor: Actor,
    request: DataRequest,
    step: Transition,
    surroundings: Surroundings,
    reason: str = "",
) -> bool:
    """The answer of :func:`check_transition` as a bool."""
    try:
        check_transition(actor, request, step, surroundings, reason)
    except (PermissionDenied, TransitionRefused, BadInput):
        return False
    return True


def transition(
    session: Session,
    actor: Actor,
    request_id: int,
    name: str,
    version: int,
    surroundings: Surroundings,
    reason: str = "",
    outcome: Mapping[str, Any] | None = None,
) -> DataRequest:
    """Carry out one transition: state, history, audit row, notices and jobs in one transaction.

    ``version`` is the request's version that the actor saw; a second identical call therefore finds
    another version and is refused. ``outcome`` holds ``extract`` and ``rows`` from the worker.

    Raises:
        NotFound, PermissionDenied, TransitionRefused, BadInput: as :func:`check_transition`.
    """
    if name not in BY_NAME:
        raise BadInput("There is no such step.")
    step = BY_NAME[name]
    request = _locked(session, actor, request_id)
    if may_decide(actor, request, step):  # whoever may not act learns that, not the version
        _check_version(request, version)
    check_transition(actor, request, step, surroundings, reason)
    before = State(request.state)
    request.state = step.target
    _touch(request)
    if step.target is State.SUBMITTED:
        request.submitted_at = request.changed_at
        request.failure = None
    if name in _DECISIONS:
        request.decided_at = request.changed_at
    if name == "fail":
        request.failure = reason
    if outcome:
        request.extract = outcome["extract"]
        request.extract_rows = outcome["rows"]
    detail: dict[str, Any] = {"from": before.value, "to": step.target.value}
    for effect in step.effects:
        detail |= _EFFECTS[effect](session, actor, request, step, reason)
    session.add(
        _event(request, actor, name, from_state=before, to_state=step.target, comment=reason)
    )
    _tell(session, actor, request, step.told, step.notice)
    session.flush()
    record(session, actor, AuditEvent(f"request.{name}", "request", request.id, detail))
    return request


def extract_name(request: DataRequest) -> str:
    """Name of the request's extract; a retry has the same, so that it is delivered once."""
    return f"request-{request.id}"


def _locked(session: Session, actor: Actor, request_id: int) -> DataRequest:
    query = select(DataRequest).where(DataRequest.id == request_id).with_for_update(of=DataRequest)
    request = session.scalar(query.execution_options(populate_existing=True))
    if request is None or not can_see(actor, request):
        raise NotFound("There is no such request.")
    return request


def _check_version(request: DataRequest, version: int) -> None:
    if request.version != version:
        raise TransitionRefused(
            "The request changed since this page was opened. Here is its present state."
        )


def _touch(request: DataRequest) -> None:
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


def _event(
    request: DataRequest,
    actor: Actor,
    action: str,
    from_state: State | None = None,
    to_state: State | None = None,
    comment: str = "",
) -> RequestEvent:
    return RequestEvent(
        request_id=request.id,
        actor_id=actor.user_id,
        actor_name=actor.name,
        action=action,
        from_state=from_state,
        to_state=to_state,
        comment=comment,
    )


def _tell(
    session: Session, actor: Actor, request: DataRequest, told: Iterable[Told], notice: str
) -> None:
    receivers: set[int] = set()
    for group in told:
        if group is Told.PROJECT:
            receivers |= {member.user_id for member in request.project.members}
        elif request.submitted_at is not None:
            stewards = select(User.id).where(
                User.active, User.roles.any(RoleRow.name == Role.STEWARD.value)
            )
            receivers |= set(session.scalars(stewards))
    for user_id in sorted(receivers - {actor.user_id}):
        text = f"Request {request.id}, {request.title}, {notice}."
        session.add(Notification(user_id=user_id, text=text, request_id=request.id))


def _require_complete(request: DataRequest, around: Surroundings, reason: str) -> None:
    missing: list[Missing] = missing_parts(request)
    if missing:
        raise BadInput("Still missing: " + "; ".join(part.text for part in missing) + ".")


def _require_columns(request: DataRequest, around: Surroundings, reason: str) -> None:
    missing = missing_columns(request, around.release_root)
    if missing:
        raise BadInput("; ".join(part.text for part in missing) + ".")


def _require_reason(request: DataRequest, around: Surroundings, reason: str) -> None:
    if not reason.strip():
        raise BadInput("Give a reason: the other side will read it.")


def _require_end_ahead(request: DataRequest, around: Surroundings, reason: str) -> None:
    if request.end_date is None or request.end_date <= around.today:
        raise TransitionRefused("The end date has to lie ahead.")


def _require_end_passed(request: DataRequest, around: Surroundings, reason: str) -> None:
    if request.end_date is None or request.end_date > around.today:
        raise TransitionRefused("The end date has not passed.")


_CHECKS = {
    Check.COMPLETE: _require_complete,
    Check.RELEASE_HOLDS_COLUMNS: _require_columns,
    Check.REASON: _require_reason,
    Check.END_DATE_AHEAD: _require_end_ahead,
    Check.END_DATE_PASSED: _require_end_passed,
}


def _queue_extract(
    session: Session, actor: Actor, request: DataRequest, step: Transition, reason: str
) -> dict[str, Any]:
    assert request.cohort_version is not None
    job = Job(
        kind=EXTRACT_JOB,
        payload={
            "request": request.id,
            "project": request.project.code,
            "extract": extract_name(request),
            "release": request.release,
            "cohort_sha256": request.cohort_version.sha256,
        },
    )
    session.add(job)
    session.flush()
    return {"job": job.id}


def _queue_removal(
    session: Session, actor: Actor, request: DataRequest, step: Transition, reason: str
) -> dict[str, Any]:
    job = Job(kind=REMOVAL_JOB, payload={"request": request.id})
    session.add(job)
    session.flush()
    return {"job": job.id}


def _record_decision(
    session: Session, actor: Actor, request: DataRequest, step: Transition, reason: str
) -> dict[str, Any]:
    assert actor.user_id is not None
    session.add(
        ReviewDecision(
            request_id=request.id,
            reviewer_id=actor.user_id,
            decision=step.name,
            reason=reason.strip(),
        )
    )
    return {"decision": step.name}


_EFFECTS = {
    Effect.QUEUE_EXTRACT: _queue_extract,
    Effect.QUEUE_REMOVAL: _queue_removal,
    Effect.RECORD_DECISION: _record_decision,
}
