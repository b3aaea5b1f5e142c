"""Counts of what is throttled, in the database: all processes of a portal count together.

Where one process serves, memory is enough; with several, N processes would allow N times as much.
Keys are hashed with the portal's secret, since some are made of network addresses, which are kept
nowhere.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from typing import Any, Final

from limits.storage import Storage
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.db.database import Database

SCHEME: Final = "portal"
_COUNT: Final = text(
    "INSERT INTO throttle (key, count, until) VALUES (:key, :amount, :until) "
    "ON CONFLICT (key) DO UPDATE SET "
    "count = CASE WHEN throttle.until <= :now THEN excluded.count "
    "ELSE throttle.count + excluded.count END, "
    "until = CASE WHEN throttle.until <= :now THEN excluded.until ELSE throttle.until END "
    "RETURNING count"
)
_FORGET: Final = text("DELETE FROM throttle WHERE until <= :now")
_READ: Final = text("SELECT count, until FROM throttle WHERE key = :key AND until > :now")
_CLEAR: Final = text("DELETE FROM throttle WHERE key = :key")


class SharedCounts(Storage):
    """Fixed windows in table ``throttle``; the address of the storage is ``portal://``."""

    STORAGE_SCHEME = [SCHEME]  # noqa: RUF012  # the library's own way to be told

    def __init__(
        self, uri: str | None = None, *, database: Database, secret: bytes, **options: Any
    ) -> None:
        super().__init__(uri, wrap_exceptions=False)
        self._database = database
        self._secret = secret

    @property
    def base_exceptions(self) -> type[Exception]:
        """What it raises where the database fails: then nothing is answered."""
        return SQLAlchemyError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count; how many there are now in the window, which begins with the first of them."""
        now = time.time()
        values = {"key": self._hash(key), "amount": amount, "now": now, "until": now + expiry}
        with self._database.writing() as session:
            count = session.execute(_COUNT, values).scalar_one()
            session.execute(_FORGET, {"now": now})
        return int(count)

    def get(self, key: str) -> int:
        """How many were counted in the window that is open."""
        row = self._row(key)
        return int(row[0]) if row else 0

    def get_expiry(self, key: str) -> float:
        """When the window ends, in seconds since 1970."""
        row = self._row(key)
        return float(row[1]) if row else time.time()

    def check(self) -> bool:
        """Whether the database answers."""
        self._row("")
        return True

    def reset(self) -> int | None:
        """Forget everything."""
        with self._database.writing() as session:
            return int(session.execute(text("DELETE FROM throttle")).rowcount)  # type: ignore[attr-defined]

    def clear(self, key: str) -> None:
        """Forget one window."""
        with self._database.writing() as session:
            session.execute(_CLEAR, {"key": self._hash(key)})

    def _row(self, key: str) -> Any:
        with self._database.reading() as session:
            return session.execute(_READ, {"key": self._hash(key), "now": time.time()}).first()

    def _hash(self, key: str) -> str:
        return hmac.new(self._secret, key.encode(), hashlib.sha256).hexdigest()
