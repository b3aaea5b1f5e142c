"""What a Care Commons export says of a row beside what FHIR has elements for.

``docs/fhir.md`` describes the extensions. Columns that no element carries travel in one extension,
a part for each; a row that no resource type can carry travels as a ``Basic``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import pyarrow as pa

from deid.errors import ImportRefused
from deid.importers.fhir.bundles import Resource
from deid.importers.fhir.times import moment
from deid.vault.arrow import arrow_schema
from deid.vault.rules import key_columns, references
from deid.vault.schema import metadata

ROW = "urn:carecommons:omop:"
TABLE = "urn:carecommons:omop-table"
HOUSEHOLD = "household"


def restored(element: Mapping[str, Any], table: str) -> dict[str, Any]:
    """Columns of a row of ``table`` that the export's extension of an element gives."""
    columns: dict[str, Any] = {}
    for extension in element.get("extension", []):
        if extension.get("url") != ROW + table:
            continue
        readers = _readers(table)
        for part in extension.get("extension", []):
            name = part.get("url")
            if name in readers:
                value = next((v for k, v in part.items() if k.startswith("value")), None)
                try:
                    columns[name] = readers[name](value)
                except (TypeError, ValueError):
                    raise ImportRefused(
                        f"extension {ROW}{table}: {name} has not the column's type"
                    ) from None
    return columns


def table_said(element: Mapping[str, Any]) -> str | None:
    """The clinical table that the export's extension of an element names."""
    for extension in element.get("extension", []):
        name = str(extension.get("url", ""))
        if name.startswith(ROW) and name.removeprefix(ROW) in metadata.tables:
            return name.removeprefix(ROW)
    return None


def references_of(element: Mapping[str, Any], table: str) -> dict[str, Mapping[str, Any]]:
    """Columns of a row of ``table`` that are references to other resources."""
    return {
        part["url"]: part["valueReference"]
        for extension in element.get("extension", [])
        if extension.get("url") == ROW + table
        for part in extension.get("extension", [])
        if "valueReference" in part
    }


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
    keys = {*key_columns(table), *(reference.column for reference in references(table))}
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
