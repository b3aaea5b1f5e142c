"""Pauses after failed sign-ins, for every address alike, whether or not it is somebody's.

What is counted is kept under a keyed hash, since people type passwords into the field for the
address too. The pause doubles with each further failure up to an hour; after a day it is forgotten.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.db.models import SignInFailure

FREE_FAILURES: Final = 6
FIRST_PAUSE: Final = timedelta(minutes=5)
LONGEST_PAUSE: Final = timedelta(hours=1)
FORGOTTEN_AFTER: Final = timedelta(days=1)


def key_of(secret: bytes, address: str) -> str:
    """Under which failures of this address are counted."""
    text = address.strip().casefold().encode("utf-8", "surrogatepass")
    return hmac.new(secret, b"sign-in failures " + text, hashlib.sha256).hexdigest()


def paused_until(session: Session, key: str, now: datetime) -> datetime | None:
    """Until when nobody signs in under this address; ``None`` if it is not paused.

    A pause that would last longer than any was begun before the clock was set back. It is over;
    its failures still count, so that the next one begins another.
    """
    row = session.get(SignInFailure, key)
    if row is None or row.locked_until is None:
        return None
    return row.locked_until if now < row.locked_until <= now + LONGEST_PAUSE else None


def note_failure(session: Session, key: str, now: datetime) -> datetime | None:
    """Count one failure; until when the address is paused from now on."""
    session.execute(delete(SignInFailure).where(SignInFailure.last_at < now - FORGOTTEN_AFTER))
    row = session.get(SignInFailure, key, with_for_update=True)
    if row is None:
        row = SignInFailure(key=key, failures=0, last_at=now)
        session.add(row)
    row.failures += 1
    row.last_at = now
    row.locked_until = None
    beyond = row.failures - FREE_FAILURES
    if beyond >= 0:
        row.locked_until = now + min(FIRST_PAUSE * 2 ** min(beyond, 8), LONGEST_PAUSE)
    return row.locked_until


def forget(session: Session, key: str) -> None:
    """Forget failures, after a sign-in that succeeded or a password set anew."""
    session.execute(delete(SignInFailure).where(SignInFailure.key == key))
