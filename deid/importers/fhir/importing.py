"""Imports FHIR R4 bundles and Bulk Data in one transaction: check all, then map and load in parts.

Files are read several times, so that rows that others refer to come first and memory never holds
more than one part: once to check every resource, then once for each rank of types below that a
file holds. What a part leaves in memory are a few numbers for each person and each distinct code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection, Engine, select

from deid.errors import ImportRefused
from deid.importers.fhir.billing import map_benefit, map_coverage
from deid.importers.fhir.bundles import IMPORTED_TYPES, Entry, find_files, read_entries
from deid.importers.fhir.codes import Codes
from deid.importers.fhir.context import Gathering
from deid.importers.fhir.drugs import learn_medication, map_immunization, map_medication
from deid.importers.fhir.elements import count_unread
from deid.importers.fhir.events import (
    map_allergy,
    map_condition,
    map_encounter,
    map_observation,
    map_procedure,
    not_done,
)
from deid.importers.fhir.identity import (
    map_family_member,
    map_group,
    map_marital_status,
    map_patient,
    map_related_person,
)
from deid.importers.fhir.index import Index
from deid.importers.fhir.links import Links, content_sha256
from deid.importers.fhir.notes import document_texts, map_document, map_report
from deid.importers.fhir.restoring import later_references, table_of
from deid.importers.fhir.rows import map_row
from deid.importers.fhir.staff import learn_role, map_care_site, map_practitioner
from deid.importers.fhir.supplies import (
    learn_device,
    map_care_plan,
    map_device_use,
    map_imaging,
    map_specimen,
    map_supply,
    procedure_name,
)
from deid.vault.arrival import PLACE
from deid.vault.arrow import arrow_schema
from deid.vault.loading import (
    LOADING_ORDER,
    LoadOptions,
    PartsLoading,
    Progress,
    Remarks,
    import_transaction,
    loading_parts,
)
from deid.vault.report import ImportReport, Skipped
from deid.vault.schema import metadata
from deid.vocabulary import names

Mapper = Callable[[Entry, Gathering], None]
# Later ranks refer to earlier ones.
_RANKS: tuple[Mapping[str, Mapper], ...] = (
    {"Organization": map_care_site, "Location": map_care_site},
    {"Practitioner": map_practitioner},
    {"Patient": map_patient},
    {"Encounter": map_encounter, "Coverage": map_coverage, "RelatedPerson": map_related_person},
    {
        "AllergyIntolerance": map_allergy,
        "CarePlan": map_care_plan,
        "Condition": map_condition,
        "DeviceUseStatement": map_device_use,
        "DiagnosticReport": map_report,
        "DocumentReference": map_document,
        "ExplanationOfBenefit": map_benefit,
        "FamilyMemberHistory": map_family_member,
        "ImagingStudy": map_imaging,
        "Immunization": map_immunization,
        "MedicationAdministration": map_medication,
        "MedicationDispense": map_medication,
        "MedicationRequest": map_medication,
        "MedicationStatement": map_medication,
        "Observation": map_observation,
        "Procedure": map_procedure,
        "Specimen": map_specimen,
        "SupplyDelivery": map_supply,
    },
    {"Basic": map_row},
)
# Rows that a rank of resources refers to, by its number; all others come last.
_ROWS_BEFORE = {0: frozenset({"location"}), 4: frozenset({"visit_detail"})}
_EARLY = frozenset().union(*_ROWS_BEFORE.values())
# What these say is read first, for the resources that they are about or that refer to them.
_LEARNT: Mapping[str, Mapper] = {
    "Device": learn_device,
    "Group": map_group,
    "Medication": learn_medication,
    "PractitionerRole": learn_role,
}
_MAKES_ROWS_FIRST = frozenset({"Group"})
_MARITAL = "Patient.maritalStatus"
_PERIOD_KEY = "ObservationPeriod"
_PLAN = "a plan or order is no fact"
_LEFT_OUT = {
    "Appointment": _PLAN,
    "CareTeam": "who cared for somebody stands on each record",
    "Claim": "its ExplanationOfBenefit says what was charged and paid",
    "ClaimResponse": "the ExplanationOfBenefit says what was charged and paid",
    "DeviceRequest": _PLAN,
    "Goal": "an aim is no fact, and OMOP has no table of aims",
    "Media": "a picture or sound may show who somebody is",
    "Provenance": "the vault keeps which import brought a record",
    "ServiceRequest": _PLAN,
    "SupplyRequest": _PLAN,
    "Task": _PLAN,
}
# Rows that a mere name made, or that are drawn from others, give way to fuller ones.
_GIVES_WAY = frozenset({"observation_period", "source_record", "provider", "care_site", "location"})
PART_ROWS = 20_000  # rows in memory before they are loaded; a row is about 1 kB there


def import_fhir(
    engine: Engine,
    path: Path,
    source: str = "fhir",
    *,
    update: bool = False,
    options: LoadOptions | None = None,
    progress: Progress | None = None,
    part_rows: int = PART_ROWS,
) -> ImportReport:
    """Import a file or folder of FHIR R4 bundles or Bulk Data NDJSON; ``source`` names its system.

    Resources are known by type and id within ``source``, so importing them again changes nothing.
    A resource that the vault holds in another version is refused, or with ``update`` takes the
    place of that. Each patient's observation period is made to span all that is recorded of them.

    Raises:
        ImportRefused: if any file is not valid FHIR R4; nothing is loaded.
        VaultError: if the database fails; nothing is loaded.
    """
    options = options or LoadOptions()
    options = replace(
        options,
        replace=frozenset(LOADING_ORDER) if update else options.replace | _GIVES_WAY,
        advice="import with --update to replace it",
    )
    with import_transaction(engine) as connection:
        index = Index()
        gathered = Gathering(Links(connection, source, index), Codes(connection), index, update)
        with loading_parts(
            connection, source, "fhir", options=options, progress=progress
        ) as loading:
            run = _Run(connection, gathered, loading, path, part_rows, progress)
            report = run.all(options)
        index.close()
        return report


class _Run:
    """One import on its way through the files."""

    def __init__(
        self,
        connection: Connection,
        gathered: Gathering,
        loading: PartsLoading,
        path: Path,
        part_rows: int,
        progress: Progress | None,
    ) -> None:
        self._connection = connection
        self._gathered = gathered
        self._loading = loading
        self._part_rows = part_rows
        self._progress = progress
        self._types: dict[Path, set[str]] = {file: set() for file in find_files(path)}

    def all(self, options: LoadOptions) -> ImportReport:
        """Check, map and load everything."""
        for file in self._types:
            self._check(file)
        for entry in self._entries(frozenset(_LEARNT)):
            self._learn(entry)
        for number, rank in enumerate(_RANKS):
            self._map_rows(_ROWS_BEFORE.get(number, frozenset()))
            if "Basic" in rank and any("Basic" in types for types in self._types.values()):
                self._flush()  # these may refer to any row, by what is loaded
            for entry in self._entries(frozenset(rank)):
                if entry.type != "Basic" or table_of(entry.resource) not in _EARLY:
                    self._map(entry, rank[entry.type])
        types = frozenset().union(*_RANKS)
        for table in sorted(self._gathered.open_references):
            self._close_references(table, types)
        for entry in self._entries(frozenset({"Patient"})):
            if "maritalStatus" in entry.resource and not not_done(entry.resource):
                self._map_marital_status(entry)
        self._add_periods(options)
        self._flush()
        return self._loading.finish(_remarks(self._gathered))

    def _check(self, file: Path) -> None:
        """Validate one file, and learn which types it holds and what must be known beforehand."""
        gathered = self._gathered
        if self._progress:
            self._progress(f"reading {file.name}", 0)
        for entry in read_entries(file, validate=True):
            if entry.type not in IMPORTED_TYPES:
                reason = _LEFT_OUT.get(entry.type, "OMOP has no table for it")
                gathered.leave_out(entry.type, reason)
                continue
            if _is_repeated(entry, gathered):
                gathered.leave_out(entry.type, "the same resource came before")
                continue
            status = not_done(entry.resource)
            if status and not gathered.update:
                gathered.leave_out(entry.type, f"its status is {status}")
                continue
            self._types[file].add(entry.type)
            count_unread(entry, gathered)
            if entry.type == "DocumentReference":
                for name in document_texts(entry):
                    gathered.index.put(*name, value=b"1")
            elif entry.type == "Procedure":
                gathered.index.put(*procedure_name(entry.resource), value=b"1")

    def _entries(self, types: frozenset[str]) -> Iterator[Entry]:
        """Resources of these types, each once."""
        for file, held in self._types.items():
            if not held & types:
                continue
            if self._progress:
                self._progress(f"mapping {file.name}", 0)
            for entry in read_entries(file, validate=False):
                if entry.type in types and _is_first(entry, self._gathered):
                    yield entry

    def _map_rows(self, tables: frozenset[str]) -> None:
        if tables:
            for entry in self._entries(frozenset({"Basic"})):
                if table_of(entry.resource) in tables:
                    self._map(entry, map_row)

    def _close_references(self, table: str, types: frozenset[str]) -> None:
        """Fill in references of a table's rows to rows that came later than their referrers."""
        self._flush()
        changes: dict[int, dict[str, Any]] = {}
        for entry in self._entries(types):
            found = later_references(self._gathered, entry.resource, table)
            if not found:
                continue
            own = {"reference": f"{entry.type}/{entry.key}"}
            row_id = self._gathered.links.find_fact(own, table)
            for column, target in found.items():
                if target is None:
                    reason = "the row that it refers to is not there"
                    self._gathered.leave_out(f"{table}.{column}", reason)
                elif row_id is not None:
                    changes.setdefault(row_id, {})[column] = target
            if len(changes) >= self._part_rows:
                self._loading.amend(table, changes)
                changes = {}
        self._loading.amend(table, changes)

    def _learn(self, entry: Entry) -> None:
        if not_done(entry.resource):
            return
        if entry.type not in _MAKES_ROWS_FIRST:
            _LEARNT[entry.type](entry, self._gathered)
        elif self._gathered.begin(entry):
            _LEARNT[entry.type](entry, self._gathered)
            self._gathered.end()

    def _map(self, entry: Entry, mapper: Mapper) -> None:
        status = not_done(entry.resource)
        if status and not self._gathered.update:
            return
        if not self._gathered.begin(entry):
            return
        if status:
            self._gathered.leave_out(entry.type, f"its status is {status}")
        else:
            mapper(entry, self._gathered)
        self._gathered.end()
        if self._gathered.gathered >= self._part_rows:
            self._flush()

    def _map_marital_status(self, entry: Entry) -> None:
        status = Entry(
            entry.place,
            entry.url,
            {
                "resourceType": _MARITAL,
                "id": entry.key,
                "maritalStatus": entry.resource["maritalStatus"],
            },
        )
        if self._gathered.begin(status, (_MARITAL, entry.key)):
            map_marital_status(status, self._gathered)
            self._gathered.end()
        if self._gathered.gathered >= self._part_rows:
            self._flush()

    def _add_periods(self, options: LoadOptions) -> None:
        """One observation period a person: from the first to the last record of all imports."""
        gathered = self._gathered
        for person_id, (first, last) in sorted(gathered.spans.items()):
            last = min(last, options.last_day)
            if first > last or person_id in gathered.with_period:
                continue
            key = (_PERIOD_KEY, str(person_id))
            held = gathered.links.held(key)
            if held:
                earlier = self._period(held[0].row_id)
                if earlier:
                    first, last = min(first, earlier[0]), max(last, earlier[1])
            row_id, record = gathered.links.give_row(key, "", "observation_period", "", held)
            if record:
                gathered.links.new_records.append(record)
            gathered.rows["observation_period"].append(
                {
                    "observation_period_id": row_id,
                    "person_id": person_id,
                    "observation_period_start_date": first,
                    "observation_period_end_date": last,
                    "period_type_concept_id": names.EHR,
                    PLACE: "all records of the person",
                }
            )
            gathered.gathered += 1
            if gathered.gathered >= self._part_rows:
                self._flush()

    def _period(self, row_id: int) -> Any:
        table = metadata.tables["observation_period"]
        return self._connection.execute(
            select(
                table.c.observation_period_start_date, table.c.observation_period_end_date
            ).where(table.c.observation_period_id == row_id)
        ).first()

    def _flush(self) -> None:
        """Load what is gathered, and forget it."""
        gathered = self._gathered
        rows: dict[str, list[dict[str, Any]]] = {**gathered.rows, **gathered.codes.take_new()}
        rows["source_record"] = gathered.links.new_records
        dataset = {table: _arrow(table, found) for table, found in rows.items() if found}
        gathered.rows.clear()
        gathered.links.new_records = []
        gathered.gathered = 0
        if dataset:
            self._loading.load(dataset)
        for table, gone in gathered.removed.items():
            stay = self._loading.remove(table, sorted(gone))
            if stay:
                gathered.leave_out(f"removal of {table}", "other rows refer to it", len(stay))
            records = [r for row, r in gone.items() if r is not None and row not in stay]
            self._loading.remove("source_record", records)
        gathered.removed.clear()


def _is_repeated(entry: Entry, gathered: Gathering) -> bool:
    """Whether the same resource came before; another version of it is a fault.

    Bundles of a hospital repeat practitioners and organisations in every file.
    """
    name = ("seen", entry.type, entry.key)
    content = bytes.fromhex(content_sha256(entry.resource))
    seen = gathered.index.get(*name)
    if seen is None:
        gathered.index.put(*name, value=content + gathered.index.digest(entry.place))
        return False
    if seen[: len(content)] != content:
        raise ImportRefused(f"{entry.place}: a different {entry.type} of the same id came before")
    return True


def _is_first(entry: Entry, gathered: Gathering) -> bool:
    """Whether a resource stands where it came first."""
    seen = gathered.index.get("seen", entry.type, entry.key)
    return seen is not None and seen.endswith(gathered.index.digest(entry.place))


def _arrow(table: str, rows: list[dict[str, Any]]) -> pa.Table:
    fields = [field.with_nullable(True) for field in arrow_schema(table)]
    if table not in {"concept", "vocabulary", "source_record"}:
        fields.append(pa.field(PLACE, pa.string()))
    return pa.Table.from_pylist(rows, schema=pa.schema(fields))


def _remarks(gathered: Gathering) -> Remarks:
    skipped = [
        Skipped(what, count, reason)
        for (what, reason), count in sorted(
            gathered.left_out.items(), key=lambda item: (-item[1], item[0])
        )
    ]
    notes = []
    if gathered.partial_dates:
        notes.append(
            f"{gathered.partial_dates:,} dates were given to the year or month only and taken as "
            "its first day"
        )
    if gathered.codes.made:
        notes.append(
            f"{gathered.codes.made:,} local concepts keep the names of codes that the "
            "vocabulary lacks"
        )
    notes += gathered.codes.unmapped.notes()
    return Remarks(skipped, notes, gathered.resources())
