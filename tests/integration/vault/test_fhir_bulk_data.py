"""FHIR Bulk Data: a folder of NDJSON files, in any order, compressed or not, streamed."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from deid.errors import ImportRefused
from deid.importers.fhir import import_fhir
from deid.vault.loading import LoadOptions
from deid.vault.report import ImportReport
from deid.vault.store import read_tables
from tests.integration.vault.records import PATIENT_ID, TODAY, bundle, coded

Json = dict[str, Any]


def resources() -> list[Json]:
    """The patient of the bundles with plain references, as a bulk server sends them."""
    text = json.dumps([part["resource"] for part in bundle()["entry"]])
    for kind, name in (("Patient", PATIENT_ID), ("Encounter", PATIENT_ID[:-1] + "2")):
        text = text.replace(f"urn:uuid:{name}", f"{kind}/{name}")
    found: list[Json] = json.loads(text)
    return found


def write(folder: Path, lines: list[Json], *, shift: int = 0, compressed: bool = False) -> None:
    """One file a type and hundred resources; names begin with what sorts last to first."""
    folder.mkdir(exist_ok=True)
    by_type: dict[str, list[str]] = {}
    for resource in lines:
        by_type.setdefault(resource["resourceType"], []).append(json.dumps(resource))
    for kind, texts in by_type.items():
        data = ("\n".join(texts) + "\n\n").encode()
        name = f"{kind}.{shift:03d}.ndjson"
        if compressed:
            (folder / f"{name}.gz").write_bytes(gzip.compress(data))
        else:
            (folder / name).write_bytes(data)


def bring(vault: Engine, path: Path, **options: Any) -> ImportReport:
    return import_fhir(vault, path, "bulk", options=LoadOptions(today=TODAY), **options)


def everything(vault: Engine) -> dict[str, list[Json]]:
    with read_tables(vault) as snapshot:
        return {
            table: snapshot.read(table).to_pylist()
            for table in snapshot.tables()
            if not table.startswith("concept")
        }


def observations(count: int) -> list[Json]:
    return [
        {
            "resourceType": "Observation",
            "id": f"pulse-{number}",
            "status": "final",
            "code": coded("http://loinc.org", "8867-4", "Heart rate"),
            "subject": {"reference": f"Patient/{PATIENT_ID}"},
            "effectiveDateTime": "2020-03-01",
            "valueQuantity": {"value": 60 + number % 40, "unit": "/min", "code": "/min"},
        }
        for number in range(count)
    ]


def test_files_of_one_type_each_are_imported_whole(stocked: Engine, tmp_path: Path) -> None:
    write(tmp_path / "in", resources())
    report = bring(stocked, tmp_path / "in")
    assert report.refused == 0
    assert report.table("person").loaded == 1
    assert report.table("measurement").loaded == 2
    (condition,) = everything(stocked)["condition_occurrence"]
    (visit,) = everything(stocked)["visit_occurrence"]
    assert condition["visit_occurrence_id"] == visit["visit_occurrence_id"]


@pytest.mark.parametrize("part_rows", [1, 3, 20_000])
def test_however_it_is_cut_into_parts_the_vault_is_the_same(
    stocked_sqlite: Engine, tmp_path: Path, part_rows: int
) -> None:
    write(tmp_path / "in", [*resources(), *observations(7)])
    report = bring(stocked_sqlite, tmp_path / "in", part_rows=part_rows)
    assert report.refused == 0
    loaded = {table.table: table.loaded for table in report.tables if "concept" not in table.table}
    assert loaded["measurement"] == 9
    assert loaded["drug_exposure"] == 2
    assert loaded["observation_period"] == 1
    with read_tables(stocked_sqlite) as snapshot:
        assert snapshot.snapshot_id  # counts and digests agree


def test_compressed_files_are_the_same(stocked_sqlite: Engine, tmp_path: Path) -> None:
    write(tmp_path / "plain", resources())
    write(tmp_path / "packed", resources(), compressed=True)
    bring(stocked_sqlite, tmp_path / "plain")
    again = bring(stocked_sqlite, tmp_path / "packed")
    assert (again.loaded, again.refused) == (0, 0)
    assert again.already_there > 10


def test_records_may_stand_before_the_patient_they_are_of(
    stocked_sqlite: Engine, tmp_path: Path
) -> None:
    (tmp_path / "in").mkdir()
    lines = [json.dumps(resource) for resource in reversed(resources())]
    half = len(lines) // 2
    (tmp_path / "in" / "a.ndjson").write_text("\n".join(lines[:half]))
    (tmp_path / "in" / "b.ndjson").write_text("\n".join(lines[half:]))
    report = bring(stocked_sqlite, tmp_path / "in")
    assert report.refused == 0
    assert report.table("measurement").loaded == 2


def test_a_broken_line_refuses_the_whole_import_with_file_and_line(
    stocked_sqlite: Engine, tmp_path: Path
) -> None:
    write(tmp_path / "in", resources())
    lines = [json.dumps(o) for o in observations(5)]
    lines[3] = lines[3][:-20]
    (tmp_path / "in" / "Observation.001.ndjson").write_text("\n".join(lines))
    with pytest.raises(ImportRefused, match=r"Observation\.001\.ndjson: line 4, column \d+: not"):
        bring(stocked_sqlite, tmp_path / "in")
    assert everything(stocked_sqlite)["person"] == []


def test_a_resource_that_is_no_fhir_refuses_it_too(stocked_sqlite: Engine, tmp_path: Path) -> None:
    lines = observations(5)
    lines[2]["status"] = "Zephyrine"
    lines[2]["shoeSize"] = 1
    write(tmp_path / "in", lines)
    with pytest.raises(ImportRefused, match=r"line 3\.shoeSize: is not an element") as caught:
        bring(stocked_sqlite, tmp_path / "in")
    assert "Zephyrine" not in str(caught.value)


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[: len(data) // 2],
        lambda data: data[:40] + bytes(byte ^ 0x55 for byte in data[40:80]) + data[80:],
        lambda data: b"no gzip at all",
    ],
    ids=["cut off", "damaged", "another kind of file"],
)
def test_a_damaged_compressed_file_is_refused(
    stocked_sqlite: Engine, tmp_path: Path, damage: Any
) -> None:
    write(tmp_path / "in", resources())
    data = gzip.compress("\n".join(json.dumps(o) for o in observations(300)).encode())
    (tmp_path / "in" / "Observation.001.ndjson.gz").write_bytes(damage(data))
    with pytest.raises(ImportRefused, match=r"Observation\.001\.ndjson\.gz: line \d+"):
        bring(stocked_sqlite, tmp_path / "in")
    assert everything(stocked_sqlite)["person"] == []


def test_a_line_that_is_not_text_is_refused(stocked_sqlite: Engine, tmp_path: Path) -> None:
    (tmp_path / "Patient.ndjson").write_bytes(b'{"resourceType": "Pati\xff"}\n')
    with pytest.raises(ImportRefused, match="not in UTF-8"):
        bring(stocked_sqlite, tmp_path / "Patient.ndjson")


GROWTH = """
import sys
from pathlib import Path
from deid.importers.fhir import import_fhir
from deid.vault.loading import LoadOptions
from deid.vault.store import open_vault
from tests.memory import peak_memory
import datetime as dt
engine = open_vault(sys.argv[1])
report = import_fhir(
    engine, Path(sys.argv[2]), "bulk", part_rows=200,
    options=LoadOptions(today=dt.date(2024, 6, 1)),
)
assert report.refused == 0, report.render()
print(report.table("measurement").loaded, round(1024 * peak_memory()))
"""


def test_memory_does_not_grow_with_the_number_of_records(tmp_path: Path, made_vaults: Path) -> None:
    peaks = {}
    for count in (500, 5_500):
        vault = tmp_path / f"{count}.db"
        vault.write_bytes((made_vaults / "stocked.db").read_bytes())
        vault.chmod(0o600)
        write(tmp_path / str(count), [*resources(), *observations(count)])
        done = subprocess.run(
            [sys.executable, "-c", GROWTH, f"sqlite:///{vault}", str(tmp_path / str(count))],
            capture_output=True,
            text=True,
            check=True,
        )
        loaded, peak = (int(word) for word in done.stdout.split())
        assert loaded == count + 2
        peaks[count] = peak
    # With all 5,000 more rows in one part it is about 25,000 kB.
    assert peaks[5_500] - peaks[500] < 12_000, peaks
