"""Which tables and columns of a release may be asked for, and a choice of them that was checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from cohorts.errors import SelectionError
from cohorts.identifiers import (
    REFERRED_TABLES,
    RELATIONSHIP_TABLE,
    VOCABULARY_TABLES,
    is_deliverable,
)
from deid.release import BIRTH_YEARS, Release

COHORT_TABLE: Final = "cohort"


class RowsOf(StrEnum):
    """What decides which rows of a table are delivered."""

    VOCABULARY = "vocabulary"
    REFERRED = "referred"
    RELATIONSHIP = "relationship"
    PERSON = "person"


@dataclass(frozen=True)
class Selection:
    """Tables and columns to deliver, checked against a release.

    ``tables`` maps a table to its columns in the release's order.
    """

    tables: Mapping[str, tuple[str, ...]]


def rows_of(table: str, columns: Sequence[str]) -> RowsOf | None:
    """What decides the rows of a table; ``None`` for a table that is never delivered."""
    if table in VOCABULARY_TABLES:
        return RowsOf.VOCABULARY
    if table in REFERRED_TABLES:
        return RowsOf.REFERRED
    if table == RELATIONSHIP_TABLE:
        return RowsOf.RELATIONSHIP
    # The release's own cohort table, if any, holds other studies' people.
    return RowsOf.PERSON if "person_id" in columns and table != COHORT_TABLE else None


def deliverable_columns(release: Release) -> dict[str, tuple[str, ...]]:
    """Everything that may be asked for from a release: ``{table: columns}``.

    The bands of the years of birth stay behind: the gate of an extract measures OMOP columns.
    """
    tables = {}
    for table in release.tables:
        names = tuple(name for name, _ in release.manifest.tables[table].columns)
        if table == BIRTH_YEARS or rows_of(table, names) is None:
            continue
        tables[table] = tuple(name for name in names if is_deliverable(table, name))
    return tables


def check_selection(release: Release, wanted: Mapping[str, Sequence[str] | None]) -> Selection:
    """Check a choice of tables and columns; ``None`` stands for all deliverable columns of a table.

    ``person_id`` is added where the release has it, and ``concept`` (restricted to the concepts
    that occur) whenever the release has it, so that codes can be read.

    Raises:
        SelectionError: naming the table or column that is not in the release or never delivered.
    """
    possible = deliverable_columns(release)
    tables: dict[str, tuple[str, ...]] = {}
    for table, columns in wanted.items():
        if table not in possible:
            raise SelectionError(f"table {table} cannot be delivered from release {release.name}")
        chosen = set(possible[table] if columns is None else columns)
        for column in sorted(chosen - set(possible[table])):
            raise SelectionError(
                f"column {table}.{column} cannot be delivered from release {release.name}"
            )
        if "person_id" in possible[table]:
            chosen.add("person_id")
        if table in REFERRED_TABLES:
            chosen.add(REFERRED_TABLES[table])
        tables[table] = tuple(column for column in possible[table] if column in chosen)
    if not any("person_id" in columns for columns in tables.values()):
        raise SelectionError("no table with people was chosen")
    if "concept" in possible and "concept" not in tables:
        tables["concept"] = possible["concept"]
    return Selection(dict(sorted(tables.items())))


def empty_columns(release: Release) -> frozenset[tuple[str, str]]:
    """The columns of a release that hold no value in any row, as ``(table, column)``."""
    return frozenset(
        (entry.table, entry.name) for entry in release.dictionary.columns if entry.completeness == 0
    )
