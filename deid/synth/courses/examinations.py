"""The personal basic information form, and the yearly health examination."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from deid.synth.courses.life import Life
from deid.synth.kin import has_history
from deid.synth.parameters import value
from deid.synth.people import Household
from deid.synth.physiology import Body, blood_pressure, fasting_glucose, hba1c, mood_scores
from deid.synth.society.heredity import HEREDITY
from deid.synth.streams import happens, one_of
from deid.synth.visits import Form, Visit, localise

YEARLY = frozenset({"ESSENTIAL_HYPERTENSION", "TYPE_2_DIABETES", "SCHIZOPHRENIA"})


def basic_information(stream: Random, life: Life) -> list[Visit]:
    """The form that opens a record; children of six or less do not fill it in."""
    household, resident = life.household, life.resident
    day = max(household.record_start, resident.birth + timedelta(days=40))
    if resident.age_on(day) <= 6 or day > life.last:
        return []
    form = Form(kind="basic information")
    form.answers = {
        "SMOKING_STATUS": resident.smoking,
        "ALCOHOL_USE": resident.alcohol,
        "EDUCATION_LEVEL": resident.education,
        "OCCUPATION_GROUP": resident.occupation,
        "MARITAL_STATUS": resident.marital_on(day),
        "PRIMARY_INSURANCE": resident.insurance,
        "RESIDENCE_KIND": "URBAN" if household.area == "urban" else "RURAL",
        "BLOOD_GROUP": resident.blood_group,
        **household.environment,
    }
    form.amounts = {
        "HOUSEHOLD_SIZE": household.size_on(day),
        "FAMILY_APGAR": household.family_apgar,
    }
    if happens(stream, 0.06):
        allergy = one_of(stream, ("PENICILLIN", "SULFONAMIDE", "STREPTOMYCIN"))
        form.answers[f"DRUG_ALLERGY_{allergy}"] = "PRESENT"
    form.diagnoses = tuple(p for p in resident.problems if resident.has(p, day))
    if resident.age_on(day) >= 18:
        form.readings = {"BODY_HEIGHT": resident.height_cm, "BODY_WEIGHT": resident.weight_kg}
    for problem in HEREDITY:
        ill = [kin for kin in ("father", "mother") if has_history(resident, kin, problem, day)]
        if ill:
            form.texts[f"FAMILY_HISTORY:{problem}"] = ", ".join(ill)
    return [Visit(resident, day, "clinic", household.doctor, [form])]


def examinations(stream: Random, life: Life) -> list[Visit]:
    """Examinations of people of 65 and more or with a chronic problem; of a few others too."""
    household, body, resident, last = life.household, life.fresh_body(), life.resident, life.last
    visits = []
    for year in range(household.record_start.year, last.year + 1):
        day = date(year, 3, 1) + timedelta(days=stream.randrange(200))
        day += timedelta(days=(7 - day.weekday()) % 7 if day.weekday() >= 5 else 0)
        if not household.record_start < day <= last or resident.age_on(day) < 18:
            continue
        due = resident.age_on(day) >= 65 or any(resident.has(p, day) for p in YEARLY)
        if happens(stream, value("examination.attends") if due else 0.12):
            form = _examine(stream, household, body, day)
            visits.append(
                Visit(resident, day, "clinic", one_of(stream, household.site.staff[:4]), [form])
            )
    return visits


def _examine(stream: Random, household: Household, body: Body, day: date) -> Form:
    resident = body.resident
    age, men = resident.age_on(day), resident.sex == "M"
    treated = 2 if resident.has("ESSENTIAL_HYPERTENSION", day) else 0
    systolic, diastolic = blood_pressure(stream, body, day, treated, "ADHERENCE_REGULAR")
    weight = round(resident.weight_kg + stream.gauss(0, 1), 1)
    glucose = fasting_glucose(
        stream, body, day, 1 if resident.has("TYPE_2_DIABETES", day) else 0, "ADHERENCE_REGULAR"
    )
    readings: dict[str, float] = {
        "BODY_TEMPERATURE": round(stream.gauss(36.5, 0.2), 1),
        "HEART_RATE": round(body.heart_rate + stream.gauss(0, 4)),
        "RESPIRATORY_RATE": round(stream.gauss(17, 1.2)),
        "SYSTOLIC_BP": systolic,
        "DIASTOLIC_BP": diastolic,
        "BP_LEFT_SYSTOLIC": systolic + one_of(stream, (-4, -2, 0, 2, 4)),
        "BP_LEFT_DIASTOLIC": diastolic + one_of(stream, (-2, 0, 2)),
        "BODY_HEIGHT": resident.height_cm,
        "BODY_WEIGHT": weight,
        "BMI": round(weight / (resident.height_cm / 100) ** 2, 1),
        "WAIST_CIRCUMFERENCE": round(resident.weight_kg * 0.82 + stream.gauss(32, 3)),
    }
    laboratory = {
        "FASTING_GLUCOSE": glucose,
        "CHOLESTEROL": round(max(body.cholesterol + stream.gauss(0, 0.3), 2.8), 2),
        "TRIGLYCERIDE": round(max(stream.gauss(1.6, 0.6), 0.4), 2),
        "HDL": round(max(stream.gauss(1.2 if men else 1.4, 0.2), 0.7), 2),
        "LDL": round(max(body.cholesterol * 0.6 + stream.gauss(0, 0.25), 1.1), 2),
        "CREATININE": round(max(body.creatinine + stream.gauss(0, 5), 35)),
        "UREA": round(max(stream.gauss(5.4, 1.1), 2.2), 1),
        "URIC_ACID": round(stream.gauss(470 if "GOUT" in resident.problems else 330, 50)),
        "ALT": round(max(stream.gauss(38 if "FATTY_LIVER" in resident.problems else 22, 8), 6)),
        "AST": round(max(stream.gauss(24, 6), 8)),
        "HEMOGLOBIN": round(stream.gauss(148 if men else 132, 9)),
        "LEUKOCYTES": round(max(stream.gauss(6.3, 1.3), 2.8), 1),
        "PLATELETS": round(max(stream.gauss(215, 45), 80)),
    }
    if resident.has("TYPE_2_DIABETES", day):
        laboratory["HBA1C"] = hba1c(stream, glucose)
    missing = value("record.missing_laboratory") / 4
    readings |= {k: v for k, v in laboratory.items() if not happens(stream, missing)}
    form = Form(
        kind="examination",
        readings=localise(household.locale, readings),
        diagnoses=tuple(p for p in resident.problems if resident.has(p, day)),
        procedures=("GENERAL_EXAMINATION", "ELECTROCARDIOGRAM"),
    )
    form.answers = {
        "SMOKING_STATUS": resident.smoking,
        "ALCOHOL_USE": resident.alcohol,
        "HEALTH_EVALUATION": "EVALUATION_ABNORMAL" if form.diagnoses else "EVALUATION_NORMAL",
    }
    if age >= 65:
        frail = resident.has("DEMENTIA", day) or resident.has("CEREBRAL_INFARCTION", day)
        form.amounts["SELF_CARE_SCORE"] = max(0, round(stream.gauss(9 if frail else 1, 3)))
        form.amounts["PHQ_9"], form.amounts["GAD_7"] = mood_scores(stream, resident, day)
        score = stream.gauss(15 if resident.has("DEMENTIA", day) else 27, 2)
        form.amounts["MMSE"] = min(30, max(3, round(score)))
        form.procedures += ("CHEST_XRAY",) if happens(stream, 0.4) else ()
    return form
