"""Scans the written release for every identifier of the vault."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from deid.risk.identifiers import IdentifierIndex
from deid.structured.expressions import quoted
from deid.structured.layout import LAYOUTS, LOCAL_CONCEPT_FLOOR, RowKind
from deid.structured.queries import one_row

_BATCH = 2_000
_WHOLE_TEXT = ("note", "note_text")


@dataclass(frozen=True)
class LeakScan:
    """What was found, by ``table.column: kind``; rows and people are counted, never shown.

    ``strong`` are leaks. ``own_names`` are notes in which a single name of the very person they are
    about was kept: a leak, or an ordinary word. ``ambiguous`` are such words of other people, names
    of places, and surrogates that happen to be a name of the person.
    """

    values_read: int
    notes_read: int
    forms: int
    strong: Mapping[str, int] = field(default_factory=dict)
    own_names: int = 0
    ambiguous: int = 0

    @property
    def leaks(self) -> int:
        """Number of strong hits."""
        return sum(self.strong.values())

    @property
    def own_names_share(self) -> float | None:
        """Share of the notes with a name of their own person; None without notes."""
        return self.own_names / self.notes_read if self.notes_read else None


def scan_release(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    index: IdentifierIndex,
    public_concepts: Sequence[int] = (),
    kept_text: str | None = None,
) -> LeakScan:
    """Look for every identifier of ``index`` in the Parquet files under ``folder``.

    Distinct values are read from each text column, whole notes from ``note_text``, and whole
    numbers from numeric result columns. Standard vocabulary is public and is not read; local
    concepts are, except ``public_concepts``, which come with the software. ``kept_text`` names a
    table of ``connection`` with ``note_id`` and ``kept``, the part of each note that was not
    replaced; without it, surrogates count as own names as well.
    """
    strong: Counter[str] = Counter()
    values = own = ambiguous = notes = 0
    for table in sorted(path.name for path in folder.iterdir() if path.is_dir()):
        files = str(folder / table / "*.parquet")
        schema = pq.read_schema(sorted((folder / table).glob("*.parquet"))[0])
        for name in schema.names:
            kind = str(schema.field(name).type)
            if (table, name) == _WHOLE_TEXT:
                result = _scan_notes(connection, files, index, kept_text)
                notes, own = result[0], result[1]
                ambiguous += result[2]
                strong.update(result[3])
            elif kind == "string":
                for value in _distinct_texts(connection, table, name, files, public_concepts):
                    values += 1
                    for hit in index.find(value):
                        if hit.strong:
                            strong[f"{table}.{name}: {hit.kind}"] += 1
                        else:
                            ambiguous += 1
            elif kind == "double" and index.whole_numbers:
                found = _whole_numbers(connection, files, name, index)
                if found:
                    strong[f"{table}.{name}: number"] += found
    return LeakScan(values, notes, len(index), dict(sorted(strong.items())), own, ambiguous)


def _scan_notes(
    connection: duckdb.DuckDBPyConnection,
    files: str,
    index: IdentifierIndex,
    kept_text: str | None,
) -> tuple[int, int, int, Counter[str]]:
    notes = own = ambiguous = 0
    strong: Counter[str] = Counter()
    reader = connection.cursor()
    reader.execute(
        f"SELECT n.person_id, n.note_text, k.kept FROM read_parquet($1) n "
        f"LEFT JOIN {quoted(kept_text)} k USING (note_id)"
        if kept_text
        else "SELECT person_id, note_text, note_text FROM read_parquet($1)",
        [files],
    )
    while rows := reader.fetchmany(_BATCH):
        for person_id, text, kept in rows:
            notes += 1
            for hit in index.find(text or ""):
                if hit.strong:
                    strong[f"note.note_text: {hit.kind}"] += 1
                else:
                    ambiguous += 1
            names = sum(
                hit.kind == "name" and person_id in hit.people for hit in index.find(kept or "")
            )
            own += names > 0
            ambiguous -= names
    return notes, own, ambiguous, strong


def _distinct_texts(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    column: str,
    files: str,
    public_concepts: Sequence[int],
) -> list[str]:
    layout = LAYOUTS.get(table)
    where = f"{quoted(column)} IS NOT NULL"
    parameters: list[object] = [files]
    if layout is not None and layout.kind is RowKind.VOCABULARY:
        if layout.key[0] != "concept_id":
            return []
        where += f" AND concept_id >= {LOCAL_CONCEPT_FLOOR} AND NOT list_contains($2, concept_id)"
        parameters.append(list(public_concepts))
    rows = connection.execute(
        f"SELECT DISTINCT {quoted(column)} FROM read_parquet($1) WHERE {where}", parameters
    ).fetchall()
    return [row[0] for row in rows]


def _whole_numbers(
    connection: duckdb.DuckDBPyConnection, files: str, column: str, index: IdentifierIndex
) -> int:
    row = one_row(
        connection,
        f"SELECT count(*) FROM read_parquet($1) WHERE {quoted(column)} >= 1e6 AND "
        f"list_contains($2, {quoted(column)})",
        [files, [float(number) for number in index.whole_numbers]],
    )
    return int(row[0])
