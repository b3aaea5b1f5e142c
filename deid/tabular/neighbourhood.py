"""Which rows or classes are alike: an order that puts them near each other, cut into blocks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from deid.tabular.cells import Costs, Grid, Parts, Rows, take

_AT_ONCE = 200_000
"""Cells compared in one step, which bounds memory."""


def neighbourhood_order(grid: Grid, rows: Rows, block: int) -> Rows:
    """Positions in ``rows``, halved again and again by the column whose halves lose least.

    A part of at most ``block`` rows is not cut further. Depends on quasi-identifiers alone.
    """
    codes = grid.codes[rows]
    narrow = codes.astype(np.int16) if codes.size and codes.max() < 2**15 else codes
    waiting = [np.arange(len(rows))]
    done: list[Rows] = []
    while waiting:
        part = waiting.pop()
        halves = _halves(grid, narrow, part) if len(part) > block else None
        if halves is None:
            done.append(part)
        else:
            waiting.extend(reversed(halves))
    return np.concatenate(done)


def _halves(grid: Grid, codes: npt.NDArray[Any], part: Rows) -> tuple[Rows, Rows] | None:
    best, least = None, np.inf
    whole = [_span(grid, c, codes[part, c]) for c in range(codes.shape[1])]
    for c in range(codes.shape[1]):
        column = codes[part, c]
        order = np.argsort(column, kind="stable")
        ascending = column[order]
        borders = np.flatnonzero(np.diff(ascending)) + 1
        if not len(borders):
            continue
        cut = int(borders[np.argmin(np.abs(borders - len(part) // 2))])
        left = _span(grid, c, ascending[:cut]) * cut
        right = _span(grid, c, ascending[cut:]) * (len(part) - cut)
        lost = left + right - whole[c] * len(part)
        if lost < least:
            best, least = (part[order[:cut]], part[order[cut:]]), lost
    return best


def _span(grid: Grid, c: int, codes: npt.NDArray[Any]) -> float:
    """Cost of the least cell over some codes of a column."""
    generaliser = grid.generalisers[c]
    cell = tuple(
        operation.reduce(part, keepdims=True)
        for operation, part in zip(
            generaliser.operations, generaliser.of(codes.astype(np.int32)), strict=True
        )
    )
    return float(generaliser.cost(cell)[0])


def blocks_of(order: Rows, block: int) -> Rows:
    """An order cut into blocks of equal width, shape (blocks, width).

    The member at position i is in block i // width. The last block also holds members of the one
    before, so that nobody is alone in it.
    """
    count = -(-len(order) // block)
    width = -(-len(order) // count)
    starts = np.minimum(np.arange(count) * width, len(order) - width)
    return order[starts[:, None] + np.arange(width)]


def rising_costs(
    grid: Grid,
    cells: Sequence[Parts],
    sizes: Rows,
    costs: Costs,
    seekers: Rows,
    candidates: Rows,
) -> Iterator[tuple[slice, Costs]]:
    """By how much the whole loss rises when each seeker joins each of its candidates.

    ``seekers`` has shape (n,), ``candidates`` (n, width); a seeker itself among them costs
    infinity. Gives slices of the seekers and arrays of shape (slice, width).
    """
    step = max(1, _AT_ONCE // max(1, candidates.shape[1]))
    weight = sizes.astype(np.float32)
    for start in range(0, len(seekers), step):
        part = slice(start, start + step)
        one, other = seekers[part], candidates[part]
        joined = grid.join_cost(take(cells, one[:, None]), take(cells, other))
        rise = (weight[one][:, None] + weight[other]) * joined
        rise -= (weight[one] * costs[one])[:, None] + weight[other] * costs[other]
        rise[other == one[:, None]] = np.inf
        yield part, rise


def first_come(pairs: Rows, count: int) -> Rows:
    """Positions of pairs that share no member, earlier pairs first; ``pairs`` is (n, 2).

    Each pair that is the earliest of both its members is taken; those are enough for one round.
    """
    rank = np.arange(len(pairs))
    earliest = np.full(count, len(pairs))
    np.minimum.at(earliest, pairs[:, 0], rank)
    np.minimum.at(earliest, pairs[:, 1], rank)
    taken = (earliest[pairs[:, 0]] == rank) & (earliest[pairs[:, 1]] == rank)
    return np.flatnonzero(taken)
