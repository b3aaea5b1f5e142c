"""Body weight of adults over the years."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from deid.synth.constitution import DIABETES
from deid.synth.parameters import value
from deid.synth.people import Resident
from deid.synth.physiology.pressure import winter


def weight_on(stream: Random, resident: Resident, day: date, anchor: date) -> float:
    """Weight in kg as the scales show it; ``anchor`` is the day of the weight on file."""
    years = (day - anchor).days / 365.25
    old = resident.age_on(day) >= 65
    drift = value("weight.drift.old") if old else value("weight.drift.middle")
    weight = resident.weight_kg + drift * years + value("weight.winter") * winter(day)
    onset = resident.problems.get(DIABETES)
    if onset is not None and onset - timedelta(days=value("weight.wasting.days")) <= day < onset:
        weight -= value("weight.wasting")
    return round(
        max(weight + stream.gauss(0, value("weight.visit.sd")), 0.75 * resident.weight_kg), 1
    )


def bmi_of(weight: float, resident: Resident) -> float:
    """Body mass index in kg/m²."""
    return round(weight / (resident.height_cm / 100) ** 2, 1)
