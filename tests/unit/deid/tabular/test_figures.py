"""Figures of criteria and utility are what their definitions give."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deid.tabular import Criteria, Request, anonymise
from deid.tabular.criteria import (
    closeness,
    distinct_l,
    entropy_l,
    likeness,
    met,
    presence,
    recursive_c,
    shares,
)
from deid.tabular.encoding import encode
from deid.tabular.utility import discernibility, query_errors

from .tables import (
    HIERARCHIES,
    QI,
    naive_beta,
    naive_entropy_l,
    naive_l,
    naive_recursive,
    naive_t,
)

KINDS = "abc"
classes = st.lists(
    st.lists(st.sampled_from(KINDS), min_size=1, max_size=12), min_size=1, max_size=5
).filter(lambda drawn: {value for values in drawn for value in values} == set(KINDS))


def counted(drawn: list[list[str]]) -> np.ndarray:
    return np.array([[values.count(kind) for kind in KINDS] for values in drawn], float)


@given(classes)
@settings(max_examples=60)
def test_criteria_agree_with_their_definitions(drawn: list[list[str]]) -> None:
    counts = counted(drawn)
    reference = shares(counts.sum(axis=0))
    assert distinct_l(counts).min() == naive_l(drawn)
    assert entropy_l(counts).min() == pytest.approx(naive_entropy_l(drawn))
    assert closeness(counts, reference, "equal").max() == pytest.approx(naive_t(drawn))
    assert closeness(counts, reference, "ordered").max() == pytest.approx(naive_t(drawn, True))
    assert likeness(counts, reference).max() == pytest.approx(max(0, naive_beta(drawn)))
    assert bool((recursive_c(counts, 2) < 2.5).all()) == naive_recursive(drawn, 2.5, 2)


@pytest.mark.parametrize(
    "criteria",
    [
        Criteria(2, l=2),
        Criteria(2, l=1.5, diversity="entropy"),
        Criteria(2, l=2, diversity="recursive", c=2),
        Criteria(2, t=0.3),
        Criteria(2, t=0.3, distance="ordered"),
        Criteria(2, beta=1.5),
    ],
)
def test_two_classes_that_meet_a_criterion_meet_it_together(criteria: Criteria) -> None:
    @given(
        st.lists(st.integers(0, 9), min_size=3, max_size=3),
        st.lists(st.integers(0, 9), min_size=3, max_size=3),
    )
    @settings(max_examples=80)
    def holds(one: list[int], other: list[int]) -> None:
        reference = {"": np.array([0.5, 0.3, 0.2])}
        both = np.array([one, other, np.add(one, other)], float)
        good = met({"": both}, reference, criteria)
        assert good[2] or not (good[0] and good[1])

    holds()


def test_presence_is_the_share_of_the_population_that_is_in_the_table() -> None:
    assert presence(np.array([2.0, 6.0]), np.array([10.0, 8.0])) == (0.2, 0.75)


def test_a_removed_row_is_charged_the_whole_table() -> None:
    assert discernibility(np.array([3, 5]), 2) == 9 + 25 + 2 * 10


def test_figures_of_a_small_table_by_hand() -> None:
    """Two classes: ages 20-21 of 20..40, one town; age 40, two of three towns."""
    table = pa.table(
        {
            "age": ["20", "21", "40", "40", "40"],
            "town": ["A", "A", "B", "C", "B"],
            "ill": ["x", "y", "x", "x", "x"],
        }
    )
    request = Request(("age", "town"), Criteria(2), ("ill",), labels="ranges")
    report = anonymise(table, request).report
    assert report["classes"] == 2
    assert report["ncp_columns"] == pytest.approx({"age": 2 * 0.05 / 5, "town": 3 * 0.5 / 5})
    assert report["discernibility"] == 4 + 9
    assert report["c_avg"] == pytest.approx(1.25)
    figures = report["sensitive"]["ill"]  # type: ignore[index]
    assert figures["homogeneous_classes"] == 1
    assert figures["t_equal"] == pytest.approx(0.3)


def test_queries_of_an_untouched_table_have_no_error() -> None:
    table = pa.table(
        {
            "age": ["20", "20", "33", "33", "47", "47"] * 3,
            "town": ["Aa", "Aa", "Ba", "Ba", "Ca", "Ca"] * 3,
            "sex": ["f", "f", "m", "m", "f", "f"] * 3,
            "illness": ["x", "y", "z"] * 6,
        }
    )
    for labels in ("hierarchy", "ranges"):
        request = Request(QI, Criteria(4), ("illness",), labels=labels)  # type: ignore[arg-type]
        encoded = encode(table, request, HIERARCHIES)
        rows, inverse, sizes = np.unique(
            encoded.codes, axis=0, return_inverse=True, return_counts=True
        )
        first = np.array([np.flatnonzero(inverse == i)[0] for i in range(len(rows))])
        errors = query_errors(
            encoded.columns, encoded.codes, encoded.grid.cells_of(first), sizes, queries=50
        )
        assert len(errors)
        assert errors.max() == pytest.approx(0)
