"""What resources of all clinical rows have in common: whose, when, of which visit, which code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deid.exporters.fhir.concepts import Concepts
from deid.exporters.fhir.elements import (
    Row,
    clean,
    date_time,
    reference,
    resource_id,
    row_extension,
    written,
)

Resource = dict[str, Any]
AnyRows = Mapping[str, dict[str, str]]

UNKNOWN = {"text": "unknown"}
_SAID = frozenset({"person_id", "visit_occurrence_id", "provider_id"})
_COMPARATORS = {4171756: "<", 4171754: "<=", 4172704: ">", 4171755: ">="}


def observation_of(
    table: str, row: Row, concepts: Concepts, any_rows: AnyRows, **elements: Any
) -> Resource:
    """An Observation of a row of measurement or observation, with its value."""
    performer = reference("provider", row["provider_id"])
    return event_of(
        "Observation",
        table,
        row,
        concepts,
        any_rows,
        status="final",
        code=code_of(table, row, concepts),
        effectiveDateTime=date_time(row[f"{table}_date"], row[f"{table}_datetime"]),
        performer=[performer] if performer else None,
        **_value(row, concepts),
        **elements,
    )


def _value(row: Row, concepts: Concepts) -> Resource:
    if row["value_as_number"] is not None:
        unit = concepts.coding(row["unit_concept_id"])
        quantity = clean(
            {
                "value": row["value_as_number"],
                "comparator": _COMPARATORS.get(row.get("operator_concept_id") or 0),
                "unit": written(row["unit_source_value"]) or (unit and unit["display"]),
                "system": unit and unit["system"],
                "code": unit and unit["code"],
            }
        )
        return {"valueQuantity": quantity}
    text = written(row.get("value_as_string")) or written(row["value_source_value"])
    meant = concepts.codeable(row["value_as_concept_id"], None, text)
    if meant and "coding" in meant:
        return {"valueCodeableConcept": meant}
    return {"valueString": text} if text else {}


def code_of(stem: str, row: Row, concepts: Concepts) -> Resource:
    """What the row is about: its concepts and source value, or words that say it is unknown."""
    source = written(row[f"{stem}_source_value"])
    found = concepts.codeable(
        row[f"{stem}_concept_id"], row.get(f"{stem}_source_concept_id"), source
    )
    return found or UNKNOWN


def actors_of(row: Row) -> list[Resource] | None:
    """Who did it, as the ``performer`` of a procedure or a vaccination."""
    provider = reference("provider", row["provider_id"])
    return [{"actor": provider}] if provider else None


def event_of(
    kind: str,
    table: str,
    row: Row,
    concepts: Concepts,
    any_rows: AnyRows,
    *,
    person: str = "subject",
    encounter: str | None = "encounter",
    said: frozenset[str] = _SAID,
    also: frozenset[str] = frozenset(),
    **elements: Any,
) -> Resource:
    """A resource of a row about a person, within a visit if it has one.

    ``person`` and ``encounter`` name the elements that refer to them; ``said`` has the columns of
    references that stand in elements, ``also`` those that the extension carries in any case.
    """
    main = f"{'specimen' if table == 'specimen' else table.split('_')[0]}_concept_id"
    if main in row and row[main] and not concepts.is_standard(row[main]):
        # An import maps codes to standard concepts only.
        also |= {main}
    extension = row_extension(
        table, row, concepts, references_said=said, any_rows=any_rows, also=also
    )
    elements[person] = reference("person", row["person_id"])
    if encounter:
        elements[encounter] = reference("visit_occurrence", row["visit_occurrence_id"])
    return resource_of(kind, table, row, extension, **elements)


def resource_of(kind: str, table: str, row: Row, extension: Resource, **elements: Any) -> Resource:
    """A resource of a row by its id, with the extension that carries the rest of the row."""
    return clean(
        {
            "resourceType": kind,
            "id": resource_id(table, row[f"{table}_id"]),
            "extension": [extension],
            **elements,
        }
    )
