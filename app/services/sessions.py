"""Where people are signed in, and how that ends.

The browser's cookie holds a random number; the database knows its hash. A session that was ended,
idle or open for too long is dead at the next request, also for a copy of the cookie.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.audit import AuditEvent, record
from app.db.models import ApiToken, Invitation, SignInSession, User
from app.db.types import utc_now
from app.errors import NotFound
from app.hashes import sha256_of
from app.permissions import Actor

IDLE: Final = timedelta(minutes=30)
LONGEST: Final = timedelta(hours=12)
SEEN_EVERY: Final = timedelta(minutes=1)
"""How exactly the last request is known; noting each one would make every reading a writing."""
SET_BACK: Final = timedelta(minutes=5)
"""By so much a clock may be put right. After more, when a session would end is no longer known."""
SHOWN_ENDED: Final = 10
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
    ("curl", "curl"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True)
class SessionView:
    """One session as its owner sees it."""

    id: int
    device: str
    way: str
    began_at: datetime
    seen_at: datetime
    ended_at: datetime | None
    here: bool


def begin(session: Session, user_id: int, way: str, user_agent: str) -> str:
    """A new session; what the cookie is to hold."""
    key = secrets.token_urlsafe(32)
    session.add(
        SignInSession(
            key_sha256=sha256_of(key), user_id=user_id, way=way[:20], device=device_of(user_agent)
        )
    )
    return key


def device_of(user_agent: str) -> str:
    """Browser and system in plain words; of an unknown one nothing is repeated."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if re.search(mark, user_agent)), "")
    if browser and system:
        return f"{browser} on {system}"
    return browser or system or "unknown browser"


def find_alive(
    session: Session, key: str, uniquifier: str, now: datetime, idle: timedelta = IDLE
) -> SignInSession | None:
    """The session of that cookie if it is the account's and has neither ended nor run out."""
    row = session.scalar(
        select(SignInSession)
        .join(User, User.id == SignInSession.user_id)
        .where(SignInSession.key_sha256 == sha256_of(key), User.fs_uniquifier == uniquifier)
    )
    return row if row is not None and _is_alive(row, now, idle) else None


def note_seen(session: Session, row_id: int, now: datetime) -> None:
    """Note that the session was used; an ended one stays ended."""
    session.execute(
        update(SignInSession)
        .where(SignInSession.id == row_id, SignInSession.ended_at.is_(None))
        .values(seen_at=now)
    )


def list_own(session: Session, actor: Actor, key: str) -> list[SessionView]:
    """The actor's sessions: all that are alive, and the last ten that ended."""
    now, mine = utc_now(), sha256_of(key)
    rows = session.scalars(
        select(SignInSession)
        .where(SignInSession.user_id == actor.user_id)
        .order_by(SignInSession.seen_at.desc(), SignInSession.id.desc())
        .limit(200)
    ).all()
    alive = [row for row in rows if _is_alive(row, now, IDLE)]
    ended = [row for row in rows if not _is_alive(row, now, IDLE)][:SHOWN_ENDED]
    return [_view(row, mine, now) for row in (*alive, *ended)]


def end_one(session: Session, actor: Actor, session_id: int) -> None:
    """End a session of the actor's own.

    Raises:
        NotFound: if there is none, or it is somebody else's.
    """
    row = session.get(SignInSession, session_id)
    if row is None or actor.user_id is None or row.user_id != actor.user_id:
        raise NotFound("There is no such session.")
    if row.ended_at is None:
        row.ended_at = utc_now()
        record(session, actor, AuditEvent("session.ended", "user", actor.user_id))


def end_others(session: Session, actor: Actor, key: str) -> int:
    """End all sessions of the actor but the one with this cookie; how many were alive."""
    assert actor.user_id is not None
    ended = _end(session, actor.user_id, keep=sha256_of(key))
    if ended:
        event = AuditEvent("session.others_ended", "user", actor.user_id, {"sessions": ended})
        record(session, actor, event)
    return ended


def end_by_key(session: Session, key: str) -> None:
    """End the session of this cookie."""
    session.execute(
        update(SignInSession)
        .where(SignInSession.key_sha256 == sha256_of(key), SignInSession.ended_at.is_(None))
        .values(ended_at=utc_now())
    )


def end_all(session: Session, user_id: int) -> int:
    """End every session of an account; how many were not ended yet."""
    return _end(session, user_id, keep="")


def end_everything(session: Session, user_id: int) -> None:
    """End sessions, tokens and invitations of an account that is closed."""
    now = utc_now()
    _end(session, user_id, keep="")
    session.execute(
        update(ApiToken)
        .where(ApiToken.user_id == user_id, ApiToken.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    end_invitations(session, user_id, now)


def end_invitations(session: Session, user_id: int, now: datetime) -> None:
    """End every invitation of an account."""
    session.execute(
        update(Invitation)
        .where(Invitation.user_id == user_id, Invitation.ended_at.is_(None))
        .values(ended_at=now)
    )


def _end(session: Session, user_id: int, keep: str) -> int:
    ended = session.execute(
        update(SignInSession)
        .where(
            SignInSession.user_id == user_id,
            SignInSession.ended_at.is_(None),
            SignInSession.key_sha256 != keep,
        )
        .values(ended_at=utc_now())
        .returning(SignInSession.id)
    )
    return len(ended.all())


def _is_alive(row: SignInSession, now: datetime, idle: timedelta) -> bool:
    return (
        row.ended_at is None
        and now - row.began_at < LONGEST
        and row.seen_at - now < SET_BACK
        # What is noted may be older than the last request by the time between two notes.
        and now - row.seen_at < idle + SEEN_EVERY
    )


def _view(row: SignInSession, mine: str, now: datetime) -> SessionView:
    alive = _is_alive(row, now, IDLE)
    ran_out = min(row.seen_at + IDLE, row.began_at + LONGEST, now)
    ended_at = None if alive else row.ended_at or ran_out
    return SessionView(
        row.id, row.device, row.way, row.began_at, row.seen_at, ended_at, row.key_sha256 == mine
    )
