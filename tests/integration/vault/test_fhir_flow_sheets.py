"""A case from FHIR has flow sheets: codes that Synthea sends for vital signs and laboratory."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from casebank import draft_case
from deid.importers.fhir import import_fhir
from deid.vault.loading import LoadOptions
from deid.vault.store import read_tables
from tests.builders import build_release
from tests.integration.vault.records import TODAY, coded

LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
SUBJECT = {"reference": "Patient/tall"}
Json = dict[str, Any]
# Code, name, unit and first value; each following one is a little higher.
SERIES = (
    ("29463-7", "Body Weight", "kg", 80.1),
    ("39156-5", "Body mass index (BMI) [Ratio]", "kg/m2", 27.2),
    ("4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood", "%", 7.4),
    ("2339-0", "Glucose [Mass/volume] in Blood", "mg/dL", 131.0),
    ("2093-3", "Cholesterol [Mass/volume] in Serum or Plasma", "mg/dL", 201.0),
    ("2160-0", "Creatinine [Mass/volume] in Serum or Plasma", "mg/dL", 0.9),
)


def quantity(value: float, unit: str) -> Json:
    return {"value": value, "unit": unit, "system": UCUM, "code": unit}


def observed(number: int, day: dt.date, **more: Any) -> Json:
    category = "http://terminology.hl7.org/CodeSystem/observation-category"
    return {
        "resourceType": "Observation",
        "id": f"{day}-{number}",
        "status": "final",
        "category": [coded(category, "vital-signs", "Vital signs")],
        "subject": SUBJECT,
        "encounter": {"reference": f"Encounter/{day}"},
        "effectiveDateTime": f"{day}T09:00:00+00:00",
        **more,
    }


def record() -> list[Json]:
    """Four visits of one person with high blood pressure and diabetes."""
    patient: Json = {
        "resourceType": "Patient",
        "id": "tall",
        "birthDate": "1961-04-02",
        "gender": "female",
    }
    problems = [
        {
            "resourceType": "Condition",
            "id": code,
            "category": [coded("urn:x", "problem-list-item", "Problem")],
            "code": coded("http://snomed.info/sct", code, name),
            "subject": SUBJECT,
            "onsetDateTime": "2020-01-02",
        }
        for code, name in (("59621000", "Essential hypertension"), ("44054006", "Diabetes"))
    ]
    resources = [patient, *problems]
    for visit in range(4):
        day = dt.date(2020 + visit, 1, 2)
        resources.append(
            {
                "resourceType": "Encounter",
                "id": f"{day}",
                "status": "finished",
                "class": {"code": "AMB"},
                "subject": SUBJECT,
                "period": {"start": f"{day}T09:00:00+00:00"},
            }
        )
        panel = [
            {"code": coded(LOINC, code, name), "valueQuantity": quantity(value + visit, "mm[Hg]")}
            for code, name, value in (
                ("8480-6", "Systolic Blood Pressure", 148.0),
                ("8462-4", "Diastolic Blood Pressure", 92.0),
            )
        ]
        code = coded(LOINC, "85354-9", "Blood pressure panel")
        resources.append(observed(0, day, code=code, component=panel))
        for number, (loinc, name, unit, value) in enumerate(SERIES, start=1):
            said = {
                "code": coded(LOINC, loinc, name),
                "valueQuantity": quantity(round(value + visit / 10, 2), unit),
            }
            resources.append(observed(number, day, **said))
    return resources


def test_a_case_from_fhir_has_flow_sheets(stocked_sqlite: Engine, tmp_path: Path) -> None:
    path = tmp_path / "all.ndjson"
    path.write_text("\n".join(json.dumps(resource) for resource in record()), encoding="utf-8")
    report = import_fhir(stocked_sqlite, path, options=LoadOptions(today=TODAY))
    assert report.refused == 0
    (share,) = [r for r in report.resources if r.type == "Observation"]
    assert share.codes == 4 * (2 + len(SERIES))
    assert share.mapped == share.codes
    with read_tables(stocked_sqlite) as snapshot:
        tables = {table: snapshot.read(table) for table in snapshot.tables()}
    release = build_release(
        tmp_path / "releases", {name: rows for name, rows in tables.items() if rows.num_rows}
    )
    case = draft_case(release, 1, case_id="tall")
    sheets = {sheet.key: sheet for sheet in case.flow_sheets}
    assert {"blood-pressure", "weight", "bmi", "hba1c", "glucose"} <= sheets.keys()
    systolic = next(s for s in sheets["blood-pressure"].series if s.name == "Systolic")
    assert [point.value for point in systolic.points] == [148.0, 149.0, 150.0, 151.0]
    assert systolic.unit == "mmHg"
