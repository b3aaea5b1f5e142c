"""The course of one pregnancy: what goes wrong, what is measured, what is given.

Anaemia, diabetes and high pressure of pregnancy come at published rates and are found when they are
looked for.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from random import Random

from deid.synth.courses.life import Life
from deid.synth.parameters import value
from deid.synth.people import Locale, Pregnancy, Resident
from deid.synth.physiology import as_written, weight_gained
from deid.synth.streams import happens
from deid.synth.visits import Prescription

ANEMIA, DIABETES = "ANEMIA_IN_PREGNANCY", "GESTATIONAL_DIABETES"
HYPERTENSION, PREECLAMPSIA = "GESTATIONAL_HYPERTENSION", "PREECLAMPSIA"
FOUND_IN_WEEK = {ANEMIA: 20, DIABETES: 24, HYPERTENSION: 28, PREECLAMPSIA: 31}
"""Week from which a problem shows if somebody looks."""
_ENDS_WEEKS = 1
"""Weeks that pre-eclampsia is watched before the birth (ACOG 2020: birth from week 37 on)."""

WELL = (134, 84)
"""Highest pressures in mmHg without a disorder; rounded to the next ten they stay below 140/90."""

SAFE_FOR_PRESSURE: dict[Locale, Prescription] = {
    "en_US": Prescription("LABETALOL", "100 mg", 2, 30),
    "zh_CN": Prescription("LABETALOL", "100mg", 2, 30),
}


@dataclass
class PregnancyCourse:
    """One pregnancy as it goes."""

    pregnancy: Pregnancy
    weight: float
    problems: tuple[str, ...]
    hemoglobin: float
    height: float = 0.0
    """Centimetres by which this womb stands higher than others."""
    measured: int = 0
    """The height of the womb as measured last."""
    colour: str = "RISK_GREEN"
    known: set[str] = field(default_factory=set)

    def week(self, day: date) -> int:
        """Completed weeks on a day."""
        return (day - self.pregnancy.lmp).days // 7

    def shows_from(self, problem: str) -> int:
        """The week from which a problem shows if somebody looks. Pre-eclampsia ends the pregnancy:
        it shows within the last two weeks before the birth."""
        first = FOUND_IN_WEEK[problem]
        if problem == PREECLAMPSIA and self.pregnancy.delivered is not None:
            return max(first, self.pregnancy.weeks - _ENDS_WEEKS)
        return first

    def found(self, week: int) -> tuple[str, ...]:
        """Problems that are there in a week and have been looked for."""
        return tuple(
            problem
            for problem in self.problems
            if week >= self.shows_from(problem) and (problem != DIABETES or "tested" in self.known)
        )


def fundal_height(weeks: int) -> float:
    """Centimetres above the pubis: as many as weeks from 20 to 36, then fewer (McDonald 1906)."""
    return float(weeks if weeks <= 36 else 36 - 0.3 * (weeks - 36))


def draw_problems(stream: Random, life: Life) -> tuple[str, ...]:
    """Which problems one pregnancy will have."""
    resident, place = life.resident, life.household.locale.lower()
    age = resident.age_on(life.last)
    heavy = value("pregnancy.heavy") if bmi(resident) >= 25 else 1.0
    rates = {
        ANEMIA: value("pregnancy.anemia") * value(f"pregnancy.anemia.{life.household.area}"),
        DIABETES: value(f"pregnancy.gestational_diabetes.{place}")
        * heavy
        * value("pregnancy.diabetes.from_35" if age >= 35 else "pregnancy.diabetes.under_35"),
        HYPERTENSION: value("pregnancy.gestational_hypertension") * heavy,
        PREECLAMPSIA: value("pregnancy.preeclampsia") * heavy,
    }
    if "TYPE_2_DIABETES" in resident.problems:
        rates[DIABETES] = 0.0
    if "ESSENTIAL_HYPERTENSION" in resident.problems:
        rates[HYPERTENSION] = 0.0
    found = [problem for problem, rate in rates.items() if happens(stream, rate)]
    if HYPERTENSION in found and PREECLAMPSIA in found:
        found.remove(HYPERTENSION)
    return tuple(found)


def bmi(resident: Resident) -> float:
    """Body mass index before the pregnancy."""
    return resident.weight_kg / (resident.height_cm / 100) ** 2


def vital_signs(stream: Random, life: Life, course: PregnancyCourse, day: date) -> dict[str, float]:
    """What is measured at every visit: weight, pressure, heart rate, haemoglobin."""
    week = course.week(day)
    found = {p for p in course.problems if week >= course.shows_from(p)}
    level = min(life.body.healthy_systolic, 126) - 6 - (4 if 14 <= week <= 26 else 0)
    level = min(level + stream.gauss(0, 5), WELL[0])
    well = not {PREECLAMPSIA, HYPERTENSION} & found
    level += 36 if PREECLAMPSIA in found else 28 if HYPERTENSION in found else 0
    if life.resident.has("ESSENTIAL_HYPERTENSION", day):
        level, well = level + 18, False
    low = max(level * 0.62 + stream.gauss(2, 3), 54)
    systolic, diastolic = as_written(
        stream, min(max(level, 92), 178), min(low, WELL[1] if well else 112)
    )
    anemic = 24 if ANEMIA in found and ANEMIA not in course.known else 16 if ANEMIA in found else 0
    # Under 110 g/L is anemia (WHO 2011), and would have to be written down as such.
    least, most = (78, 109) if anemic else (110, 142)
    hemoglobin = course.hemoglobin - 0.25 * week - anemic + stream.gauss(0, 3)
    gained = weight_gained(week, bmi(life.resident)) * (1.25 if DIABETES in found else 1.0)
    return {
        "BODY_WEIGHT": round(course.weight + gained + stream.gauss(0, 0.5), 1),
        "SYSTOLIC_BP": systolic,
        "DIASTOLIC_BP": diastolic,
        "HEART_RATE": round(stream.gauss(82, 6)),
        "HEMOGLOBIN": round(min(_turned_back(hemoglobin, least), most)),
    }


def _turned_back(level: float, least: float) -> float:
    """What is below a limit, as far above it: not everybody stands at the limit itself."""
    return level if level >= least else least + min(least - level, 7) * 0.8


def tolerance_test(stream: Random, diabetic: bool) -> dict[str, float]:
    """Glucose after 75 g: at or above 5.1, 10.0 or 8.5 mmol/L is diabetes (IADPSG 2010)."""
    if diabetic:
        return {
            "FASTING_GLUCOSE": round(stream.uniform(5.1, 6.2), 1),
            "GLUCOSE_1H": round(stream.uniform(9.6, 12.2), 1),
            "GLUCOSE_2H": round(stream.uniform(8.5, 10.8), 1),
        }
    return {
        "FASTING_GLUCOSE": round(stream.uniform(4.0, 4.9), 1),
        "GLUCOSE_1H": round(stream.uniform(6.0, 9.4), 1),
        "GLUCOSE_2H": round(stream.uniform(5.2, 8.2), 1),
    }


def darker(colour: str, found: tuple[str, ...]) -> str:
    """The colour of risk after problems were found; that of an infection stays."""
    if colour == "RISK_PURPLE" or not found:
        return colour
    grave = PREECLAMPSIA in found
    return "RISK_ORANGE" if grave or colour == "RISK_ORANGE" else "RISK_YELLOW"


def treatment(life: Life, found: tuple[str, ...], insulin: bool) -> tuple[Prescription, ...]:
    """Drugs for the problems that were found."""
    drugs = []
    if insulin:
        drugs.append(Prescription("INSULIN_HUMAN", "6 units", 3, 30))
    if ANEMIA in found:
        drugs.append(Prescription("FERROUS_SULFATE", "300 mg", 2, 30))
    if HYPERTENSION in found or PREECLAMPSIA in found:
        drugs.append(SAFE_FOR_PRESSURE[life.household.locale])
    if life.household.locale == "zh_CN":
        drugs.append(Prescription("CALCIUM_CARBONATE", "600 mg", 1, 30))
    return tuple(drugs)
