"""Carries out transitions of requests: who may, what is checked, and all effects at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from app.audit import AuditEvent, record
from app.db.models import DataRequest, Job, ReviewDecision
from app.errors import BadInput, PermissionDenied, TransitionRefused
from app.permissions import WORKER, Actor, Permission, can
from app.services.completeness import Missing, missing_columns, missing_parts
from app.services.projects import is_member
from app.services.request_history import request_event, tell
from app.services.requests import check_version, locked_request, touch
from app.services.workflow import BY_NAME, Check, Effect, State, Transition, Who, leaving

EXTRACT_JOB = "extract"
REMOVAL_JOB = "remove_extract"
OPENING_JOB = "open_extract"
REPEAT_JOB = "repeat_extract"
RETENTION_DAYS = 30
"""How long an extract whose end date has passed is kept out of sight, so that it can be renewed."""
_DECISIONS = {"approve", "return", "reject"}


@dataclass(frozen=True)
class Surroundings:
    """What checks look at besides the request: the releases, and what day it is."""

    release_root: Path
    today: date


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
    request = locked_request(session, actor, request_id)
    if may_decide(actor, request, step):  # whoever may not act learns that, not the version
        check_version(request, version)
    check_transition(actor, request, step, surroundings, reason)
    before = State(request.state)
    request.state = step.target
    touch(request)
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
        request_event(request, actor, name, from_state=before, to_state=step.target, comment=reason)
    )
    tell(session, actor, request, step.told, step.notice)
    session.flush()
    record(session, actor, AuditEvent(f"request.{name}", "request", request.id, detail))
    return request


def extract_name(request: DataRequest) -> str:
    """Name of the request's extract; a retry has the same, so that it is delivered once."""
    return f"request-{request.id}"


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
    # The end date is the last day on which the data may be used.
    if request.end_date is None or request.end_date >= around.today:
        raise TransitionRefused("The end date has not passed.")


def _require_renewal(request: DataRequest, around: Surroundings, reason: str) -> None:
    if request.renewal_until is None:
        raise TransitionRefused("Nobody asked for a renewal.")
    if request.renewal_until <= around.today:
        raise TransitionRefused("The end date that was asked for has passed.")


def _require_retention_passed(request: DataRequest, around: Surroundings, reason: str) -> None:
    last = request.end_date and request.end_date + timedelta(days=RETENTION_DAYS)
    if last is None or last >= around.today:
        raise TransitionRefused("It can still be renewed.")
    if request.renewal_until is not None and request.renewal_until > around.today:
        raise TransitionRefused("A renewal was asked for and is not decided.")


_CHECKS = {
    Check.COMPLETE: _require_complete,
    Check.RELEASE_HOLDS_COLUMNS: _require_columns,
    Check.REASON: _require_reason,
    Check.END_DATE_AHEAD: _require_end_ahead,
    Check.END_DATE_PASSED: _require_end_passed,
    Check.RENEWAL_ASKED: _require_renewal,
    Check.RETENTION_PASSED: _require_retention_passed,
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


def _queue(
    kind: str,
    session: Session,
    actor: Actor,
    request: DataRequest,
    step: Transition,
    reason: str,
) -> dict[str, Any]:
    """A job that needs to know nothing but the request."""
    job = Job(kind=kind, payload={"request": request.id})
    session.add(job)
    session.flush()
    return {"job": job.id}


def _extend(
    session: Session, actor: Actor, request: DataRequest, step: Transition, reason: str
) -> dict[str, Any]:
    assert request.renewal_until is not None
    request.end_date = request.renewal_until
    request.renewal_until, request.renewal_reason, request.ended_at = None, "", None
    return {"until": request.end_date.isoformat()}


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


_EFFECTS: Mapping[Effect, Callable[..., dict[str, Any]]] = {
    Effect.QUEUE_EXTRACT: _queue_extract,
    Effect.QUEUE_REMOVAL: partial(_queue, REMOVAL_JOB),
    Effect.QUEUE_OPENING: partial(_queue, OPENING_JOB),
    Effect.EXTEND: _extend,
    Effect.RECORD_DECISION: _record_decision,
}
