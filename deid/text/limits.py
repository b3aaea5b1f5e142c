"""A limit of computing time for one note, so that no note can hold up the others."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from deid.errors import TextRefused

SECONDS = 10.0
"""Computing time that any note may take."""
SECONDS_A_CHARACTER = 5e-5
"""Added for its length: more than ten times what the engine needs."""


class TimeLimitExceeded(TextRefused):
    """A note took more computing time than its length explains."""

    code = "deid.time_limit_exceeded"


@contextmanager
def time_limit(
    characters: int,
    seconds: float = SECONDS,
    seconds_a_character: float = SECONDS_A_CHARACTER,
) -> Iterator[None]:
    """Stop what runs inside after ``seconds`` and a share for its length.

    Time of this process is counted, not of the clock, so that a busy machine withholds no note.
    Signals reach only the main thread of a process; elsewhere there is no limit.

    Raises:
        TimeLimitExceeded: when the time is over.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise TimeLimitExceeded("the note takes too long")

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds + characters * seconds_a_character)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
