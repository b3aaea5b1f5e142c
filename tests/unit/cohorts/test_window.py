"""The time window of an extract, on drawn records."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cohorts import CohortResult, write_extract
from cohorts.errors import ExtractError, SelectionError
from cohorts.extract_rows import read_tables
from cohorts.result import COHORT_SCHEMA, Attrition
from cohorts.selection import Selection
from cohorts.window import EVENT_DATES, TimeWindow
from deid.pseudonyms import Pseudonymiser
from deid.release import Release
from deid.structured.layout import LAYOUTS, RowKind
from tests.builders import build_release

DAY = date(2020, 1, 1)
MAPPER = Pseudonymiser(hashlib.sha256(b"window").digest()).ids


def day(number: int) -> date:
    return DAY + timedelta(days=number)


def cohort(*entries: tuple[int, int]) -> CohortResult:
    rows = pa.Table.from_pylist(
        [
            {"subject_id": person, "cohort_start_date": day(n), "cohort_end_date": day(n + 400)}
            for person, n in entries
        ],
        schema=COHORT_SCHEMA,
    )
    return CohortResult("tiny-v1", "0" * 64, "by hand", rows, Attrition(0, 0, (), ()), (), 0, "")


def condition(key: int, person: int, start: int, end: int | None) -> dict[str, Any]:
    return {
        "condition_occurrence_id": key,
        "person_id": person,
        "condition_start_date": day(start),
        "condition_end_date": None if end is None else day(end),
    }


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    conditions = [
        condition(1, 1, -31, None),
        condition(2, 1, -30, None),
        condition(3, 1, -90, -30),
        condition(4, 1, 60, None),
        condition(5, 1, 61, None),
        condition(6, 2, 100, None),
        condition(7, 3, 0, None),
    ]
    periods = [
        {
            "observation_period_id": 10 * person,
            "person_id": person,
            "observation_period_start_date": day(-1000),
            "observation_period_end_date": day(2000),
        }
        for person in (1, 2, 3)
    ]
    return build_release(
        tmp_path_factory.mktemp("window"),
        {
            "person": [{"person_id": p, "year_of_birth": 1960} for p in (1, 2, 3)],
            "condition_occurrence": conditions,
            "observation_period": periods,
            "survey": [{"person_id": 1, "survey_date": DAY}],
        },
    )


def keys(release: Release, people: CohortResult, window: TimeWindow) -> list[int]:
    chosen = Selection({"condition_occurrence": ("condition_occurrence_id",)})
    rows = read_tables(release, people, chosen, window)["condition_occurrence"]
    return sorted(rows["condition_occurrence_id"].to_pylist())


def test_a_row_is_delivered_if_any_of_its_days_lies_in_the_window(release: Release) -> None:
    assert keys(release, cohort((1, 0)), TimeWindow(30, 60)) == [2, 3, 4]


def test_a_side_without_days_has_no_limit(release: Release) -> None:
    assert keys(release, cohort((1, 0)), TimeWindow(None, 0)) == [1, 2, 3]
    assert keys(release, cohort((1, 0)), TimeWindow(0, None)) == [4, 5]
    assert keys(release, cohort((1, 0)), TimeWindow()) == [1, 2, 3, 4, 5]


def test_every_entry_has_a_window_of_its_own(release: Release) -> None:
    assert keys(release, cohort((1, -31), (1, 61), (2, 0)), TimeWindow(0, 0)) == [1, 3, 5]


def test_people_without_records_in_the_window_are_still_delivered(
    release: Release, tmp_path: Path
) -> None:
    path = write_extract(
        release,
        cohort((1, 0), (2, 0)),
        {"person": None, "condition_occurrence": None},
        MAPPER,
        tmp_path,
        project="p",
        extract="e",
        window=TimeWindow(1, 1),
    ).path
    assert pq.read_table(path / "person.parquet").num_rows == 2
    assert pq.read_table(path / "condition_occurrence.parquet").num_rows == 0
    assert "from 1 days before to 1 days after" in (path / "README.md").read_text()


@settings(deadline=None, max_examples=25)
@given(
    entries=st.lists(st.integers(-300, 300), min_size=1, max_size=6),
    before=st.integers(0, 60),
    after=st.integers(0, 60),
)
def test_observation_is_cut_to_exactly_the_days_of_the_windows(
    release: Release, entries: list[int], before: int, after: int
) -> None:
    columns = (
        "observation_period_id",
        "observation_period_start_date",
        "observation_period_end_date",
    )
    people = cohort(*((1, entry) for entry in entries))
    rows = read_tables(
        release, people, Selection({"observation_period": columns}), TimeWindow(before, after)
    )["observation_period"].to_pylist()
    covered = [
        start + timedelta(days=n)
        for _, start, end in (tuple(row.values()) for row in rows)
        for n in range((end - start).days + 1)
    ]
    assert sorted(covered) == sorted(
        {day(entry + n) for entry in entries for n in range(-before, after + 1)}
    )
    assert len({row["observation_period_id"] for row in rows}) == len(rows)
    assert min(rows, key=lambda r: r[columns[1]])["observation_period_id"] == 10


def test_a_table_without_a_date_is_refused_a_window(release: Release) -> None:
    with pytest.raises(SelectionError, match="table survey has no date"):
        read_tables(
            release, cohort((1, 0)), Selection({"survey": ("person_id",)}), TimeWindow(1, 1)
        )


def test_a_window_needs_days_of_entry(release: Release) -> None:
    with pytest.raises(ExtractError, match="needs a cohort"):
        read_tables(release, [1], Selection({"person": ("person_id",)}), TimeWindow(1, 1))


@pytest.mark.parametrize("days", [-1, 40_000])
def test_days_that_make_no_window_are_refused(days: int) -> None:
    with pytest.raises(SelectionError, match="0 to 36525 days"):
        TimeWindow(days, 1)


def test_every_table_of_events_that_a_release_can_have_has_its_dates() -> None:
    events = {name for name, layout in LAYOUTS.items() if layout.kind is RowKind.EVENT}
    assert events == set(EVENT_DATES)
    for name in events:
        assert (EVENT_DATES[name].start, EVENT_DATES[name].end) == (
            LAYOUTS[name].start,
            LAYOUTS[name].end,
        )
        assert EVENT_DATES[name].clips == LAYOUTS[name].clips
