"""PHQ-9 and GAD-7 through an episode, after it, and under the weight of life."""

from __future__ import annotations

from datetime import date
from random import Random

from deid.synth.constitution import trait
from deid.synth.parameters import value
from deid.synth.people import Resident

_BURDENS = ("CAREGIVER_BURDEN", "BEREAVEMENT_SPOUSE", "FAMILY_CONFLICT", "UNEMPLOYMENT_PROBLEM",
            "FINANCIAL_HARDSHIP")  # fmt: skip


def episode(resident: Resident, problem: str, day: date) -> float:
    """Height of an episode: 0 outside it, 1 at its begin, falling to a third at its end."""
    if not resident.has(problem, day):
        return 0.0
    passed = (day - resident.problems[problem]).days
    end = resident.resolved.get(problem)
    if end is None:
        return 0.5 + 0.5 * 0.5 ** (passed / value("mood.recovery"))
    whole = max((end - resident.problems[problem]).days, 1)
    return 1 - (1 - value("mood.at_the_end")) * min(passed / whole, 1.0)


def is_beyond_asking(resident: Resident, day: date) -> bool:
    """Has dementia gone so far that no questionnaire about the mood is answered?"""
    onset = resident.problems.get("DEMENTIA")
    return onset is not None and (day - onset).days > value("dementia.asked_until") * 365


def mood_scores(stream: Random, resident: Resident, day: date) -> tuple[int, int]:
    """PHQ-9 (0-27) and GAD-7 (0-21)."""
    burdens = sum(resident.has(problem, day) for problem in _BURDENS)
    burden = min(value("mood.burden") * burdens, value("mood.burden.at_most"))
    low, anxious = (
        episode(resident, problem, day) for problem in ("DEPRESSIVE_DISORDER", "ANXIETY_DISORDER")
    )
    lift = value("mood.person") * trait(resident, "mood")
    phq = value("phq9.well") + burden + low * (value("phq9.depressed") + lift)
    gad = value("gad7.well") + burden + anxious * (value("gad7.anxious") + lift)
    both, unsettled = value("mood.comorbid"), value("mood.episode.sd")
    phq += both * anxious + stream.gauss(0, unsettled if low else value("phq9.sd"))
    gad += both * low + stream.gauss(0, unsettled if anxious else value("gad7.sd"))
    return min(max(round(phq), 0), 27), min(max(round(gad), 0), 21)
