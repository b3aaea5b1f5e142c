"""Puts Arrow batches into a vault table as fast as its database allows, inside a transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection, bindparam, delete, insert, update
from sqlalchemy.exc import DBAPIError

from deid.vault.schema import metadata

BESIDE: Final = "carecommons_given"
"""A temporary table of rows that are given, of one transaction's own."""


def insert_batches(connection: Connection, table: str, batches: Iterable[pa.RecordBatch]) -> int:
    """Insert rows; columns are named by the batches. Gives the number of rows.

    SQLite takes whole batches of plain tuples, PostgreSQL one COPY, any other database the
    ordinary ``executemany`` of SQLAlchemy.
    """
    if connection.dialect.name == "sqlite":
        return _insert_sqlite(connection, table, batches)
    if _is_psycopg(connection):
        return _copy_postgresql(connection, table, batches)
    return _insert_any(connection, table, batches)


def delete_keys(connection: Connection, table: str, keys: pa.Table) -> None:
    """Delete the rows with these primary keys; on PostgreSQL in one statement."""
    if not keys.num_rows:
        return
    if _is_psycopg(connection):
        with _beside(connection, table, keys.to_batches()) as same_key:
            connection.exec_driver_sql(
                f"DELETE FROM {_quoted(connection, table)} AS held USING {BESIDE} AS given "
                f"WHERE {same_key}"
            )
        return
    target = metadata.tables[table]
    statement = delete(target).where(
        *(target.columns[name] == bindparam(f"key_{name}") for name in keys.column_names)
    )
    parameters = [{f"key_{name}": value for name, value in row.items()} for row in keys.to_pylist()]
    connection.execute(statement, parameters)


def update_batches(connection: Connection, table: str, batches: Iterable[pa.RecordBatch]) -> None:
    """Write whole rows over those of the same primary key; columns are named by the batches.

    On PostgreSQL each batch is one statement.
    """
    target = metadata.tables[table]
    keys = [column.name for column in target.primary_key.columns]
    if _is_psycopg(connection):
        for batch in batches:
            names = [_quoted(connection, n) for n in batch.schema.names if n not in keys]
            with _beside(connection, table, [batch]) as same_key:
                connection.exec_driver_sql(
                    f"UPDATE {_quoted(connection, table)} AS held "
                    f"SET {', '.join(f'{name} = given.{name}' for name in names)} "
                    f"FROM {BESIDE} AS given WHERE {same_key}"
                )
        return
    for batch in batches:
        others = [name for name in batch.schema.names if name not in keys]
        statement = (
            update(target)
            .where(*(target.columns[name] == bindparam(f"key_{name}") for name in keys))
            .values({name: bindparam(f"new_{name}") for name in others})
        )
        rows = [
            {(f"key_{name}" if name in keys else f"new_{name}"): row[name] for name in row}
            for row in batch.to_pylist()
        ]
        if rows:
            connection.execute(statement, rows)


def _insert_sqlite(connection: Connection, table: str, batches: Iterable[pa.RecordBatch]) -> int:
    rows = 0
    for batch in batches:
        names = batch.schema.names
        statement = (
            f"INSERT INTO {_quoted(connection, table)} "
            f"({', '.join(_quoted(connection, name) for name in names)}) "
            f"VALUES ({', '.join('?' for _ in names)})"
        )
        if batch.num_rows:
            connection.exec_driver_sql(statement, _tuples([_sqlite_text(c) for c in batch.columns]))
            rows += batch.num_rows
    return rows


def _sqlite_text(column: pa.Array) -> pa.Array:
    """SQLite keeps dates as text, in the form in which SQLAlchemy reads them."""
    if pa.types.is_date(column.type):
        return pc.strftime(column, format="%Y-%m-%d")
    if pa.types.is_timestamp(column.type):
        return pc.strftime(column.cast(pa.timestamp("us")), format="%Y-%m-%d %H:%M:%S")
    return column


def _is_psycopg(connection: Connection) -> bool:
    return connection.dialect.name == "postgresql" and connection.dialect.driver == "psycopg"


@contextmanager
def _beside(connection: Connection, table: str, batches: Sequence[pa.RecordBatch]) -> Iterator[str]:
    """Rows in the temporary table :data:`BESIDE`, by one COPY; gives the condition that rows of
    ``table`` AS held and of it AS given have the same key.
    """
    keys = [column.name for column in metadata.tables[table].primary_key.columns]
    wanted = ", ".join(_quoted(connection, name) for name in batches[0].schema.names)
    connection.exec_driver_sql(
        f"CREATE TEMPORARY TABLE {BESIDE} AS "
        f"SELECT {wanted} FROM {_quoted(connection, table)} WITH NO DATA"
    )
    _copy_postgresql(connection, BESIDE, batches)
    yield " AND ".join(
        f"held.{name} = given.{name}" for name in (_quoted(connection, key) for key in keys)
    )
    connection.exec_driver_sql(f"DROP TABLE {BESIDE}")


def _copy_postgresql(connection: Connection, table: str, batches: Iterable[pa.RecordBatch]) -> int:
    rows = 0
    driver: Any = connection.connection.driver_connection
    iterator = iter(batches)
    first = next(iterator, None)
    if first is None:
        return 0
    names = ", ".join(_quoted(connection, name) for name in first.schema.names)
    statement = f"COPY {_quoted(connection, table)} ({names}) FROM STDIN"
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            batch: pa.RecordBatch | None = first
            while batch is not None:
                for values in _tuples(batch.columns):
                    copy.write_row(values)
                rows += batch.num_rows
                batch = next(iterator, None)
    except connection.dialect.loaded_dbapi.Error as error:
        # Below SQLAlchemy nobody wraps the driver's errors, whose text quotes the row.
        raise DBAPIError(statement, None, error) from None
    return rows


def _insert_any(connection: Connection, table: str, batches: Iterable[pa.RecordBatch]) -> int:
    rows = 0
    for batch in batches:
        if batch.num_rows:
            connection.execute(insert(metadata.tables[table]), batch.to_pylist())
            rows += batch.num_rows
    return rows


def _tuples(columns: Sequence[pa.Array]) -> list[tuple[Any, ...]]:
    return list(zip(*(column.to_pylist() for column in columns), strict=True))


def _quoted(connection: Connection, name: str) -> str:
    return connection.dialect.identifier_preparer.quote(name)
