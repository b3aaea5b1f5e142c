"""Collects rows of the vault's tables column by column, and numbers them."""

from __future__ import annotations

from collections import defaultdict
from operator import itemgetter
from typing import Any

import pyarrow as pa

from deid.vault.arrow import arrow_schema

FIRST_ID = 7_000_000_000
"""Every id of a synthetic row is at least this, far from those of imported records."""


BATCH_ROWS = 20_000


class RowStore:
    """Rows under way; columns that are never given stay empty."""

    def __init__(self) -> None:
        self._rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self._done: dict[str, list[pa.Table]] = defaultdict(list)
        self._next: dict[str, int] = defaultdict(lambda: FIRST_ID)

    def number(self, table: str) -> int:
        """The next id of a table."""
        given = self._next[table]
        self._next[table] = given + 1
        return given

    def add(self, table: str, **values: Any) -> None:
        """A row whose key, if it has any, is among the values."""
        self._add(table, values)

    def _add(self, table: str, values: dict[str, Any]) -> None:
        rows = self._rows[table]
        rows.append(values)
        # Arrow holds a row in a small part of the memory that a dict needs.
        if len(rows) >= BATCH_ROWS:
            self._done[table].append(_table(table, rows))
            rows.clear()

    def add_numbered(self, table: str, **values: Any) -> int:
        """A row that receives the next id of its table; gives the id."""
        number = self.number(table)
        values[f"{table}_id"] = number
        self._add(table, values)
        return number

    def take(self) -> dict[str, pa.Table]:
        """The rows since the last call, with the vault's columns and types, in their order.

        Numbering goes on; tables without new rows are left out.
        """
        tables = {
            table: pa.concat_tables([*self._done[table], _table(table, rows)]).combine_chunks()
            for table, rows in sorted(self._rows.items())
            if rows or self._done[table]
        }
        self._rows.clear()
        self._done.clear()
        return tables


def _column(rows: list[dict[str, Any]], name: str) -> list[Any]:
    """One column; most stand in every row, and reading those needs no look for what lacks."""
    try:
        return list(map(itemgetter(name), rows))
    except KeyError:
        return [row.get(name) for row in rows]


def _table(name: str, rows: list[dict[str, Any]]) -> pa.Table:
    schema = arrow_schema(name)
    given: set[str] = set().union(*rows) if rows else set()
    unknown = given - set(schema.names)
    if unknown:
        raise ValueError(f"table {name} has no column {', '.join(sorted(unknown))}")
    columns = [
        pa.array(_column(rows, field.name), type=field.type)
        if field.name in given
        else pa.nulls(len(rows), field.type)
        for field in schema
    ]
    return pa.table(columns, schema=schema)
