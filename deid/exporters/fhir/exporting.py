"""Writes a whole vault as FHIR R4 files: streamed, for their owner alone, published at once.

Everything is read in one transaction, table by table in batches; of people, the particulars are
looked up for each batch. Memory holds one batch and the concepts in use.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal

from sqlalchemy import Engine

from deid.errors import ExportRefused
from deid.exporters.fhir import people
from deid.exporters.fhir.clinical import BUILDERS
from deid.exporters.fhir.concepts import Concepts
from deid.exporters.fhir.elements import (
    TYPE_OF,
    Row,
    clean,
    reference,
    resource_id,
    row_extension,
    written,
)
from deid.importers.fhir.restoring import ANY_ROW, TABLE
from deid.importers.fhir.rows import CARRIED_AS_ROWS
from deid.vault.reading import VaultSnapshot, read_tables
from deid.vault.rules import concept_columns, has_row_id, key_columns
from deid.vault.schema import PERSON_TABLES

Format = Literal["ndjson", "bundle"]
Progress = Callable[[str, int], None]
Resource = dict[str, Any]
BATCH_ROWS = 5_000
BUNDLE_RESOURCES = 1_000
# A Bundle resolves "Patient/1" against its entries' URLs; this address is nowhere, by RFC 2606.
_BASE = "https://carecommons.invalid/fhir"
_NPI = "http://hl7.org/fhir/sid/us-npi"
# Rows that travel inside a Patient or a Group.
_WITHIN = frozenset({"person_identity", "identifier", "contact", "address", "death"})
_NOT_RECORDS = {
    "cdm_source": "it describes the vault, not a person",
    "metadata": "it describes the vault, not a person",
    "cohort": "results of studies are no records",
    "cohort_definition": "results of studies are no records",
}


@dataclass(frozen=True)
class ExportReport:
    """What was written, by resource type, and what was not, with its reason."""

    folder: Path
    resources: Mapping[str, int]
    left_out: Mapping[tuple[str, str], int]

    def render(self) -> str:
        """The report as text for a terminal."""
        lines = [f"FHIR R4 export: {sum(self.resources.values()):,} resources in {self.folder}", ""]
        lines += [f"{count:>12,}  {kind}" for kind, count in sorted(self.resources.items())]
        if self.left_out:
            lines += ["", "not exported:"]
            lines += [
                f"  {count:,} {what}: {reason}"
                for (what, reason), count in sorted(self.left_out.items())
            ]
        return "\n".join(lines)


def export_fhir(
    engine: Engine,
    folder: Path,
    format: Format = "ndjson",
    *,
    progress: Progress | None = None,
) -> ExportReport:
    """Write everything that the vault holds of people into a new folder.

    ``ndjson`` gives Bulk Data files, one a resource type; ``bundle`` collection Bundles of at most
    1,000 resources. Folder and files are readable by their owner alone.

    Raises:
        ExportRefused: if the folder exists already or cannot be written; nothing is left there.
        VaultError: if the vault cannot be read.
    """
    folder = Path(folder)
    if folder.exists() or folder.is_symlink():
        raise ExportRefused(f"{folder} exists already; name a new folder")
    staging = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.partial")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        staging.mkdir(mode=0o700)
        try:
            with read_tables(engine) as snapshot, _Files(staging, format) as files:
                run = _Run(snapshot, files, progress)
                run.all()
            staging.rename(folder)
        except BaseException:
            shutil.rmtree(staging, ignore_errors=True)
            raise
    except OSError as error:
        raise ExportRefused(f"{folder}: {error.strerror}; nothing was exported") from None
    return ExportReport(folder, dict(files.counts), dict(run.left_out))


class _Files:
    """The files of one export: one a type and, as Bundles, one for every 1,000 resources."""

    def __init__(self, folder: Path, format: Format) -> None:
        self._folder = folder
        self._bundles = format == "bundle"
        self._open: dict[str, IO[str]] = {}
        self.counts: Counter[str] = Counter()

    def __enter__(self) -> _Files:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        for name in list(self._open):
            self._close(name, complete=kind is None)

    def write(self, resource: Resource) -> None:
        """Add one resource."""
        kind = resource["resourceType"]
        text = json.dumps(resource, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        if not self._bundles:
            file = self._file(f"{kind}.ndjson")
            file.write(text + "\n")
        else:
            number, place = divmod(self.counts[kind], BUNDLE_RESOURCES)
            name = f"{kind}.{number:05d}.json"
            head = '{"resourceType":"Bundle","type":"collection","entry":[\n'
            url = f"{_BASE}/{kind}/{resource['id']}"
            entry = f'{{"fullUrl":"{url}","resource":{text}}}'
            self._file(name).write((",\n" if place else head) + entry)
            if place == BUNDLE_RESOURCES - 1:
                self._close(name)
        self.counts[kind] += 1

    def _file(self, name: str) -> IO[str]:
        if name not in self._open:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
            descriptor = os.open(self._folder / name, flags, 0o600)
            self._open[name] = os.fdopen(descriptor, "w", encoding="utf-8")
        return self._open[name]

    def _close(self, name: str, *, complete: bool = True) -> None:
        file = self._open.pop(name)
        if complete and self._bundles:
            file.write("\n]}\n")
        if complete:
            file.flush()
            os.fsync(file.fileno())
        file.close()


class _Run:
    """One export on its way through the tables."""

    def __init__(self, snapshot: VaultSnapshot, files: _Files, progress: Progress | None) -> None:
        self._snapshot = snapshot
        self._files = files
        self._progress = progress
        self._concepts = Concepts(snapshot)
        self._tables_of_domains = self._domains()
        self.left_out: Counter[tuple[str, str]] = Counter()

    def all(self) -> None:
        """Write every table, those that others refer to first."""
        for row in self._rows("care_site"):
            self._files.write(self._organization(row))
        for row in self._rows("provider"):
            self._files.write(self._practitioner(row))
        for rows in self._batches("household"):
            self._households(rows)
        for rows in self._batches("person"):
            self._patients(rows)
        for row in self._rows("relative"):
            self._files.write(people.related_person(row, self._concepts))
        for table, builder in BUILDERS.items():
            for row in self._rows(table):
                any_rows = self._any_rows(table, row)
                self._files.write(builder(row, self._concepts, any_rows))
        written_tables = {"care_site", "provider", *BUILDERS}
        for table in sorted(CARRIED_AS_ROWS - written_tables - _WITHIN):
            if table not in _NOT_RECORDS:
                for row in self._rows(table):
                    self._basic(table, row)
        for table, reason in _NOT_RECORDS.items():
            count = self._snapshot.rows(table)
            if count:
                self.left_out[table, reason] += count

    def _batches(self, table: str) -> Iterator[list[Row]]:
        concept_names = concept_columns(table)
        done = 0
        for batch in self._snapshot.batches(table, batch_rows=BATCH_ROWS):
            rows = batch.to_pylist()
            for name in concept_names:
                self._concepts.learn(row[name] for row in rows)
            yield rows
            done += len(rows)
            if self._progress:
                self._progress(table, len(rows))

    def _rows(self, table: str) -> Iterator[Row]:
        for rows in self._batches(table):
            yield from rows

    def _of_people(self, table: str, ids: list[int]) -> dict[int, list[Row]]:
        found: dict[int, list[Row]] = defaultdict(list)
        for batch in self._snapshot.rows_of(table, "person_id", ids):
            rows = batch.to_pylist()
            for name in concept_columns(table):
                self._concepts.learn(row[name] for row in rows)
            for row in rows:
                found[row["person_id"]].append(row)
        return found

    def _patients(self, persons: list[Row]) -> None:
        ids = [person["person_id"] for person in persons]
        parts = {table: self._of_people(table, ids) for table in sorted(_WITHIN)}
        for person in persons:
            own = {table: found.get(person["person_id"], []) for table, found in parts.items()}
            self._files.write(
                people.patient(
                    person,
                    next(iter(own["person_identity"]), None),
                    next(iter(own["death"]), None),
                    own["identifier"],
                    own["contact"],
                    own["address"],
                    self._concepts,
                )
            )

    def _households(self, rows: list[Row]) -> None:
        members: dict[int, list[int]] = defaultdict(list)
        ids = [row["household_id"] for row in rows]
        columns = ["person_id", "household_id"]
        for batch in self._snapshot.rows_of("person_identity", "household_id", ids, columns):
            for row in batch.to_pylist():
                members[row["household_id"]].append(row["person_id"])
        for row in rows:
            own = sorted(members[row["household_id"]])
            self._files.write(people.household(row, own, self._concepts))

    def _organization(self, row: Row) -> Resource:
        return clean(
            {
                "resourceType": "Organization",
                "id": resource_id("care_site", row["care_site_id"]),
                "extension": [row_extension("care_site", row, self._concepts)],
                "name": written(row["care_site_name"]) or "unnamed",
            }
        )

    def _practitioner(self, row: Row) -> Resource:
        name, npi = written(row["provider_name"]), written(row["npi"])
        return clean(
            {
                "resourceType": "Practitioner",
                "id": resource_id("provider", row["provider_id"]),
                "extension": [row_extension("provider", row, self._concepts)],
                "identifier": [{"system": _NPI, "value": npi}] if npi else None,
                "name": [{"text": name}] if name else None,
                "gender": people.GENDER.get(row["gender_concept_id"] or 0),
            }
        )

    def _basic(self, table: str, row: Row) -> None:
        any_rows = self._any_rows(table, row)
        missing = [n for n in ANY_ROW if row.get(n) is not None and n not in any_rows]
        if missing and not has_row_id(table):
            self.left_out[table, "it is not known rows of which table it relates"] += 1
            return
        keys = "-".join(str(row[name]) for name in key_columns(table))
        if not has_row_id(table):
            # The keys of two large numbers may be longer than an id of FHIR.
            keys = hashlib.sha256(keys.encode()).hexdigest()[:32]
        subject = reference("person", row["person_id"]) if table in PERSON_TABLES else None
        said = frozenset({"person_id"}) if subject else frozenset()
        self._files.write(
            clean(
                {
                    "resourceType": "Basic",
                    "id": f"{table.replace('_', '-')}-{keys}",
                    "extension": [
                        row_extension(
                            table, row, self._concepts, references_said=said, any_rows=any_rows
                        )
                    ],
                    "code": {"coding": [{"system": TABLE, "code": table}]},
                    "subject": subject,
                }
            )
        )

    def _any_rows(self, table: str, row: Row) -> dict[str, dict[str, str]]:
        """References of columns that may mean rows of several tables."""
        found: dict[str, dict[str, str]] = {}
        for column in ANY_ROW:
            value = row.get(column)
            if value is None:
                continue
            target = self._table_meant(column, row)
            if target is None:
                self.left_out[f"{table}.{column}", "it is not known of which table it is"] += 1
                continue
            kind = self._type_of(target, value)
            if kind:
                found[column] = {"reference": f"{kind}/{resource_id(target, value)}"}
        return found

    def _table_meant(self, column: str, row: Row) -> str | None:
        if column == "cost_event_id":
            return _DOMAIN_TABLES.get(row["cost_domain_id"])
        if column.startswith("fact_id_"):
            concept = row[column.replace("fact_id", "domain_concept_id")]
            return self._tables_of_domains.get(concept)
        field = next((n for n in row if n.endswith("event_field_concept_id")), None)
        concept = self._concepts.get(row[field]) if field else None
        table = str(concept["concept_name"]).split(".")[0].lower() if concept else ""
        return table if table in {*BUILDERS, *CARRIED_AS_ROWS} else None

    def _type_of(self, table: str, row_id: int) -> str | None:
        """The resource type of one row; that of some tables depends on the row."""
        if table in TYPE_OF:
            return TYPE_OF[table]
        if table not in BUILDERS:
            return "Basic"
        for batch in self._snapshot.rows_of(table, key_columns(table)[0], [row_id]):
            for row in batch.to_pylist():
                self._concepts.learn(row[name] for name in concept_columns(table))
                return str(BUILDERS[table](row, self._concepts, {})["resourceType"])
        return None

    def _domains(self) -> dict[int, str]:
        rows = self._snapshot.read("domain").to_pylist()
        return {
            row["domain_concept_id"]: _DOMAIN_TABLES[row["domain_id"]]
            for row in rows
            if row["domain_id"] in _DOMAIN_TABLES
        } | {56: "person"}


_DOMAIN_TABLES = {
    "Person": "person",
    "Visit": "visit_occurrence",
    "Condition": "condition_occurrence",
    "Drug": "drug_exposure",
    "Procedure": "procedure_occurrence",
    "Device": "device_exposure",
    "Measurement": "measurement",
    "Observation": "observation",
    "Specimen": "specimen",
    "Note": "note",
    "Provider": "provider",
    "Care site": "care_site",
}
