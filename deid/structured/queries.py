"""Runs a statement that gives one row."""

from __future__ import annotations

from typing import Any

import duckdb


def one_row(
    connection: duckdb.DuckDBPyConnection, statement: str, parameters: list[Any] | None = None
) -> tuple[Any, ...]:
    """The only row of a result, fetched to its end so that the connection is free again."""
    (row,) = connection.execute(statement, parameters).fetchall()
    return row
