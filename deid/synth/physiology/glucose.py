"""Fasting glucose, and HbA1c that follows it."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from deid.synth.constitution import DIABETES, hba1c_of, untreated_glucose
from deid.synth.parameters import value
from deid.synth.physiology.body import Body
from deid.synth.physiology.drugs import ADHERENCE_EFFECT, fall_of

_MEMORY = ((1, 0.3), (20, 0.3), (50, 0.25), (85, 0.15))
"""Days ago, and the weight of the glucose of those days in HbA1c (assumption: red cells live for
some hundred and twenty days, and the last month weighs most)."""


def glucose_level(body: Body, day: date) -> float:
    """Fasting plasma glucose in mmol/L of an ordinary day."""
    resident = body.resident
    risen = body.risen(DIABETES, day)
    glucose = body.healthy_glucose + (untreated_glucose(resident) - body.healthy_glucose) * risen
    if risen == 1:
        years = min((day - resident.problems[DIABETES]).days / 365, value("hba1c.drift.years"))
        regimen = body.treatment_on(DIABETES, day)
        percent = value("hba1c.drift") * years
        fall = fall_of("hba1c", regimen.drugs, regimen.raised)
        percent -= ADHERENCE_EFFECT[regimen.adherence] * fall
        glucose += percent / _percent_per_mmol()
    if resident.has("DEPRESSIVE_DISORDER", day) and risen:
        glucose += value("fpg.depression")
    # Drugs bring it back to normal, seldom below.
    return max(glucose, value("fpg.treated.lowest"))


def fasting_glucose(stream: Random, body: Body, day: date) -> float:
    """Fasting plasma glucose in mmol/L as measured; now and then the person has had breakfast."""
    spread = value("fpg.visit.sd") * (
        1 if body.risen(DIABETES, day) else value("fpg.visit.healthy")
    )
    lowest = 3.7 if body.risen(DIABETES, day) else 4.0
    return round(min(max(glucose_level(body, day) + stream.gauss(0, spread), lowest), 25), 1)


def hba1c(stream: Random, body: Body, day: date) -> float:
    """Percent; it shows the level of the last three months and not the day's glucose."""
    level = sum(
        share * glucose_level(body, day - timedelta(days=before)) for before, share in _MEMORY
    )
    percent = hba1c_of(level) + stream.gauss(0, value("hba1c.visit.sd"))
    return round(min(max(percent, 4.2), 15), 1)


def _percent_per_mmol() -> float:
    return hba1c_of(1) - hba1c_of(0)
