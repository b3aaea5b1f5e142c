"""How many people are unique in a population of which the release shows a sample.

Two published estimators of the number of population uniques from the sizes of the classes in a
sample of n people out of N:

* *Pitman*: the sampling formula of Pitman (1995), fitted by maximum likelihood to the sizes of the
  classes (Hoshino, "Applying Pitman's Sampling Formula to Microdata Disclosure Risk Assessment",
  Journal of Official Statistics 17(4), 2001).
* *Zayatz*: of the classes with one person in the sample, the share that has one in the population,
  if the classes of the population were as those of the sample (Zayatz, "Estimation of the Percent
  of Unique Population Elements on a Microdata File Using the Sample", US Bureau of the Census,
  1991).

Dankar et al. ("Estimating the re-identification risk of clinical data sets", BMC Medical
Informatics and Decision Making 12:66, 2012) found Pitman best for sampling fractions up to 0.1; for
greater ones they take the smaller of Zayatz and a third model. Here Zayatz stands alone there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]
Reals = npt.NDArray[np.float64]

PITMAN_UP_TO = 0.1
_ALPHA_MAX = 1.0 - 1e-6


@dataclass(frozen=True)
class PopulationUniqueness:
    """Uniques among ``population`` people; ``share`` of them, and ``of_release``: the share of the
    release's people who are unique in the population too."""

    method: str
    population: int
    sampling_fraction: float
    share: float
    of_release: float


def population_uniqueness(sizes: Sequence[int] | Numbers, population: int) -> PopulationUniqueness:
    """Estimate from the class sizes of a sample; the rule of Dankar et al. chooses the method.

    ``of_release`` is the estimated number of uniques times the sampling fraction, over the people
    of the release: each unique is in the sample with that chance.

    Raises:
        ValueError: if the sample is empty or larger than the population.
    """
    counts = np.asarray(sizes, dtype=np.int64)
    people = int(counts.sum())
    if not 0 < people <= population:
        raise ValueError("a sample has at least one person and no more than the population")
    fraction = people / population
    singles = int((counts == 1).sum())
    if not singles or people == population:
        uniques, method = float(singles), "counted" if people == population else "no sample unique"
    elif fraction <= PITMAN_UP_TO:
        fitted = pitman(counts, population)
        method = "Pitman" if fitted is not None else "Zayatz"
        uniques = fitted if fitted is not None else zayatz(counts, population)
    else:
        uniques, method = zayatz(counts, population), "Zayatz"
    # No more of the release's uniques can be unique in the population than there are.
    in_release = min(uniques * fraction, float(singles))
    return PopulationUniqueness(
        method,
        population,
        round(fraction, 6),
        round(min(uniques / population, 1.0), 6),
        round(in_release / people, 6),
    )


def zayatz(sizes: Numbers, population: int) -> float:
    """Population uniques by Zayatz's estimator."""
    people = int(sizes.sum())
    size, number = np.unique(sizes, return_counts=True)
    seen_once = np.array([_seen_once(int(j), people, population) for j in size])
    conditional = (number[size == 1].sum() * people / population) / float(number @ seen_once)
    singles = int((sizes == 1).sum())
    return singles * float(conditional) * population / people


def _seen_once(size: int, people: int, population: int) -> float:
    """Hypergeometric chance that exactly one of a class of ``size`` is in the sample."""
    if people - 1 > population - size:
        return 0.0
    return math.exp(
        math.log(size)
        + _log_choose(population - size, people - 1)
        - _log_choose(population, people)
    )


def _log_choose(n: int, r: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(r + 1) - math.lgamma(n - r + 1)


def pitman(sizes: Numbers, population: int) -> float | None:
    """Population uniques by Pitman's sampling formula; None if it cannot be fitted.

    With parameters alpha < 1 and theta > -alpha the expected number of uniques among N people is
    ``N * Gamma(theta + 1) Gamma(theta + alpha + N - 1) / (Gamma(theta + alpha) Gamma(theta + N))``.
    """
    fit = fit_pitman(sizes)
    if fit is None:
        return None
    alpha, theta = fit
    log = (
        math.log(population)
        + math.lgamma(theta + 1)
        - math.lgamma(theta + population)
        + math.lgamma(theta + alpha + population - 1)
        - math.lgamma(theta + alpha)
    )
    return math.exp(log)


def fit_pitman(sizes: Numbers) -> tuple[float, float] | None:
    """Maximum likelihood (alpha, theta) with 0 <= alpha < 1, theta > 0; None at the model's border.

    The likelihood of class sizes n_1..n_u of n people is proportional to
    ``prod_{i=1}^{u-1} (theta + i alpha) / prod_{i=1}^{n-1} (theta + i) *
    prod_j prod_{i=1}^{n_j - 1} (i - alpha)``.
    """
    people, classes = int(sizes.sum()), len(sizes)
    if classes < 2 or classes == people:
        return None
    i_classes = np.arange(1, classes, dtype=np.float64)
    i_people = np.arange(1, people, dtype=np.float64)
    # How many classes reach i + 1 people: the exponent of (i - alpha).
    reach = np.bincount(sizes)[::-1].cumsum()[::-1][2:].astype(np.float64)
    i_reach = np.arange(1, len(reach) + 1, dtype=np.float64)

    def minus_log_likelihood(alpha: float, theta: float) -> float:
        return -(
            np.log(theta + i_classes * alpha).sum()
            - np.log(theta + i_people).sum()
            + reach @ np.log(i_reach - alpha)
        )

    def best_theta(alpha: float) -> tuple[float, float]:
        log_theta = _golden(
            lambda v: minus_log_likelihood(alpha, math.exp(v)), -10.0, math.log(people) + 12
        )
        return minus_log_likelihood(alpha, math.exp(log_theta)), math.exp(log_theta)

    alpha = _golden(lambda a: best_theta(a)[0], 0.0, _ALPHA_MAX)
    _, theta = best_theta(alpha)
    if not math.isfinite(theta) or theta > people * math.exp(11):
        return None
    return alpha, theta


def _golden(function: Callable[[float], float], low: float, high: float, steps: int = 48) -> float:
    """The minimum of a function with one minimum, by golden section."""
    ratio = (math.sqrt(5) - 1) / 2
    left, right = high - ratio * (high - low), low + ratio * (high - low)
    at_left, at_right = function(left), function(right)
    for _ in range(steps):
        if at_left <= at_right:
            high, right, at_right = right, left, at_left
            left = high - ratio * (high - low)
            at_left = function(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + ratio * (high - low)
            at_right = function(right)
    return (low + high) / 2
