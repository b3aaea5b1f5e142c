"""Improving classes that suffice: two that are alike are put together and cut anew.

The members of a pair are put into several orders: by each column, and by how much nearer they are
to one than to another of two members far apart. All cuts of all orders whose two sides suffice are
compared at once, and no cut at all. Depends on quasi-identifiers only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deid.tabular.cells import Costs, Grid, Parts, Rows
from deid.tabular.neighbourhood import (
    blocks_of,
    first_come,
    neighbourhood_order,
    rising_costs,
)
from deid.tabular.sufficiency import Sufficiency

BLOCK = 256
_AT_ONCE = 60_000
"""Members that are put in order in one step: what the processor holds near."""
_NEIGHBOURS = 8
_MATCHINGS = 3
_STARTS = 2
"""Members of a group whose farthest fellow gives an order."""
_GAIN = np.float32(1e-4)
"""Loss that must be saved; smaller differences are noise of single precision."""


@dataclass
class Classes:
    """A partition of rows, kept as runs of one order."""

    label: Rows
    count: int
    rows: Rows
    starts: Rows
    sizes: Rows
    cells: list[Parts]
    costs: Costs

    @classmethod
    def of(cls, grid: Grid, label: Rows) -> Classes:
        """From the class of each row; classes without rows are dropped."""
        sizes = np.bincount(label)
        if not sizes.all():
            label = (np.cumsum(sizes > 0) - 1)[label]
            sizes = sizes[sizes > 0]
        rows = np.argsort(label, kind="stable")
        starts = np.cumsum(sizes) - sizes
        cells = grid.cells_of_runs(rows, starts)
        return cls(label, len(sizes), rows, starts, sizes, cells, grid.cost(cells))

    @property
    def loss(self) -> float:
        """Sum over rows and columns of the cost of their cells."""
        return float((self.sizes * self.costs.astype(np.float64)).sum())


@dataclass(frozen=True)
class Cuts:
    """The best cut of each of n groups: members in order, padded; how many go to the left."""

    members: Rows
    lengths: Rows
    left: Rows
    saved: Costs


def divide_anew(
    grid: Grid,
    label: Rows,
    rule: Sufficiency,
    *,
    rounds: int,
    advance: Callable[[float], None] = lambda _: None,
) -> Rows:
    """Improve a partition whose classes all suffice by ``rule``; they still do."""
    random = np.random.Generator(np.random.PCG64(0))
    classes = _split_large(grid, Classes.of(grid, label), rule, random, even_exact=True)
    for turn in range(rounds):
        pairs = _neighbours(grid, classes, BLOCK + 32 * (turn % 3))
        for _ in range(_MATCHINGS):
            shuffled = pairs[random.permutation(len(pairs))]
            inexact = (classes.costs[shuffled] > 0).any(axis=1)
            shuffled = shuffled[inexact]
            chosen = shuffled[first_come(shuffled, classes.count)]
            cuts = _best_cuts(grid, classes, chosen, rule, random)
            better = np.flatnonzero(cuts.saved > _GAIN)
            _relabel(classes.label, cuts, chosen[:, 0], chosen[:, 1], better)
            alive = np.bincount(classes.label, minlength=classes.count) > 0
            pairs = (np.cumsum(alive) - 1)[pairs[alive[pairs].all(axis=1)]]
            classes = Classes.of(grid, classes.label)
        classes = _split_large(grid, classes, rule, random)
        advance((turn + 1) / rounds)
    return classes.label


def _relabel(label: Rows, cuts: Cuts, left: Rows, right: Rows, which: Rows) -> None:
    place = np.arange(cuts.members.shape[1])
    real = place < cuts.lengths[which][:, None]
    new = np.where(place < cuts.left[which][:, None], left[which][:, None], right[which][:, None])
    label[cuts.members[which][real]] = new[real]


def _neighbours(grid: Grid, classes: Classes, block: int) -> Rows:
    """Pairs of classes that are cheap to join, shape (n, 2)."""
    order = neighbourhood_order(grid, classes.rows[classes.starts], block)
    blocks = blocks_of(order, block)
    seekers = order
    candidates = blocks[np.arange(classes.count) // blocks.shape[1]]
    width = min(_NEIGHBOURS, blocks.shape[1] - 1)
    pairs = [np.empty((0, 2), np.int64)]
    if width > 0:
        for part, rise in rising_costs(
            grid, classes.cells, classes.sizes, classes.costs, seekers, candidates
        ):
            near = np.argpartition(rise, width - 1, axis=1)[:, :width]
            partners = np.take_along_axis(candidates[part], near, axis=1)
            own = np.repeat(seekers[part], width)
            pairs.append(np.stack([own, partners.ravel()], axis=1))
    found = np.concatenate(pairs)
    return found[found[:, 0] != found[:, 1]]


def _split_large(
    grid: Grid,
    classes: Classes,
    rule: Sufficiency,
    random: np.random.Generator,
    *,
    even_exact: bool = False,
) -> Classes:
    """Cut classes of 2k rows and more while that loses nothing.

    ``even_exact`` also cuts classes whose cells are exact: it saves nothing, and gives the rounds
    small classes that can lend a row.
    """
    while True:
        large = classes.sizes >= 2 * rule.k
        if not even_exact:
            large &= classes.costs > 0
        alone = np.flatnonzero(large)
        if not len(alone):
            return classes
        pairs = np.stack([alone, np.full_like(alone, -1)], axis=1)
        cuts = _best_cuts(grid, classes, pairs, rule, random)
        good = np.flatnonzero((cuts.left < cuts.lengths) & (cuts.saved >= -_GAIN))
        if not len(good):
            return classes
        _relabel(classes.label, cuts, alone, classes.count + np.arange(len(alone)), good)
        classes = Classes.of(grid, classes.label)


def _best_cuts(
    grid: Grid, classes: Classes, pairs: Rows, rule: Sufficiency, random: np.random.Generator
) -> Cuts:
    """The best cut of each pair; a second member of -1 is none."""
    second = np.where(pairs[:, 1] >= 0, classes.sizes[pairs[:, 1]], 0)
    lengths = classes.sizes[pairs[:, 0]] + second
    members = np.zeros((len(pairs), int(lengths.max(initial=1))), np.int64)
    left, saved = lengths.copy(), np.zeros(len(pairs), np.float32)
    starting = random.random((len(pairs), _STARTS))  # nosec B311 # a seeded start of a search
    # Groups of like lengths together, so that little of a step is padding.
    by_length = np.argsort(lengths, kind="stable")
    begin = 0
    while begin < len(pairs):
        widest = lengths[by_length[begin]]
        end = begin + max(1, int(_AT_ONCE // widest))
        end = min(end, int(np.searchsorted(lengths[by_length], widest * 5 // 4, side="right")))
        part = by_length[begin : max(end, begin + 1)]
        cuts = _cuts_of(grid, classes, pairs[part], rule, starting[part])
        members[part, : cuts.members.shape[1]] = cuts.members
        left[part], saved[part] = cuts.left, cuts.saved
        begin += len(part)
    return Cuts(members, lengths, left, saved)


def _cuts_of(
    grid: Grid, classes: Classes, pairs: Rows, rule: Sufficiency, starting: npt.NDArray[np.float64]
) -> Cuts:
    one, other = pairs[:, 0], pairs[:, 1]
    second = np.where(other >= 0, classes.sizes[other], 0)
    lengths = classes.sizes[one] + second
    place = np.arange(int(lengths.max()))[None, :]
    within = np.minimum(place, lengths[:, None] - 1)
    beyond = within - classes.sizes[one][:, None]
    source = np.where(
        beyond < 0,
        classes.starts[one][:, None] + within,
        np.where(other >= 0, classes.starts[other], 0)[:, None] + beyond,
    )
    search = _Search(grid, classes.rows[source], lengths, rule)
    for c in range(len(grid.generalisers)):
        search.consider(grid.codes[search.given, c].astype(np.float32))
    at = np.arange(len(pairs))
    for column in starting.T:
        near = search.distance(search.given[at, (column * lengths).astype(np.int64)])
        far = search.distance(search.given[at, near.argmax(axis=1)])
        search.consider(near - far)
        search.consider(far)
    before = classes.costs[one] * classes.sizes[one]
    before = before + np.where(other >= 0, classes.costs[other] * second, 0)
    return Cuts(search.members, lengths, search.left, (before - search.loss).astype(np.float32))


class _Search:
    """Best cut so far of each group of rows, over the orders that were considered."""

    def __init__(self, grid: Grid, given: Rows, lengths: Rows, rule: Sufficiency) -> None:
        """``given``: rows of each group, shape (groups, width), the last one repeated."""
        self.grid, self.given, self.lengths, self.rule = grid, given, lengths, rule
        self.at = np.arange(len(given))
        self.padding: npt.NDArray[np.bool_] = np.arange(given.shape[1]) >= lengths[:, None]
        self.loss = np.full(len(given), np.inf, np.float32)
        self.members = given.copy()
        self.left = lengths.copy()

    def distance(self, to: Rows) -> Costs:
        """Cost of joining each member with one row of its group; below 0 for padding."""
        cells, single = self.grid.cells_of(self.given), self.grid.cells_of(to[:, None])
        return np.where(self.padding, np.float32(-1), self.grid.join_cost(cells, single))

    def consider(self, keys: Costs) -> None:
        """Compare all cuts of the members in ascending order of ``keys``."""
        order = np.argsort(np.where(self.padding, np.inf, keys), axis=1, kind="stable")
        members = np.take_along_axis(self.given, order, axis=1)
        last = members[self.at, self.lengths - 1]
        members = np.where(self.padding, last[:, None], members)
        loss, left = self._cut(members)
        better = loss < self.loss - _GAIN / 10
        self.loss = np.where(better, loss, self.loss)
        self.left = np.where(better, left, self.left)
        self.members[better] = members[better]

    def _cut(self, members: Rows) -> tuple[Costs, Rows]:
        """Least loss of each group by one cut or none, and the members left of it."""
        width = members.shape[1]
        before = np.zeros(members.shape, np.float32)
        after = np.zeros(members.shape, np.float32)
        for c, g in enumerate(self.grid.generalisers):
            parts = g.of(self.grid.codes[members, c])
            both = list(zip(g.operations, parts, strict=True))
            before += g.cost(tuple(op.accumulate(part, axis=1) for op, part in both))
            after += g.cost(
                tuple(op.accumulate(part[:, ::-1], axis=1)[:, ::-1] for op, part in both)
            )
        place = np.arange(width)
        before *= place + 1
        after *= np.maximum(self.lengths[:, None] - place, 0)
        total = np.full((len(members), width + 1), np.inf, np.float32)
        total[:, 1:width] = before[:, :-1] + after[:, 1:]
        left = np.arange(width + 1)
        total[(left < self.rule.k) | (left > self.lengths[:, None] - self.rule.k)] = np.inf
        if self.rule.weights is not None and width > 1:
            sums = np.cumsum(self.rule.weights[members], axis=1)
            # Differences of sums in single precision may fall below 0.
            rest = np.maximum(sums[self.at, self.lengths - 1][:, None] - sums[:, :-1], 0)
            lacking = (self.rule.deficit(sums[:, :-1]) > 0) | (self.rule.deficit(rest) > 0)
            total[:, 1:width][lacking] = np.inf
        total[self.at, self.lengths] = before[self.at, self.lengths - 1]
        best = total.argmin(axis=1)
        return total[self.at, best], best
