"""Frames of an analysis tell what the extract holds, and stop in words at what it lacks."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path
from typing import Any

import pytest

from cohorts import (
    Project,
    at_least,
    first_diagnoses,
    needs,
    open_project,
    people_of,
    readings_of,
    write_extract,
)
from cohorts.errors import NotDelivered, TooFewPeople
from deid.pseudonyms import Pseudonymiser
from tests.builders import build_release

DAY = dt.date
PEOPLE = [
    {"person_id": 1, "gender_concept_id": 8507, "year_of_birth": 1960, "location_id": 7},
    {"person_id": 2, "gender_concept_id": 8532, "year_of_birth": 2021, "location_id": None},
    {"person_id": 3, "gender_concept_id": 0, "year_of_birth": 1990, "location_id": 8},
]
RECORDS: dict[str, list[dict[str, Any]]] = {
    "person": PEOPLE,
    "location": [
        {"location_id": 7, "county": "Marrow", "state": "MT"},
        {"location_id": 8, "county": None, "state": "MT"},
    ],
    "observation_period": [
        {
            "observation_period_id": p,
            "person_id": p,
            "observation_period_start_date": DAY(2020, 3, 1),
            "observation_period_end_date": DAY(2024, 3, 1),
        }
        for p in (1, 2, 3)
    ],
    "death": [{"person_id": 1, "death_date": DAY(2024, 3, 1)}],
    "condition_occurrence": [
        {
            "condition_occurrence_id": i,
            "person_id": person,
            "condition_concept_id": concept,
            "condition_start_date": day,
        }
        for i, (person, concept, day) in enumerate(
            [(1, 50, DAY(2022, 1, 1)), (1, 51, DAY(2021, 1, 1)), (3, 52, DAY(2023, 1, 1))]
        )
    ],
    "measurement": [
        {
            "measurement_id": i,
            "person_id": person,
            "measurement_concept_id": 60,
            "measurement_date": day,
            "value_as_number": value,
        }
        for i, (person, day, value) in enumerate(
            [
                (1, DAY(2021, 1, 1), 120.0),
                (1, DAY(2021, 1, 1), 130.0),
                (1, DAY(2022, 1, 1), 1300.0),
                (3, DAY(2021, 5, 1), None),
            ]
        )
    ],
    "concept": [
        {
            "concept_id": 60,
            "concept_name": "Systolic blood pressure",
            "vocabulary_id": "LOINC",
            "concept_code": "8480-6",
        }
    ],
}


def delivered(root: Path, *tables: str) -> Project:
    """The project that was given these tables of all people."""
    release = build_release(root / "releases", RECORDS)
    write_extract(
        release,
        [1, 2, 3],
        dict.fromkeys(tables),
        Pseudonymiser(hashlib.sha256(b"frames").digest()).ids,
        root / "projects",
        project="frames",
        extract="e1",
    )
    return open_project(root / "projects" / "frames")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return delivered(tmp_path_factory.mktemp("frames"), *RECORDS)


def test_one_row_a_person_with_what_is_known(project: Project) -> None:
    people = people_of(project).sort_values("year_of_birth")
    assert people.index.is_unique
    assert people["sex"].tolist() == ["male", "unknown", "female"]
    assert people["area"].tolist() == ["Marrow", "MT", "unknown"]
    assert people["died"].tolist() == [True, False, False]
    # Entry on the first day of the record; nobody is younger than 0.
    assert people["age"].tolist() == [60, 30, 0]
    assert people["age_band"].astype(str).tolist() == ["40-64", "18-39", "0-17"]
    assert (people["end"] - people["start"]).dt.days.tolist() == [1461] * 3


def test_what_was_not_delivered_is_no_column(tmp_path: Path) -> None:
    people = people_of(delivered(tmp_path, "person"))
    assert list(people.columns) == ["sex", "year_of_birth"]


def test_first_diagnoses_are_the_earliest_of_each_group(project: Project) -> None:
    first = first_diagnoses(project, {"lungs": [50, 51], "heart": [52], "none": [99]})
    assert first["lungs"].dropna().dt.year.tolist() == [2021]
    assert first["heart"].dropna().dt.year.tolist() == [2023]
    assert first["none"].isna().all()
    assert len(first) == 2


def test_readings_of_a_day_are_averaged_and_the_impossible_left_out(project: Project) -> None:
    readings = readings_of(project, "8480-6", 60, 260)
    assert readings["value"].tolist() == [125.0]
    assert readings.attrs["implausible"] == 1


def test_a_code_that_is_none_is_refused(project: Project) -> None:
    with pytest.raises(ValueError, match="LOINC"):
        readings_of(project, "8480-6' OR 1 = 1", 60, 260)


def test_everything_that_is_missing_is_named_at_once(tmp_path: Path) -> None:
    bare = delivered(tmp_path, "person")
    with pytest.raises(NotDelivered) as told:
        needs(bare, person=["year_of_birth", "race_concept_id"], note=["note_text"])
    assert "race_concept_id of the table person" in str(told.value)
    assert "the table note (note_text)" in str(told.value)
    assert "year_of_birth" not in str(told.value)
    shown = told.value._render_traceback_()
    assert " ".join(shown) == str(told.value)


def test_too_few_people_are_not_counted_aloud() -> None:
    at_least(11, 11, "people")
    with pytest.raises(TooFewPeople, match="at least 11 people") as told:
        at_least(3, 11, "people")
    assert "3" not in str(told.value)
