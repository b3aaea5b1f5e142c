"""A vault of invented residents for tests of the release build: every value is made up here."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from deid.keys import Keyring
from deid.settings import EngineSettings
from deid.vault.loading import LoadOptions, load_dataset
from deid.vault.store import create_vault

DAY = dt.timedelta(days=1)
FIRST = dt.date(2015, 1, 5)
ENGLISH, CHINESE = 4180186, 4182948
OUTPATIENT, HYPERTENSION, RARE, EHR = 9202, 320128, 4077577, 32817
CONDITION_FIELD, UNKNOWN_FIELD = 1147127, 1147999
FAMILY_NAMES = ("Abernathy", "Blenkinsop", "Castellano", "Dombrowski", "Eagleton")
GIVEN_NAMES = ("Marigold", "Thaddeus", "Philippa", "Leopold", "Rosalind", "Cornelius")
ZH_FAMILY = ("欧阳", "司马", "诸葛")
ZH_GIVEN = ("晓雯", "建国", "梓涵", "丽华")

FIXED_MASTER = bytes(range(100, 132))

Rows = dict[str, list[dict[str, Any]]]


def family_name(person: int) -> str:
    """Family name; two people share each household and so each family name."""
    household = (person - 1) // 2
    names = ZH_FAMILY if is_chinese(person) else FAMILY_NAMES
    return names[household % len(names)]


def given_name(person: int) -> str:
    """Given name."""
    names = ZH_GIVEN if is_chinese(person) else GIVEN_NAMES
    return names[person % len(names)]


def full_name(person: int) -> str:
    """Full name in the order of its culture."""
    given, family = given_name(person), family_name(person)
    return family + given if is_chinese(person) else f"{given} {family}"


def is_chinese(person: int) -> bool:
    """Every fourth household writes Chinese."""
    return (person - 1) // 2 % 4 == 3


def phone(person: int) -> str:
    """Telephone number."""
    return f"1381{person:07d}" if is_chinese(person) else f"(212) 555-{person:04d}"


def record_number(person: int) -> str:
    """Medical record number."""
    return f"MRN-{8_800_000 + person}"


def note_text(person: int, visit: int, day: dt.date) -> str:
    """A note that carries the person's own identifiers."""
    if is_chinese(person):
        return (
            f"患者{full_name(person)},联系电话{phone(person)},病历号{record_number(person)}。"
            f"{day.year}年{day.month}月{day.day}日随访,血压{120 + visit}/80mmHg,继续口服降压药。"
        )
    return (
        f"Patient {full_name(person)}, MRN {record_number(person)}, phone {phone(person)}.\n"
        f"Seen on {day:%m/%d/%Y} for hypertension. BP {120 + visit}/80. "
        f"{full_name(person)} will return in two weeks."
    )


def residents(people: int = 60, visits: int = 4, notes: bool = True) -> Rows:
    """Rows for every table that the tests need."""
    tables: Rows = defaultdict(list)
    tables["location"] = [
        {"location_id": 1, "state": "Northshire", "county": "Upper", "zip": "90210"},
        {"location_id": 2, "state": "Northshire", "county": "Lower", "city": "Littleton"},
    ]
    tables["care_site"] = [{"care_site_id": 1, "care_site_name": "Rosehill Clinic"}]
    tables["provider"] = [
        {"provider_id": 1, "provider_name": "Wilhelmina Fotheringay", "npi": "1093817465"},
        {"provider_id": 2, "provider_name": "Ambrose Nightingale", "npi": "1588667638"},
    ]
    for person in range(1, people + 1):
        _add_person(tables, person, visits, notes)
    return dict(tables)


def _add_person(tables: Rows, person: int, visits: int, notes: bool) -> None:
    household = (person - 1) // 2 + 1
    tables["person"].append(
        {
            "person_id": person,
            "gender_concept_id": 8507 if person % 2 else 8532,
            "year_of_birth": 1950 + person % 10,
            "month_of_birth": person % 12 + 1,
            "day_of_birth": person % 28 + 1,
            "race_concept_id": 8527,
            "ethnicity_concept_id": 38003564,
            "location_id": person % 2 + 1,
            "provider_id": 1,
            "care_site_id": 1,
            "person_source_value": f"SRC-{7_700_000 + person}",
            "gender_source_value": "M" if person % 2 else "F",
        }
    )
    if person % 2:
        tables["household"].append({"household_id": household, "household_code": f"HH-{household}"})
    tables["person_identity"].append(
        {
            "person_id": person,
            "household_id": household,
            "family_name": family_name(person),
            "given_name": given_name(person),
            "full_name": full_name(person),
            "language": "zh-CN" if is_chinese(person) else "en-US",
        }
    )
    tables["identifier"].append(
        {
            "identifier_id": person,
            "person_id": person,
            "kind": "MRN",
            "value": record_number(person),
        }
    )
    tables["contact"].append(
        {"contact_id": person, "person_id": person, "kind": "phone", "value": phone(person)}
    )
    tables["address"].append(
        {"address_id": person, "person_id": person, "line": f"{person + 100} Larkspur Terrace"}
    )
    last = FIRST
    for visit in range(visits):
        row = person * 100 + visit
        last = FIRST + DAY * (visit * 900 + person * 3)
        moment = dt.datetime.combine(last, dt.time(9, 30))
        tables["visit_occurrence"].append(
            {
                "visit_occurrence_id": row,
                "person_id": person,
                "visit_concept_id": OUTPATIENT,
                "visit_start_date": last,
                "visit_start_datetime": moment,
                "visit_end_date": last,
                "visit_type_concept_id": EHR,
                "provider_id": 1,
                "care_site_id": 1,
                "visit_source_value": record_number(person),
                "preceding_visit_occurrence_id": row - 1 if visit else None,
            }
        )
        tables["condition_occurrence"].append(
            {
                "condition_occurrence_id": row,
                "person_id": person,
                "condition_concept_id": RARE if person == 1 else HYPERTENSION,
                "condition_start_date": last,
                "condition_end_date": last + DAY * 30,
                "condition_type_concept_id": EHR,
                "visit_occurrence_id": row,
                "condition_source_value": "38341003" if person > 1 else full_name(person),
                "stop_reason": "resolved" if person % 3 else full_name(person),
            }
        )
        tables["observation"].append(
            {
                "observation_id": row,
                "person_id": person,
                "observation_concept_id": 4275495,
                "observation_date": last,
                "observation_type_concept_id": EHR,
                "value_as_string": "Never smoker" if visit else "seen by Wilhelmina Fotheringay",
                "visit_occurrence_id": row,
                "observation_event_id": row,
                "obs_event_field_concept_id": CONDITION_FIELD if person % 2 else UNKNOWN_FIELD,
            }
        )
        if notes:
            tables["note"].append(
                {
                    "note_id": row,
                    "person_id": person,
                    "note_date": last,
                    "note_type_concept_id": EHR,
                    "note_class_concept_id": 0,
                    "note_title": "Progress note",
                    "note_text": note_text(person, visit, last),
                    "encoding_concept_id": 32678,
                    "language_concept_id": CHINESE if is_chinese(person) else ENGLISH,
                    "provider_id": 1,
                    "visit_occurrence_id": row,
                }
            )
    tables["observation_period"].append(
        {
            "observation_period_id": person,
            "person_id": person,
            "observation_period_start_date": FIRST,
            "observation_period_end_date": last,
            "period_type_concept_id": EHR,
        }
    )
    if person % 2 == 0:
        tables["fact_relationship"].append(
            {
                "domain_concept_id_1": 56,
                "fact_id_1": person,
                "domain_concept_id_2": 56,
                "fact_id_2": person - 1,
                "relationship_concept_id": 4285883,
            }
        )


def make_vault(folder: Path, rows: Mapping[str, list[dict[str, Any]]]) -> str:
    """A vault on SQLite that holds ``rows``; gives its URL."""
    url = f"sqlite:///{folder / 'vault' / 'vault.db'}"
    fill_vault(url, rows)
    return url


def fill_vault(url: str, rows: Mapping[str, list[dict[str, Any]]]) -> None:
    """Create the vault at ``url`` and load ``rows``."""
    from deid.vault.arrow import arrow_schema

    dataset = {
        table: pa.Table.from_pylist(
            list(entries),
            schema=arrow_schema(table, [n for n in arrow_schema(table).names if n in entries_keys]),
        )
        for table, entries in rows.items()
        for entries_keys in [set().union(*entries)]
    }
    engine = create_vault(url)
    report = load_dataset(
        engine, dataset, "test", "omop", options=LoadOptions(unknown_concepts="keep")
    )
    engine.dispose()
    refused = [(t.table, r.reason, r.rows) for t in report.tables for r in t.refusals]
    assert not refused, refused


def settings_for(folder: Path, url: str, processes: int = 1) -> EngineSettings:
    """Settings with everything under one folder."""
    return EngineSettings(
        vault_url=url,
        keyring=folder / "keys" / "keyring.json",
        release_root=folder / "releases",
        work_root=folder / "work",
        evidence_root=folder / "evidence",
        processes=processes,
    )


def fixed_keyring() -> Keyring:
    """A keyring with a known key, for tests of reproducibility."""
    return Keyring("test", FIXED_MASTER)
