"""Rows of ages and years are put together until none of them is small."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cohorts.characterisation.bands import age_label, common, merged, year_label

COUNTS = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), min_size=1, max_size=9)


@given(COUNTS, st.integers(1, 15))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_rows_hold_every_band_once_and_enough_of_everything(
    counts: list[tuple[int, int]], minimum: int
) -> None:
    rows = merged(counts, minimum)
    assert [place for row in rows for place in row] == list(range(len(counts)))
    sums = [[sum(counts[place][one] for place in row) for one in (0, 1)] for row in rows]
    if len(rows) > 1:
        assert min(map(min, sums)) >= minimum


@given(COUNTS, st.integers(1, 15))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_rows_for_both_sexes_are_made_of_rows_for_all(
    counts: list[tuple[int, int]], minimum: int
) -> None:
    rows = merged([[sum(both)] for both in counts], minimum)
    joint = merged(
        [[sum(counts[place][one] for place in row) for one in (0, 1)] for row in rows], minimum
    )
    assert [place for group in joint for row in group for place in rows[row]] == list(
        range(len(counts))
    )


@given(COUNTS, st.integers(1, 15))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_common_rows_are_made_of_the_rows_of_both(
    counts: list[tuple[int, int]], minimum: int
) -> None:
    own = [merged([[both[which]] for both in counts], minimum) for which in (0, 1)]
    rows = common(own[0], own[1])
    assert [place for row in rows for place in row] == list(range(len(counts)))
    for division in own:
        for row in division:
            assert sum(set(row) <= set(wider) for wider in rows) == 1


def test_a_row_is_broken_where_it_is_large_enough() -> None:
    assert merged([[3], [9], [11], [2], [1]], 11) == ((0, 1), (2, 3, 4))
    assert merged([[3], [4]], 11) == ((0, 1),)


def test_rows_are_named_by_their_ends() -> None:
    assert age_label(["0-17"]) == "0-17"
    assert age_label(["18-39", "40-64"]) == "18-64"
    assert age_label(["65-79", "80+"]) == "65+"
    assert age_label(["80+"]) == "80+"
    assert year_label(["before 2018", "2018", "2019"]) == "until 2019"
    assert year_label(["2019", "2020"]) == "2019-2020"
    assert year_label(["2019"]) == "2019"
