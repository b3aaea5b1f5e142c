"""Writes a population to a folder, batch by batch: memory holds one batch, whatever its size."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import IO

import pyarrow as pa
from pyarrow import parquet

from deid.synth.notes import GoldNote
from deid.synth.people import LOCALES, Locale
from deid.synth.population import BATCH_RESIDENTS, generate_batches

GOLD = "gold.jsonl"


@dataclass(frozen=True)
class Spool:
    """A population on disk: one Parquet file a vault table, and the gold spans of its notes."""

    folder: Path
    tables: tuple[str, ...]
    notes: int

    def path(self, table: str) -> Path:
        """File of a table."""
        return self.folder / f"{table}.parquet"

    def batches(self, table: str) -> Iterator[pa.RecordBatch]:
        """Rows of a table in the order of their keys."""
        with parquet.ParquetFile(self.path(table)) as file:
            yield from file.iter_batches()

    @property
    def gold(self) -> Path:
        """JSON Lines, one note each: ``{"id", "text", "spans": [{"start", "end", "type"}]}``."""
        return self.folder / GOLD


def spool_population(
    folder: Path,
    residents: int,
    seed: int,
    locales: Sequence[Locale] = LOCALES,
    *,
    until: date,
    size: int = BATCH_RESIDENTS,
) -> Spool:
    """Generate a population into an existing, empty folder; the same arguments, the same bytes.

    Raises:
        ValueError: as :func:`deid.synth.generate`.
    """
    notes = 0
    with ExitStack() as stack:
        writers: dict[str, parquet.ParquetWriter] = {}
        gold = stack.enter_context(private_file(folder / GOLD))
        for batch in generate_batches(residents, seed, locales, today=until, size=size):
            for name, rows in batch.tables.items():
                if name not in writers:
                    path = folder / f"{name}.parquet"
                    writers[name] = stack.enter_context(
                        parquet.ParquetWriter(path, rows.schema, compression="zstd")
                    )
                writers[name].write_table(rows)
            notes += len(batch.notes)
            for note in batch.notes:
                gold.write(_line(note))
    return Spool(folder, tuple(sorted(writers)), notes)


def private_file(path: Path) -> IO[str]:
    """A new text file that only its owner can read."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    return os.fdopen(descriptor, "w", encoding="utf-8", newline="")


def _line(note: GoldNote) -> str:
    return json.dumps(note.as_json(), ensure_ascii=False) + "\n"
