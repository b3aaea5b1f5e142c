"""Reads one consistent snapshot of the vault, as Arrow batches in primary-key order.

Everything is read in one transaction: SQLite's write-ahead log and PostgreSQL's REPEATABLE READ
both show the vault as it was at the first statement, whatever is imported meanwhile.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pyarrow as pa
from sqlalchemy import Column, Engine, Text, collate, func, select
from sqlalchemy.sql.elements import ColumnElement

from deid.errors import VaultError
from deid.vault.arrow import arrow_schema, columns_of
from deid.vault.rows import Rows, cursor_rows, open_rows
from deid.vault.schema import DATA_TABLES, metadata

BATCH_ROWS = 65_536
LOOK_UP_IDS = 5_000  # values in one SELECT; well within the limits of every database


class VaultSnapshot:
    """The vault as it is at one moment. Made by :func:`read_tables`."""

    def __init__(self, rows: Rows, dialect: str) -> None:
        self._rows = rows
        self._dialect = dialect

    def tables(self) -> tuple[str, ...]:
        """Names of the tables that hold records or vocabulary; bookkeeping is left out."""
        return DATA_TABLES

    def columns(self, table: str) -> pa.Schema:
        """Column names and Arrow types of a table.

        Raises:
            VaultError: if the vault has no such table.
        """
        return arrow_schema(table)

    def rows(self, table: str) -> int:
        """Number of rows of a table."""
        columns_of(table)
        counted = select(func.count().label("rows")).select_from(metadata.tables[table])
        (batch,) = self._rows.fetch(counted, 1)
        return int(batch.column(0)[0].as_py())

    def batches(
        self, table: str, columns: Sequence[str] | None = None, batch_rows: int = BATCH_ROWS
    ) -> Iterator[pa.RecordBatch]:
        """Rows of a table in primary-key order, at most ``batch_rows`` in a batch.

        Text keys are ordered by their bytes. An empty table gives no batch. Types are those of
        :meth:`columns`.

        Raises:
            VaultError: for an unknown table or column.
        """
        wanted = columns_of(table, columns)
        keys = [self._ordered(key) for key in metadata.tables[table].primary_key.columns]
        return self._rows.fetch(select(*wanted).order_by(*keys), batch_rows)

    def rows_of(
        self,
        table: str,
        column: str,
        values: Sequence[int],
        columns: Sequence[str] | None = None,
    ) -> Iterator[pa.RecordBatch]:
        """Rows whose ``column`` is one of ``values``, in primary-key order within each batch.

        Raises:
            VaultError: for an unknown table or column.
        """
        wanted = columns_of(table, columns)
        (looked_up,) = columns_of(table, [column])
        keys = [self._ordered(key) for key in metadata.tables[table].primary_key.columns]
        for start in range(0, len(values), LOOK_UP_IDS):
            some = values[start : start + LOOK_UP_IDS]
            statement = select(*wanted).where(looked_up.in_(some)).order_by(*keys)
            yield from self._rows.fetch(statement, BATCH_ROWS)

    def read(self, table: str, columns: Sequence[str] | None = None) -> pa.Table:
        """A whole table in memory; meant for small tables."""
        schema = arrow_schema(table, columns)
        return pa.Table.from_batches(list(self.batches(table, columns)), schema=schema)

    @property
    def snapshot_id(self) -> str:
        """SHA-256 that changes whenever any row of :meth:`tables` does.

        It is taken over the digests that every import keeps in ``table_digest`` (the sum of the
        SHA-256 of a table's rows, modulo 2^256), so it depends on what the vault holds and not on
        the order of the imports, and costs no reading of rows.

        Raises:
            VaultError: if a table has another number of rows than its digest was taken over.
        """
        kept = {
            row["table_name"]: (row["rows"], row["digest"])
            for row in self.read("table_digest").to_pylist()
        }
        whole = hashlib.sha256()
        for table in self.tables():
            rows, digest = kept.get(table, (0, "0" * 64))
            if self.rows(table) != rows:
                raise VaultError(
                    f"table {table} was changed by something else than an import; "
                    "see `carecommons vault check`"
                )
            whole.update(f"{table}\x1f{rows}\x1f{digest}\n".encode())
        return whole.hexdigest()

    def _ordered(self, key: Column) -> ColumnElement:
        """The server's language must not decide the order, or releases would differ."""
        if self._dialect == "postgresql" and isinstance(key.type, Text):
            return collate(key, "C")
        return key


@contextmanager
def read_tables(engine: Engine, *, columnar: bool = True) -> Iterator[VaultSnapshot]:
    """Open a snapshot; all reading inside the block sees the same rows.

    ``columnar=False`` reads through SQLAlchemy's cursor, as databases other than SQLite and
    PostgreSQL always are.

    Example::

        with read_tables(engine) as snapshot:
            for batch in snapshot.batches("measurement", ["person_id", "measurement_date"]):
                ...
    """
    with (open_rows if columnar else cursor_rows)(engine) as rows:
        yield VaultSnapshot(rows, engine.dialect.name)
