"""What many attempts say of an item: difficulty, discrimination, reliability (classical theory)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

MEASURED_AFTER: Final = 20
"""So many attempts before a difficulty counts as measured."""
TOO_HARD, TOO_EASY, LEAST_DISCRIMINATION = 0.2, 0.95, 0.1


@dataclass(frozen=True)
class ItemStatistics:
    """``difficulty`` is the mean score; ``discrimination`` the point-biserial correlation of the
    item with the sum of the others, None where either does not vary. ``flags`` say what to review.
    """

    item: str
    attempts: int
    difficulty: float
    discrimination: float | None
    flags: tuple[str, ...]


def item_statistics(attempts: Sequence[Mapping[str, float]]) -> tuple[ItemStatistics, ...]:
    """Statistics of each item, in the order in which items first occur.

    ``attempts`` hold scores between 0 and 1 by item; an item that an attempt leaves out is not
    counted for it.
    """
    names = list(dict.fromkeys(name for attempt in attempts for name in attempt))
    found = []
    for name in names:
        answered = [attempt for attempt in attempts if name in attempt]
        own = np.array([attempt[name] for attempt in answered])
        rest = np.array([sum(v for k, v in a.items() if k != name) for a in answered])
        varies = len(own) > 1 and own.std() > 0 and rest.std() > 0
        correlation = float(np.corrcoef(own, rest)[0, 1]) if varies else None
        difficulty = float(own.mean())
        found.append(
            ItemStatistics(
                name, len(own), difficulty, correlation, _flags(len(own), difficulty, correlation)
            )
        )
    return tuple(found)


def _flags(attempts: int, difficulty: float, discrimination: float | None) -> tuple[str, ...]:
    if attempts < MEASURED_AFTER:
        return ()
    said = []
    if difficulty < TOO_HARD:
        said.append("too hard")
    if difficulty > TOO_EASY:
        said.append("too easy")
    if discrimination is not None and discrimination < LEAST_DISCRIMINATION:
        said.append("does not tell the strong from the weak")
    return tuple(said)


def cronbach_alpha(scores: Sequence[Sequence[float]]) -> float | None:
    """Internal consistency of a test (Cronbach 1951, Psychometrika 16:297; KR-20 for 0 and 1).

    Rows are attempts and columns items, without gaps. None for fewer than two of either, or where
    the sums do not vary.
    """
    table = np.asarray(scores, dtype=float)
    if table.ndim != 2 or min(table.shape) < 2:
        return None
    whole = float(table.sum(axis=1).var(ddof=1))
    if whole == 0:
        return None
    items = table.shape[1]
    return items / (items - 1) * (1 - float(table.var(axis=0, ddof=1).sum()) / whole)
