"""What the follow-up forms ask beside the numbers: symptoms, way of life and its targets."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from random import Random

from deid.synth.constitution import HYPERTENSION, one_of_person, share_of_person
from deid.synth.mixes import draw_mix
from deid.synth.parameters import value
from deid.synth.people import Resident
from deid.synth.physiology import is_beyond_asking, mood_scores, needs_help
from deid.synth.physiology.drugs import CLASS_OF
from deid.synth.safety import pregnancy_on
from deid.synth.society.published import read_table
from deid.synth.streams import happens
from deid.synth.visits import Form

_OF_PROBLEMS = tuple(
    (row["problem"], row["symptom"], float(row["share"])) for row in read_table("symptoms")
)
"""Problem, symptom, and the share of visits at which those with the problem tell of it."""

_COMPLICATIONS = frozenset(
    {"T2DM_NEUROPATHY", "T2DM_RETINOPATHY", "HEART_FAILURE", "CORONARY_ARTERIOSCLEROSIS"}
)


_LEAN = 24
"""Body mass index below which nobody is to lose weight (WS/T 428-2013)."""


def tell_of_problems(
    stream: Random, resident: Resident, day: date, only: frozenset[str] | None = None
) -> tuple[str, ...]:
    """Symptoms of the problems that a resident has, each once."""
    told = [
        symptom
        for problem, symptom, share in _OF_PROBLEMS
        if (only is None or problem in only)
        and resident.has(problem, day)
        and happens(stream, share)
    ]
    return tuple(dict.fromkeys(told))


def tell_symptoms(
    stream: Random,
    problem: str,
    drugs: Collection[str],
    readings: Mapping[str, float],
    lifestyle: Lifestyle,
) -> tuple[str, ...]:
    """What the resident complains of: what high values, drugs and complications bring.

    ``readings`` are in SI units.
    """
    tell = _chances_of_pressure if problem == HYPERTENSION else _chances_of_glucose
    told = [symptom for symptom, chance in tell(drugs, readings) if happens(stream, chance)]
    return tuple(dict.fromkeys((*told, *lifestyle.symptoms)))


def _chances_of_pressure(
    drugs: Collection[str], readings: Mapping[str, float]
) -> tuple[tuple[str, float], ...]:
    seldom = value("symptom.background")
    height = max(readings["SYSTOLIC_BP"] - 135, 0) / 45
    felt = seldom + value("symptom.pressure") * min(height, 1.5)
    swells = any(CLASS_OF.get(drug) == "ccb" for drug in drugs)
    return (
        ("headache", felt),
        ("dizziness", felt),
        ("palpitation", seldom),
        ("tinnitus", seldom),
        ("leg swelling", value("symptom.swelling_of_ccb") if swells else 0.0),
    )


def _chances_of_glucose(
    drugs: Collection[str], readings: Mapping[str, float]
) -> tuple[tuple[str, float], ...]:
    """The renal threshold of glucose is near 10 mmol/L; below it few feel anything."""
    seldom = value("symptom.background") / 2
    height = min(max(readings["FASTING_GLUCOSE"] - 9, 0) / 5, 1.0)
    thirsty = 1.0 if readings["FASTING_GLUCOSE"] >= 16.7 else value("symptom.glucose") * height
    return (
        ("thirst", seldom + thirsty),
        ("frequent urination", seldom + value("symptom.glucose") * height),
        ("blurred vision", value("symptom.glucose") / 4 * height),
        ("weight loss", value("symptom.glucose") / 2 * height),
    )


@dataclass(frozen=True)
class Lifestyle:
    """What is asked once a visit, however many forms it fills in."""

    amounts: Mapping[str, float]
    answers: Mapping[str, str]
    symptoms: tuple[str, ...]


def exercise_minutes(resident: Resident) -> int:
    """Minutes of one bout of exercise, the same in every form; 0 for those who take none."""
    return one_of_person(resident, (15, 20, 30, 30, 30, 45)) if resident.exercise else 0


def target_bmi(resident: Resident) -> float:
    """What a resident is told to come down to; who is not overweight is told to stay."""
    bmi = resident.weight_kg / (resident.height_cm / 100) ** 2
    return bmi if bmi < 24 else max(23.9, bmi - 1.5)


def ask_lifestyle(
    stream: Random, resident: Resident, vitals: Mapping[str, float], adherence: str, day: date
) -> Lifestyle:
    """The pairs of now and target, and how the resident bears up."""
    # Nobody is told to lose weight while she is pregnant.
    expecting = pregnancy_on(resident, day) is not None
    lean = vitals["BMI"] < _LEAN
    bmi = vitals["BMI"] if expecting or lean else target_bmi(resident)
    weight = bmi * (resident.height_cm / 100) ** 2
    helped, liang = needs_help(resident, day), resident.drinking_on(day)[1]
    often = 0 if helped else resident.exercise
    amounts: dict[str, float] = {
        "WEIGHT_TARGET": vitals["BODY_WEIGHT"]
        if lean
        else min(vitals["BODY_WEIGHT"], round(weight + 0.3 * expecting, 1)),
        "BMI_TARGET": min(vitals["BMI"], round(bmi, 1)),
        "CIGARETTES_PER_DAY": resident.cigarettes,
        "CIGARETTES_TARGET": resident.cigarettes // 2 if resident.cigarettes > 5 else 0,
        "ALCOHOL_LIANG_PER_DAY": liang,
        "ALCOHOL_TARGET": min(liang, 1.0),
        "EXERCISE_PER_WEEK": often,
        "EXERCISE_TARGET": 0 if helped else max(often, min(often + 2, 7)),
        "EXERCISE_MINUTES": exercise_minutes(resident) if often else 0,
    }
    low = resident.has("DEPRESSIVE_DISORDER", day)
    answers = {
        "PSYCHOLOGICAL_ADJUSTMENT": draw_mix(
            stream, "follow_up.psychology.depressed" if low else "follow_up.psychology.well"
        ),
        "COMPLIANCE_BEHAVIOUR": draw_mix(stream, f"follow_up.compliance.{adherence.lower()}"),
    }
    asked = low or happens(stream, 0.04)
    if asked and not is_beyond_asking(resident, day):
        amounts["PHQ_9"], amounts["GAD_7"] = mood_scores(stream, resident, day)
    return Lifestyle(amounts, answers, tell_of_problems(stream, resident, day, _COMPLICATIONS))


def fill_in_lifestyle(
    resident: Resident, form: Form, lifestyle: Lifestyle, problem: str, day: date
) -> None:
    """Write it down, with what the form of the problem asks beside."""
    form.amounts = dict(lifestyle.amounts)
    form.answers |= lifestyle.answers
    if problem == HYPERTENSION:
        form.answers["SALT_INTAKE"] = resident.salt
        form.answers["SALT_TARGET"] = "LIGHT" if resident.salt != "HEAVY" else "MEDIUM"
        return
    food = one_of_person(resident, (4, 5, 6, 6, 8))
    form.amounts |= {"STAPLE_FOOD": food, "STAPLE_FOOD_TARGET": min(food, 5)}
    form.answers["DORSALIS_PEDIS_PULSE"] = feel_pulse(resident, day)
    form.answers["HYPOGLYCEMIC_REACTION"] = "NONE"


def feel_pulse(resident: Resident, day: date) -> str:
    """The pulse of the foot's back by the form of 2017: lost in feet that diabetes has spoilt, and
    what is lost stays lost."""
    draw = share_of_person(resident, "foot")
    if resident.has("DIABETIC_FOOT", day):
        if draw < value("foot.weakened"):
            return "PULSE_WEAKENED_BOTH"
        return "PULSE_ABSENT_ONE" if draw < 0.8 else "PULSE_ABSENT_BOTH"
    weak = value("foot.weakened")
    if resident.has("T2DM_NEUROPATHY", day) and draw < weak:
        return "PULSE_WEAKENED_BOTH" if draw < weak / 2 else "PULSE_WEAKENED_ONE"
    return "PULSE_WEAKENED_ONE" if draw > 0.98 and resident.age_on(day) >= 60 else "PULSE_PALPABLE"
