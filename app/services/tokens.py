"""Personal tokens for programs: made and shown once, limited to scopes, ended by a date.

What a token may do is what its owner may do at that moment, within the token's scopes. A token is
256 random bits, so its plain SHA-256 in the database tells nothing about it.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.audit import AuditEvent, record
from app.db.database import Database
from app.db.models import ApiToken, User
from app.db.types import utc_now
from app.errors import BadInput, NotFound, PermissionDenied, TokenNeeded
from app.hashes import sha256_of
from app.permissions import Actor, Permission, can
from app.services.accounts import actor_of

MARK: Final = "cct_"
"""How a token begins, so that scanners for secrets recognise one."""
LONGEST: Final = timedelta(days=365)
MOST_AT_ONCE: Final = 20
_SHOWN = len(MARK) + 6
_USE_NOTED_EVERY = timedelta(minutes=1)


class Scope(StrEnum):
    """One thing that a token may be made for."""

    READ_CATALOGUE = "catalogue:read"
    READ_COHORTS = "cohorts:read"
    WRITE_COHORTS = "cohorts:write"
    READ_REQUESTS = "requests:read"
    READ_CASES = "cases:read"
    READ_SETS = "sets:read"
    READ_AUDIT = "audit:read"


@dataclass(frozen=True)
class ScopeMeaning:
    """What a scope is for, which permissions it lets through, and which of them an owner needs."""

    text: str
    permissions: frozenset[Permission]
    needs: frozenset[Permission]


def _meaning(text: str, *permissions: Permission, needs: Permission | None = None) -> ScopeMeaning:
    found = frozenset(permissions)
    return ScopeMeaning(text, found, found if needs is None else frozenset({needs}))


SCOPES: Final[dict[Scope, ScopeMeaning]] = {
    Scope.READ_CATALOGUE: _meaning(
        "read the catalogue of releases and its dictionary", Permission.SEE_CATALOGUE
    ),
    Scope.READ_COHORTS: _meaning(
        "read cohort definitions and their safe counts", Permission.DEFINE_COHORTS
    ),
    Scope.WRITE_COHORTS: _meaning(
        "define and change cohorts of your projects",
        Permission.DEFINE_COHORTS,
        Permission.REQUEST_DATA,
        needs=Permission.REQUEST_DATA,
    ),
    Scope.READ_REQUESTS: _meaning(
        "read requests for data and their state",
        Permission.REQUEST_DATA,
        Permission.REVIEW_REQUESTS,
    ),
    Scope.READ_CASES: _meaning("read cases that you may read", Permission.READ_CASES),
    Scope.READ_SETS: _meaning("read sets of cases", Permission.READ_CASES),
    Scope.READ_AUDIT: _meaning("read the audit log", Permission.READ_AUDIT),
}


class TokenRefused(TokenNeeded):
    """No such token, or it ended, was revoked, or its owner's account is closed."""

    code = "app.token_refused"


@dataclass(frozen=True)
class NewToken:
    """A token just made. ``secret`` is told once and nowhere kept."""

    row: ApiToken
    secret: str


def scopes_open_to(actor: Actor) -> dict[Scope, ScopeMeaning]:
    """Scopes that would allow this person anything."""
    return {
        scope: meaning
        for scope, meaning in SCOPES.items()
        if any(can(actor, permission) for permission in meaning.needs)
    }


def make_token(
    session: Session, actor: Actor, name: str, scopes: Iterable[str], last_day: date
) -> NewToken:
    """A new token of the actor's own, good until the end of ``last_day`` (UTC).

    Raises:
        PermissionDenied: for somebody without an account, or by means of another token.
        BadInput: without a name or scope, for an unknown scope or one beyond the person's rights,
            a day that is past or more than a year away, or more than twenty open tokens.
    """
    if actor.user_id is None or actor.limit is not None:
        raise PermissionDenied("A token is made by its owner, who is signed in.")
    label = " ".join(name.split())[:100]
    if not label:
        raise BadInput("Give the token a name, so that you know later what uses it.")
    wanted = _parse_scopes(scopes)
    beyond = sorted(wanted - set(scopes_open_to(actor)))
    if beyond:
        raise BadInput(f"Your account may not do what these scopes are for: {', '.join(beyond)}.")
    now = utc_now()
    expires = datetime.combine(last_day, time.max, tzinfo=now.tzinfo)
    if not now < expires <= now + LONGEST + timedelta(days=1):
        raise BadInput("A token ends on a day from today on, within a year.")
    if len(open_tokens(session, actor)) >= MOST_AT_ONCE:
        raise BadInput(f"You have {MOST_AT_ONCE} tokens already; revoke one that is not used.")
    secret = MARK + secrets.token_urlsafe(32)
    row = ApiToken(
        user_id=actor.user_id,
        name=label,
        prefix=secret[:_SHOWN],
        token_sha256=sha256_of(secret),
        scopes=sorted(wanted),
        made_at=now,
        expires_at=expires,
    )
    session.add(row)
    session.flush()
    detail = {"scopes": row.scopes, "until": last_day.isoformat()}
    record(session, actor, AuditEvent("token.made", "token", row.id, detail))
    return NewToken(row, secret)


def own_tokens(session: Session, actor: Actor) -> list[ApiToken]:
    """All tokens that the actor ever made, the newest first."""
    query = select(ApiToken).where(ApiToken.user_id == actor.user_id)
    return list(session.scalars(query.order_by(ApiToken.made_at.desc(), ApiToken.id.desc())))


def open_tokens(session: Session, actor: Actor) -> list[ApiToken]:
    """Those of them that still open something."""
    now = utc_now()
    return [row for row in own_tokens(session, actor) if is_open(row, now)]


def is_open(row: ApiToken, now: datetime) -> bool:
    """Whether the token is neither revoked nor past its day."""
    return row.revoked_at is None and now <= row.expires_at


def revoke(session: Session, actor: Actor, token_id: int) -> None:
    """End a token of the actor's own at once; ending it again changes nothing.

    Raises:
        NotFound: if there is none, or it is somebody else's.
    """
    row = session.get(ApiToken, token_id)
    if row is None or actor.user_id is None or row.user_id != actor.user_id:
        raise NotFound("There is no such token.")
    if row.revoked_at is None:
        row.revoked_at = utc_now()
        record(session, actor, AuditEvent("token.revoked", "token", row.id))


def actor_for(database: Database, token: str) -> tuple[Actor, frozenset[Scope]]:
    """Whom a token stands for, limited to its scopes, and the scopes.

    The last use is noted at most once a minute, so that reading does not become writing.

    Raises:
        TokenRefused: in one wording, whatever is wrong with it.
    """
    now = utc_now()
    with database.reading() as session:
        row = session.scalar(select(ApiToken).where(ApiToken.token_sha256 == sha256_of(token)))
        if row is None or not is_open(row, now) or not row.user.active:
            raise TokenRefused("This token opens nothing: it is unknown, past its day or revoked.")
        scopes = frozenset(Scope(name) for name in row.scopes if name in set(Scope))
        actor = _limited(row.user, scopes)
        stale = row.used_at is None or now - row.used_at > _USE_NOTED_EVERY
    if stale:
        with database.writing() as session:
            session.execute(update(ApiToken).where(ApiToken.id == row.id).values(used_at=now))
    return actor, scopes


def _limited(user: User, scopes: frozenset[Scope]) -> Actor:
    allowed: frozenset[Permission] = frozenset().union(
        *(SCOPES[scope].permissions for scope in scopes)
    )
    return replace(actor_of(user), limit=allowed)


def _parse_scopes(names: Iterable[str]) -> frozenset[Scope]:
    try:
        wanted = frozenset(Scope(name) for name in names)
    except ValueError:
        raise BadInput(f"The scopes are {', '.join(Scope)}.") from None
    if not wanted:
        raise BadInput("Choose at least one thing that the token is for.")
    return wanted
