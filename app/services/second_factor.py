"""Who has to sign in with two factors, and who has a second one."""

from __future__ import annotations

from collections.abc import Sized
from typing import Any, Final

from sqlalchemy.orm import Session

from app.audit import AuditEvent, record
from app.db.models import Passkey, User
from app.permissions import Actor, Permission, Role, check_permission
from app.production import is_public
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


def take_away(session: Session, actor: Actor, user: User) -> None:
    """Remove the second factors of somebody who lost them; they set up new ones when signing in.

    Raises:
        PermissionDenied: unless the actor manages users.
    """
    check_permission(actor, Permission.MANAGE_USERS)
    user.tf_primary_method = user.tf_totp_secret = None
    user.tf_counter = user.mf_recovery_codes = None
    for passkey in session.query(Passkey).filter(Passkey.user_id == user.id):
        session.delete(passkey)
    record(session, actor, AuditEvent("user.second_factor_removed", "user", user.id))
