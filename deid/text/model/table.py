"""A hash table of numbers that looks up whole arrays at once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]
_ODD = np.uint64(0x9E3779B97F4A7C15)
_SPARSE = 8


class Table:
    """From keys to rows; a key that is not held gives the row behind the last.

    ``sparse`` are the slots for each key, at least: of eight so few keys share one that two looks
    find nearly all.
    """

    def __init__(self, keys: Numbers, sparse: int = _SPARSE) -> None:
        self.missing = len(keys)
        bits = max(4, int(np.ceil(np.log2(max(1, len(keys)) * sparse))))
        self._shift = np.uint64(64 - bits)
        self._rows = np.full((1 << bits) + 64, self.missing, np.int32)
        self._keys = np.full((1 << bits) + 64, -1, np.int64)
        left = np.arange(len(keys))
        slots = self._slots(keys)
        self._looks = 0
        while len(left):
            places = slots[left] + self._looks
            free = self._keys[places] < 0
            # Of several keys for one free slot the first takes it.
            _, first = np.unique(places[free], return_index=True)
            chosen = np.flatnonzero(free)[first]
            self._keys[places[chosen]] = keys[left[chosen]]
            self._rows[places[chosen]] = left[chosen]
            left = np.delete(left, chosen)
            self._looks += 1

    def _slots(self, keys: Numbers) -> Numbers:
        return ((keys.astype(np.uint64) * _ODD) >> self._shift).astype(np.int64)

    def rows(self, wanted: Numbers) -> Numbers:
        """The row of each key."""
        slots = self._slots(wanted)
        held = self._keys[slots]
        found = np.where(held == wanted, self._rows[slots], self.missing)
        open_ = np.flatnonzero((held != wanted) & (held >= 0))
        for look in range(1, self._looks):
            if not len(open_):
                break
            places = slots[open_] + look
            held = self._keys[places]
            hit = held == wanted[open_]
            found[open_[hit]] = self._rows[places[hit]]
            open_ = open_[~hit & (held >= 0)]
        return found.astype(np.int64)
