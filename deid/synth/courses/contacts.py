"""Visits for passing complaints, for mood and for life's events: the SOAP contact records."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from random import Random

from deid.synth.courses.complaints import (
    BY_PROBLEM,
    COMPLAINTS,
    TUMOURS,
    VOICES,
    Complaint,
    Phrase,
    choose,
    treat,
)
from deid.synth.courses.life import Life, working_day
from deid.synth.courses.sites import words
from deid.synth.parameters import value
from deid.synth.people import Household, Locale, Resident
from deid.synth.physiology import (
    Body,
    blood_pressure,
    decline,
    is_beyond_asking,
    is_treated,
    mood_scores,
)
from deid.synth.physiology.lipids import statin_age
from deid.synth.safety import ALLERGIES, allergies_of, pregnancy_on
from deid.synth.streams import happens, one_of, weighted
from deid.synth.visits import Form, Mode, Visit

TALKS = ("BEREAVEMENT_SPOUSE", "CAREGIVER_BURDEN", "FINANCIAL_HARDSHIP", "FAMILY_CONFLICT",
         "UNEMPLOYMENT_PROBLEM", "HAZARDOUS_DRINKING")  # fmt: skip
"""Problems of life that bring a person to a talk or the nurse to the home."""

OF_CHILDREN = frozenset({"child", "infection", "stomach"})
"""Complaints of which parents speak."""

QUIET_DAYS = 28
"""Nobody comes for the same lasting disease again so soon of their own accord."""

OF_THE_AIRWAYS = frozenset({"UPPER_RESPIRATORY_INFECTION", "PHARYNGITIS", "TONSILLITIS",
                            "ACUTE_BRONCHITIS", "INFLUENZA", "PNEUMONIA", "BRONCHIOLITIS",
                            "CROUP", "OTITIS_MEDIA"})  # fmt: skip
"""Infections of which nobody gets a new one while the last is hardly over."""

OVER_DAYS = 21
"""So long a passing complaint is still the same one."""

CHECKED_DAYS, ASKED_DAYS = 300, 150
"""A cured tumour is checked no sooner again, and oncology is not asked sooner."""

_CURED_DAYS = 5 * 365
"""Who has lived so long with a tumour is only checked (common practice; assumption)."""

FEVER_IS_GRAVE_DAYS = 90
"""A fever of a younger infant belongs in hospital (common practice; assumption)."""

_ANSWERS = {
    "HEART_FAILURE": "symptom.failure", "CORONARY_ARTERIOSCLEROSIS": "symptom.heart",
    "CHRONIC_KIDNEY_DISEASE": "answer.kidney.seen",
}  # fmt: skip
"""What is said to somebody who comes with it again."""

OF_A_REGULAR_HEART = frozenset({"CORONARY_ARTERIOSCLEROSIS", "ANXIETY_DISORDER"})
"""Complaints with a finding that speaks of a regular heart."""

SEVERE_PHQ = 15
"""Points of the PHQ-9 from which depression is severe: Kroenke 2001 J Gen Intern Med 16:606."""

REVIEWED = ("COPD", "ASTHMA", "GERD")
"""Problems of which somebody asks once a year, whether or not they bring the person."""
_REVIEW_DAYS = 180

FRACTURES = frozenset({"FOREARM_FRACTURE", "CLAVICLE_FRACTURE", "RIB_FRACTURE", "CONCUSSION"})
"""Injuries that are seen again after two weeks."""


def contacts(stream: Random, life: Life) -> list[Visit]:
    """Visits that no schedule asks for, in the order of their days."""
    household, body, resident, last = life.household, life.body, life.resident, life.last
    first = max(life.first, resident.birth + timedelta(days=30))
    visits = [
        _talk(stream, household, body, problem, onset, last)
        for problem, onset in resident.problems.items()
        if problem in TALKS and first <= onset and (last - onset).days > 60
    ]
    told: dict[str, date] = {}
    asked = heard = date.min
    seen_at_home = {visit.day for visit in life.visits if visit.mode == "home"}
    day = first
    chronic = sum(1 for problem in resident.problems if problem in BY_PROBLEM)
    common = value("contact.per_year") * (
        value("contact.base") + value("contact.per_disease") * chronic
    )
    while True:
        young = value("contact.child") if resident.age_on(max(day, resident.birth)) < 6 else 1.0
        day += timedelta(days=max(3, int(stream.expovariate(common * young) * 365)))
        day = day if happens(stream, value("contact.weekend")) else working_day(day)
        if day > last:
            break
        complaint = choose(stream, resident, day)
        if complaint is None or resident.is_away(day) or day in seen_at_home:
            continue
        if _is_newborn(resident, day) and "fever" in complaint.symptoms:
            continue
        check = _is_cured(resident, complaint, day)
        quiet = CHECKED_DAYS if check else QUIET_DAYS if complaint.needs else OVER_DAYS
        kind = "airways" if complaint.diagnosis in OF_THE_AIRWAYS else complaint.diagnosis
        if (day - told.get(kind, date.min)).days >= quiet:
            told[kind] = day
            visits.append(_visit(stream, household, body, complaint, day))
            form = visits[-1].forms[0]
            if check:
                _find_nothing(form, household.locale)
            elif complaint.diagnosis in TUMOURS and (day - asked).days > ASKED_DAYS:
                form.change, asked = "referred", day
            severe = form.amounts.get("PHQ_9", 0) >= SEVERE_PHQ and not form.drugs
            if severe and (day - heard).days > ASKED_DAYS:
                form.change, heard = "referred", day
            if complaint.diagnosis in FRACTURES and day + timedelta(days=15) <= last:
                visits.append(_checked(stream, body, visits[-1], day + timedelta(days=14)))
            elif complaint.diagnosis == "PNEUMONIA" and day + timedelta(days=9) <= last:
                again = _checked(stream, body, visits[-1], working_day(day + timedelta(days=7)))
                again.forms[0].texts["PHYSICAL_FINDING"] = words(
                    household.locale, "finding.recovered"
                )
                form.next_day = again.day
                visits.append(again)
    for problem in REVIEWED:
        visits += _reviews(stream, life, problem, [v for v in visits if _is_about(v, problem)])
    return sorted(visits, key=lambda visit: visit.day)


def _is_about(visit: Visit, problem: str) -> bool:
    return visit.forms[0].diagnoses[:1] == (problem,)


def _reviews(stream: Random, life: Life, problem: str, seen: list[Visit]) -> list[Visit]:
    """A visit in each year in which nobody came for a disease that is looked at once a year."""
    resident = life.resident
    onset = resident.problems.get(problem)
    if onset is None:
        return []
    reviews = []
    complaint = next(complaint for complaint in COMPLAINTS if complaint.needs == problem)
    taken = {visit.day for visit in life.visits}
    for year in range(max(life.first.year, onset.year), life.last.year + 1):
        day = working_day(date(year, 1, 1) + timedelta(days=stream.randrange(360)))
        near = any(abs((visit.day - day).days) < _REVIEW_DAYS for visit in seen)
        new = (day - onset).days < _REVIEW_DAYS
        if near or new or day in taken or resident.is_away(day):
            continue
        if not life.first < day <= life.last:
            continue
        if complaint.fits(resident, day) and happens(stream, value("contact.reviewed")):
            reviews.append(_visit(stream, life.household, life.body, complaint, day))
    return reviews


def _is_cured(resident: Resident, complaint: Complaint, day: date) -> bool:
    """Is it a tumour of long ago that will not kill soon?"""
    old = complaint.diagnosis in TUMOURS and not decline(resident, day)
    return old and (day - resident.problems[complaint.diagnosis]).days > _CURED_DAYS


def _find_nothing(form: Form, locale: Locale) -> None:
    """The check of a cured tumour."""
    form.symptoms, form.change = (), "kept"
    form.texts = {
        "VISIT_PURPOSE": words(locale, "purpose.tumour"),
        "PHYSICAL_FINDING": words(locale, "finding.tumour"),
    }


def _is_newborn(resident: Resident, day: date) -> bool:
    """So young nobody with a fever is sent home from the health centre."""
    return (day - resident.birth).days < FEVER_IS_GRAVE_DAYS


def _visit(
    stream: Random, household: Household, body: Body, complaint: Complaint, day: date
) -> Visit:
    resident, age = body.resident, body.resident.age_on(day)
    feverish = "fever" in complaint.symptoms or happens(stream, complaint.fever)
    feverish = feverish and not _is_newborn(resident, day)
    form = Form(
        kind="contact",
        symptoms=tuple(dict.fromkeys((*complaint.symptoms, *(("fever",) if feverish else ())))),
        readings=_signs(stream, body, day, age, feverish),
        diagnoses=(complaint.diagnosis,),
        drugs=treat(complaint, resident, household.locale, day),
        procedures=complaint.procedures,
    )
    if pregnancy_on(resident, day) is not None and "CHEST_XRAY" in form.procedures:
        form.procedures = tuple(p for p in form.procedures if p != "CHEST_XRAY")
    for allergy in allergies_of(resident):
        if any(remedy.drug.startswith(ALLERGIES[allergy]) for remedy in complaint.remedies):
            form.answers[allergy] = "PRESENT"
    if "weight loss" in form.symptoms and not decline(resident, day):
        form.symptoms = tuple(s for s in form.symptoms if s != "weight loss")
    treated = not complaint.needs or is_treated(resident, complaint.needs, household.locale, day)
    if not treated and not form.drugs and complaint.diagnosis != "DEMENTIA":
        form.texts["ABNORMALITY"] = words(household.locale, "answer.offered")
    elif complaint.diagnosis in _ANSWERS:
        form.texts["ABNORMALITY"] = words(household.locale, _ANSWERS[complaint.diagnosis])
    elif complaint.diagnosis == "HYPERLIPIDEMIA" and not form.drugs:
        young = day < statin_age(resident)
        said = "answer.lipids.young" if young else "answer.statin.lipids"
        form.texts["ABNORMALITY"] = words(household.locale, said)
    if complaint.found is not None and happens(stream, 0.75):
        fibrillates = resident.has("ATRIAL_FIBRILLATION", day)
        form.texts["PHYSICAL_FINDING"] = (
            words(household.locale, "finding.irregular")
            if fibrillates and complaint.diagnosis in OF_A_REGULAR_HEART
            else complaint.found.say(household.locale)
        )
    if complaint.cause is not None:
        form.texts["INJURY_CAUSE"] = complaint.cause.say(household.locale)
    told = age >= 15 or complaint.about in OF_CHILDREN
    told = told and (complaint.about == "memory" or not is_beyond_asking(resident, day))
    if happens(stream, value("contact.patient_voice")) and told:
        person = one_of(stream, _voices(complaint, age, form))
        for part, phrase in person.items():
            if happens(stream, 0.7):
                form.texts[part] = phrase.say(household.locale)
    scaled = complaint.diagnosis in {"DEPRESSIVE_DISORDER", "ANXIETY_DISORDER"}
    if scaled and not is_beyond_asking(resident, day):
        form.amounts["PHQ_9"], form.amounts["GAD_7"] = mood_scores(stream, resident, day)
    if complaint.diagnosis in FRACTURES:
        form.next_day = day + timedelta(days=14)
    return Visit(resident, day, "clinic", one_of(stream, household.site.staff[:4]), [form])


def _voices(complaint: Complaint, age: int, form: Form) -> tuple[Mapping[str, Phrase], ...]:
    """People who might speak of the complaint: of their drugs only those who take some, of a
    fever only those who have one, of what was eaten only those whose stomach is upset."""
    about = complaint.about if age >= 15 else "child"
    told = {"treated": bool(form.drugs), "fever": "fever" in form.symptoms,
            complaint.about: about == "child"}  # fmt: skip
    more = (VOICES.get(f"{about}.{kind}", ()) for kind, holds in told.items() if holds)
    return (*VOICES[about], *(person for people in more for person in people))


def _signs(stream: Random, body: Body, day: date, age: int, feverish: bool) -> dict[str, float]:
    temperature = stream.gauss(38.4, 0.4) if feverish else stream.gauss(36.6, 0.2)
    readings: dict[str, float] = {"BODY_TEMPERATURE": round(min(max(temperature, 35.8), 40.2), 1)}
    if age >= 18:
        readings["SYSTOLIC_BP"], readings["DIASTOLIC_BP"] = blood_pressure(stream, body, day)
        own = body.pulse_on(day)
    else:
        own = 132 - 6 * age if age < 8 else 84
    beats = max(own + stream.gauss(0, 5), 0.85 * own)
    readings["HEART_RATE"] = round(beats + (12 if feverish else 0))
    if age < 6:
        readings["RESPIRATORY_RATE"] = round(34 - 2 * age + stream.gauss(0, 2))
    return readings


def _checked(stream: Random, body: Body, first: Visit, day: date) -> Visit:
    """The same clinician looks at an injury again: it heals."""
    form = first.forms[0]
    again = Form(kind="contact", diagnoses=form.diagnoses, change="kept", hints={"checked": "yes"})
    if "SYSTOLIC_BP" in form.readings:
        high, low = blood_pressure(stream, body, day)
        again.readings = {"SYSTOLIC_BP": high, "DIASTOLIC_BP": low}
    return Visit(first.resident, day, "clinic", first.clinician, [again])


def _talk(
    stream: Random, household: Household, body: Body, problem: str, onset: date, last: date
) -> Visit:
    resident: Resident = body.resident
    day = min(onset + timedelta(days=stream.randrange(10, 60)), last)
    phq, gad = mood_scores(stream, resident, day)
    mode: Mode = weighted(stream, {"home": 0.5, "clinic": 0.25, "telephone": 0.25})
    form = Form(
        kind="telephone" if mode == "telephone" else "contact",
        symptoms=("low mood", "poor sleep") if phq >= 8 else (),
        amounts={"PHQ_9": phq, "GAD_7": gad},
        diagnoses=(problem,),
        procedures=("ALCOHOL_COUNSELLING",)
        if problem == "HAZARDOUS_DRINKING"
        else ("COUNSELLING",),
        event=problem,
    )
    clinician = household.nurse if mode == "home" else household.doctor
    return Visit(resident, day, mode, clinician, [form])
