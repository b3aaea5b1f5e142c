"""Imports FHIR R4 bundles in one transaction: read and check all, then map, then load."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection, Engine, select

from deid.errors import ImportRefused
from deid.importers.fhir.bundles import (
    IMPORTED_TYPES,
    Entry,
    Resource,
    find_files,
    read_entries,
)
from deid.importers.fhir.codes import Codes
from deid.importers.fhir.context import Gathering
from deid.importers.fhir.events import (
    map_allergy,
    map_condition,
    map_encounter,
    map_immunization,
    map_medication,
    map_observation,
    map_procedure,
    not_done,
)
from deid.importers.fhir.identity import (
    map_care_site,
    map_family_member,
    map_patient,
    map_practitioner,
    map_related_person,
)
from deid.importers.fhir.links import Links, Tally, content_sha256
from deid.importers.fhir.notes import DocumentTexts, document_texts, map_document, map_report
from deid.vault.arrival import PLACE, TableSource
from deid.vault.arrow import arrow_schema
from deid.vault.loading import (
    LoadOptions,
    Progress,
    Remarks,
    import_transaction,
    load_within,
)
from deid.vault.report import ImportReport, Skipped
from deid.vault.schema import metadata
from deid.vocabulary import names

_ROW_TABLE = {
    "Patient": "person",
    "Encounter": "visit_occurrence",
    "Practitioner": "provider",
    "Organization": "care_site",
    "Location": "care_site",
}
_MAPPERS: Mapping[str, Callable[[Entry, Gathering], None]] = {
    "AllergyIntolerance": map_allergy,
    "Condition": map_condition,
    "DocumentReference": map_document,
    "Encounter": map_encounter,
    "FamilyMemberHistory": map_family_member,
    "Immunization": map_immunization,
    "Location": map_care_site,
    "Observation": map_observation,
    "Organization": map_care_site,
    "Patient": map_patient,
    "Practitioner": map_practitioner,
    "Procedure": map_procedure,
    "RelatedPerson": map_related_person,
}
_PERIOD_KEY = "ObservationPeriod"
_BILLING = frozenset({"Claim", "ClaimResponse", "ExplanationOfBenefit", "Coverage", "Account"})


def import_fhir(
    engine: Engine,
    path: Path,
    source: str = "fhir",
    *,
    options: LoadOptions | None = None,
    progress: Progress | None = None,
) -> ImportReport:
    """Import a file or folder of FHIR R4 bundles; ``source`` is the system they come from.

    Resources are known by type and id within ``source``, so importing them again changes nothing.
    Each patient's observation period is made to span all that is recorded of them.

    Raises:
        ImportRefused: if any file is not valid FHIR R4; nothing is loaded.
        VaultError: if the database fails; nothing is loaded.
    """
    options = options or LoadOptions()
    with import_transaction(engine) as connection:
        gathered = Gathering(Links(connection, source), Codes(connection))
        files = find_files(path)
        survey = _survey(files, gathered, progress)
        for file in files:
            if progress:
                progress(f"mapping {file.name}", 0)
            for entry in read_entries(file, validate=False):
                _map(entry, gathered, survey)
        _add_periods(connection, gathered, options)
        return load_within(
            connection,
            _dataset(gathered),
            source,
            "fhir",
            options=replace(options, replace=frozenset({"observation_period"})),
            remarks=_remarks(gathered),
            progress=progress,
        )


class _Survey:
    """What must be known of all resources before the first can be mapped."""

    def __init__(self) -> None:
        self.documents: DocumentTexts = set()
        self.medications: dict[object, Resource] = {}
        self.seen: dict[tuple[str, str], str] = {}
        self.repeated: set[str] = set()


def _survey(files: Sequence[Path], gathered: Gathering, progress: Progress | None) -> _Survey:
    survey = _Survey()
    for file in files:
        if progress:
            progress(f"reading {file.name}", 0)
        for entry in read_entries(file, validate=True):
            if entry.type not in IMPORTED_TYPES:
                continue
            if _is_repeated(entry, survey):
                continue
            gathered.links.register(entry)
            if entry.type in _ROW_TABLE and not not_done(entry.resource):
                gathered.links.give_row(
                    gathered.links.key_of(entry),
                    _ROW_TABLE[entry.type],
                    content_sha256(entry.resource),
                )
            elif entry.type == "Medication":
                survey.medications[gathered.links.key_of(entry)] = entry.resource
            elif entry.type == "DocumentReference" and not not_done(entry.resource):
                survey.documents.update(document_texts(entry))
    return survey


def _is_repeated(entry: Entry, survey: _Survey) -> bool:
    """Whether the same resource came before; another version of it is a fault.

    Bundles of a hospital repeat practitioners and organisations in every file.
    """
    key = (entry.type, entry.key)
    content = content_sha256(entry.resource)
    if key not in survey.seen:
        survey.seen[key] = content
        return False
    if survey.seen[key] != content:
        raise ImportRefused(f"{entry.place}: a different {entry.type} of the same id came before")
    survey.repeated.add(entry.place)
    return True


def _map(entry: Entry, gathered: Gathering, survey: _Survey) -> None:
    if entry.type not in IMPORTED_TYPES:
        reason = "billing is not imported" if entry.type in _BILLING else "not imported"
        gathered.leave_out(entry.type, reason)
        return
    if entry.place in survey.repeated:
        gathered.leave_out(entry.type, "the same resource came before")
        return
    status = not_done(entry.resource)
    if status:
        gathered.leave_out(entry.type, f"its status is {status}")
        return
    if (entry.resource.get("text") or {}).get("div"):
        gathered.leave_out(f"narrative of {entry.type}", "generated from the coded content")
    if entry.type in _MAPPERS:
        _MAPPERS[entry.type](entry, gathered)
    elif entry.type == "DiagnosticReport":
        map_report(entry, gathered, survey.documents)
    elif entry.type != "Medication":
        map_medication(entry, gathered, survey.medications)


def _add_periods(connection: Connection, gathered: Gathering, options: LoadOptions) -> None:
    """One observation period a person: from the first to the last record, in all imports so far."""
    table = metadata.tables["observation_period"]
    for person_id, (first, last) in sorted(gathered.spans.items()):
        last = min(last, options.last_day)
        if first > last:
            continue
        key = (_PERIOD_KEY, str(person_id))
        known = gathered.links.row_of(key, "observation_period")
        if known is not None:
            held: Any = connection.execute(
                select(
                    table.c.observation_period_start_date, table.c.observation_period_end_date
                ).where(table.c.observation_period_id == known)
            ).first()
            if held:
                first, last = min(first, held[0]), max(last, held[1])
        gathered.rows["observation_period"].append(
            {
                "observation_period_id": gathered.links.give_row(key, "observation_period", ""),
                "person_id": person_id,
                "observation_period_start_date": first,
                "observation_period_end_date": last,
                "period_type_concept_id": names.EHR,
                PLACE: "all records of the person",
            }
        )


def _dataset(gathered: Gathering) -> dict[str, TableSource]:
    rows = dict(gathered.rows)
    rows["concept"] = gathered.codes.new_concepts
    rows["vocabulary"] = gathered.codes.new_vocabularies
    rows["source_record"] = gathered.links.new_records
    return {table: _arrow(table, found) for table, found in rows.items() if found}


def _arrow(table: str, rows: list[dict[str, Any]]) -> pa.Table:
    fields = [field.with_nullable(True) for field in arrow_schema(table)]
    if table not in {"concept", "vocabulary", "source_record"}:
        fields.append(pa.field(PLACE, pa.string()))
    return pa.Table.from_pylist(rows, schema=pa.schema(fields))


def _remarks(gathered: Gathering) -> Remarks:
    tally: Tally = gathered.left_out
    skipped = [
        Skipped(what, count, reason)
        for (what, reason), count in sorted(tally.items(), key=lambda item: (-item[1], item[0]))
    ]
    notes = []
    if gathered.partial_dates:
        notes.append(
            f"{gathered.partial_dates:,} dates were given to the year or month only and taken as "
            "its first day"
        )
    if gathered.codes.new_concepts:
        notes.append(
            f"{len(gathered.codes.new_concepts):,} local concepts keep the names of codes that the "
            "vocabulary lacks"
        )
    return Remarks(skipped, notes)
