"""Complications that diabetes and hypertension bring on by the year, faster under poor control."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from math import exp, log
from random import Random

from deid.synth.constitution import (
    DIABETES,
    HYPERTENSION,
    typical_hba1c,
    typical_systolic,
)
from deid.synth.parameters import value
from deid.synth.people import Household, Resident
from deid.synth.streams import happens


@dataclass(frozen=True)
class Complication:
    """``name`` in the parameter table: ``risk.<name>.per_year`` and its ratios."""

    problem: str
    name: str
    after: tuple[str, ...]
    hastened_by: str | None = None


INFARCTION, CORONARY = "ACUTE_MYOCARDIAL_INFARCTION", "CORONARY_ARTERIOSCLEROSIS"

ACUTE = timedelta(days=28)
"""For how long an infarction counts as acute (ICD-10, I21)."""

COMPLICATIONS = (
    Complication("T2DM_RETINOPATHY", "retinopathy", (DIABETES,)),
    Complication("DIABETIC_NEPHROPATHY", "nephropathy", (DIABETES,)),
    Complication("T2DM_NEUROPATHY", "neuropathy", (DIABETES,)),
    Complication("DIABETIC_FOOT", "foot", (DIABETES,), "T2DM_NEUROPATHY"),
    Complication(INFARCTION, "infarction", (CORONARY,)),
)


OPERATED = {"GALLSTONE": "gallstone", "CATARACT": "cataract"}
"""Problems that an operation ends, with the name of its rate in the parameter table."""


def draw_operations(stream: Random, household: Household, today: date) -> None:
    """When a problem ends by an operation within the record of a member."""
    for member in household.members:
        for problem, name in OPERATED.items():
            left = -log(1 - stream.random())
            onset = member.problems.get(problem)
            rate = value(f"operation.{name}.{household.locale.lower()}")
            if onset is None or not rate:
                continue
            first = max(onset, member.first_day(household.record_start)) + timedelta(days=60)
            day = first + timedelta(days=int(left / rate * 365))
            if day < member.last_day(today) - timedelta(days=30) and not member.is_away(day):
                member.resolved[problem] = day


def draw_complications(stream: Random, members: Iterable[Resident], today: date) -> None:
    """Onsets for each of them; none lies after death, moving out or ``today``."""
    for member in members:
        for complication in COMPLICATIONS:
            # Every draw is made, so that one problem more does not move the others.
            left = -log(1 - stream.random())
            onset = _onset(complication, member, left, member.last_day(today))
            if onset is not None:
                member.problems.setdefault(complication.problem, onset)
        ends = _end_of_tuberculosis(stream)
        _end(member, INFARCTION, ACUTE, today)
        _end(member, "PULMONARY_TUBERCULOSIS", ends, today)


def _end_of_tuberculosis(stream: Random) -> timedelta | None:
    """Most are cured by six months of treatment, or by nine when it is not the first."""
    cured, retreated = (happens(stream, value(name)) for name in ("tb.completes", "tb.retreated"))
    days = timedelta(days=(270 if retreated else 180) + stream.randrange(10))
    return days if cured else None


def _end(member: Resident, problem: str, after: timedelta | None, today: date) -> None:
    onset = member.problems.get(problem)
    if onset is not None and after is not None and onset + after < member.last_day(today):
        member.resolved.setdefault(problem, onset + after)


def yearly_rate(complication: Complication, resident: Resident, day: date) -> float:
    """Incidence on a day, by the control of those diseases that have begun."""
    rate = value(f"risk.{complication.name}.per_year")
    if not any(resident.has(problem, day) for problem in complication.after):
        return 0.0
    ratios = 1.0
    if resident.has(DIABETES, day):
        excess = typical_hba1c(resident) - value("hba1c.treated.mean")
        ratios *= value(f"risk.{complication.name}.per_hba1c") ** excess
    if resident.has(HYPERTENSION, day):
        excess = (typical_systolic(resident) - value("sbp.treated.mean")) / 20
        ratios *= value(f"risk.{complication.name}.per_20_mmhg") ** excess
    if complication.hastened_by is not None and resident.has(complication.hastened_by, day):
        ratios *= value(f"risk.{complication.name}.hastened")
    age = max(resident.age_on(day) - 60, -30) / 10
    return rate * ratios * exp(age * log(value(f"risk.{complication.name}.per_decade")))


def _onset(complication: Complication, resident: Resident, left: float, last: date) -> date | None:
    onsets = [resident.problems[p] for p in complication.after if p in resident.problems]
    if not onsets:
        return None
    day = min(onsets)
    while day < last:
        rate = yearly_rate(complication, resident, day)
        if left < rate:
            onset = day + timedelta(days=int(left / rate * 365))
            return onset if onset < last else None
        left -= rate
        day += timedelta(days=365)
    return None
