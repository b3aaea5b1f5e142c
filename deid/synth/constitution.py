"""What a person is born with and how they are: deviates that decide who is well controlled.

Drawn before any problem, so that blood pressure, glucose and the way with drugs of one person
decide both what is measured later and which complications come.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log
from random import Random
from typing import TypeVar
from zlib import crc32

from deid.synth.parameters import value
from deid.synth.people import Resident

T = TypeVar("T")
TRAITS = ("systolic", "diastolic", "glucose", "adherence", "lipids", "kidney", "pulse", "mood",
          "white_coat", "frailty")  # fmt: skip
HYPERTENSION, DIABETES = "ESSENTIAL_HYPERTENSION", "TYPE_2_DIABETES"
MG_PER_MMOL = 18.016
"""mg/dL of glucose in one mmol/L."""


def draw_constitution(stream: Random, resident: Resident) -> None:
    """Standard normal deviates by name, independent of each other."""
    resident.constitution = {trait: stream.gauss(0, 1) for trait in TRAITS}


def trait(resident: Resident, name: str) -> float:
    """One deviate; 0, the average, for whom nothing was drawn."""
    return resident.constitution.get(name, 0.0)


def one_of_person(resident: Resident, options: Sequence[T], about: str = "") -> T:
    """One of the options, always the same for one person and subject."""
    return options[crc32(f"{resident.person_id}/{about}".encode()) % len(options)]


def share_of_person(resident: Resident, about: str) -> float:
    """A number of [0, 1), always the same for one person and subject."""
    return crc32(f"{resident.person_id}/{about}".encode()) / 2**32


def untreated_systolic(resident: Resident) -> float:
    """Systolic pressure in mmHg that hypertension leads to without drugs, at the age of 60."""
    drawn = value("sbp.untreated.mean") + value("sbp.untreated.sd") * trait(resident, "systolic")
    return max(drawn, 138.0)


def untreated_glucose(resident: Resident) -> float:
    """Fasting glucose in mmol/L that diabetes leads to without drugs."""
    drawn = value("fpg.untreated.mean") + value("fpg.untreated.sd") * trait(resident, "glucose")
    return max(drawn, 7.2)


def taken_share(resident: Resident) -> float:
    """Share of prescribed doses that the person takes on the long run."""
    mean = value("adherence.taken.mean") + value("adherence.taken.sd") * trait(
        resident, "adherence"
    )
    return min(max(mean, 0.0), 1.0)


def typical_systolic(resident: Resident) -> float:
    """Long-run systolic pressure in mmHg of a person with hypertension in follow-up."""
    return untreated_systolic(resident) - value("sbp.regimen") * taken_share(resident)


def typical_hba1c(resident: Resident) -> float:
    """Long-run HbA1c in percent of a person with diabetes in follow-up."""
    glucose = untreated_glucose(resident) - value("fpg.regimen") * taken_share(resident)
    return hba1c_of(max(glucose, 5.0))


def hba1c_of(fasting: float) -> float:
    """HbA1c in percent that goes with a lasting fasting glucose in mmol/L (Nathan 2008)."""
    mean = fasting * MG_PER_MMOL * value("glucose.mean_per_fasting")
    return (mean + value("hba1c.offset")) / value("hba1c.slope")


def control_ratio(problem: str, resident: Resident) -> float:
    """Risk of a complication by the person's own control, about 1 on average among the ill.

    1 for people with neither hypertension nor diabetes and for other problems.
    """
    name = _MACROVASCULAR.get(problem)
    if name is None:
        return 1.0
    ratio = 1.0
    if HYPERTENSION in resident.problems:
        times = log(value(f"risk.{name}.per_20_mmhg")) / 20
        ratio *= exp(times * (typical_systolic(resident) - value("sbp.treated.mean")))
        ratio /= exp((times * value("sbp.treated.sd")) ** 2 / 2)
    if DIABETES in resident.problems:
        times = log(value(f"risk.{name}.per_hba1c"))
        ratio *= exp(times * (typical_hba1c(resident) - value("hba1c.treated.mean")))
        ratio /= exp((times * value("hba1c.treated.sd")) ** 2 / 2)
    return ratio


_MACROVASCULAR = {
    "CEREBRAL_INFARCTION": "stroke",
    "CORONARY_ARTERIOSCLEROSIS": "coronary",
    "HEART_FAILURE": "heart_failure",
    "CHRONIC_KIDNEY_DISEASE": "kidney",
}
