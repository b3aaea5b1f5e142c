"""Confidence beside what was right."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casebank.reliability import draw_reliability
from casebank.scoring import calibrate

FORECASTS = st.lists(
    st.tuples(st.integers(0, 100).map(lambda n: n / 100), st.booleans()), min_size=1, max_size=30
)


def test_nothing_stated_has_no_calibration() -> None:
    assert calibrate([]) is None


def test_a_worked_example() -> None:
    found = calibrate([(0.9, True), (0.8, False), (0.6, True), (0.0, False)])
    assert found is not None
    assert found.brier == pytest.approx((0.01 + 0.64 + 0.16 + 0) / 4)
    assert found.reference == pytest.approx(0.25)
    assert [band.count for band in found.bands] == [1, 0, 0, 1, 2]
    assert found.bands[4].stated == pytest.approx(0.85)
    assert found.bands[4].observed == pytest.approx(0.5)


@given(FORECASTS)
def test_each_forecast_stands_in_the_one_band_that_holds_it(
    forecasts: list[tuple[float, bool]],
) -> None:
    found = calibrate(forecasts)
    assert found is not None
    assert sum(band.count for band in found.bands) == found.count == len(forecasts)
    for band in found.bands:
        inside = [c for c, _ in forecasts if band.low <= c < band.high or c == band.high == 1]
        assert band.count == len(inside)
        if band.stated is not None:
            assert band.low - 1e-9 <= band.stated <= band.high + 1e-9
    assert 0 <= found.brier <= 1
    assert "<script" not in draw_reliability(found, "<script>")


@given(st.lists(st.booleans(), min_size=1, max_size=30))
def test_who_always_states_the_share_that_is_right_reaches_the_reference(
    rights: list[bool],
) -> None:
    share = sum(rights) / len(rights)
    found = calibrate([(share, right) for right in rights])
    assert found is not None
    assert found.brier == pytest.approx(found.reference)
