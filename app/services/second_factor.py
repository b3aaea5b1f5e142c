"""Who has to sign in with two factors, and who has a second one."""

from __future__ import annotations

from collections.abc import Sized
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import AuditEvent, record
from app.db.models import Passkey, User
from app.errors import BadInput
from app.permissions import Actor, Permission, Role, check_permission
from app.production import is_public
from app.services import sessions
from app.settings import PortalSettings
from deid.errors import ConfigurationError

EVERYBODY, PRIVILEGED, NOBODY = "everybody", "privileged", "nobody"
PRIVILEGED_ROLES: Final = frozenset({Role.STEWARD, Role.AUDITOR, Role.ADMINISTRATOR})


def rule_of(settings: PortalSettings) -> str:
    """For whom a second factor is obligatory.

    Where nothing is set: for privileged roles, unless the portal serves this machine alone.

    Raises:
        ConfigurationError: for another word.
    """
    rule = settings.second_factor
    if rule in {EVERYBODY, PRIVILEGED, NOBODY}:
        return rule
    if rule:
        raise ConfigurationError(
            "CARECOMMONS_PORTAL_SECOND_FACTOR is everybody, privileged or nobody"
        )
    return PRIVILEGED if is_public(settings) else NOBODY


def is_obliged(actor: Actor, settings: PortalSettings) -> bool:
    """Whether this person has to have a second factor."""
    rule = rule_of(settings)
    return rule == EVERYBODY or (rule == PRIVILEGED and bool(actor.roles & PRIVILEGED_ROLES))


def has_second_factor(user: Any, passkeys: Sized) -> bool:
    """Whether the account has a verified authenticator application or a passkey."""
    return bool(user.tf_primary_method and user.tf_totp_secret) or len(passkeys) > 0


def protected_users(session: Session) -> set[int]:
    """Ids of all accounts with a second factor."""
    with_codes = select(User.id).where(
        User.tf_primary_method.is_not(None), User.tf_totp_secret.is_not(None)
    )
    return {*session.scalars(with_codes), *session.scalars(select(Passkey.user_id))}


PROOFS: Final = {
    "in person": "in person, with a document",
    "by video": "by video, face and voice known",
    "by telephone": "by telephone, called back on a number known before",
}
"""How an administrator can have made sure who asks; kept in the audit log."""


def take_away(session: Session, actor: Actor, user: User, proof: str) -> None:
    """Remove the second factors of somebody who lost them, and end their sessions.

    Who has to have one sets it up anew when signing in.

    Raises:
        PermissionDenied: unless the actor manages users.
        BadInput: for one's own, if there is none, or if ``proof`` is none of :data:`PROOFS`.
    """
    check_permission(actor, Permission.MANAGE_USERS)
    if user.id == actor.user_id:
        raise BadInput("Your own second factor you change on the page of your account's security.")
    if user.id not in protected_users(session):
        raise BadInput("This account has no second factor.")
    if proof not in PROOFS:
        raise BadInput("Say how you made sure who asks.")
    user.tf_primary_method = user.tf_totp_secret = None
    user.tf_counter = user.mf_recovery_codes = None
    for passkey in session.query(Passkey).filter(Passkey.user_id == user.id):
        session.delete(passkey)
    sessions.end_all(session, user.id)
    record(
        session, actor, AuditEvent("user.second_factor_removed", "user", user.id, {"proof": proof})
    )
