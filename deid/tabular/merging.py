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
from deid.tabular.sufficiency import Sufficiency, Totals

_BLOCK = 256
_PASSES = 4
"""Passes of pairing at a level, before those that are left are paired in their order."""
_CAUTION = 3.0
_DOUBT = np.float32(10)
"""How much a pair's expected deficit, at this caution, adds to its price."""


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


def pair_up(grid: Grid, classes: Classes, rule: Sufficiency) -> Tree:
    """The tree: level by level, nodes take the partner of like size that adds least loss.

    Pairs that are expected to miss the criteria cost more. Nodes that find no partner are paired
    in their order, and an odd one joins a pair: were one left for later, a small class at the top
    could fail and take the whole table with it.
    """
    order = neighbourhood_order(grid, classes.rows[classes.starts], _BLOCK)
    growing = _Growing(grid, rule, order, take(classes.cells, order), _totals(classes, rule)[order])
    while len(growing.node) > 1:
        free = np.ones(len(growing.node), bool)
        pairs = []
        for _ in range(_PASSES):
            members = np.flatnonzero(free)
            if len(members) < 2:
                break
            pairs.append(growing.cheapest_pairs(members, members))
            free[pairs[-1]] = False
        members = np.flatnonzero(free)
        rest = members[: len(members) // 2 * 2].reshape(-1, 2)
        free[rest] = False
        odd = growing.join(np.concatenate([*pairs, rest]), free)
        if odd.any() and not odd.all():
            joining = growing.cheapest_pairs(np.flatnonzero(odd), np.flatnonzero(~odd))
            growing.join(joining, odd)
    joined = np.concatenate(growing.children) if growing.children else np.empty((0, 2), np.int64)
    return Tree(classes.count, joined)


class _Growing:
    """The nodes of a tree that have no parent yet, in an order in which like ones are near."""

    def __init__(
        self, grid: Grid, rule: Sufficiency, node: Rows, cells: list[Parts], totals: Totals
    ) -> None:
        self.grid, self.rule = grid, rule
        self.node, self.cells, self.totals = node, cells, totals
        self.children: list[Rows] = []
        self.following = len(node)

    def join(self, pairs: Rows, marked: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        """Give each pair a parent, which stands where its first member stood; marks move along."""
        low, high = pairs.min(axis=1), pairs.max(axis=1)
        self.children.append(np.stack([self.node[low], self.node[high]], axis=1))
        node = self.node.copy()
        node[low] = self.following + np.arange(len(low))
        self.following += len(low)
        nothing = np.zeros(0, np.int64)
        _, self.cells, self.totals = join_pairs(self.grid, pairs, nothing, self.cells, self.totals)
        self.node = np.delete(node, high)
        return np.delete(marked, high)

    def cheapest_pairs(self, seekers: Rows, partners: Rows) -> Rows:
        """Disjoint pairs of a seeker and a partner, both ascending positions; cheapest first."""
        blocks = blocks_of(partners, _BLOCK)
        nearby = np.minimum(np.searchsorted(partners, seekers), len(partners) - 1)
        candidates = blocks[nearby // blocks.shape[1]]
        sizes = self.totals[:, 0].astype(np.int64)
        costs = self.grid.cost(self.cells)
        partner = np.empty(len(seekers), np.int64)
        price = np.empty(len(seekers), np.float32)
        for part, rise in rising_costs(self.grid, self.cells, sizes, costs, seekers, candidates):
            one, other = seekers[part], candidates[part]
            own, theirs = sizes[one][:, None], sizes[other]
            fewer, more = np.minimum(own, theirs), np.maximum(own, theirs)
            # The less two parts differ in size, the less is told of which of them failed.
            rise = rise / fewer * (more / fewer) ** 2
            doubt = self.rule.deficit(self.totals[one][:, None] + self.totals[other], _CAUTION)
            rise = rise * (1 + _DOUBT * doubt)
            nearest = rise.argmin(axis=1)
            at = np.arange(len(nearest))
            partner[part], price[part] = other[at, nearest], rise[at, nearest] * sizes[one]
        pairs = np.stack([seekers, partner], axis=1)[np.lexsort((seekers, price))]
        return pairs[first_come(pairs, len(sizes))]


def _totals(classes: Classes, rule: Sufficiency) -> Totals:
    if rule.weights is None:
        return classes.sizes.astype(np.float32)[:, None]
    return np.add.reduceat(rule.weights[classes.rows], classes.starts, axis=0)


def merge_until_met(
    grid: Grid,
    classes: Classes,
    sensitive: Mapping[str, Codes],
    criteria: Criteria,
    rule: Sufficiency,
    slack: float = 0.0,
) -> Merged:
    """The finest cut of the tree that tells no more than the module says."""
    tree = pair_up(grid, classes, rule)
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
