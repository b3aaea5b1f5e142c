"""An engine held to limits: what it cannot scrub is refused, with a reason that quotes nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from deid.errors import TextRefused
from deid.text.limits import SECONDS, time_limit

if TYPE_CHECKING:
    from deid.text.api import NoteInput, NoteOutput, TextEngine


class GuardedEngine:
    """Scrubs notes one by one; after a note that it failed at, the engine is made anew."""

    def __init__(self, make: Callable[[], TextEngine], seconds: float = SECONDS) -> None:
        self._make, self._seconds = make, seconds
        self._engine = make()

    @property
    def versions(self) -> dict[str, str]:
        """Versions of everything that decides the output."""
        return self._engine.versions

    def scrub(self, note: NoteInput) -> NoteOutput:
        """Scrub one note within its time.

        Raises:
            TextRefused: if the note cannot be scrubbed or takes too long.
        """
        try:
            with time_limit(len(note.text), self._seconds, self._engine.seconds_a_character):
                return self._engine.scrub(note)
        except TextRefused:
            # An engine that was stopped midway is not used again.
            self._engine = self._make()
            raise
        except Exception as error:
            self._engine = self._make()
            # The cause is dropped: its text may quote the note.
            raise TextRefused(f"the engine failed ({type(error).__name__})") from None
