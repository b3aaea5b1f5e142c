"""Asking for a later end date, and refusing it. Granting it is the transition ``renew``."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from app.audit import AuditEvent, record
from app.db.models import DataRequest
from app.errors import BadInput, PermissionDenied, TransitionRefused
from app.permissions import Actor, Permission, can
from app.services.projects import is_member
from app.services.request_history import request_event, tell
from app.services.requests import check_version, locked_request, touch
from app.services.transitions import may_decide
from app.services.workflow import BY_NAME, State, Told

RENEWABLE = BY_NAME["renew"].sources


def can_ask_renewal(actor: Actor, request: DataRequest) -> bool:
    """Members ask while the extract is there or can be put back."""
    ready = State(request.state) in RENEWABLE and request.renewal_until is None
    return ready and is_member(request.project, actor) and can(actor, Permission.REQUEST_DATA)


def ask_renewal(
    session: Session,
    actor: Actor,
    request_id: int,
    version: int,
    until: date | None,
    reason: str,
    today: date,
) -> None:
    """Ask for a later end date; the stewards are told.

    Raises:
        NotFound: if the request is not the actor's to see.
        PermissionDenied: unless the actor belongs to the project.
        TransitionRefused: if there is nothing to renew, or the request changed meanwhile.
        BadInput: without a reason, or for a day that is no later.
    """
    request = locked_request(session, actor, request_id)
    if State(request.state) not in RENEWABLE:
        raise TransitionRefused("There is no extract that could be renewed.")
    if not can_ask_renewal(actor, request):
        if request.renewal_until is not None:
            raise TransitionRefused("A renewal was asked for already.")
        raise PermissionDenied("Only members of the project ask for a renewal.")
    check_version(request, version)
    if until is None or until <= today or (request.end_date and until <= request.end_date):
        raise BadInput("Give a day after the present end date.")
    if not reason.strip():
        raise BadInput("Say why the data are needed longer.")
    request.renewal_until, request.renewal_reason = until, reason.strip()
    touch(request)
    said = f"until {until.isoformat()}: {reason.strip()}"
    session.add(request_event(request, actor, "ask_renewal", comment=said))
    tell(session, actor, request, (Told.STEWARDS,), "waits for a decision on its renewal")
    session.flush()
    detail = {"until": until.isoformat()}
    record(session, actor, AuditEvent("request.renewal_asked", "request", request.id, detail))


def refuse_renewal(
    session: Session, actor: Actor, request_id: int, version: int, reason: str
) -> None:
    """Leave the end date as it is; the project is told why.

    Raises:
        NotFound, PermissionDenied, TransitionRefused: as the transition ``renew``.
        BadInput: without a reason.
    """
    request = locked_request(session, actor, request_id)
    if not may_decide(actor, request, BY_NAME["renew"]):
        raise PermissionDenied("This is for a steward outside the project.")
    check_version(request, version)
    if request.renewal_until is None:
        raise TransitionRefused("Nobody asked for a renewal.")
    if not reason.strip():
        raise BadInput("Give a reason: the other side will read it.")
    request.renewal_until, request.renewal_reason = None, ""
    touch(request)
    session.add(request_event(request, actor, "refuse_renewal", comment=reason.strip()))
    tell(session, actor, request, (Told.PROJECT,), "was not renewed: please read the reason")
    session.flush()
    record(session, actor, AuditEvent("request.renewal_refused", "request", request.id))
