"""A pregnancy from the first antenatal visit to the visit on day 42, by the national forms.

Visits before birth (up to week 13, then at 16-20, 21-24, 28-36 and 37-40), the birth as a stay in
hospital, a home visit within a week of going home, and the closing visit on day 42. Anaemia,
diabetes and high pressure of pregnancy come at published rates, are found at the visit at which
they are looked for, and are treated from then on. Prenatal care in the United States fills in the
same forms.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from deid.synth.births import Birth, birth_of, nights_after
from deid.synth.courses.life import Life, working_day
from deid.synth.courses.sites import department, hospital_of, words
from deid.synth.parameters import value
from deid.synth.people import Locale, Pregnancy, Resident
from deid.synth.physiology import mood_scores
from deid.synth.safety import NOT_IN_PREGNANCY, may_take, pregnancy_on
from deid.synth.streams import happens, one_of, weighted
from deid.synth.visits import Form, Identifier, Mode, Prescription, Visit, localise

ANEMIA, DIABETES = "ANEMIA_IN_PREGNANCY", "GESTATIONAL_DIABETES"
HYPERTENSION, PREECLAMPSIA = "GESTATIONAL_HYPERTENSION", "PREECLAMPSIA"
WINDOWS: dict[Locale, tuple[tuple[int, int], ...]] = {
    "zh_CN": ((16, 20), (21, 24), (28, 36), (37, 40)),
    "en_US": ((15, 17), (19, 21), (24, 26), (28, 29), (30, 31), (32, 33), (34, 35), (36, 36),
              (37, 37), (38, 38), (39, 39)),
}  # fmt: skip
"""Completed weeks of the antenatal visits after the first one: the national rules' second to fifth
visit; monthly, fortnightly and weekly visits in the United States."""

FOUND_IN_WEEK = {ANEMIA: 20, DIABETES: 24, HYPERTENSION: 28, PREECLAMPSIA: 31}
_COMPLAINTS = {
    "first": ("nausea", "tiredness", "frequent urination"),
    "second": ("heartburn", "constipation", "low back pain"),
    "third": ("leg swelling", "low back pain", "poor sleep", "frequent urination"),
}
_SAFE = {
    "en_US": Prescription("LABETALOL", "100 mg", 2, 30),
    "zh_CN": Prescription("LABETALOL", "100mg", 2, 30),
}


@dataclass
class _Course:
    """One pregnancy as it goes."""

    pregnancy: Pregnancy
    weight: float
    problems: tuple[str, ...]
    hemoglobin: float
    colour: str = "RISK_GREEN"
    known: set[str] = field(default_factory=set)

    def week(self, day: date) -> int:
        """Completed weeks on a day."""
        return (day - self.pregnancy.lmp).days // 7

    def found(self, week: int) -> tuple[str, ...]:
        """Problems that are there in a week and have been looked for."""
        return tuple(
            problem
            for problem in self.problems
            if week >= FOUND_IN_WEEK[problem] and (problem != DIABETES or "tested" in self.known)
        )


def maternity(stream: Random, life: Life) -> list[Visit]:
    """Visits and stays of all pregnancies of one woman; none for anybody else."""
    visits: list[Visit] = []
    for pregnancy in life.resident.pregnancies:
        course = _Course(
            pregnancy,
            weight=life.resident.weight_kg,
            problems=_problems(stream, life),
            hemoglobin=stream.gauss(124, 6),
        )
        visits += _before_birth(stream, life, course)
        if pregnancy.delivered is not None and life.first <= pregnancy.delivered <= life.last:
            visits += _end(stream, life, course, pregnancy.delivered)
    _protect(life)
    return sorted(visits, key=lambda visit: visit.day)


def fundal_height(weeks: int) -> float:
    """Centimetres above the pubis: as many as weeks from 20 to 36, then fewer (McDonald 1906)."""
    return float(weeks if weeks <= 36 else 36 - 0.3 * (weeks - 36))


def weight_gained(weeks: int, bmi: float) -> float:
    """Kilograms: 2 in the first trimester, then what the Institute of Medicine advised in 2009."""
    weekly = 0.51 if bmi < 18.5 else 0.42 if bmi < 25 else 0.28 if bmi < 30 else 0.22
    return 2 * min(weeks, 13) / 13 + weekly * max(weeks - 13, 0)


def _problems(stream: Random, life: Life) -> tuple[str, ...]:
    resident, place = life.resident, life.household.locale.lower()
    age = resident.age_on(life.last)
    heavy = 1.5 if _bmi(resident) >= 25 else 1.0
    rates = {
        ANEMIA: value("pregnancy.anemia") * (1.3 if life.household.area == "rural" else 0.8),
        DIABETES: value(f"pregnancy.gestational_diabetes.{place}")
        * heavy
        * (1.4 if age >= 35 else 0.9),
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


def _bmi(resident: Resident) -> float:
    return resident.weight_kg / (resident.height_cm / 100) ** 2


def _before_birth(stream: Random, life: Life, course: _Course) -> Iterator[Visit]:
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


def _first_visit(stream: Random, life: Life, course: _Course, day: date) -> Form:
    resident, household, pregnancy = life.resident, life.household, course.pregnancy
    form = Form(kind="antenatal first", readings=_readings(stream, life, course, day))
    form.readings |= localise(
        household.locale,
        {
            "BODY_HEIGHT": resident.height_cm,
            "BMI": round(form.readings["BODY_WEIGHT"] / (resident.height_cm / 100) ** 2, 1),
            "LEUKOCYTES": round(max(stream.gauss(8.0, 1.5), 4.2), 1),
            "PLATELETS": round(max(stream.gauss(220, 40), 110)),
            "FASTING_GLUCOSE": round(min(max(stream.gauss(4.6, 0.3), 3.9), 5.6), 1),
            "ALT": round(max(stream.gauss(18, 6), 6)),
            "AST": round(max(stream.gauss(20, 5), 8)),
            "BILIRUBIN": round(max(stream.gauss(9, 2.5), 3.5), 1),
            "CREATININE": round(max(stream.gauss(52, 7), 32)),
            "UREA": round(max(stream.gauss(3.4, 0.6), 1.9), 1),
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
    older, heavy = resident.age_on(day) >= 35, _bmi(resident) >= 28
    ill = {"ESSENTIAL_HYPERTENSION", "TYPE_2_DIABETES", "CHRONIC_KIDNEY_DISEASE", "HEART_FAILURE"}
    grave = any(resident.has(problem, day) for problem in ill)
    colour = "RISK_ORANGE" if grave else "RISK_PURPLE" if carrier else "RISK_GREEN"
    if colour == "RISK_GREEN" and (older or heavy or caesareans):
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
        "CERVIX": "ABNORMAL" if happens(stream, 0.04) else "NORMAL",
        "UTERUS": "NORMAL",
        "ADNEXA": "NORMAL",
        "BLOOD_GROUP": resident.blood_group,
        "RH_FACTOR": "RH_NEGATIVE" if happens(stream, 0.01) else "RH_POSITIVE",
        "VAGINAL_CLEANLINESS": weighted(stream, {"CLEANLINESS_1": 0.6, "CLEANLINESS_2": 0.35,
                                                 "CLEANLINESS_3": 0.05}),
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
    form.procedures = ("FETAL_ULTRASOUND",)
    form.drugs = (Prescription("FOLIC_ACID", "0.4 mg", 1, 90),)
    if happens(stream, 0.5):
        form.symptoms = (one_of(stream, _COMPLAINTS["first"]),)
    husband = resident.spouse
    if husband is not None:
        form.identifiers["husband"] = Identifier(husband.full_name, "NAME")
        form.hints["husband_age"] = str(husband.age_on(day))
        if husband.phone:
            form.identifiers["husband_phone"] = Identifier(husband.phone, "PHONE")
    return form


def _later_visit(stream: Random, life: Life, course: _Course, day: date) -> Form:
    week = course.week(day)
    form = Form(kind="antenatal", readings=_readings(stream, life, course, day))
    form.amounts = {"GESTATIONAL_WEEK": week}
    height = fundal_height(week) + stream.gauss(0, 0.9)
    form.readings["FUNDAL_HEIGHT"] = round(height)
    form.readings["ABDOMINAL_GIRTH"] = round(62 + 0.25 * (course.weight - 45) + 0.75 * week
                                             + stream.gauss(0, 2))  # fmt: skip
    form.readings["FETAL_HEART_RATE"] = round(min(max(stream.gauss(144 - 0.1 * week, 6), 116), 162))
    breech = week >= 28 and happens(stream, 0.15 if week < 34 else 0.03)
    if week >= 28:
        form.answers["FETAL_POSITION"] = "FETUS_BREECH" if breech else "FETUS_CEPHALIC"
    if 24 <= week <= 34 and "tested" not in course.known:
        course.known.add("tested")
        diabetic = DIABETES in course.problems
        form.readings |= localise(life.household.locale, _tolerance(stream, diabetic))
    found = course.found(week)
    protein = "PLUS_2" if PREECLAMPSIA in found else "NEGATIVE"
    form.answers["URINE_PROTEIN"] = protein if happens(stream, 0.95) else "TRACE"
    new = tuple(p for p in found if p not in course.known)
    course.known |= set(found)
    form.event = new[0] if new else None
    usual = "NORMAL_PREGNANCY" if course.colour == "RISK_GREEN" else "HIGH_RISK_PREGNANCY"
    form.diagnoses = found or (usual,)
    form.answers["PREGNANCY_RISK"] = _darker(course.colour, found)
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
    form.drugs = _treatment(life, found, "insulin" in course.known)
    form.change = "added" if new and form.drugs else "none"
    complaints = _COMPLAINTS["second" if week < 28 else "third"]
    if happens(stream, 0.55):
        form.symptoms = (one_of(stream, complaints),)
    if PREECLAMPSIA in found:
        form.symptoms = ("headache", "leg swelling")
    return form


def _readings(stream: Random, life: Life, course: _Course, day: date) -> dict[str, float]:
    week = course.week(day)
    found = {p for p in course.problems if week >= FOUND_IN_WEEK[p]}
    systolic = min(life.body.healthy_systolic, 126) - 6 - (4 if 14 <= week <= 26 else 0)
    systolic += 36 if PREECLAMPSIA in found else 28 if HYPERTENSION in found else 0
    if life.resident.has("ESSENTIAL_HYPERTENSION", day):
        systolic += 18
    systolic += stream.gauss(0, 5)
    anemic = 24 if ANEMIA in found and ANEMIA not in course.known else 16 if ANEMIA in found else 0
    gained = weight_gained(week, _bmi(life.resident)) * (1.25 if DIABETES in found else 1.0)
    return {
        "BODY_WEIGHT": round(course.weight + gained + stream.gauss(0, 0.5), 1),
        "SYSTOLIC_BP": 2 * round(min(max(systolic, 92), 178) / 2),
        "DIASTOLIC_BP": 2 * round(min(max(systolic * 0.62 + stream.gauss(2, 3), 54), 112) / 2),
        "HEART_RATE": round(stream.gauss(82, 6)),
        "HEMOGLOBIN": round(
            min(max(course.hemoglobin - 0.25 * week - anemic + stream.gauss(0, 3), 78), 142)
        ),
    }


def _tolerance(stream: Random, diabetic: bool) -> dict[str, float]:
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


def _darker(colour: str, found: tuple[str, ...]) -> str:
    """The colour of risk after problems were found; that of an infection stays."""
    if colour == "RISK_PURPLE" or not found:
        return colour
    grave = PREECLAMPSIA in found
    return "RISK_ORANGE" if grave or colour == "RISK_ORANGE" else "RISK_YELLOW"


def _treatment(life: Life, found: tuple[str, ...], insulin: bool) -> tuple[Prescription, ...]:
    drugs = []
    if insulin:
        drugs.append(Prescription("INSULIN_HUMAN", "6 units", 3, 30))
    if ANEMIA in found:
        drugs.append(Prescription("FERROUS_SULFATE", "300 mg", 2, 30))
    if HYPERTENSION in found or PREECLAMPSIA in found:
        drugs.append(_SAFE[life.household.locale])
    if life.household.locale == "zh_CN":
        drugs.append(Prescription("CALCIUM_CARBONATE", "600 mg", 1, 30))
    return tuple(drugs)


def _end(stream: Random, life: Life, course: _Course, day: date) -> Iterator[Visit]:
    pregnancy, resident = course.pregnancy, life.resident
    if pregnancy.outcome == "miscarriage":
        yield _loss(stream, life, course, day)
        return
    birth = birth_of(pregnancy.child, life.household) if pregnancy.child is not None else None
    caesarean = pregnancy.mode == "caesarean"
    chinese = life.household.locale == "zh_CN"
    nights = nights_after(life.household.locale, caesarean)
    stay = _birth_stay(stream, life, course, birth, day, nights)
    if stay.end is None or stay.end > life.last:
        return
    yield stay
    home = working_day(stay.end + timedelta(days=stream.randrange(2, 6)))
    low = happens(stream, 0.5 if birth is None else value("pregnancy.depressed_after"))
    if home <= life.last and home - stay.end <= timedelta(days=7):
        form = _after_birth(stream, life, course, home, "postpartum", low)
        mode: Mode = "home" if chinese or happens(stream, 0.3) else "telephone"
        if mode == "telephone":
            form.readings = {}
        yield Visit(resident, home, mode, life.household.nurse, [form])
    closing = working_day(day + timedelta(days=stream.randrange(40, 48)))
    if closing <= life.last and not happens(stream, value("pregnancy.visit_missed")):
        form = _after_birth(stream, life, course, closing, "postpartum 42 days", low)
        form.answers["POSTPARTUM_CLOSURE"] = "GUIDANCE_REFERRAL" if low else "CLOSED"
        if low:
            form.change = "referred"
            form.diagnoses = ("POSTPARTUM_DEPRESSION",)
        yield Visit(resident, closing, "clinic", life.household.doctor, [form])


def _birth_stay(
    stream: Random, life: Life, course: _Course, birth: Birth | None, day: date, nights: int
) -> Visit:
    pregnancy, household = course.pregnancy, life.household
    hospital = hospital_of(household)
    caesarean = pregnancy.mode == "caesarean"
    found = course.found(course.week(day))
    bleeds = happens(stream, value("pregnancy.hemorrhage"))
    end = day + timedelta(days=nights)
    outcome = "OUTCOME_LIVE_BIRTH" if birth is not None else "OUTCOME_STILLBIRTH"
    form = Form(
        kind="discharge",
        readings={
            **_readings(stream, life, course, day),
            "BLOOD_LOSS": round(
                stream.uniform(520, 900) if bleeds else stream.uniform(150, 480), -1
            ),
        },
        diagnoses=("LIVE_BIRTH" if birth is not None else "STILLBIRTH", *found),
        symptoms=("labour pains",) if not caesarean else (),
        event="BIRTH",
    )
    if bleeds:
        form.diagnoses += ("POSTPARTUM_HEMORRHAGE",)
    form.answers = {
        "PREGNANCY_OUTCOME": outcome,
        "DELIVERY_MODE": birth.mode if birth is not None else "BIRTH_SPONTANEOUS",
        "DISCHARGE_OUTCOME": "OUTCOME_CURED",
    }
    form.amounts = {"GESTATIONAL_WEEK": pregnancy.weeks}
    form.texts = {
        "ADMISSION_DATE": day.isoformat(),
        "DISCHARGE_DATE": end.isoformat(),
        "DELIVERY_DATE": day.isoformat(),
        "DEPARTMENT": words(household.locale, "OBSTETRICS"),
        "DISCHARGE_ADVICE": words(
            household.locale, "advice.birth" if birth is not None else "advice.rest"
        ),
    }
    if caesarean:
        form.procedures = ("CESAREAN_SECTION",)
    elif birth is not None and birth.mode in {"BIRTH_VACUUM", "BIRTH_FORCEPS"}:
        form.procedures = ("INSTRUMENTAL_DELIVERY",)
    else:
        form.procedures = ("VAGINAL_DELIVERY",)
    drugs = []
    if HYPERTENSION in found or PREECLAMPSIA in found:
        drugs.append(_SAFE[household.locale])
    if ANEMIA in found or bleeds:
        drugs.append(Prescription("FERROUS_SULFATE", "300 mg", 2, 42))
    form.drugs = tuple(drugs)
    number = f"{day:%y}{stream.randrange(100000, 999999)}"
    form.identifiers = {
        "admission_number": Identifier(number, "ID"),
        "hospital": Identifier(hospital.centre.name, "LOCATION"),
    }
    clinician = department(hospital, "OBSTETRICS", stream)
    return Visit(life.resident, day, "hospital", clinician, [form], end=end, site=hospital)


def _after_birth(
    stream: Random, life: Life, course: _Course, day: date, kind: str, low: bool
) -> Form:
    caesarean = course.pregnancy.mode == "caesarean"
    delivered = course.pregnancy.delivered or day
    closing = kind == "postpartum 42 days"
    ill = PREECLAMPSIA in course.problems and not closing
    systolic = min(life.body.healthy_systolic, 124) + (20 if ill else 0) + stream.gauss(0, 5)
    form = Form(
        kind="postpartum 42 days" if closing else "postpartum",
        readings={
            "BODY_TEMPERATURE": round(min(max(stream.gauss(36.7, 0.25), 36.0), 37.6), 1),
            "SYSTOLIC_BP": 2 * round(systolic / 2),
            "DIASTOLIC_BP": 2 * round((systolic * 0.62 + stream.gauss(2, 3)) / 2),
        },
    )
    phq, gad = mood_scores(stream, life.resident, day)
    score = stream.randrange(13, 21) if low else stream.randrange(1, 9)
    form.amounts = {"EPDS": score, "PHQ_9": max(phq, 11) if low else phq, "GAD_7": gad}
    normal = "NORMAL"
    mastitis = not closing and happens(stream, 0.04)
    form.answers = {
        "GENERAL_HEALTH": "FAIR" if mastitis or low else "GOOD",
        "GENERAL_PSYCHOLOGY": "POOR" if low else "GOOD",
        "BREAST": "ABNORMAL" if mastitis else normal,
        "LOCHIA": normal,
        "UTERUS": normal,
        "WOUND": "ABNORMAL" if not closing and caesarean and happens(stream, 0.04) else normal,
        "POSTPARTUM_CLASS": "ABNORMAL" if low or mastitis else "NORMAL",
        "POSTPARTUM_GUIDANCE": _guidance(closing, course.pregnancy.child is not None),
    }
    if closing:
        form.answers["POSTPARTUM_CLASS"] = "CLASS_NOT_RECOVERED" if low else "CLASS_RECOVERED"
    form.texts = {"DELIVERY_DATE": delivered.isoformat()}
    if mastitis:
        form.diagnoses, form.symptoms = ("MASTITIS",), ("sore breast",)
        drug = "CEPHALEXIN" if may_take(life.resident, "CEPHALEXIN", day) else "AZITHROMYCIN"
        form.drugs = (Prescription(drug, "500 mg", 3 if drug == "CEPHALEXIN" else 1, 7),)
    elif low:
        form.symptoms = ("low mood", "poor sleep")
    return form


def _guidance(closing: bool, nurses: bool) -> str:
    told: tuple[str, ...]
    if closing:
        told = ("GUIDANCE_SEX", "GUIDANCE_CONTRACEPTION", "GUIDANCE_INFANT_FEEDING")
    else:
        told = ("GUIDANCE_HYGIENE", "GUIDANCE_PSYCHOLOGY", "GUIDANCE_NUTRITION",
                "GUIDANCE_BREASTFEEDING", "GUIDANCE_NEWBORN_CARE")  # fmt: skip
    of_the_child = {"GUIDANCE_INFANT_FEEDING", "GUIDANCE_BREASTFEEDING", "GUIDANCE_NEWBORN_CARE"}
    return "|".join(topic for topic in told if nurses or topic not in of_the_child)


def _loss(stream: Random, life: Life, course: _Course, day: date) -> Visit:
    hospital = hospital_of(life.household)
    week = course.week(day)
    form = Form(
        kind="contact",
        symptoms=("vaginal bleeding", "stomach ache"),
        readings={
            "BODY_TEMPERATURE": round(stream.gauss(36.8, 0.2), 1),
            "SYSTOLIC_BP": 2 * round(stream.gauss(56, 4)),
            "DIASTOLIC_BP": 2 * round(stream.gauss(35, 3)),
            "HEART_RATE": round(stream.gauss(90, 8)),
            "HEMOGLOBIN": round(min(max(stream.gauss(112, 8), 82), 138)),
        },
        answers={"PREGNANCY_OUTCOME": "OUTCOME_MISCARRIAGE"},
        amounts={"GESTATIONAL_WEEK": week},
        diagnoses=(
            "MISCARRIAGE_FIRST_TRIMESTER" if week < 13 else "MISCARRIAGE_SECOND_TRIMESTER",
        ),
        procedures=("FETAL_ULTRASOUND", "CURETTAGE") if happens(stream, 0.5)
        else ("FETAL_ULTRASOUND",),
        event="MISCARRIAGE",
    )  # fmt: skip
    mode: Mode = "emergency"
    clinician = department(hospital, "OBSTETRICS", stream)
    return Visit(life.resident, day, mode, clinician, [form], site=hospital)


def _protect(life: Life) -> None:
    """Take drugs that harm the unborn out of the forms that were filled in during a pregnancy."""
    if not life.resident.pregnancies:
        return
    for visit in life.visits:
        if pregnancy_on(life.resident, visit.day) is None:
            continue
        for form in visit.forms:
            kept = tuple(d for d in form.drugs if not d.drug.startswith(NOT_IN_PREGNANCY))
            if len(kept) == len(form.drugs):
                continue
            if form.kind == "hypertension":
                kept = (_SAFE[life.household.locale], *kept)
            elif form.kind == "diabetes":
                kept = (Prescription("INSULIN_HUMAN", "8 units", 3, 30), *kept)
            form.drugs = tuple(dict.fromkeys(kept))
            form.change = "switched" if form.change in {"kept", "added"} else form.change
