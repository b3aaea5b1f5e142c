"""Body weight of adults over the years."""

from __future__ import annotations

from datetime import date
from random import Random

from deid.synth.constitution import DIABETES
from deid.synth.parameters import value
from deid.synth.people import Resident
from deid.synth.physiology.decline import decline
from deid.synth.physiology.pressure import winter

WASTING_DAYS = 240
"""How long before its diagnosis diabetes takes weight away, and how long it takes to come back
under treatment (assumption)."""

LOST_AFTER_BIRTH_DAYS = 180
"""Until the weight of before a pregnancy is back (assumption); half of it goes with the birth."""

WASTED_AT_DEATH = 0.16
"""Share of the weight that is lost to a disease that wastes (assumption)."""


def weight_gained(weeks: int, bmi: float) -> float:
    """Kilograms: 2 in the first trimester, then what the Institute of Medicine advised in 2009."""
    weekly = 0.51 if bmi < 18.5 else 0.42 if bmi < 25 else 0.28 if bmi < 30 else 0.22
    return 2 * min(weeks, 13) / 13 + weekly * max(weeks - 13, 0)


def _carried(resident: Resident, day: date) -> float:
    """Kilograms of a pregnancy: gained in it, and lost again within half a year after the birth."""
    bmi = resident.weight_kg / (resident.height_cm / 100) ** 2
    for pregnancy in resident.pregnancies:
        weeks = (day - pregnancy.lmp).days // 7
        if weeks < 0:
            continue
        ended = pregnancy.delivered
        if ended is None or day < ended:
            return weight_gained(min(weeks, 41), bmi)
        after = (day - ended).days
        if after < LOST_AFTER_BIRTH_DAYS and pregnancy.outcome != "miscarriage":
            left = 0.5 * (1 - after / LOST_AFTER_BIRTH_DAYS)
            return left * weight_gained(pregnancy.weeks, bmi)
    return 0.0


def weight_on(stream: Random, resident: Resident, day: date, anchor: date) -> float:
    """Weight in kg as the scales show it; ``anchor`` is the day of the weight on file."""
    years = (day - anchor).days / 365.25
    old = resident.age_on(day) >= 65
    drift = value("weight.drift.old") if old else value("weight.drift.middle")
    weight = resident.weight_kg + drift * years + value("weight.winter") * winter(day)
    onset = resident.problems.get(DIABETES)
    if onset is not None:
        away = abs((day - onset).days) / WASTING_DAYS
        weight -= 2.5 * max(1 - away, 0.0)
    weight += _carried(resident, day)
    weight *= 1 - WASTED_AT_DEATH * decline(resident, day)
    return round(max(weight + stream.gauss(0, 0.4), 0.65 * resident.weight_kg), 1)


def bmi_of(weight: float, resident: Resident) -> float:
    """Body mass index in kg/m²."""
    return round(weight / (resident.height_cm / 100) ** 2, 1)
