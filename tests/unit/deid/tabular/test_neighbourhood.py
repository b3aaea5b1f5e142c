"""Rows are cut into blocks in which nobody is alone, and pairs share no member."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from deid.tabular.neighbourhood import blocks_of, first_come


@given(st.integers(2, 300), st.integers(2, 40))
def test_every_member_is_in_the_block_of_its_position_with_somebody_else(
    size: int, block: int
) -> None:
    blocks = blocks_of(np.arange(size), block)
    width = blocks.shape[1]
    assert 2 <= width <= max(block, 2)
    for position in range(size):
        assert position in blocks[position // width]
    assert all(len(set(members)) == width for members in blocks.tolist())


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), min_size=1, max_size=60))
def test_pairs_that_are_taken_share_no_member_and_the_first_is_taken(
    drawn: list[tuple[int, int]],
) -> None:
    pairs = np.array(drawn)
    taken = first_come(pairs, 21)
    assert 0 in taken
    members = [value for pair in pairs[taken].tolist() for value in set(pair)]
    assert len(members) == len(set(members))
