"""Secret date offsets, and the window of dates that can be shown without giving them away.

One offset a household, so that families stay in step; whole weeks, so that weekdays and intervals
stay; never zero. Following SANT (Hripcsak et al., J Am Med Inform Assoc 2016;23:1040-1045), the
shifted data are cut at both ends by the greatest possible offset: every possible offset then gives
data that fill the same window.

Records of old diseases reach back long before the day on which a house began to keep records. That
day is an end of the data too, and one that everybody shares: after the shift, a first visit a year
before it would tell an offset of a year. Therefore nothing that falls near it after the shift is
shown, while what is older stays.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deid.errors import GateRefused
from deid.policy.model import DateRule
from deid.pseudonyms import Pseudonymiser

Ids = npt.NDArray[np.int64]
Days = npt.NDArray[np.int64]

SPARSE_SHARE = 0.05
"""A month with fewer rows than this share of a typical month's is before or after the records."""
_PARTIAL_MONTH = datetime.timedelta(days=31)
"""The records may begin on the last days of a month that has too few rows for it."""


@dataclass(frozen=True)
class Month:
    """The rows of one calendar month: their first day, their last day, and their number."""

    first: datetime.date
    last: datetime.date
    rows: int


@dataclass(frozen=True)
class RecordsKept:
    """``first`` is the oldest date of all; records were kept from ``begin`` to ``last``."""

    first: datetime.date
    begin: datetime.date
    last: datetime.date


def records_kept(months: Sequence[Month]) -> RecordsKept:
    """When records were kept, from the months that have any, in order.

    A typical month is the one in which the row in the middle falls, so that centuries with one old
    disease a year count for nothing.
    """
    sizes = sorted(month.rows for month in months)
    middle = np.searchsorted(np.cumsum(sizes), sum(sizes) / 2)
    enough = [month for month in months if month.rows >= SPARSE_SHARE * sizes[middle]]
    return RecordsKept(months[0].first, enough[0].first, enough[-1].last)


@dataclass(frozen=True)
class DataWindow:
    """What a release shows: dates from ``start`` to ``end``, shifted by at most ``max_weeks``.

    ``blind`` is the time around the beginning of the records, from its first day to the day after
    its last: no shifted date in it is shown.
    """

    start: datetime.date
    end: datetime.date
    max_weeks: int
    blind: tuple[datetime.date, datetime.date] | None = None


def data_window(
    kept: RecordsKept, rule: DateRule, pool_ages_over: int, fixed_weeks: int | None = None
) -> DataWindow:
    """The window of shifted dates for records kept at these times.

    ``fixed_weeks`` is the greatest offset where an earlier release has fixed it.

    It begins no earlier than the year in which the pooled ages begin: an older date would show that
    its person is older than the pool. Without a shift it is whole years, the first to the last.

    Raises:
        GateRefused: if the records are too short to be shifted at all.
    """
    if rule.shift == "none":
        end = datetime.date(kept.last.year, 12, 31)
        first = max(kept.first.year, oldest_year(end, pool_ages_over))
        return DataWindow(datetime.date(first, 1, 1), end, 0)
    days = (kept.last - kept.begin).days
    weeks = min(rule.max_weeks, max(rule.min_weeks, int(days * rule.max_share) // 7))
    weeks = weeks if fixed_weeks is None else fixed_weeks
    reach = datetime.timedelta(weeks=weeks)
    end = kept.last - reach
    open_again = kept.begin + reach
    if open_again > end:
        raise GateRefused(
            f"the records span {days} days, too few for a date shift of {weeks} weeks either way; "
            "add records or lower dates.min_weeks in a policy of your own"
        )
    oldest = datetime.date(oldest_year(end, pool_ages_over), 1, 1)
    start = max(kept.first + reach, oldest)
    closes = kept.begin - reach - _PARTIAL_MONTH
    if closes <= start:
        return DataWindow(max(open_again, oldest), end, weeks)
    return DataWindow(start, end, weeks, (closes, open_again))


def oldest_year(end: datetime.date, pool_ages_over: int) -> int:
    """The year of birth that stands for everybody who is over the pooled age at ``end``."""
    return end.year - pool_ages_over - 1


def shift_days(key: bytes, domain: str, ids: Ids, max_weeks: int) -> Days:
    """Secret offsets in days, equal for equal ids: whole weeks in [-max, max] without 0.

    The offset is a keyed pseudorandom function of the id (AES, see :mod:`deid.pseudonyms`), drawn
    with the modulus of 2 * max_weeks from 63 bits, so its bias is below 2^-50.
    """
    if max_weeks < 1:
        raise ValueError("max_weeks is at least 1")
    draws = Pseudonymiser(key).ids(f"date-shift/{domain}", ids) % (2 * max_weeks)
    weeks = np.where(draws < max_weeks, draws - max_weeks, draws - max_weeks + 1)
    return (weeks * 7).astype(np.int64)
