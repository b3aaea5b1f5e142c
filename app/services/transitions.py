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
from app.services.readiness import all_ready, is_signed_by, members_of, still_ready
from app.services.request_history import request_event, tell
from app.services.requests import check_version, locked_request, touch
from app.services.votes import (
    VOTES,
    amounts_to,
    approvals_needed,
    has_voted,
    votes_of_round,
)
from app.services.workflow import (
    AMOUNTS,
    BY_NAME,
    Check,
    Effect,
    State,
    Transition,
    Who,
    leaving,
)

EXTRACT_JOB = "extract"
REMOVAL_JOB = "remove_extract"
OPENING_JOB = "open_extract"
REPEAT_JOB = "repeat_extract"
RETENTION_DAYS = 30
"""How long an extract whose end date has passed is kept out of sight, so that it can be renewed."""
_DECISIONS = {"approve", "return", "reject"}


@dataclass(frozen=True)
class Surroundings:
    """What checks look at besides the request: the releases, what day it is, and the policy.

    ``approvals`` is how many stewards have to agree at least.
    """

    release_root: Path
    today: date
    approvals: int = 1


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
    return [
        step
        for step in leaving(State(request.state))
        if step.name not in AMOUNTS
        and may_decide(actor, request, step)
        and not (step.name in VOTES and has_voted(actor, request))
    ]


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
        _CHECKS[check](actor, request, surroundings, reason)


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
    if name not in BY_NAME or name in AMOUNTS:
        raise BadInput("There is no such step.")
    said = BY_NAME[name]
    request = locked_request(session, actor, request_id)
    if may_decide(actor, request, said):  # whoever may not act learns that, not the version
        check_version(request, version)
    check_transition(actor, request, said, surroundings, reason)
    step = amounts_to(actor, request, said)
    before = State(request.state)
    request.state = step.target
    touch(request)
    if step.target is State.SUBMITTED:
        request.submitted_at = request.changed_at
        request.failure = None
    if step.name in _DECISIONS:
        request.decided_at = request.changed_at
    if name == "fail":
        request.failure = reason
    if outcome:
        request.extract = outcome["extract"]
        request.extract_rows = outcome["rows"]
    detail: dict[str, Any] = {"from": before.value, "to": step.target.value}
    act = _Act(actor, step, said, reason, surroundings)
    for effect in step.effects:
        detail |= _EFFECTS[effect](session, request, act)
    # What a steward said in a vote is kept with the vote alone, where the other one cannot read it.
    comment = "" if step.name in AMOUNTS else reason
    session.add(
        request_event(request, actor, step.name, before, to_state=step.target, comment=comment)
    )
    tell(session, actor, request, step.told, step.notice)
    session.flush()
    record(session, actor, AuditEvent(f"request.{step.name}", "request", request.id, detail))
    return request


def extract_name(request: DataRequest) -> str:
    """Name of the request's extract; a retry has the same, so that it is delivered once."""
    return f"request-{request.id}"


def _require_complete(
    actor: Actor, request: DataRequest, around: Surroundings, reason: str
) -> None:
    missing: list[Missing] = missing_parts(request)
    if missing:
        raise BadInput("Still missing: " + "; ".join(part.text for part in missing) + ".")


def _require_columns(actor: Actor, request: DataRequest, around: Surroundings, reason: str) -> None:
    missing = missing_columns(request, around.release_root)
    if missing:
        raise BadInput("; ".join(part.text for part in missing) + ".")


def _require_reason(actor: Actor, request: DataRequest, around: Surroundings, reason: str) -> None:
    if not reason.strip():
        raise BadInput("Give a reason: the other side will read it.")


def _require_end_ahead(
    actor: Actor, request: DataRequest, around: Surroundings, reason: str
) -> None:
    if request.end_date is None or request.end_date <= around.today:
        raise TransitionRefused("The end date has to lie ahead.")


def _require_end_passed(
    actor: Actor, request: DataRequest, around: Surroundings, reason: str
) -> None:
    # The end date is the last day on which the data may be used.
    if request.end_date is None or request.end_date >= around.today:
        raise TransitionRefused("The end date has not passed.")


def _require_renewal(actor: Actor, request: DataRequest, around: Surroundings, reason: str) -> None:
    if request.renewal_until is None:
        raise TransitionRefused("Nobody asked for a renewal.")
    if request.renewal_until <= around.today:
        raise TransitionRefused("The end date that was asked for has passed.")


def _require_retention_passed(
    actor: Actor, request: DataRequest, around: Surroundings, reason: str
) -> None:
    last = request.end_date and request.end_date + timedelta(days=RETENTION_DAYS)
    if last is None or last >= around.today:
        raise TransitionRefused("It can still be renewed.")
    if request.renewal_until is not None and request.renewal_until > around.today:
        raise TransitionRefused("A renewal was asked for and is not decided.")


def _require_not_ended(
    actor: Actor, request: DataRequest, around: Surroundings, reason: str
) -> None:
    if request.end_date is None or request.end_date < around.today:
        raise TransitionRefused("The last day has passed.")


def _require_training(
    actor: Actor, request: DataRequest, around: Surroundings, reason: str
) -> None:
    without = [
        member.user.name
        for member in members_of(request, around.today)
        if member.trained is None and not member.waiting
    ]
    if without:
        raise BadInput(f"Still missing: a certificate of training of {', '.join(without)}.")


def _require_signature(
    actor: Actor, request: DataRequest, around: Surroundings, reason: str
) -> None:
    if not is_signed_by(request, actor.user_id, around.today):
        raise BadInput("Read and sign the data use agreement first.")


def _require_ready(actor: Actor, request: DataRequest, around: Surroundings, reason: str) -> None:
    # After a delivery, who joined later holds up nobody.
    delivered = request.extract is not None
    ready = (still_ready if delivered else all_ready)(request, around.today)
    if not ready:
        raise TransitionRefused("Not everybody of the project is trained and has signed.")


def _require_lapsed(actor: Actor, request: DataRequest, around: Surroundings, reason: str) -> None:
    if still_ready(request, around.today):
        raise TransitionRefused("Everybody's training and signature hold.")


_CHECKS = {
    Check.COMPLETE: _require_complete,
    Check.RELEASE_HOLDS_COLUMNS: _require_columns,
    Check.REASON: _require_reason,
    Check.END_DATE_AHEAD: _require_end_ahead,
    Check.END_DATE_PASSED: _require_end_passed,
    Check.RENEWAL_ASKED: _require_renewal,
    Check.RETENTION_PASSED: _require_retention_passed,
    Check.NOT_ENDED: _require_not_ended,
    Check.TRAINING_GIVEN: _require_training,
    Check.SIGNED: _require_signature,
    Check.PEOPLE_READY: _require_ready,
    Check.PEOPLE_LAPSED: _require_lapsed,
}


@dataclass(frozen=True)
class _Act:
    """What effects look at: who takes which step by which word, and why."""

    actor: Actor
    step: Transition
    said: Transition
    reason: str
    surroundings: Surroundings


def queue_extract(session: Session, request: DataRequest) -> int:
    """Queue the job that makes and delivers the extract; its id."""
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
    return job.id


def _queue_extract(session: Session, request: DataRequest, act: _Act) -> dict[str, Any]:
    if not all_ready(request, act.surroundings.today):
        return {"job": None}  # the worker queues it once everybody is ready
    return {"job": queue_extract(session, request)}


def _queue(kind: str, session: Session, request: DataRequest, act: _Act) -> dict[str, Any]:
    """A job that needs to know nothing but the request."""
    job = Job(kind=kind, payload={"request": request.id})
    session.add(job)
    session.flush()
    return {"job": job.id}


def _extend(session: Session, request: DataRequest, act: _Act) -> dict[str, Any]:
    assert request.renewal_until is not None
    request.end_date = request.renewal_until
    request.renewal_until, request.renewal_reason, request.ended_at = None, "", None
    return {"until": request.end_date.isoformat()}


def _begin_round(session: Session, request: DataRequest, act: _Act) -> dict[str, Any]:
    if act.step.name == "submit":
        least = act.surroundings.approvals
        request.approvals = approvals_needed(session, request, least)
    if request.decisions:
        request.review_round += 1
    return {"approvals": request.approvals, "round": request.review_round}


def _record_decision(session: Session, request: DataRequest, act: _Act) -> dict[str, Any]:
    assert act.actor.user_id is not None
    session.add(
        ReviewDecision(
            request_id=request.id,
            reviewer_id=act.actor.user_id,
            decision=act.said.name,
            reason=act.reason.strip(),
            round=request.review_round,
        )
    )
    session.flush()
    session.expire(request, ["decisions"])
    if act.step.name == "vote":
        return {"round": request.review_round}
    votes = {str(one.reviewer_id): one.decision for one in votes_of_round(request)}
    return {"decision": act.said.name, **({"votes": votes} if request.approvals > 1 else {})}


_EFFECTS: Mapping[Effect, Callable[[Session, DataRequest, _Act], dict[str, Any]]] = {
    Effect.QUEUE_EXTRACT: _queue_extract,
    Effect.QUEUE_REMOVAL: partial(_queue, REMOVAL_JOB),
    Effect.QUEUE_OPENING: partial(_queue, OPENING_JOB),
    Effect.EXTEND: _extend,
    Effect.RECORD_DECISION: _record_decision,
    Effect.BEGIN_ROUND: _begin_round,
}
