"""Applies the Chinese model: one look-up of all rows of a note, one sum of all weights.

Features that read one row at different distances stand side by side in the table of weights, so
that a row is looked up once for all of them.
"""

from __future__ import annotations

import numpy as np

from deid.text.model.chinese import REACH, ROWS, SOURCES, prepared, row_codes
from deid.text.model.crf import Floats, Model, marginals
from deid.text.model.table import Table

_SHIFT = 40
_DENSE_BITS = 17
"""Rows of so few bits, which come first, are looked up by their numbers themselves."""
_TOGETHER = 4096
"""Characters whose weights are summed at once."""


class ChineseTagger:
    """Marginal probabilities of labels for the characters of Chinese notes."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self._labels = len(model.labels)
        least, width = _distances()
        # Where a row's value is in no feature: as many rows of nothing as features read one row.
        size = max(width)
        places: list[dict[int, int]] = [{} for _ in ROWS]
        weights: list[tuple[int, int]] = []
        for name, row in model.features.items():
            feature, _, text = name.partition("|")
            number, distance = SOURCES[feature]
            value = int(text)
            place = places[number].get(value)
            if place is None:
                place = places[number][value] = size
                size += width[number]
            weights.append((place + distance - least[number], row))
        # Eight numbers, not seven, are copied as one piece.
        self._weights = np.zeros((size, max(8, self._labels)), np.float32)
        at, rows = np.array(weights, np.int64).T
        self._weights[at, : self._labels] = model.weights[rows]
        bits = [row.bits for row in ROWS.values()]
        self._dense = sum(b <= _DENSE_BITS for b in bits)
        starts = np.concatenate([[0], np.cumsum([1 << b for b in bits[: self._dense]])])
        self._starts = starts[:-1, None]
        self._places = np.zeros(starts[-1], np.int64)
        keys, found = [], [0]
        for number, held in enumerate(places):
            if number < self._dense:
                self._places[starts[number] + np.fromiter(held, np.int64)] = list(held.values())
            else:
                keys += [number << _SHIFT | value for value in held]
                found[-1:-1] = held.values()
        self._table = Table(np.array(keys, np.int64))
        self._found = np.array(found, np.int64)
        self._tags = np.arange(self._dense, len(ROWS), dtype=np.int64)[:, None] << _SHIFT
        self._sources = np.array([number for number, _ in SOURCES.values()])[:, None]
        self._distances = np.array([distance for _, distance in SOURCES.values()])[:, None]
        self._slots = self._distances - np.array(least)[self._sources]

    def probabilities(self, text: str) -> Floats:
        """Marginals, [characters, labels]."""
        codes = row_codes(prepared(text))
        count, size = len(text), codes.shape[1]
        places = np.empty_like(codes)
        places[: self._dense] = self._places[codes[: self._dense] + self._starts]
        hashed = self._table.rows((codes[self._dense :] | self._tags).ravel())
        places[self._dense :] = self._found[hashed].reshape(-1, size)
        heads = self._sources * size + (self._distances + REACH)
        scores = np.empty((count, self._labels), np.float32)
        for start in range(0, count, _TOGETHER):
            end = min(count, start + _TOGETHER)
            rows = places.ravel()[heads + np.arange(start, end)] + self._slots
            scores[start:end] = self._weights.take(rows, axis=0).sum(axis=0)[:, : self._labels]
        return marginals(scores, self.model.transitions)


def _distances() -> tuple[list[int], list[int]]:
    """For each row the least distance of a feature that reads it, and how many there may be."""
    least = [min(row.features.values()) for row in ROWS.values()]
    most = [max(row.features.values()) for row in ROWS.values()]
    return least, [b - a + 1 for a, b in zip(least, most, strict=True)]
