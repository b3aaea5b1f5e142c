"""Applies the English model: scores of token types are kept, the rest is table look-up."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from deid.text.model.crf import Floats, Model, marginals
from deid.text.model.english import OFFSETS, PAD, WIDE, features

PAIRS = (
    ("cc", -1, 0), ("tc", -1, 0), ("ct", 0, 1), ("tc2", -2, 0),
    ("cc1", 0, 1), ("cc2", -1, 1), ("ct2", 0, 2), ("tc3", -3, 0),
)  # fmt: skip
"""Features of two tokens: name, offset of the first, offset of the second. ``c`` is a coarse class,
``t`` a trigger word; the name begins with what the first and the second are read as."""
_MOST_TYPES = 120_000
_REACH = 3


def pair_names(words: Sequence[str], classes: Sequence[str], i: int) -> list[str]:
    """The pair features of token ``i``, by the words (features ``w``) and classes around it."""
    found = []
    for name, first, second in PAIRS:
        left, right = i + first, i + second
        if left >= 0 and right < len(words):
            one = words[left] if name[0] == "t" else classes[left]
            other = words[right] if name[1] == "t" else classes[right]
            found.append(f"{name}|{one}|{other}")
    return found


class _Types(dict[str, int]):
    """Numbers of token types; a new one is scored when it is first seen."""

    def __init__(self, tagger: Tagger, style: str) -> None:
        super().__init__()
        self._tagger, self._style = tagger, style

    def __missing__(self, token: str) -> int:
        number = self[token] = self._tagger.add(token, self._style)
        return number


class Tagger:
    """Marginal probabilities of labels for the tokens of English notes."""

    def __init__(self, model: Model) -> None:
        self.model = model
        width = len(model.labels)
        self._width = width
        names: dict[str, dict[int, int]] = {}
        pairs: dict[str, list[tuple[str, str, int]]] = {name: [] for name, _, _ in PAIRS}
        for name, row in model.features.items():
            head, _, rest = name.partition("|")
            if head in pairs:
                left, _, right = rest.partition("|")
                pairs[head].append((left, right, row))
            else:
                names.setdefault(rest, {})[int(head)] = row
        self._rows = {name: i for i, name in enumerate(names)}
        self._table = np.zeros((len(names) + 1, len(OFFSETS) * width), np.float32)
        for name, places in names.items():
            for offset, row in places.items():
                at = (offset + _REACH) * width
                self._table[self._rows[name], at : at + width] = model.weights[row]
        # Words and classes are numbered apart, so that a pair's row stands in a table of both.
        parts: dict[str, dict[str, int]] = {"t": {}, "c": {}}
        for name, found in pairs.items():
            for left, right, _ in found:
                for kind, part in ((name[0], left), (name[1], right)):
                    parts[kind].setdefault(part, len(parts[kind]) + 1)
        self._words, self._classes = parts["t"], parts["c"]
        sizes = {kind: len(held) + 1 for kind, held in parts.items()}
        self._pair_weights = np.zeros((sum(map(len, pairs.values())) + 1, width), np.float32)
        self._steps: list[tuple[int, int]] = []
        tables, at, place = [], 1, 0
        for name, found in pairs.items():
            table = np.zeros((sizes[name[0]], sizes[name[1]]), np.int32)
            for left, right, row in found:
                table[parts[name[0]][left], parts[name[1]][right]] = at
                self._pair_weights[at] = model.weights[row]
                at += 1
            self._steps.append((place, sizes[name[1]]))
            tables.append(table.ravel())
            place += table.size
        self._pair_rows = np.concatenate(tables)
        self._clear()

    def _clear(self) -> None:
        self._types: dict[str, _Types] = {}
        self._count = 0
        self._scores = np.zeros((1024, self._table.shape[1]), np.float32)
        self._codes = np.zeros((1024, 2), np.int64)

    def add(self, token: str, style: str) -> int:
        """Score a token type."""
        number = self._count
        if number == len(self._scores):
            self._scores = np.concatenate([self._scores, np.zeros_like(self._scores)])
            self._codes = np.concatenate([self._codes, np.zeros_like(self._codes)])
        found, coarse = features(token, style)
        rows = [row for name in found if (row := self._rows.get(name)) is not None]
        if rows:
            self._scores[number] = self._table[rows].sum(axis=0)
        self._codes[number] = self._words.get(found[0], 0), self._classes.get(coarse, 0)
        self._count += 1
        return number

    def probabilities(self, tokens: Sequence[str], style: str) -> Floats:
        """Marginals, [tokens, labels]."""
        if self._count > _MOST_TYPES:
            self._clear()
        types = self._types.setdefault(style, _Types(self, style))
        padded = [*PAD, *tokens, *PAD]
        numbers = np.fromiter(map(types.__getitem__, padded), np.int64, len(padded))
        found = marginals(self._emissions(numbers), self.model.transitions)
        return found[len(PAD) : -len(PAD)]

    def _emissions(self, numbers: npt.NDArray[np.int64]) -> Floats:
        count, width = len(numbers), self._width
        rows = self._scores[numbers].reshape(count, len(OFFSETS), width)
        scores = rows[:, _REACH].copy()
        for offset in OFFSETS:
            # A feature at offset -1 of token i is one of token i - 1.
            if offset < 0:
                scores[-offset:] += rows[:offset, offset + _REACH]
            elif offset > 0:
                scores[:-offset] += rows[offset:, offset + _REACH]
        codes = self._codes[numbers]
        wanted = []
        for (name, first, second), (base, size) in zip(PAIRS, self._steps, strict=True):
            shift = second - first
            left = codes[: max(0, count - shift), 0 if name[0] == "t" else 1]
            right = codes[shift:, 0 if name[1] == "t" else 1]
            wanted.append(left * size + (right + base))
        found = self._pair_weights[self._pair_rows[np.concatenate(wanted)]]
        place = 0
        for (_, first, _), keys in zip(PAIRS, wanted, strict=True):
            # The pair counts for the token that both offsets are told from.
            scores[-first : len(keys) - first] += found[place : place + len(keys)]
            place += len(keys)
        return scores


def wide_names(found: Sequence[str], offset: int) -> list[str]:
    """Names under which the features of a token count for the token ``-offset`` steps away."""
    if offset == 0:
        return [f"0|{name}" for name in found]
    near = found if abs(offset) == 1 else found[:2]
    kept = WIDE + "kyb" if abs(offset) == 1 else WIDE
    return [f"{offset}|{name}" for name in near if name[0] in kept]
