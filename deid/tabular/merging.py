"""Classes that do not meet the criteria are merged along a tree that was fixed before.

The tree pairs classes by quasi-identifiers only. Going down from the whole table, a node is split
exactly if both its children meet the criteria. So what is released tells of each class that one of
two known parts of it does not, and not which; and nothing else. All criteria are closed under
union, so every node above two good children is good.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deid.tabular.cells import Codes, Grid, Parts, Rows, take
from deid.tabular.criteria import Figures, counts_of, met, shares
from deid.tabular.dividing import Classes
from deid.tabular.joining import join_pairs
from deid.tabular.model import Criteria
from deid.tabular.neighbourhood import blocks_of, first_come, neighbourhood_order, rising_costs
from deid.tabular.sufficiency import Totals

_BLOCK = 256


@dataclass(frozen=True)
class Tree:
    """Binary tree over classes: nodes 0 .. leaves-1 are classes, each later node joins two.

    ``children`` has shape (nodes - leaves, 2); the last node is the root.
    """

    leaves: int
    children: Rows

    @property
    def nodes(self) -> int:
        """Leaves and joined nodes."""
        return self.leaves + len(self.children)

    def summed(self, of_leaves: Figures) -> Figures:
        """Sums over the leaves below each node, shape (nodes, ...)."""
        total = np.zeros((self.nodes, *of_leaves.shape[1:]))
        total[: self.leaves] = of_leaves
        for node, (left, right) in enumerate(self.children, self.leaves):
            total[node] = total[left] + total[right]
        return total


@dataclass(frozen=True)
class Merged:
    """What became of the classes: ``label`` of each row, ``node`` of the tree behind each label."""

    label: Rows
    node: Rows
    tree: Tree


def pair_up(grid: Grid, classes: Classes) -> Tree:
    """The tree: round by round, classes take the partner of like size that adds least loss."""
    order = neighbourhood_order(grid, classes.rows[classes.starts], _BLOCK)
    node = order.copy()
    cells, totals = take(classes.cells, order), classes.sizes[order].astype(np.float32)[:, None]
    children: list[Rows] = []
    following = classes.count
    while len(node) > 1:
        pairs = _cheapest_pairs(grid, cells, totals)
        low, high = pairs.min(axis=1), pairs.max(axis=1)
        children.append(np.stack([node[low], node[high]], axis=1))
        node[low] = following + np.arange(len(low))
        following += len(low)
        _, cells, totals = join_pairs(grid, pairs, np.zeros(0, np.int64), cells, totals)
        node = np.delete(node, high)
    joined = np.concatenate(children) if children else np.empty((0, 2), np.int64)
    return Tree(classes.count, joined)


def _cheapest_pairs(grid: Grid, cells: list[Parts], totals: Totals) -> Rows:
    sizes = totals[:, 0].astype(np.int64)
    seekers = np.arange(len(sizes))
    blocks = blocks_of(seekers, _BLOCK)
    candidates = blocks[seekers // blocks.shape[1]]
    partner = np.empty(len(seekers), np.int64)
    price = np.empty(len(seekers), np.float32)
    for part, rise in rising_costs(grid, cells, sizes, grid.cost(cells), seekers, candidates):
        one, other = seekers[part], candidates[part]
        own, theirs = sizes[one][:, None], sizes[other]
        fewer, more = np.minimum(own, theirs), np.maximum(own, theirs)
        # The less two parts differ in size, the less is told of which of them failed.
        rise = rise / fewer * (more / fewer) ** 2
        nearest = rise.argmin(axis=1)
        at = np.arange(len(nearest))
        partner[part], price[part] = other[at, nearest], rise[at, nearest] * sizes[one]
    pairs = np.stack([seekers, partner], axis=1)[np.lexsort((seekers, price))]
    return pairs[first_come(pairs, len(sizes))]


def merge_until_met(
    grid: Grid,
    classes: Classes,
    sensitive: Mapping[str, Codes],
    criteria: Criteria,
    slack: float = 0.0,
) -> Merged:
    """The finest cut of the tree that tells no more than the module says."""
    tree = pair_up(grid, classes)
    good = _good_nodes(tree, classes, sensitive, criteria, slack)
    top = np.full(tree.nodes, -1)
    top[-1] = tree.nodes - 1
    for node in range(tree.nodes - 1, tree.leaves - 1, -1):
        left, right = tree.children[node - tree.leaves]
        whole = top[node] != node or not (good[left] and good[right])
        top[left] = top[node] if whole else left
        top[right] = top[node] if whole else right
    used, label = np.unique(top[classes.label], return_inverse=True)
    return Merged(label, used, tree)


def _good_nodes(
    tree: Tree,
    classes: Classes,
    sensitive: Mapping[str, Codes],
    criteria: Criteria,
    slack: float,
) -> npt.NDArray[np.bool_]:
    good = np.ones(tree.nodes, bool)
    for values in sensitive.values():
        counts = counts_of(classes.label, values, classes.count, int(values.max()) + 1)
        nodes = tree.summed(counts)
        good &= met({"": nodes}, {"": shares(counts.sum(axis=0))}, criteria, slack=slack)
    return good
