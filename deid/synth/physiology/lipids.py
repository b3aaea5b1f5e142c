"""Blood lipids that add up, and the statin that lowers them."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from statistics import NormalDist

from deid.synth.constitution import DIABETES, taken_share, trait
from deid.synth.parameters import value
from deid.synth.people import Resident
from deid.synth.physiology.body import Body

STRUCK = ("ACUTE_MYOCARDIAL_INFARCTION", "CEREBRAL_INFARCTION")
INDICATIONS = ("HYPERLIPIDEMIA", "CORONARY_ARTERIOSCLEROSIS", "CEREBRAL_INFARCTION")
_BY_AGE = (DIABETES, "HYPERLIPIDEMIA")
"""Problems that ask for a statin from an age on: Grundy 2019 Circulation 139:e1082."""


def statin_age(resident: Resident) -> date:
    """The birthday from which on diabetes or high lipids alone ask for a statin."""
    return resident.birth + timedelta(days=round(value("statin.diabetes_from") * 365.25))


def takes_statin(resident: Resident, day: date) -> bool:
    """Some weeks after the first indication, the ready part of those who have one.

    After an infarction or a stroke at once, and nearly everybody.
    """
    problems = resident.problems
    rank = NormalDist().cdf(trait(resident, "adherence"))
    if any(problem in problems and problems[problem] <= day for problem in STRUCK):
        return rank > 1 - value("statin.after_event")
    onsets = [problems[p] for p in INDICATIONS if p in problems and p not in _BY_AGE]
    onsets += [
        max(problems[problem], statin_age(resident)) for problem in _BY_AGE if problem in problems
    ]
    if not onsets or day < min(onsets) + timedelta(days=value("statin.wait")):
        return False
    return rank > 1 - value("statin.starts")


def lipids(stream: Random, body: Body, day: date) -> dict[str, float]:
    """Total, LDL and HDL cholesterol and triglycerides in mmol/L, by Friedewald 1972."""
    ldl = body.ldl
    if takes_statin(body.resident, day):
        falls = value("ldl.drug.statin")
        if body.resident.doubled.get("ATORVASTATIN", date.max) < day:
            falls += value("statin.doubled.more")
        ldl *= 1 - falls * taken_share(body.resident)
    ldl = max(ldl + stream.gauss(0, value("ldl.visit.sd")), 0.9)
    hdl = max(body.hdl + stream.gauss(0, value("hdl.visit.sd")), 0.6)
    varied = stream.lognormvariate(0, value("triglyceride.visit.sd"))
    triglyceride = min(max(body.triglyceride * varied, 0.4), 9.0)
    # Friedewald's fifth holds up to 4.5 mmol/L; beyond, no more is added.
    total = ldl + hdl + min(triglyceride, 4.5) / 2.2
    return {
        "CHOLESTEROL": round(total, 2),
        "TRIGLYCERIDE": round(triglyceride, 2),
        "HDL": round(hdl, 2),
        "LDL": round(ldl, 2),
    }
