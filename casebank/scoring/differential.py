"""A ranked differential diagnosis with confidence, over the stages of a case.

Ranking: normalised discounted cumulative gain with graded relevance (Järvelin and Kekäläinen 2002,
ACM Transactions on Information Systems 20(4):422, with the gain 2^rel - 1 of Burges 2005).
Confidence: Brier score (Brier 1950, Monthly Weather Review 78:1).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

LEADING: Final = 3
PLAUSIBLE: Final = 2
ACCEPTABLE: Final = 1
DEPTH: Final = 5
"""So many diagnoses of a list are scored."""


@dataclass(frozen=True)
class Guess:
    """One line of a differential; ``confidence`` between 0 and 1, None if it was not asked for."""

    code: str
    confidence: float | None = None

    def __post_init__(self) -> None:
        if self.confidence is not None and not 0 <= self.confidence <= 1:
            raise ValueError("confidence lies between 0 and 1")


@dataclass(frozen=True)
class DifferentialKey:
    """Relevance (3 leading, 2 plausible, 1 acceptable) by code, and what must not be missed."""

    relevance: Mapping[str, int]
    must_not_miss: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if any(grade not in (ACCEPTABLE, PLAUSIBLE, LEADING) for grade in self.relevance.values()):
            raise ValueError("relevance is 1, 2 or 3; what is not relevant is left out")
        if LEADING not in self.relevance.values():
            raise ValueError("a key has a leading diagnosis")

    @property
    def leading(self) -> frozenset[str]:
        """The diagnoses that count as right."""
        return frozenset(code for code, grade in self.relevance.items() if grade == LEADING)


@dataclass(frozen=True)
class DifferentialScore:
    """Of the last stage, except for what is said of the stages.

    ``first_stable_stage`` is the first stage (from 1) from which on the leading diagnosis stands
    first; ``earliness`` is 1 for the first stage and 0 for the last, None if it was never reached.
    ``closed_early``: an alternative that the key calls plausible, or that must not be missed, was
    dropped before the stage that tells them apart.
    """

    ndcg: float
    top_1: bool
    top_3: bool
    reciprocal_rank: float
    must_not_miss_recall: float | None
    brier: float | None
    first_stable_stage: int | None
    earliness: float | None
    closed_early: bool


def discounted_gain(grades: Sequence[int], depth: int = DEPTH) -> float:
    """Sum of (2^rel - 1) / log2(i + 1) over the first ``depth`` grades."""
    return sum((2**g - 1) / math.log2(i + 1) for i, g in enumerate(grades[:depth], 1))


def score_differential(
    stages: Sequence[Sequence[Guess]],
    key: DifferentialKey,
    discriminating_stage: int | None = None,
) -> DifferentialScore:
    """Score the lists that were committed, one a stage; a stage without a list keeps the last one.

    ``discriminating_stage`` (from 1) is the stage that opens the datum which tells the diagnoses
    apart. A code that is named twice in one list counts at its first place.

    Raises:
        ValueError: if nothing was committed at all.
    """
    lists: list[list[Guess]] = []
    for stage in stages:
        lists.append(_once(stage) if stage else (lists[-1] if lists else []))
    if not lists or not lists[-1]:
        raise ValueError("at least one differential was committed")
    last = lists[-1]
    codes = [guess.code for guess in last]
    ideal = discounted_gain(sorted(key.relevance.values(), reverse=True))
    rank = next((i for i, code in enumerate(codes, 1) if code in key.leading), None)
    stable = _first_stable([bool(ls) and ls[0].code in key.leading for ls in lists])
    stated = [guess for guess in last if guess.confidence is not None]
    return DifferentialScore(
        ndcg=discounted_gain([key.relevance.get(code, 0) for code in codes]) / ideal,
        top_1=rank == 1,
        top_3=rank is not None and rank <= 3,
        reciprocal_rank=1 / rank if rank else 0.0,
        must_not_miss_recall=(
            len(key.must_not_miss & set(codes)) / len(key.must_not_miss)
            if key.must_not_miss
            else None
        ),
        brier=(
            sum(((g.confidence or 0.0) - (g.code in key.leading)) ** 2 for g in stated)
            / len(stated)
            if stated
            else None
        ),
        first_stable_stage=stable,
        earliness=None if stable is None else _earliness(stable, len(lists)),
        closed_early=_closed_early(lists, key, discriminating_stage),
    )


def _once(stage: Sequence[Guess]) -> list[Guess]:
    first: dict[str, Guess] = {}
    for guess in stage:
        first.setdefault(guess.code, guess)
    return list(first.values())


def _first_stable(right: Sequence[bool]) -> int | None:
    if not right[-1]:
        return None
    wrong = [i for i, holds in enumerate(right, 1) if not holds]
    return (wrong[-1] if wrong else 0) + 1


def _earliness(stage: int, stages: int) -> float:
    return 1.0 if stages == 1 else 1 - (stage - 1) / (stages - 1)


def _closed_early(
    lists: Sequence[Sequence[Guess]], key: DifferentialKey, discriminating_stage: int | None
) -> bool:
    if discriminating_stage is None:
        return False
    matter = {code for code, grade in key.relevance.items() if grade >= PLAUSIBLE}
    matter |= key.must_not_miss
    before = lists[: discriminating_stage - 1]
    return any(
        (matter & {g.code for g in earlier}) - {g.code for g in later}
        for earlier, later in pairwise(before)
    )
