"""Antenatal visits: the first one with its whole form, and those after it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random

from deid.synth.courses.life import Life, working_day
from deid.synth.courses.pregnancy import (
    DIABETES,
    PREECLAMPSIA,
    PregnancyCourse,
    bmi,
    darker,
    fundal_height,
    tolerance_test,
    treatment,
    vital_signs,
)
from deid.synth.courses.sites import words
from deid.synth.mixes import draw_levels, draw_mix
from deid.synth.parameters import value
from deid.synth.people import Locale
from deid.synth.physiology import therapy_on
from deid.synth.streams import happens, one_of
from deid.synth.visits import Form, Identifier, Prescription, Visit, localise

WINDOWS: dict[Locale, tuple[tuple[int, int], ...]] = {
    "zh_CN": ((16, 20), (21, 24), (28, 32), (37, 40)),
    "en_US": ((15, 17), (19, 21), (24, 26), (28, 29), (30, 31), (32, 33), (34, 35), (36, 36),
              (37, 37), (38, 38), (39, 39)),
}  # fmt: skip
"""Completed weeks of the antenatal visits after the first one: the national rules' second to fifth
visit; monthly, fortnightly and weekly visits in the United States."""

_ANTI_D_WEEK = 28
"""Week from which women without the Rh factor are given immune globulin (ACOG 2017)."""

_COMPLAINTS = {
    "first": ("nausea", "tiredness", "frequent urination"),
    "second": ("heartburn", "constipation", "low back pain"),
    "third": ("leg swelling", "low back pain", "poor sleep", "frequent urination"),
}


def antenatal_visits(stream: Random, life: Life, course: PregnancyCourse) -> Iterator[Visit]:
    """The visits of one pregnancy until it ends."""
    pregnancy = course.pregnancy
    end = pregnancy.delivered or life.last + timedelta(days=1)
    late = happens(stream, value("pregnancy.late_booking"))
    first = stream.randrange(15, 24) if late else stream.randrange(7, 13)
    windows = WINDOWS[life.household.locale]
    weeks = [first, *(stream.randrange(a, b + 1) for a, b in windows)]
    for number, week in enumerate(weeks):
        day = working_day(pregnancy.lmp + timedelta(days=7 * week + stream.randrange(5)))
        if not life.first <= day <= life.last or day >= end or life.resident.is_away(day):
            continue
        if number and (week <= first or happens(stream, value("pregnancy.visit_missed"))):
            continue
        form = (
            _first_visit(stream, life, course, day)
            if not number
            else _later_visit(stream, life, course, day)
        )
        upcoming = next((w for w in weeks[number + 1 :] if w > first), None)
        if upcoming is not None:
            form.next_day = working_day(pregnancy.lmp + timedelta(days=7 * upcoming))
        if form.readings.get("SYSTOLIC_BP", 0) >= 160 or PREECLAMPSIA in form.diagnoses:
            form.change = "referred"
        household = life.household
        clinician = household.doctor if not number else one_of(stream, household.site.staff[:4])
        yield Visit(life.resident, day, "clinic", clinician, [form])


def _first_visit(stream: Random, life: Life, course: PregnancyCourse, day: date) -> Form:
    resident, household, pregnancy = life.resident, life.household, course.pregnancy
    form = Form(kind="antenatal first", readings=vital_signs(stream, life, course, day))
    form.readings |= localise(
        household.locale,
        {
            "BODY_HEIGHT": resident.height_cm,
            "BMI": round(form.readings["BODY_WEIGHT"] / (resident.height_cm / 100) ** 2, 1),
            **draw_levels(stream, "antenatal"),
        },
    )
    earlier = [p for p in resident.pregnancies if p.delivered and p.delivered < pregnancy.lmp]
    births = [p for p in earlier if p.outcome in {"live birth", "stillbirth"}]
    caesareans = sum(p.mode == "caesarean" for p in births)
    carrier = resident.has("CHRONIC_HEPATITIS_B", day)
    losses = sum(p.outcome == "miscarriage" for p in earlier)
    form.amounts = {
        "GESTATIONAL_WEEK": course.week(day),
        "GRAVIDITY": resident.parity + len(earlier) + 1,
        "PARITY_VAGINAL": resident.parity + len(births) - caesareans,
        "PARITY_CESAREAN": caesareans,
        "SPONTANEOUS_ABORTIONS": losses,
        "INDUCED_ABORTIONS": 0,
        "FETAL_DEATHS": 0,
        "STILLBIRTHS": sum(p.outcome == "stillbirth" for p in earlier),
        "NEONATAL_DEATHS": 0,
        "BIRTH_DEFECTS": 0,
    }
    older, heavy = resident.age_on(day) >= 35, bmi(resident) >= 28
    ill = {"ESSENTIAL_HYPERTENSION", "TYPE_2_DIABETES", "CHRONIC_KIDNEY_DISEASE", "HEART_FAILURE"}
    grave = any(resident.has(problem, day) for problem in ill)
    colour = "RISK_ORANGE" if grave else "RISK_PURPLE" if carrier else "RISK_GREEN"
    thyroid = resident.has("HYPOTHYROIDISM", day)
    if colour == "RISK_GREEN" and (older or heavy or caesareans or thyroid):
        colour = "RISK_YELLOW"
    course.colour = colour
    smokes = resident.smoking == "CURRENT_SMOKER"
    form.answers = {
        "MATERNAL_PERSONAL_HISTORY": "SMOKES_IN_PREGNANCY" if smokes else "NONE",
        "GYNAECOLOGICAL_SURGERY": "PRESENT" if happens(stream, 0.04) else "NONE",
        "HEART_EXAMINATION": "NORMAL",
        "LUNG_EXAMINATION": "NORMAL",
        "VULVA": "NORMAL",
        "VAGINA": "NORMAL",
        "CERVIX": "NORMAL",
        "UTERUS": "NORMAL",
        "ADNEXA": "NORMAL",
        "BLOOD_GROUP": resident.blood_group,
        "RH_FACTOR": resident.rhesus,
        "VAGINAL_CLEANLINESS": draw_mix(stream, "pregnancy.cleanliness"),
        "HBSAG_RESULT": "POSITIVE" if carrier else "NEGATIVE",
        "URINE_PROTEIN": "NEGATIVE",
        "URINE_GLUCOSE": "NEGATIVE",
        "URINE_KETONE": "PLUS_1" if happens(stream, 0.08) else "NEGATIVE",
        "URINE_BLOOD": "NEGATIVE",
        "VAGINAL_DISCHARGE": "DISCHARGE_CANDIDA" if happens(stream, 0.08) else "NORMAL",
        "SYPHILIS_TEST": "NEGATIVE",
        "HIV_TEST": "NEGATIVE",
        "OBSTETRIC_ULTRASOUND": "NORMAL",
        "PREGNANCY_ASSESSMENT": "NORMAL" if colour == "RISK_GREEN" else "ABNORMAL",
        "PREGNANCY_RISK": colour,
        "PREGNANCY_GUIDANCE": "GUIDANCE_LIFESTYLE|GUIDANCE_NUTRITION|GUIDANCE_AVOID_HARM"
        "|GUIDANCE_PRENATAL_SCREENING",
    }  # fmt: skip
    form.texts = {
        "LAST_MENSTRUAL_PERIOD": pregnancy.lmp.isoformat(),
        "DUE_DATE": (pregnancy.lmp + timedelta(days=280)).isoformat(),
    }
    form.diagnoses = ("NORMAL_PREGNANCY" if colour == "RISK_GREEN" else "HIGH_RISK_PREGNANCY",)
    if caesareans:
        form.diagnoses += ("PREVIOUS_CESAREAN",)
    form.procedures = ("FETAL_ULTRASOUND", *(("SMOKING_CESSATION_EDUCATION",) if smokes else ()))
    form.drugs = (Prescription("FOLIC_ACID", "0.4 mg", 1, 90),)
    if thyroid:
        taken = therapy_on(resident, household.locale, day)
        form.drugs += tuple(drug for drug in taken if drug.drug == "LEVOTHYROXINE")
        form.texts["ABNORMALITY"] = words(household.locale, "thyroid.pregnant")
    if resident.has("DEPRESSIVE_DISORDER", day):
        form.add_remark(words(household.locale, "mood.pregnant"))
    if happens(stream, 0.5):
        form.symptoms = (one_of(stream, _COMPLAINTS["first"]),)
    husband = resident.spouse
    if husband is not None:
        form.identifiers["husband"] = Identifier(husband.full_name, "NAME")
        form.hints["husband_age"] = str(husband.age_on(day))
        if husband.phone:
            form.identifiers["husband_phone"] = Identifier(husband.phone, "PHONE")
    return form


def _later_visit(stream: Random, life: Life, course: PregnancyCourse, day: date) -> Form:
    week = course.week(day)
    form = Form(kind="antenatal", readings=vital_signs(stream, life, course, day))
    form.amounts = {"GESTATIONAL_WEEK": week}
    height = round(fundal_height(week) + course.height + stream.gauss(0, 0.4))
    # The head goes down in the last weeks, and never by more than a centimetre between two visits.
    course.measured = max(height, course.measured - (week > 36))
    form.readings["FUNDAL_HEIGHT"] = course.measured
    form.readings["ABDOMINAL_GIRTH"] = round(62 + 0.25 * (course.weight - 45) + 0.75 * week
                                             + course.height + stream.gauss(0, 0.8))  # fmt: skip
    form.readings["FETAL_HEART_RATE"] = round(min(max(stream.gauss(144 - 0.1 * week, 6), 116), 162))
    breech = week >= 28 and happens(stream, 0.15 if week < 34 else 0.03)
    if week >= 28:
        form.answers["FETAL_POSITION"] = "FETUS_BREECH" if breech else "FETUS_CEPHALIC"
    if 24 <= week <= 34 and "tested" not in course.known:
        course.known.add("tested")
        diabetic = DIABETES in course.problems
        form.readings |= localise(life.household.locale, tolerance_test(stream, diabetic))
    negative = life.resident.rhesus == "RH_NEGATIVE"
    if week >= _ANTI_D_WEEK and negative and "anti-D" not in course.known:
        course.known.add("anti-D")
        form.texts["ABNORMALITY"] = words(life.household.locale, "rhesus.pregnant")
    found = course.found(week)
    protein = "PLUS_2" if PREECLAMPSIA in found else "NEGATIVE"
    form.answers["URINE_PROTEIN"] = protein if happens(stream, 0.95) else "TRACE"
    new = tuple(p for p in found if p not in course.known)
    course.known |= set(found)
    form.event = new[0] if new else None
    usual = "NORMAL_PREGNANCY" if course.colour == "RISK_GREEN" else "HIGH_RISK_PREGNANCY"
    form.diagnoses = found or (usual,)
    form.answers["PREGNANCY_RISK"] = darker(course.colour, found)
    form.answers["PREGNANCY_CLASS"] = "ABNORMAL" if found or breech else "NORMAL"
    form.answers["PREGNANCY_GUIDANCE"] = (
        "GUIDANCE_SELF_MONITORING|GUIDANCE_DELIVERY|GUIDANCE_BREASTFEEDING"
        if week >= 28
        else "GUIDANCE_LIFESTYLE|GUIDANCE_NUTRITION|GUIDANCE_EXERCISE"
    )
    form.procedures = ("FETAL_HEART_AUSCULTATION",)
    if 20 <= week <= 24:
        form.procedures += ("FETAL_ULTRASOUND",)
    if life.household.locale == "en_US" and 27 <= week <= 36:
        form.vaccines = ("TDAP_VACCINE",) if "tdap" not in course.known else ()
        course.known.add("tdap")
    if DIABETES in found:
        form.procedures += ("DIET_EDUCATION",)
        if DIABETES in new and happens(stream, value("pregnancy.diabetes_insulin")):
            course.known.add("insulin")
        if DIABETES not in new:
            glucose = round(min(max(stream.gauss(4.9, 0.4), 4.0), 6.4), 1)
            form.readings |= localise(life.household.locale, {"FASTING_GLUCOSE": glucose})
    form.drugs = treatment(life, found, "insulin" in course.known)
    form.change = "added" if new and form.drugs else "none"
    complaints = _COMPLAINTS["second" if week < 28 else "third"]
    if happens(stream, 0.55):
        form.symptoms = (one_of(stream, complaints),)
    if PREECLAMPSIA in found:
        form.symptoms = ("headache", "leg swelling")
    return form
