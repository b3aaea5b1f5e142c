"""Invitations: a link by mail with which a new person chooses the password themselves.

The database knows the hash of the link alone. It is good once and for three days; a newer one for
the same account ends it, and so does closing the account.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import AuditEvent, record
from app.db.models import Invitation, User
from app.db.types import utc_now
from app.errors import BadInput, NotFound
from app.hashes import sha256_of
from app.permissions import Actor, Permission, Role, check_permission
from app.services.accounts import actor_of, create_user
from app.services.passwords import hash_password
from app.services.sessions import end_invitations

LIFE: Final = timedelta(hours=72)
NO_MAILBOX: Final = ".invalid"


def create_invited(
    session: Session, actor: Actor, email: str, name: str, roles: Iterable[Role]
) -> tuple[User, str]:
    """A new account without a password, and the secret of the link that lets its person choose one.

    Raises:
        PermissionDenied: unless the actor manages users.
        BadInput: for a malformed or known address, or one that no mail reaches.
    """
    user = create_user(session, actor, email, name, roles, None)
    return user, invite(session, actor, user)


def invite(session: Session, actor: Actor, user: User) -> str:
    """The secret of a new link for an open account without a password; an older link ends.

    Raises:
        PermissionDenied: unless the actor manages users.
        BadInput: if the account is closed, has a password, or no mail reaches its address.
    """
    check_permission(actor, Permission.MANAGE_USERS)
    if not user.active or user.password is not None:
        raise BadInput("An invitation is for an open account that has no password yet.")
    if user.email.endswith(NO_MAILBOX):
        raise BadInput("No mail reaches this address; its person comes by a learning platform.")
    now, secret = utc_now(), secrets.token_urlsafe(32)
    end_invitations(session, user.id, now)
    session.add(
        Invitation(
            user_id=user.id,
            token_sha256=sha256_of(secret),
            invited_by=actor.user_id,
            made_at=now,
            expires_at=now + LIFE,
        )
    )
    record(session, actor, AuditEvent("user.invited", "user", user.id))
    return secret


def invited_user(session: Session, secret: str) -> User:
    """Whom an open invitation is for.

    Raises:
        NotFound: in the same words whether it was used, is over, replaced, or never was.
    """
    user = session.scalar(
        select(User)
        .join(Invitation, Invitation.user_id == User.id)
        .where(
            Invitation.token_sha256 == sha256_of(secret),
            Invitation.ended_at.is_(None),
            Invitation.expires_at > utc_now(),
            User.active.is_(True),
            User.password.is_(None),
        )
    )
    if user is None:
        raise NotFound(
            "This invitation opens nothing: it was used, is older than three days, or is not "
            "whole. Ask your administrator for another one."
        )
    return user


def accept(session: Session, secret: str, password: str) -> User:
    """Set the password that the invited person chose; the invitation is used up.

    Raises:
        NotFound: if the invitation is not open.
        BadInput: if the password is against the rules; the invitation stays open.
    """
    user = invited_user(session, secret)
    user.password = hash_password(password, (user.name, user.email))
    end_invitations(session, user.id, utc_now())
    record(session, actor_of(user), AuditEvent("user.invitation_accepted", "user", user.id))
    return user


def waiting_until(session: Session) -> dict[int, datetime]:
    """Until when the open invitation of each account is good, by the account's id."""
    rows = session.execute(
        select(Invitation.user_id, Invitation.expires_at).where(
            Invitation.ended_at.is_(None), Invitation.expires_at > utc_now()
        )
    )
    return {row.user_id: row.expires_at for row in rows}
