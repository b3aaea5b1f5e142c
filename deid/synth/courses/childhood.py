"""The checks of children from the nurse's visit to the newborn to the sixth birthday.

In China one home visit in the first week at home, then checks at 1, 3, 6, 8, 12, 18, 24, 30 and 36
months and once a year from three to six, as the national rules ask; in the United States the visits
of the Bright Futures periodicity schedule of the American Academy of Pediatrics, which fill in the
same forms. Weight, length and head follow the growth standards of the World Health Organization
from a child's own place among its age.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random

from deid.synth.births import LOW_WEIGHT, Birth, birth_of, nights_of_child
from deid.synth.constitution import share_of_person
from deid.synth.courses.child_growth import Course, classify, weighed_again
from deid.synth.courses.life import Life, working_day
from deid.synth.courses.sites import words
from deid.synth.growth import DAYS_A_MONTH, Growth, draw_growth
from deid.synth.mixes import draw_levels, draw_mix
from deid.synth.parameters import value
from deid.synth.people import Locale, Resident
from deid.synth.streams import happens, one_of
from deid.synth.visits import Form, Mode, Prescription, Visit

MONTHS: dict[Locale, tuple[int, ...]] = {
    "zh_CN": (1, 3, 6, 8, 12, 18, 24, 30, 36, 48, 60, 72),
    "en_US": (1, 2, 4, 6, 9, 12, 15, 18, 24, 30, 36, 48, 60, 72),
}
"""Ages at which a check is due."""

HEMOGLOBIN_MONTHS: dict[Locale, frozenset[int]] = {
    "zh_CN": frozenset({6, 12, 18, 24, 30, 36, 48, 60, 72}),
    "en_US": frozenset({12, 24}),
}
_TOLD_AGAIN = frozenset({"admitted", "after_stay"})
"""Hints of forms about an illness that another form is about."""

_MILESTONES = {
    "en_US": {
        6: "does not reach for toys", 9: "does not sit alone", 12: "does not stand with support",
        15: "does not walk", 18: "says no words", 24: "does not join two words",
        30: "does not run", 36: "does not speak of self",
        48: "does not use sentences", 60: "does not dress without help", 72: "cannot hop",
    },
    "zh_CN": {
        6: "不会伸手抓物", 8: "不会独坐", 12: "不会扶物站立", 18: "不会有意识叫人",
        24: "不会说两字短语", 30: "不会跑",
        36: "不会说自己的名字", 48: "不会说带形容词的句子", 60: "不会自己穿衣", 72: "不会单脚跳",
    },
}  # fmt: skip


def childhood(stream: Random, life: Life) -> list[Visit]:
    """The visits of one child; none for those who are older when the record begins."""
    child, household = life.resident, life.household
    if child.age_on(life.first) > 6:
        return []
    birth = birth_of(child, household)
    growth = draw_growth(stream, child.sex, birth.score, value("child.off_the_curve"))
    visits = list(_newborn(stream, life, birth))
    visits += _checks(stream, life, birth, growth)
    return visits


def _newborn(stream: Random, life: Life, birth: Birth) -> Iterator[Visit]:
    child = life.resident
    nights = nights_of_child(life.household.locale, birth)
    american = life.household.locale == "en_US"
    day = child.birth + timedelta(
        days=nights + stream.randrange(1 if american else 2, 4 if american else 6)
    )
    if not life.first <= day <= life.last or child.birth < life.household.record_start:
        return
    old = (day - child.birth).days
    yellow = happens(
        stream, value("child.jaundice.preterm" if birth.preterm else "child.jaundice.term")
    )
    gain = round(birth.weight_kg * (0.97 + 0.008 * (old - 4)) + stream.gauss(0, 0.04), 2)
    form = Form(
        kind="newborn",
        readings={
            "BIRTH_WEIGHT": birth.weight_kg,
            "BODY_WEIGHT": max(gain, 0.9),
            "BIRTH_LENGTH": birth.length_cm,
            **draw_levels(stream, "newborn"),
            "FONTANELLE_LENGTH": round(stream.uniform(1.0, 2.2), 1),
            "FONTANELLE_WIDTH": round(stream.uniform(1.0, 2.2), 1),
        },
        amounts={
            "GESTATIONAL_WEEK_AT_BIRTH": birth.weeks,
            "APGAR_1_MINUTE": birth.apgar_1,
            "APGAR_5_MINUTE": birth.apgar_5,
            "MILK_PER_FEED": 10 * round(stream.uniform(4, 8)),
            "FEEDS_PER_DAY": stream.randrange(8, 12),
            "STOOLS_PER_DAY": stream.randrange(2, 7),
        },
    )
    normal = dict.fromkeys(
        ("EYES", "EARS", "NOSE", "MOUTH", "LIMBS", "HEART_AND_LUNGS", "ABDOMEN", "SPINE", "ANUS",
         "GENITALS", "SKIN", "FONTANELLE", "HIP"), "NORMAL")  # fmt: skip
    form.answers = {
        "DELIVERY_MODE": birth.mode,
        "ASPHYXIA": "PRESENT" if birth.apgar_1 <= 7 else "NONE",
        "BIRTH_DEFECT": "NONE",
        "HEARING_SCREEN": draw_mix(stream, "child.hearing"),
        "DISEASE_SCREEN": "NEGATIVE",
        "FEEDING": feeding(child, 0),
        "VOMITING_IN_INFANT": "PRESENT" if happens(stream, 0.08) else "NONE",
        "STOOL": "STOOL_PASTE",
        "COMPLEXION": "COMPLEXION_YELLOW" if yellow else "COMPLEXION_RUDDY",
        "JAUNDICE_SITE": one_of(stream, ("FACE", "FACE|TRUNK")) if yellow else "NONE",
        **normal,
        "UMBILICUS": "CORD_FALLEN" if old >= 9 else one_of(stream, ("CORD_ATTACHED",
                                                                    "CORD_FALLEN")),
        "NECK_MASS": "NONE",
        "NEWBORN_GUIDANCE": "GUIDANCE_FEEDING|GUIDANCE_DEVELOPMENT|GUIDANCE_PREVENTION"
        "|GUIDANCE_INJURY",
    }  # fmt: skip
    mother = child.mother
    if mother is not None and any(p.child is child for p in mother.pregnancies):
        form.hints["mother"] = "known"
    form.diagnoses = ("PRETERM_BIRTH" if birth.preterm else "NEWBORN",)
    if yellow and happens(stream, 0.4):
        form.diagnoses += ("NEONATAL_JAUNDICE",)
        form.texts["ABNORMALITY"] = words(life.household.locale, "jaundice.low")
    if birth.preterm or birth.weight_kg < LOW_WEIGHT:
        form.add_remark(words(life.household.locale, "newborn.small"))
    if form.answers["HEARING_SCREEN"] == "NOT_PASSED":
        form.change = "referred"
    form.next_day = working_day(child.birth + timedelta(days=30))
    # Where nurses do not go to the homes, the newborn is brought within the first two weeks.
    mode: Mode = "home" if life.household.locale == "zh_CN" or happens(stream, 0.2) else "clinic"
    form.procedures = ("HOME_CARE",) if mode == "home" else ("WELL_CHILD_VISIT",)
    yield Visit(child, day, mode, life.household.nurse, [form])


def _checks(stream: Random, life: Life, birth: Birth, growth: Growth) -> Iterator[Visit]:
    child, household = life.resident, life.household
    since = life.first
    delayed = happens(stream, value("child.delayed"))
    anemic = happens(stream, value("child.anemia"))
    due = MONTHS[household.locale]
    known: set[str] = set()
    caries = 0
    course = Course()
    for month in due:
        late = stream.randrange(-4, 15) if month <= 36 else stream.randrange(-20, 60)
        if household.locale == "en_US":  # never early: the vaccines of the age are given with it
            late = min(max(late, 3), 9) if month < 3 else max(late, 3)
        day = working_day(child.birth + timedelta(days=round(month * DAYS_A_MONTH) + late))
        if not life.first < day <= life.last or child.is_away(day):
            continue
        if happens(
            stream,
            value("child.check_missed")
            * (1.0 if month <= 12 else value("child.check_missed.older")),
        ):
            continue
        months = (day - child.birth).days / DAYS_A_MONTH
        form = _check(stream, life, birth, growth, month, months)
        course.judge(form)
        caries = _count_caries(household.locale, form, caries)
        # What was found before is no news.
        form.event = None if form.event in known else form.event
        known |= set(form.diagnoses)
        if month in HEMOGLOBIN_MONTHS[household.locale]:
            low = anemic and 6 <= month <= 18
            # Iron helps most within half a year.
            anemic = anemic and not (low and happens(stream, value("child.anemia.cured")))
            form.readings["HEMOGLOBIN"] = round(
                min(max(stream.gauss(101 if low else 122, 4), 84), 109 if low else 145)
                if low
                else min(max(stream.gauss(122, 6), 110), 145)
            )
            if low:
                form.diagnoses += ("IRON_DEFICIENCY_ANEMIA",)
                dose = round(child_dose(form.readings["BODY_WEIGHT"], 3), -1) or 10
                form.drugs += (Prescription("FERROUS_SULFATE", f"{dose:.0f} mg", 2, 60),)
        if delayed and month >= 6:
            form.answers["CHILD_DEVELOPMENT"] = "ABNORMAL"
            form.texts["DEVELOPMENT_WARNING"] = _MILESTONES[household.locale][month]
            form.diagnoses += ("DEVELOPMENT_DELAY",)
            form.change = "referred"
        _illness(stream, life, form, since, day)
        upcoming = next((m for m in due if m > month), None)
        if upcoming is not None:
            form.next_day = working_day(child.birth + timedelta(days=round(upcoming * 30.4375)))
        clinician = household.nurse if month <= 36 else household.doctor
        visit = Visit(child, day, "clinic", clinician, [form])
        yield visit
        yield from weighed_again(stream, life, visit, growth)
        yield from _counted_again(stream, life, visit)
        since = day


def _counted_again(stream: Random, life: Life, visit: Visit) -> Iterator[Visit]:
    """The blood count some weeks after iron was begun, wherever the next check is."""
    form = visit.forms[0]
    iron = tuple(drug for drug in form.drugs if drug.drug == "FERROUS_SULFATE")
    day = working_day(visit.day + timedelta(days=stream.randrange(28, 42)))
    if not iron or day > life.last or life.resident.is_away(day):
        return
    again = Form(kind="contact", diagnoses=("IRON_DEFICIENCY_ANEMIA",), change="kept", drugs=iron)
    risen = form.readings["HEMOGLOBIN"] + stream.gauss(11, 2)
    again.readings["HEMOGLOBIN"] = round(max(risen, form.readings["HEMOGLOBIN"] + 4))
    again.texts["ABNORMALITY"] = words(life.household.locale, "anemia.again")
    yield Visit(visit.resident, day, "clinic", life.household.doctor, [again])


def _count_caries(locale: Locale, form: Form, before: int) -> int:
    """Teeth that are or were decayed, of which there are never fewer; what is done for them."""
    found = round(form.amounts.get("CARIES", 0))
    said = ""
    if found > before:
        form.diagnoses += ("DENTAL_CARIES",)
        said = "caries.found"
    elif before:
        form.amounts["CARIES"], said = before, "caries.filled"
    if said:
        form.add_remark(words(locale, said))
    return max(found, before)


def child_dose(weight_kg: float, per_kg: float) -> float:
    """Milligrams of a dose by weight."""
    return weight_kg * per_kg


def _check(
    stream: Random, life: Life, birth: Birth, growth: Growth, month: int, months: float
) -> Form:
    child, household = life.resident, life.household
    catch_up = months - (max(40 - birth.weeks, 0) * 7 / DAYS_A_MONTH if months < 24 else 0)
    found = growth.measure(stream, max(catch_up, 0.2))
    if month == 1:
        found["weight"] = max(found["weight"], round(birth.weight_kg + 0.5, 1))
    form = Form(
        kind="child",
        readings={
            "BODY_WEIGHT": found["weight"],
            "BODY_HEIGHT": max(found["length"], birth.length_cm),
        },
        amounts={"AGE_IN_MONTHS": month},
    )
    if month <= 36:
        form.readings["HEAD_CIRCUMFERENCE"] = max(found["head"], birth.head_cm)
    if month <= 18:
        size = max(1.9 - 0.1 * month, 0.3) + stream.uniform(-0.2, 0.2)
        closed = month >= 12 and happens(stream, 0.3 if month == 12 else 0.85)
        form.answers["FONTANELLE"] = "FONTANELLE_CLOSED" if closed else "FONTANELLE_OPEN"
        if not closed:
            form.readings["FONTANELLE_LENGTH"] = form.readings["FONTANELLE_WIDTH"] = round(
                max(size, 0.3), 1
            )
    classify(form, child.sex, max(catch_up, 0.0))
    for key in ("SKIN", "EYES", "HEART_AND_LUNGS", "ABDOMEN", "LIMBS"):
        form.answers[key] = "NORMAL"
    form.answers["MOUTH"] = "NORMAL"
    if month in {6, 12, 24, 36}:
        form.answers["HEARING"] = (
            "PASSED" if happens(stream, value("child.hearing_later")) else "NOT_PASSED"
        )
        if form.answers["HEARING"] == "NOT_PASSED":
            form.change = "referred"
    if month >= 6:
        form.amounts["TEETH_ERUPTED"] = min(max(round((months - 5) * stream.uniform(0.7, 1.1)), 0),
                                            20)  # fmt: skip
        decayed = happens(stream, min(0.08 * max(months - 20, 0) / 12, 0.35))
        form.amounts["CARIES"] = stream.randrange(1, 5) if decayed else 0
    if 3 <= month <= 24:
        soft = happens(stream, value("child.soft_skull"))
        form.answers["RICKETS_SYMPTOMS"] = (
            one_of(stream, ("RICKETS_NIGHT_CRYING", "RICKETS_SWEATING")) if soft else "NONE"
        )
        form.answers["RICKETS_SIGNS"] = "RICKETS_OCCIPITAL_BALDNESS" if soft else "NONE"
        if soft:
            form.texts["ABNORMALITY"] = words(household.locale, "answer.rickets")
    if month >= 12:
        form.answers["GAIT"] = "NORMAL" if month >= 18 else "NOT_EXAMINED"
    if month >= 48:
        sharp = round(stream.uniform(0.6, 1.0), 1)
        form.readings |= {"VISION_LEFT": sharp, "VISION_RIGHT": max(round(sharp - 0.1, 1), 0.5)}
    if month <= 24:
        if month <= 12:
            form.answers["FEEDING"] = feeding(child, month)
        if share_of_person(child, "vitamin D") < (0.85 if household.area == "urban" else 0.65):
            form.amounts["VITAMIN_D_DOSE"] = 400
            form.drugs = (Prescription("VITAMIN_D", "400 IU", 1, 90),)
    outdoors = float(draw_mix(stream, "child.outdoors"))
    if month >= 1:
        form.amounts["OUTDOOR_HOURS"] = outdoors
    form.answers["CHILD_DEVELOPMENT"] = "NORMAL"
    form.answers["CHILD_GUIDANCE"] = "|".join(
        ("GUIDANCE_FEEDING" if month <= 30 else "GUIDANCE_LOW_SALT_SUGAR", "GUIDANCE_DEVELOPMENT",
         "GUIDANCE_PREVENTION", "GUIDANCE_INJURY", "GUIDANCE_ORAL_HEALTH")
    )  # fmt: skip
    form.procedures = ("WELL_CHILD_VISIT",)
    return form


def feeding(child: Resident, month: float) -> str:
    """How an infant is fed: who is weaned does not go back to the breast."""
    begins = share_of_person(child, "feeding")
    if begins < value("feeding.formula"):
        return "FORMULA_FED"
    mixed_from = 0.0
    if begins >= value("feeding.formula") + value("feeding.mixed"):
        mixed_from = value("feeding.alone.least")
        mixed_from += value("feeding.alone.more") * share_of_person(child, "mixed")
    weaned_at = mixed_from + value("feeding.weaned.least")
    weaned_at += value("feeding.weaned.more") * share_of_person(child, "weaned")
    if month >= weaned_at:
        return "FORMULA_FED"
    return "MIXED_FED" if month >= mixed_from else "BREAST_FED"


def _illness(stream: Random, life: Life, form: Form, since: date, day: date) -> None:
    """What the record itself holds of illness since the last check, counted."""
    counts = {"PNEUMONIA_EPISODES": 0, "DIARRHOEA_EPISODES": 0, "TRAUMA_EPISODES": 0}
    for visit in life.visits:
        if not since < visit.day < day:
            continue
        # An emergency that ends in a stay is one illness with it.
        told = (f for f in visit.forms if f.kind in {"contact", "discharge"})
        once = (f for f in told if not _TOLD_AGAIN & f.hints.keys())
        diagnoses = {diagnosis for form in once for diagnosis in form.diagnoses}
        counts["PNEUMONIA_EPISODES"] += "PNEUMONIA" in diagnoses
        counts["DIARRHOEA_EPISODES"] += "GASTROENTERITIS" in diagnoses
        counts["TRAUMA_EPISODES"] += any("LACERATION" in d or "FRACTURE" in d or "BURN" in d
                                         for d in diagnoses)  # fmt: skip
    form.answers["ILLNESS_BETWEEN_VISITS"] = "PRESENT" if any(counts.values()) else "NONE"
    form.amounts |= counts
