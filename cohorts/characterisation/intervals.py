"""Confidence intervals of rates and shares.

* Rate: the exact interval of a Poisson count, by chi-square quantiles (Garwood F. Fiducial limits
  for the Poisson distribution. Biometrika 1936;28:437-442; formula as in Ulm K. A simple method to
  calculate the confidence interval of a standardized mortality ratio. Am J Epidemiol
  1990;131:373-375).
* Share: the score interval of a binomial proportion (Wilson EB. Probable inference, the law of
  succession, and statistical inference. J Am Stat Assoc 1927;22:209-212).
"""

from __future__ import annotations

import math
from typing import Final

LEVEL: Final = 0.95
Z: Final = 1.959963984540054


def poisson_interval(events: int, person_time: float) -> tuple[float, float]:
    """Lower and upper limit of ``events / person_time``, per the unit of ``person_time``.

    Raises:
        ValueError: if there is no person-time, or a negative number of events.
    """
    from scipy.stats import chi2

    if person_time <= 0 or events < 0:
        raise ValueError("a rate needs person-time, and events are not negative")
    tail = (1 - LEVEL) / 2
    low = float(chi2.ppf(tail, 2 * events)) / 2 if events else 0.0
    high = float(chi2.ppf(1 - tail, 2 * events + 2)) / 2
    return low / person_time, high / person_time


def wilson_interval(people: int, total: int) -> tuple[float, float]:
    """Lower and upper limit of the share ``people / total``.

    Raises:
        ValueError: unless ``0 <= people <= total`` and ``total`` is positive.
    """
    if not 0 <= people <= total or not total:
        raise ValueError("a share is of people within a total")
    share = people / total
    middle = share + Z**2 / (2 * total)
    half = Z * math.sqrt(share * (1 - share) / total + Z**2 / (4 * total**2))
    whole = 1 + Z**2 / total
    return max(0.0, (middle - half) / whole), min(1.0, (middle + half) / whole)
