"""Index events as arrays: who, in which observation period, on which day.

A person is a place among all people, a period a place among all periods (by person and first day),
a day a number since 1970. One number, the *key*, says period and day together; sorted keys answer
which events lie in an interval of days by two searches.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cohorts.plan.nodes import ALL, FIRST, LAST

Ids = npt.NDArray[np.int64]
Places = npt.NDArray[np.int64]
Small = npt.NDArray[np.int32]
Days = Small
Flags = npt.NDArray[np.bool_]

AT_ONCE: Final = 1 << 16
"""Rows that are looked at together: so few that what is worked out of them stays in the cache."""


def days_of(dates: pa.Array | pa.ChunkedArray) -> Days:
    """Days since 1970 of dates without NULL."""
    found = dates.cast(pa.date32())
    if isinstance(found, pa.ChunkedArray):
        found = found.combine_chunks()
    return found.view(pa.int32()).to_numpy(zero_copy_only=False)


@dataclass(frozen=True)
class Periods:
    """All observation periods, ordered by person and first day.

    ``firsts`` has the place of each person's first period, and ``numbers`` how many there are;
    ``apart`` tells that nobody's overlap. The key of a day in a period is ``base + day``; keys of a
    period begin at ``low`` and there are ``1 << bits`` of them; ``high`` is that of the last day.
    """

    person: Small
    opens: Days
    closes: Days
    firsts: Places
    numbers: Places
    apart: bool
    bits: int
    base: Ids
    high: Ids

    @classmethod
    def of(cls, person: Small, opens: Days, closes: Days, people: int) -> Periods:
        """Periods in order; ``people`` is how many there are, with or without a period."""
        borders = np.searchsorted(person, np.arange(people + 1))
        apart = bool(np.all((person[1:] != person[:-1]) | (opens[1:] > closes[:-1])))
        longest = int((closes.astype(np.int64) - opens).max(initial=0))
        bits = max(longest, 1).bit_length()
        base = (np.arange(len(person)) << bits) - opens
        numbers, high = np.diff(borders), base + closes
        return cls(person, opens, closes, borders[:-1], numbers, apart, bits, base, high)

    def of_people(self, person: npt.NDArray[Any]) -> Iterator[tuple[slice | Places, Places]]:
        """Each person's first period, then each second one ...: which people, which periods."""
        if not len(self.numbers):
            return
        fewest, most = int(self.numbers.min()), int(self.numbers.max())
        for number in range(most):
            if number < fewest:
                yield slice(None), self.firsts[person] + number
            else:
                there = np.flatnonzero(self.numbers[person] > number)
                yield there, self.firsts[person[there]] + number

    def low(self, period: Places) -> Ids:
        """The smallest key of each period."""
        return period << self.bits


@dataclass(frozen=True)
class IndexEvents:
    """Events in the order of person and day; ``more`` has further columns of theirs by name."""

    periods: Periods
    keys: Ids
    more: dict[str, pa.Array] = field(default_factory=dict)
    answers: dict[object, npt.NDArray[np.uint8]] = field(default_factory=dict)
    """What is known of criteria around these events, by criterion: one packed bit an event."""

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def size(self) -> int:
        """Bytes that the events and what is known of them take, at most."""
        derived = 5
        return len(self) * 8 * (derived + len(self.more)) + sum(
            bits.nbytes for bits in self.answers.values()
        )

    @cached_property
    def period(self) -> Places:
        """The period of each event."""
        return self.keys >> self.periods.bits

    @cached_property
    def day(self) -> Days:
        """The day of each event."""
        return (self.keys - self.periods.base[self.period]).astype(np.int32)

    @cached_property
    def person(self) -> Small:
        """The person of each event."""
        return self.periods.person[self.period]

    @cached_property
    def starts(self) -> Places:
        """Where the events of each person begin."""
        if not len(self):
            return np.empty(0, np.int64)
        others = self.person[1:] != self.person[:-1]
        return np.concatenate([[0], np.flatnonzero(others) + 1])

    @cached_property
    def sorted_keys(self) -> tuple[Ids, Places | None]:
        """The keys in order, and the event that each belongs to; None if these are in order."""
        if np.all(self.keys[1:] >= self.keys[:-1]):
            return self.keys, None
        order = np.argsort(self.keys, kind="stable")
        return self.keys[order], order

    @cached_property
    def table(self) -> pa.Table:
        """The events as SQL reads an index; ``event_id`` numbers them."""
        columns: dict[str, Any] = {
            "event_id": np.arange(len(self)),
            "person_id": self.person.astype(np.int32),
            "start_date": _dates(self.day),
            "op_start_date": _dates(self.periods.opens[self.period]),
            "op_end_date": _dates(self.periods.closes[self.period]),
        }
        return pa.table({**columns, **self.more})

    def chosen(self, which: Flags | Places) -> IndexEvents:
        """Some of the events, in their order."""
        places = np.flatnonzero(which) if which.dtype == np.bool_ else which
        more = {name: column.take(pa.array(places)) for name, column in self.more.items()}
        return IndexEvents(self.periods, self.keys[places], more)

    def limited(self, limit: str) -> IndexEvents:
        """Each person's first event, or the first of the last day, or all."""
        if limit == ALL or not len(self):
            return self
        if limit != LAST:
            return self.chosen(self.starts)
        ends = np.append(self.starts[1:], len(self)) - 1
        last_day = np.repeat(self.day[ends], np.diff(np.append(self.starts, len(self))))
        return self.chosen(self.day == last_day).limited(FIRST)


def _dates(days: Days) -> pa.Array:
    return pa.array(days, pa.int32()).view(pa.date32())


def observed_days(periods: Periods, rows: pa.Table, prior: int, post: int) -> IndexEvents:
    """Days of people as events, once for each period that holds them far from its borders.

    ``rows`` has ``person_id`` and ``start_date``, without NULL, in any order.
    """
    found = [np.empty(0, np.int64)]
    for batch in rows.to_batches(AT_ONCE):
        person, day = batch["person_id"].to_numpy(), days_of(batch["start_date"])
        for which, period in periods.of_people(person):
            keys = periods.base[period] + day[which]
            inside = keys >= periods.low(period) + max(prior, 0)
            inside &= keys <= periods.high[period] - max(post, 0)
            found.append(keys[inside])
    keys = np.concatenate(found)
    keys.sort()
    events = IndexEvents(periods, keys)
    if periods.apart:
        return events
    return events.chosen(np.lexsort((events.period, events.day, events.person)))


def events_of_rows(periods: Periods, rows: pa.Table, columns: list[str]) -> IndexEvents:
    """Events of a query in its order, with the borders of the period that each lies in."""
    person, day = rows["person_id"].to_numpy(), days_of(rows["start_date"])
    opens, closes = days_of(rows["op_start_date"]), days_of(rows["op_end_date"])
    keys = np.zeros(len(person), np.int64)
    for which, period in periods.of_people(person):
        same = periods.opens[period] == opens[which]
        same &= periods.closes[period] == closes[which]
        keys[np.arange(len(keys))[which][same]] = (periods.base[period] + day[which])[same]
    more = {name: rows[name].combine_chunks() for name in columns}
    return IndexEvents(periods, keys, more).chosen(np.argsort(person, kind="stable"))
