"""Confidence intervals of shares.

Wilson's score interval, and Newcombe's hybrid score interval for the difference of two independent
shares (Newcombe, Stat Med 1998;17:873-890, method 10). Both stay sensible near 0 and 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

Z_95 = 1.959963984540054


@dataclass(frozen=True)
class Interval:
    """From ``low`` to ``high``."""

    low: float
    high: float


def wilson_interval(successes: float, n: int, z: float = Z_95) -> Interval:
    """Interval of ``successes / n``; successes may be a sum of chances."""
    share = successes / n
    spread = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    middle, scale = share + z * z / (2 * n), 1 + z * z / n
    # Rounding may leave the share itself outside at 0 and 1.
    return Interval(
        min(share, max(0.0, (middle - spread) / scale)),
        max(share, min(1.0, (middle + spread) / scale)),
    )


def difference_interval(
    first: float, first_n: int, second: float, second_n: int, z: float = Z_95
) -> Interval:
    """Interval of ``first / first_n - second / second_n``."""
    a, b = wilson_interval(first, first_n, z), wilson_interval(second, second_n, z)
    p, q = first / first_n, second / second_n
    return Interval(
        p - q - math.hypot(p - a.low, b.high - q), p - q + math.hypot(a.high - p, q - b.low)
    )
