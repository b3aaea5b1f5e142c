"""A record of many years is drafted while one waits."""

from __future__ import annotations

import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from casebank import draft_case
from tests.builders import build_release
from tests.unit.casebank import residents

CONTACTS = 500


def long_record() -> dict[str, list[dict[str, Any]]]:
    """One resident with 500 contacts, each with six measurements, a drug and a note."""
    tables = residents.tables()
    kept = {name: tables[name] for name in ("concept", "concept_synonym")}
    rows: dict[str, list[dict[str, Any]]] = {
        **kept,
        "person": [{"person_id": 1, "gender_concept_id": 8532, "year_of_birth": 1950}],
    }
    for table in ("visit_occurrence", "measurement", "drug_exposure", "condition_occurrence"):
        rows[table] = []
    rows["note"] = []
    concepts = [201826, 320128, 440383, 260139, 4172829]
    for number in range(CONTACTS):
        day = date(2000, 1, 3) + timedelta(days=14 * number)
        rows["visit_occurrence"].append(
            {
                "visit_occurrence_id": number,
                "person_id": 1,
                "visit_concept_id": 9202,
                "visit_start_date": day,
                "visit_end_date": day,
            }
        )
        for place in range(6):
            rows["measurement"].append(
                {
                    "measurement_id": 10 * number + place,
                    "person_id": 1,
                    "measurement_concept_id": (3004249, 3012888, 3004410)[place % 3],
                    "measurement_date": day,
                    "value_as_number": 80.0 + place,
                    "unit_concept_id": 8876,
                    "visit_occurrence_id": number,
                }
            )
        rows["drug_exposure"].append(
            {
                "drug_exposure_id": number,
                "person_id": 1,
                "drug_concept_id": (1332418, 1503297, 1713332)[number % 3],
                "drug_exposure_start_date": day,
                "drug_exposure_end_date": day + timedelta(days=10),
                "visit_occurrence_id": number,
            }
        )
        if number % 10 == 0:
            rows["condition_occurrence"].append(
                {
                    "condition_occurrence_id": number,
                    "person_id": 1,
                    "condition_concept_id": concepts[number // 10 % 5],
                    "condition_start_date": day,
                    "condition_end_date": day + timedelta(days=12),
                    "visit_occurrence_id": number,
                }
            )
        rows["note"].append(
            {
                "note_id": number,
                "person_id": 1,
                "note_date": day,
                "note_text": residents.farmer_note(day),
                "visit_occurrence_id": number,
            }
        )
    return rows


def test_five_hundred_contacts_are_drafted_within_two_seconds(tmp_path: Path) -> None:
    release = build_release(tmp_path, long_record())
    draft_case(release, 1, case_id="warm")
    # The better of two in time of the processor, so that a busy machine does not decide.
    took = []
    for _ in range(2):
        start = time.process_time()
        case = draft_case(release, 1, case_id="long")
        took.append(time.process_time() - start)
    elapsed = min(took)
    assert len(case.contacts) == CONTACTS
    assert elapsed < 2.0
    start = time.process_time()
    shown = [len(case.contacts_of(problem.number)) for problem in case.problems]
    assert sum(shown) > 0
    assert (time.process_time() - start) / len(case.problems) < 0.2
