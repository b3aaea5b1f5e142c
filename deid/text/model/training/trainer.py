"""Trains a model with CRFsuite (L-BFGS, one thread) and writes its file."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np

from deid.text.model.crf import Floats

Encoded = tuple[list[list[str]], list[str]]
_SMALLEST = 0.02
"""Weights below this are dropped."""


@dataclass(frozen=True)
class Parameters:
    """Of L-BFGS: iterations, penalties, and how often a feature must stand in the data."""

    iterations: int
    l1: float
    l2: float
    least: int


def hash_notes(notes: Iterable[tuple[str, Sequence[tuple[int, int, str]]]]) -> str:
    """SHA-256 over texts and spans of the training notes, in order."""
    digest = hashlib.sha256()
    for text, spans in notes:
        digest.update(text.encode("utf-8", "surrogatepass") + b"\0")
        digest.update(repr([tuple(span) for span in spans]).encode("ascii") + b"\0")
    return digest.hexdigest()


@dataclass(frozen=True)
class Fitted:
    """Transitions [from, to], and a row of weights for each feature."""

    transitions: Floats
    rows: dict[str, Floats]


def fit(
    sequences: Iterable[Encoded],
    labels: tuple[str, ...],
    parameters: Parameters,
    verbose: bool = False,
) -> Fitted:
    """Weights from sequences of (features of each token, label of each token)."""
    import pycrfsuite  # needed for training only

    trainer = pycrfsuite.Trainer(verbose=verbose)
    trainer.select("lbfgs")
    trainer.set_params(
        {
            "c1": parameters.l1,
            "c2": parameters.l2,
            "max_iterations": parameters.iterations,
            "feature.minfreq": parameters.least,
            "feature.possible_transitions": True,
        }
    )
    for items, tags in sequences:
        trainer.append(items, tags)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model"
        trainer.train(str(path))
        tagger = pycrfsuite.Tagger()
        tagger.open(str(path))
        info = tagger.info()
        state, moves = dict(info.state_features), dict(info.transitions)
        tagger.close()
    number = {label: i for i, label in enumerate(labels)}
    transitions = np.full((len(labels), len(labels)), -8.0, np.float32)
    for (left, right), weight in moves.items():
        transitions[number[left], number[right]] = weight
    rows: dict[str, Floats] = {}
    for (name, label), weight in state.items():
        if abs(weight) >= _SMALLEST:
            rows.setdefault(name, np.zeros(len(labels), np.float32))[number[label]] = weight
    return Fitted(transitions, rows)


def averaged(parts: Sequence[Fitted]) -> Fitted:
    """The mean of weights fitted to different draws of a corpus: what one alone taught fades."""
    width = len(parts[0].transitions)
    sums: dict[str, Floats] = {}
    for part in parts:
        for name, row in part.rows.items():
            sums.setdefault(name, np.zeros(width, np.float32))[:] += row
    rows = {}
    for name, total in sums.items():
        mean = total / np.float32(len(parts))
        mean[abs(mean) < _SMALLEST] = 0
        if mean.any():
            rows[name] = mean
    transitions: Floats = np.stack([part.transitions for part in parts]).mean(axis=0)
    return Fitted(transitions, rows)


def library() -> str:
    """The version of CRFsuite, which decides the weights with the data."""
    return version("python-crfsuite")
