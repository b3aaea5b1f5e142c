"""Classes that suffice, made by joining what is alike: bottom up, by quasi-identifiers only.

Every round, each class that does not suffice yet looks for the partner in its neighbourhood whose
joining raises the loss least; pairs are joined cheapest first, each class at most once a round.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from deid.tabular.cells import Costs, Grid, Parts, Rows, take
from deid.tabular.neighbourhood import blocks_of, first_come, neighbourhood_order, rising_costs
from deid.tabular.sufficiency import Sufficiency, Totals

BLOCK = 256
"""Classes among which a partner is looked for."""
_LITTLE = np.float32(0.02)
"""Least progress, as a share of what is lacking, that a partner's cost is divided by."""


def join_until_sufficient(
    grid: Grid, rule: Sufficiency, advance: Callable[[float], None] = lambda _: None
) -> Rows:
    """Class of each row, such that every class suffices by ``rule``, or all rows are one class.

    Rows that are equal stay together. ``advance`` is told the share that is done.
    """
    distinct, unit_of_row, counts = np.unique(
        grid.codes, axis=0, return_inverse=True, return_counts=True
    )
    unit_of_row = unit_of_row.ravel()
    units = Grid(grid.generalisers, distinct.astype(np.int32))
    order = neighbourhood_order(units, np.arange(len(distinct)), BLOCK)
    label = np.empty(len(order), np.int64)
    label[order] = np.arange(len(order))
    cells = units.cells_of(order)
    totals = _totals(rule, unit_of_row, counts)[order]
    first = 0
    while len(totals) > 1:
        lacking = rule.deficit(totals)
        seekers = np.flatnonzero(lacking > 0)
        if not len(seekers):
            break
        first = first or len(seekers)
        pairs = _pairs(units, cells, totals, lacking, seekers, rule)
        label, cells, totals = join_pairs(units, pairs, label, cells, totals)
        advance(1 - len(seekers) / first)
    return label[unit_of_row]


def join_pairs(
    grid: Grid, pairs: Rows, label: Rows, cells: list[Parts], totals: Totals
) -> tuple[Rows, list[Parts], Totals]:
    """Join disjoint pairs of classes; each joined class stands where its first member stood."""
    low, high = pairs.min(axis=1), pairs.max(axis=1)
    joined = grid.join(take(cells, low), take(cells, high))
    for parts, new in zip(cells, joined, strict=True):
        for part, value in zip(parts, new, strict=True):
            part[low] = value
    totals[low] += totals[high]
    kept = np.ones(len(totals), bool)
    kept[high] = False
    to = np.arange(len(totals))
    to[high] = low
    return (np.cumsum(kept) - 1)[to[label]], take(cells, kept), totals[kept]


def _totals(rule: Sufficiency, unit_of_row: Rows, counts: Rows) -> Totals:
    if rule.weights is None:
        return counts.astype(np.float32)[:, None]
    sums = [np.bincount(unit_of_row, weights=column) for column in rule.weights.T]
    return np.stack(sums, axis=1).astype(np.float32)


def _pairs(
    grid: Grid,
    cells: Sequence[Parts],
    totals: Totals,
    lacking: Costs,
    seekers: Rows,
    rule: Sufficiency,
) -> Rows:
    """Pairs to join in one round, shape (n, 2)."""
    sizes = totals[:, 0].astype(np.int64)
    blocks = blocks_of(np.arange(len(sizes)), BLOCK)
    candidates = blocks[seekers // blocks.shape[1]]
    partner = np.empty(len(seekers), np.int64)
    price = np.empty(len(seekers), np.float32)
    costs = grid.cost(cells)
    for part, rise in rising_costs(grid, cells, sizes, costs, seekers, candidates):
        one, other = seekers[part], candidates[part]
        if rule.weights is not None:
            still = rule.deficit(totals[one][:, None] + totals[other])
            progress = 1 - still / lacking[one][:, None]
            rise = (rise + np.float32(1e-3)) / np.maximum(progress, _LITTLE)
        nearest = rise.argmin(axis=1)
        at = np.arange(len(nearest))
        partner[part], price[part] = other[at, nearest], rise[at, nearest]
    pairs = np.stack([seekers, partner], axis=1)[np.lexsort((seekers, price))]
    return pairs[first_come(pairs, len(sizes))]
