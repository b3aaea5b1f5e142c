"""One resident's own levels, and the treatment that courses of visits have started."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from random import Random

from deid.synth.constitution import HYPERTENSION, trait
from deid.synth.parameters import value
from deid.synth.people import Resident
from deid.synth.physiology.drugs import CLASS_OF


@dataclass(frozen=True)
class Regimen:
    """What is prescribed for one problem from a day on, and how it is taken."""

    since: date
    drugs: tuple[str, ...]
    adherence: str
    raised: tuple[str, ...] = ()
    """Drugs whose dose was raised, each once for each time."""


NO_REGIMEN = Regimen(date.min, (), "ADHERENCE_NONE")


@dataclass
class Body:
    """A resident's own levels without disease; what disease adds follows from the constitution."""

    resident: Resident
    healthy_systolic: float
    diastolic_offset: float
    healthy_glucose: float
    heart_rate: float
    ldl: float
    hdl: float
    triglyceride: float
    regimens: dict[str, list[Regimen]] = field(default_factory=dict)

    def risen(self, problem: str, day: date) -> float:
        """How far the level of a disease is reached on a day: 0 long before, 1 from its onset."""
        onset = self.resident.problems.get(problem)
        if onset is None:
            return 0.0
        return min(max(1 + (day - onset).days / value("onset.rise"), 0.0), 1.0)

    def pulse_on(self, day: date) -> float:
        """Beats a minute at rest: fewer under a beta blocker that is taken."""
        regimen = self.treatment_on(HYPERTENSION, day)
        slowed = regimen.adherence != "ADHERENCE_NONE" and any(
            CLASS_OF[drug] == "beta_blocker" for drug in regimen.drugs
        )
        return max(self.heart_rate - value("pulse.beta_blocker") * slowed, 52)

    def treat(self, problem: str, regimen: Regimen) -> None:
        """Write down a regimen; days never go back within one problem."""
        self.regimens.setdefault(problem, []).append(regimen)

    def treatment_on(self, problem: str, day: date) -> Regimen:
        """The regimen that a person lives under on a day, before what that day's visit changes."""
        found = NO_REGIMEN
        for regimen in self.regimens.get(problem, ()):
            if regimen.since >= day:
                break
            found = regimen
        return found


def draw_body(stream: Random, resident: Resident) -> Body:
    """Levels of one person."""
    high = "HYPERLIPIDEMIA" in resident.problems
    mean = value("ldl.high.mean") if high else value("ldl.normal.mean")
    hdl = value("hdl.men") if resident.sex == "M" else value("hdl.women")
    triglyceride = value("triglyceride.high") if high else value("triglyceride.normal")
    return Body(
        resident=resident,
        healthy_systolic=min(stream.gauss(value("sbp.normal.mean"), value("sbp.normal.sd")), 134),
        diastolic_offset=value("dbp.offset.mean")
        + value("dbp.offset.sd") * trait(resident, "diastolic"),
        healthy_glucose=min(
            max(stream.gauss(value("fpg.normal.mean"), value("fpg.normal.sd")), 4.2), 6.2
        ),
        heart_rate=value("pulse.mean") + value("pulse.sd") * trait(resident, "pulse"),
        ldl=max(mean + value("ldl.normal.sd") * trait(resident, "lipids"), 1.4),
        hdl=max(stream.gauss(hdl, value("hdl.sd")), 0.7),
        triglyceride=min(
            max(stream.lognormvariate(triglyceride, value("triglyceride.sd")), 0.4), 8.0
        ),
    )
