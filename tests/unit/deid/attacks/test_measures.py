"""The figures of an attack: intervals, chance, and the pairs by which guesses are marked."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deid.attacks.dictionary import on_a_line
from deid.attacks.intervals import difference_interval, wilson_interval
from deid.attacks.model import outcome
from deid.attacks.order import best_match, chance_matches
from deid.attacks.surrogate_pairs import replaced, words_of

WORDS = {"attacker": "a", "question": "q", "explanation": "e"}


def test_intervals_are_those_of_newcombe() -> None:
    # Newcombe, Stat Med 1998;17:857-872 (81 of 263) and 873-890 (56 of 70, 48 of 80; method 10).
    wilson = wilson_interval(81, 263)
    assert (wilson.low, wilson.high) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    difference = difference_interval(56, 70, 48, 80)
    assert (difference.low, difference.high) == pytest.approx((0.0524, 0.3339), abs=1e-4)


@given(st.integers(1, 2000).flatmap(lambda n: st.tuples(st.floats(0, n), st.just(n))))
def test_an_interval_holds_its_share_and_stays_a_share(of: tuple[float, int]) -> None:
    interval = wilson_interval(*of)
    assert 0 <= interval.low <= of[0] / of[1] <= interval.high <= 1


def test_excess_is_what_chance_leaves() -> None:
    result = outcome("x", wins=75, n=100, baseline=0.5, **WORDS)  # type: ignore[arg-type]
    assert result is not None
    assert result.excess == 0.5
    assert result.excess_low == pytest.approx(2 * (result.low - 0.5), abs=1e-5)
    assert result.threshold == "attack_x"


def test_a_chance_that_was_measured_widens_the_interval() -> None:
    exact = outcome("x", wins=75, n=100, baseline=0.5, **WORDS)  # type: ignore[arg-type]
    counted = outcome("x", wins=75, n=100, baseline=0.5, baseline_n=30, **WORDS)  # type: ignore[arg-type]
    assert exact is not None
    assert counted is not None
    assert counted.excess_low < exact.excess_low < exact.excess_high < counted.excess_high


def test_nothing_tried_is_no_result() -> None:
    assert outcome("x", wins=0, n=0, baseline=0.1, **WORDS) is None  # type: ignore[arg-type]
    assert outcome("x", wins=1, n=1, baseline=1.0, **WORDS) is None  # type: ignore[arg-type]


def test_chance_of_rows_at_their_places_is_what_random_orders_give() -> None:
    rng = np.random.default_rng(3)
    ids = np.arange(200)
    found = [
        max(best_match(rng.permutation(ids), rng.permutation(ids)) for _ in range(1))
        for _ in range(3000)
    ]
    # The sorted orders of a permutation of 0..n-1 are orders as random as any against a random one.
    assert np.mean(found) == pytest.approx(chance_matches(), abs=0.1)


@pytest.mark.parametrize(
    ("after", "found"),
    [
        ("Seen Ida Moor by Dr Hale today", [("Ann Lee", "Ida Moor"), ("Wu", "Hale")]),
        ("Something else altogether", []),
        ("Seen Ida Moor by Dr Hale", []),
    ],
)
def test_true_and_invented_names_are_read_side_by_side(
    after: str, found: list[tuple[str, str]]
) -> None:
    before = "Seen Ann Lee by Dr Wu today"
    spans = [(5, 12, "NAME"), (19, 21, "NAME")]
    assert list(replaced(before, after, spans, "NAME")) == found


def test_spans_side_by_side_are_not_told_apart() -> None:
    spans = [(0, 3, "NAME"), (3, 6, "NAME"), (7, 10, "NAME")]
    assert list(replaced("AnnLee Sue.", "IdaMoor Eve.", spans, "NAME")) == [("Sue", "Eve")]


def test_words_of_a_name_are_paired_by_their_places() -> None:
    assert list(words_of("Ann Lee", "Ida Moor")) == [
        ("first", "ann", "ida"),
        ("last", "lee", "moor"),
    ]
    assert list(words_of("王伟强", "李明")) == [
        ("zh family", "王", "李"),
        ("zh given", "伟强", "明"),
    ]
    assert list(words_of("Ann Lee", "Moor")) == []


def test_ids_on_a_line_follow_from_two_of_them() -> None:
    own = np.array([3, 7, 11, 12])
    assert on_a_line(own, 5 * own + 2).tolist() == [False, False, True, True]
    assert not on_a_line(own, np.array([9, 2, 7, 1])).any()
