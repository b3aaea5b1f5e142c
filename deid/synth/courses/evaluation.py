"""What the yearly examination concludes from its numbers: abnormalities, guidance, risks."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from deid.synth.constitution import DIABETES, HYPERTENSION
from deid.synth.courses.complaints import weight_loss
from deid.synth.courses.control import DANGEROUS_GLUCOSE, class_of_pressure, is_dangerous
from deid.synth.courses.life import Life
from deid.synth.courses.sites import words
from deid.synth.parameters import value
from deid.synth.people import Locale, Resident
from deid.synth.physiology import GIVEN_FOR, needs_help
from deid.synth.physiology.drugs import BLOCKERS, CLASS_OF
from deid.synth.physiology.lipids import STRUCK, statin_age
from deid.synth.physiology.therapy import MORE_STATIN, STATIN
from deid.synth.visits import Form, Visit, in_si

YEARLY = (HYPERTENSION, DIABETES, "SCHIZOPHRENIA", "BIPOLAR_DISORDER")
OLD = 65
_LATELY_DAYS = 3 * 365
"""An examination of longer ago is compared with none."""
_IMPAIRED: dict[Locale, float] = {"en_US": 5.6, "zh_CN": 6.1}
"""From here on fasting glucose is called raised in people without diabetes: American Diabetes
Association 2010 Diabetes Care 33 Suppl 1:S62; in China the limit of the WHO (1999)."""
_POTASSIUM = (3.5, 5.3)
"""mmol/L: WS/T 404.3-2012."""
_URATE = {"F": 360, "M": 420}
"""Highest uric acid in umol/L: Chinese guideline on hyperuricemia and gout of 2019."""
_RISKS_OF_CLOTS = (HYPERTENSION, DIABETES, "HEART_FAILURE", *STRUCK)
"""With fibrillation, what asks for a drug against clots at every age."""
_MUCH_ALBUMIN = 300
"""mg/g of albumin from which the kidney clinic looks after somebody (KDIGO 2012: category A3)."""
_PLATELETS, _LEUKOCYTES = 125, 3.5
"""10^9/l; lowest counts of adults: WS/T 405-2012."""
_RECHECKED = frozenset({"glucose", "near diabetes", "low glucose", "kidney", "liver", "lipids",
                        "anemia", "potassium", "albumin", "platelets", "white cells"})  # fmt: skip
_OF_WEIGHT = frozenset({"weight", "obese", "thin"})
_HEAVY: dict[Locale, tuple[float, float]] = {"en_US": (25, 30), "zh_CN": (24, 28)}
"""Body mass indices from which somebody is overweight and obese: WHO 2000; WS/T 428-2013."""
_LEAST_HEMOGLOBIN = {
    ("en_US", "F"): 120, ("en_US", "M"): 130, ("zh_CN", "F"): 110, ("zh_CN", "M"): 120,
}  # fmt: skip
"""g/L; below is anemia: WHO 2011, and the lower limits that Chinese textbooks give."""
_NO_DIETING = 80
"""From this age on nobody is told to lose weight (assumption)."""
_SEEN = {
    "CHEST_XRAY_RESULT": ("COPD", "PULMONARY_TUBERCULOSIS", "LUNG_CANCER"),
    "ABDOMINAL_ULTRASOUND_RESULT": ("FATTY_LIVER", "GALLSTONE"),
}
"""Answer about a picture, and the problems that it shows."""
ANSWER_OF = {
    "cough": "lungs", "phlegm": "lungs", "short of breath": "lungs", "stomach ache": "stomach",
    "headache": "head", "dizziness": "head", "thirst": "thirst", "knee pain": "joints",
    "low back pain": "joints", "poor sleep": "sleep", "low mood": "mood", "blurred vision": "eyes",
    "numb feet": "feet", "tinnitus": "ears", "frequent urination": "bladder",
}  # fmt: skip
"""What is felt at an examination, and what is said to it."""
_MOST_ANSWERS = 3
_WORDS: dict[str, dict[Locale, str]] = {
    "pressure": {"en_US": "blood pressure raised", "zh_CN": "血压偏高"},
    "glucose": {"en_US": "fasting glucose raised", "zh_CN": "空腹血糖偏高"},
    "near diabetes": {
        "en_US": "fasting glucose above normal, below diabetes",
        "zh_CN": "空腹血糖受损，未达糖尿病标准",
    },
    "low glucose": {"en_US": "fasting glucose low", "zh_CN": "空腹血糖偏低"},
    "lipids": {"en_US": "blood lipids raised", "zh_CN": "血脂偏高"},
    "kidney": {"en_US": "creatinine raised", "zh_CN": "肌酐偏高"},
    "albumin": {"en_US": "albumin in the urine", "zh_CN": "尿白蛋白偏高"},
    "potassium": {"en_US": "potassium outside the range", "zh_CN": "血钾异常"},
    "urate": {"en_US": "uric acid raised", "zh_CN": "血尿酸偏高"},
    "anemia": {"en_US": "hemoglobin low", "zh_CN": "血红蛋白偏低"},
    "platelets": {"en_US": "platelets low", "zh_CN": "血小板偏低"},
    "white cells": {"en_US": "white cells low", "zh_CN": "白细胞偏低"},
    "weight": {"en_US": "overweight", "zh_CN": "超重"},
    "obese": {"en_US": "obese", "zh_CN": "肥胖"},
    "thin": {"en_US": "underweight", "zh_CN": "体重过轻"},
    "liver": {"en_US": "ALT raised", "zh_CN": "谷丙转氨酶偏高"},
    "tracing": {
        "en_US": "ECG as in earlier years, nothing acute",
        "zh_CN": "心电图改变同前，无急性表现",
    },
}


def evaluate(life: Life, form: Form, readings: dict[str, float], day: date) -> None:
    """Abnormalities from the numbers, guidance and what to change."""
    resident, locale = life.resident, life.household.locale
    heavy, obese = _HEAVY[locale]
    least = _LEAST_HEMOGLOBIN[locale, resident.sex]
    limits = {
        "pressure": _is_raised(resident, readings, day),
        "glucose": readings.get("FASTING_GLUCOSE", 0) >= 7.0,
        "near diabetes": _IMPAIRED[locale] <= readings.get("FASTING_GLUCOSE", 0) < 7.0
        and not resident.has(DIABETES, day),
        "low glucose": readings.get("FASTING_GLUCOSE", 5.0) < 3.9,
        "lipids": readings.get("LDL", 0) >= 4.1
        or readings.get("CHOLESTEROL", 0) >= 6.2
        or readings.get("TRIGLYCERIDE", 0) >= 2.3,
        "kidney": readings.get("EGFR", 100) < 60,
        "albumin": readings.get("URINE_ACR", 0) >= 30
        or form.answers.get("URINE_PROTEIN", "") not in {"", "NEGATIVE"},
        "liver": readings.get("ALT", 0) > 50,
        "tracing": form.answers.get("ECG_RESULT") == "ABNORMAL",
        "anemia": readings.get("HEMOGLOBIN", 150) < least,
        "potassium": not _POTASSIUM[0] <= readings.get("POTASSIUM", 4.0) <= _POTASSIUM[1],
        "urate": readings.get("URIC_ACID", 0) > _URATE[resident.sex],
        "platelets": readings.get("PLATELETS", 200) < _PLATELETS,
        "white cells": readings.get("LEUKOCYTES", 6.0) < _LEUKOCYTES,
        "weight": heavy <= readings.get("BMI", 0) < obese,
        "obese": readings.get("BMI", 0) >= obese,
        "thin": readings.get("BMI", 20) < 18.5,
    }
    found = [name for name, beyond in limits.items() if beyond]
    abnormal = bool(form.diagnoses or [name for name in found if name not in _OF_WEIGHT])
    form.answers["HEALTH_EVALUATION"] = "EVALUATION_ABNORMAL" if abnormal else "EVALUATION_NORMAL"
    remarks = [_WORDS[name][locale] for name in found]
    if "glucose" in found and resident.has(DIABETES, day):
        leaves = life.body.treatment_on(DIABETES, day).adherence == "ADHERENCE_NONE"
        said = "glucose.left" if leaves else "glucose.followed"
        remarks[found.index("glucose")] = words(locale, said)
    if readings.get("URINE_ACR", 0) >= _MUCH_ALBUMIN:
        remarks[found.index("albumin")] = words(locale, "albumin.much")
    if "platelets" in found and resident.has("CIRRHOSIS", day):
        remarks[found.index("platelets")] = words(locale, "platelets.cirrhosis")
    if "pressure" in found and resident.has(HYPERTENSION, day):
        leaves = life.body.treatment_on(HYPERTENSION, day).adherence == "ADHERENCE_NONE"
        said = "raised.known" if leaves else "raised.followed"
        remarks[found.index("pressure")] = words(locale, said)
    remarks += [words(locale, key) for key in _unanswered(life, form, readings, day)]
    remarks += [words(locale, key) for key in _explained(resident, form, day)]
    if "chest tightness" in form.symptoms:
        remarks.append(words(locale, "symptom.heart"))
    elif {"short of breath", "leg swelling"} & set(form.symptoms) and resident.has(
        "HEART_FAILURE", day
    ):
        remarks.append(words(locale, "symptom.failure"))
    ill_lungs = resident.has("COPD", day)
    felt = dict.fromkeys(
        ANSWER_OF[s]
        for s in form.symptoms
        if s in ANSWER_OF and (ill_lungs or ANSWER_OF[s] != "lungs")
    )
    remarks += [words(locale, f"felt.{key}") for key in list(felt)[:_MOST_ANSWERS]]
    if remarks:
        form.texts["ABNORMALITY"] = "; ".join(remarks)
    guidance = []
    if any(resident.has(problem, day) for problem in YEARLY):
        guidance.append("GUIDANCE_CHRONIC_MANAGEMENT")
    if _RECHECKED & set(found):
        guidance.append("GUIDANCE_RECHECK")
    sugar = max(readings.get("FASTING_GLUCOSE", 6.0), 6.0)  # a low one is looked at again
    if is_dangerous(readings | {"FASTING_GLUCOSE": sugar}):
        guidance.append("GUIDANCE_REFERRAL")
        form.change = "referred"
        high = sugar >= DANGEROUS_GLUCOSE
        form.hints["referred_for"] = "dangerous glucose" if high else "dangerous pressure"
    if guidance:
        form.answers["HEALTH_GUIDANCE"] = "|".join(guidance)
    control = []
    if resident.smoking == "CURRENT_SMOKER":
        control.append("CONTROL_SMOKING")
    if resident.drinking_on(day)[1] >= 2:
        control.append("CONTROL_DRINKING")
    if resident.salt == "HEAVY" or {"lipids", "glucose", "near diabetes"} & set(found):
        control.append("CONTROL_DIET")
    if resident.exercise < 3 and not needs_help(resident, day):
        control.append("CONTROL_EXERCISE")
    frail = resident.age_on(day) >= _NO_DIETING or needs_help(resident, day)
    if {"weight", "obese"} & set(found) and not frail:
        control.append("CONTROL_WEIGHT")
        ideal = heavy * (resident.height_cm / 100) ** 2
        form.amounts["WEIGHT_GOAL"] = round(max(ideal, readings["BODY_WEIGHT"] - 4), 1)
    if resident.age_on(day) >= OLD:
        control.append("CONTROL_VACCINATION")
    if control:
        form.answers["RISK_CONTROL"] = "|".join(control)


def answer_of_fibrillation(resident: Resident, day: date) -> str:
    """Key of what is said to somebody with fibrillation who takes nothing against clots."""
    risks = any(resident.has(problem, day) for problem in _RISKS_OF_CLOTS)
    old = risks or resident.age_on(day) >= OLD
    return "answer.fibrillation" if old else "answer.fibrillation.young"


def compare(life: Life, before: list[Visit], form: Form, day: date) -> None:
    """Tell what is new since the examinations before: failing kidneys, lost weight, a tracing."""
    _send_for_kidneys(life, before, form)
    _notice_loss(life, before, form, day)
    _compare_tracings(life, before, form)
    _compare_blood(life, before, form)


def double_statin(life: Life, form: Form, day: date) -> bool:
    """Whose LDL is above the goal under the first dose of a statin takes twice as much from then
    on: true if so. It is written into the visits that are already there."""
    resident = life.resident
    ldl = in_si(form.readings, "LDL")
    ill = any(resident.has(p, day) for p in (DIABETES, "CORONARY_ARTERIOSCLEROSIS", *STRUCK))
    goal = value("ldl.goal.diabetes") if ill else value("ldl.asks")
    if STATIN not in form.drugs or ldl < goal:
        return False
    resident.doubled[STATIN.drug] = day
    _more_statin(form)
    said, locale = form.texts.get("ABNORMALITY", ""), life.household.locale
    parts = [p for p in said.split("; ") if p and p != words(locale, "answer.ldl.heart")]
    form.texts["ABNORMALITY"] = "; ".join((*parts, words(locale, "statin.doubled")))
    for visit in life.visits:
        if visit.day > day:
            for later in visit.forms:
                _more_statin(later)
    return True


def _more_statin(form: Form) -> None:
    form.drugs = tuple(
        replace(drug, dose=MORE_STATIN.dose) if drug.drug == STATIN.drug else drug
        for drug in form.drugs
    )


def _notice_loss(life: Life, before: list[Visit], form: Form, day: date) -> None:
    """Who weighs much less than at the examination before is told so."""
    if not before or (day - before[-1].day).days > _LATELY_DAYS:
        return
    weight = before[-1].forms[0].readings.get("BODY_WEIGHT", 0)
    if form.readings["BODY_WEIGHT"] < (1 - value("weight.loss.noticed")) * weight:
        why = weight_loss(life.resident, day)
        form.add_remark(words(life.household.locale, why), first=True)


def _compare_tracings(life: Life, before: list[Visit], form: Form) -> None:
    """The first changed electrocardiogram is like none of earlier years."""
    locale = life.household.locale
    known = any(visit.forms[0].answers.get("ECG_RESULT") == "ABNORMAL" for visit in before)
    if form.answers.get("ECG_RESULT") == "ABNORMAL" and not known:
        form.texts["ABNORMALITY"] = form.texts["ABNORMALITY"].replace(
            _WORDS["tracing"][locale], words(locale, "tracing.first")
        )


def _compare_blood(life: Life, before: list[Visit], form: Form) -> None:
    """A low hemoglobin is looked into, and known from then on."""
    locale = life.household.locale
    low = _WORDS["anemia"][locale]
    if low in form.texts.get("ABNORMALITY", "").split("; "):
        known = any(low in visit.forms[0].texts.get("ABNORMALITY", "") for visit in before)
        said = words(locale, "anemia.known" if known else "anemia.first")
        form.texts["ABNORMALITY"] = form.texts["ABNORMALITY"].replace(low, f"{low}{said}")


def _send_for_kidneys(life: Life, before: list[Visit], form: Form) -> None:
    """The first examination that finds the kidneys failing sends to the hospital; those after it
    say who looks after them."""
    locale = life.household.locale
    said = form.texts.get("ABNORMALITY", "")
    if words(locale, "answer.kidney") not in said:
        return
    if any(visit.forms[0].hints.get("referred_for") == "kidneys fail" for visit in before):
        form.texts["ABNORMALITY"] = said.replace(
            words(locale, "answer.kidney"), words(locale, "answer.kidney.known")
        )
        return
    form.hints["referred_for"] = "kidneys fail"
    form.change = "referred"
    guidance = [g for g in form.answers.get("HEALTH_GUIDANCE", "").split("|") if g]
    form.answers["HEALTH_GUIDANCE"] = "|".join(dict.fromkeys((*guidance, "GUIDANCE_REFERRAL")))


def _is_raised(resident: Resident, readings: dict[str, float], day: date) -> bool:
    """Those who are treated for hypertension are held to the goal of their age."""
    high, low = readings.get("SYSTOLIC_BP", 0), readings.get("DIASTOLIC_BP", 0)
    if resident.has(HYPERTENSION, day):
        return class_of_pressure(resident, day, high, low) != "CLASS_CONTROLLED"
    return high >= 140 or low >= 90


def _explained(resident: Resident, form: Form, day: date) -> list[str]:
    """What the pictures show: keys of the phrases about it."""
    return [
        f"seen.{problem}"
        for question, problems in _SEEN.items()
        if form.answers.get(question) == "ABNORMAL"
        for problem in problems
        if resident.has(problem, day)
    ]


def _unanswered(life: Life, form: Form, readings: dict[str, float], day: date) -> list[str]:
    """What should be treated and is not, or is another's to treat: keys of the phrases about it."""
    resident, taken = life.resident, {drug.drug for drug in form.drugs}
    said = []
    if readings.get("EGFR", 100) < value("egfr.specialist"):
        said.append("answer.kidney")
    inr = readings.get("INR", 2.5)
    if not 2 <= inr <= 3:
        said.append("answer.inr.low" if inr < 2 else "answer.inr.high")
    if resident.has("ATRIAL_FIBRILLATION", day) and "WARFARIN" not in taken:
        said.append(answer_of_fibrillation(resident, day))
    diabetic = resident.has(DIABETES, day) and day >= statin_age(resident)
    above = readings.get("LDL", 0) >= value("ldl.goal.diabetes")
    if diabetic and above and STATIN.drug not in taken:
        said.append("answer.statin")
    elif readings.get("LDL", 0) >= value("ldl.asks") and STATIN.drug not in taken:
        young = day < statin_age(resident)
        said.append("answer.lipids.young" if young else "answer.statin.lipids")
    blocks = any(CLASS_OF.get(drug) in BLOCKERS for drug in taken)
    if resident.has("DIABETIC_NEPHROPATHY", day) and not blocks:
        said.append("answer.blocker")
    heart = any(resident.has(p, day) for p in ("CORONARY_ARTERIOSCLEROSIS", *STRUCK))
    if heart and STATIN.drug not in taken and not said.count("answer.statin"):
        said = [key for key in said if key != "answer.statin.lipids"] + ["answer.statin.heart"]
    elif (heart or diabetic) and above and STATIN.drug in taken:
        said.append("answer.ldl.heart")
    if resident.has("THYROID_NODULE", day):
        said.append("known.thyroid")
    offered = (
        ("OSTEOPOROSIS", "answer.bone"), ("COPD", "answer.inhaler"), ("ASTHMA", "answer.inhaler"),
        ("DEPRESSIVE_DISORDER", "answer.mood"), ("HYPOTHYROIDISM", "answer.thyroid"),
    )  # fmt: skip
    said += dict.fromkeys(
        key
        for problem, key in offered
        if resident.has(problem, day) and not taken & GIVEN_FOR[problem]
    )
    return said
