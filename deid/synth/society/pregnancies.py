"""Pregnancies and births within the recorded years, at published rates by the mother's age."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from deid.synth.parameters import value
from deid.synth.people import BirthMode, Locale, Outcome, Pregnancy, Resident, Sex
from deid.synth.society.published import fertility
from deid.synth.streams import happens

RECOVERY_DAYS = 300
"""Least time from the end of one pregnancy to the next conception after a birth (assumption)."""

KNOWN_FROM_WEEK = 5
"""A pregnancy under way on the last day is known of from this week on."""

MARRIED = {15: 0.02, 20: 0.30, 25: 0.68, 30: 0.90, 35: 0.94, 40: 0.94, 45: 0.93}
"""Share of women that are married, rural and urban China (rounded, census of 2020)."""

PARITY = {0: 1.9, 1: 0.9, 2: 0.3}
"""How much likelier a woman with so many children has another one (assumption)."""


def draw_pregnancies(
    stream: Random, mother: Resident, locale: Locale, first: date, last: date, today: date
) -> list[Resident]:
    """Fill in the mother's pregnancies that end from ``first`` to ``last``; gives the children.

    One that is under way on ``last`` is kept only if that is the last day of all records.
    """
    children: list[Resident] = []
    free = first + timedelta(days=1)
    parity = sum(1 for p in mother.pregnancies if p.child is not None) + mother.parity
    for year in range(first.year, last.year + 1):
        for outcome, rate in _rates(mother, locale, year, parity).items():
            if not happens(stream, rate):
                continue
            end = date(year, 1, 1) + timedelta(days=stream.randrange(365))
            weeks = _weeks(stream, locale, outcome)
            lmp = end - timedelta(days=weeks * 7 + stream.randrange(7))
            if lmp + timedelta(days=14) < free or lmp > last - timedelta(weeks=KNOWN_FROM_WEEK):
                continue
            if not _together(mother, lmp + timedelta(days=14), locale) or mother.is_away(end):
                continue
            if end > last:
                if last == today:
                    done = (today - lmp).days // 7
                    mother.pregnancies.append(Pregnancy(lmp, "ongoing", done))
                return children
            child = None
            mode: BirthMode | None = None
            if outcome != "miscarriage":
                cut = value(f"birth.caesarean.{locale.lower()}")
                mode = "caesarean" if happens(stream, cut) else "vaginal"
            if outcome == "live birth":
                boys = value(f"birth.boys.{locale.lower()}")
                sex: Sex = "M" if happens(stream, boys) else "F"
                child = Resident(sex=sex, birth=end, role="child", mother=mother)
                child.father = _father(mother, lmp + timedelta(days=14))
                children.append(child)
                parity += 1
            mother.pregnancies.append(Pregnancy(lmp, outcome, weeks, end, child, mode))
            rest = RECOVERY_DAYS if outcome == "live birth" else 60
            free = end + timedelta(days=rest)
    return children


def _rates(mother: Resident, locale: Locale, year: int, parity: int) -> dict[Outcome, float]:
    """Chance of each outcome in a year."""
    age = year - mother.birth.year
    band = age // 5 * 5
    births = fertility(locale).get(band, 0.0) * PARITY.get(parity, 0.15)
    if not births or age < 17:
        return {}
    if locale == "zh_CN":
        births = min(births / MARRIED[band], 0.3)
    elif mother.role == "child":
        births *= 0.4
    lost = value("pregnancy.miscarriage") * (1.0 if age < 35 else 1.8 if age < 40 else 3.5)
    return {
        "live birth": births,
        "stillbirth": births * value("pregnancy.stillbirth"),
        "miscarriage": births * lost,
    }


_EARLIEST_HOME = 34
"""Children who come before these weeks stay in hospital for months; none are told of."""


def _weeks(stream: Random, locale: Locale, outcome: Outcome) -> int:
    """Completed weeks at the end: term, preterm, or before the 20th week for a miscarriage."""
    if outcome == "miscarriage":
        return min(6 + int(stream.expovariate(1 / 3.5)), 19)
    early = value(f"birth.preterm.{locale.lower()}") if outcome == "live birth" else 0.6
    if happens(stream, early):
        least = _EARLIEST_HOME if outcome == "live birth" else 26
        return max(36 - int(stream.expovariate(1 / 1.9)), least)
    return min(max(round(stream.gauss(39.2, 1.1)), 37), 41)


def _together(mother: Resident, day: date, locale: Locale) -> bool:
    """Is there a partner on this day? Asked of married women only where customs ask for it."""
    status = mother.marital_on(day)
    if status == "MARRIED":
        spouse = mother.spouse
        assert spouse is not None
        return (spouse.death is None or day < spouse.death) and mother.divorced_on is None
    return locale == "en_US" and mother.death is None and status != "WIDOWED"


def _father(mother: Resident, day: date) -> Resident | None:
    return mother.spouse if mother.marital_on(day) == "MARRIED" else None
