"""Turns rows of OMOP CDM v5.4 tables into events, visits and notes of a record.

A dataset may name an event by its standard concept, by its source concept or by its source value
only: the first of these that gives a name is used and remembered as the name's column.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from casebank.record import Event, Note, Visit

# What datasets write where they have no value.
NO_VALUE = frozenset({"", "no matching concept", "none", "null", "nan"})


@dataclass(frozen=True)
class EventTable:
    """How a clinical table of OMOP CDM v5.4 names its columns."""

    name: str
    key: str
    concept: str
    start: str
    end: str | None = None

    @property
    def row_id(self) -> str:
        """Name of the primary key."""
        return f"{self.name}_id"

    @property
    def source_concept(self) -> str:
        """Name of the column with the concept of the source's own vocabulary."""
        return f"{self.key}_source_concept_id"

    @property
    def source_value(self) -> str:
        """Name of the column with the source's own code or name."""
        return f"{self.key}_source_value"


EVENT_TABLES = (
    EventTable(
        "condition_occurrence",
        "condition",
        "condition_concept_id",
        "condition_start_date",
        "condition_end_date",
    ),
    EventTable(
        "drug_exposure",
        "drug",
        "drug_concept_id",
        "drug_exposure_start_date",
        "drug_exposure_end_date",
    ),
    EventTable("measurement", "measurement", "measurement_concept_id", "measurement_date"),
    EventTable("observation", "observation", "observation_concept_id", "observation_date"),
    EventTable("procedure_occurrence", "procedure", "procedure_concept_id", "procedure_date"),
    EventTable(
        "device_exposure",
        "device",
        "device_concept_id",
        "device_exposure_start_date",
        "device_exposure_end_date",
    ),
)


@dataclass(frozen=True)
class Naming:
    """Names, vocabularies and codes of concepts.

    ``shown`` is in the language of the case, ``other`` in the other one.
    """

    names: dict[int, str]
    shown: dict[int, str]
    other: dict[int, str]
    chinese: dict[int, str]
    vocabularies: dict[int, str]
    codes: dict[int, str]

    def unit(self, row: dict[str, Any]) -> str:
        """The source's own unit, or the unit concept's UCUM code, or its name."""
        concept = row.get("unit_concept_id") or 0
        if row.get("unit_source_value"):
            return row["unit_source_value"]
        if self.vocabularies.get(concept) == "UCUM" and self.codes.get(concept):
            return self.codes[concept]
        return self.names.get(concept, "")


def first_name(
    row: dict[str, Any], columns: Iterable[str], names: dict[int, str]
) -> tuple[str, str, int]:
    """The first of ``columns`` whose concept has a name: name, column, concept."""
    for column in columns:
        concept = row.get(column) or 0
        if concept in names:
            return names[concept], column, concept
    return "", "", 0


def events_of(
    table: EventTable,
    rows: list[dict[str, Any]],
    naming: Naming,
    unnamed: dict[str, int],
) -> list[Event]:
    """Rows of a clinical table as events; rows without any name are counted in ``unnamed``."""
    events = []
    names = naming.names
    for row in rows:
        name, column, concept = first_name(row, (table.concept, table.source_concept), names)
        if not name and (row[table.source_value] or "").strip():
            name, column = row[table.source_value].strip(), table.source_value
        if not name:
            unnamed[table.name] = unnamed.get(table.name, 0) + 1
            continue
        end = row.get(table.end) if table.end else None
        value_text, value_column = _value_text(row, names)
        events.append(
            Event(
                table=table.name,
                row_id=row[table.row_id],
                concept_id=concept,
                name=name,
                name_column=column,
                start=row[table.start],
                start_column=table.start,
                end=end if end is not None and end >= row[table.start] else None,
                visit_id=row["visit_occurrence_id"],
                value=row.get("value_as_number"),
                unit=naming.unit(row),
                value_text=value_text,
                value_column=value_column,
                vocabulary=naming.vocabularies.get(concept, ""),
                shown_name=naming.shown.get(concept, name),
                names=tuple(n for n in (name, naming.chinese.get(concept, "")) if n),
                shown_value=_value_text(row, naming.shown)[0],
                detail=(row.get("sig") or "").strip(),
                other_name=naming.other.get(concept, ""),
                other_value=_value_text(row, naming.other)[0],
            )
        )
    return events


def _value_text(row: dict[str, Any], names: dict[int, str]) -> tuple[str, str]:
    """A value in words and the column that holds it; a number's column with no words."""
    if row.get("value_as_number") is not None:
        return "", "value_as_number"
    coded = names.get(row.get("value_as_concept_id") or 0, "")
    if coded and coded.casefold() != "no matching concept":
        # What is coded and has words beside it: a disease of the family, and whose it is.
        words = (row.get("value_as_string") or "").strip()
        aside = f" ({words})" if words.casefold() not in {*NO_VALUE, coded.casefold()} else ""
        return coded + aside, "value_as_concept_id"
    for column in ("value_as_string", "value_source_value"):
        text = (row.get(column) or "").strip()
        if text.casefold() not in NO_VALUE:
            return text, column
    return "", ""


def visit_of(row: dict[str, Any], names: dict[int, str]) -> Visit:
    """A row of visit_occurrence; one without an end, or with an end before it, lasts a day."""
    start = row["visit_start_date"]
    end = row["visit_end_date"]
    name, _, _ = first_name(row, ("visit_concept_id", "visit_source_concept_id"), names)
    return Visit(
        row["visit_occurrence_id"], start, end if end is not None and end >= start else start, name
    )


def event_order(event: Event) -> tuple[date, str, str, int]:
    """Row ids are pseudonyms, so that within a day the name makes a better order."""
    return event.start, event.table, event.name.casefold(), event.row_id


def visit_order(visit: Visit) -> tuple[date, int]:
    """By day, then id."""
    return visit.start, visit.visit_id


def note_of(row: dict[str, Any]) -> Note:
    """A row of note."""
    return Note(
        note_id=row["note_id"],
        day=row["note_date"],
        title=(row["note_title"] or "").strip(),
        text=row["note_text"],
        visit_id=row["visit_occurrence_id"],
    )
