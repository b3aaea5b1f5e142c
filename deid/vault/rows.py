"""Carries out SELECTs and gives Arrow batches, by the fastest safe way a database has.

PostgreSQL is read through ADBC (Apache Arrow's drivers), which fills columns directly. SQLite is
read through the driver of Python itself, without the conversions of SQLAlchemy: a second copy of
the SQLite library in one process, as ADBC's driver brings, would drop the first one's file locks
(sqlite.org, "How To Corrupt An SQLite Database File", 2.2.1). Any other database is read through
SQLAlchemy's cursor. All give the types of the SELECT's own columns; a test compares them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection, Dialect, Engine, Select
from sqlalchemy.exc import DBAPIError

from deid.errors import VaultError
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
        result = self._connection.execute(statement.execution_options(yield_per=batch_rows))
        for rows in result.partitions(batch_rows):
            arrays = [
                pa.array(values, type=field.type)
                for values, field in zip(zip(*rows, strict=True), schema, strict=True)
            ]
            yield pa.RecordBatch.from_arrays(arrays, schema=schema)


class SqliteRows:
    """Works on the plain connection below SQLAlchemy's, inside the same transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def fetch(self, statement: Select[Any], batch_rows: int) -> Iterator[pa.RecordBatch]:
        """See :class:`Rows`."""
        schema = statement_schema(statement)
        stored = [pa.string() if pa.types.is_temporal(f.type) else f.type for f in schema]
        driver: Any = self._connection.connection.driver_connection
        cursor = driver.cursor()
        try:
            cursor.execute(_text_of(statement, self._connection.dialect))
            while rows := cursor.fetchmany(batch_rows):
                arrays = [
                    pa.array(values, kind)
                    for values, kind in zip(zip(*rows, strict=True), stored, strict=True)
                ]
                yield _as_schema(arrays, schema)
        finally:
            cursor.close()


class AdbcRows:
    """Reads through an ADBC connection that is inside a transaction."""

    def __init__(self, connection: Any, dialect: Dialect) -> None:
        self._connection = connection
        self._dialect = dialect

    def fetch(self, statement: Select[Any], batch_rows: int) -> Iterator[pa.RecordBatch]:
        """See :class:`Rows`."""
        schema = statement_schema(statement)
        with self._connection.cursor() as cursor:
            cursor.execute(_text_of(statement, self._dialect))
            for batch in cursor.fetch_record_batch():
                for start in range(0, batch.num_rows, batch_rows):
                    yield _as_schema(batch.slice(start, batch_rows).columns, schema)


def rows_within(connection: Connection) -> Rows:
    """Reading inside an open transaction, with what it has written so far."""
    if connection.dialect.name == "sqlite" and connection.dialect.driver == "pysqlite":
        return SqliteRows(connection)
    return CursorRows(connection)


@contextmanager
def open_rows(engine: Engine) -> Iterator[Rows]:
    """One read transaction by the fastest way this engine's database has.

    Raises:
        VaultError: if the database fails while it is read.
    """
    if engine.dialect.name == "postgresql":
        with _adbc_postgresql(engine) as connection:
            yield AdbcRows(connection, engine.dialect)
        return
    with _transaction(engine) as connection:
        yield rows_within(connection)


@contextmanager
def cursor_rows(engine: Engine) -> Iterator[Rows]:
    """One read transaction by SQLAlchemy alone.

    Raises:
        VaultError: if the database fails while it is read.
    """
    with _transaction(engine) as connection:
        yield CursorRows(connection)


@contextmanager
def _transaction(engine: Engine) -> Iterator[Connection]:
    errors = (DBAPIError, engine.dialect.loaded_dbapi.Error)
    with _clear_errors(errors), engine.connect() as plain:
        connection = plain
        if engine.dialect.name != "sqlite":
            connection = plain.execution_options(isolation_level="REPEATABLE READ")
        with connection.begin():
            yield connection


@contextmanager
def _adbc_postgresql(engine: Engine) -> Iterator[Any]:
    from adbc_driver_postgresql import dbapi

    uri = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with (
        _clear_errors((dbapi.Error,)),
        dbapi.connect(uri, autocommit=True) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield connection
        # All was read: that the server has gone since then harms nothing.
        with suppress(dbapi.Error):
            cursor.execute("ROLLBACK")


@contextmanager
def _clear_errors(errors: tuple[type[Exception], ...]) -> Iterator[None]:
    """Only the driver's class is named: its text holds the statement and may quote values."""
    try:
        yield
    except errors as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        raise VaultError(
            f"the vault's database failed while it was read ({type(cause).__name__})"
        ) from None


def _text_of(statement: Select[Any], dialect: Dialect) -> str:
    return str(statement.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))


def _as_schema(columns: Sequence[pa.Array], schema: pa.Schema) -> pa.RecordBatch:
    arrays = [
        column if column.type == field.type else pc.cast(column, field.type)
        for column, field in zip(columns, schema, strict=True)
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)
