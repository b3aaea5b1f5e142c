"""What a course of visits knows of the resident whose years it tells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from deid.synth.people import Household, Resident
from deid.synth.physiology import Body
from deid.synth.visits import Visit


@dataclass
class Life:
    """One resident within the recorded years; ``visits`` are those of the courses before."""

    household: Household
    body: Body
    today: date
    visits: list[Visit] = field(default_factory=list)

    @property
    def resident(self) -> Resident:
        """Whose life it is."""
        return self.body.resident

    @property
    def first(self) -> date:
        """First day of the record: that of the household's, of birth, or of moving in."""
        return self.resident.first_day(self.household.record_start)

    @property
    def last(self) -> date:
        """Last day of the record: death, moving out, or the end of all records."""
        return self.resident.last_day(self.today)


Course = Callable[[Random, Life], list[Visit]]
"""Visits of one kind, in the order of their days, within ``Life.first`` and ``Life.last``."""


HOLIDAYS = frozenset({(1, 1), (5, 1), (7, 4), (10, 1), (10, 2), (10, 3), (12, 25)})
"""Month and day on which nobody is called, here or there."""
_NEW_YEARS = {
    2013: (2, 10), 2014: (1, 31), 2015: (2, 19), 2016: (2, 8), 2017: (1, 28), 2018: (2, 16),
    2019: (2, 5), 2020: (1, 25), 2021: (2, 12), 2022: (2, 1), 2023: (1, 22), 2024: (2, 10),
    2025: (1, 29), 2026: (2, 17),
}  # fmt: skip
"""The first day of the Chinese year: month and day; three days are free."""
_THURSDAY = 3


_KINDS_AT_HOME = frozenset({"home visit", "newborn", "postpartum"})
"""Forms that are about a visit at home."""


_ARMS = {"SYSTOLIC_BP": "BP_LEFT_SYSTOLIC", "DIASTOLIC_BP": "BP_LEFT_DIASTOLIC"}
"""A pressure and that of the left arm, taken right after it."""


def working_day(day: date) -> date:
    """The day itself, or the next one that is neither of a weekend nor a great holiday."""
    while day.weekday() >= 5 or (day.month, day.day) in HOLIDAYS or _is_movable_feast(day):
        day += timedelta(days=1)
    return day


def _is_movable_feast(day: date) -> bool:
    """Thanksgiving, Memorial Day and Labor Day, and the first days of the Chinese year."""
    if day.month == 11:
        return day.weekday() == _THURSDAY and 22 <= day.day <= 28
    if day.month in {5, 9} and day.weekday() == 0:
        return day.day >= 25 if day.month == 5 else day.day <= 7
    if day.month in {1, 2} and day.year in _NEW_YEARS:
        return 0 <= (day - date(day.year, *_NEW_YEARS[day.year])).days < 3
    return False


def join_same_day(visits: list[Visit]) -> list[Visit]:
    """Visits in their order, those of one day, kind and place made one with all their forms.

    What two forms both measure was measured once: the later form takes over the earlier reading.
    """
    joined: dict[tuple[date, str, int], Visit] = {}
    came = {visit.day for visit in visits if visit.mode == "clinic" and visit.site is None}
    for visit in visits:
        # Nobody who comes to the health centre is called on at home on the same day.
        if (
            visit.mode == "home"
            and visit.day in came
            and _KINDS_AT_HOME.isdisjoint(form.kind for form in visit.forms)
        ):
            visit.mode = "clinic"
        place = visit.site.care_site_id if visit.site else 0
        first = joined.setdefault((visit.day, visit.mode, place), visit)
        if first is visit:
            continue
        measured = {key: value for form in first.forms for key, value in form.readings.items()}
        for form in visit.forms:
            for right, left in _ARMS.items():
                if left in form.readings and right in form.readings and right in measured:
                    form.readings[left] += measured[right] - form.readings[right]
            form.readings |= {k: measured[k] for k in form.readings if k in measured}
            first.forms.append(form)
    return list(joined.values())
