"""A resource that changed since it was imported: refused, or with --update put in its place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from deid.importers.fhir import import_fhir
from deid.vault.check import check_vault
from deid.vault.loading import LoadOptions
from deid.vault.report import ImportReport, ResourceReport
from deid.vault.store import read_tables
from tests.integration.vault.records import PATIENT_ID, TODAY, bundle, coded

Json = dict[str, Any]


def bring(vault: Engine, folder: Path, document: Json, *, update: bool = False) -> ImportReport:
    (folder / "in.json").write_text(json.dumps(document), encoding="utf-8")
    return import_fhir(
        vault, folder / "in.json", "north", update=update, options=LoadOptions(today=TODAY)
    )


def changed(kind: str, change: Any) -> Json:
    """The bundle of a patient, one resource of which is changed."""
    document = bundle()
    for part in document["entry"]:
        if part["resource"]["resourceType"] == kind:
            change(part["resource"])
    return document


def rows(vault: Engine, table: str) -> list[Json]:
    with read_tables(vault) as snapshot:
        return snapshot.read(table).to_pylist()


def of_type(report: ImportReport, kind: str) -> ResourceReport:
    (found,) = [r for r in report.resources if r.type == kind]
    return found


def later_onset(condition: Json) -> None:
    condition["onsetDateTime"] = "2018-06-01"


def one_component(observation: Json) -> None:
    del observation["component"][1]


def in_error(resource: Json) -> None:
    resource["verificationStatus"] = coded("urn:x", "entered-in-error", "Error")


def test_without_update_it_is_refused_and_the_option_is_named(
    stocked_sqlite: Engine, tmp_path: Path
) -> None:
    bring(stocked_sqlite, tmp_path, bundle())
    before = rows(stocked_sqlite, "condition_occurrence")
    report = bring(stocked_sqlite, tmp_path, changed("Condition", later_onset))
    assert "1 changed Condition: the vault holds another version of it" in report.render()
    assert "--update" in report.render()
    assert rows(stocked_sqlite, "condition_occurrence") == before
    assert (report.loaded, report.updated) == (0, 0)


def test_with_update_its_row_is_changed_and_keeps_its_number(
    stocked: Engine, tmp_path: Path
) -> None:
    bring(stocked, tmp_path, bundle())
    (before,) = rows(stocked, "condition_occurrence")
    report = bring(stocked, tmp_path, changed("Condition", later_onset), update=True)
    (after,) = rows(stocked, "condition_occurrence")
    assert after["condition_occurrence_id"] == before["condition_occurrence_id"]
    assert str(after["condition_start_date"]) == "2018-06-01"
    assert of_type(report, "Condition").changed == 1
    assert of_type(report, "Patient").unchanged == 1
    assert report.table("condition_occurrence").updated == 1


def test_rows_that_a_new_version_no_longer_gives_are_removed(
    stocked_sqlite: Engine, tmp_path: Path
) -> None:
    bring(stocked_sqlite, tmp_path, bundle())
    bring(stocked_sqlite, tmp_path, changed("Observation", one_component), update=True)
    (left,) = rows(stocked_sqlite, "measurement")
    assert left["measurement_source_value"] == "8480-6"


def test_a_record_that_was_an_error_is_removed(stocked_sqlite: Engine, tmp_path: Path) -> None:
    bring(stocked_sqlite, tmp_path, bundle())
    report = bring(stocked_sqlite, tmp_path, changed("Condition", in_error), update=True)
    assert rows(stocked_sqlite, "condition_occurrence") == []
    assert ("Condition", "its status is entered-in-error") in {
        (s.what, s.reason) for s in report.skipped
    }


def test_a_patient_is_changed_though_other_rows_refer_to_them(
    stocked: Engine, tmp_path: Path
) -> None:
    bring(stocked, tmp_path, bundle(deceasedDateTime="2021-01-01"))
    (before,) = rows(stocked, "person")
    assert len(rows(stocked, "death")) == 1
    bring(stocked, tmp_path, bundle(birthDate="1971-04-02", telecom=[]), update=True)
    (after,) = rows(stocked, "person")
    assert (after["person_id"], after["year_of_birth"]) == (before["person_id"], 1971)
    assert rows(stocked, "contact") == []
    assert rows(stocked, "death") == []
    assert rows(stocked, "measurement")[0]["person_id"] == after["person_id"]


def test_a_visit_that_others_refer_to_is_kept_and_that_is_said(
    stocked_sqlite: Engine, tmp_path: Path
) -> None:
    bring(stocked_sqlite, tmp_path, bundle())

    def cancelled(encounter: Json) -> None:
        encounter["status"] = "entered-in-error"

    report = bring(stocked_sqlite, tmp_path, changed("Encounter", cancelled), update=True)
    assert len(rows(stocked_sqlite, "visit_occurrence")) == 1
    assert ("removal of visit_occurrence", "other rows refer to it") in {
        (s.what, s.reason) for s in report.skipped
    }


@pytest.mark.parametrize(
    ("kind", "change"), [("Condition", later_onset), ("Observation", one_component)]
)
def test_an_update_can_be_taken_back_and_the_vault_is_as_it_was(
    stocked_sqlite: Engine, tmp_path: Path, kind: str, change: Any
) -> None:
    bring(stocked_sqlite, tmp_path, bundle())
    with read_tables(stocked_sqlite) as snapshot:
        before = snapshot.snapshot_id
    bring(stocked_sqlite, tmp_path, changed(kind, change), update=True)
    with read_tables(stocked_sqlite) as snapshot:
        assert snapshot.snapshot_id != before
    bring(stocked_sqlite, tmp_path, bundle(), update=True)
    assert check_vault(stocked_sqlite).errors == ()
    again = bring(stocked_sqlite, tmp_path, bundle(), update=True)
    assert (again.loaded, again.updated, again.refused) == (0, 0, 0)


def test_a_new_record_of_a_known_patient_is_added_beside(
    stocked_sqlite: Engine, tmp_path: Path
) -> None:
    bring(stocked_sqlite, tmp_path, bundle())
    later = {
        "resourceType": "Condition",
        "id": "later",
        "code": coded("http://snomed.info/sct", "44054006", "Type 2 diabetes"),
        "subject": {"reference": f"Patient/{PATIENT_ID}"},
        "onsetDateTime": "2023-05-06",
    }
    report = bring(stocked_sqlite, tmp_path, bundle(later), update=True)
    condition = of_type(report, "Condition")
    assert (condition.added, condition.changed, condition.unchanged) == (1, 0, 1)


def test_a_code_that_has_another_meaning_by_now_waits_for_update(
    sqlite_vault: Engine, stocked_sqlite: Engine, tmp_path: Path
) -> None:
    # In an empty vocabulary nothing has a standard concept; a concept that comes later gives one.
    allergy = {
        "resourceType": "Condition",
        "id": "moved",
        "code": coded("http://example.org/none", "Z", "Something"),
        "subject": {"reference": f"Patient/{PATIENT_ID}"},
        "onsetDateTime": "2020-02-02",
    }
    bring(stocked_sqlite, tmp_path, bundle(allergy))
    with stocked_sqlite.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE concept SET concept_code = '59621000x' WHERE concept_code = '59621000'"
        )
    refused = bring(stocked_sqlite, tmp_path, bundle(allergy))
    reasons = [r.reason for r in refused.table("condition_occurrence").refusals]
    assert reasons == [
        "the vault holds another row of this key; import with --update to replace it"
    ]
    bring(stocked_sqlite, tmp_path, bundle(allergy), update=True)
    found = {
        row["condition_source_value"]: row for row in rows(stocked_sqlite, "condition_occurrence")
    }
    assert found["59621000"]["condition_concept_id"] == 0
