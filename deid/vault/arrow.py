"""Arrow types of the vault's columns: int64, double, date32, timestamp[us], bool and string."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
from sqlalchemy import Boolean, Column, Date, DateTime, Double, Integer
from sqlalchemy.types import TypeEngine

from deid.errors import VaultError
from deid.vault.schema import metadata


def arrow_type(kind: TypeEngine) -> pa.DataType:
    """The Arrow type of one column's type; the vault has no others."""
    if isinstance(kind, Boolean):
        return pa.bool_()
    if isinstance(kind, Integer):
        return pa.int64()
    if isinstance(kind, Double):
        return pa.float64()
    if isinstance(kind, DateTime):
        return pa.timestamp("us")
    if isinstance(kind, Date):
        return pa.date32()
    return pa.string()


def columns_of(table: str, names: Sequence[str] | None = None) -> list[Column]:
    """Columns of a vault table, in table order or as named.

    Raises:
        VaultError: for a table or column that the vault does not have.
    """
    if table not in metadata.tables:
        raise VaultError(f"the vault has no table {table}")
    columns = metadata.tables[table].columns
    if names is None:
        return list(columns)
    unknown = sorted(set(names) - set(columns.keys()))
    if unknown:
        raise VaultError(f"the vault's table {table} has no column {', '.join(unknown)}")
    return [columns[name] for name in names]


def arrow_schema(table: str, names: Sequence[str] | None = None) -> pa.Schema:
    """Arrow schema of a vault table, or of the named columns of it, in that order.

    Raises:
        VaultError: for a table or column that the vault does not have.
    """
    return pa.schema(
        [
            pa.field(column.name, arrow_type(column.type), nullable=bool(column.nullable))
            for column in columns_of(table, names)
        ]
    )
