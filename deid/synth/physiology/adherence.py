"""How regularly the drugs are taken: a person's way, moved by mood, money and burden."""

from __future__ import annotations

from datetime import date
from math import exp
from random import Random

from deid.synth.constitution import trait
from deid.synth.parameters import value
from deid.synth.people import Resident
from deid.synth.society.influences import adherence_odds
from deid.synth.streams import happens


def regular_chance(resident: Resident, day: date) -> float:
    """Chance of taking the drugs regularly."""
    base = value("adherence.regular")
    odds = base / (1 - base) * adherence_odds(resident, day)
    odds *= exp(value("adherence.person") * trait(resident, "adherence"))
    return odds / (1 + odds)


def next_adherence(stream: Random, resident: Resident, day: date, current: str | None) -> str:
    """How regularly the resident takes the drugs until the next visit."""
    if current is not None and happens(stream, value("adherence.keeps_state")):
        return current
    regular = regular_chance(resident, day)
    share = value("adherence.intermittent") / (1 - value("adherence.regular"))
    draw = stream.random()
    if draw < regular:
        return "ADHERENCE_REGULAR"
    if draw < regular + (1 - regular) * share:
        return "ADHERENCE_INTERMITTENT"
    return "ADHERENCE_NONE"
