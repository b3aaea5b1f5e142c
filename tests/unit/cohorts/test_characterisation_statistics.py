"""Estimates equal those of statsmodels, lifelines and scipy, and worked examples."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lifelines import KaplanMeierFitter
from lifelines.statistics import multivariate_logrank_test
from scipy.stats import poisson
from statsmodels.stats.proportion import proportion_confint

from cohorts.characterisation.differences import (
    binary_difference,
    categorical_difference,
    continuous_difference,
)
from cohorts.characterisation.intervals import poisson_interval, wilson_interval
from cohorts.characterisation.survival import coarse_steps, log_rank, product_limit
from cohorts.disclosure import DisclosureRule

TIMES = st.lists(st.tuples(st.integers(1, 40), st.booleans()), min_size=2, max_size=60)


@given(st.integers(0, 400), st.integers(1, 400))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_interval_of_a_share_is_wilsons(people: int, more: int) -> None:
    total = people + more
    expected = proportion_confint(people, total, method="wilson")
    assert wilson_interval(people, total) == pytest.approx(expected, abs=1e-12)


@given(st.integers(1, 300), st.floats(0.5, 1e5))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_limits_of_a_rate_leave_two_and_a_half_percent_on_each_side(
    events: int, time: float
) -> None:
    low, high = poisson_interval(events, time)
    assert poisson.sf(events - 1, low * time) == pytest.approx(0.025)
    assert poisson.cdf(events, high * time) == pytest.approx(0.025)


def test_the_interval_of_no_event_begins_at_zero() -> None:
    assert poisson_interval(0, 1.0) == (0.0, pytest.approx(3.6889, abs=1e-4))


@pytest.mark.parametrize(("events", "time"), [(-1, 1.0), (1, 0.0)])
def test_a_rate_without_time_is_refused(events: int, time: float) -> None:
    with pytest.raises(ValueError, match="person-time"):
        poisson_interval(events, time)


@given(TIMES)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_survival_and_its_limits_are_those_of_lifelines(rows: list[tuple[int, bool]]) -> None:
    days = np.array([day for day, _ in rows])
    event = np.array([happened for _, happened in rows])
    if not event.any():
        return
    found = product_limit(days, event)
    fitter = KaplanMeierFitter().fit(days, event)
    expected = fitter.survival_function_at_times(found.day).to_numpy()
    assert found.survival == pytest.approx(expected, abs=1e-9)
    limits = fitter.confidence_interval_.loc[found.day].to_numpy()
    certain = found.survival > 1e-12
    assert found.low[certain] == pytest.approx(limits[certain, 0], abs=1e-6)
    assert found.high[certain] == pytest.approx(limits[certain, 1], abs=1e-6)
    table = fitter.event_table.loc[found.day]
    assert found.at_risk.tolist() == table["at_risk"].tolist()
    assert found.events.tolist() == table["observed"].tolist()


@given(st.lists(TIMES, min_size=3, max_size=3))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_log_rank_test_is_that_of_lifelines(rows: list[list[tuple[int, bool]]]) -> None:
    groups = [(np.array([d for d, _ in one]), np.array([e for _, e in one])) for one in rows]
    if not any(event.any() for _, event in groups):
        return
    days = np.concatenate([d for d, _ in groups])
    event = np.concatenate([e for _, e in groups])
    label = np.repeat(range(3), [len(d) for d, _ in groups])
    statistic, p_value = log_rank(groups)
    if statistic:
        expected = multivariate_logrank_test(days, label, event)
        assert statistic == pytest.approx(expected.test_statistic, rel=1e-6)
        assert p_value == pytest.approx(expected.p_value, rel=1e-6, abs=1e-12)


@given(TIMES, st.integers(3, 12))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_between_two_shown_steps_lie_at_least_the_minimum_of_events(
    rows: list[tuple[int, bool]], minimum: int
) -> None:
    days = np.array([day for day, _ in rows])
    event = np.array([happened for _, happened in rows])
    rule = DisclosureRule(minimum, 3)
    shown = max(3, rule.rounded(max(len(rows), minimum)))
    steps = coarse_steps(days, event, shown, 42, 7, rule)
    before = 0
    for step in steps:
        assert step.day % 7 == 0
        assert int((event & (days > before) & (days <= step.day)).sum()) >= minimum
        lost = (1 - step.survival) * shown / rule.base
        assert lost == pytest.approx(round(lost), abs=1e-6) or step.survival == 0.0
        full = product_limit(days, event)
        exact = full.survival[np.searchsorted(full.day, step.day, side="right") - 1]
        assert abs(step.survival - exact) <= rule.base / 2 / shown + 1e-9
        before = step.day


def test_differences_of_means_and_shares_are_austins() -> None:
    # Means 60 and 55 with standard deviations 10 and 14: 5 over the root of 148.
    assert continuous_difference(60, 10, 55, 14) == pytest.approx(5 / math.sqrt(148))
    # Shares 0.3 and 0.2: 0.1 over the root of (0.21 + 0.16) / 2.
    assert binary_difference(0.3, 0.2) == pytest.approx(0.1 / math.sqrt(0.185))
    assert binary_difference(0.2, 0.3) == -binary_difference(0.3, 0.2)
    assert continuous_difference(1, 0, 1, 0) == 0.0
    assert binary_difference(1.0, 0.0) == math.inf


@given(st.floats(0.01, 0.99), st.floats(0.01, 0.99))
def test_two_categories_differ_as_a_share_does(share: float, other: float) -> None:
    both = categorical_difference([share, 1 - share], [other, 1 - other])
    assert both == pytest.approx(abs(binary_difference(share, other)), rel=1e-6, abs=1e-7)


@given(st.permutations([0, 1, 2, 3]))
def test_the_distance_of_divisions_does_not_depend_on_the_category_left_out(
    order: list[int],
) -> None:
    first, second = [0.1, 0.2, 0.3, 0.4], [0.25, 0.25, 0.3, 0.2]
    straight = categorical_difference(first, second)
    # The quadratic form written out for these shares: T' S^-1 T with S the mean covariance.
    p, q = np.array(first[1:]), np.array(second[1:])
    mean = (np.diag(p) - np.outer(p, p) + np.diag(q) - np.outer(q, q)) / 2
    assert straight == pytest.approx(math.sqrt((p - q) @ np.linalg.inv(mean) @ (p - q)))
    shuffled = categorical_difference([first[i] for i in order], [second[i] for i in order])
    assert shuffled == pytest.approx(straight)


def test_divisions_without_anything_in_common_are_infinitely_far() -> None:
    assert categorical_difference([0.5, 0.5, 0.0], [0.5, 0.5, 0.0]) == 0.0
    assert categorical_difference([1.0, 0.0], [0.0, 1.0]) == math.inf
