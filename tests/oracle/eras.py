"""Intervals of one person that touch are joined into eras."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from tests.oracle.world import Day

Interval = tuple[Day, Day | None]
Order = Callable[[Any], Any]
"""A sort key for what the reference leaves in any order; it gets a position or an id."""


def merge(intervals: Sequence[Interval], pad: int, order: Order) -> list[Interval]:
    """Eras of intervals that lie at most ``pad`` days apart, ascending.

    An interval begins an era unless one that began before it, or on its day and comes before it,
    reaches it. Of intervals that begin on one day, those that begin an era come first.
    """
    by_start = sorted(
        ((start, order(position), end) for position, (start, end) in enumerate(intervals)),
        key=lambda entry: entry[:2],
    )
    marked: list[tuple[Day, bool, Day | None]] = []
    reach: Day | None = None
    for start, _, end in by_start:
        marked.append((start, reach is None or reach < start, end))
        if end is not None:
            padded = end + timedelta(days=pad)
            reach = padded if reach is None else max(reach, padded)
    eras: list[tuple[Day, Day | None]] = []
    for start, begins, end in sorted(marked, key=lambda entry: (entry[0], not entry[1])):
        if begins:
            eras.append((start, end))
        else:
            first, last = eras[-1]
            known = [day for day in (last, end) if day is not None]
            eras[-1] = (first, max(known) if known else None)
    return eras
