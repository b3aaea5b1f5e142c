"""Small OMOP datasets and FHIR bundles. Every person in them is invented here."""

from __future__ import annotations

import base64
import datetime as dt
from typing import Any

import pyarrow as pa

TODAY = dt.date(2024, 6, 1)
Rows = list[dict[str, Any]]

MALE, OUTPATIENT, HYPERTENSION, EHR = 8507, 9202, 320128, 32817


def concept(concept_id: int, name: str, domain: str, vocabulary: str, code: str) -> dict[str, Any]:
    return {
        "concept_id": concept_id,
        "concept_name": name,
        "domain_id": domain,
        "vocabulary_id": vocabulary,
        "concept_class_id": "Undefined",
        "standard_concept": "S",
        "concept_code": code,
        "valid_start_date": dt.date(1970, 1, 1),
        "valid_end_date": dt.date(2099, 12, 31),
        "invalid_reason": None,
    }


def vocabulary() -> Rows:
    return [
        concept(MALE, "MALE", "Gender", "Gender", "M"),
        concept(OUTPATIENT, "Outpatient Visit", "Visit", "Visit", "OP"),
        concept(HYPERTENSION, "Essential hypertension", "Condition", "SNOMED", "59621000"),
        concept(EHR, "EHR", "Type Concept", "Type Concept", "OMOP4976890"),
    ]


def person(person_id: int, **more: Any) -> dict[str, Any]:
    return {
        "person_id": person_id,
        "gender_concept_id": MALE,
        "year_of_birth": 1950 + person_id,
        "race_concept_id": 0,
        "ethnicity_concept_id": 0,
        **more,
    }


def visit(visit_id: int, person_id: int, day: str = "2020-03-01", **more: Any) -> dict[str, Any]:
    return {
        "visit_occurrence_id": visit_id,
        "person_id": person_id,
        "visit_concept_id": OUTPATIENT,
        "visit_start_date": dt.date.fromisoformat(day),
        "visit_end_date": dt.date.fromisoformat(day),
        "visit_type_concept_id": EHR,
        "preceding_visit_occurrence_id": None,
        **more,
    }


def condition(
    condition_id: int, person_id: int, day: str = "2020-03-01", **more: Any
) -> dict[str, Any]:
    return {
        "condition_occurrence_id": condition_id,
        "person_id": person_id,
        "condition_concept_id": HYPERTENSION,
        "condition_start_date": dt.date.fromisoformat(day),
        "condition_end_date": None,
        "condition_type_concept_id": EHR,
        "visit_occurrence_id": None,
        **more,
    }


def note(note_id: int, person_id: int | None, text: str = "Seen today.") -> dict[str, Any]:
    return {
        "note_id": note_id,
        "person_id": person_id,
        "note_date": dt.date(2020, 3, 1),
        "note_type_concept_id": EHR,
        "note_class_concept_id": 0,
        "note_text": text,
        "encoding_concept_id": 0,
        "language_concept_id": 0,
    }


def dataset(**tables: Rows) -> dict[str, pa.Table]:
    """A dataset of two persons with a visit and a condition each, and of the given tables."""
    rows: dict[str, Rows] = {
        "concept": vocabulary(),
        "person": [person(1), person(2)],
        "visit_occurrence": [
            visit(11, 1),
            visit(12, 2, "2021-05-04", preceding_visit_occurrence_id=None),
        ],
        "condition_occurrence": [
            condition(21, 1, visit_occurrence_id=11),
            condition(22, 2, "2021-05-04", visit_occurrence_id=12),
        ],
        **tables,
    }
    return {table: table_of(found) for table, found in rows.items()}


def table_of(rows: Rows) -> pa.Table:
    """Rows with every column that any of them has."""
    names = dict.fromkeys(name for row in rows for name in row)
    return pa.Table.from_pylist([{name: row.get(name) for name in names} for row in rows])


# What the FHIR patient below must never show outside the identity tables.
CANARIES = (
    "Zephyrine",
    "Quillfeather",
    "Oldname",
    "Motherwell",
    "999-12-3456",
    "MRN-77120",
    "555-0187",
    "zq@example.org",
    "14 Canary Lane",
    "Canaryville",
    "Barnabas",
)
PATIENT_ID = "5c0e2f9a-0000-4000-8000-000000000001"
ENCOUNTER_ID = "5c0e2f9a-0000-4000-8000-000000000002"
NOTE = "Blood pressure was high today."


def coded(system: str, code: str, display: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code, "display": display}], "text": display}


def entry(resource: dict[str, Any]) -> dict[str, Any]:
    return {"fullUrl": f"urn:uuid:{resource['id']}", "resource": resource}


def bundle(*more: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A transaction of one patient with a visit, a blood pressure and other records."""
    subject = {"reference": f"urn:uuid:{PATIENT_ID}", "display": "Mrs. Zephyrine Quillfeather"}
    encounter = {"reference": f"urn:uuid:{ENCOUNTER_ID}"}
    text = {
        "contentType": "text/plain; charset=utf-8",
        "data": base64.b64encode(NOTE.encode()).decode(),
    }
    doctor = {
        "reference": "Practitioner?identifier=http://hl7.org/fhir/sid/us-npi|9999900001",
        "display": "Dr. Ada Test",
    }
    resources = [
        {
            "resourceType": "Patient",
            "id": PATIENT_ID,
            "text": {
                "status": "generated",
                "div": '<div xmlns="http://www.w3.org/1999/xhtml">Zephyrine</div>',
            },
            "identifier": [
                {
                    "type": coded("http://terminology.hl7.org/CodeSystem/v2-0203", "SS", "SSN"),
                    "system": "http://hl7.org/fhir/sid/us-ssn",
                    "value": "999-12-3456",
                },
                {
                    "type": coded("http://terminology.hl7.org/CodeSystem/v2-0203", "MR", "MRN"),
                    "system": "urn:oid:1.2.3",
                    "value": "MRN-77120",
                },
            ],
            "name": [
                {"use": "official", "family": "Quillfeather", "given": ["Zephyrine"]},
                {"use": "maiden", "family": "Oldname", "given": ["Zephyrine"]},
            ],
            "extension": [
                {
                    "url": "http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName",
                    "valueString": "Motherwell",
                }
            ],
            "telecom": [
                {"system": "phone", "value": "555-0187", "use": "home"},
                {"system": "email", "value": "zq@example.org"},
            ],
            "gender": "female",
            "birthDate": "1961-04-02",
            "address": [{"line": ["14 Canary Lane"], "city": "Canaryville", "postalCode": "00501"}],
            "contact": [
                {
                    "relationship": [{"text": "spouse"}],
                    "name": {"family": "Quillfeather", "given": ["Barnabas"]},
                }
            ],
            **changes,
        },
        {
            "resourceType": "Encounter",
            "id": ENCOUNTER_ID,
            "status": "finished",
            "class": {
                "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode",
                "code": "AMB",
            },
            "type": [coded("http://snomed.info/sct", "185349003", "Check-up")],
            "subject": subject,
            "participant": [{"individual": doctor}],
            "period": {"start": "2020-03-01T09:00:00+08:00", "end": "2020-03-01T09:30:00+08:00"},
            "serviceProvider": {
                "reference": "Organization?identifier=urn:org|17",
                "display": "North Clinic",
            },
        },
        {
            "resourceType": "Observation",
            "id": "bp",
            "status": "final",
            "category": [
                coded(
                    "http://terminology.hl7.org/CodeSystem/observation-category",
                    "vital-signs",
                    "Vital signs",
                )
            ],
            "code": coded("http://loinc.org", "85354-9", "Blood pressure panel"),
            "subject": subject,
            "encounter": encounter,
            "effectiveDateTime": "2020-03-01T09:10:00+08:00",
            "component": [
                {
                    "code": coded("http://loinc.org", "8480-6", "Systolic blood pressure"),
                    "valueQuantity": {
                        "value": 152,
                        "unit": "mm[Hg]",
                        "system": "http://unitsofmeasure.org",
                        "code": "mm[Hg]",
                    },
                },
                {
                    "code": coded("http://loinc.org", "8462-4", "Diastolic blood pressure"),
                    "valueQuantity": {
                        "value": 94,
                        "unit": "mm[Hg]",
                        "system": "http://unitsofmeasure.org",
                        "code": "mm[Hg]",
                    },
                },
            ],
        },
        {
            "resourceType": "Condition",
            "id": "htn",
            "code": coded("http://snomed.info/sct", "59621000", "Essential hypertension"),
            "subject": subject,
            "encounter": encounter,
            "onsetDateTime": "2019",
        },
        {
            "resourceType": "Procedure",
            "id": "odd",
            "status": "completed",
            "code": coded("http://example.org/local", "X-1", "House-made procedure"),
            "subject": subject,
            "performedDateTime": "2020-03-01",
        },
        {
            "resourceType": "MedicationRequest",
            "id": "rx",
            "status": "active",
            "intent": "order",
            "medicationReference": {"reference": "#m"},
            "contained": [
                {
                    "resourceType": "Medication",
                    "id": "m",
                    "code": coded(
                        "http://www.nlm.nih.gov/research/umls/rxnorm", "17767", "amlodipine"
                    ),
                }
            ],
            "subject": subject,
            "encounter": encounter,
            "requester": doctor,
            "authoredOn": "2020-03-01T09:20:00+08:00",
            "dispenseRequest": {"expectedSupplyDuration": {"value": 30, "code": "d"}},
        },
        {
            "resourceType": "FamilyMemberHistory",
            "id": "fam",
            "status": "completed",
            "patient": subject,
            "date": "2020-03-01",
            "name": "Barnabas Quillfeather",
            "relationship": coded(
                "http://terminology.hl7.org/CodeSystem/v3-RoleCode", "FTH", "father"
            ),
            "condition": [{"code": coded("http://snomed.info/sct", "73211009", "Diabetes")}],
        },
        {
            "resourceType": "AllergyIntolerance",
            "id": "alg",
            "patient": subject,
            "recordedDate": "2020-03-01",
            "code": coded("http://snomed.info/sct", "91936005", "Allergy to penicillin"),
        },
        {
            "resourceType": "Immunization",
            "id": "imm",
            "status": "completed",
            "vaccineCode": coded("http://hl7.org/fhir/sid/cvx", "140", "Influenza"),
            "patient": subject,
            "occurrenceDateTime": "2020-03-01",
        },
        {
            "resourceType": "DiagnosticReport",
            "id": "rep",
            "status": "final",
            "code": coded("http://loinc.org", "34117-2", "History and physical note"),
            "subject": subject,
            "effectiveDateTime": "2020-03-01T09:10:00+08:00",
            "presentedForm": [text],
        },
        {
            "resourceType": "DocumentReference",
            "id": "doc",
            "status": "current",
            "type": coded("http://loinc.org", "34117-2", "History and physical note"),
            "subject": subject,
            "date": "2020-03-01T09:10:00+08:00",
            "author": [doctor],
            "content": [{"attachment": text}],
            "context": {"encounter": [encounter]},
        },
        {
            "resourceType": "Claim",
            "id": "claim",
            "status": "active",
            "use": "claim",
            "patient": subject,
        },
    ]
    return {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [entry(resource) for resource in [*resources, *more]],
    }
