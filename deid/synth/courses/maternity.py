"""A pregnancy from the first antenatal visit to the visit on day 42, by the national forms.

Antenatal visits, the birth as a stay in hospital, a home visit within a week of going home, and the
closing visit on day 42. Prenatal care in the United States fills in the same forms.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random

from deid.synth.births import Birth, birth_of, nights_after
from deid.synth.courses.antenatal import antenatal_visits
from deid.synth.courses.life import Life, working_day
from deid.synth.courses.pregnancy import (
    ANEMIA,
    HYPERTENSION,
    PREECLAMPSIA,
    SAFE_FOR_PRESSURE,
    WELL,
    PregnancyCourse,
    draw_problems,
    vital_signs,
)
from deid.synth.courses.sites import department, hospital_of, words
from deid.synth.parameters import value
from deid.synth.physiology import as_written, hemoglobin, mood_scores
from deid.synth.physiology.drugs import CLASS_OF
from deid.synth.safety import NOT_IN_PREGNANCY, may_take, pregnancy_on
from deid.synth.streams import happens
from deid.synth.visits import Form, Identifier, Mode, Prescription, Visit


def maternity(stream: Random, life: Life) -> list[Visit]:
    """Visits and stays of all pregnancies of one woman; none for anybody else."""
    visits: list[Visit] = []
    for pregnancy in life.resident.pregnancies:
        course = PregnancyCourse(
            pregnancy,
            weight=life.resident.weight_kg,
            problems=draw_problems(stream, life),
            hemoglobin=min(hemoglobin(stream, life.resident, pregnancy.lmp) - 5, 136),
            height=stream.gauss(0, 0.8),
        )
        visits += antenatal_visits(stream, life, course)
        if pregnancy.delivered is not None and life.first <= pregnancy.delivered <= life.last:
            visits += _end(stream, life, course, pregnancy.delivered)
    births = [(visit.day, visit.end) for visit in visits if visit.end is not None]
    _protect(life, births)
    return sorted(visits, key=lambda visit: visit.day)


_HEMOGLOBIN_AGAIN = (112, 140)
"""Hemoglobin in g/L six weeks after the birth of those who took iron (assumption)."""
_MOOD_INTERVALS = (28, 42, 70)
"""Days to each next visit for a depression after childbirth (assumption)."""
_LOW_EPDS = 10
"""Below this the Edinburgh scale speaks against a depression (Cox 1987)."""


def _end(stream: Random, life: Life, course: PregnancyCourse, day: date) -> Iterator[Visit]:
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
        if mode == "telephone":  # nothing can be examined
            form.readings = {}
            for part in ("BREAST", "LOCHIA", "UTERUS", "WOUND"):
                form.answers.pop(part)
        yield Visit(resident, home, mode, life.household.nurse, [form])
    closing = working_day(day + timedelta(days=stream.randrange(40, 48)))
    if closing <= life.last and not happens(stream, value("pregnancy.visit_missed")):
        form = _after_birth(stream, life, course, closing, "postpartum 42 days", low)
        if ANEMIA in course.problems:  # iron has worked, which is looked at
            low_end, high_end = _HEMOGLOBIN_AGAIN
            blood = hemoglobin(stream, resident, closing)
            form.readings["HEMOGLOBIN"] = min(max(blood, low_end), high_end)
        form.answers["POSTPARTUM_CLOSURE"] = "GUIDANCE_REFERRAL" if low else "CLOSED"
        if low:
            form.change = "referred"
            form.diagnoses = ("POSTPARTUM_DEPRESSION",)
        yield Visit(resident, closing, "clinic", life.household.doctor, [form])
        if low:
            yield from _looked_after(stream, life, closing)


def _looked_after(stream: Random, life: Life, closing: date) -> Iterator[Visit]:
    """The health centre's visits after a depression after childbirth was found: it eases."""
    day, score = closing, stream.randrange(12, 17)
    for interval in _MOOD_INTERVALS:
        day = working_day(day + timedelta(days=interval + stream.randrange(10)))
        score = max(score - stream.randrange(2, 6), 2)
        if day > life.last or life.resident.is_away(day):
            return
        form = Form(kind="contact", diagnoses=("POSTPARTUM_DEPRESSION",), change="kept")
        form.amounts = {"EPDS": score}
        form.procedures = ("COUNSELLING",)
        eased = "eased" if score < _LOW_EPDS else "easing"
        form.texts["VISIT_PURPOSE"] = words(life.household.locale, "purpose.mood")
        form.texts["ABNORMALITY"] = words(life.household.locale, f"mood.{eased}")
        yield Visit(life.resident, day, "clinic", life.household.doctor, [form])


_BLOOD_LOSS = {
    (False, False): (150, 480), (False, True): (520, 900),
    (True, False): (320, 780), (True, True): (1020, 1600),
}  # fmt: skip
"""mL by (caesarean section, haemorrhage): from 500, or 1,000 after a section, on (ACOG 2006)."""


def _birth_stay(
    stream: Random, life: Life, course: PregnancyCourse, birth: Birth | None, day: date, nights: int
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
            **vital_signs(stream, life, course, day),
            "BLOOD_LOSS": round(stream.uniform(*_BLOOD_LOSS[caesarean, bleeds]), -1),
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
    child = pregnancy.child
    if child is not None and (life.resident.rhesus, child.rhesus) == ("RH_NEGATIVE", "RH_POSITIVE"):
        form.texts["ABNORMALITY"] = words(household.locale, "rhesus.birth")
    if caesarean:
        form.procedures = ("CESAREAN_SECTION",)
    elif birth is not None and birth.mode in {"BIRTH_VACUUM", "BIRTH_FORCEPS"}:
        form.procedures = ("INSTRUMENTAL_DELIVERY",)
    else:
        form.procedures = ("VAGINAL_DELIVERY",)
    drugs = []
    if HYPERTENSION in found or PREECLAMPSIA in found:
        drugs.append(SAFE_FOR_PRESSURE[household.locale])
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
    stream: Random, life: Life, course: PregnancyCourse, day: date, kind: str, low: bool
) -> Form:
    caesarean = course.pregnancy.mode == "caesarean"
    delivered = course.pregnancy.delivered or day
    closing = kind == "postpartum 42 days"
    ill = PREECLAMPSIA in course.problems and not closing
    level = min(min(life.body.healthy_systolic, 124) + stream.gauss(0, 5), WELL[0])
    level += 20 if ill else 0
    systolic, diastolic = as_written(stream, level, level * 0.62 + stream.gauss(2, 3))
    form = Form(
        kind="postpartum 42 days" if closing else "postpartum",
        readings={
            "BODY_TEMPERATURE": round(min(max(stream.gauss(36.7, 0.25), 36.0), 37.6), 1),
            "SYSTOLIC_BP": systolic,
            "DIASTOLIC_BP": diastolic,
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
    if low and not closing:
        form.texts["ABNORMALITY"] = words(life.household.locale, "mood.low")
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


def _loss(stream: Random, life: Life, course: PregnancyCourse, day: date) -> Visit:
    hospital = hospital_of(life.household)
    week = course.week(day)
    systolic, diastolic = as_written(stream, stream.gauss(112, 8), stream.gauss(70, 6))
    form = Form(
        kind="contact",
        symptoms=("vaginal bleeding", "stomach ache"),
        readings={
            "BODY_TEMPERATURE": round(stream.gauss(36.8, 0.2), 1),
            "SYSTOLIC_BP": systolic,
            "DIASTOLIC_BP": diastolic,
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


_OF_A_TREATMENT = frozenset({"unchanged", "begun", "stopped", "replaced", "raised"})
"""Hints about a treatment that is not given during a pregnancy."""


def _protect(life: Life, births: list[tuple[date, date]]) -> None:
    """Take drugs that harm the unborn out of the forms that were filled in during a pregnancy.

    The first form without them and the first one after it tell of the switch.
    """
    if not life.resident.pregnancies:
        return
    spared: set[str] = set()
    for visit in life.visits:
        if any(first <= visit.day <= last for first, last in births):
            continue  # she is in hospital and will not come
        pregnant = pregnancy_on(life.resident, visit.day) is not None
        for form in visit.forms:
            kept = tuple(
                drug
                for drug in form.drugs
                if not (pregnant and drug.drug.startswith(NOT_IN_PREGNANCY))
            )
            switched = len(kept) < len(form.drugs)
            stopped = next((drug.drug for drug in form.drugs if drug not in kept), None)
            if switched and form.kind == "hypertension":
                # Labetalol takes the place of another beta blocker too.
                kept = tuple(d for d in kept if CLASS_OF.get(d.drug) != "beta_blocker")
                kept = (SAFE_FOR_PRESSURE[life.household.locale], *kept)
                if CLASS_OF.get(form.hints.get("replaced", "")) == "beta_blocker":
                    form.hints["replaced"] = SAFE_FOR_PRESSURE[life.household.locale].drug
            elif switched and form.kind == "diabetes":
                kept = (Prescription("INSULIN_HUMAN", "8 units", 3, 30), *kept)
            form.drugs = tuple(dict.fromkeys(kept))
            if form.kind not in {"hypertension", "diabetes"}:
                continue
            if switched != (form.kind in spared) and form.change in {"kept", "added", "raised"}:
                form.change = "switched"
                form.hints = {k: h for k, h in form.hints.items() if k not in _OF_A_TREATMENT}
                if stopped is not None and form.drugs:
                    form.hints |= {"stopped": stopped, "replaced": form.drugs[0].drug}
            elif switched and form.change in {"added", "raised"}:
                form.change = "kept"
                form.hints.pop("raised", None)
            (spared.add if switched else spared.discard)(form.kind)
