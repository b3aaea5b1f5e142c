"""Questions in turns: each within its limit, some beside each other, index events remembered.

The first question that needs a table loads it. Answers are those of :func:`cohorts.engines.run`.
Safe for threads: every question has a connection and temporary tables of its own, ``at_once`` run
beside each other and share the cores, and each stops at its limit or when it is cancelled.
"""

from __future__ import annotations

import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from types import TracebackType
from typing import Final

from cohorts.cdm import DataSource
from cohorts.engines.common import cohort_result
from cohorts.engines.duckdb import watched
from cohorts.errors import QueryTimeout
from cohorts.live.index import IndexEvents
from cohorts.live.question import Question
from cohorts.live.tables import HotTables
from cohorts.model import CohortDefinition
from cohorts.plan import compile_plan
from cohorts.plan.domains import DOMAINS
from cohorts.plan.reading import read_plan
from cohorts.result import CohortResult

LIVE_SECONDS: Final = 10.0
MEMORY_MEGABYTES: Final = 1536
REMEMBERED_MEGABYTES: Final = 128
AT_ONCE: Final = 4
_TABLES_OF_EVERY_QUESTION: Final = ("concept", "concept_ancestor", "observation_period", "person")


class LiveCohorts:
    """One release, or CDM folder, ready for questions. Close it when nobody asks any more."""

    def __init__(
        self,
        source: DataSource,
        *,
        memory_megabytes: int = MEMORY_MEGABYTES,
        threads: int | None = None,
        at_once: int = AT_ONCE,
    ) -> None:
        """Open a private database in memory; nothing is read yet (see :meth:`warm`).

        ``memory_megabytes`` bounds what tables and all questions together may take: a question
        beyond it fails alone. ``threads`` defaults to one a core.
        """
        threads = threads or os.cpu_count() or 1
        self._hot = HotTables(source, memory_megabytes, threads)
        self._helpers = ThreadPoolExecutor(threads, thread_name_prefix="cohorts-live")
        self._slots = threading.BoundedSemaphore(at_once)
        self._lock = threading.Lock()
        self._remembered: OrderedDict[object, IndexEvents] = OrderedDict()

    def __enter__(self) -> LiveCohorts:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def source(self) -> str:
        """The name of what is counted."""
        return self._hot.source

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables that are in memory, sorted."""
        return self._hot.loaded

    def count(
        self,
        definition: CohortDefinition,
        limit_seconds: float = LIVE_SECONDS,
        cancel: threading.Event | None = None,
    ) -> CohortResult:
        """The people and periods of a definition, with attrition and everybody's rules met.

        Loading tables counts towards the limit; waiting for a turn may take as long once more.

        Raises:
            UnsupportedExpression: if the compiler refuses the definition.
            QueryTimeout: if it takes longer than ``limit_seconds``, or no turn came in that time.
            QueryCancelled: if ``cancel`` is set meanwhile.
            EngineError: if the query fails on the data, or needs more memory than there is.
        """
        started = time.monotonic()
        compiled = compile_plan(definition)
        with (
            self._turn(limit_seconds),
            self._hot.cursor() as connection,
            watched(connection, limit_seconds, cancel),
        ):
            self._hot.load(compiled.tables)
            self._hot.use(connection)
            found = Question(
                read_plan(definition), self._hot, connection, self._remember, self._helpers
            ).answer()
        return cohort_result(
            definition,
            self.source,
            compiled,
            self._hot.missing,
            started,
            found.rows,
            found.masks,
            found.entry,
            found.rules_met,
        )

    def warm(self, criteria: Iterable[str] = ()) -> None:
        """Load what every question needs, and the tables of these criteria (Circe's names)."""
        self._hot.load({*_TABLES_OF_EVERY_QUESTION, *(DOMAINS[name].table for name in criteria)})

    def close(self) -> None:
        """Give the memory back; questions that run fail."""
        self._helpers.shutdown(wait=False)
        self._hot.close()

    def _remember(self, key: object, make: Callable[[], IndexEvents]) -> IndexEvents:
        """The index events of a key; those asked for longest ago give way to newer ones."""
        with self._lock:
            if key in self._remembered:
                self._remembered.move_to_end(key)
                return self._remembered[key]
        made = make()
        with self._lock:
            self._remembered[key] = made
            self._remembered.move_to_end(key)
            size = sum(index.size for index in self._remembered.values())
            while size > REMEMBERED_MEGABYTES << 20 and len(self._remembered) > 1:
                size -= self._remembered.popitem(last=False)[1].size
        return made

    @contextmanager
    def _turn(self, limit_seconds: float) -> Iterator[None]:
        if not self._slots.acquire(timeout=limit_seconds):
            raise QueryTimeout("other questions took all the time; ask again in a moment")
        try:
            yield
        finally:
            self._slots.release()
