"""Two ways to carry out a SELECT and have Arrow batches: ADBC drivers, or any SQLAlchemy cursor.

ADBC (Apache Arrow's database drivers, for SQLite and PostgreSQL) fills columns directly and reads
several times as fast as a cursor that makes a Python object of every value. Both give the types of
the SELECT's own columns; a test compares them row by row.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection, Engine, Select

from deid.vault.arrow import arrow_type


class Rows(Protocol):
    """Carries out SELECTs inside one read transaction."""

    def fetch(self, statement: Select[Any], batch_rows: int) -> Iterator[pa.RecordBatch]:
        """Rows in the statement's order, at most ``batch_rows`` in a batch, none for no rows."""


def statement_schema(statement: Select[Any]) -> pa.Schema:
    """Arrow schema of what a SELECT gives; a column outside any table may be missing a value."""
    return pa.schema(
        [
            pa.field(column.name, arrow_type(column.type), bool(getattr(column, "nullable", True)))
            for column in statement.selected_columns
        ]
    )


class CursorRows:
    """Works with every SQLAlchemy dialect, and sees what its connection has not committed yet."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def fetch(self, statement: Select[Any], batch_rows: int) -> Iterator[pa.RecordBatch]:
        """See :class:`Rows`."""
        schema = statement_schema(statement)
        result = self._connection.execution_options(yield_per=batch_rows).execute(statement)
        for rows in result.partitions(batch_rows):
            arrays = [
                pa.array(values, type=field.type)
                for values, field in zip(zip(*rows, strict=True), schema, strict=True)
            ]
            yield pa.RecordBatch.from_arrays(arrays, schema=schema)


class AdbcRows:
    """Reads through an ADBC connection that is inside a transaction."""

    def __init__(self, connection: Any, engine: Engine) -> None:
        self._connection = connection
        self._engine = engine

    def fetch(self, statement: Select[Any], batch_rows: int) -> Iterator[pa.RecordBatch]:
        """See :class:`Rows`."""
        schema = statement_schema(statement)
        query = str(
            statement.compile(dialect=self._engine.dialect, compile_kwargs={"literal_binds": True})
        )
        sqlite = self._engine.dialect.name == "sqlite"
        with self._connection.cursor() as cursor:
            if sqlite:
                query = _with_typed_first_row(query, schema)
                cursor.adbc_statement.set_options(
                    **{"adbc.sqlite.query.batch_rows": str(batch_rows)}
                )
            cursor.execute(query)
            first = sqlite
            for batch in cursor.fetch_record_batch():
                if first:
                    batch, first = batch.slice(1), False
                for start in range(0, batch.num_rows, batch_rows):
                    yield _as_schema(batch.slice(start, batch_rows), schema)


@contextmanager
def open_rows(engine: Engine) -> Iterator[Rows]:
    """One read transaction by the fastest way this engine's database has."""
    connect = {"sqlite": _adbc_sqlite, "postgresql": _adbc_postgresql}.get(engine.dialect.name)
    if connect is None:
        with cursor_rows(engine) as rows:
            yield rows
        return
    with connect(engine) as connection:
        yield AdbcRows(connection, engine)


@contextmanager
def cursor_rows(engine: Engine) -> Iterator[Rows]:
    """One read transaction by SQLAlchemy alone."""
    with engine.connect() as plain:
        connection = plain
        if engine.dialect.name != "sqlite":
            connection = plain.execution_options(isolation_level="REPEATABLE READ")
        with connection.begin():
            yield CursorRows(connection)


@contextmanager
def _adbc_sqlite(engine: Engine) -> Iterator[Any]:
    from adbc_driver_sqlite import dbapi

    path = Path(str(engine.url.database)).absolute()
    # A write-ahead log is read through shared memory that even readers may have to create.
    with dbapi.connect(path.as_uri() + "?mode=rw", autocommit=False) as connection:
        yield connection
        connection.rollback()


@contextmanager
def _adbc_postgresql(engine: Engine) -> Iterator[Any]:
    from adbc_driver_postgresql import dbapi

    uri = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with dbapi.connect(uri, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield connection
        cursor.execute("ROLLBACK")


def _with_typed_first_row(query: str, schema: pa.Schema) -> str:
    """SQLite has no column types; the driver takes them from the first rows, so we give one.

    ``LIMIT -1`` keeps SQLite from taking the inner query apart, and with it its order.
    """
    samples = [
        "1" if pa.types.is_integer(f.type) else "1.5" if pa.types.is_floating(f.type) else "'x'"
        for f in schema
    ]
    return f"SELECT {', '.join(samples)} UNION ALL SELECT * FROM ({query} LIMIT -1)"


def _as_schema(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    arrays = [
        column if column.type == field.type else pc.cast(column, field.type)
        for column, field in zip(batch.columns, schema, strict=True)
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)
