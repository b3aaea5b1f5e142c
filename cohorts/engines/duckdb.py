"""Runs compiled cohorts in DuckDB, within a time limit, on a connection of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import duckdb

from cohorts.cdm import DataSource, prepare_cdm
from cohorts.compile import COHORT_TABLE, CompiledCohort, compile_circe, result_table_statements
from cohorts.errors import EngineError, QueryCancelled, QueryTimeout
from cohorts.model import CohortDefinition
from cohorts.result import COHORT_SCHEMA, CohortResult, attrition_of
from cohorts.schema import CRITERIA_TABLES

DEFAULT_LIMIT_SECONDS: Final = 120.0
_POLL_SECONDS: Final = 0.02
_VOCABULARY: Final = ("concept", "concept_ancestor")

_ENTRY = "SELECT count(DISTINCT person_id), count(*) FROM qualified_events"
_ROWS = f"SELECT subject_id, cohort_start_date, cohort_end_date FROM {COHORT_TABLE} ORDER BY ALL"
_MASKS = "SELECT mode_id, inclusion_rule_mask, person_count FROM cohort_inclusion_result"


def run(
    definition: CohortDefinition,
    source: DataSource,
    limit_seconds: float = DEFAULT_LIMIT_SECONDS,
    cancel: threading.Event | None = None,
) -> CohortResult:
    """The people and periods of a definition over a release or a CDM folder.

    Raises:
        QueryTimeout: if it takes longer than ``limit_seconds``.
        QueryCancelled: if ``cancel`` is set meanwhile.
        EngineError: if the query fails on the data.
    """
    started = time.monotonic()
    compiled = compile_circe(definition)
    with source.connect() as connection, watched(connection, limit_seconds, cancel):
        missing = prepare_cdm(connection)
        _execute(connection, compiled)
        persons, events = _one_row(connection, _ENTRY)
        masks = connection.execute(_MASKS).fetchall()
        rows = connection.sql(_ROWS).to_arrow_table().cast(COHORT_SCHEMA)
    used = {CRITERIA_TABLES[name] for name in definition.criteria_types if name in CRITERIA_TABLES}
    return CohortResult(
        source=source.name,
        definition_sha256=definition.sha256,
        compiler=compiled.compiler,
        rows=rows,
        attrition=attrition_of(definition.inclusion_rule_names, masks, persons, events),
        missing_tables=tuple(t for t in missing if t in used or t in _VOCABULARY),
        seconds=time.monotonic() - started,
        sql=compiled.sql,
    )


@contextmanager
def watched(
    connection: duckdb.DuckDBPyConnection,
    limit_seconds: float,
    cancel: threading.Event | None = None,
) -> Iterator[None]:
    """Interrupt whatever runs on ``connection`` at the time limit or when ``cancel`` is set.

    DuckDB's errors may quote a value of the data, so none of them passes.
    """
    done = threading.Event()
    reason: list[EngineError] = []

    def watch() -> None:
        deadline = time.monotonic() + limit_seconds
        while not done.wait(_POLL_SECONDS):
            if cancel is not None and cancel.is_set():
                reason.append(QueryCancelled("the query was cancelled"))
            elif time.monotonic() > deadline:
                reason.append(
                    QueryTimeout(f"the query was stopped at its limit of {limit_seconds:g} seconds")
                )
            if reason:
                connection.interrupt()

    watcher = threading.Thread(target=watch, name="query-watcher", daemon=True)
    watcher.start()
    try:
        yield
        if reason:
            raise reason[0]
    except duckdb.InterruptException:
        raise (reason[0] if reason else QueryCancelled("the query was interrupted")) from None
    except duckdb.Error as error:
        if reason:
            raise reason[0] from None
        raise EngineError(f"the query failed in the data: {type(error).__name__}") from None
    finally:
        done.set()
        watcher.join()


def _execute(connection: duckdb.DuckDBPyConnection, compiled: CompiledCohort) -> None:
    for statement in (*result_table_statements(), *compiled.statements):
        connection.execute(statement)


def _one_row(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[int, int]:
    row = connection.execute(query).fetchone()
    assert row is not None
    return int(row[0]), int(row[1])
