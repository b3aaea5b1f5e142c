"""FHIR dates and instants, as the date and wall clock of the place of care.

A zone's offset is dropped: what counts in a record is the day as staff and patient saw it. A date
that is given only to the year or month is taken as its first day, as is usual in OMOP.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")
_TIME = re.compile(r"T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d+))?)?")


@dataclass(frozen=True)
class Moment:
    """A day, its time if one is known, and whether the day was given in full."""

    date: dt.date
    time: dt.datetime | None = None
    whole: bool = True


def moment(text: object) -> Moment | None:
    """Read an R4 ``date``, ``dateTime`` or ``instant``; None if there is none."""
    if not isinstance(text, str):
        return None
    found = _DATE.match(text)
    if not found:
        return None
    year, month, day = found.groups()
    date = dt.date(int(year), int(month or 1), int(day or 1))
    clock = _TIME.search(text)
    if not clock:
        return Moment(date, None, day is not None)
    hour, minute, second, fraction = clock.groups()
    microsecond = int((fraction or "0")[:6].ljust(6, "0"))
    # FHIR allows the leap second 60, Python does not.
    time = dt.time(int(hour), int(minute), min(int(second or 0), 59), microsecond)
    return Moment(date, dt.datetime.combine(date, time))
