"""Asking who a person is, for that person's safety: a reason, two people, one answer, a record.

The state of a request is what the audit log says of it, and nothing else: the log is append-only
and chained, so neither a request nor an approval can be made up or taken back. No identity of a
person passes through here.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.audit import AuditEvent, record, verify_chain
from app.db.database import Database
from app.db.models import AuditRow, Project, User
from app.db.types import utc_now
from app.errors import BadInput, NotFound, PermissionDenied, TransitionRefused
from app.permissions import Actor, Permission, check_permission
from app.services.accounts import actor_of, is_password

KIND = "reidentification"
REQUESTED, APPROVED, SHOWN = f"{KIND}.requested", f"{KIND}.approved", f"{KIND}.shown"
WRONG_PASSWORD = f"{KIND}.wrong_password"
REASON_MINIMUM = 20
"""Characters of a reason; fewer say nothing."""
APPROVAL_WAITS, ANSWER_WAITS = timedelta(days=7), timedelta(hours=24)
"""How long a request may wait for its approval, and an approved one for its answer."""
TRIES, TRIES_WITHIN = 5, timedelta(minutes=15)


@dataclass(frozen=True)
class Target:
    """Whose pseudonym it is: of a release, or of an extract of a project."""

    person: int
    release: str = ""
    project: str = ""
    extract: str = ""

    @property
    def words(self) -> str:
        """Where the pseudonym is from."""
        return (
            f"release {self.release}"
            if self.release
            else f"extract {self.extract} of project {self.project}"
        )


@dataclass(frozen=True)
class Case:
    """A request as the audit log tells it; ``approved_at`` and ``shown`` if that has happened."""

    id: str
    target: Target
    reason: str
    requester_id: int
    requester: str
    requested_at: datetime
    approved_at: datetime | None
    shown: bool


def confirm_identity(database: Database, email: str, password: str, wanted: Permission) -> Actor:
    """Who types: the owner of an open account with the permission, by their own password.

    Raises:
        PermissionDenied: if address and password do not fit, after too many tries, or without the
            permission. A wrong password is recorded.
    """
    with database.writing() as session:
        user = session.scalar(select(User).where(User.email == email.strip().casefold()))
        if user is not None and _tries(session, user) >= TRIES:
            raise PermissionDenied(
                f"Too many wrong passwords; wait {TRIES_WITHIN.seconds // 60} minutes."
            )
        fits = user is not None and is_password(user, password)
        if user is not None and not fits:
            record(session, actor_of(user), AuditEvent(WRONG_PASSWORD, "user", user.id))
    if user is None or not fits:
        raise PermissionDenied("The address or the password is not right.")
    actor = actor_of(user)
    check_permission(actor, wanted)
    return actor


def ask(session: Session, actor: Actor, target: Target, reason: str) -> str:
    """Record a request; gives its id.

    Raises:
        PermissionDenied: unless the actor may ask.
        BadInput: if the reason says too little.
    """
    check_permission(actor, Permission.ASK_REIDENTIFICATION)
    if len(reason.strip()) < REASON_MINIMUM:
        raise BadInput(f"Say in {REASON_MINIMUM} characters or more why this person must be found.")
    case_id = secrets.token_hex(4)
    detail = {"target": asdict(target), "reason": reason.strip()}
    record(session, actor, AuditEvent(REQUESTED, KIND, case_id, detail))
    return case_id


def approve(session: Session, actor: Actor, case_id: str) -> None:
    """Record the second person's approval.

    Raises:
        PermissionDenied: unless the actor may approve, is another person than the requester, is no
            member of the project, and has had account and password since before the request.
        TransitionRefused: if it is approved already, or too old.
    """
    check_permission(actor, Permission.APPROVE_REIDENTIFICATION)
    case = get_case(session, case_id)
    if case.approved_at is not None:
        raise TransitionRefused("The request is approved already.")
    if utc_now() - case.requested_at > APPROVAL_WAITS:
        raise TransitionRefused("The request is too old; ask again.")
    if actor.user_id is None or actor.user_id == case.requester_id:
        raise PermissionDenied("Another person than the one who asked has to approve.")
    if case.target.project and _is_member(session, case.target.project, actor.user_id):
        raise PermissionDenied("A member of the project cannot approve.")
    if _account_changed(session, actor.user_id, case.requested_at):
        raise PermissionDenied(
            "The account or its password was made after the request; its owner has to ask anew, "
            "or somebody else approve."
        )
    record(session, actor, AuditEvent(APPROVED, KIND, case_id))


def check_answer(session: Session, actor: Actor, case_id: str) -> Case:
    """The request, if its answer may be shown to the actor now.

    Raises:
        PermissionDenied: unless the actor is who asked.
        TransitionRefused: if it is not approved, was shown, is too old, or the log was changed.
    """
    case = get_case(session, case_id)
    if actor.user_id != case.requester_id:
        raise PermissionDenied("The answer is shown to the person who asked.")
    if case.approved_at is None:
        raise TransitionRefused("A second person has to approve the request first.")
    if case.shown:
        raise TransitionRefused("The answer was shown; it is shown once. Ask again if need be.")
    if utc_now() - case.approved_at > ANSWER_WAITS:
        raise TransitionRefused("The approval is too old; ask again.")
    if not verify_chain(session).intact:
        raise TransitionRefused("The audit log was changed; nobody is re-identified by it.")
    return case


def record_answer(session: Session, actor: Actor, case_id: str) -> None:
    """Record that the answer is shown; from then on it never is again.

    Raises:
        PermissionDenied, TransitionRefused: as :func:`check_answer`.
    """
    check_answer(session, actor, case_id)
    record(session, actor, AuditEvent(SHOWN, KIND, case_id))


def get_case(session: Session, case_id: str) -> Case:
    """A request as the log tells it.

    Raises:
        NotFound: if there is none.
    """
    rows = session.scalars(
        select(AuditRow)
        .where(AuditRow.object_kind == KIND, AuditRow.object_id == case_id)
        .order_by(AuditRow.id)
    ).all()
    asked = _first(rows, REQUESTED)
    if asked is None or asked.actor_id is None:
        raise NotFound("There is no such request.")
    approved = _first(rows, APPROVED)
    detail: dict[str, Any] = asked.detail
    return Case(
        case_id,
        Target(**detail["target"]),
        detail["reason"],
        asked.actor_id,
        asked.actor_name,
        asked.at,
        approved.at if approved else None,
        _first(rows, SHOWN) is not None,
    )


def _first(rows: Sequence[AuditRow], action: str) -> AuditRow | None:
    return next((row for row in rows if row.action == action), None)


_HANDED_OVER = (
    "user.created",
    "user.invited",
    "user.password_reset",
    "user.roles_changed",
    "user.second_factor_removed",
)


def _tries(session: Session, user: User) -> int:
    since = utc_now() - TRIES_WITHIN
    query = select(func.count()).where(
        AuditRow.action == WRONG_PASSWORD, AuditRow.object_id == str(user.id), AuditRow.at > since
    )
    return session.scalar(query) or 0


def _is_member(session: Session, code: str, user_id: int) -> bool:
    project = session.scalar(select(Project).where(Project.code == code))
    return project is not None and user_id in {member.user_id for member in project.members}


def _account_changed(session: Session, user_id: int, since: datetime) -> bool:
    query = select(func.count()).where(
        AuditRow.action.in_(_HANDED_OVER),
        AuditRow.object_id == str(user_id),
        AuditRow.at >= since,
    )
    return bool(session.scalar(query))
