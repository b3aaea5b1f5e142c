"""Three ways into an extract's tables: DuckDB, pandas and SQLAlchemy. None of them can write.

DuckDB reads exactly the extract's Parquet files and no other, and its settings are locked. For
SQLAlchemy the tables are copied into SQLite in the memory of the process: no maintained dialect
for DuckDB 2 exists (duckdb-engine fails to reflect, duckdb-sqlalchemy asks for DuckDB 1), SQLite's
is SQLAlchemy's own, and no copy is left on the disk when access ends.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import duckdb

from cohorts.errors import ProjectError

if TYPE_CHECKING:
    import pandas as pd
    from sqlalchemy import Engine

_BATCH: Final = 50_000
_SQLITE_TYPES: Final = (
    ("TIMESTAMP", "TIMESTAMP"),
    ("DATE", "DATE"),
    ("BOOLEAN", "BOOLEAN"),
    ("DOUBLE", "DOUBLE"),
    ("FLOAT", "DOUBLE"),
    ("DECIMAL", "DOUBLE"),
    ("VARCHAR", "TEXT"),
    ("BIGINT", "BIGINT"),
)
_READING: Final = frozenset(
    {
        sqlite3.SQLITE_SELECT,
        sqlite3.SQLITE_READ,
        sqlite3.SQLITE_FUNCTION,
        sqlite3.SQLITE_RECURSIVE,
        sqlite3.SQLITE_TRANSACTION,
        sqlite3.SQLITE_SAVEPOINT,
    }
)
# What SQLAlchemy's inspector asks for; none of these changes anything when it has an argument.
_READING_PRAGMAS: Final = frozenset(
    {
        "table_info",
        "table_xinfo",
        "table_list",
        "foreign_key_list",
        "index_list",
        "index_info",
        "index_xinfo",
        "database_list",
    }
)


def connect(files: Mapping[str, Path]) -> duckdb.DuckDBPyConnection:
    """DuckDB with one view a Parquet file, and no way to read or write any other file."""
    connection = duckdb.connect()
    for name, file in files.items():
        connection.execute(
            f'CREATE VIEW "{name}" AS SELECT * FROM read_parquet({_quoted(str(file))})'
        )
    allowed = ", ".join(_quoted(str(file)) for file in files.values())
    connection.execute(f"SET allowed_paths = [{allowed}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def to_frame(rows: Any) -> pd.DataFrame:
    """Arrow to pandas; whole numbers never pass through floats, which would spoil 63-bit ids."""
    import pandas as pd
    import pyarrow as pa

    nullable = {pa.int64(): pd.Int64Dtype(), pa.int32(): pd.Int32Dtype()}
    return rows.to_pandas(types_mapper=nullable.get, date_as_object=False)


def read_only_engine(files: Mapping[str, Path]) -> Engine:
    """SQLAlchemy over a copy of the tables in memory, which refuses every change.

    Raises:
        ProjectError: if SQLAlchemy is not installed.
    """
    try:
        from sqlalchemy import create_engine
        from sqlalchemy.pool import StaticPool
    except ImportError:
        raise ProjectError(
            "SQLAlchemy is not installed here; use project.relation() or project.sql()"
        ) from None
    copy = sqlite3.connect(":memory:", check_same_thread=False)
    with connect(files) as source:
        for name in files:
            _copy(source, copy, name)
    copy.commit()
    copy.set_authorizer(_only_reading)
    return create_engine("sqlite://", creator=lambda: copy, poolclass=StaticPool)


def _copy(source: duckdb.DuckDBPyConnection, copy: sqlite3.Connection, table: str) -> None:
    rows = source.execute(f'SELECT * FROM "{table}"')
    columns = [(str(field[0]), _sqlite_type(str(field[1]))) for field in rows.description or ()]
    declared = ", ".join(f'"{name}" {kind}' for name, kind in columns)
    copy.execute(f'CREATE TABLE "{table}" ({declared})')
    # SQLite keeps dates as text in the form that SQLAlchemy's types read.
    fields = ", ".join(
        f"strftime(\"{name}\", '{'%Y-%m-%d' if kind == 'DATE' else '%Y-%m-%d %H:%M:%S.%f'}')"
        if kind in {"DATE", "TIMESTAMP"}
        else f'"{name}"::DOUBLE'
        if kind == "DOUBLE"
        else f'"{name}"'
        for name, kind in columns
    )
    rows = source.execute(f'SELECT {fields} FROM "{table}"')
    marks = ", ".join("?" for _ in columns)
    while batch := rows.fetchmany(_BATCH):
        copy.executemany(f'INSERT INTO "{table}" VALUES ({marks})', batch)
    for name, kind in columns:
        if kind == "BIGINT" and name.endswith("_id"):
            copy.execute(f'CREATE INDEX "{table}_{name}" ON "{table}" ("{name}")')


def _sqlite_type(duckdb_type: str) -> str:
    return next((ours for word, ours in _SQLITE_TYPES if word in duckdb_type.upper()), "BIGINT")


def _only_reading(action: int, first: str | None, second: str | None, *_: str | None) -> int:
    if action in _READING:
        return sqlite3.SQLITE_OK
    if action == sqlite3.SQLITE_PRAGMA and (first in _READING_PRAGMAS or second is None):
        return sqlite3.SQLITE_OK  # without an argument it only asks
    return sqlite3.SQLITE_DENY


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
