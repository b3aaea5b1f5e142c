"""Body weight of adults over the years."""

from __future__ import annotations

from datetime import date
from random import Random

from deid.synth.constitution import DIABETES
from deid.synth.parameters import value
from deid.synth.people import Resident
from deid.synth.physiology.decline import decline
from deid.synth.physiology.pressure import winter

OLD = 65
"""Age from which weight is lost with the years."""


def weight_gained(weeks: int, bmi: float) -> float:
    """Kilograms: 2 in the first trimester, then what the Institute of Medicine advised in 2009."""
    weekly = 0.51 if bmi < 18.5 else 0.42 if bmi < 25 else 0.28 if bmi < 30 else 0.22
    return 2 * min(weeks, 13) / 13 + weekly * max(weeks - 13, 0)


def _carried(resident: Resident, day: date) -> float:
    """Kilograms of a pregnancy: gained in it; what the birth leaves is lost in the months after."""
    bmi = resident.weight_kg / (resident.height_cm / 100) ** 2
    for pregnancy in resident.pregnancies:
        weeks = (day - pregnancy.lmp).days // 7
        if weeks < 0:
            continue
        ended = pregnancy.delivered
        if ended is None or day < ended:
            return weight_gained(min(weeks, 41), bmi)
        after = (day - ended).days
        share = 1 - after / value("weight.after_birth.days")
        if share > 0 and pregnancy.outcome != "miscarriage":
            left = value("weight.after_birth") * share
            return left * weight_gained(pregnancy.weeks, bmi)
    return 0.0


def weight_on(stream: Random, resident: Resident, day: date, anchor: date) -> float:
    """Weight in kg as the scales show it; ``anchor`` is the day of the weight on file."""
    years = (day - anchor).days / 365.25
    old = min(max((day - resident.birth).days / 365.25 - OLD, 0.0), max(years, 0.0))
    drift = value("weight.drift.middle") * (years - old) + value("weight.drift.old") * old
    weight = resident.weight_kg + drift + value("weight.winter") * winter(day)
    onset = resident.problems.get(DIABETES)
    if onset is not None:
        away = abs((day - onset).days) / value("weight.wasting.days")
        weight -= value("weight.wasting") * max(1 - away, 0.0)
    weight += _carried(resident, day)
    weight *= 1 - value("weight.wasted_at_death") * decline(resident, day)
    shown = weight + stream.gauss(0, value("weight.visit.sd"))
    return round(max(shown, 0.65 * resident.weight_kg), 1)


def bmi_of(weight: float, resident: Resident) -> float:
    """Body mass index in kg/m²."""
    return round(weight / (resident.height_cm / 100) ** 2, 1)
