"""Secret date offsets, and the window of dates that can be shown without giving them away.

One offset a household, so that families stay in step; whole weeks, so that weekdays and intervals
stay; never zero. Following SANT (Hripcsak et al., J Am Med Inform Assoc 2016;23:1040-1045), the
shifted data are cut at both ends by the greatest possible offset: every possible offset then gives
data that fill the same window.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deid.errors import GateRefused
from deid.policy.model import DateRule
from deid.pseudonyms import Pseudonymiser

Ids = npt.NDArray[np.int64]
Days = npt.NDArray[np.int64]


@dataclass(frozen=True)
class DataWindow:
    """What a release shows: dates from ``start`` to ``end``, shifted by at most ``max_weeks``."""

    start: datetime.date
    end: datetime.date
    max_weeks: int


def data_window(
    first: datetime.date, last: datetime.date, rule: DateRule, pool_ages_over: int
) -> DataWindow:
    """The window of shifted dates for data from ``first`` to ``last``.

    It begins no earlier than the year in which the pooled ages begin: an older date would show that
    its person is older than the pool.

    Raises:
        GateRefused: if the data are too short to be shifted at all.
    """
    days = (last - first).days
    weeks = min(rule.max_weeks, max(rule.min_weeks, int(days * rule.max_share) // 7))
    reach = datetime.timedelta(weeks=weeks)
    end = last - reach
    start = first + reach
    if start > end:
        raise GateRefused(
            f"the records span {days} days, too few for a date shift of {weeks} weeks either way; "
            "add records or lower dates.min_weeks in a policy of your own"
        )
    return DataWindow(max(start, datetime.date(oldest_year(end, pool_ages_over), 1, 1)), end, weeks)


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
