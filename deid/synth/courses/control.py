"""Control of pressure and glucose by the national rules, and why a treatment is left as it is."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from deid.synth.mixes import draw_mix
from deid.synth.parameters import value
from deid.synth.people import Resident
from deid.synth.streams import happens

REACTIONS = {
    "ccb": "leg swelling", "ace_inhibitor": "cough", "arb": "dizziness", "thiazide": "dizziness",
    "beta_blocker": "tiredness", "metformin": "diarrhoea", "sulfonylurea": "palpitation",
    "aldosterone_antagonist": "tiredness", "dpp4": "itchy rash", "acarbose": "stomach ache",
    "insulin": "palpitation",
}  # fmt: skip
"""What each class of drugs brings those who do not bear it."""


def class_of_pressure(resident: Resident, day: date, systolic: float, diastolic: float) -> str:
    """The class that the numbers ask for: under 140/90, from 65 years on under 150/90."""
    limit = 150 if resident.age_on(day) >= 65 else 140
    return "CLASS_CONTROLLED" if systolic < limit and diastolic < 90 else "CLASS_UNCONTROLLED"


def class_of_glucose(glucose: float) -> str:
    """Under 7.0 mmol/L fasting is controlled."""
    return "CLASS_CONTROLLED" if glucose < 7.0 else "CLASS_UNCONTROLLED"


DANGEROUS_GLUCOSE = 16.7
"""mmol/L fasting, from which on the national rules refer at once."""


def is_dangerous(readings: dict[str, float]) -> bool:
    """Values in SI units that ask for referral at once by the national rules."""
    glucose = readings.get("FASTING_GLUCOSE", 6.0)
    return (
        readings.get("SYSTOLIC_BP", 120) >= 180
        or readings.get("DIASTOLIC_BP", 80) >= 110
        or glucose >= DANGEROUS_GLUCOSE
        or glucose <= 3.9
    )


def days_to_next(follow_up_class: str) -> int:
    """Days until the next follow-up: a quarter if controlled, otherwise two weeks."""
    controlled = follow_up_class == "CLASS_CONTROLLED"
    return round(value("follow_up.interval" if controlled else "follow_up.after_uncontrolled"))


def comes_on(stream: Random, day: date, due: date, adherence: str) -> date:
    """When somebody seen on ``day`` and due on another comes: about then, or a quarter later.

    Who stays away after two weeks comes when the quarter is over.
    """
    quarter = timedelta(days=round(value("follow_up.interval")))
    if due - day < quarter:
        if not happens(stream, value(f"follow_up.short.missed.{adherence.lower()}")):
            return due + timedelta(days=stream.randrange(-3, 4))
        due = day + quarter
    due += timedelta(days=stream.randrange(-4, 13))
    while happens(stream, value("follow_up.missed")):
        due += quarter
    return due


def why_unchanged(
    stream: Random,
    adherence: str,
    *,
    uncontrolled: bool,
    advised: bool,
    left: bool,
    recent: bool = False,
    long_term: bool = False,
) -> str:
    """One of :data:`deid.synth.visits.Unchanged`.

    ``uncontrolled``: do the numbers say so too; ``advised``: did the hospital see the resident
    within the year; ``left``: is there another drug that could be given; ``recent``: has the last
    one hardly begun to work; ``long_term``: is HbA1c at its goal?
    """
    if not uncontrolled:
        return "recheck"
    if adherence == "ADHERENCE_NONE":
        return "not_taken"
    if adherence == "ADHERENCE_INTERMITTENT":
        return "irregular"
    if recent or long_term:
        return "recent" if recent else "long_term"
    if not left:
        return "advised" if advised else "all_given"
    return draw_mix(stream, "follow_up.unchanged")
