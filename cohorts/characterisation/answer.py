"""What an analysis gives: a result of safe numbers, and the people of its lines for the ledger."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final, Generic, Protocol, Self, TypeVar

import numpy as np
import numpy.typing as npt

from cohorts.characterisation.printed import PrintedTable

Ids = npt.NDArray[np.int64]
FIRST: Final = "first"
SECOND: Final = "second"
"""Of two cohorts, the one that a line counts: the part of its aspect before ``|``."""


@dataclass(frozen=True)
class Line:
    """What a shown line counts: a characteristic, and the settings that decide who has it.

    Lines of one ``aspect`` are comparable between cohorts and settings, as the number of people
    with one drug; the same ``setting`` of the same cohort is the same question.
    """

    aspect: str
    setting: str = ""


class Result(Protocol):
    """What the results of all analyses have in common. They hold no true count."""

    def tables(self) -> tuple[PrintedTable, ...]:
        """The result as it is printed."""
        ...

    def without(self, aspects: Collection[str]) -> Self:
        """The result with the lines of these aspects hidden, and what would give them away."""
        ...


R = TypeVar("R", bound=Result)


@dataclass(frozen=True)
class Answer(Generic[R]):
    """A result and, for each of its lines, the ids of the people it counts."""

    result: R
    lines: Mapping[Line, Ids] = field(repr=False)


def significant(value: float, digits: int = 3) -> float:
    """A number rounded to some significant digits; what is not finite is 0."""
    if not value or not np.isfinite(value):
        return 0.0
    return float(round(value, digits - 1 - int(np.floor(np.log10(abs(value))))))


def number(value: float | None) -> str:
    """A rounded number as it is written: ``1,230``, ``45.6``, ``0.00123``; empty if there is none.

    Digits that rounding left are kept, and no more are invented.
    """
    if value is None:
        return ""
    if abs(value) >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.3g}"
