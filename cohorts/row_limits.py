"""Rows of an extract chosen by concept: of a table, only those that concept sets of the cohort's
definition stand for.

The sets are those of the definition that is approved, so what is delivered is fixed with it. Rows
are judged by the main concept of their table (:data:`cohorts.column_uses.MAIN_CONCEPTS`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from cohorts.column_uses import MAIN_CONCEPTS
from cohorts.concepts import resolve_concept_set
from cohorts.errors import SelectionError
from cohorts.model import CohortDefinition, walk_criteria
from cohorts.schema import CRITERIA_TABLES
from deid.release import Release

Chosen = Mapping[str, Sequence[int]]
"""Ids of concept sets by table; a table that is not in it is delivered with every concept."""


@dataclass(frozen=True)
class RowLimit:
    """The concepts that a row of a table may have, and the names of their sets."""

    column: str
    names: tuple[str, ...]
    concepts: tuple[int, ...]

    def __str__(self) -> str:
        return limit_in_words(self.names)


def limit_in_words(names: Sequence[str]) -> str:
    """Which rows are delivered: ``only rows of “A” and “B”``."""
    quoted = [f"“{name}”" for name in names]
    *first, last = quoted
    return f"only rows of {', '.join(first)} and {last}" if first else f"only rows of {last}"


def set_names(definition: CohortDefinition | None) -> dict[int, str]:
    """The concept sets that rows can be chosen by, in the definition's order."""
    sets = definition.concept_sets if definition is not None else ()
    return {entry.id: entry.name or f"concept set {entry.id}" for entry in sets}


def faults_of(
    chosen: Chosen, columns: Mapping[str, Sequence[str]], definition: CohortDefinition | None
) -> Iterator[str]:
    """What keeps a choice of rows from being carried out, as ends of "cannot be delivered: …"."""
    known = set_names(definition)
    for table, sets in chosen.items():
        if table not in columns:
            continue
        column = MAIN_CONCEPTS.get(table)
        if column is None:
            yield f"rows of {table} have no concept to be chosen by"
        elif column not in columns[table]:
            yield f"rows of {table} are chosen by {column}: ask for that column, too"
        for number in sets:
            if number not in known:
                yield f"the cohort's definition has no concept set {number} for rows of {table}"


def row_limits(
    release: Release,
    definition: CohortDefinition | None,
    chosen: Chosen,
    columns: Mapping[str, Sequence[str]],
) -> dict[str, RowLimit]:
    """The concepts of each limited table, as the release's vocabulary has them.

    Raises:
        SelectionError: if a choice cannot be carried out, or stands for no concept here.
    """
    for fault in faults_of(chosen, columns, definition):
        raise SelectionError(fault)
    names = set_names(definition)
    items = {entry.id: entry.items for entry in definition.concept_sets} if definition else {}
    limits: dict[str, RowLimit] = {}
    for table, sets in chosen.items():
        if not sets or table not in columns:
            continue
        concepts = {
            concept for number in sets for concept, _ in resolve_concept_set(release, items[number])
        }
        words = limit_in_words([names[number] for number in sets])
        if not concepts:
            raise SelectionError(f"{table}, {words}: release {release.name} has no such concept")
        limits[table] = RowLimit(
            MAIN_CONCEPTS[table],
            tuple(names[number] for number in sets),
            tuple(sorted(concepts)),
        )
    return limits


def sets_read(definition: CohortDefinition | None) -> dict[str, tuple[int, ...]]:
    """For each table the concept sets by which the definition's criteria look for its rows.

    A table of which any criterion takes every concept is left out: it is read whole.
    """
    found: dict[str, set[int]] = {}
    whole: set[str] = set()
    for _, kind, body in walk_criteria(definition.expression) if definition else ():
        table = CRITERIA_TABLES.get(kind, "")
        if table not in MAIN_CONCEPTS:
            continue
        if isinstance(body.get("CodesetId"), int):
            found.setdefault(table, set()).add(body["CodesetId"])
        else:
            whole.add(table)
    return {
        table: tuple(sorted(sets)) for table, sets in sorted(found.items()) if table not in whole
    }
