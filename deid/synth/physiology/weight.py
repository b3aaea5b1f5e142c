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

WASTED_AT_DEATH = 0.16
"""Share of the weight that is lost to a disease that wastes (assumption)."""


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
    weight *= 1 - WASTED_AT_DEATH * decline(resident, day)
    return round(max(weight + stream.gauss(0, 0.4), 0.65 * resident.weight_kg), 1)


def bmi_of(weight: float, resident: Resident) -> float:
    """Body mass index in kg/m²."""
    return round(weight / (resident.height_cm / 100) ** 2, 1)
