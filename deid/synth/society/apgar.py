"""Family APGAR (Smilkstein 1978): five answers from 0 to 2, moved by what families live through."""

from __future__ import annotations

from datetime import date
from random import Random

from deid.synth.parameters import value
from deid.synth.people import Household, Resident

ITEMS = (
    "FAMILY_APGAR_ADAPTATION",
    "FAMILY_APGAR_PARTNERSHIP",
    "FAMILY_APGAR_GROWTH",
    "FAMILY_APGAR_AFFECTION",
    "FAMILY_APGAR_RESOLVE",
)
OFTEN, SOMETIMES = -0.1, -1.3
"""Thresholds of closeness for two points and for one."""

RECENT_DAYS = 730


def ask_family_apgar(
    stream: Random, household: Household, member: Resident, day: date
) -> dict[str, float]:
    """The five items and their sum, as one member answers on a day."""
    closeness = household.closeness - strain(household, member, day)
    points = []
    for _ in ITEMS:
        felt = closeness + stream.gauss(0, 0.6)
        points.append(2 if felt > OFTEN else 1 if felt > SOMETIMES else 0)
    return {**dict(zip(ITEMS, map(float, points), strict=True)), "FAMILY_APGAR": float(sum(points))}


def strain(household: Household, member: Resident, day: date) -> float:
    """What weighs on the family on a day; new love and care weigh the other way."""
    weight = 0.0
    if any(m.has("FAMILY_CONFLICT", day) for m in household.members):
        weight += value("apgar.conflict")
    if any(m.has("FINANCIAL_HARDSHIP", day) for m in household.members):
        weight += value("apgar.hardship")
    for problem in ("DEPRESSIVE_DISORDER", "LONELINESS", "CAREGIVER_BURDEN"):
        if member.has(problem, day):
            weight += value("apgar.own_burden")
    for event in member.events:
        if not 0 <= (day - event.day).days < RECENT_DAYS:
            continue
        if event.kind == "EVENT_DIVORCED":
            weight += value("apgar.divorce")
        elif event.kind in {"EVENT_CHILD_BORN", "EVENT_MARRIED"}:
            weight -= value("apgar.joy")
    return weight
