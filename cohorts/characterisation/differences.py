"""Standardised mean differences between two groups.

* Numbers and shares: the difference over the root of the mean of both variances (Austin PC. Balance
  diagnostics for comparing the distribution of baseline covariates between treatment groups in
  propensity-score matched samples. Stat Med 2009;28:3083-3107).
* Categories: the Mahalanobis distance of the two vectors of shares, all but one category (Yang D,
  Dalton JE. A unified approach to measuring the effect size between two groups using SAS. SAS
  Global Forum 2012, paper 335).

Both groups alike and without spread give 0; different ones without spread give infinity.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

NOTEWORTHY: Final = 0.1


def continuous_difference(mean: float, sd: float, other_mean: float, other_sd: float) -> float:
    """Difference of the first mean from the second, standardised."""
    return _over(mean - other_mean, math.sqrt((sd**2 + other_sd**2) / 2))


def binary_difference(share: float, other_share: float) -> float:
    """Difference of the first share from the second, standardised."""
    spread = math.sqrt((share * (1 - share) + other_share * (1 - other_share)) / 2)
    return _over(share - other_share, spread)


def categorical_difference(shares: Sequence[float], others: Sequence[float]) -> float:
    """Distance of two divisions into the same categories; never negative.

    Raises:
        ValueError: if the categories are not the same number.
    """
    if len(shares) != len(others):
        raise ValueError("both groups have the same categories")
    first, second = np.asarray(shares, float), np.asarray(others, float)
    there = (first > 0) | (second > 0)
    first, second = first[there][1:], second[there][1:]
    if not len(first):
        return 0.0
    covariance = (
        np.diag(first) - np.outer(first, first) + np.diag(second) - np.outer(second, second)
    ) / 2
    difference = first - second
    if np.allclose(difference, 0):
        return 0.0
    squared = float(difference @ np.linalg.pinv(covariance) @ difference)
    if np.linalg.matrix_rank(covariance) < len(first) and not np.allclose(
        covariance @ np.linalg.pinv(covariance) @ difference, difference
    ):
        return math.inf
    return math.sqrt(max(0.0, squared))


def _over(difference: float, spread: float) -> float:
    if difference == 0:
        return 0.0
    return difference / spread if spread else math.copysign(math.inf, difference)
