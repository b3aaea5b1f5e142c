"""Which index events meet criteria and groups, as arrays; means what :mod:`cohorts.plan` means.

An event around the index reaches the index events that start between two days. Two searches in
the sorted index tell the first and the last of them; a running sum over both then tells each index
event how many events reach it. Nothing is joined, however many events there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cohorts.live.index import AT_ONCE, Days, Flags, Ids, IndexEvents, Periods, Places, days_of
from cohorts.plan.leaves import DayOf, Leaf, Reach
from cohorts.plan.nodes import ALL, Correlated, Group

_TABLED: Final = 12
"""Rules whose masks are so few that something can be worked out for all of them beforehand."""

Answers = Callable[[Leaf], Flags]


def reached(
    index: IndexEvents, leaf: Correlated, reach: Reach, events: pa.Table, helpers: Executor
) -> Flags:
    """Whether each index event meets a criterion with these events around it.

    ``helpers`` search beside each other. ``events`` has ``person_id`` and, without NULL, the dates
    that ``reach`` names, and ``start_date`` if they must be observed; in any order.
    """
    keys, order = index.sorted_keys
    number = np.zeros(len(index) + 1, np.int64)

    def searched(batch: pa.RecordBatch) -> list[tuple[Places, Places]]:
        return [
            (np.searchsorted(keys, first, "left"), np.searchsorted(keys, last, "right"))
            for first, last in _reached_keys(index.periods, leaf, reach, batch)
        ]

    found = [pair for part in helpers.map(searched, events.to_batches(AT_ONCE)) for pair in part]
    if found:
        begins, ends = zip(*found, strict=True)
        number += np.bincount(np.concatenate(begins), minlength=len(number))
        number -= np.bincount(np.concatenate(ends), minlength=len(number))
    met = np.asarray(leaf.holds(np.cumsum(number, out=number)[:-1]))  # type: ignore[arg-type]
    if order is None:
        return met
    own = np.empty_like(met)
    own[order] = met
    return own


def _reached_keys(
    periods: Periods, leaf: Correlated, reach: Reach, events: pa.RecordBatch
) -> Iterator[tuple[Ids, Ids]]:
    """First and last key that each event reaches, of those that reach any day of a period."""
    dates = {name: days_of(events[name]) for name in events.schema.names if name != "person_id"}
    for which, period in periods.of_people(events["person_id"].to_numpy()):
        base, low = periods.base[period], periods.low(period)
        top = low + ((1 << periods.bits) - 1)
        first, last = low, top
        if reach.earliest is not None:
            first = np.maximum(base + _day(reach.earliest, dates)[which], low)
        if reach.latest is not None:
            last = np.minimum(base + _day(reach.latest, dates)[which], top)
        there = first <= last
        if leaf.within_observation:
            start = base + dates["start_date"][which]
            there &= (start >= low) & (start <= periods.high[period])
        yield (first, last) if there.all() else (first[there], last[there])


def _day(day: DayOf, dates: Mapping[str, Days]) -> Ids:
    return np.asarray(dates[day.column] + np.int64(day.days))


def meets(group: Group, answers: Answers, number: int) -> Flags:
    """Whether each of ``number`` index events meets a group."""
    if not group.members:
        return np.ones(number, np.bool_)
    parts = [
        meets(member, answers, number) if isinstance(member, Group) else answers(member)
        for member in group.members
    ]
    if group.kind == ALL:
        return np.asarray(np.logical_and.reduce(parts))
    if group.kind == "ANY":
        return np.asarray(np.logical_or.reduce(parts))
    total = np.sum(parts, axis=0, dtype=np.int32)
    if group.kind == "AT_MOST":
        return np.asarray(total <= group.count)
    # At least none is met by all; otherwise the reference wants one criterion at the least.
    return np.asarray(total >= (max(group.count, 1) if group.count != 0 else 0))


def masks_of(rules: list[Flags], number: int) -> npt.NDArray[np.int64]:
    """Bit i of an event's mask is set if it meets inclusion rule i."""
    mask = np.zeros(number, np.int64)
    for place, met in enumerate(rules):
        mask |= met.astype(np.int64) << place
    return mask


def counts_of_masks(masks: npt.NDArray[np.int64], rules: int) -> list[tuple[int, int]]:
    """Each mask that occurs, and how often."""
    if rules <= _TABLED:
        numbers = np.bincount(masks, minlength=1)
        return [(int(mask), int(numbers[mask])) for mask in np.flatnonzero(numbers)]
    found = zip(*np.unique(masks, return_counts=True), strict=True)
    return [(int(mask), int(number)) for mask, number in found]


def best_masks(
    index: IndexEvents, masks: npt.NDArray[np.int64], rules: int
) -> npt.NDArray[np.int64]:
    """For each person the mask of the event that meets most rules.

    Of these the one that meets the earliest rule, then the earliest event.
    """
    if not len(index):
        return masks
    worth = _worth(np.arange(1 << rules))[masks] if rules <= _TABLED else _worth(masks)
    worth *= len(index)
    worth += np.arange(len(index) - 1, -1, -1)
    return masks[len(index) - 1 - np.maximum.reduceat(worth, index.starts) % len(index)]


def _worth(masks: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Higher for more rules, and for an earlier first one."""
    first = np.bitwise_count((masks & -masks) - 1).astype(np.int64)
    return np.asarray(np.bitwise_count(masks).astype(np.int64) * 64 + (63 - first))
