"""What stands behind a datum: the rows of the release that it rests on, for the case's author.

Of the person's own rows every released column is shown; of a relative's rows only the columns that
the datum uses. The text of a note is given around the sentence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from casebank.errors import RecordNotFound
from casebank.model import Case, Source
from casebank.reader import RecordReader
from deid.release import Release

AROUND = 600
"""Characters of a note that are shown on each side of a sentence."""


@dataclass(frozen=True)
class Cell:
    """One column of a row, with its meaning and how the release treats it.

    ``name`` is the concept's where the value is one; ``used`` says that the datum rests on it.
    """

    column: str
    meaning: str
    treatment: str
    value: str
    name: str
    used: bool


@dataclass(frozen=True)
class SourceRow:
    """A row of the release; for a note the text before, of and after the sentence."""

    table: str
    meaning: str
    own: bool
    cells: tuple[Cell, ...]
    before: str = ""
    here: str = ""
    after: str = ""


def source_rows(release: Release, case: Case, datum: str) -> tuple[SourceRow, ...]:
    """The rows behind a datum, in the order of its sources.

    Raises:
        RecordNotFound: if the case comes from another release or has no such datum.
    """
    if case.sources is None or case.sources.release != release.name:
        raise RecordNotFound("the case comes from another release")
    sources = case.sources.data.get(datum)
    if not sources:
        raise RecordNotFound("the case has no such datum")
    rows: dict[tuple[str, int], list[Source]] = {}
    for source in sources:
        rows.setdefault((source.table, source.row_id), []).append(source)
    found = []
    with RecordReader(release) as reader:
        for (table, row_id), uses in rows.items():
            held = _row(reader, table, row_id)
            if held is not None:
                own = held.get("person_id") == case.sources.person_id
                found.append(_source_row(release, reader, table, held, uses, own))
    return tuple(found)


def _source_row(
    release: Release,
    reader: RecordReader,
    table: str,
    held: Mapping[str, Any],
    uses: list[Source],
    own: bool,
) -> SourceRow:
    used = {source.column for source in uses}
    entries = {entry.name: entry for entry in release.dictionary.of_table(table)}
    span = next((source for source in uses if source.end is not None), None)
    names = _names(reader, held)
    cells = tuple(
        Cell(
            column,
            entries[column].meaning if column in entries else "",
            entries[column].treatment if column in entries else "",
            str(value),
            names.get(column, ""),
            column in used,
        )
        for column, value in held.items()
        if value not in {None, "", 0}
        and (own or column in used)
        and not (span is not None and column == span.column)
        and column != "person_id"
    )
    meaning = release.dictionary.tables.get(table, "")
    if span is None or not own:
        return SourceRow(table, meaning, own, cells)
    text = str(held.get(span.column) or "")
    start, end = span.start or 0, span.end or 0
    before, after = text[max(0, start - AROUND) : start], text[end : end + AROUND]
    return SourceRow(table, meaning, own, cells, before, text[start:end], after)


def _row(reader: RecordReader, table: str, row_id: int) -> dict[str, Any] | None:
    key = "person_id" if table in {"person", "death"} else f"{table}_id"
    if not reader.has(table, key):
        return None
    cursor = reader.connection.execute(f'SELECT * FROM "{table}" WHERE "{key}" = ?', [row_id])
    columns = [column[0] for column in cursor.description]
    held = cursor.fetchone()
    return None if held is None else dict(zip(columns, held, strict=True))


def _names(reader: RecordReader, held: Mapping[str, Any]) -> dict[str, str]:
    """Names of the concepts in a row, by column."""
    if not reader.has("concept", "concept_id", "concept_name"):
        return {}
    concepts = {
        column: int(value)
        for column, value in held.items()
        if column.endswith("concept_id") and value and str(value).isdigit()
    }
    if not concepts:
        return {}
    found = dict(
        reader.connection.execute(
            "SELECT concept_id::BIGINT, concept_name FROM concept "
            "WHERE concept_id IN (SELECT unnest(?::BIGINT[]))",
            [sorted(set(concepts.values()))],
        ).fetchall()
    )
    return {column: found[value] for column, value in concepts.items() if value in found}


def treatments_of(release: Release, case: Case) -> tuple[tuple[str, str, int], ...]:
    """How the release treated what the case shows: table and column, treatment, number of data."""
    if case.sources is None:
        return ()
    treatment = {(one.table, one.name): one.treatment for one in release.dictionary.columns}
    counts: dict[tuple[str, str], set[str]] = {}
    for datum, sources in case.sources.data.items():
        for source in sources:
            counts.setdefault((source.table, source.column), set()).add(datum)
    return tuple(
        (f"{table}.{column}", treatment.get((table, column), ""), len(data))
        for (table, column), data in sorted(counts.items())
    )
