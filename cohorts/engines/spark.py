"""Runs compiled cohorts on Apache Spark, over the Parquet files of a release or a CDM folder.

Spark has temporary views and no temporary tables, and changes rows only in tables of special
formats. So each intermediate table becomes a view of rows that are computed once and kept (a
local checkpoint): the row numbers that later statements rely on stay what they were. A session
of its own holds the views of a run, so runs beside each other do not meet.
"""

from __future__ import annotations

import re
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Final

from cohorts.cdm import ParquetSource, ViewDialect, cdm_columns
from cohorts.compile import COHORT_TABLES, VIEW_PREFIX, CompiledCohort, compile_circe, without_notes
from cohorts.engines.common import DEFAULT_LIMIT_SECONDS, cohort_result
from cohorts.engines.watch import stopping
from cohorts.errors import EngineError, EngineUnavailable
from cohorts.model import CohortDefinition
from cohorts.result import COHORT_SCHEMA, CohortResult
from deid.errors import SparkUnavailable
from deid.local_spark import local_spark as started_spark
from deid.local_spark import running_spark

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_VIEWS: Final = ViewDialect(
    types={"VARCHAR": "STRING"},
    kept={
        "BIGINT": frozenset({"bigint"}),
        "DATE": frozenset({"date"}),
        "DOUBLE": frozenset({"double"}),
    },
    quote="`",
)
_CREATE = re.compile(r"CREATE (?:TABLE (\w+)\s+USING DELTA|TEMPORARY VIEW (\w+))\s+AS\s+(.*)", re.S)
_INSERT = re.compile(r"INSERT INTO (\w+)\s*\(([^)]*)\)\s*(.*)", re.S | re.I)
_DELETE = re.compile(r"DELETE FROM (\w+)\s+WHERE\s+(.*)", re.S | re.I)
_DROP = re.compile(r"(?:DROP (?:TABLE|VIEW)(?: IF EXISTS)?|TRUNCATE TABLE) (\w+)", re.I)
_STATISTICS = re.compile(r"ANALYZE TABLE \w+ COMPUTE STATISTICS", re.I)


@contextmanager
def local_spark(
    threads: int | None = None, options: Mapping[str, str] | None = None
) -> Iterator[SparkSession]:
    """A Spark of this process, as :func:`deid.local_spark.local_spark` starts it.

    Raises:
        EngineUnavailable: if pyspark or Java is not installed, or a Spark runs in this process.
    """
    with ExitStack() as stack:
        try:
            session = stack.enter_context(started_spark(threads=threads, options=options))
        except SparkUnavailable as error:
            raise EngineUnavailable(str(error)) from None
        yield session


def run(
    definition: CohortDefinition,
    source: ParquetSource,
    limit_seconds: float = DEFAULT_LIMIT_SECONDS,
    cancel: threading.Event | None = None,
    session: SparkSession | None = None,
) -> CohortResult:
    """The people and periods of a definition over a release or a CDM folder of Parquet.

    ``session`` is a Spark that runs already, perhaps on a cluster that sees the same files. Without
    it the one that runs in this process is used, or one is started on this machine, which takes
    some seconds, and stopped.

    Raises:
        EngineUnavailable: if pyspark or Java is not installed.
        DataSourceError: if the source is not Parquet.
        QueryTimeout: if it takes longer than ``limit_seconds``, not counting the start.
        QueryCancelled: if ``cancel`` is set meanwhile.
        EngineError: if the query fails on the data.
    """
    if (session := session or running_spark()) is None:
        with local_spark() as started:
            return run(definition, source, limit_seconds, cancel, started)
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    started_at = time.monotonic()
    compiled = compile_circe(definition, "spark")
    own = _session_of_its_own(session)
    context, tag = own.sparkContext, f"carecommons-{secrets.token_hex(8)}"
    context.addJobTag(tag)
    try:
        with stopping(
            lambda: context.cancelJobsWithTag(tag),
            limit_seconds,
            cancel,
            (PySparkException, Py4JError),
        ):
            missing = _prepare(own, source, compiled)
            script = _Script(own)
            for statement in compiled.statements:
                script.execute(statement)
            (entry,) = own.sql(compiled.answers.entry).collect()
            masks = own.sql(compiled.answers.masks).collect()
            rows = own.sql(compiled.answers.rows).toArrow().cast(COHORT_SCHEMA)
    finally:
        context.removeJobTag(tag)
    return cohort_result(definition, source.name, compiled, missing, started_at, rows, masks, entry)


def _session_of_its_own(session: SparkSession) -> SparkSession:
    """Views and settings of one run."""
    own = session.newSession()
    own.conf.set("spark.sql.session.timeZone", "UTC")
    own.conf.set("spark.sql.ansi.enabled", "true")
    # Otherwise ${name} in a definition's text would be replaced by a variable's value.
    own.conf.set("spark.sql.variable.substitute", "false")
    # Spark 4.3 loses a column when it carries the constraints of two checkpoints into a union.
    own.conf.set("spark.sql.constraintPropagation.enabled", "false")
    return own


def _prepare(
    session: SparkSession, source: ParquetSource, compiled: CompiledCohort
) -> tuple[str, ...]:
    """Views of the tables that the SQL reads; gives the CDM tables that the source lacks."""
    for table in sorted(compiled.tables):
        found = None
        if table in source.tables:
            frame = session.read.parquet(*(str(path) for path in source.parquet_paths(table)))
            frame.createOrReplaceTempView(f"source_{table}")
            found = {name.lower(): (name, kind) for name, kind in frame.dtypes}
        view = session.sql(_VIEWS.query(table, f"source_{table}", found))
        view.createOrReplaceTempView(f"{VIEW_PREFIX}{table}")
    return tuple(table for table in cdm_columns() if table not in source.tables)


class _Script:
    """Carries out the kinds of statements that SqlRender writes, on views of kept rows."""

    def __init__(self, session: SparkSession) -> None:
        self._session = session
        for table, columns in COHORT_TABLES.items():
            fields = ", ".join(f"CAST(NULL AS {kind}) AS {name}" for name, kind in columns)
            self._keep(table, session.sql(f"SELECT {fields} WHERE 1 = 0"))

    def execute(self, statement: str) -> None:
        """Carry out one statement.

        Raises:
            EngineError: if it is of a kind that is not known here.
        """
        text = without_notes(statement)
        if made := _CREATE.fullmatch(text):
            table, view, query = made.groups()
            self._keep(table or view, self._session.sql(query))
        elif put := _INSERT.fullmatch(text):
            table, names, query = put.groups()
            self._append(table, [name.strip() for name in names.split(",")], query)
        elif gone := _DELETE.fullmatch(text):
            table, condition = gone.groups()
            kept = f"SELECT * FROM {table} WHERE NOT coalesce({condition}, FALSE)"
            self._keep(table, self._session.sql(kept))
        elif drop := _DROP.fullmatch(text):
            self._session.catalog.dropTempView(drop[1])
        elif not _STATISTICS.fullmatch(text):
            raise EngineError(f"Spark: no way to carry out {text.split(None, 1)[0]}")

    def _append(self, table: str, names: list[str], query: str) -> None:
        """Rows of ``query``, whose columns are ``names`` by position, under those of ``table``."""
        from pyspark.sql import functions

        there = self._session.table(table)
        rows = self._session.sql(query).toDF(*names)
        columns: list[Any] = []
        for column in there.schema:
            value = functions.col(column.name) if column.name in names else functions.lit(None)
            columns.append(value.cast(column.dataType).alias(column.name))
        self._keep(table, there.unionAll(rows.select(*columns)))

    def _keep(self, table: str, rows: DataFrame) -> None:
        # What is filled last is computed when it is asked for, and some of it never is.
        if table not in COHORT_TABLES:
            rows = rows.localCheckpoint(eager=False)
        rows.createOrReplaceTempView(table)
