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


HOLIDAYS = frozenset({(1, 1), (5, 1), (7, 4), (10, 1), (12, 25)})
"""Month and day on which nobody is called, here or there."""


_KINDS_AT_HOME = frozenset({"home visit", "newborn", "postpartum"})
"""Forms that are about a visit at home."""


_ARMS = {"SYSTOLIC_BP": "BP_LEFT_SYSTOLIC", "DIASTOLIC_BP": "BP_LEFT_DIASTOLIC"}
"""A pressure and that of the left arm, taken right after it."""


def working_day(day: date) -> date:
    """The day itself, or the next one that is neither of a weekend nor a great holiday."""
    while day.weekday() >= 5 or (day.month, day.day) in HOLIDAYS:
        day += timedelta(days=1)
    return day


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
