"""The days around a visit: when it began, when it was before, when to come again."""

from __future__ import annotations

from datetime import date, timedelta

from deid.synth.notes import days
from deid.synth.notes.telling import Telling
from deid.synth.notes.text import Mark, Pieces
from deid.synth.streams import happens


def prior(t: Telling) -> Mark:
    """Day of the visit before."""
    return t.mentions.on(t.prior.day if t.prior is not None else t.visit.day)


def prior_pressure(t: Telling) -> str:
    """The pressure of the visit before."""
    assert t.prior is not None
    readings = next(f.readings for f in t.prior.forms if "SYSTOLIC_BP" in f.readings)
    return f"{readings['SYSTOLIC_BP']:.0f}/{readings['DIASTOLIC_BP']:.0f}"


def next_visit(t: Telling) -> Pieces:
    """Day of the next visit, or another day some weeks from now."""
    day = _next_day(t)
    gap = (day - t.visit.day).days
    draw = t.stream.random()
    if not t.chinese and draw < 0.06 and 0 < gap < 28:
        return ("the ", Mark(days.ordinal_en(day.day), "DATE"))
    return (t.mentions.on(day),)


def _next_day(t: Telling) -> date:
    return t.form.next_day or t.visit.day + timedelta(days=5 * t.days - 3)


def some_weeks(t: Telling) -> str:
    """How long until the next visit."""
    gap = (_next_day(t) - t.visit.day).days
    weeks = max(1, round(gap / 7))
    if t.chinese:
        return f"{weeks}周" if weeks < 9 else f"{round(gap / 30)}个月"
    return f"{weeks} week{'s' if weeks > 1 else ''}" if weeks < 9 else f"{round(gap / 30)} months"


def onset(t: Telling) -> Mark:
    """The day on which the trouble began."""
    return t.mentions.on(t.visit.day - timedelta(days=t.days))


def weeks_ago(t: Telling) -> Mark:
    """Some day in the weeks before."""
    since = max((t.visit.day - t.visit.resident.birth).days - 1, 0)
    return t.mentions.on(t.visit.day - timedelta(days=min(8 + int(t.stream.random() * 40), since)))


def years_ago(t: Telling) -> Mark:
    """A month or day some years before, after the patient's birth."""
    resident, day = t.visit.resident, t.visit.day
    age = max((day - resident.birth).days - 30, 1)
    when = day - timedelta(days=min(age, 200 + int(t.stream.random() * 4000)))
    write = days.month_of if happens(t.stream, 0.5) else days.full_day
    return Mark(write(t.stream, when, t.chinese), "DATE")


def long_ago(t: Telling) -> Mark:
    """A month before the record begins, after the patient's birth."""
    first = min(t.household.record_start, t.visit.day)
    age = max((first - t.visit.resident.birth).days - 30, 1)
    when = first - timedelta(days=min(age, 30 + int(t.stream.random() * 3000)))
    return Mark(days.month_of(t.stream, when, t.chinese), "DATE")


def month_ago(t: Telling) -> Mark:
    """A month before, by its name."""
    since = max((t.visit.day - t.visit.resident.birth).days, 0)
    when = t.visit.day - timedelta(days=min(40 + int(t.stream.random() * 250), since))
    if t.chinese:
        return Mark(days.month_of(t.stream, when, True), "DATE")
    return Mark(days.MONTHS[when.month - 1], "DATE")


def day_range(t: Telling) -> Mark:
    """A few days in a row, before the visit."""
    last = t.visit.day - timedelta(days=1 + int(t.stream.random() * 9))
    first = last - timedelta(days=2 + int(t.stream.random() * 4))
    return Mark(days.range_of(t.stream, first, last, t.chinese), "DATE")


def feast(t: Telling) -> Mark:
    """The last holiday or solar term."""
    return Mark(days.feast_before(t.visit.day, t.chinese)[0], "DATE", "HOLIDAY")


def lunar(t: Telling) -> Mark:
    """A day of the lunar calendar, some weeks before."""
    return Mark(days.lunar_before(t.stream, t.visit.day), "DATE", "LUNAR")


def last_weekday(t: Telling) -> Mark:
    """A weekday of last week."""
    return Mark(days.weekday_before(t.stream, t.visit.day)[0], "DATE", "WEEKDAY")


def weekday(t: Telling) -> Mark:
    """The weekday of the visit, beside its date."""
    return Mark(days.weekday_of(t.visit.day), "DATE", "WEEKDAY")


def ordinal(t: Telling) -> Mark:
    """``18th``: a day of this month or the last."""
    when = t.visit.day - timedelta(days=2 + int(t.stream.random() * 12))
    return Mark(days.ordinal_en(when.day), "DATE")


def spoken_date(t: Telling) -> Mark:
    """The day of the visit as dictated."""
    return Mark(days.spoken_day(t.visit.day), "DATE")


def admitted(t: Telling) -> Mark:
    """First day of a stay."""
    return t.mentions.on(t.visit.day, year=True)


def discharged(t: Telling) -> Mark:
    """Last day of a stay."""
    return t.mentions.on(t.visit.end or t.visit.day, year=True)


def nights(t: Telling) -> str:
    """Length of a stay in days."""
    return str(max(1, ((t.visit.end or t.visit.day) - t.visit.day).days))


def query_day(t: Telling) -> Mark:
    """A day in the months before, always with its year, or its month."""
    when = t.visit.day - timedelta(days=int(t.stream.random() * 300))
    if happens(t.stream, 0.15):
        return Mark(days.month_of(t.stream, when, t.chinese), "DATE")
    return t.mentions.on(when, year=True)
