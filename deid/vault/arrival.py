"""Rows as they arrive for a table: read batch by batch, their columns checked."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from typing import TypeAlias

import pyarrow as pa

from deid.errors import CareCommonsError, ImportRefused
from deid.vault.rules import column_names
from deid.vault.schema import metadata

_LIKE_A_COLUMN = re.compile(r"[a-z]+(_[a-z]+)+")
PLACE = "_place"  # optional column of a dataset's table: where a row came from
TableSource: TypeAlias = pa.Table | pa.RecordBatchReader | Iterable[pa.RecordBatch]


def arriving_rows(table: str, source: TableSource) -> pa.RecordBatchReader:
    """The rows of ``source``, one batch after the other.

    Raises:
        ImportRefused: if the vault has no such table.
    """
    if table not in metadata.tables:
        near = difflib.get_close_matches(table, metadata.tables, 1)
        hint = f"; do you mean {near[0]}?" if near else ""
        raise ImportRefused(f"{table} is not a table of the vault{hint}")
    if isinstance(source, pa.RecordBatchReader):
        return source
    if isinstance(source, pa.Table):
        return source.to_reader()
    batches = iter(source)
    first = next(batches, None)
    if first is None:
        return pa.table({name: [] for name in column_names(table)}).to_reader()

    def every() -> Iterator[pa.RecordBatch]:
        yield first
        yield from batches

    return pa.RecordBatchReader.from_batches(first.schema, every())


def with_failures_kept(
    reader: pa.RecordBatchReader, failures: list[CareCommonsError]
) -> pa.RecordBatchReader:
    """``reader``, whose refusals are kept in ``failures``: DuckDB would only pass on their text."""

    def batches() -> Iterator[pa.RecordBatch]:
        try:
            yield from reader
        except CareCommonsError as error:
            failures.append(error)
            raise

    return pa.RecordBatchReader.from_batches(reader.schema, batches())


def check_columns(table: str, names: list[str]) -> tuple[str, ...]:
    """The table's columns among ``names``, in table order.

    Raises:
        ImportRefused: for a repeated, unknown or missing column. Names are told only if most are
            columns of the table: without a header, the first line is somebody's row. One that
            is not words joined by underscores may be somebody's name: its place is told.
    """
    columns = {column.name: column for column in metadata.tables[table].columns}
    arriving = [name.lower() for name in names if name != PLACE]
    if 2 * len(set(arriving) & set(columns)) < len(set(arriving)):
        raise ImportRefused(
            f"table {table}: most names of its header are no columns; has it one, with commas or "
            "tabs between them?"
        )
    unknown = [(place, name) for place, name in enumerate(arriving, 1) if name not in columns]
    if unknown:
        near = difflib.get_close_matches(unknown[0][1], columns, 1)
        hint = f"; do you mean {near[0]}?" if near else ""
        where = "in OMOP CDM v5.4 or the identity tables"
        odd = [str(place) for place, name in unknown if not _LIKE_A_COLUMN.fullmatch(name)]
        if odd:
            raise ImportRefused(
                f"table {table}: column {', '.join(odd)} of the header is no column {where}{hint}"
            )
        told = ", ".join(name for _, name in unknown)
        raise ImportRefused(f"table {table} has no column {told} {where}{hint}")
    repeated = sorted({name for name in arriving if arriving.count(name) > 1})
    if repeated:
        raise ImportRefused(f"table {table}: column {', '.join(repeated)} comes twice")
    missing = [n for n, c in columns.items() if not c.nullable and n not in arriving]
    if missing:
        raise ImportRefused(f"table {table}: required column {', '.join(missing)} is missing")
    return tuple(name for name in columns if name in arriving)
