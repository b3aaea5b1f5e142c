"""Runs compiled cohorts in DuckDB, within a time limit, on a connection of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from cohorts.cdm import DataSource, prepare_cdm
from cohorts.compile import compile_circe, result_table_statements
from cohorts.engines.common import (
    DEFAULT_LIMIT_SECONDS,
    ENTERED,
    ENTRY,
    MASKS,
    ROWS,
    RULES_MET,
    cohort_result,
)
from cohorts.engines.watch import stopping
from cohorts.model import CohortDefinition
from cohorts.result import COHORT_SCHEMA, CohortResult


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
        for statement in (*result_table_statements(), *compiled.statements):
            connection.execute(statement)
        (entry,) = connection.execute(ENTRY).fetchall()
        masks = connection.execute(MASKS).fetchall()
        met = connection.sql(RULES_MET if definition.inclusion_rule_names else ENTERED)
        rules_met = met.to_arrow_table()
        rows = connection.sql(ROWS).to_arrow_table().cast(COHORT_SCHEMA)
    return cohort_result(
        definition, source.name, compiled, missing, started, rows, masks, entry, rules_met
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
