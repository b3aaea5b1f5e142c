"""Linear-chain conditional random field: its file, and marginal probabilities of its labels.

A model file is one line of JSON (the header: recipe, hashes, labels, tables) and the tables' bytes.
Weights are half-precision numbers; small ones were dropped when the file was written.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
FORMAT = 1
_FLOOR = 1e-6
_EVERY = 25
"""Steps between two normalisations of a sum: double precision holds 25 times both floors."""
_CORE, _MARGIN = 10, 7
"""Steps of a window whose marginals are kept, and steps on each side that lead up to them."""
_TOGETHER = 64
"""Windows that are summed at once: few enough to stay near the processor."""


@dataclass(frozen=True)
class Model:
    """Labels, transitions [from, to], and rows of weights by feature."""

    header: Mapping[str, Any]
    labels: tuple[str, ...]
    transitions: Floats = field(repr=False)
    features: Mapping[str, int] = field(repr=False)
    weights: Floats = field(repr=False)

    @property
    def version(self) -> str:
        """Tells this model from every other, and names its training data, by their hashes."""
        return f"{self.header['version']} (data {self.header['data_sha256']})"


def write_model(
    header: Mapping[str, Any],
    labels: tuple[str, ...],
    transitions: Floats,
    rows: Mapping[str, Floats],
) -> bytes:
    """Bytes of a model file; the same arguments give the same bytes."""
    names = sorted(rows)
    weights = np.stack([rows[name] for name in names]).astype("<f2")
    body = b"".join(
        (
            "\n".join(names).encode("utf-8") + b"\0",
            np.ascontiguousarray(transitions, dtype="<f4").tobytes(),
            np.ascontiguousarray(weights.T).tobytes(),
        )
    )
    told = {
        **header,
        "format": FORMAT,
        "labels": list(labels),
        "features": len(names),
        "width": int(weights.shape[1]),
        "body_sha256": hashlib.sha256(body).hexdigest(),
    }
    first = json.dumps(told, sort_keys=True, ensure_ascii=True).encode("ascii")
    return first + b"\n" + zlib.compress(body, 9)


def read_model(data: bytes) -> Model:
    """The model of a file.

    Raises:
        ValueError: if the file is of another format or its bytes are not those of its header.
    """
    first, _, packed = data.partition(b"\n")
    header = json.loads(first)
    body = zlib.decompress(packed)
    if header["format"] != FORMAT or hashlib.sha256(body).hexdigest() != header["body_sha256"]:
        raise ValueError("this is no model file of this version")
    labels = tuple(header["labels"])
    names, _, tables = body.partition(b"\0")
    size = len(labels) ** 2
    transitions = np.frombuffer(tables, "<f4", size).reshape(len(labels), -1)
    weights = np.frombuffer(tables, "<f2", offset=4 * size).reshape(header["width"], -1).T
    version = hashlib.sha256(data).hexdigest()[:16]
    return Model(
        {**header, "version": version},
        labels,
        transitions,
        {name: i for i, name in enumerate(names.decode("utf-8").split("\n"))},
        np.ascontiguousarray(weights, dtype=np.float32),
    )


def marginals(emissions: Floats, transitions: Floats) -> Floats:
    """Probability of each label at each step, [steps, labels], by forward and backward sums.

    Long sequences are cut into windows that overlap, many of which are summed at once; what stands
    more than a few steps outside a window does not reach its core.
    """
    steps = len(emissions)
    length = _CORE + 2 * _MARGIN
    if steps <= length:
        return exact_marginals(emissions, transitions)
    potential, moves = _potentials(emissions, transitions)
    windows = -(-steps // _CORE)
    starts = np.clip(_CORE * np.arange(windows) - _MARGIN, 0, steps - length)
    found = [
        _sums(potential[np.arange(length)[:, None] + starts[first : first + _TOGETHER]], moves)
        for first in range(0, windows, _TOGETHER)
    ]
    every = np.arange(steps)
    held = every // _CORE
    sums = found[0] if len(found) == 1 else np.concatenate(found, axis=1)
    return sums[every - starts[held], held]


def exact_marginals(emissions: Floats, transitions: Floats) -> Floats:
    """The same in one window."""
    potential, moves = _potentials(emissions, transitions)
    return _sums(potential[:, None, :], moves)[:, 0]


def _potentials(emissions: Floats, transitions: Floats) -> tuple[Floats, Floats]:
    potential = np.exp(emissions - emissions.max(axis=1, keepdims=True))
    # A floor keeps a sum from vanishing between two normalisations.
    np.maximum(potential, _FLOOR, out=potential)
    moves = np.exp(transitions - transitions.max()).astype(np.float32)
    return potential, np.maximum(moves, _FLOOR)


def _sums(potential: Floats, moves: Floats) -> Floats:
    """Marginals of [steps, windows, labels].

    The backward sums, with the potential of their step, follow the forward rule over steps and
    moves turned round: both are taken in one walk, side by side in one row of each window.
    """
    steps, windows, labels = potential.shape
    both = np.empty((steps, windows, 2 * labels))
    both[:, :, :labels], both[:, :, labels:] = potential, potential[::-1]
    rule = np.zeros((2 * labels, 2 * labels))
    rule[:labels, :labels], rule[labels:, labels:] = moves, moves.T
    for i in range(1, steps):
        state = both[i]
        state *= both[i - 1] @ rule
        if not i % _EVERY:
            halves = state.reshape(windows, 2, labels)
            halves /= halves.max(axis=2, keepdims=True)
    found = both[:, :, :labels]
    found[:-1] *= both[-2::-1, :, labels:] @ rule[labels:, labels:]
    found /= found.sum(axis=2, keepdims=True)
    return found.astype(np.float32)
