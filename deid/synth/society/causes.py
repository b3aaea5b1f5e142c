"""What people die of: a disease that they had, or what takes people of their age suddenly."""

from __future__ import annotations

from functools import cache
from random import Random

from deid.synth.people import Locale, Resident
from deid.synth.society.mortality import LETHAL, rate_at
from deid.synth.society.published import read_table
from deid.synth.society.structure import DAYS_A_YEAR
from deid.synth.streams import weighted


def draw_cause(stream: Random, member: Resident, locale: Locale) -> str | None:
    """Cause of a resident's death as registered; ``None`` if the register does not say.

    The diseases and the background kill in proportion to what each adds to the person's rate.
    """
    death = member.death
    if death is None:
        return None
    age = (death - member.birth).days / DAYS_A_YEAR
    rate = rate_at(locale, member.sex, age)
    adds = {"": 1.0}
    for problem, lethality in LETHAL.items():
        if member.has(problem, death):
            adds[problem] = lethality.ratio_at(rate, age) - 1
    problem = weighted(stream, adds)
    if problem:
        return weighted(stream, LETHAL[problem].causes)
    return weighted(stream, _background(locale, int(age))) or None


@cache
def _background(locale: Locale, age: int) -> dict[str, float]:
    """Weights of the causes of death of people in whom nothing was known that kills."""
    return {
        row["cause"]: float(row["share"])
        for row in read_table("causes")
        if row["locale"] == locale and int(row["low"]) <= age <= int(row["high"])
    }
