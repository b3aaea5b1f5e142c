"""Digests of rows that do not depend on their order: what a vault's snapshot id is made of."""

from __future__ import annotations

import duckdb
import numpy as np
import pyarrow as pa

from deid.vault.rules import quoted, sql_type
from deid.vault.schema import metadata

_BATCH_ROWS = 50_000
DIGEST_MODULUS = 1 << 256


def digest_of(staging: duckdb.DuckDBPyConnection, table: str, query: str) -> int:
    """Sum of the SHA-256 of the rows of ``query``, modulo 2^256: the order does not matter."""
    reader: pa.RecordBatchReader = staging.sql(
        f"SELECT unhex(sha256({row_text(table)})) AS h FROM ({query})"
    ).to_arrow_reader(_BATCH_ROWS)
    total = 0
    for batch in reader:
        if batch.num_rows:
            array = batch.column(0).cast(pa.binary(32))
            words = np.frombuffer(
                array.buffers()[1], dtype=">u4", count=8 * batch.num_rows, offset=32 * array.offset
            ).reshape(-1, 8)
            sums = words.astype(np.uint64).sum(axis=0)
            total += sum(int(word) << (32 * (7 - place)) for place, word in enumerate(sums))
    return total % DIGEST_MODULUS


def row_text(table: str) -> str:
    """SQL that writes a row as one text: its columns in table order.

    Text is preceded by its length and a missing value is marked, so that no two different rows are
    written alike.
    """
    parts = []
    for column in metadata.tables[table].columns:
        name = quoted(column.name)
        text = f"CAST({name} AS VARCHAR)"
        if sql_type(column) == "DOUBLE":  # SQLite keeps no sign of zero
            text = f"CASE WHEN {name} = 0 THEN '0.0' ELSE {text} END"
        if sql_type(column) == "VARCHAR":
            text = f"length({text}) || ':' || {text}"
        parts.append(f"coalesce({text}, '~')")
    return f"concat_ws(chr(31), {', '.join(parts)})"
