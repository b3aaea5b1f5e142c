"""What a Care Commons export says of a row beside what FHIR has elements for.

``docs/fhir.md`` describes the extensions. Columns that no element carries travel in one extension,
a part for each; a row that no resource type can carry travels as a ``Basic``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from deid.errors import ImportRefused
from deid.importers.fhir.bundles import Resource
from deid.importers.fhir.times import moment
from deid.vault.arrow import arrow_schema
from deid.vault.rules import column_names, has_row_id, key_columns, references
from deid.vault.schema import metadata

if TYPE_CHECKING:
    from deid.importers.fhir.context import Gathering

ROW = "urn:carecommons:omop:"
TABLE = "urn:carecommons:omop-table"
HOUSEHOLD = "household"


# Columns that refer to a row of one of several tables.
ANY_ROW = frozenset(
    {
        "cost_event_id",
        "event_id",
        "fact_id_1",
        "fact_id_2",
        "measurement_event_id",
        "note_event_id",
        "observation_event_id",
    }
)
# Columns that elements of FHIR say exactly. Of all others, an export's extension is the only
# word: a column that it does not name is empty.
CARRIED: Mapping[str, frozenset[str]] = {
    table: frozenset(columns.split())
    for table, columns in {
        "condition_occurrence": "condition_concept_id condition_start_date "
        "condition_start_datetime condition_end_date condition_end_datetime",
        "contact": "value",
        "death": "death_date death_datetime",
        "device_exposure": "device_concept_id device_exposure_start_date "
        "device_exposure_start_datetime",
        "drug_exposure": "drug_concept_id drug_exposure_start_date drug_exposure_start_datetime",
        "identifier": "kind system value",
        "measurement": "measurement_concept_id measurement_date measurement_datetime "
        "value_as_number range_low range_high",
        "note": "note_date note_datetime note_text",
        "observation": "observation_concept_id observation_date observation_datetime "
        "value_as_number",
        "payer_plan_period": "payer_plan_period_start_date payer_plan_period_end_date",
        "person": "year_of_birth month_of_birth day_of_birth",
        "person_identity": "family_name given_name full_name other_names language",
        "procedure_occurrence": "procedure_concept_id procedure_date procedure_datetime "
        "procedure_end_date procedure_end_datetime",
        "relative": "full_name phone relationship",
        "specimen": "specimen_concept_id specimen_date specimen_datetime",
        "visit_occurrence": "visit_start_date visit_start_datetime visit_end_date "
        "visit_end_datetime",
    }.items()
}


def restored(gathered: Gathering, element: Mapping[str, Any], table: str) -> dict[str, Any]:
    """Columns of a row of ``table`` that the export's extension of an element gives.

    Raises:
        ImportRefused: if a part of the extension has not its column's type.
    """
    said = next((e for e in element.get("extension", []) if e.get("url") == ROW + table), None)
    if said is None:
        return {}
    readers = _readers(table)
    carried = CARRIED.get(table, frozenset())
    columns: dict[str, Any] = {name: None for name in readers if name not in carried}
    targets = {reference.column: reference.table for reference in references(table)}
    for part in said.get("extension", []):
        name = str(part.get("url"))
        if "valueReference" in part and name in column_names(table) and name != "person_id":
            target = gathered.links.find_fact(part["valueReference"], targets.get(name))
            columns[name] = target
            if target is None and name in _may_come_later(table):
                gathered.open_references.add(table)  # that row may come later
            elif target is None:
                gathered.leave_out(f"{table}.{name}", "the row that it refers to is not there")
        elif "valueCoding" in part and name in readers:
            columns[name] = gathered.codes.local(part["valueCoding"])
        elif name in readers:
            value = next((v for k, v in part.items() if k.startswith("value")), None)
            try:
                columns[name] = readers[name](value)
            except (TypeError, ValueError):
                raise ImportRefused(
                    f"extension {ROW}{table}: {name} has not the column's type"
                ) from None
    return columns


def later_references(gathered: Gathering, resource: Resource, table: str) -> dict[str, int | None]:
    """Rows that the export's extension of a row of ``table`` refers to, now that all are loaded."""
    elements = [resource, *resource.get("condition", [])]
    targets = {reference.column: reference.table for reference in references(table)}
    return {
        part["url"]: gathered.links.find_fact(part["valueReference"], targets.get(part["url"]))
        for element in elements
        for said in element.get("extension", [])
        if said.get("url") == ROW + table
        for part in said.get("extension", [])
        if part.get("url") in _may_come_later(table) and "valueReference" in part
    }


@cache
def _may_come_later(table: str) -> frozenset[str]:
    """Columns that may refer to rows which are not loaded when their referrer is mapped."""
    if not has_row_id(table):
        return frozenset()
    own = {reference.column for reference in references(table) if reference.table == table}
    return frozenset((own | ANY_ROW) & set(column_names(table)))


def table_said(element: Mapping[str, Any]) -> str | None:
    """The clinical table that the export's extension of an element names."""
    for extension in element.get("extension", []):
        name = str(extension.get("url", ""))
        if name.startswith(ROW) and name.removeprefix(ROW) in metadata.tables:
            return name.removeprefix(ROW)
    return None


def table_of(basic: Resource) -> str | None:
    """The table whose row a ``Basic`` carries; None if it is not of an export of ours."""
    for coding in basic["code"].get("coding", []):
        if coding.get("system") == TABLE:
            return str(coding.get("code"))
    return None


def is_household(group: Resource) -> bool:
    """Whether a ``Group`` is a household of an export of ours."""
    codings = (group.get("code") or {}).get("coding", [])
    return any(c.get("system") == TABLE and c.get("code") == HOUSEHOLD for c in codings)


@cache
def _readers(table: str) -> Mapping[str, Callable[[Any], Any]]:
    """How columns are read that are no keys: which row is meant, only references say."""
    readers: dict[str, Callable[[Any], Any]] = {}
    keys = {reference.column for reference in references(table)} | ANY_ROW
    if has_row_id(table):
        keys |= set(key_columns(table))
    for field in arrow_schema(table):
        if field.name in keys:
            continue
        if pa.types.is_date(field.type):
            readers[field.name] = _day
        elif pa.types.is_timestamp(field.type):
            readers[field.name] = _time
        elif pa.types.is_floating(field.type):
            readers[field.name] = lambda value: None if value is None else float(value)
        elif pa.types.is_integer(field.type):
            readers[field.name] = lambda value: None if value is None else int(value)
        else:
            readers[field.name] = lambda value: value
    return readers


def _day(value: Any) -> dt.date | None:
    found = moment(value)
    return found.date if found else None


def _time(value: Any) -> dt.datetime | None:
    found = moment(value)
    return found.time if found else None
