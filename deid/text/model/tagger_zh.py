"""Applies the Chinese model: one sorted look-up of all features of all characters."""

from __future__ import annotations

import numpy as np

from deid.text.model.chinese import TEMPLATES, feature_codes, prepared
from deid.text.model.crf import Floats, Model, marginals
from deid.text.model.table import Table

_SHIFT = 40


class ChineseTagger:
    """Marginal probabilities of labels for the characters of Chinese notes."""

    def __init__(self, model: Model) -> None:
        self.model = model
        number = {name: i for i, name in enumerate(TEMPLATES)}
        keys, rows = [], []
        for name, row in model.features.items():
            template, _, value = name.partition("|")
            keys.append(number[template] << _SHIFT | int(value))
            rows.append(row)
        self._table = Table(np.array(keys, np.int64))
        self._weights = np.zeros((len(keys) + 1, len(model.labels)), np.float32)
        self._weights[:-1] = model.weights[rows]
        self._bases = np.arange(len(TEMPLATES), dtype=np.int64)[:, None] << _SHIFT

    def probabilities(self, text: str) -> Floats:
        """Marginals, [characters, labels]."""
        wanted = feature_codes(prepared(text)) | self._bases
        places = self._table.rows(wanted.ravel()).reshape(wanted.shape)
        scores = self._weights[places[0]]
        for row in places[1:]:
            scores += self._weights[row]
        return marginals(scores, self.model.transitions)
