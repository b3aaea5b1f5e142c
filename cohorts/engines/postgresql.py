"""Runs compiled cohorts inside PostgreSQL, over an OMOP schema, and leaves nothing there.

One transaction holds everything: temporary views that give the schema every column of the CDM,
the temporary tables of the run, and one snapshot of the data. It is always rolled back.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import pyarrow as pa

from cohorts.cdm import ViewDialect, cdm_columns
from cohorts.compile import VIEW_PREFIX, compile_circe
from cohorts.engines.common import DEFAULT_LIMIT_SECONDS, cohort_result
from cohorts.engines.watch import stopping
from cohorts.errors import DataSourceError, EngineUnavailable
from cohorts.model import CohortDefinition
from cohorts.result import COHORT_SCHEMA, CohortResult

if TYPE_CHECKING:
    import psycopg

# An integer column keeps its index: a cast would hide it from the planner.
_VIEWS: Final = ViewDialect(
    types={"DOUBLE": "DOUBLE PRECISION"},
    kept={
        "BIGINT": frozenset({"bigint", "integer"}),
        "DATE": frozenset({"date"}),
        "DOUBLE": frozenset({"double precision", "numeric", "real"}),
    },
)
_COLUMNS: Final = (
    "SELECT lower(table_name), table_name, column_name, data_type "
    "FROM information_schema.columns WHERE table_schema = %s"
)


@dataclass(frozen=True)
class PostgresCdm:
    """OMOP tables in one schema of a PostgreSQL database.

    ``url`` is libpq's, ``postgresql://user@host:port/database``; it may hold a password and is
    never shown.
    """

    url: str = field(repr=False)
    schema: str = "public"

    @property
    def name(self) -> str:
        """Database and schema."""
        return f"{urlsplit(self.url).path.lstrip('/') or 'postgresql'}.{self.schema}"

    def open(self) -> psycopg.Connection:
        """A connection.

        Raises:
            EngineUnavailable: if the driver is not installed.
            DataSourceError: if the server does not let us in.
        """
        try:
            import psycopg
        except ImportError:
            raise EngineUnavailable(
                "PostgreSQL's driver is not installed; install carecommons[engine]"
            ) from None
        try:
            return psycopg.connect(self.url, connect_timeout=10, client_encoding="utf8")
        except (psycopg.Error, ValueError):
            # The driver's text may hold what the URL holds.
            raise DataSourceError(
                "the PostgreSQL database cannot be reached; check the URL, the account, and "
                "that its server answers"
            ) from None


def run(
    definition: CohortDefinition,
    source: PostgresCdm,
    limit_seconds: float = DEFAULT_LIMIT_SECONDS,
    cancel: threading.Event | None = None,
) -> CohortResult:
    """The people and periods of a definition over an OMOP schema.

    Raises:
        DataSourceError: if there is no such schema with OMOP tables.
        QueryTimeout: if it takes longer than ``limit_seconds``.
        QueryCancelled: if ``cancel`` is set meanwhile.
        EngineError: if the query fails on the data.
    """
    started = time.monotonic()
    compiled = compile_circe(definition, "postgresql")
    connection = source.open()
    try:
        from psycopg import Error, IsolationLevel

        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        with stopping(connection.cancel_safe, limit_seconds, cancel, (Error,)):
            cursor = connection.cursor()
            # Compiling short queries to machine code costs more than it gives.
            cursor.execute("SET LOCAL jit = off")
            cursor.execute("SET LOCAL standard_conforming_strings = on")
            missing = _prepare(cursor, source, compiled.tables)
            for statement in compiled.statements:
                cursor.execute(statement.encode())
            (entry,) = cursor.execute(compiled.answers.entry.encode()).fetchall()
            masks = cursor.execute(compiled.answers.masks.encode()).fetchall()
            found = cursor.execute(compiled.answers.rows.encode()).fetchall()
            columns = [
                pa.array([row[i] for row in found], f.type) for i, f in enumerate(COHORT_SCHEMA)
            ]
            rows = pa.Table.from_arrays(columns, schema=COHORT_SCHEMA)
            connection.rollback()
    finally:
        connection.close()
    return cohort_result(definition, source.name, compiled, missing, started, rows, masks, entry)


def _prepare(cursor: psycopg.Cursor, source: PostgresCdm, used: frozenset[str]) -> tuple[str, ...]:
    present: dict[str, dict[str, tuple[str, str]]] = {}
    names: dict[str, str] = {}
    for table, name, column, kind in cursor.execute(_COLUMNS, [source.schema]).fetchall():
        names[table] = name
        present.setdefault(table, {})[column.lower()] = (column, kind)
    _check(source, present)
    # Unqualified names are the run's own temporary ones and the server's, never the source's.
    cursor.execute("SET LOCAL search_path = pg_catalog")
    for table in sorted(used):
        found = present.get(table)
        origin = f'"{_escaped(source.schema)}"."{_escaped(names.get(table, table))}"'
        query = _VIEWS.query(table, origin, found)
        cursor.execute(f'CREATE TEMP VIEW "{VIEW_PREFIX}{table}" AS {query}'.encode())
    return tuple(table for table in cdm_columns() if table not in present)


def _check(source: PostgresCdm, present: Mapping[str, object]) -> None:
    for table in ("person", "observation_period"):
        if table not in present:
            raise DataSourceError(f"{source.name}: the schema has no table {table}")


def _escaped(name: str) -> str:
    return name.replace('"', '""')
