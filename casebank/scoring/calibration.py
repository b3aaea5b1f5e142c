"""Whether stated confidence holds: reliability by bands, Brier score with its reference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

BANDS: Final = 5
"""Bands of equal width over 0 to 1."""


@dataclass(frozen=True)
class Band:
    """Forecasts with a confidence from ``low`` to under ``high`` (the last one: to 1).

    ``stated`` is their mean confidence and ``observed`` the share that was right; None if empty.
    """

    low: float
    high: float
    count: int
    stated: float | None
    observed: float | None


@dataclass(frozen=True)
class Calibration:
    """``brier`` of the forecasts, and ``reference``: that of always stating the share of right."""

    bands: tuple[Band, ...]
    count: int
    brier: float
    reference: float


def calibrate(forecasts: Sequence[tuple[float, bool]], bands: int = BANDS) -> Calibration | None:
    """Reliability of (confidence between 0 and 1, whether right); None without any.

    Brier (1950) Monthly Weather Review 78:1; reliability diagram as in Murphy and Winkler (1977)
    Applied Statistics 26:41.
    """
    if not forecasts:
        return None
    sorted_in: list[list[tuple[float, bool]]] = [[] for _ in range(bands)]
    for confidence, right in forecasts:
        # A tenth of 3 is not 0.3 in binary: rounding keeps a stated 60 % in the band from 60 %.
        place = min(int(round(confidence * bands, 9)), bands - 1)
        sorted_in[place].append((confidence, right))
    base = sum(right for _, right in forecasts) / len(forecasts)
    return Calibration(
        tuple(
            Band(
                place / bands,
                (place + 1) / bands,
                len(inside),
                sum(c for c, _ in inside) / len(inside) if inside else None,
                sum(r for _, r in inside) / len(inside) if inside else None,
            )
            for place, inside in enumerate(sorted_in)
        ),
        len(forecasts),
        sum((c - r) ** 2 for c, r in forecasts) / len(forecasts),
        base * (1 - base),
    )
