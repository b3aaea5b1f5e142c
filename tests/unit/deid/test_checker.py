"""The independent checker agrees with the engine, and stops what it cannot confirm."""

from __future__ import annotations

import copy
import datetime as dt
from dataclasses import asdict
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from deid.build.pipeline import check_recount
from deid.checker import recount
from deid.errors import GateRefused
from deid.risk.events import known_of_people
from deid.risk.linkage import linkage_risk
from deid.risk.longitudinal import Knowledge, longitudinal_risk

NAMES = ("year_of_birth", "gender_concept_id", "location_id")
PEOPLE, EVENTS = 200, 900


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("release")
    rng = np.random.default_rng(3)
    place = rng.integers(1, 4, PEOPLE)
    tables = {
        "person": {
            "person_id": np.arange(1, PEOPLE + 1),
            "year_of_birth": rng.integers(1950, 1960, PEOPLE),
            "gender_concept_id": rng.choice([8507, 8532], PEOPLE).astype(np.int32),
            "location_id": pa.array(place, mask=place == 3),
        },
        "condition_occurrence": {
            "person_id": rng.integers(1, PEOPLE, EVENTS),
            "condition_concept_id": rng.integers(0, 12, EVENTS),
            "condition_start_date": [
                dt.date(2020, 1, 1) + dt.timedelta(int(day)) for day in rng.integers(0, 99, EVENTS)
            ],
        },
    }
    for name, columns in tables.items():
        (folder / name).mkdir()
        pq.write_table(pa.table(columns), folder / name / "part-00000.parquet")
    return folder


def claimed(folder: Path) -> dict:
    """What the engine measures."""
    with duckdb.connect() as connection:
        people = pq.read_table(folder / "person")
        columns = [
            np.asarray(people[name].combine_chunks().fill_null(-1), dtype=np.int64)
            for name in NAMES
        ]
        with known_of_people(connection, folder, NAMES):
            known = longitudinal_risk(connection, folder, 3, Knowledge("roughly known", 1, 28))
    assert known is not None
    return {"linkage": asdict(linkage_risk(columns)), "longitudinal": asdict(known)}


def test_two_programs_that_share_nothing_count_the_same_people(release: Path) -> None:
    counted = recount(release, NAMES, 3)
    assert counted.people == PEOPLE
    assert counted.one_event_worst
    assert counted.differences(claimed(release)) == ()
    check_recount(counted, claimed(release))


@pytest.mark.parametrize(
    ("part", "figure", "told"),
    [
        ("linkage", "smallest_class", "smallest class: 99 is claimed"),
        ("linkage", "prosecutor_average", "mean prosecutor risk: 99 is claimed"),
        ("longitudinal", "worst", "people found by one event: 99 is claimed"),
    ],
)
def test_a_figure_that_is_not_what_is_counted_stops_the_build(
    release: Path, part: str, figure: str, told: str
) -> None:
    risk = copy.deepcopy(claimed(release))
    lines = risk["longitudinal"]["known"] if part == "longitudinal" else [risk["linkage"]]
    for line in lines:
        line[figure] = 99
    with pytest.raises(GateRefused, match=told):
        check_recount(recount(release, NAMES, 3), risk)
