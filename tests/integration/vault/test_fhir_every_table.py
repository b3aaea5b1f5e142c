"""Rows of every table of the vault, also of those that FHIR knows nothing of, come back."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class
from sqlalchemy import Engine

from deid.errors import ImportRefused
from deid.exporters.fhir import export_fhir
from deid.importers.fhir import import_fhir
from deid.vault.loading import LoadOptions, load_dataset
from deid.vault.rules import has_row_id, references
from deid.vault.schema import metadata
from deid.vault.store import open_vault, read_tables
from deid.vocabulary import names
from tests.integration.vault.records import TODAY, concept, table_of

DAY, TIME = dt.date(2020, 3, 1), dt.datetime(2020, 3, 1, 9, 30, 15, 250_000)
LATER = dt.date(2020, 3, 4)
FLU, LOCAL, FIELD = 40213154, 2_100_000_007, 1147330
Row = dict[str, Any]
# Ids are far from those that the second vault gives out, so that none can agree by chance.
ROWS: dict[str, list[Row]] = {
    "concept": [
        concept(FLU, "Influenza vaccine", "Drug", "CVX", "140"),
        concept(FIELD, "measurement.measurement_id", "Metadata", "CDM", "CDM1"),
        concept(LOCAL, "House-made code", "Condition", "FHIR", "http://example.org/local|X-1")
        | {"standard_concept": None},
    ],
    "location": [{"location_id": 501, "address_1": "1 High St", "latitude": 42.25}],
    "care_site": [{"care_site_id": 511, "care_site_name": "Clinic", "location_id": 501}],
    "provider": [
        {
            "provider_id": 521,
            "provider_name": "Dr. Ada Test",
            "npi": "9999900001",
            "specialty_source_value": "GP",
            "care_site_id": 511,
            "gender_concept_id": names.FEMALE,
        }
    ],
    "household": [{"household_id": 531, "household_code": "H-1", "area_kind": "rural"}],
    "person": [
        {
            "person_id": 601,
            "gender_concept_id": names.FEMALE,
            "year_of_birth": 1950,
            "month_of_birth": 2,
            "race_concept_id": names.RACE_CHINESE,
            "ethnicity_concept_id": 0,
            "birth_datetime": dt.datetime(1950, 2, 3, 4, 5),
            "location_id": 501,
            "provider_id": 521,
            "person_source_value": "P-601",
        },
        {
            "person_id": 602,
            "gender_concept_id": 0,
            "year_of_birth": 1980,
            "race_concept_id": 0,
            "ethnicity_concept_id": 0,
        },
    ],
    "person_identity": [
        {
            "person_id": 601,
            "household_id": 531,
            "full_name": "欧阳晓梅",
            "family_name": "欧阳",
            "given_name": "晓梅",
            "other_names": "小梅\nMei",
            "birth_date": dt.date(1950, 2, 3),
            "language": "zh-CN",
        }
    ],
    "identifier": [
        {"identifier_id": 611, "person_id": 601, "kind": "ID_CARD", "value": "11010519491231002X"},
        {
            "identifier_id": 612,
            "person_id": 601,
            "kind": "RECORD_NO",
            "system": "urn:oid:1.2.3",
            "value": "37010000100100001",
        },
    ],
    "contact": [
        {"contact_id": 621, "person_id": 601, "kind": "wechat", "use": "own", "value": "mei_1950"}
    ],
    "address": [
        {
            "address_id": 631,
            "person_id": 601,
            "use": "registered",
            "line": "3组5号",
            "village": "李家村",
            "township": "东乡镇",
            "state": "山东省",
            "full_text": "山东省东乡镇李家村3组5号",
        }
    ],
    "relative": [
        {
            "relative_id": 641,
            "person_id": 601,
            "relationship": "daughter",
            "relative_person_id": 602,
            "full_name": "李小红",
            "phone": "13800000000",
        }
    ],
    "death": [{"person_id": 601, "death_date": LATER, "cause_concept_id": 320128}],
    "observation_period": [
        {
            "observation_period_id": 651,
            "person_id": 601,
            "observation_period_start_date": dt.date(2010, 1, 1),
            "observation_period_end_date": LATER,
            "period_type_concept_id": names.REGISTRY,
        }
    ],
    "payer_plan_period": [
        {
            "payer_plan_period_id": 661,
            "person_id": 601,
            "payer_plan_period_start_date": DAY,
            "payer_plan_period_end_date": LATER,
            "payer_source_value": "Northern Health",
            "family_source_value": "F-1",
        }
    ],
    "visit_occurrence": [
        {
            "visit_occurrence_id": number,
            "person_id": 601,
            "visit_concept_id": names.EMERGENCY_AND_INPATIENT_VISIT,
            "visit_start_date": DAY,
            "visit_start_datetime": TIME,
            "visit_end_date": LATER,
            "visit_type_concept_id": names.EHR,
            "care_site_id": 511,
            # The first follows the second: it refers to a row that comes later.
            "preceding_visit_occurrence_id": before,
            "discharged_to_source_value": "home",
        }
        for number, before in ((701, 702), (702, None))
    ],
    "visit_detail": [
        {
            "visit_detail_id": 711,
            "person_id": 601,
            "visit_detail_concept_id": names.INPATIENT_VISIT,
            "visit_detail_start_date": DAY,
            "visit_detail_end_date": LATER,
            "visit_detail_type_concept_id": names.EHR,
            "visit_occurrence_id": 701,
        }
    ],
    "condition_occurrence": [
        {
            "condition_occurrence_id": 721,
            "person_id": 601,
            "condition_concept_id": 0,
            "condition_start_date": DAY,
            "condition_type_concept_id": names.EHR_PROBLEM_LIST,
            "condition_source_value": "X-1",
            "condition_source_concept_id": LOCAL,
            "visit_detail_id": 711,
            "stop_reason": "resolved",
        }
    ],
    "drug_exposure": [
        {
            "drug_exposure_id": number,
            "person_id": 601,
            "drug_concept_id": drug,
            "drug_exposure_start_date": DAY,
            "drug_exposure_end_date": LATER,
            "drug_type_concept_id": kind,
            "quantity": 1.5,
            "refills": 0,
            "days_supply": 30,
            "sig": "一日一次",
            "lot_number": "L-1",
            "dose_unit_source_value": "mg",
            "route_source_value": "oral",
        }
        for number, drug, kind in (
            (731, FLU, names.EHR),
            (732, names.AMLODIPINE, names.EHR_PRESCRIPTION),
            (733, names.AMLODIPINE, names.PATIENT_SELF_REPORT),
        )
    ],
    "procedure_occurrence": [
        {
            "procedure_occurrence_id": 741,
            "person_id": 601,
            "procedure_concept_id": 0,
            "procedure_date": DAY,
            "procedure_end_date": LATER,
            "procedure_type_concept_id": names.EHR,
            "quantity": 2,
        }
    ],
    "device_exposure": [
        {
            "device_exposure_id": 751,
            "person_id": 601,
            "device_concept_id": 0,
            "device_exposure_start_date": DAY,
            "device_type_concept_id": names.EHR,
            "visit_occurrence_id": 701,
            "provider_id": 521,
            "unique_device_id": "00844588003288",
            "quantity": 3,
        }
    ],
    "measurement": [
        {
            "measurement_id": 761,
            "person_id": 601,
            "measurement_concept_id": 3004249,
            "measurement_date": DAY,
            "measurement_datetime": TIME,
            "measurement_time": "09:30",
            "measurement_type_concept_id": names.LAB,
            "operator_concept_id": 4172704,
            "value_as_number": 0.1 + 0.2,
            "unit_concept_id": names.MMHG,
            "unit_source_value": "mmHg",
            "range_low": 90.0,
            "visit_occurrence_id": 701,
            "provider_id": 521,
        }
    ],
    "observation": [
        {
            "observation_id": number,
            "person_id": 601,
            "observation_concept_id": what,
            "observation_date": DAY,
            "observation_type_concept_id": names.EHR,
            "value_as_string": "text",
            "value_as_concept_id": names.GOOD,
            "qualifier_concept_id": names.KIN_PARENT,
            "qualifier_source_value": "mother",
            "observation_event_id": 761,
            "obs_event_field_concept_id": FIELD,
            "visit_occurrence_id": 702,
            "provider_id": 521,
        }
        for number, what in (
            (771, names.SMOKING_STATUS),
            (772, names.FAMILY_HISTORY),
            (773, names.DRUG_ALLERGY_PENICILLIN),
        )
    ],
    "specimen": [
        {
            "specimen_id": 781,
            "person_id": 601,
            "specimen_concept_id": 0,
            "specimen_type_concept_id": names.EHR,
            "specimen_date": DAY,
            "quantity": 5.0,
            "specimen_source_id": "LAB-1",
        }
    ],
    "note": [
        {
            "note_id": 791,
            "person_id": 601,
            "note_date": DAY,
            "note_datetime": TIME,
            "note_type_concept_id": names.EHR_NOTE,
            "note_class_concept_id": names.NOTE_TELEPHONE,
            "note_title": "电话",
            "note_text": "  患者 said:\r\n\tfine.\n",
            "encoding_concept_id": names.UTF_8,
            "language_concept_id": names.CHINESE,
            "visit_occurrence_id": 701,
            "provider_id": 521,
        }
    ],
    "note_nlp": [{"note_nlp_id": 801, "note_id": 791, "lexical_variant": "fine", "nlp_date": DAY}],
    "episode": [
        {
            "episode_id": number,
            "person_id": 601,
            "episode_concept_id": 0,
            "episode_start_date": DAY,
            "episode_parent_id": parent,
            "episode_object_concept_id": 320128,
            "episode_type_concept_id": names.EHR,
        }
        for number, parent in ((811, 812), (812, None))
    ],
    "episode_event": [
        {"episode_id": 811, "event_id": 761, "episode_event_field_concept_id": FIELD}
    ],
    "condition_era": [
        {
            "condition_era_id": 821,
            "person_id": 601,
            "condition_concept_id": 320128,
            "condition_era_start_date": DAY,
            "condition_era_end_date": LATER,
        }
    ],
    "cost": [
        {
            "cost_id": 831,
            "cost_event_id": 732,
            "cost_domain_id": "Drug",
            "cost_type_concept_id": 0,
            "total_charge": 12.34,
            "payer_plan_period_id": 661,
        }
    ],
    "fact_relationship": [
        {
            "domain_concept_id_1": 56,
            "fact_id_1": 601,
            "domain_concept_id_2": 56,
            "fact_id_2": 602,
            "relationship_concept_id": names.KIN_PARENT,
        }
    ],
}
TABLES = [table for table in ROWS if table != "concept"]
# Columns that refer to a row of one of several tables.
MEANT = {
    "cost": {"cost_event_id": "drug_exposure"},
    "episode_event": {"event_id": "measurement"},
    "fact_relationship": {"fact_id_1": "person", "fact_id_2": "person"},
    "observation": {"observation_event_id": "measurement"},
}
# Rows inside a Patient get numbers of their own.
INSIDE = {"identifier": "identifier_id", "contact": "contact_id", "address": "address_id"}


@pytest.fixture
def second(made_vaults: Path, tmp_path: Path) -> Engine:
    """Another vault, with the vocabulary of the first but for the code that was local there."""
    (tmp_path / "second").mkdir(mode=0o700)
    path = tmp_path / "second" / "vault.db"
    path.write_bytes((made_vaults / "stocked.db").read_bytes())
    path.chmod(0o600)
    engine = open_vault(f"sqlite:///{path}")
    shared = [row for row in ROWS["concept"] if row["concept_id"] != LOCAL]
    load_dataset(engine, {"concept": table_of(shared)}, "more", "omop")
    return engine


def content(engine: Engine, table: str) -> list[Row]:
    with read_tables(engine) as snapshot:
        return snapshot.read(table).to_pylist()


def numbers_of_old(engine: Engine) -> dict[tuple[str, int], int]:
    with engine.connect() as connection:
        found = connection.exec_driver_sql(
            "SELECT table_name, row_id, record_key FROM source_record"
        ).fetchall()
    return {
        (table, row): int(key.partition("#")[0].rpartition("-")[2])
        for table, row, key in found
        if key.partition("#")[0].rpartition("-")[0] == table.replace("_", "-")
        # Practitioners are known by their number in the register.
    } | {("provider", 1): 521}


def compared(table: str, rows: list[Row], old: dict[tuple[str, int], int] | None) -> Counter[str]:
    """Rows to compare; with ``old``, under the numbers of the first vault."""
    columns = {reference.column: reference.table for reference in references(table)}
    if has_row_id(table):
        columns.setdefault(next(iter(metadata.tables[table].columns)).name, table)
    columns |= MEANT.get(table, {})
    found = []
    for row in rows:
        said = {name: value for name, value in row.items() if name != INSIDE.get(table)}
        for name in columns.keys() & said.keys() if old is not None else ():
            if said[name] is not None:
                assert old is not None
                said[name] = old[columns[name], said[name]]
        if said.get("condition_source_concept_id"):
            said["condition_source_concept_id"] = "the local concept"
        found.append(repr(said))
    return Counter(found)


def test_every_table_comes_back_with_every_column(
    stocked_sqlite: Engine, second: Engine, tmp_path: Path
) -> None:
    dataset = {table: table_of(rows) for table, rows in ROWS.items()}
    loaded = load_dataset(stocked_sqlite, dataset, "all", "omop", options=LoadOptions(today=TODAY))
    assert loaded.refused == 0
    said = export_fhir(stocked_sqlite, tmp_path / "out")
    assert said.left_out == {}
    for path in (tmp_path / "out").iterdir():
        for line in path.read_text(encoding="utf-8").splitlines():
            resource = json.loads(line)
            get_fhir_model_class(resource["resourceType"]).model_validate(resource)
    report = import_fhir(second, tmp_path / "out", options=LoadOptions(today=TODAY))
    assert (report.refused, report.skipped) == (0, ())
    old = numbers_of_old(second)
    differing = [
        table
        for table in TABLES
        if compared(table, content(second, table), old)
        != compared(table, content(stocked_sqlite, table), None)
    ]
    assert differing == []
    (condition,) = content(second, "condition_occurrence")
    (local,) = [
        row
        for row in content(second, "concept")
        if row["concept_id"] == condition["condition_source_concept_id"]
    ]
    assert local["concept_code"] == "http://example.org/local|X-1"
    assert local["concept_name"] == "House-made code"
    assert local["concept_id"] != LOCAL


def test_each_row_is_the_resource_that_fhir_has_for_it(
    stocked_sqlite: Engine, tmp_path: Path
) -> None:
    dataset = {table: table_of(rows) for table, rows in ROWS.items()}
    load_dataset(stocked_sqlite, dataset, "all", "omop", options=LoadOptions(today=TODAY))
    said = export_fhir(stocked_sqlite, tmp_path / "out")
    assert said.resources == {
        "AllergyIntolerance": 1,
        "Basic": 10,
        "Condition": 1,
        "Coverage": 1,
        "DeviceUseStatement": 1,
        "DocumentReference": 1,
        "Encounter": 2,
        "FamilyMemberHistory": 1,
        "Group": 1,
        "Immunization": 1,
        "MedicationRequest": 1,
        "MedicationStatement": 1,
        "Observation": 2,
        "Organization": 1,
        "Patient": 2,
        "Practitioner": 1,
        "Procedure": 1,
        "RelatedPerson": 1,
        "Specimen": 1,
    }
    (measurement, *_) = [
        json.loads(line)
        for line in (tmp_path / "out" / "Observation.ndjson").read_text().splitlines()
    ]
    assert measurement["valueQuantity"] == {
        "value": 0.1 + 0.2,
        "comparator": ">",
        "unit": "mmHg",
        "system": "http://unitsofmeasure.org",
        "code": "mm[Hg]",
    }
    assert measurement["code"]["coding"][0]["system"] == "http://loinc.org"
    assert measurement["effectiveDateTime"] == "2020-03-01T09:30:15.250000-00:00"
    assert measurement["encounter"] == {"reference": "Encounter/visit-occurrence-701"}


def test_an_extension_of_a_wrong_type_refuses_the_import_without_its_value(
    stocked_sqlite: Engine, tmp_path: Path
) -> None:
    patient = {
        "resourceType": "Patient",
        "id": "p",
        "birthDate": "1950",
        "extension": [
            {
                "url": "urn:carecommons:omop:person",
                "extension": [{"url": "gender_concept_id", "valueString": "Zephyrine"}],
            }
        ],
    }
    (tmp_path / "Patient.ndjson").write_text(json.dumps(patient))
    with pytest.raises(ImportRefused, match="gender_concept_id has not the column's") as caught:
        import_fhir(stocked_sqlite, tmp_path / "Patient.ndjson")
    assert "Zephyrine" not in str(caught.value)


def test_an_extension_cannot_make_a_row_that_of_another_person(
    stocked_sqlite: Engine, tmp_path: Path
) -> None:
    lines = [
        {"resourceType": "Patient", "id": "a", "birthDate": "1950"},
        {"resourceType": "Patient", "id": "b", "birthDate": "1960"},
        {
            "resourceType": "Condition",
            "id": "c",
            "subject": {"reference": "Patient/b"},
            "onsetDateTime": "2020-01-01",
            "extension": [
                {
                    "url": "urn:carecommons:omop:condition_occurrence",
                    "extension": [
                        {"url": "person_id", "valueInteger": 1},
                        {"url": "person_id", "valueReference": {"reference": "Patient/a"}},
                        {"url": "condition_occurrence_id", "valueInteger": 1},
                        {"url": "condition_type_concept_id", "valueInteger": names.EHR},
                    ],
                }
            ],
        },
    ]
    (tmp_path / "all.ndjson").write_text("\n".join(json.dumps(line) for line in lines))
    report = import_fhir(stocked_sqlite, tmp_path / "all.ndjson")
    assert report.refused == 0
    (condition,) = content(stocked_sqlite, "condition_occurrence")
    born = {row["person_id"]: row["year_of_birth"] for row in content(stocked_sqlite, "person")}
    assert born[condition["person_id"]] == 1960
