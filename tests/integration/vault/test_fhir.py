"""FHIR R4 bundles: what becomes of each resource, and where people's particulars may not go."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from deid.errors import ImportRefused
from deid.importers.fhir import import_fhir
from deid.vault.loading import LoadOptions
from deid.vault.report import ImportReport
from deid.vault.schema import IDENTITY_TABLES
from deid.vault.store import read_tables
from deid.vocabulary import names
from tests.integration.vault.records import CANARIES, NOTE, PATIENT_ID, TODAY, bundle, coded, entry


def bring(
    vault: Engine, folder: Path, document: Any = None, name: str = "one.json", source: str = "north"
) -> ImportReport:
    path = folder / name
    text = document if isinstance(document, str) else json.dumps(document or bundle())
    path.write_text(text, encoding="utf-8")
    return import_fhir(vault, path, source, options=LoadOptions(today=TODAY))


def rows(vault: Engine, table: str) -> list[dict[str, Any]]:
    with read_tables(vault) as snapshot:
        return snapshot.read(table).to_pylist()


def test_every_resource_finds_its_table(stocked: Engine, tmp_path: Path) -> None:
    report = bring(stocked, tmp_path)
    assert report.refused == 0
    loaded = {t.table: t.loaded for t in report.tables if t.table not in {"concept", "vocabulary"}}
    assert loaded == {
        "address": 1,
        "care_site": 1,
        "condition_occurrence": 1,
        "contact": 2,
        "drug_exposure": 2,
        "identifier": 2,
        "measurement": 2,
        "note": 1,
        "observation": 2,
        "observation_period": 1,
        "person": 1,
        "person_identity": 1,
        "procedure_occurrence": 1,
        "provider": 1,
        "relative": 3,
        "visit_occurrence": 1,
    }


def test_importing_twice_changes_nothing(stocked: Engine, tmp_path: Path) -> None:
    bring(stocked, tmp_path)
    with read_tables(stocked) as snapshot:
        before = snapshot.snapshot_id
    again = bring(stocked, tmp_path)
    assert (again.loaded, again.updated, again.refused) == (0, 0, 0)
    with read_tables(stocked) as snapshot:
        assert snapshot.snapshot_id == before


def test_what_identifies_a_patient_is_in_the_identity_tables_only(
    stocked_sqlite: Engine, tmp_path: Path
) -> None:
    report = bring(stocked_sqlite, tmp_path)
    with read_tables(stocked_sqlite) as snapshot:
        texts = {table: str(snapshot.read(table).to_pylist()) for table in snapshot.tables()}
    for canary in CANARIES:
        holders = {table for table, text in texts.items() if canary in text}
        assert holders
        assert holders <= set(IDENTITY_TABLES), canary
        assert canary not in report.render() + report.to_json()


def test_a_patient_is_a_person_with_identity_numbers_and_relatives(
    stocked_sqlite: Engine, tmp_path: Path
) -> None:
    bring(stocked_sqlite, tmp_path)
    (person,) = rows(stocked_sqlite, "person")
    assert (person["gender_concept_id"], person["year_of_birth"]) == (names.FEMALE, 1961)
    (identity,) = rows(stocked_sqlite, "person_identity")
    assert identity["full_name"] == "Zephyrine Quillfeather"
    assert identity["other_names"] == "Zephyrine Oldname"
    assert identity["birth_date"] == dt.date(1961, 4, 2)
    assert {row["kind"] for row in rows(stocked_sqlite, "identifier")} == {"SSN", "MRN"}
    relatives = {r["relationship"]: r["full_name"] for r in rows(stocked_sqlite, "relative")}
    assert relatives == {
        "spouse": "Barnabas Quillfeather",
        "mother": "Motherwell",
        "father": "Barnabas Quillfeather",
    }


def test_a_chinese_name_is_put_together_in_its_own_order(
    stocked_sqlite: Engine, tmp_path: Path
) -> None:
    bring(stocked_sqlite, tmp_path, bundle(name=[{"family": "欧阳", "given": ["晓", "梅"]}]))
    assert rows(stocked_sqlite, "person_identity")[0]["full_name"] == "欧阳晓梅"


def test_a_visit_keeps_the_wall_clock_and_names_its_doctor_and_place(
    stocked_sqlite: Engine, tmp_path: Path
) -> None:
    bring(stocked_sqlite, tmp_path)
    (visit,) = rows(stocked_sqlite, "visit_occurrence")
    assert visit["visit_concept_id"] == names.OUTPATIENT_VISIT
    assert visit["visit_start_datetime"] == dt.datetime(2020, 3, 1, 9, 0)
    (provider,) = rows(stocked_sqlite, "provider")
    assert (provider["provider_name"], provider["npi"]) == ("Dr. Ada Test", "9999900001")
    assert visit["provider_id"] == provider["provider_id"]
    (site,) = rows(stocked_sqlite, "care_site")
    assert (site["care_site_name"], site["care_site_id"]) == ("North Clinic", visit["care_site_id"])


def test_both_numbers_of_a_blood_pressure_are_measurements(
    stocked_sqlite: Engine, tmp_path: Path
) -> None:
    bring(stocked_sqlite, tmp_path)
    found = {
        (row["measurement_source_value"], row["value_as_number"], row["unit_concept_id"])
        for row in rows(stocked_sqlite, "measurement")
    }
    assert found == {("8480-6", 152.0, 8876), ("8462-4", 94.0, 8876)}


def test_a_known_code_becomes_its_standard_concept(stocked_sqlite: Engine, tmp_path: Path) -> None:
    bring(stocked_sqlite, tmp_path)
    (condition,) = rows(stocked_sqlite, "condition_occurrence")
    assert condition["condition_concept_id"] == 320128
    assert condition["condition_start_date"] == dt.date(2019, 1, 1)
    drugs = {row["drug_source_value"]: row for row in rows(stocked_sqlite, "drug_exposure")}
    assert drugs["17767"]["drug_concept_id"] == names.AMLODIPINE
    assert drugs["17767"]["drug_exposure_end_date"] == dt.date(2020, 3, 30)


def test_an_unknown_code_keeps_its_name_as_a_local_concept(
    stocked_sqlite: Engine, tmp_path: Path
) -> None:
    report = bring(stocked_sqlite, tmp_path)
    (procedure,) = rows(stocked_sqlite, "procedure_occurrence")
    assert procedure["procedure_concept_id"] == 0
    concepts = {row["concept_id"]: row for row in rows(stocked_sqlite, "concept")}
    local = concepts[procedure["procedure_source_concept_id"]]
    assert local["concept_id"] >= 2_000_000_000
    assert local["concept_name"] == "House-made procedure"
    assert local["standard_concept"] is None
    assert any("local concepts" in line for line in report.notes)


def test_one_text_sent_as_document_and_report_is_one_note(
    stocked_sqlite: Engine, tmp_path: Path
) -> None:
    report = bring(stocked_sqlite, tmp_path)
    (note,) = rows(stocked_sqlite, "note")
    assert note["note_text"] == NOTE
    assert note["language_concept_id"] == names.ENGLISH
    assert note["visit_occurrence_id"] is not None
    assert ("text of DiagnosticReport", 1) in {(s.what, s.count) for s in report.skipped}


def test_what_is_not_imported_is_counted_with_its_reason(
    stocked_sqlite: Engine, tmp_path: Path
) -> None:
    wrong = {
        "resourceType": "Condition",
        "id": "oops",
        "verificationStatus": coded("urn:x", "entered-in-error", "error"),
        "subject": {"reference": f"Patient/{PATIENT_ID}"},
    }
    report = bring(stocked_sqlite, tmp_path, bundle(wrong))
    skipped = {(s.what, s.reason): s.count for s in report.skipped}
    assert skipped["Claim", "its ExplanationOfBenefit says what was charged and paid"] == 1
    assert skipped["narrative of Patient", "generated from the coded content"] == 1
    assert skipped["Condition", "its status is entered-in-error"] == 1


def test_the_observation_period_spans_all_records_and_grows_with_later_ones(
    stocked: Engine, tmp_path: Path
) -> None:
    bring(stocked, tmp_path)
    (period,) = rows(stocked, "observation_period")
    first, last = "observation_period_start_date", "observation_period_end_date"
    assert (period[first], period[last]) == (dt.date(2019, 1, 1), dt.date(2020, 3, 1))
    later = {
        "resourceType": "Condition",
        "id": "later",
        "code": coded("http://snomed.info/sct", "44054006", "Type 2 diabetes"),
        "subject": {"reference": f"Patient/{PATIENT_ID}"},
        "onsetDateTime": "2023-05-06",
    }
    document = {"resourceType": "Bundle", "type": "collection", "entry": [entry(later)]}
    report = bring(stocked, tmp_path, document, "two.json")
    assert (report.refused, report.table("observation_period").updated) == (0, 1)
    (period,) = rows(stocked, "observation_period")
    assert (period[first], period[last]) == (dt.date(2019, 1, 1), dt.date(2023, 5, 6))


def test_a_changed_resource_is_refused_and_the_vaults_row_kept(
    stocked_sqlite: Engine, tmp_path: Path
) -> None:
    bring(stocked_sqlite, tmp_path)
    report = bring(stocked_sqlite, tmp_path, bundle(birthDate="1971-04-02"))
    assert {(s.what, s.count) for s in report.skipped if "--update" in s.reason} == {
        ("changed Patient", 1)
    }
    (patient,) = [r for r in report.resources if r.type == "Patient"]
    assert (patient.added, patient.changed, patient.unchanged) == (0, 1, 0)
    assert rows(stocked_sqlite, "person")[0]["year_of_birth"] == 1961


def test_the_same_ids_from_another_source_are_other_people(
    stocked_sqlite: Engine, tmp_path: Path
) -> None:
    bring(stocked_sqlite, tmp_path)
    assert bring(stocked_sqlite, tmp_path, source="south").table("person").loaded == 1
    assert len(rows(stocked_sqlite, "person")) == 2


def test_a_record_of_an_unknown_patient_is_refused_alone(
    stocked_sqlite: Engine, tmp_path: Path
) -> None:
    stray = {
        "resourceType": "Condition",
        "id": "stray",
        "code": coded("http://snomed.info/sct", "59621000", "Essential hypertension"),
        "subject": {"reference": "Patient/nobody"},
        "onsetDateTime": "2020-01-01",
    }
    report = bring(stocked_sqlite, tmp_path, bundle(stray))
    (refusal,) = report.table("condition_occurrence").refusals
    assert refusal.reason == "person_id is of an unknown person"
    assert refusal.examples[0].endswith("Bundle.entry[12].resource")
    assert report.table("condition_occurrence").loaded == 1


def test_newline_delimited_resources_are_read_too(stocked_sqlite: Engine, tmp_path: Path) -> None:
    lines = "\n".join(json.dumps(part["resource"]) for part in bundle()["entry"])
    lines = lines.replace(f"urn:uuid:{PATIENT_ID}", f"Patient/{PATIENT_ID}")
    report = bring(stocked_sqlite, tmp_path, lines, "export.ndjson")
    assert report.table("person").loaded == 1
    assert report.table("measurement").loaded == 2


def broken(change: Any) -> str:
    document = bundle()
    change(document["entry"])
    return json.dumps(document)


def without_subject(entries: list[Any]) -> None:
    del entries[3]["resource"]["subject"]


def with_bad_date(entries: list[Any]) -> None:
    entries[3]["resource"]["onsetDateTime"] = "Quillfeather"


def with_day_that_is_none(entries: list[Any]) -> None:
    entries[3]["resource"]["onsetDateTime"] = "2021-02-30"


def with_odd_type(entries: list[Any]) -> None:
    entries[3]["resource"]["resourceType"] = "Illness"


def with_odd_element(entries: list[Any]) -> None:
    entries[3]["resource"]["shoeSize"] = 43


def without_resource(entries: list[Any]) -> None:
    del entries[3]["resource"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (json.dumps(bundle())[:-40], r"bad\.json: line 1, column \d+: not JSON"),
        ("[1, 2]", "not a FHIR resource"),
        ('{"resourceType": "Bundle", "type": "message"}', r"Bundle\.type: expected one of"),
        (broken(without_subject), r"entry\[3\]\.resource\.subject: is missing"),
        (broken(with_bad_date), r"entry\[3\]\.resource\.onsetDateTime: is not valid"),
        (broken(with_day_that_is_none), r"entry\[3\]\.resource\.onsetDateTime: is not valid"),
        (broken(with_odd_type), r"entry\[3\]\.resource\.resourceType: not a resource type"),
        (broken(with_odd_element), r"entry\[3\]\.resource\.shoeSize: is not an element"),
        (broken(without_resource), r"entry\[3\]\.resource: is missing"),
    ],
)
def test_a_bad_bundle_refuses_the_whole_import_and_says_where(
    sqlite_vault: Engine, tmp_path: Path, text: str, message: str
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a-good.json").write_text(json.dumps(bundle()))
    (tmp_path / "in" / "bad.json").write_text(text)
    with pytest.raises(ImportRefused, match=message) as caught:
        import_fhir(sqlite_vault, tmp_path / "in", options=LoadOptions(today=TODAY))
    assert "Quillfeather" not in str(caught.value)
    assert rows(sqlite_vault, "person") == []


def test_two_versions_of_one_resource_refuse_the_import(
    sqlite_vault: Engine, tmp_path: Path
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.json").write_text(json.dumps(bundle()))
    (tmp_path / "in" / "b.json").write_text(json.dumps(bundle(birthDate="1971-04-02")))
    with pytest.raises(ImportRefused, match="a different Patient of the same id"):
        import_fhir(sqlite_vault, tmp_path / "in", options=LoadOptions(today=TODAY))
