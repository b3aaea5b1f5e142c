"""What people die of: a disease that they had, or what takes people of their age suddenly."""

from __future__ import annotations

from functools import cache
from random import Random

from deid.synth.parameters import value
from deid.synth.people import Resident
from deid.synth.society.published import read_table
from deid.synth.streams import happens, weighted

LETHAL = {
    "LUNG_CANCER": 10.0, "COLON_CANCER": 5.0, "BREAST_CANCER": 4.0, "HEART_FAILURE": 4.0,
    "CEREBRAL_INFARCTION": 3.0, "ACUTE_MYOCARDIAL_INFARCTION": 3.0, "DEMENTIA": 3.0,
    "CORONARY_ARTERIOSCLEROSIS": 2.0, "COPD": 2.0, "CHRONIC_KIDNEY_DISEASE": 2.0,
    "PARKINSON_DISEASE": 1.5, "PULMONARY_TUBERCULOSIS": 1.5, "CIRRHOSIS": 4.0,
}  # fmt: skip
"""Weights among the diseases of one person (assumptions)."""


def draw_cause(stream: Random, member: Resident) -> str | None:
    """Cause of a resident's death as registered; ``None`` if the register does not say."""
    death = member.death
    if death is None:
        return None
    had = {problem: weight for problem, weight in LETHAL.items() if member.has(problem, death)}
    if had and happens(stream, value("mortality.of_known_disease")):
        return weighted(stream, had)
    age = member.age_on(death)
    for low, high, causes in _causes():
        if low <= age <= high:
            return weighted(stream, causes) or None
    return None


@cache
def _causes() -> tuple[tuple[int, int, dict[str, float]], ...]:
    groups: dict[tuple[int, int], dict[str, float]] = {}
    for row in read_table("causes"):
        key = int(row["low"]), int(row["high"])
        groups.setdefault(key, {})[row["cause"]] = float(row["share"])
    return tuple((low, high, causes) for (low, high), causes in groups.items())
