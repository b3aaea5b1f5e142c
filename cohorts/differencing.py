"""Whether a new set of people, with sets counted before, would single out a few people.

Sets are rows of bits over the people of one release, in the order of their ids. The *difference* of
a new set N from counts already known is the number of people whose membership a questioner could
learn of by adding and subtracting: N against one earlier set A, N against A and B added up, N and A
against B, and the same for everybody but N. The whole release counts as known.

A difference of one to the minimum cell less one is too small. Against a single earlier set a
difference of none is too small as well: if it were answered, a refusal would tell that somebody is
there. Against two sets a difference of none is let pass, since women, men and then both are a
usual course of work; the sum was known before. Three or more earlier sets are not combined.

A set that is too close is told with the known sets that it is close to: their counts, which were
shown, give an estimate of its own that nobody learns anything from.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Bits = npt.NDArray[np.uint64]
Positions = npt.NDArray[np.int64]
_WORD = 64


def bits_of(positions: Positions, people: int) -> Bits:
    """A set of people, given by their positions, as words of 64 bits."""
    flags = np.zeros(-(-people // _WORD) * _WORD, dtype=bool)
    flags[positions] = True
    return np.packbits(flags, bitorder="little").view(np.uint64)


def size_of(bits: Bits) -> int:
    """Number of people in a set."""
    return int(np.bitwise_count(bits).sum())


def nearly_the_same(bits: Bits, others: Iterable[Bits], minimum_cell: int) -> bool:
    """Whether a set differs from one of the others by somebody, and by fewer than the minimum."""
    return any(0 < size_of(bits ^ other) < minimum_cell for other in others)


@dataclass(frozen=True)
class Nearness:
    """Known sets that, added up and subtracted, hold nearly the people of another set.

    Numbers are those of the sets in the order in which they became known; 0 is the whole release.
    """

    added: tuple[int, ...]
    subtracted: tuple[int, ...] = ()


class KnownSets:
    """The sets of one release whose counts a questioner knows."""

    def __init__(self, people: int, minimum_cell: int) -> None:
        self._everybody = bits_of(np.arange(people), people)
        self._minimum = minimum_cell
        words = len(self._everybody)
        self._used = 0
        self._sets = np.zeros((16, words), dtype=np.uint64)
        self._common = np.zeros((16, 16), dtype=np.int64)
        self.add(self._everybody)

    def copy(self) -> KnownSets:
        """The same sets, to which more can be added without a change of these."""
        made = object.__new__(KnownSets)
        made.__dict__.update(self.__dict__)
        made._sets, made._common = self._sets.copy(), self._common.copy()
        return made

    def add(self, bits: Bits) -> int:
        """Remember that a set was counted; one that is known is not kept twice. Its number."""
        self._known(bits)
        held = self.number_of(bits)
        if held is not None:
            return held
        common = self._in_common(bits)
        if self._used == len(self._sets):
            self._sets = np.concatenate([self._sets, np.zeros_like(self._sets)])
            grown = np.zeros((len(self._sets), len(self._sets)), dtype=np.int64)
            grown[: self._used, : self._used] = self._common
            self._common = grown
        here = self._used
        self._sets[here] = bits
        self._common[here, :here] = self._common[:here, here] = common
        self._common[here, here] = size_of(bits)
        self._used += 1
        return here

    def size(self, number: int) -> int:
        """Number of people in a known set."""
        return int(self._common[number, number])

    def number_of(self, bits: Bits) -> int | None:
        """The number of exactly this set, if it is known."""
        common = self._in_common(bits)
        sizes = self._common.diagonal()[: self._used]
        found = np.flatnonzero(size_of(bits) + sizes - 2 * common == 0)
        return int(found[0]) if len(found) else None

    def too_close(self, bits: Bits) -> bool:
        """Whether counting ``bits`` would let a count of too few people be worked out."""
        return self.near(bits) is not None

    def near(self, bits: Bits, pairs: bool = True) -> Nearness | None:
        """The first known sets that ``bits`` is too close to; ``pairs`` combines two of them."""
        self._known(bits)
        common = self._in_common(bits)
        sizes = self._common.diagonal()[: self._used]
        close = np.flatnonzero(size_of(bits) + sizes - 2 * common < self._minimum)
        if len(close):
            return Nearness((int(close[0]),))
        if not pairs:
            return None
        found = self._near_pair(bits, common)
        if found is not None:
            return found
        found = self._near_pair(self._everybody & ~bits, sizes - common)
        if found is None:
            return None
        return Nearness((0, *found.subtracted), found.added)

    def _near_pair(self, bits: Bits, common: Positions) -> Nearness | None:
        both = self._common[: self._used, : self._used]
        sizes = both.diagonal()
        # Squared length of N - A - B and of N + A - B as vectors over people: at most four times
        # the number of people in whom they are not zero.
        alone = size_of(bits) + sizes[:, None] + sizes[None, :]
        summed = alone - 2 * (common[:, None] + common[None, :] - both)
        for first, second in self._candidates(summed, ordered=False):
            a, b = self._sets[first], self._sets[second]
            if 0 < size_of((a & b) | (bits ^ (a | b))) < self._minimum:
                return Nearness((first, second))
        added = alone + 2 * (common[:, None] - common[None, :] - both)
        for first, second in self._candidates(added, ordered=True):
            a, b = self._sets[first], self._sets[second]
            if 0 < size_of((bits & a) | ((bits | a) ^ b)) < self._minimum:
                return Nearness((second,), (first,))
        return None

    def _candidates(self, lengths: Positions, ordered: bool) -> list[tuple[int, int]]:
        pairs = np.argwhere(lengths < 4 * self._minimum)
        return [(int(a), int(b)) for a, b in pairs if (a != b if ordered else a < b)]

    def _in_common(self, bits: Bits) -> Positions:
        found = np.bitwise_count(self._sets[: self._used] & bits).sum(axis=1, dtype=np.int64)
        return np.asarray(found)

    def _known(self, bits: Bits) -> None:
        if len(bits) != len(self._everybody) or np.any(bits & ~self._everybody):
            raise ValueError("the set is not of this release")
