"""Follow-up of hypertension and type 2 diabetes: four visits a year, as the national rules ask.

Controlled: the next visit is in a quarter. Not controlled or an adverse reaction: the treatment
changes and the next visit is due in two weeks, which not everybody keeps. A second time, or a new
complication: referral. The class contradicts the numbers in about one form in ten, as in real
records.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from deid.synth.courses.life import Life, working_day
from deid.synth.parameters import value
from deid.synth.people import Clinician, Household, Resident
from deid.synth.physiology import (
    Body,
    blood_pressure,
    fasting_glucose,
    hba1c,
    mood_scores,
    next_adherence,
)
from deid.synth.streams import happens, one_of, weighted
from deid.synth.visits import Change, Form, Mode, Planted, Prescription, Visit, localise

HYPERTENSION, DIABETES = "ESSENTIAL_HYPERTENSION", "TYPE_2_DIABETES"
COMPLICATIONS = {
    HYPERTENSION: ("CEREBRAL_INFARCTION", "CORONARY_ARTERIOSCLEROSIS", "HEART_FAILURE"),
    DIABETES: ("CHRONIC_KIDNEY_DISEASE", "CEREBRAL_INFARCTION"),
}
LADDERS: dict[tuple[str, str], tuple[tuple[tuple[str, str, int], ...], ...]] = {
    (HYPERTENSION, "en_US"): (
        (("LISINOPRIL_10MG", "10 mg", 1), ("AMLODIPINE_5MG", "5 mg", 1),
         ("HYDROCHLOROTHIAZIDE_25MG", "25 mg", 1)),
        (("AMLODIPINE_5MG", "5 mg", 1), ("LOSARTAN_50MG", "50 mg", 1),
         ("HYDROCHLOROTHIAZIDE_25MG", "25 mg", 1)),
        (("LOSARTAN_50MG", "50 mg", 1), ("METOPROLOL", "50 mg", 2), ("INDAPAMIDE", "1.25 mg", 1)),
    ),
    (HYPERTENSION, "zh_CN"): (
        (("AMLODIPINE_5MG", "5mg", 1), ("IRBESARTAN", "150mg", 1),
         ("HYDROCHLOROTHIAZIDE", "12.5mg", 1)),
        (("NIFEDIPINE", "30mg", 1), ("VALSARTAN", "80mg", 1), ("INDAPAMIDE", "1.5mg", 1)),
        (("ENALAPRIL", "10mg", 2), ("AMLODIPINE_5MG", "5mg", 1), ("BISOPROLOL", "5mg", 1)),
    ),
    (DIABETES, "en_US"): (
        (("METFORMIN_500MG", "500 mg", 2), ("GLIPIZIDE", "5 mg", 1),
         ("INSULIN_GLARGINE", "14 units", 1)),
        (("METFORMIN_500MG", "500 mg", 2), ("SITAGLIPTIN", "100 mg", 1),
         ("GLIMEPIRIDE", "2 mg", 1)),
    ),
    (DIABETES, "zh_CN"): (
        (("METFORMIN_500MG", "0.5g", 2), ("GLICLAZIDE", "60mg", 1),
         ("INSULIN_GLARGINE", "14单位", 1)),
        (("METFORMIN_500MG", "0.5g", 3), ("ACARBOSE", "50mg", 3), ("GLIMEPIRIDE", "2mg", 1)),
    ),
}  # fmt: skip
_SYMPTOMS = {
    HYPERTENSION: ("headache", "dizziness", "palpitation", "tinnitus", "leg swelling"),
    DIABETES: ("thirst", "frequent urination", "blurred vision", "numb feet", "weight loss"),
}


@dataclass
class _Treatment:
    """Drugs and state of one problem as it goes."""

    problem: str
    ladder: tuple[tuple[str, str, int], ...]
    drugs: int
    adherence: str
    failures: int = 0
    known: set[str] = field(default_factory=set)


def follow_up(stream: Random, life: Life) -> list[Visit]:
    """All follow-up visits of one resident; none for those with neither problem."""
    household, body, resident = life.household, life.fresh_body(), life.resident
    onsets = {p: resident.problems[p] for p in (HYPERTENSION, DIABETES) if p in resident.problems}
    if not onsets:
        return []
    first = max(min(onsets.values()), life.first)
    last = life.last
    treatments: dict[str, _Treatment] = {}
    day = first + timedelta(days=stream.randrange(5, 60))
    visits = []
    while day <= last:
        day = working_day(day)
        if day > last:
            break
        for problem, onset in onsets.items():
            if onset <= day and problem not in treatments:
                treatments[problem] = _start(stream, household, resident, problem, day)
        vitals = _vitals(stream, body, treatments, day)
        forms = [
            _fill_in(stream, household, body, treatment, vitals, day)
            for treatment in treatments.values()
        ]
        due = min(form.next_day for form in forms if form.next_day is not None)
        mode: Mode = weighted(stream, {"clinic": 0.75, "home": 0.25})
        visits.append(Visit(resident, day, mode, _who(stream, household), forms))
        if happens(stream, value("follow_up.drops_out")):
            break
        day = due + timedelta(days=stream.randrange(-4, 13))
        while happens(stream, value("follow_up.missed")):
            day += timedelta(days=round(value("follow_up.interval")))
    return visits


def class_of_pressure(resident: Resident, day: date, systolic: float, diastolic: float) -> str:
    """The class that the numbers ask for: under 140/90, from 65 years on under 150/90."""
    limit = 150 if resident.age_on(day) >= 65 else 140
    return "CLASS_CONTROLLED" if systolic < limit and diastolic < 90 else "CLASS_UNCONTROLLED"


def class_of_glucose(glucose: float) -> str:
    """Under 7.0 mmol/L fasting is controlled."""
    return "CLASS_CONTROLLED" if glucose < 7.0 else "CLASS_UNCONTROLLED"


def _start(
    stream: Random, household: Household, resident: Resident, problem: str, day: date
) -> _Treatment:
    years = (day - resident.problems[problem]).days / 365
    known = {p for p in COMPLICATIONS[problem] if resident.has(p, day)}
    return _Treatment(
        problem=problem,
        ladder=one_of(stream, LADDERS[problem, household.locale]),
        drugs=2 if years > 4 and happens(stream, 0.6) else 1,
        adherence=next_adherence(stream, resident, day, None),
        known=known,
    )


def _vitals(
    stream: Random, body: Body, treatments: dict[str, _Treatment], day: date
) -> dict[str, float]:
    """What is measured once a visit, however many forms it fills."""
    resident = body.resident
    # One person has one way with pills, whatever they are for.
    current = next(iter(treatments.values())).adherence
    adherence = next_adherence(stream, resident, day, current)
    for treatment in treatments.values():
        treatment.adherence = adherence
    pressure = treatments.get(HYPERTENSION)
    drugs = pressure.drugs if pressure else 0
    systolic, diastolic = blood_pressure(stream, body, day, drugs, adherence)
    weight = round(resident.weight_kg + stream.gauss(0, 0.8), 1)
    return {
        "SYSTOLIC_BP": systolic,
        "DIASTOLIC_BP": diastolic,
        "BODY_WEIGHT": weight,
        "BMI": round(weight / (resident.height_cm / 100) ** 2, 1),
        "HEART_RATE": round(body.heart_rate + stream.gauss(0, 4)),
    }


def _fill_in(
    stream: Random,
    household: Household,
    body: Body,
    treatment: _Treatment,
    vitals: dict[str, float],
    day: date,
) -> Form:
    resident = body.resident
    readings = dict(vitals)
    if treatment.problem == HYPERTENSION:
        expected = class_of_pressure(resident, day, vitals["SYSTOLIC_BP"], vitals["DIASTOLIC_BP"])
    else:
        glucose = fasting_glucose(stream, body, day, treatment.drugs, treatment.adherence)
        readings["FASTING_GLUCOSE"] = glucose
        if happens(stream, 0.35):
            readings["HBA1C"] = hba1c(stream, glucose)
        expected = class_of_glucose(glucose)
    form = Form(
        kind="hypertension" if treatment.problem == HYPERTENSION else "diabetes",
        readings=localise(household.locale, readings),
        symptoms=_symptoms(stream, treatment.problem, expected),
        diagnoses=(treatment.problem,),
    )
    _lifestyle(stream, resident, form, vitals, treatment, day)
    _judge(stream, resident, treatment, form, expected, day)
    form.answers["DRUG_ADHERENCE"] = treatment.adherence
    days = (form.next_day - day).days if form.next_day else 90
    if treatment.adherence != "ADHERENCE_NONE" or form.change == "added":
        form.drugs = tuple(
            Prescription(drug, dose, times, max(days, 14))
            for drug, dose, times in treatment.ladder[: treatment.drugs]
        )
    return form


def _symptoms(stream: Random, problem: str, expected: str) -> tuple[str, ...]:
    chance = 0.45 if expected == "CLASS_UNCONTROLLED" else 0.12
    return tuple(s for s in _SYMPTOMS[problem] if happens(stream, chance / 2))


def _lifestyle(
    stream: Random,
    resident: Resident,
    form: Form,
    vitals: dict[str, float],
    treatment: _Treatment,
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
    if treatment.problem == HYPERTENSION:
        form.answers["SALT_INTAKE"] = resident.salt
        form.answers["SALT_TARGET"] = "LIGHT" if resident.salt != "HEAVY" else "MEDIUM"
    else:
        food = one_of(stream, (4, 5, 6, 6, 8))
        form.amounts |= {"STAPLE_FOOD": food, "STAPLE_FOOD_TARGET": min(food, 5)}
        form.answers["DORSALIS_PEDIS_PULSE"] = (
            "PULSE_WEAKENED" if happens(stream, 0.08) else "PULSE_PALPABLE"
        )
        form.answers["HYPOGLYCEMIC_REACTION"] = (
            "OCCASIONAL" if treatment.drugs > 1 and happens(stream, 0.05) else "NONE"
        )
    low = resident.has("DEPRESSIVE_DISORDER", day)
    weights = {"GOOD": 0.15, "FAIR": 0.5, "POOR": 0.35} if low else {"GOOD": 0.75, "FAIR": 0.22,
                                                                     "POOR": 0.03}  # fmt: skip
    form.answers["PSYCHOLOGICAL_ADJUSTMENT"] = weighted(stream, weights)
    form.answers["COMPLIANCE_BEHAVIOUR"] = weighted(
        stream, {"GOOD": 0.6, "FAIR": 0.32, "POOR": 0.08}
    )
    if low or happens(stream, 0.04):
        form.amounts["PHQ_9"], form.amounts["GAD_7"] = mood_scores(stream, resident, day)


def _judge(
    stream: Random,
    resident: Resident,
    treatment: _Treatment,
    form: Form,
    expected: str,
    day: date,
) -> None:
    """Class, what follows from it, and the next date."""
    new = [
        p
        for p in COMPLICATIONS[treatment.problem]
        if resident.has(p, day) and p not in treatment.known
    ]
    written = expected
    if happens(stream, value("class.contradicts")):
        written = "CLASS_CONTROLLED" if expected == "CLASS_UNCONTROLLED" else "CLASS_UNCONTROLLED"
    reaction = bool(treatment.drugs) and happens(stream, value("class.adverse_reaction"))
    if reaction:
        written = "CLASS_ADVERSE_REACTION"
    if new:
        written = "CLASS_COMPLICATION"
        treatment.known |= set(new)
        form.event = new[0]
    if written not in {expected, "CLASS_ADVERSE_REACTION", "CLASS_COMPLICATION"}:
        form.faults.append(Planted("class contradicts", "observation", ("FOLLOW_UP_CLASS",)))
    form.answers["FOLLOW_UP_CLASS"] = written
    form.answers["ADVERSE_REACTION"] = "PRESENT" if reaction else "NONE"
    interval = value("follow_up.interval")
    if written == "CLASS_CONTROLLED":
        treatment.failures = 0
        form.change = "kept"
    else:
        treatment.failures += 1
        form.change = _change(stream, treatment, written)
        if happens(stream, value("follow_up.keeps_two_weeks")):
            interval = value("follow_up.after_uncontrolled")
    form.next_day = day + timedelta(days=round(interval))
    form.amounts["NEXT_FOLLOW_UP"] = round(interval)


def _change(stream: Random, treatment: _Treatment, written: str) -> Change:
    if written == "CLASS_COMPLICATION" or treatment.failures >= 3:
        treatment.failures = 0
        return "referred"
    if written == "CLASS_ADVERSE_REACTION":
        return "switched"
    if treatment.drugs < len(treatment.ladder) and happens(stream, 0.5):
        treatment.drugs += 1
        return "added"
    return "kept"


def _who(stream: Random, household: Household) -> Clinician:
    return household.doctor if happens(stream, 0.8) else household.nurse
