"""The tree of classes is balanced, and cut where both parts of a node meet the criteria."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest

from deid.tabular import Criteria, Request
from deid.tabular.cells import Grid
from deid.tabular.criteria import counts_of, met, shares
from deid.tabular.dividing import Classes
from deid.tabular.encoding import encode
from deid.tabular.merging import merge_until_met, pair_up
from deid.tabular.sufficiency import BySize

RULE = BySize(2)


def classes_of_two(count: int) -> tuple[Grid, Classes, np.ndarray]:
    """Classes of two rows each, of like age; one value in three is ill, at random."""
    random = np.random.Generator(np.random.PCG64(count))
    ages = np.repeat(np.arange(count), 2)
    ill = random.random(2 * count) < 1 / 3
    table = pa.table({"age": ages.astype(str), "ill": ill})
    request = Request(("age",), Criteria(2), ("ill",), labels="ranges")
    encoded = encode(table, request, {})
    grid = encoded.grid
    return grid, Classes.of(grid, ages), encoded.sensitive["ill"]


@pytest.mark.parametrize("count", [1, 2, 3, 7, 64, 257, 700])
def test_every_class_is_below_the_root_once_and_not_deep(count: int) -> None:
    grid, classes, _ = classes_of_two(count)
    tree = pair_up(grid, classes, RULE)
    assert len(tree.children) == count - 1
    assert sorted(tree.children.ravel().tolist()) == list(range(tree.nodes - 1))
    depth = np.zeros(tree.nodes, int)
    for node in range(tree.nodes - 1, tree.leaves - 1, -1):
        depth[tree.children[node - tree.leaves]] = depth[node] + 1
    assert depth.max() <= 2 * math.ceil(math.log2(max(2, count)))


@pytest.mark.parametrize("criteria", [Criteria(2, l=2), Criteria(2, t=0.4)])
def test_a_node_is_split_exactly_if_both_parts_meet_the_criteria(criteria: Criteria) -> None:
    grid, classes, ill = classes_of_two(200)
    merged = merge_until_met(grid, classes, {"ill": ill}, criteria, RULE)
    counts = counts_of(merged.label, ill, len(merged.node), 2)
    reference = shares(np.bincount(ill).astype(float))
    assert met({"ill": counts}, {"ill": reference}, criteria).all()
    nodes = merged.tree.summed(counts_of(classes.label, ill, classes.count, 2))
    good = met({"ill": nodes}, {"ill": reference}, criteria)
    for node in merged.node:
        if node >= merged.tree.leaves:
            assert not good[merged.tree.children[node - merged.tree.leaves]].all()
    assert len(merged.node) > 1
