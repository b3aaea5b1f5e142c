"""What a request still lacks: advice while it is written, a condition when it is submitted."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.db.models import DataRequest
from app.services.duo import DUO_TERMS
from app.services.minimisation import ENTRY, WHOLE, definition_of
from cohorts.column_uses import needs_own_reason
from cohorts.row_limits import faults_of
from cohorts.selection import deliverable_columns
from deid.errors import ReleaseError
from deid.release import has_the_same_ids, open_release


@dataclass(frozen=True)
class Missing:
    """One part that is missing; ``field`` is the form field to fill."""

    field: str
    text: str


def missing_parts(request: DataRequest) -> list[Missing]:
    """Parts of the request that are empty or unknown, in the form's order."""
    tables = {column.table_name: column.reason for column in request.columns}
    found = [
        Missing("purpose", "the purpose") if not request.purpose else None,
        Missing("duo_code", "the kind of use") if request.duo_code not in DUO_TERMS else None,
        Missing("ethics_number", "the ethics approval number")
        if not request.ethics_number
        else None,
        Missing("ethics_body", "the ethics body") if not request.ethics_body else None,
        *_missing_of_ethics_day(request),
        Missing("ethics_document", "the document of the ethics approval")
        if request.ethics_document_id is None
        else None,
        Missing("place_of_work", "the place of work") if not request.place_of_work else None,
        Missing("people", "the people who will work with the data") if not request.people else None,
        Missing("release", "the release") if not request.release else None,
        Missing("cohort_version", "the cohort") if request.cohort_version_id is None else None,
        Missing("columns", "the columns wanted") if not request.columns else None,
        *(
            Missing("columns", f"the reason for table {table}")
            for table, reason in tables.items()
            if not reason
        ),
        *(
            Missing("columns", f"a reason of its own for {c.table_name}.{c.column_name}")
            for c in request.columns
            if needs_own_reason(c.table_name, c.column_name) and not c.own_reason
        ),
        *_missing_of_rows(request),
        *_missing_of_window(request),
        Missing("planned_outputs", "the planned outputs") if not request.planned_outputs else None,
        Missing("end_date", "the end date") if request.end_date is None else None,
    ]
    return [part for part in found if part is not None]


@dataclass(frozen=True)
class Section:
    """A part of the form: its name, where it is, and how much of it is missing."""

    label: str
    anchor: str
    missing: int


_SECTIONS: Final = (
    ("Purpose", "part-purpose", {"purpose", "duo_code"}),
    (
        "Ethics approval",
        "part-ethics",
        {"ethics_number", "ethics_body", "ethics_expires", "ethics_document"},
    ),
    ("People and place", "part-people", {"people", "place_of_work"}),
    ("Data", "part-data", {"release", "cohort_version", "columns"}),
    ("Time", "part-time", {"window_kind", "window_before", "window_reason"}),
    ("Outputs and end", "part-outputs", {"planned_outputs", "end_date"}),
)


def sections_of(request: DataRequest) -> list[Section]:
    """The form's parts in order."""
    missing = [part.field for part in missing_parts(request)]
    return [
        Section(label, anchor, sum(field in fields for field in missing))
        for label, anchor, fields in _SECTIONS
    ]


def missing_columns(request: DataRequest, release_root: Path) -> list[Missing]:
    """Columns asked for that cannot be delivered, or that there is no such release."""
    try:
        release = open_release(release_root, request.release)
    except ReleaseError:
        return [Missing("release", "The release asked for is not published")]
    earlier = request.continues
    if earlier is not None and not has_the_same_ids(release_root, release, earlier.release):
        return [Missing("release", "The release asked for does not continue the earlier one")]
    if earlier is not None and _asks_notes(request) and not _asks_notes(earlier):
        return [
            Missing("columns", "Notes bring other dates: ask for them in a request of their own")
        ]
    possible = deliverable_columns(release)
    missing = [
        Missing("columns", f"Column {c.table_name}.{c.column_name} cannot be delivered")
        for c in request.columns
        if c.column_name not in possible.get(c.table_name, ())
    ]
    asked = {table for table in possible if any(c.table_name == table for c in request.columns)}
    if not missing and not any("person_id" in possible[table] for table in asked):
        missing.append(Missing("columns", "No table about people was chosen"))
    return missing


def _asks_notes(request: DataRequest) -> bool:
    return any(column.table_name == "note" for column in request.columns)


def _missing_of_ethics_day(request: DataRequest) -> list[Missing]:
    if request.ethics_expires is None:
        return [Missing("ethics_expires", "the last day of the ethics approval")]
    if request.end_date is not None and request.ethics_expires < request.end_date:
        return [Missing("end_date", "an end date within the ethics approval")]
    return []


def _missing_of_rows(request: DataRequest) -> list[Missing]:
    """Choices of rows by concept that cannot be carried out."""
    if not request.row_limits or request.cohort_version is None:
        return []
    columns: dict[str, list[str]] = {}
    for column in request.columns:
        columns.setdefault(column.table_name, []).append(column.column_name)
    faults = faults_of(request.row_limits, columns, definition_of(request))
    return [Missing("columns", fault) for fault in faults]


def _missing_of_window(request: DataRequest) -> list[Missing]:
    if request.window_kind not in {WHOLE, ENTRY}:
        return [Missing("window_kind", "the time window")]
    days = (request.window_before, request.window_after)
    if request.window_kind == ENTRY and None in days:
        return [Missing("window_before", "the days before and after entry")]
    if not request.window_reason:
        return [Missing("window_reason", "the reason for the time window")]
    return []
