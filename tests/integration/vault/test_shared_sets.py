"""The shared data sets, imported whole into a vault of their own each."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine

from deid.importers.fhir import import_fhir
from deid.importers.omop import read_omop_directory
from deid.vault.check import check_vault
from deid.vault.loading import LoadOptions, load_dataset
from deid.vault.report import ImportReport
from deid.vault.store import read_tables

pytestmark = pytest.mark.shared


def bring(vault: Engine, path: Path, **options: str) -> ImportReport:
    found = read_omop_directory(path)
    return load_dataset(
        vault,
        found.tables,
        path.name,
        "omop",
        options=LoadOptions(**options),  # type: ignore[arg-type]
        remarks=found.remarks,
    )


def test_gibleed_is_imported_and_its_faults_are_named(stocked_sqlite: Engine, shared: Path) -> None:
    report = bring(stocked_sqlite, shared / "omop_gibleed", duplicate_keys="renumber")
    assert report.refused == 2_649
    assert [(r.reason, r.rows) for r in report.table("observation_period").refusals] == [
        ("person_id is of an unknown person", 2_649)
    ]
    assert report.table("person").loaded == 2_694
    assert report.table("drug_exposure").loaded == 67_707
    assert check_vault(stocked_sqlite).errors == ()


def test_synthea27nj_is_imported_whole(stocked_sqlite: Engine, shared: Path) -> None:
    report = bring(stocked_sqlite, shared / "omop_synthea27nj")
    assert report.refused == 0
    assert report.table("measurement").loaded == 10_040
    assert bring(stocked_sqlite, shared / "omop_synthea27nj").loaded == 0


def test_the_fhir_bundles_are_imported_whole_and_twice_is_once(
    stocked_sqlite: Engine, shared: Path
) -> None:
    report = import_fhir(stocked_sqlite, shared / "fhir_synthea", "synthea")
    assert report.refused == 0
    assert report.table("person").loaded == 24
    assert report.table("note").loaded == 810
    with read_tables(stocked_sqlite) as snapshot:
        before = snapshot.snapshot_id
        families = set(snapshot.read("person_identity")["family_name"].to_pylist())
        clinical = [
            str(snapshot.read(table).to_pylist())
            for table in ("visit_occurrence", "observation", "measurement", "drug_exposure")
        ]
    assert not [name for name in families for text in clinical if name in text]
    assert import_fhir(stocked_sqlite, shared / "fhir_synthea", "synthea").loaded == 0
    with read_tables(stocked_sqlite) as snapshot:
        assert snapshot.snapshot_id == before
