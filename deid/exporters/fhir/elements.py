"""Pieces of resources: ids, references, dates, and the extension that carries what is left."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from deid.exporters.fhir.concepts import Concepts
from deid.importers.fhir.restoring import ANY_ROW, CARRIED, ROW
from deid.vault.rules import column_names, concept_columns, has_row_id, key_columns, references

Row = Mapping[str, Any]
# The resource type that carries the rows of a table; where several do, by the row.
TYPE_OF: dict[str, str] = {
    "person": "Patient",
    "provider": "Practitioner",
    "care_site": "Organization",
    "household": "Group",
    "visit_occurrence": "Encounter",
    "condition_occurrence": "Condition",
    "measurement": "Observation",
    "procedure_occurrence": "Procedure",
    "device_exposure": "DeviceUseStatement",
    "specimen": "Specimen",
    "note": "DocumentReference",
    "relative": "RelatedPerson",
    "payer_plan_period": "Coverage",
}
_SMALL = 1 << 31  # FHIR's integers have 32 bits


def resource_id(table: str, row_id: int) -> str:
    """The id of a row's resource: ``drug-exposure-17``."""
    return f"{table.replace('_', '-')}-{row_id}"


def reference(table: str, row_id: int | None, kind: str | None = None) -> dict[str, str] | None:
    """A reference to the resource of a row."""
    if row_id is None:
        return None
    return {"reference": f"{kind or TYPE_OF.get(table, 'Basic')}/{resource_id(table, row_id)}"}


def clean(resource: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is empty: FHIR has no null."""
    return {k: v for k, v in resource.items() if v is not None and v != [] and v != {} and v != ""}


def date_time(day: dt.date | None, time: dt.datetime | None) -> str | None:
    """A day, or its time on the wall clock of the place of care, whose offset is not known.

    RFC 3339 writes an unknown offset ``-00:00``.
    """
    if time is not None:
        return f"{time.isoformat()}-00:00"
    return day.isoformat() if day is not None else None


def period(row: Row, stem: str) -> dict[str, Any] | None:
    """A Period of the four columns that begin with a stem."""
    found = clean(
        {
            "start": date_time(row[f"{stem}_start_date"], row.get(f"{stem}_start_datetime")),
            "end": date_time(row[f"{stem}_end_date"], row.get(f"{stem}_end_datetime")),
        }
    )
    return found or None


def written(text: str | None) -> str | None:
    """A text that FHIR takes as a string: not blank, no control characters."""
    if text is None or not text.strip():
        return None
    return text if all(sign >= " " or sign in "\r\n\t" for sign in text) else None


def row_extension(
    table: str,
    row: Row,
    concepts: Concepts,
    *,
    references_said: frozenset[str] = frozenset(),
    any_rows: Mapping[str, dict[str, str]] | None = None,
    also: frozenset[str] = frozenset(),
) -> dict[str, Any]:
    """All that a row says beside the elements of its resource.

    ``references_said`` are foreign keys that elements say; ``any_rows`` the references of columns
    that may mean a row of several tables; ``also`` columns that an element cannot say exactly.
    """
    parts: list[dict[str, Any]] = []
    targets = {r.column: r.table for r in references(table)}
    skip = (CARRIED.get(table, frozenset()) - also) | references_said | ANY_ROW
    if has_row_id(table) or table in {"death", "person_identity"}:
        skip |= set(key_columns(table))
    concept_names = set(concept_columns(table))
    for name in column_names(table):
        value = row.get(name)
        if value is None or name in skip:
            continue
        if name in targets:
            target = reference(targets[name], value)
            assert target is not None
            parts.append({"url": name, "valueReference": target})
        elif name in concept_names and concepts.is_local(value):
            coding = concepts.coding(value)
            if coding:
                parts.append({"url": name, "valueCoding": coding})
        else:
            said = _value(value)
            if said:
                parts.append({"url": name, **said})
    parts += [{"url": name, "valueReference": ref} for name, ref in (any_rows or {}).items()]
    # FHIR has no empty extension; that there is one says that all other columns are empty.
    return {"url": ROW + table, **({"extension": parts} if parts else {"valueBoolean": True})}


def _value(value: Any) -> dict[str, Any] | None:
    if isinstance(value, bool):
        return {"valueBoolean": value}
    if isinstance(value, int):
        return {"valueInteger": value} if abs(value) < _SMALL else {"valueDecimal": value}
    if isinstance(value, float):
        return {"valueDecimal": value}
    if isinstance(value, dt.datetime):
        return {"valueDateTime": date_time(None, value)}
    if isinstance(value, dt.date):
        return {"valueDate": value.isoformat()}
    text = written(value)
    return None if text is None else {"valueString": text}
