"""Counts while a definition is edited: the tables of one release kept ready between questions.

The first question that needs a table loads it into memory: the columns that criteria can read, in
the order of concept and person, compressed. Later questions read the few blocks that hold their
concepts. Answers are those of :func:`cohorts.engines.run`, by the same compiler.

Safe for threads: every question has a connection and temporary tables of its own, ``at_once`` run
beside each other and share the cores, and each stops at its limit or when it is cancelled.
"""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from types import TracebackType
from typing import Final

import duckdb

from cohorts.cdm import DataSource, cdm_columns, prepare_cdm
from cohorts.compile import CDM_SCHEMA
from cohorts.engines.duckdb import execute, watched
from cohorts.errors import EngineError, QueryTimeout
from cohorts.model import CohortDefinition
from cohorts.plan import compile_plan
from cohorts.plan.domains import DOMAINS
from cohorts.result import CohortResult

LIVE_SECONDS: Final = 10.0
MEMORY_MEGABYTES: Final = 1536
AT_ONCE: Final = 4
_DATABASE: Final = "hot"
_ROWS_AT_ONCE: Final = 200_000
_TABLES_OF_EVERY_QUESTION: Final = ("concept", "concept_ancestor", "observation_period", "person")
_OTHER_COLUMNS: Final = {
    "concept": {"concept_id", "invalid_reason"},
    "concept_ancestor": {"ancestor_concept_id", "descendant_concept_id"},
    "concept_relationship": {"concept_id_1", "concept_id_2", "relationship_id", "invalid_reason"},
    "person": {
        "person_id",
        "year_of_birth",
        "gender_concept_id",
        "race_concept_id",
        "ethnicity_concept_id",
    },
    "provider": {"provider_id", "specialty_concept_id"},
    "care_site": {"care_site_id", "place_of_service_concept_id"},
}
_OF_EVENTS: Final = {"person_id", "visit_occurrence_id", "provider_id", "care_site_id"}


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
        self._source = source
        self._slots = threading.BoundedSemaphore(at_once)
        self._loading = threading.Lock()
        self._loaded: set[str] = set()
        self._missing: tuple[str, ...] = ()
        self._database = duckdb.connect(
            config={
                "memory_limit": f"{memory_megabytes}MB",
                "threads": threads or os.cpu_count() or 1,
                "temp_directory": "",
            }
        )
        self._database.execute(f"ATTACH ':memory:' AS {_DATABASE} (COMPRESS)")
        self._database.execute(f"CREATE SCHEMA {_DATABASE}.{CDM_SCHEMA}")
        self._database.execute("SET enable_external_access = false")
        self._database.execute("SET enable_progress_bar = false")
        self._database.execute("SET lock_configuration = true")

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
        return self._source.name

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables that are in memory, sorted."""
        return tuple(sorted(self._loaded))

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
            self._database.cursor() as connection,
            watched(connection, limit_seconds, cancel),
        ):
            self.load(compiled.tables)
            connection.execute(f"USE {_DATABASE}")
            return execute(connection, definition, compiled, self.source, self._missing, started)

    def warm(self, criteria: Iterable[str] = ()) -> None:
        """Load what every question needs, and the tables of these criteria (Circe's names)."""
        self.load({*_TABLES_OF_EVERY_QUESTION, *(DOMAINS[name].table for name in criteria)})

    def load(self, tables: Iterable[str]) -> None:
        """Load CDM tables that are not in memory yet; others' questions run meanwhile.

        Raises:
            EngineError: if a table cannot be read, or there is no memory for it.
        """
        if self._loaded.issuperset(tables):
            return
        with self._loading:
            wanted = sorted(set(tables) - self._loaded)
            if not wanted:
                return
            try:
                with self._source.connect() as reading:
                    self._missing = prepare_cdm(reading, wanted)
                    for table in wanted:
                        self._load(reading, table)
            except duckdb.Error as error:
                raise EngineError(f"a table cannot be kept ready: {type(error).__name__}") from None

    def close(self) -> None:
        """Give the memory back; questions that run fail."""
        self._database.close()

    def _load(self, reading: duckdb.DuckDBPyConnection, table: str) -> None:
        columns = ", ".join(hot_columns(table))
        order = _order(table)
        rows = reading.sql(
            f"SELECT {columns} FROM {CDM_SCHEMA}.{table}{f' ORDER BY {order}' if order else ''}"
        ).to_arrow_reader(_ROWS_AT_ONCE)
        with self._database.cursor() as writing:
            writing.register("incoming", rows)
            writing.execute(
                f"CREATE TABLE {_DATABASE}.{CDM_SCHEMA}.{table} AS SELECT * FROM incoming"
            )
        self._loaded.add(table)

    @contextmanager
    def _turn(self, limit_seconds: float) -> Iterator[None]:
        if not self._slots.acquire(timeout=limit_seconds):
            raise QueryTimeout("other questions took all the time; ask again in a moment")
        try:
            yield
        finally:
            self._slots.release()


@cache
def hot_columns(table: str) -> tuple[str, ...]:
    """The columns of a CDM table that a compiled definition can read, in the CDM's order."""
    read = set(_OTHER_COLUMNS.get(table, ()))
    for domain in DOMAINS.values():
        if domain.table == table:
            texts = [domain.start, domain.end, *domain.counted.values()]
            texts += [entry.column for entry in domain.properties]
            read |= {name for text in texts for name in re.findall(r"\be\.(\w+)", text)}
            read |= {domain.event_id, domain.concept or "", (domain.source or ("", ""))[1]}
            read |= _OF_EVENTS
    return tuple(name for name, _ in cdm_columns()[table] if name in read)


def _order(table: str) -> str:
    for domain in DOMAINS.values():
        if domain.table == table and domain.concept:
            return f"{domain.concept}, person_id, {domain.start.removeprefix('e.')}"
    return "ancestor_concept_id" if table == "concept_ancestor" else ""
