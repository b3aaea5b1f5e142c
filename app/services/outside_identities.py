"""Who a person of an identity provider is here.

An identity is the pair of issuer and subject, which the provider never gives to anybody else. An
address may pass from one person to another; it leads to an account only where the installation
says so, and only if the provider says that it has verified it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import AuditEvent, record
from app.db.models import OutsideIdentity, User
from app.errors import BadInput, SignInRefused
from app.permissions import Actor
from app.services.accounts import actor_of, create_by_identity_provider
from app.settings import PortalSettings

_LONGEST: Final = 255


@dataclass(frozen=True)
class Vouched:
    """Whom a provider vouches for; ``email`` is empty unless the provider has verified it."""

    issuer: str
    subject: str
    email: str
    name: str


def vouched(claims: Mapping[str, Any]) -> Vouched:
    """The claims of an id token whose signature, issuer, audience, nonce and time were checked.

    Raises:
        SignInRefused: without a subject that can be kept.
    """
    issuer, subject = claims.get("iss"), claims.get("sub")
    for one in (issuer, subject):
        if not isinstance(one, str) or not 0 < len(one) <= _LONGEST:
            raise SignInRefused("The identity provider did not say whom it sends.")
    address, name = claims.get("email"), claims.get("name")
    verified = claims.get("email_verified") is True and isinstance(address, str)
    return Vouched(
        str(issuer),
        str(subject),
        str(address).strip().casefold()[: _LONGEST + 1] if verified else "",
        name[:200] if isinstance(name, str) else "",
    )


def account_of(session: Session, person: Vouched, settings: PortalSettings) -> tuple[User, bool]:
    """The account of whom a provider vouches for, and whether the two were tied just now.

    Raises:
        SignInRefused: if there is none and none may be made, or it is closed.
    """
    known = _find(session, person)
    user = known
    if user is None and settings.oidc_link_by_mail:
        user = _by_mail(session, person)
    if user is None and settings.oidc_new_accounts and person.email:
        user = _new(session, person)
    if user is None:
        raise SignInRefused(
            "You are known there, but have no account here that is tied to it. If you have an "
            "account, sign in with its password and tie the two on the page of its security; if "
            "not, ask your administrator for one."
        )
    if not user.active:
        raise SignInRefused("Your account here is closed; ask the administrator.")
    if known is None:
        _tie(session, user, person, "identity provider")
    return user, known is None


def tie(session: Session, actor: Actor, person: Vouched) -> None:
    """Tie the identity to the actor's own account.

    Raises:
        SignInRefused: if it belongs to another account, or the account has one of this provider.
    """
    known = _find(session, person)
    if known is not None and known.id == actor.user_id:
        return
    user = session.get_one(User, actor.user_id)
    if known is not None or has_identity(session, user.id, person.issuer):
        raise SignInRefused("One of the two is tied already; ask the administrator.")
    _tie(session, user, person, "owner")


def has_identity(session: Session, user_id: int | None, issuer: str) -> bool:
    """Whether an account is tied to an identity of this provider."""
    query = select(OutsideIdentity.id).where(
        OutsideIdentity.user_id == user_id, OutsideIdentity.issuer == issuer
    )
    return session.scalar(query.limit(1)) is not None


def _find(session: Session, person: Vouched) -> User | None:
    return session.scalar(
        select(User)
        .join(OutsideIdentity, OutsideIdentity.user_id == User.id)
        .where(OutsideIdentity.issuer == person.issuer, OutsideIdentity.subject == person.subject)
    )


def _by_mail(session: Session, person: Vouched) -> User | None:
    """The account with the verified address, unless another subject of the provider has it."""
    if not person.email:
        return None
    user = session.scalar(select(User).where(User.email == person.email))
    return None if user is None or has_identity(session, user.id, person.issuer) else user


def _new(session: Session, person: Vouched) -> User:
    try:
        return create_by_identity_provider(session, person.email, person.name)
    except BadInput:
        raise SignInRefused(
            "Your address belongs to an account here that is not tied to this identity. Sign in "
            "with its password and tie the two on the page of its security."
        ) from None


def _tie(session: Session, user: User, person: Vouched, by: str) -> None:
    session.add(OutsideIdentity(user_id=user.id, issuer=person.issuer, subject=person.subject))
    session.flush()
    record(session, actor_of(user), AuditEvent("user.identity_tied", "user", user.id, {"by": by}))
