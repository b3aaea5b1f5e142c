"""Stops a running query at its time limit or on request, whatever engine runs it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from cohorts.errors import EngineError, QueryCancelled, QueryTimeout

_POLL_SECONDS: Final = 0.02
_CANCELLED: Final = "the query was cancelled"


@contextmanager
def stopping(
    interrupt: Callable[[], object],
    limit_seconds: float,
    cancel: threading.Event | None,
    errors: tuple[type[Exception], ...],
) -> Iterator[None]:
    """Call ``interrupt`` again and again once the limit is over or ``cancel`` is set.

    ``errors`` are the engine's own. Their texts may quote a value of the data, so none of them
    passes: the reason for the stop is raised in their place, or :class:`EngineError`.

    Raises:
        QueryTimeout: at the limit.
        QueryCancelled: if ``cancel`` was set.
        EngineError: if the engine failed on the data.
    """
    done = threading.Event()
    reason: list[EngineError] = []

    def cancelled() -> bool:
        return cancel is not None and cancel.is_set()

    def watch() -> None:
        deadline = time.monotonic() + limit_seconds
        while not done.wait(_POLL_SECONDS):
            if reason:
                interrupt()
            elif cancelled():
                reason.append(QueryCancelled(_CANCELLED))
            elif time.monotonic() > deadline:
                reason.append(
                    QueryTimeout(f"the query was stopped at its limit of {limit_seconds:g} seconds")
                )

    if cancelled():
        raise QueryCancelled(_CANCELLED)
    watcher = threading.Thread(target=watch, name="query-watcher", daemon=True)
    watcher.start()
    try:
        yield
        if reason or cancelled():
            raise reason[0] if reason else QueryCancelled(_CANCELLED)
    except errors as error:
        if reason:
            raise reason[0] from None
        raise EngineError(f"the query failed in the data: {type(error).__name__}") from None
    finally:
        done.set()
        watcher.join()
