"""Runs compiled cohorts in DuckDB, within a time limit, on a connection of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import duckdb

from cohorts.cdm import DataSource, prepare_cdm
from cohorts.compile import CompiledCohort
from cohorts.engines.common import DEFAULT_LIMIT_SECONDS, cohort_result
from cohorts.engines.watch import stopping
from cohorts.model import CohortDefinition
from cohorts.plan import compile_plan
from cohorts.result import COHORT_SCHEMA, CohortResult


def run(
    definition: CohortDefinition,
    source: DataSource,
    limit_seconds: float = DEFAULT_LIMIT_SECONDS,
    cancel: threading.Event | None = None,
    *,
    compiler: Callable[[CohortDefinition], CompiledCohort] = compile_plan,
) -> CohortResult:
    """The people and periods of a definition over a release or a CDM folder.

    ``compiler`` may be :func:`cohorts.compile.compile_circe`, for the reference's own SQL.

    Raises:
        QueryTimeout: if it takes longer than ``limit_seconds``.
        QueryCancelled: if ``cancel`` is set meanwhile.
        EngineError: if the query fails on the data.
    """
    started = time.monotonic()
    compiled = compiler(definition)
    with source.connect() as connection, watched(connection, limit_seconds, cancel):
        missing = prepare_cdm(connection, compiled.tables)
        return execute(connection, definition, compiled, source.name, missing, started)


def execute(
    connection: duckdb.DuckDBPyConnection,
    definition: CohortDefinition,
    compiled: CompiledCohort,
    source: str,
    missing: tuple[str, ...],
    started: float,
) -> CohortResult:
    """Run a compiled definition over the views of ``connection``, and read its answers."""
    for statement in compiled.statements:
        connection.execute(statement)
    (entry,) = connection.execute(compiled.answers.entry).fetchall()
    masks = connection.execute(compiled.answers.masks).fetchall()
    rules_met = connection.sql(compiled.answers.rules_met).to_arrow_table()
    rows = connection.sql(compiled.answers.rows).to_arrow_table().cast(COHORT_SCHEMA)
    return cohort_result(
        definition, source, compiled, missing, started, rows, masks, entry, rules_met
    )


@contextmanager
def watched(
    connection: duckdb.DuckDBPyConnection,
    limit_seconds: float,
    cancel: threading.Event | None = None,
) -> Iterator[None]:
    """Interrupt whatever runs on ``connection`` at the time limit or when ``cancel`` is set.

    Raises what :func:`cohorts.engines.watch.stopping` raises.
    """
    with stopping(connection.interrupt, limit_seconds, cancel, (duckdb.Error,)):
        yield
