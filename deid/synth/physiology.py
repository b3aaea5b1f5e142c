"""Blood pressure, glucose and the rest of the body as treatment, season and habits move them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from math import cos, pi
from random import Random

from deid.synth.parameters import value
from deid.synth.people import Resident
from deid.synth.streams import happens

ADHERENCE_EFFECT = {"ADHERENCE_REGULAR": 1.0, "ADHERENCE_INTERMITTENT": 0.45, "ADHERENCE_NONE": 0.0}
DEPRESSED = "DEPRESSIVE_DISORDER"


RISE_DAYS = 730
"""A level rises to that of the disease over the two years before its diagnosis (assumption)."""


@dataclass
class Body:
    """A resident's own levels without treatment, before disease and in it."""

    resident: Resident
    healthy_systolic: float
    systolic: float
    diastolic: float
    healthy_glucose: float
    glucose: float
    heart_rate: float
    cholesterol: float
    creatinine: float
    last_pressure: tuple[int, int] | None = None

    def risen(self, problem: str, day: date) -> float:
        """How far the level of a disease is reached on a day: 0 long before, 1 from its onset."""
        onset = self.resident.problems.get(problem)
        if onset is None:
            return 0.0
        return min(max(1 + (day - onset).days / RISE_DAYS, 0.0), 1.0)


def draw_body(stream: Random, resident: Resident) -> Body:
    """Levels of one person."""
    high_lipids = "HYPERLIPIDEMIA" in resident.problems
    renal = "CHRONIC_KIDNEY_DISEASE" in resident.problems
    systolic = stream.gauss(value("sbp.untreated.mean"), value("sbp.untreated.sd"))
    glucose = stream.gauss(value("fpg.untreated.mean"), value("fpg.untreated.sd"))
    return Body(
        resident=resident,
        healthy_systolic=min(stream.gauss(value("sbp.normal.mean"), 7), 134),
        systolic=max(systolic, 138),
        diastolic=stream.gauss(28, 4),
        healthy_glucose=min(max(stream.gauss(value("fpg.normal.mean"), 0.4), 4.2), 6.2),
        glucose=max(glucose, 7.2),
        heart_rate=stream.gauss(74, 7),
        cholesterol=stream.gauss(6.3 if high_lipids else 4.7, 0.6),
        creatinine=stream.gauss(128 if renal else (76 if resident.sex == "M" else 62), 11),
    )


def blood_pressure(
    stream: Random, body: Body, day: date, drugs: int, adherence: str
) -> tuple[int, int]:
    """Systolic and diastolic pressure in mmHg as the nurse writes them down."""
    effect = ADHERENCE_EFFECT[adherence] * drugs
    winter = value("sbp.winter") * cos(2 * pi * (day.timetuple().tm_yday - 15) / 365)
    age = max(body.resident.age_on(day) - 40, 0)
    risen = body.risen("ESSENTIAL_HYPERTENSION", day)
    own = body.healthy_systolic + (body.systolic - body.healthy_systolic) * risen
    systolic = own + value("sbp.age_slope") * (age - 20) + winter
    systolic += value("sbp.heavy_salt") if body.resident.salt == "HEAVY" else 0
    systolic += stream.gauss(0, value("sbp.visit.sd")) - effect * value("sbp.per_drug")
    diastolic = (
        body.diastolic
        + own * 0.42
        + winter / 2
        - effect * value("dbp.per_drug")
        + stream.gauss(0, 4)
    )
    if body.last_pressure is not None and happens(stream, value("record.copied_forward")):
        return body.last_pressure
    # A measurement shows one habit of reading the gauge in both numbers.
    habit = stream.random()
    written = (
        _write(min(max(systolic, 84), 228), habit),
        _write(min(max(diastolic, 46), min(systolic - 18, 128)), habit),
    )
    body.last_pressure = written
    return written


def _write(pressure: float, habit: float) -> int:
    if habit < value("digits.zero_or_five"):
        return 5 * round(pressure / 5)
    if habit < value("digits.zero_or_five") + value("digits.even"):
        return 2 * round(pressure / 2)
    return round(pressure)


def fasting_glucose(stream: Random, body: Body, day: date, drugs: int, adherence: str) -> float:
    """Fasting plasma glucose in mmol/L."""
    risen = body.risen("TYPE_2_DIABETES", day)
    glucose = body.healthy_glucose + (body.glucose - body.healthy_glucose) * risen
    glucose -= ADHERENCE_EFFECT[adherence] * drugs * value("fpg.per_drug")
    if body.resident.has(DEPRESSED, day):
        glucose += value("fpg.depression")
    glucose += stream.gauss(0, value("fpg.visit.sd"))
    return round(max(glucose, 3.9), 1)


def hba1c(stream: Random, glucose: float) -> float:
    """Percent; the estimated average glucose of Nathan 2008 with a meal's share added."""
    return round(max((glucose * 18.016 * 1.12 + 46.7) / 28.7 + stream.gauss(0, 0.2), 4.4), 1)


def next_adherence(stream: Random, resident: Resident, day: date, current: str | None) -> str:
    """How regularly the resident takes the drugs until the next visit."""
    if current is not None and happens(stream, value("adherence.keeps_state")):
        return current
    regular = value("adherence.regular")
    if resident.has(DEPRESSED, day) or resident.has("HEALTH_LITERACY_PROBLEM", day):
        regular -= value("adherence.depressed_loss")
    draw = stream.random()
    if draw < regular:
        return "ADHERENCE_REGULAR"
    if draw < regular + value("adherence.intermittent"):
        return "ADHERENCE_INTERMITTENT"
    return "ADHERENCE_NONE"


def mood_scores(stream: Random, resident: Resident, day: date) -> tuple[int, int]:
    """PHQ-9 (0-27) and GAD-7 (0-21)."""
    low = resident.has(DEPRESSED, day)
    anxious = resident.has("ANXIETY_DISORDER", day)
    burden = 2 if resident.has("CAREGIVER_BURDEN", day) or _recent_loss(resident, day) else 0
    phq = stream.gauss(12.5 if low else 2.2 + burden, 3.5 if low else 1.8)
    gad = stream.gauss(10.5 if anxious else 1.8 + burden, 3 if anxious else 1.5)
    return min(max(round(phq), 0), 27), min(max(round(gad), 0), 21)


def _recent_loss(resident: Resident, day: date) -> bool:
    return resident.widowed_on is not None and 0 <= (day - resident.widowed_on).days < 400
