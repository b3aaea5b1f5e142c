"""Signing the data use agreement for a request."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from app.agreements import Agreement, agreement, current_version
from app.audit import AuditEvent, record
from app.db.models import AgreementSignature, DataRequest, User
from app.errors import BadInput, PermissionDenied, TransitionRefused
from app.permissions import Actor
from app.services.accounts import is_password
from app.services.projects import is_member
from app.services.request_history import request_event
from app.services.requests import locked_request
from app.services.workflow import FINAL, State


def can_sign(actor: Actor, request: DataRequest, today: date) -> bool:
    """Members sign the version of today once, while the request can still lead to data."""
    version = current_version(today)
    return (
        is_member(request.project, actor)
        and State(request.state) not in FINAL
        and not any(
            one.user_id == actor.user_id and one.version == version for one in request.signatures
        )
    )


def sign(
    session: Session,
    actor: Actor,
    request_id: int,
    text: Agreement,
    name: str,
    password: str,
    today: date,
    fresh: bool = False,
) -> AgreementSignature:
    """Sign ``text``, which has to be the version of today, by one's name and password.

    Somebody without a password, who signs in elsewhere, needs a sign-in that is ``fresh``.

    Raises:
        NotFound: if the request is not the actor's to see.
        PermissionDenied: unless the actor is a member of the project.
        TransitionRefused: if it was signed, or the version is no longer the one of today.
        BadInput: if name or password are not the actor's.
    """
    request = locked_request(session, actor, request_id)
    if not is_member(request.project, actor):
        raise PermissionDenied("Only members of the project sign its agreement.")
    if text != agreement(current_version(today), text.language):
        raise TransitionRefused("There is a newer version of the agreement. Read it first.")
    if not can_sign(actor, request, today):
        raise TransitionRefused("It is signed already, or the request has ended.")
    user = session.get_one(User, actor.user_id)
    if _plain(name) != _plain(user.name):
        raise BadInput(f"Write your name as the portal knows it: {user.name}.")
    if not (fresh if user.password is None else is_password(user, password)):
        raise BadInput("The password is not right. Nothing was signed.")
    signature = AgreementSignature(
        request_id=request.id,
        user_id=user.id,
        version=text.version,
        language=text.language,
        sha256=text.sha256,
        name=name.strip(),
    )
    session.add(signature)
    said = f"version {text.version}, {text.language}"
    session.add(request_event(request, actor, "signed", comment=said))
    session.flush()
    session.expire(request, ["signatures", "events"])
    detail = {"version": text.version, "language": text.language, "sha256": text.sha256}
    record(session, actor, AuditEvent("request.signed", "request", request.id, detail))
    return signature


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())
