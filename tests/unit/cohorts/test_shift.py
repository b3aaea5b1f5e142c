"""A project's own shift of dates: intervals stay, edges tell nothing."""

from __future__ import annotations

import itertools
from datetime import date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cohorts.result import COHORT_SCHEMA, Attrition, CohortResult
from cohorts.shift import DateShift, shift_cohort, shift_table

START, END = date(2015, 1, 5), date(2024, 12, 30)
REACH = 28
BLIND = (date(2018, 1, 1), date(2018, 6, 4))


def shift_by(*days: int, blind: tuple[date, date] | None = None) -> DateShift:
    """Person n (from 0) is moved by the nth number of days."""
    return DateShift(lambda ids: np.asarray(days)[ids], START, END, REACH, blind)


def measurements(*rows: tuple[int, date | None]) -> pa.Table:
    return pa.table(
        {
            "person_id": pa.array([person for person, _ in rows], pa.int64()),
            "measurement_date": pa.array([day for _, day in rows], pa.date32()),
            "measurement_datetime": pa.array(
                [day and datetime(day.year, day.month, day.day, 9, 30) for _, day in rows],
                pa.timestamp("us"),
            ),
        }
    )


def test_all_dates_of_a_person_move_by_the_same_days() -> None:
    day = date(2020, 5, 4)
    rows = shift_table(
        "measurement",
        measurements((0, day), (0, day + timedelta(days=9)), (1, day)),
        shift_by(7, -28),
    )
    assert rows["measurement_date"].to_pylist() == [
        date(2020, 5, 11),
        date(2020, 5, 20),
        date(2020, 4, 6),
    ]
    assert rows["measurement_datetime"].to_pylist()[2] == datetime(2020, 4, 6, 9, 30)


@given(st.sampled_from([-28, -21, -14, -7, 7, 14, 21, 28]))
def test_the_first_and_last_day_shown_are_the_same_for_every_shift(days: int) -> None:
    everyday = [(0, START + timedelta(days=n)) for n in range((END - START).days + 1)]
    shown = shift_table("measurement", measurements(*everyday), shift_by(days))
    found = shown["measurement_date"].to_pylist()
    assert (min(found), max(found)) == (
        START + timedelta(days=REACH),
        END - timedelta(days=REACH),
    )


@given(st.sampled_from([-28, -21, -14, -7, 7, 14, 21, 28]))
def test_the_blind_time_of_a_release_is_wider_by_the_same_for_every_shift(days: int) -> None:
    everyday = [
        (0, day)
        for n in range((END - START).days + 1)
        if not BLIND[0] <= (day := START + timedelta(days=n)) < BLIND[1]
    ]
    shown = shift_table("measurement", measurements(*everyday), shift_by(days, blind=BLIND))
    found = sorted(shown["measurement_date"].to_pylist())
    gap = max(itertools.pairwise(found), key=lambda pair: pair[1] - pair[0])
    assert gap == (
        BLIND[0] - timedelta(days=REACH + 1),
        BLIND[1] + timedelta(days=REACH),
    )


def test_a_period_over_an_edge_is_cut_and_one_beyond_it_left_out() -> None:
    rows = pa.table(
        {
            "observation_period_id": pa.array([1, 2], pa.int64()),
            "person_id": pa.array([0, 0], pa.int64()),
            "observation_period_start_date": pa.array([START, START], pa.date32()),
            "observation_period_end_date": pa.array([END, START], pa.date32()),
        }
    )
    shown = shift_table("observation_period", rows, shift_by(7)).to_pylist()
    assert [row["observation_period_id"] for row in shown] == [1]
    assert shown[0]["observation_period_start_date"] == START + timedelta(days=REACH)
    assert shown[0]["observation_period_end_date"] == END - timedelta(days=REACH)


def test_a_missing_date_stays_missing_and_a_table_without_people_as_it_is() -> None:
    rows = pa.table(
        {
            "person_id": pa.array([0], pa.int64()),
            "birth_datetime": pa.array([None], pa.timestamp("us")),
        }
    )
    assert shift_table("person", rows, shift_by(7)).equals(rows)
    concepts = pa.table({"concept_id": [1], "valid_start_date": [date(1970, 1, 1)]})
    assert shift_table("concept", concepts, shift_by(7)).equals(concepts)


def test_who_has_no_period_left_in_a_cohort_is_left_out() -> None:
    rows = pa.table(
        {
            "subject_id": [0, 1],
            "cohort_start_date": [END, date(2020, 1, 6)],
            "cohort_end_date": [END, END],
        },
        schema=COHORT_SCHEMA,
    )
    people = CohortResult("r", "0", "by hand", rows, Attrition(0, 0, (), ()), (), 0, "")
    shown = shift_cohort(people, shift_by(7, -7)).rows.to_pylist()
    assert [row["subject_id"] for row in shown] == [1]
    assert shown[0]["cohort_start_date"] == date(2019, 12, 30)
    assert shown[0]["cohort_end_date"] == END - timedelta(days=REACH)


@pytest.mark.parametrize("table", ["visit_occurrence", "drug_exposure"])
def test_an_end_date_never_lies_beyond_the_last_day_shown(table: str) -> None:
    names = {
        "visit_occurrence": ("visit_start_date", "visit_end_date"),
        "drug_exposure": ("drug_exposure_start_date", "drug_exposure_end_date"),
    }[table]
    rows = pa.table(
        {
            "person_id": pa.array([0], pa.int64()),
            names[0]: pa.array([date(2024, 11, 1)], pa.date32()),
            names[1]: pa.array([END], pa.date32()),
        }
    )
    (row,) = shift_table(table, rows, shift_by(14)).to_pylist()
    assert row[names[0]] == date(2024, 11, 15)
    assert row[names[1]] == END - timedelta(days=REACH)
