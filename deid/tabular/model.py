"""What is asked of an anonymised table, and what comes of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import pyarrow as pa

from deid.errors import RequestContradictory

Method = Literal["local", "global"]
Labels = Literal["hierarchy", "ranges"]
Diversity = Literal["distinct", "entropy", "recursive"]
Distance = Literal["equal", "ordered"]
SUPPRESSED = "*"
"""What a cell shows that says nothing."""


@dataclass(frozen=True)
class Criteria:
    """Privacy models that every class of the result meets; those of ``None`` are not asked for.

    ``l`` counts distinct values, is the exponential of the entropy, or is the l of recursive
    (c, l)-diversity, by ``diversity``. ``t`` bounds the earth mover's distance between a class and
    all released rows. ``beta`` bounds (p - q) / q of every value that a class raises.
    """

    k: int
    l: float | None = None  # noqa: E741 - the field's own name
    diversity: Diversity = "distinct"
    c: float | None = None
    t: float | None = None
    distance: Distance = "equal"
    beta: float | None = None

    def __post_init__(self) -> None:
        """Raises RequestContradictory for numbers that no table can meet, or every table meets."""
        if self.k < 2:
            raise RequestContradictory(f"k is {self.k}; a class of one person hides nobody")
        for name, figure in {"l": self.l, "c": self.c, "beta": self.beta}.items():
            if figure is not None and not math.isfinite(figure):
                raise RequestContradictory(f"{name} is {figure}; it must be a finite number")
        if self.l is not None and self.l < 1:
            raise RequestContradictory(f"l is {self.l}; it counts values and is at least 1")
        if self.l is not None and self.diversity != "entropy" and self.l != int(self.l):
            raise RequestContradictory(f"l is {self.l}; only entropy l-diversity has fractions")
        if self.t is not None and not 0 <= self.t <= 1:
            raise RequestContradictory(f"t is {self.t}; a distance is between 0 and 1")
        if self.beta is not None and self.beta <= 0:
            raise RequestContradictory(f"beta is {self.beta}; it must be positive")
        if (self.c is not None) != (self.l is not None and self.diversity == "recursive"):
            raise RequestContradictory("c belongs to recursive (c, l)-diversity, which needs it")
        if self.c is not None and self.c <= 0:
            raise RequestContradictory(f"c is {self.c}; it must be positive")

    @property
    def watch_sensitive(self) -> bool:
        """Whether sensitive values matter at all."""
        return any(limit is not None for limit in (self.l, self.t, self.beta))


@dataclass(frozen=True)
class Request:
    """How a table is to be anonymised.

    Every column of the table is in exactly one of ``quasi_identifiers``, ``sensitive``, ``keep``
    and ``drop``. ``suppression_limit`` is the share of rows that may be removed.
    """

    quasi_identifiers: tuple[str, ...]
    criteria: Criteria
    sensitive: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    method: Method = "local"
    labels: Labels = "hierarchy"
    suppression_limit: float = 0.0

    def __post_init__(self) -> None:
        """Raises RequestContradictory."""
        if not self.quasi_identifiers:
            raise RequestContradictory("no quasi-identifier is named")
        named = (*self.quasi_identifiers, *self.sensitive, *self.keep, *self.drop)
        twice = sorted({name for name in named if named.count(name) > 1})
        if twice:
            raise RequestContradictory(f"named twice: {', '.join(twice)}")
        if self.criteria.watch_sensitive and not self.sensitive:
            raise RequestContradictory("l, t and beta need a sensitive column")
        if not 0 <= self.suppression_limit < 1:
            raise RequestContradictory("the suppression limit is a share below 1")
        if self.method == "global" and self.labels != "hierarchy":
            raise RequestContradictory("global recoding writes hierarchy labels only")


@dataclass(frozen=True)
class Anonymised:
    """A table that meets the criteria, with the figures that show it.

    ``table`` has the released rows, ordered by what they show. ``report`` is ready for JSON.
    """

    table: pa.Table
    report: Mapping[str, object] = field(default_factory=dict)
