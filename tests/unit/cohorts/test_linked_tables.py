"""Tables with margins: what is withheld follows neither from sums nor from the rule itself."""

from __future__ import annotations

import itertools
import random
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cohorts import DisclosureRule, SafeCount, safe_crosstab, safe_groups
from cohorts.disclosure import DEFAULT_RULE
from cohorts.linked_tables import Links, crosstab_links, protected_counts, reader_ranges

SMALL_RULE = DisclosureRule(minimum_cell=5, base=3)


def laid_out(cells: np.ndarray) -> list[int]:
    return [int(n) for n in (cells.sum(), *cells.sum(1), *cells.sum(0), *cells.ravel())]


@settings(max_examples=8, deadline=None)
@given(
    arrays(np.int64, st.tuples(st.integers(2, 4), st.integers(2, 3)), elements=st.integers(0, 40))
)
def test_the_linear_program_finds_a_wide_range_for_every_withheld_count(cells: np.ndarray) -> None:
    links, counts = crosstab_links(*cells.shape), laid_out(cells)
    shown = protected_counts(counts, links, DEFAULT_RULE)
    if shown[0].shown is None:
        assert all(one.shown is None for one in shown)
        return
    ranges = reader_ranges(shown, links, DEFAULT_RULE)
    for count, one, (low, high) in zip(counts, shown, ranges, strict=True):
        assert low <= count <= high
        if one.shown is None:
            assert high - low >= DEFAULT_RULE.protected_width
        else:
            assert count >= DEFAULT_RULE.minimum_cell


@pytest.mark.parametrize(
    "cells",
    [[[4, 5], [9, 30]], [[5, 4], [5, 5]], [[3, 6], [7, 8]], [[4, 4], [4, 8]], [[9, 4], [5, 9]]],
)
def test_a_reader_who_knows_the_rule_and_tries_all_tables_still_finds_a_wide_range(
    cells: list[list[int]],
) -> None:
    """Tables are published until those of the same look differ enough in every withheld count."""
    links = crosstab_links(2, 2)
    shown = protected_counts(laid_out(np.array(cells)), links, SMALL_RULE)
    ranges = reader_ranges(shown, links, SMALL_RULE)
    assert any(one.shown is None for one in shown)
    tables = list(itertools.product(*(range(low, high + 1) for low, high in ranges[5:])))
    random.Random(3).shuffle(tables)
    withheld = [position for position, one in enumerate(shown) if one.shown is None]
    values: dict[int, set[int]] = {position: set() for position in withheld}
    for table in tables:
        counts = laid_out(np.array(table).reshape(2, 2))
        if all(low <= n <= high for n, (low, high) in zip(counts, ranges, strict=True)) and (
            protected_counts(counts, links, SMALL_RULE) == shown
        ):
            for position in withheld:
                values[position].add(counts[position])
        if all(max(v) - min(v) >= SMALL_RULE.protected_width for v in values.values() if v) and (
            all(values.values())
        ):
            return
    pytest.fail(f"too few values: {values}")


def test_a_large_table_is_audited_quickly_and_loses_only_its_small_cells() -> None:
    cells = np.random.default_rng(7).poisson(20, (20, 10))
    began = time.process_time()
    safe = safe_crosstab(cells.tolist())
    assert time.process_time() - began < 2
    for row, line in zip(cells, safe.cells, strict=True):
        assert [one.shown is None for one in line] == [count < 11 for count in row]


def test_a_village_does_not_follow_from_its_area_and_the_county() -> None:
    total, areas = safe_groups([[40, 3], [25, 30], [12, 11]])
    assert total == SafeCount(120, False, 11)
    whole, parts = areas[0]
    assert parts[1].shown is None
    links = Links(10, ((0, (1, 2, 3)), (1, (4, 5)), (2, (6, 7)), (3, (8, 9))))
    shown = (total, *(w for w, _ in areas), *(p for _, ps in areas for p in ps))
    low, high = reader_ranges(shown, links, DEFAULT_RULE)[5]
    assert high - low >= DEFAULT_RULE.protected_width
    assert whole.shown is not None


def test_a_sum_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="sum"):
        protected_counts([5, 2, 2], Links(3, ((0, (1, 2)),)), DEFAULT_RULE)
