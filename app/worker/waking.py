"""Waits for the next round: on PostgreSQL until a job is queued, elsewhere for a moment.

The database stays the queue; what wakes the worker only spares it asking in vain. A message that is
lost therefore costs a moment, never a job.
"""

from __future__ import annotations

import logging
import threading
from types import TracebackType
from typing import Any, Final

from app.db.database import Database

logger = logging.getLogger(__name__)

POLL_SECONDS: Final = 2.0
CHANNEL: Final = "care_commons_job"
"""What the trigger on table ``job`` notifies on PostgreSQL (migration 0016)."""
LISTEN_SECONDS: Final = 10
"""Longest wait while listening: other work, such as mail and end dates, announces itself not."""


class Alarm:
    """A connection of its own that listens, where the database can tell."""

    def __init__(self, database: Database) -> None:
        self._url = database.url
        self._connection: Any = None

    def __enter__(self) -> Alarm:
        self._connect()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._connection is not None:
            self._connection.close()

    def wait(self, stop: threading.Event) -> bool:
        """Return when a job was queued, ``stop`` was set, or it is time to look; whether woken."""
        if self._connection is None:
            stop.wait(POLL_SECONDS)
            self._connect()
            return False
        import psycopg

        try:
            for _ in range(LISTEN_SECONDS):
                if stop.is_set():
                    return False
                if list(self._connection.notifies(timeout=1, stop_after=1)):
                    return True
        except psycopg.Error as error:
            logger.warning("no longer listening for jobs: %s", type(error).__name__)
            self._connection = None
        return False

    def _connect(self) -> None:
        if self._url.get_backend_name() != "postgresql":
            return
        import psycopg

        address = self._url.set(drivername="postgresql").render_as_string(hide_password=False)
        try:
            self._connection = psycopg.connect(address, autocommit=True)
            self._connection.execute(f"LISTEN {CHANNEL}")
        except psycopg.Error as error:
            logger.warning("cannot listen for jobs: %s", type(error).__name__)
            self._connection = None
