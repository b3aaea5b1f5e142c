"""The yearly health examination: every block of the national form of 2017."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random

from deid.synth.constitution import DIABETES, HYPERTENSION, share_of_person
from deid.synth.courses.chronic_forms import (
    exercise_minutes,
    feel_pulse,
    tell_of_problems,
)
from deid.synth.courses.evaluation import OLD, YEARLY, compare, double_statin, evaluate
from deid.synth.courses.ladders import dose_of
from deid.synth.courses.life import Life, working_day
from deid.synth.courses.mental_illness import psychotropics_on
from deid.synth.courses.physical import findings
from deid.synth.courses.sites import words
from deid.synth.parameters import value
from deid.synth.people import Clinician
from deid.synth.physiology import (
    albumin_ratio,
    blood_pressure,
    blood_tests,
    bmi_of,
    fasting_glucose,
    glucose_level,
    hba1c,
    is_beyond_asking,
    kidney_tests,
    lipids,
    mood_scores,
    needs_help,
    therapy_on,
    weight_on,
)
from deid.synth.physiology.drugs import BLOCKERS, CLASS_OF
from deid.synth.physiology.lipids import STRUCK
from deid.synth.physiology.therapy import MORE_STATIN
from deid.synth.safety import is_contraindicated, pregnancy_on
from deid.synth.streams import happens, one_of
from deid.synth.visits import Form, Planted, Prescription, Visit, in_si, localise

VACCINE_COMES = 9
"""Month in which the influenza vaccine of the season is there."""
_BESIDE_THE_FORM = {"URIC_ACID", "INR", "EGFR", "HBA1C", "URINE_ACR", "TSH"}
"""Tests that the form does not ask of everybody; their lack is no fault."""


RAISED_SCALE = 10
"""Score of the PHQ-9 and the GAD-7 from which it is spoken of: Kroenke 2001 J Gen Intern Med
16:606; Spitzer 2006 Arch Intern Med 166:1092."""


def examinations(stream: Random, life: Life) -> list[Visit]:
    """Examinations of people of 65 and more or with a chronic problem; of a few others too."""
    resident = life.resident
    visits: list[Visit] = []
    again: list[Visit] = []
    for year in range(life.first.year, life.last.year + 1):
        day = working_day(date(year, 3, 1) + timedelta(days=stream.randrange(200)))
        comes, doctor = stream.random(), one_of(stream, life.household.site.staff[:4])
        if not life.first < day <= life.last or resident.age_on(day) < 18:
            continue
        # Who expects a child is looked after by the antenatal visits.
        if pregnancy_on(resident, day) is not None:
            continue
        due = resident.age_on(day) >= OLD or any(resident.has(p, day) for p in YEARLY)
        if comes < (value("examination.attends") if due else value("examination.volunteers")):
            form = _examine(stream, life, day)
            if double_statin(life, form, day):
                again += _lipids_again(stream, life, form, day, doctor)
            compare(life, visits, form, day)
            visits.append(Visit(resident, day, "clinic", doctor, [form]))
    return sorted((*visits, *again), key=lambda visit: visit.day)


def _lipids_again(
    stream: Random, life: Life, form: Form, day: date, doctor: Clinician
) -> Iterator[Visit]:
    """The blood taken some weeks after a statin was doubled."""
    later = working_day(day + timedelta(days=stream.randrange(56, 85)))
    locale = life.household.locale
    if later > life.last or life.resident.is_away(later):
        return
    before = in_si(form.readings, "LDL")
    tests = lipids(stream, life.body, later)
    lower = min(tests["LDL"], 0.92 * before)
    tests |= {
        "LDL": round(lower, 2),
        "CHOLESTEROL": round(tests["CHOLESTEROL"] - tests["LDL"] + lower, 2),
    }
    seen = Form(
        kind="contact", readings=localise(locale, tests), drugs=(MORE_STATIN,), change="kept"
    )
    asks = ("HYPERLIPIDEMIA", *STRUCK, "CORONARY_ARTERIOSCLEROSIS", DIABETES)
    seen.diagnoses = tuple(p for p in asks if life.resident.has(p, later))[:1]
    seen.texts["VISIT_PURPOSE"] = words(locale, "purpose.lipids")
    seen.texts["ABNORMALITY"] = words(
        locale, "statin.works" if lower < value("ldl.goal.diabetes") else "answer.ldl.heart"
    )
    yield Visit(life.resident, later, "clinic", doctor, [seen])


def _examine(stream: Random, life: Life, day: date) -> Form:
    resident, locale = life.resident, life.household.locale
    vitals = _vitals(stream, life, day)
    tests = _laboratory(stream, life, day)
    missing = value("record.missing_laboratory") / 4
    lost = {key for key in tests if happens(stream, missing)}
    # The filtration rate is worked out from creatinine, by the laboratory itself.
    lost = lost - {"EGFR"} | ({"EGFR"} if "CREATININE" in lost else set())
    done = {key: reading for key, reading in tests.items() if key not in lost}
    drugs = current_drugs(life, day)
    if any(drug.drug == "WARFARIN" for drug in drugs):
        done["INR"] = draw_inr(stream)
    form = Form(
        kind="examination",
        symptoms=tell_of_problems(stream, resident, day),
        readings=localise(locale, vitals | done),
        diagnoses=tuple(p for p in resident.problems if resident.has(p, day)),
        procedures=("GENERAL_EXAMINATION", "ELECTROCARDIOGRAM"),
        drugs=drugs,
    )
    if lost - _BESIDE_THE_FORM:
        form.faults.append(Planted("missing laboratory", "visit_occurrence"))
    form.answers |= _lifestyle(stream, life, form, day)
    form.answers |= findings(stream, resident, day)
    if "leg swelling" in form.symptoms and form.answers["LEG_OEDEMA"] == "NONE":
        form.answers["LEG_OEDEMA"] = "OEDEMA_EQUAL"
    form.answers["DORSALIS_PEDIS_PULSE"] = feel_pulse(resident, day)
    _tests_by_eye(stream, life, form, day)
    evaluate(life, form, vitals | done, day)
    if resident.age_on(day) >= OLD:
        scores = mood_scores(stream, resident, day)
        if not is_beyond_asking(resident, day):
            form.amounts["PHQ_9"], form.amounts["GAD_7"] = scores
            for key, score in zip(("phq", "gad"), scores, strict=True):
                if score >= RAISED_SCALE:
                    form.add_remark(words(locale, f"answer.{key}"))
        if happens(stream, value("vaccine.influenza")) and day.month >= VACCINE_COMES:
            form.vaccines = ("INFLUENZA_VACCINE",)
    return form


def _vitals(stream: Random, life: Life, day: date) -> dict[str, float]:
    resident, body = life.resident, life.body
    systolic, diastolic = blood_pressure(stream, body, day)
    weight = weight_on(stream, resident, day, life.first)
    acuity = 0.5 if resident.has("CATARACT", day) else 0.7 if resident.age_on(day) >= OLD else 1.0
    if resident.has("T2DM_RETINOPATHY", day):
        acuity -= 0.2
    # Each eye stays its own; a reading may miss a line of the chart.
    eyes = (
        max(
            round(acuity + 0.3 * share_of_person(resident, f"eye {side}") - 0.2, 1)
            - one_of(stream, (0, 0, 0, 0.1)),
            0.1,
        )
        for side in "LR"
    )
    left, right = eyes
    return {
        "BODY_TEMPERATURE": round(stream.gauss(36.5, 0.2), 1),
        "HEART_RATE": round(body.pulse_on(day) + stream.gauss(0, 4)),
        "RESPIRATORY_RATE": round(stream.gauss(17, 1.2)),
        "SYSTOLIC_BP": systolic,
        "DIASTOLIC_BP": diastolic,
        "BP_LEFT_SYSTOLIC": systolic + one_of(stream, (-4, -2, 0, 2, 4)),
        "BP_LEFT_DIASTOLIC": diastolic + one_of(stream, (-2, 0, 2)),
        "BODY_HEIGHT": resident.height_cm,
        "BODY_WEIGHT": weight,
        "BMI": bmi_of(weight, resident),
        "WAIST_CIRCUMFERENCE": round(bmi_of(weight, resident) * 2.4 + 26 + stream.gauss(0, 3)),
        "VISION_LEFT": round(left, 1),
        "VISION_RIGHT": round(right, 1),
    }


def _laboratory(stream: Random, life: Life, day: date) -> dict[str, float]:
    resident = life.resident
    tests = {
        "FASTING_GLUCOSE": fasting_glucose(stream, life.body, day),
        **lipids(stream, life.body, day),
        **kidney_tests(stream, resident, day),
        **blood_tests(stream, resident, day),
    }
    if resident.has(DIABETES, day):
        tests["HBA1C"] = hba1c(stream, life.body, day)
        tests["URINE_ACR"] = albumin_ratio(stream, resident, day)
    if resident.has("HYPOTHYROIDISM", day):
        tests["TSH"] = draw_tsh(stream)
    return tests


def current_drugs(life: Life, day: date) -> tuple[Prescription, ...]:
    """What the resident takes on the day, each class once, the most important first."""
    resident, locale = life.resident, life.household.locale
    # What a follow-up of the same day has changed is known.
    known = day + timedelta(days=1)
    regimens = [life.body.treatment_on(problem, known) for problem in (HYPERTENSION, DIABETES)]
    drugs = [
        Prescription(drug, *dose_of(locale, drug, regimen.raised), 30)
        for regimen in regimens
        if regimen.adherence != "ADHERENCE_NONE"
        for drug in regimen.drugs
        if not is_contraindicated(resident, drug, day)
    ]
    lasting = therapy_on(resident, locale, day)
    taken = {CLASS_OF.get(drug.drug, drug.drug) for drug in drugs}
    taken |= BLOCKERS if taken & BLOCKERS else set()
    drugs += [
        drug
        for drug in (*psychotropics_on(resident, day), *lasting)
        if CLASS_OF.get(drug.drug, drug.drug) not in taken
    ]
    return tuple(drugs)


def _lifestyle(stream: Random, life: Life, form: Form, day: date) -> dict[str, str]:
    resident, age = life.resident, life.resident.age_on(day)
    alcohol, liang = resident.drinking_on(day)
    answers = {"SMOKING_STATUS": resident.smoking, "ALCOHOL_USE": alcohol}
    often = 0 if needs_help(resident, day) else resident.exercise
    answers["EXERCISE_FREQUENCY"] = (
        "EVERY_DAY" if often >= 6 else "MORE_THAN_WEEKLY" if often >= 2
        else "OCCASIONAL" if often else "NEVER"
    )  # fmt: skip
    if often:
        form.amounts["EXERCISE_MINUTES"] = exercise_minutes(resident)
        form.amounts["EXERCISE_YEARS"] = 1 + int(age / 10)
    diet = ["DIET_BALANCED" if resident.salt != "HEAVY" else "DIET_SALTY"]
    if resident.has("OBESITY", day):
        diet.append("DIET_OILY")
    answers["DIET_HABIT"] = "|".join(diet)
    if resident.smoking != "NEVER_SMOKER":
        form.amounts["SMOKING_START_AGE"] = 17 + resident.person_id % 8
        form.amounts["CIGARETTES_PER_DAY"] = resident.cigarettes
    if liang:
        form.amounts["ALCOHOL_LIANG_PER_DAY"] = liang
        form.amounts["DRINKING_START_AGE"] = 18 + resident.person_id % 9
        spirit = life.household.locale == "zh_CN"
        answers["KIND_OF_ALCOHOL"] = "SPIRIT" if spirit else "BEER"
        answers["DRUNK_IN_PAST_YEAR"] = "YES" if liang >= 3 else "NO"
    dusty = resident.occupation == "OCCUPATION_PRODUCTION" and resident.person_id % 5 == 0
    answers["OCCUPATIONAL_EXPOSURE"] = "EXPOSURE_DUST" if dusty else "NONE"
    regimens = [life.body.treatment_on(problem, day) for problem in (HYPERTENSION, DIABETES)]
    taken = [regimen.adherence for regimen in regimens if regimen.drugs]
    if taken:
        answers["DRUG_ADHERENCE"] = taken[0]
    return answers


def _tests_by_eye(stream: Random, life: Life, form: Form, day: date) -> None:
    """Urine strips, electrocardiogram, X-ray, ultrasound, hepatitis B."""
    resident, answers = life.resident, form.answers
    # A strip turns at some 150 mg of albumin to the gram of creatinine; sugar passes from
    # 10 mmol/L on.
    albumin = form.readings.get("URINE_ACR", 0.0)
    protein = albumin > 150 or (
        resident.has("CHRONIC_KIDNEY_DISEASE", day)
        and share_of_person(resident, "proteinuria") < value("proteinuria.strip")
    )
    much = "PLUS_2" if albumin > 500 else "PLUS_1"
    answers["URINE_PROTEIN"] = much if protein else "NEGATIVE"
    glucose = glucose_level(life.body, day) >= 10
    answers["URINE_GLUCOSE"] = "PLUS_2" if glucose else "NEGATIVE"
    heart = resident.has("ATRIAL_FIBRILLATION", day) or (
        resident.has("CORONARY_ARTERIOSCLEROSIS", day) and share_of_person(resident, "ecg") < 0.7
    )
    changed = heart or share_of_person(resident, "ecg") < 0.06
    answers["ECG_RESULT"] = "ABNORMAL" if changed else "NORMAL"
    if resident.has("CHRONIC_HEPATITIS_B", day) or happens(stream, 0.15):
        positive = resident.has("CHRONIC_HEPATITIS_B", day)
        answers["HBSAG_RESULT"] = "POSITIVE" if positive else "NEGATIVE"
    if happens(stream, 0.4):
        form.procedures += ("CHEST_XRAY",)
        lungs = any(resident.has(p, day) for p in ("COPD", "PULMONARY_TUBERCULOSIS", "LUNG_CANCER"))
        answers["CHEST_XRAY_RESULT"] = "ABNORMAL" if lungs else "NORMAL"
    if happens(stream, 0.4):
        form.procedures += ("ABDOMINAL_ULTRASOUND",)
        organs = any(resident.has(p, day) for p in ("FATTY_LIVER", "GALLSTONE"))
        answers["ABDOMINAL_ULTRASOUND_RESULT"] = "ABNORMAL" if organs else "NORMAL"


def draw_inr(stream: Random) -> float:
    """The INR of somebody who takes warfarin; the aim is 2 to 3."""
    return round(min(max(stream.gauss(value("inr.mean"), value("inr.sd")), 1.2), 4.5), 1)


def draw_tsh(stream: Random) -> float:
    """The TSH of somebody who takes levothyroxine in a dose that is right."""
    return round(min(max(stream.gauss(value("tsh.mean"), value("tsh.sd")), 0.5), 4.4), 1)
