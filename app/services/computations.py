"""Long questions in threads of their own: asked again until they are done, stopped on request.

What was computed is kept, so that the next who asks for the same has it at once. Nothing here knows
who may see what.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from cohorts.errors import QueryCancelled

T = TypeVar("T")
KEPT: Final = 128
AT_ONCE: Final = 2
_POLL_SECONDS: Final = 0.1


@dataclass
class _Run:
    cancel: threading.Event = field(default_factory=threading.Event)
    done: threading.Event = field(default_factory=threading.Event)
    value: Any = None
    error: BaseException | None = None


@dataclass(frozen=True)
class Waiting:
    """The answer is being computed; ``token`` names the computation for :meth:`stop`."""

    token: str


class Computations:
    """At most :data:`AT_ONCE` run at a time; the others wait. Failures are told once, not kept."""

    def __init__(self, kept: int = KEPT, at_once: int = AT_ONCE) -> None:
        self._most = kept
        self._turns = threading.Semaphore(at_once)
        self._runs: OrderedDict[str, _Run] = OrderedDict()
        self._lock = threading.Lock()

    def ask(
        self, key: Hashable, work: Callable[[threading.Event], T], patience_seconds: float
    ) -> T | Waiting:
        """The value of ``work``, or :class:`Waiting` if it takes longer than the patience.

        ``work`` is given an event that is set when somebody stops it. Raises what it raises.
        """
        token = hashlib.sha256(repr(key).encode()).hexdigest()
        with self._lock:
            run = self._runs.get(token)
            if run is None:
                run = self._runs[token] = _Run()
                threading.Thread(
                    target=self._work, args=(run, work), name="computation", daemon=True
                ).start()
            self._runs.move_to_end(token)
        if not run.done.wait(patience_seconds):
            return Waiting(token)
        with self._lock:
            if run.error is not None:
                self._runs.pop(token, None)
            self._forget_old()
        if run.error is not None:
            raise run.error
        return run.value

    def stop(self, token: str) -> bool:
        """Stop a computation; whether it was still running. Who asks for it is told once."""
        with self._lock:
            run = self._runs.get(token)
        if run is None or run.done.is_set():
            return False
        run.cancel.set()
        return True

    def _work(self, run: _Run, work: Callable[[threading.Event], Any]) -> None:
        try:
            while not self._turns.acquire(timeout=_POLL_SECONDS):
                if run.cancel.is_set():
                    raise QueryCancelled("the query was cancelled")
            try:
                run.value = work(run.cancel)
            finally:
                self._turns.release()
        except BaseException as error:
            run.error = error
        finally:
            run.done.set()

    def _forget_old(self) -> None:
        finished = [token for token, run in self._runs.items() if run.done.is_set()]
        for token in finished[: max(0, len(self._runs) - self._most)]:
            del self._runs[token]
