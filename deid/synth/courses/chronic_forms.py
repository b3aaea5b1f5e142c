"""What the follow-up forms ask beside the numbers: symptoms, way of life and its targets."""

from __future__ import annotations

from datetime import date
from random import Random

from deid.synth.constitution import DIABETES, HYPERTENSION
from deid.synth.mixes import draw_mix
from deid.synth.parameters import value
from deid.synth.people import Resident
from deid.synth.physiology import mood_scores
from deid.synth.society.published import read_table
from deid.synth.streams import happens, one_of, weighted
from deid.synth.visits import Form

_SYMPTOMS = {
    HYPERTENSION: ("headache", "dizziness", "palpitation", "tinnitus", "leg swelling"),
    DIABETES: ("thirst", "frequent urination", "blurred vision", "numb feet", "weight loss"),
}
_OF_PROBLEMS = tuple(
    (row["problem"], row["symptom"], float(row["share"])) for row in read_table("symptoms")
)
"""Problem, symptom, and the share of visits at which those with the problem tell of it."""

_COMPLICATIONS = frozenset(
    {"T2DM_NEUROPATHY", "T2DM_RETINOPATHY", "HEART_FAILURE", "CORONARY_ARTERIOSCLEROSIS"}
)


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
    resident: Resident,
    problem: str,
    expected: str,
    readings: dict[str, float],
    day: date,
) -> tuple[str, ...]:
    """What the resident complains of: more when values are high, and what complications bring."""
    out = expected == "CLASS_UNCONTROLLED"
    chance = value("symptom.uncontrolled") if out else value("symptom.controlled")
    told = [symptom for symptom in _SYMPTOMS[problem] if happens(stream, chance)]
    told += tell_of_problems(stream, resident, day, _COMPLICATIONS)
    if readings.get("FASTING_GLUCOSE", 6) >= 13 and "thirst" not in told:
        told.append("thirst")
    return tuple(dict.fromkeys(told))


def fill_in_lifestyle(
    stream: Random,
    resident: Resident,
    form: Form,
    vitals: dict[str, float],
    problem: str,
    day: date,
) -> None:
    """The pairs of now and target, and how the resident bears up."""
    weight, bmi = vitals["BODY_WEIGHT"], vitals["BMI"]
    target_bmi = min(bmi, max(23.9, bmi - 1.5))
    metres = resident.height_cm / 100
    form.amounts = {
        "WEIGHT_TARGET": round(min(weight, target_bmi * metres**2), 1),
        "BMI_TARGET": round(target_bmi, 1),
        "CIGARETTES_PER_DAY": resident.cigarettes,
        "CIGARETTES_TARGET": resident.cigarettes // 2 if resident.cigarettes > 5 else 0,
        "ALCOHOL_LIANG_PER_DAY": resident.liang,
        "ALCOHOL_TARGET": min(resident.liang, 1.0),
        "EXERCISE_PER_WEEK": resident.exercise,
        "EXERCISE_TARGET": max(resident.exercise, min(resident.exercise + 2, 7)),
        "EXERCISE_MINUTES": one_of(stream, (15, 20, 30, 30, 30, 45)),
    }
    if problem == HYPERTENSION:
        form.answers["SALT_INTAKE"] = resident.salt
        form.answers["SALT_TARGET"] = "LIGHT" if resident.salt != "HEAVY" else "MEDIUM"
    else:
        _fill_in_diabetes(stream, resident, form, day)
    low = resident.has("DEPRESSIVE_DISORDER", day)
    form.answers["PSYCHOLOGICAL_ADJUSTMENT"] = draw_mix(
        stream, "follow_up.psychology.depressed" if low else "follow_up.psychology.well"
    )
    form.answers["COMPLIANCE_BEHAVIOUR"] = draw_mix(stream, "follow_up.compliance")
    if low or happens(stream, 0.04):
        form.amounts["PHQ_9"], form.amounts["GAD_7"] = mood_scores(stream, resident, day)


def _fill_in_diabetes(stream: Random, resident: Resident, form: Form, day: date) -> None:
    food = one_of(stream, (4, 5, 6, 6, 8))
    form.amounts |= {"STAPLE_FOOD": food, "STAPLE_FOOD_TARGET": min(food, 5)}
    form.answers["DORSALIS_PEDIS_PULSE"] = feel_pulse(stream, resident, day)
    form.answers["HYPOGLYCEMIC_REACTION"] = "NONE"


def feel_pulse(stream: Random, resident: Resident, day: date) -> str:
    """The pulse of the foot's back by the form of 2017: lost in feet that diabetes has spoilt."""
    if resident.has("DIABETIC_FOOT", day):
        return weighted(
            stream, {"PULSE_WEAKENED_BOTH": 0.3, "PULSE_ABSENT_ONE": 0.5, "PULSE_ABSENT_BOTH": 0.2}
        )
    if resident.has("T2DM_NEUROPATHY", day) and happens(stream, 0.3):
        return one_of(stream, ("PULSE_WEAKENED_ONE", "PULSE_WEAKENED_BOTH"))
    return "PULSE_WEAKENED_ONE" if happens(stream, 0.02) else "PULSE_PALPABLE"
