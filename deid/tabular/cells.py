"""Generalised cells of many rows at once: how two of them join, and what information each costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.int32]
Costs = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]
Parts = tuple[npt.NDArray[Any], ...]
"""One column's cells: arrays of equal shape that together say which values each cell covers."""

_LARGEST_TABLE = 2048
"""Leaves up to which the loss of every pair of leaves is looked up, not computed."""


class Generaliser(Protocol):
    """How the cells of one quasi-identifier are generalised.

    Costs are normalised certainty penalties: 0 says one value, 1 says nothing.
    """

    @property
    def operations(self) -> tuple[np.ufunc, ...]:
        """How two cells join, part by part."""
        ...

    def of(self, codes: Codes) -> Parts:
        """Cells that cover one value each."""
        ...

    def cost(self, parts: Parts) -> Costs:
        """Cost of each cell, in the shape of the parts."""
        ...


@dataclass(frozen=True)
class RangeCells:
    """Ranges of an ordered column; ``positions`` are its values scaled to 0 .. 1, ascending.

    A cell is its least and greatest position.
    """

    positions: Costs
    operations: tuple[np.ufunc, ...] = (np.minimum, np.maximum)

    def of(self, codes: Codes) -> Parts:
        """The position, twice."""
        positions = self.positions[codes]
        return positions, positions

    def cost(self, parts: Parts) -> Costs:
        """Width of each range."""
        widths: Costs = parts[1] - parts[0]
        return widths

    def ends(self, parts: Parts) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """First and last code of each range."""
        first, last = (np.searchsorted(self.positions, part) for part in parts)
        return first, last


class TreeCells:
    """Nodes of a hierarchy whose leaves are numbered depth first.

    The least node over some leaves is the least node over the first and the last of them, so a cell
    is that pair.
    """

    operations: tuple[np.ufunc, ...] = (np.minimum, np.maximum)

    def __init__(self, ancestors: Codes) -> None:
        """``ancestors`` has shape (levels, leaves): the node over each leaf at each level."""
        self.ancestors = ancestors
        leaves = ancestors.shape[1]
        under = np.stack([np.bincount(nodes)[nodes] for nodes in ancestors])
        self.losses: Costs = ((under - 1) / max(1, leaves - 1)).astype(np.float32)
        # Narrow numbers are what makes the search fast; a place in the table must fit into them.
        narrow = leaves * leaves <= np.iinfo(np.int16).max
        self._leaf = np.arange(leaves).astype(np.int16 if narrow else np.int32)
        self._width = self._leaf.dtype.type(leaves)
        self._pairs: Costs | None = None
        if leaves <= _LARGEST_TABLE:
            pairs = (self._leaf[:, None], self._leaf[None, :])
            self._pairs = self.losses[self.levels(pairs), pairs[0]].ravel()

    def of(self, codes: Codes) -> Parts:
        """First and last leaf."""
        leaves = self._leaf[codes]
        return leaves, leaves

    def levels(self, parts: Parts) -> npt.NDArray[np.int8]:
        """Lowest level at which both ends of each cell are below one node."""
        first, last = np.broadcast_arrays(*parts)
        level = np.zeros(first.shape, np.int8)
        for nodes in self.ancestors[:-1]:
            level += nodes[first] != nodes[last]
        return level

    def cost(self, parts: Parts) -> Costs:
        """Share of the other leaves that stand below each cell's node."""
        if self._pairs is not None:
            return self._pairs.take(parts[0] * self._width + parts[1])
        losses: Costs = self.losses[self.levels(parts), parts[0]]
        return losses


class SetCells:
    """Sets of values of an unordered column, as bits of the narrowest words that hold them."""

    def __init__(self, size: int) -> None:
        """``size`` values in all."""
        self.size = size
        bits = next(width for width in (8, 16, 32, 64) if width >= size or width == 64)
        words = -(-size // bits)
        self.operations: tuple[np.ufunc, ...] = (np.bitwise_or,) * words
        self._bits = np.zeros((words, size), f"u{bits // 8}")
        codes = np.arange(size)
        one = self._bits.dtype.type(1)
        self._bits[codes // bits, codes] = one << (codes % bits).astype(self._bits.dtype)

    def of(self, codes: Codes) -> Parts:
        """The words that have only the code's bit."""
        return tuple(word[codes] for word in self._bits)

    def cost(self, parts: Parts) -> Costs:
        """Share of the other values that each set holds."""
        counted = np.bitwise_count(parts[0]).astype(np.float32)
        for word in parts[1:]:
            counted += np.bitwise_count(word)
        return (counted - np.float32(1)) / np.float32(max(1, self.size - 1))

    def members(self, parts: Parts) -> npt.NDArray[np.bool_]:
        """Which values each set holds, shape (sets, values)."""
        held = np.zeros((len(parts[0]), self.size), bool)
        for word, bits in zip(parts, self._bits, strict=True):
            held |= (word[:, None] & bits[None, :]) != 0
        return held


@dataclass(frozen=True)
class Grid:
    """The quasi-identifiers of a table: one generaliser a column, and every row's codes.

    ``codes`` has shape (rows, columns).
    """

    generalisers: Sequence[Generaliser]
    codes: Codes

    def cells_of(self, rows: Rows) -> list[Parts]:
        """Cells of single rows, in the shape of ``rows``."""
        return [g.of(self.codes[rows, c]) for c, g in enumerate(self.generalisers)]

    def cells_of_runs(self, rows: Rows, starts: Rows) -> list[Parts]:
        """The least cells over each run of ``rows`` that begins at ``starts``."""
        return [
            tuple(
                operation.reduceat(part, starts)
                for operation, part in zip(g.operations, g.of(self.codes[rows, c]), strict=True)
            )
            for c, g in enumerate(self.generalisers)
        ]

    def join(self, left: Sequence[Parts], right: Sequence[Parts]) -> list[Parts]:
        """The least cells that cover both; shapes broadcast."""
        return [
            tuple(op(a, b) for op, a, b in zip(g.operations, one, other, strict=True))
            for g, one, other in zip(self.generalisers, left, right, strict=True)
        ]

    def cost(self, cells: Sequence[Parts]) -> Costs:
        """Sum of the costs over the columns."""
        total = self.generalisers[0].cost(cells[0])
        for generaliser, parts in zip(self.generalisers[1:], cells[1:], strict=True):
            total = total + generaliser.cost(parts)
        return total

    def join_cost(self, left: Sequence[Parts], right: Sequence[Parts]) -> Costs:
        """Cost of the joined cells; holds one column at a time."""
        total: Costs | None = None
        for g, one, other in zip(self.generalisers, left, right, strict=True):
            parts = tuple(op(a, b) for op, a, b in zip(g.operations, one, other, strict=True))
            total = g.cost(parts) if total is None else total + g.cost(parts)
        assert total is not None
        return total


def take(cells: Sequence[Parts], index: Any) -> list[Parts]:
    """The cells at ``index``, which may be any numpy index."""
    return [tuple(part[index] for part in parts) for parts in cells]
