"""Says what a build is doing and how long it may still take."""

from __future__ import annotations

import time
from collections.abc import Callable

Say = Callable[[str], None]


def silent(_line: str) -> None:
    """The default: nothing is said."""


class Progress:
    """Counts units of work of one stage and estimates the rest, at most once a second."""

    def __init__(self, say: Say, stage: str, total: int) -> None:
        self._say, self._stage, self._total = say, stage, total
        self._done = 0
        self._began = self._last = time.monotonic()

    def add(self, units: int) -> None:
        """``units`` more are done."""
        self._done += units
        now = time.monotonic()
        if now - self._last < 1 or not self._done:
            return
        self._last = now
        rest = (now - self._began) / self._done * max(0, self._total - self._done)
        self._say(f"{self._stage}: {self._done:,} of {self._total:,}, about {rest:.0f} s more")

    def finish(self) -> None:
        """Say how long the stage took."""
        seconds = time.monotonic() - self._began
        self._say(f"{self._stage}: {self._done:,} in {seconds:.1f} s")
