"""A student's problem list beside a weighted consensus list, with merges and splits accepted.

Doctors do not agree on problem lists (Krauss 2016), so the key is a consensus: each of its problems
has a weight, and a list may name a broader or narrower code, or split a problem into its parts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.optimize import linear_sum_assignment

from casebank.scoring.agreement import rank_biased_overlap

NEAR_CREDIT: Final = 0.7
"""Credit of a broader or narrower code, and of a part where a split is accepted."""


@dataclass(frozen=True)
class ConsensusProblem:
    """A problem of the key. ``weight`` is the share of the panel that listed it, or its weight.

    ``synonyms`` count as the code itself; ``near`` are broader, narrower and split-off codes.
    """

    code: str
    weight: float = 1.0
    synonyms: frozenset[str] = frozenset()
    near: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if not self.weight > 0:
            raise ValueError("a problem of the consensus has a weight above 0")

    def credit(self, code: str) -> float:
        """1 for the code or a synonym, 0.7 for what is near to it, else 0."""
        if code == self.code or code in self.synonyms:
            return 1.0
        return NEAR_CREDIT if code in self.near else 0.0


@dataclass(frozen=True)
class ProblemListScore:
    """``matches`` pairs each code of the student with a code of the key, or with None.

    All figures lie between 0 and 1. ``order`` compares the order of what was matched.
    """

    recall: float
    precision: float
    f: float
    order: float
    matches: tuple[tuple[str, str | None], ...]
    missed: tuple[str, ...]


def score_problem_list(
    answer: Sequence[str], consensus: Sequence[ConsensusProblem]
) -> ProblemListScore:
    """Compare a list of codes, in the student's order, with a consensus in the panel's order.

    One code of the answer is matched with at most one problem of the key, so that the sum of
    weighted credits is as high as it can be. Recall is that sum over the sum of weights; precision
    is the mean credit of the answer's codes; ``f`` is their harmonic mean. A code that is given
    twice counts once.

    Raises:
        ValueError: if the consensus is empty or names a code twice.
    """
    keys = [problem.code for problem in consensus]
    if not keys or len(set(keys)) != len(keys):
        raise ValueError("a consensus names at least one problem, each once")
    codes = list(dict.fromkeys(answer))
    credit = np.array([[problem.credit(code) for problem in consensus] for code in codes])
    weights = np.array([problem.weight for problem in consensus])
    found: dict[str, str] = {}
    gained = earned = 0.0
    if codes:
        rows, columns = linear_sum_assignment(credit * weights, maximize=True)
        for row, column in zip(rows, columns, strict=True):
            if credit[row, column] > 0:
                found[codes[row]] = keys[column]
                gained += float(credit[row, column] * weights[column])
                earned += float(credit[row, column])
    recall = gained / float(weights.sum())
    precision = earned / len(codes) if codes else 0.0
    order = rank_biased_overlap([found.get(code, f"?{code}") for code in codes], keys)
    return ProblemListScore(
        recall=recall,
        precision=precision,
        f=2 * precision * recall / (precision + recall) if precision + recall else 0.0,
        order=order,
        matches=tuple((code, found.get(code)) for code in codes),
        missed=tuple(key for key in keys if key not in found.values()),
    )
