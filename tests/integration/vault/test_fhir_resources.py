"""Every further resource that Synthea and hospitals send: its table, or the reason it has none."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from deid.importers.fhir import import_fhir
from deid.vault.loading import LoadOptions
from deid.vault.report import ImportReport
from deid.vault.schema import IDENTITY_TABLES
from deid.vault.store import read_tables
from deid.vocabulary import names
from tests.integration.vault.records import (
    CANARIES,
    ENCOUNTER_ID,
    PATIENT_ID,
    TODAY,
    bundle,
    coded,
)

SNOMED = "http://snomed.info/sct"
US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-"
SUBJECT = {"reference": f"urn:uuid:{PATIENT_ID}"}
ENCOUNTER = {"reference": f"urn:uuid:{ENCOUNTER_ID}"}
DAY = "2020-03-01T09:10:00+08:00"
Json = dict[str, Any]


def bring(vault: Engine, folder: Path, *more: Json, **changes: Any) -> ImportReport:
    (folder / "in.json").write_text(json.dumps(bundle(*more, **changes)), encoding="utf-8")
    return import_fhir(vault, folder / "in.json", "north", options=LoadOptions(today=TODAY))


def rows(vault: Engine, table: str) -> list[Json]:
    with read_tables(vault) as snapshot:
        return snapshot.read(table).to_pylist()


def left_out(report: ImportReport) -> dict[str, tuple[int, str]]:
    return {s.what: (s.count, s.reason) for s in report.skipped}


def test_a_marital_status_is_an_observation_of_the_last_recorded_day(
    stocked_sqlite: Engine, tmp_path: Path
) -> None:
    status = {
        "coding": [
            {"system": "http://terminology.hl7.org/CodeSystem/v3-MaritalStatus", "code": "W"}
        ]
    }
    report = bring(stocked_sqlite, tmp_path, maritalStatus=status)
    assert report.refused == 0
    (found,) = [
        row
        for row in rows(stocked_sqlite, "observation")
        if row["observation_concept_id"] == names.MARITAL_STATUS
    ]
    assert found["value_as_concept_id"] == names.WIDOWED
    assert (found["value_source_value"], found["observation_date"]) == ("W", dt.date(2020, 3, 1))


def test_a_marital_status_keeps_its_day_when_the_record_grows(
    stocked_sqlite: Engine, tmp_path: Path
) -> None:
    status = {"coding": [{"code": "M"}]}
    bring(stocked_sqlite, tmp_path, maritalStatus=status)
    later = {
        "resourceType": "Procedure",
        "id": "later",
        "status": "completed",
        "code": coded(SNOMED, "1", "Later"),
        "subject": SUBJECT,
        "performedDateTime": "2022-01-01",
    }
    report = bring(stocked_sqlite, tmp_path, later, maritalStatus=status)
    assert report.refused == 0
    assert report.table("procedure_occurrence").loaded == 1
    assert report.table("observation").loaded == 0


def test_a_photo_is_refused_with_its_reason(stocked_sqlite: Engine, tmp_path: Path) -> None:
    report = bring(
        stocked_sqlite, tmp_path, photo=[{"contentType": "image/png", "data": "aGVsbG8="}]
    )
    count, reason = left_out(report)["Patient.photo"]
    assert count == 1
    assert "identifies" in reason


def test_sex_is_that_at_birth_and_the_administrative_gender_is_kept_as_written(
    stocked_sqlite: Engine, tmp_path: Path
) -> None:
    report = bring(
        stocked_sqlite,
        tmp_path,
        gender="male",
        extension=[
            {"url": f"{US_CORE}birthsex", "valueCode": "F"},
            {
                "url": f"{US_CORE}race",
                "extension": [
                    {"url": "ombCategory", "valueCoding": {"code": "2028-9"}},
                    {"url": "detailed", "valueCoding": {"code": "2034-7"}},
                    {"url": "text", "valueString": "Chinese"},
                ],
            },
            {"url": "http://example.org/shoe-size", "valueDecimal": 43},
        ],
    )
    (person,) = rows(stocked_sqlite, "person")
    assert (person["gender_concept_id"], person["gender_source_value"]) == (names.FEMALE, "male")
    assert person["race_concept_id"] == names.RACE_ASIAN
    said = left_out(report)
    assert said["Patient.gender as a concept"][0] == 1
    assert said["further race of Patient"][0] == 1
    assert said["extension shoe-size of Patient"][0] == 1


def test_where_somebody_was_born_and_their_mothers_name_stay_in_the_identity_tables(
    stocked_sqlite: Engine, tmp_path: Path
) -> None:
    place = {"city": "Natalville", "country": "US"}
    bring(
        stocked_sqlite,
        tmp_path,
        extension=[
            {
                "url": "http://hl7.org/fhir/StructureDefinition/patient-birthPlace",
                "valueAddress": place,
            },
            {
                "url": "http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName",
                "valueString": "Motherwell",
            },
        ],
    )
    with read_tables(stocked_sqlite) as snapshot:
        texts = {table: str(snapshot.read(table).to_pylist()) for table in snapshot.tables()}
    for canary in (*CANARIES, "Natalville"):
        holders = {table for table, text in texts.items() if canary in text}
        assert holders
        assert holders <= set(IDENTITY_TABLES)
    assert {row["use"] for row in rows(stocked_sqlite, "address")} == {None, "birth"}


def test_a_role_gives_a_practitioner_specialty_and_place(
    stocked_sqlite: Engine, tmp_path: Path
) -> None:
    # The role stands before its practitioner and organisation: the order is of no matter.
    role = {
        "resourceType": "PractitionerRole",
        "id": "role",
        "practitioner": {"reference": "Practitioner/ada"},
        "organization": {"reference": "Organization/south"},
        "specialty": [coded("http://nucc.org/provider-taxonomy", "207Q00000X", "Family medicine")],
        "telecom": [{"system": "phone", "value": "555-0100"}],
    }
    ada = {
        "resourceType": "Practitioner",
        "id": "ada",
        "name": [{"family": "Rolle", "given": ["Ada"]}],
        "birthDate": "1970-01-01",
    }
    south = {
        "resourceType": "Organization",
        "id": "south",
        "name": "South Clinic",
        "type": [coded("http://terminology.hl7.org/CodeSystem/organization-type", "prov", "GP")],
        "address": [{"line": ["1 High St"], "city": "Southtown", "postalCode": "01234"}],
    }
    report = bring(stocked_sqlite, tmp_path, role, ada, south)
    (provider,) = [
        row for row in rows(stocked_sqlite, "provider") if row["provider_name"] == "Ada Rolle"
    ]
    (site,) = [
        row for row in rows(stocked_sqlite, "care_site") if row["care_site_name"] == "South Clinic"
    ]
    assert provider["specialty_source_value"] == "Family medicine"
    assert (provider["care_site_id"], provider["year_of_birth"]) == (site["care_site_id"], 1970)
    assert site["place_of_service_source_value"] == "GP"
    (location,) = rows(stocked_sqlite, "location")
    assert (location["address_1"], location["zip"]) == ("1 High St", "01234")
    assert site["location_id"] == location["location_id"]
    assert left_out(report)["PractitionerRole.telecom"][0] == 1


def test_a_doctor_known_by_name_only_is_filled_in_by_a_later_resource(
    stocked_sqlite: Engine, tmp_path: Path
) -> None:
    bring(stocked_sqlite, tmp_path)
    ada = {
        "resourceType": "Practitioner",
        "id": "ada",
        "identifier": [{"system": "http://hl7.org/fhir/sid/us-npi", "value": "9999900001"}],
        "name": [{"text": "Dr. Ada Test"}],
        "gender": "female",
    }
    report = bring(stocked_sqlite, tmp_path, ada)
    assert report.refused == 0
    (provider,) = rows(stocked_sqlite, "provider")
    assert provider["gender_concept_id"] == names.FEMALE


def test_a_specimen_keeps_its_kind_day_and_number_of_the_laboratory(
    stocked_sqlite: Engine, tmp_path: Path
) -> None:
    specimen = {
        "resourceType": "Specimen",
        "id": "spec",
        "accessionIdentifier": {"value": "LAB-1"},
        "type": coded(SNOMED, "119297000", "Blood specimen"),
        "subject": SUBJECT,
        "collection": {
            "collectedDateTime": DAY,
            "quantity": {"value": 5, "unit": "mL", "code": "mL"},
        },
    }
    bring(stocked_sqlite, tmp_path, specimen)
    (found,) = rows(stocked_sqlite, "specimen")
    assert (found["specimen_source_value"], found["specimen_source_id"]) == ("119297000", "LAB-1")
    assert (found["specimen_date"], found["quantity"]) == (dt.date(2020, 3, 1), 5.0)


def test_devices_in_use_and_supplies_are_device_exposures(
    stocked_sqlite: Engine, tmp_path: Path
) -> None:
    device = {
        "resourceType": "Device",
        "id": "pace",
        "type": coded(SNOMED, "14106009", "Pacemaker"),
        "patient": SUBJECT,
        "serialNumber": "SN-1",
    }
    use = {
        "resourceType": "DeviceUseStatement",
        "id": "use",
        "status": "active",
        "subject": SUBJECT,
        "device": {"reference": "Device/pace"},
        "timingDateTime": "2020-02-01",
    }
    supply = {
        "resourceType": "SupplyDelivery",
        "id": "mask",
        "status": "completed",
        "patient": SUBJECT,
        "suppliedItem": {
            "quantity": {"value": 10},
            "itemCodeableConcept": coded(SNOMED, "409534002", "Face mask"),
        },
        "occurrenceDateTime": DAY,
    }
    report = bring(stocked_sqlite, tmp_path, device, use, supply)
    found = {row["device_source_value"]: row for row in rows(stocked_sqlite, "device_exposure")}
    assert found["14106009"]["device_exposure_start_date"] == dt.date(2020, 2, 1)
    assert found["409534002"]["quantity"] == 10
    assert "no day of use" in left_out(report)["Device"][1]


def test_images_are_a_procedure_unless_a_procedure_says_the_same(
    stocked_sqlite: Engine, tmp_path: Path
) -> None:
    chest = coded(SNOMED, "399208008", "Chest X-ray")
    knee = coded(SNOMED, "1597004", "Knee X-ray")
    procedure = {
        "resourceType": "Procedure",
        "id": "chest-procedure",
        "status": "completed",
        "code": chest,
        "subject": SUBJECT,
        "performedPeriod": {"start": DAY, "end": DAY},
    }
    studies = [
        {
            "resourceType": "ImagingStudy",
            "id": name,
            "status": "available",
            "subject": SUBJECT,
            "encounter": ENCOUNTER,
            "started": DAY,
            "procedureCode": [code],
        }
        for name, code in (("chest", chest), ("knee", knee))
    ]
    report = bring(stocked_sqlite, tmp_path, procedure, *studies)
    codes = [row["procedure_source_value"] for row in rows(stocked_sqlite, "procedure_occurrence")]
    assert sorted(codes) == ["1597004", "399208008", "X-1"]
    assert left_out(report)["ImagingStudy"] == (1, "a Procedure says the same")


def test_what_is_planned_is_an_observation_and_never_a_procedure(
    stocked_sqlite: Engine, tmp_path: Path
) -> None:
    plan = {
        "resourceType": "CarePlan",
        "id": "plan",
        "status": "active",
        "intent": "plan",
        "category": [
            {"coding": [{"system": f"{US_CORE}careplan-category", "code": "assess-plan"}]},
            coded(SNOMED, "698360004", "Diabetes self management plan"),
        ],
        "subject": SUBJECT,
        "period": {"start": DAY},
        "activity": [
            {"detail": {"code": coded(SNOMED, "160670007", "Diet"), "status": "in-progress"}}
        ],
    }
    goal = {"resourceType": "Goal", "id": "goal", "subject": SUBJECT}
    report = bring(stocked_sqlite, tmp_path, plan, goal)
    found = {
        row["observation_source_value"]: row["value_source_value"]
        for row in rows(stocked_sqlite, "observation")
    }
    assert (found["698360004"], found["160670007"]) == ("active", "in-progress")
    assert len(rows(stocked_sqlite, "procedure_occurrence")) == 1
    assert "no fact" in left_out(report)["Goal"][1]


def test_insurance_and_cost_of_an_encounter(stocked_sqlite: Engine, tmp_path: Path) -> None:
    def money(value: float) -> Json:
        return {"value": value, "currency": "USD"}

    coverage = {
        "resourceType": "Coverage",
        "id": "cover",
        "status": "active",
        "beneficiary": SUBJECT,
        "payor": [{"display": "Northern Health"}],
        "period": {"start": "2019-05-01"},
    }
    benefit = {
        "resourceType": "ExplanationOfBenefit",
        "id": "eob",
        "status": "active",
        "type": coded("http://terminology.hl7.org/CodeSystem/claim-type", "professional", "P"),
        "use": "claim",
        "patient": SUBJECT,
        "created": DAY,
        "insurer": {"display": "Northern Health"},
        "provider": {"display": "North Clinic"},
        "outcome": "complete",
        "insurance": [{"focal": True, "coverage": {"reference": "Coverage/cover"}}],
        "item": [
            {
                "sequence": 1,
                "productOrService": coded(SNOMED, "1", "Visit"),
                "encounter": [ENCOUNTER],
                "adjudication": [
                    {
                        "category": coded("urn:bb", "variables/line_coinsrnc_amt", "Coinsurance"),
                        "amount": money(25.7),
                    }
                ],
            }
        ],
        "total": [
            {
                "category": coded("http://terminology.hl7.org/x", "submitted", "Submitted"),
                "amount": money(128.5),
            }
        ],
        "payment": {"amount": money(102.8)},
    }
    report = bring(stocked_sqlite, tmp_path, coverage, benefit)
    (period,) = rows(stocked_sqlite, "payer_plan_period")
    (cost,) = rows(stocked_sqlite, "cost")
    (visit,) = rows(stocked_sqlite, "visit_occurrence")
    assert period["payer_source_value"] == "Northern Health"
    assert period["payer_plan_period_end_date"] == dt.date(2099, 12, 31)
    assert (cost["cost_event_id"], cost["cost_domain_id"]) == (
        visit["visit_occurrence_id"],
        "Visit",
    )
    assert (cost["total_charge"], cost["paid_by_payer"]) == (128.5, 102.8)
    assert cost["paid_patient_coinsurance"] == 25.7
    assert cost["payer_plan_period_id"] == period["payer_plan_period_id"]
    assert left_out(report)["currency of ExplanationOfBenefit"][0] == 1


@pytest.mark.parametrize(
    "resource",
    [
        {"resourceType": "CareTeam", "id": "x"},
        {"resourceType": "Media", "id": "x"},
        {"resourceType": "Provenance", "id": "x"},
        {"resourceType": "ServiceRequest", "id": "x"},
        {"resourceType": "Slot", "id": "x"},
    ],
    ids=lambda resource: resource["resourceType"],
)
def test_every_other_resource_is_counted_with_a_reason(
    stocked_sqlite: Engine, tmp_path: Path, resource: Json
) -> None:
    report = bring(stocked_sqlite, tmp_path, resource)
    count, reason = left_out(report)[resource["resourceType"]]
    assert count == 1
    assert len(reason) > 10


def test_every_element_that_is_not_read_is_counted(stocked_sqlite: Engine, tmp_path: Path) -> None:
    pulse = {
        "resourceType": "Observation",
        "id": "pulse",
        "status": "final",
        "identifier": [{"value": "17"}],
        "code": coded("http://loinc.org", "8867-4", "Heart rate"),
        "subject": SUBJECT,
        "effectiveDateTime": DAY,
        "valueQuantity": {"value": 70, "unit": "/min", "code": "/min"},
        "bodySite": coded(SNOMED, "1", "Wrist"),
    }
    said = left_out(bring(stocked_sqlite, tmp_path, pulse))
    assert said["Observation.bodySite"] == (1, "OMOP has no column for it")
    assert said["Observation.identifier"] == (1, "numbers of single records are not kept")


def test_the_share_of_mapped_codes_is_told_by_resource_type(
    stocked_sqlite: Engine, tmp_path: Path
) -> None:
    report = bring(stocked_sqlite, tmp_path)
    shares = {r.type: (r.mapped, r.codes) for r in report.resources}
    assert shares["Condition"] == (1, 1)
    assert shares["Procedure"] == (0, 1)
    assert "Procedure: 1 added, 0 changed, 0 unchanged; 0 of 1 codes" in report.render()


def test_a_coded_answer_without_standard_concept_is_0_with_its_code_and_words(
    stocked_sqlite: Engine, tmp_path: Path
) -> None:
    answer = {
        "resourceType": "Observation",
        "id": "answer",
        "status": "final",
        "category": [coded("http://terminology.hl7.org/CodeSystem/x", "survey", "Survey")],
        "code": coded("http://example.org", "Q1", "A question"),
        "subject": SUBJECT,
        "effectiveDateTime": DAY,
        "valueCodeableConcept": coded("http://example.org", "A7", "An answer"),
    }
    bring(stocked_sqlite, tmp_path, answer)
    (found,) = [
        row
        for row in rows(stocked_sqlite, "observation")
        if row["observation_source_value"] == "Q1"
    ]
    assert (found["observation_concept_id"], found["value_as_concept_id"]) == (0, 0)
    assert (found["value_source_value"], found["value_as_string"]) == ("A7", "An answer")
