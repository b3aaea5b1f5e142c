"""Reads one consistent snapshot of the vault, as Arrow batches in primary-key order.

Everything is read in one transaction: SQLite's write-ahead log and PostgreSQL's REPEATABLE READ
both show the vault as it was at the first statement, whatever is imported meanwhile.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pyarrow as pa
from sqlalchemy import Connection, Engine, func, select

from deid.errors import VaultError
from deid.vault.arrow import arrow_schema, columns_of
from deid.vault.schema import DATA_TABLES, metadata

BATCH_ROWS = 100_000


class VaultSnapshot:
    """The vault as it is at one moment. Made by :func:`read_tables`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

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
        counted = select(func.count()).select_from(metadata.tables[table])
        return int(self._connection.execute(counted).scalar_one())

    def batches(
        self, table: str, columns: Sequence[str] | None = None, batch_rows: int = BATCH_ROWS
    ) -> Iterator[pa.RecordBatch]:
        """Rows of a table in primary-key order, at most ``batch_rows`` in a batch.

        An empty table gives no batch. Types are those of :meth:`columns`.

        Raises:
            VaultError: for an unknown table or column.
        """
        wanted = columns_of(table, columns)
        schema = arrow_schema(table, columns)
        keys = metadata.tables[table].primary_key.columns
        result = self._connection.execution_options(yield_per=batch_rows).execute(
            select(*wanted).order_by(*keys)
        )
        for rows in result.partitions(batch_rows):
            arrays = [
                pa.array(values, type=field.type)
                for values, field in zip(zip(*rows, strict=True), schema, strict=True)
            ]
            yield pa.RecordBatch.from_arrays(arrays, schema=schema)

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
        known = metadata.tables["table_digest"]
        kept = {
            name: (rows, digest)
            for name, rows, digest in self._connection.execute(
                select(known.c.table_name, known.c.rows, known.c.digest)
            )
        }
        whole = hashlib.sha256()
        for table in self.tables():
            rows, digest = kept.get(table, (0, "0" * 64))
            if self.rows(table) != rows:
                raise VaultError(
                    f"table {table} was changed by something else than an import; "
                    "run `carecommons vault check --repair-digests`"
                )
            whole.update(f"{table}\x1f{rows}\x1f{digest}\n".encode())
        return whole.hexdigest()


@contextmanager
def read_tables(engine: Engine) -> Iterator[VaultSnapshot]:
    """Open a snapshot; all reading inside the block sees the same rows.

    Example::

        with read_tables(engine) as snapshot:
            for batch in snapshot.batches("measurement", ["person_id", "measurement_date"]):
                ...
    """
    isolated = engine.connect()
    if engine.dialect.name != "sqlite":
        isolated = isolated.execution_options(isolation_level="REPEATABLE READ")
    with isolated as connection, connection.begin():
        yield VaultSnapshot(connection)
