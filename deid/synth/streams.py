"""Random streams: one for each household and story, so that one can change without the others."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")


def open_stream(*path: object) -> random.Random:
    """A stream named by its path; the same path gives the same numbers on every machine."""
    # Synthetic residents need repeatable numbers, not secret ones.
    return random.Random("/".join(str(part) for part in path))  # noqa: S311  # nosec B311 # synthetic residents


def weighted(stream: random.Random, weights: Mapping[T, float]) -> T:
    """One key, drawn in proportion to its weight."""
    draw = stream.random() * sum(weights.values())
    for key, weight in weights.items():
        draw -= weight
        if draw < 0:
            return key
    return key


def happens(stream: random.Random, probability: float) -> bool:
    """True with this probability."""
    return stream.random() < probability


def one_of(stream: random.Random, options: Sequence[T]) -> T:
    """One of the options, each as likely as another."""
    return options[int(stream.random() * len(options))]
