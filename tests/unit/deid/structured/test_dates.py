from __future__ import annotations

import datetime as dt

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deid.errors import GateRefused
from deid.policy import DateRule
from deid.structured.dates import (
    DataWindow,
    Month,
    RecordsKept,
    data_window,
    oldest_year,
    records_kept,
    shift_days,
)
from deid.structured.expressions import shifted_date, shifted_datetime

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
IDS = np.arange(1, 20_001, dtype=np.int64)
DAYS = st.dates(dt.date(2000, 1, 1), dt.date(2020, 12, 31))


def test_an_offset_is_whole_weeks_within_the_maximum_and_never_zero() -> None:
    days = shift_days(KEY, "person", IDS, 52)
    assert (days % 7 == 0).all()
    assert (np.abs(days) <= 52 * 7).all()
    assert (days != 0).all()


def test_every_possible_offset_occurs_about_equally_often() -> None:
    _, counts = np.unique(shift_days(KEY, "person", IDS, 10), return_counts=True)
    assert len(counts) == 20
    # Binomial with n = 20000 and p = 1/20: six standard deviations are 185.
    assert np.abs(counts - 1000).max() < 185


def test_offsets_depend_on_key_and_domain_and_on_nothing_else() -> None:
    days = shift_days(KEY, "household", IDS, 52)
    assert (days == shift_days(KEY, "household", IDS, 52)).all()
    backwards = shift_days(KEY, "household", IDS[::-1], 52)[::-1]
    assert (days == backwards).all()
    assert (days != shift_days(OTHER_KEY, "household", IDS, 52)).mean() > 0.9
    assert (days != shift_days(KEY, "person", IDS, 52)).mean() > 0.9


@settings(deadline=None)
@given(first=DAYS, length=st.integers(60, 20_000), weeks=st.integers(1, 52))
def test_shifted_data_of_every_offset_reach_over_the_whole_window(
    first: dt.date, length: int, weeks: int
) -> None:
    last = first + dt.timedelta(days=length)
    rule = DateRule(max_weeks=weeks, min_weeks=1, max_share=0.1)
    window = data_window(RecordsKept(first, first, last), rule, pool_ages_over=89)
    assert window.max_weeks <= weeks
    for offset in (-window.max_weeks, window.max_weeks):
        shift = dt.timedelta(weeks=offset)
        assert first + shift <= window.start
        assert last + shift >= window.end


def test_a_few_old_diseases_and_one_late_row_do_not_hide_when_records_were_kept() -> None:
    old = [Month(dt.date(year, 3, 2), dt.date(year, 3, 20), 2) for year in range(1940, 2016)]
    steady = [Month(dt.date(2016, m, 4), dt.date(2016, m, 28), 300 * m) for m in range(1, 13)]
    late = [Month(dt.date(2020, 1, 1), dt.date(2020, 1, 1), 1)]
    assert records_kept([*old, *steady, *late]) == RecordsKept(
        dt.date(1940, 3, 2), dt.date(2016, 1, 4), dt.date(2016, 12, 28)
    )


@settings(deadline=None)
@given(weeks=st.integers(1, 52), later=st.integers(0, 2000))
def test_no_offset_shows_where_the_records_begin_when_old_diseases_reach_further_back(
    weeks: int, later: int
) -> None:
    begin = dt.date(2016, 1, 4)
    kept = RecordsKept(dt.date(1944, 5, 31), begin, dt.date(2025, 12, 31))
    window = data_window(kept, DateRule(max_weeks=weeks, min_weeks=1, max_share=0.1), 89)
    assert window.blind is not None
    closes, opens = window.blind
    day = dt.datetime.combine(begin + dt.timedelta(days=later), dt.time(9))
    for offset in (-weeks, weeks):
        ((shown, moment),) = released([day], 7 * offset, window, truncate=False)
        assert closes < opens <= shown == moment.date()
    assert opens == begin + dt.timedelta(weeks=weeks)
    assert closes <= begin - dt.timedelta(weeks=weeks)


def test_the_greatest_offset_shrinks_for_short_data_but_not_below_the_minimum() -> None:
    rule = DateRule(max_weeks=52, min_weeks=4, max_share=0.1)

    def steady(days: int) -> RecordsKept:
        first = dt.date(2020, 1, 1)
        return RecordsKept(first, first, first + dt.timedelta(days=days))

    assert data_window(steady(700), rule, 89).max_weeks == 10
    assert data_window(steady(100), rule, 89).max_weeks == 4
    with pytest.raises(GateRefused, match="too few for a date shift"):
        data_window(steady(40), rule, 89)


def test_no_date_shows_that_somebody_is_older_than_the_pool() -> None:
    window = data_window(
        RecordsKept(dt.date(1900, 1, 1), dt.date(1900, 1, 1), dt.date(2020, 12, 31)), DateRule(), 89
    )
    assert window.start.year == oldest_year(window.end, 89) == window.end.year - 90


def released(moments: list[dt.datetime], shift: int, window: DataWindow, truncate: bool) -> list:
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE v (n INTEGER, day DATE, moment TIMESTAMP)")
        connection.executemany(
            "INSERT INTO v VALUES ($1, $2, $3)",
            [[n, moment.date(), moment] for n, moment in enumerate(moments)],
        )
        return connection.execute(
            f"SELECT {shifted_date('day', window)}, {shifted_datetime('moment', window, truncate)}"
            f" FROM v, (SELECT {shift} AS shift_days) p ORDER BY n"
        ).fetchall()


@settings(deadline=None)
@given(
    moments=st.lists(
        st.datetimes(dt.datetime(2005, 1, 1), dt.datetime(2015, 12, 31)), min_size=2, max_size=5
    ),
    weeks=st.integers(-52, 52),
)
def test_shifted_dates_keep_intervals_weekdays_and_the_time_of_day(
    moments: list[dt.datetime], weeks: int
) -> None:
    window = DataWindow(dt.date(2000, 1, 1), dt.date(2020, 12, 31), 52)
    result = released(moments, weeks * 7, window, truncate=False)
    for before, (day, moment) in zip(moments, result, strict=True):
        assert day.weekday() == before.weekday()
        assert day - result[0][0] == before.date() - moments[0].date()
        assert moment.time() == before.time()
        assert moment.date() == day


def test_a_date_over_the_edge_is_held_at_the_edge_without_its_time() -> None:
    window = DataWindow(dt.date(2010, 1, 1), dt.date(2019, 12, 31), 52)
    early, late = dt.datetime(2009, 12, 31, 23, 59), dt.datetime(2020, 1, 1, 8, 15)
    assert released([early, late], 0, window, truncate=False) == [
        (dt.date(2010, 1, 1), dt.datetime(2010, 1, 1)),
        (dt.date(2019, 12, 31), dt.datetime(2019, 12, 31)),
    ]


def test_a_policy_may_cut_the_time_of_day() -> None:
    window = DataWindow(dt.date(2010, 1, 1), dt.date(2019, 12, 31), 52)
    ((_, moment),) = released([dt.datetime(2015, 3, 4, 17, 45)], 7, window, truncate=True)
    assert moment == dt.datetime(2015, 3, 11)
