"""Follow-up of hypertension and type 2 diabetes: four visits a year, as the national rules ask.

Controlled: the next visit is in a quarter. Not controlled or an adverse reaction: the treatment
changes, or the note says why not, and the next visit is due in two weeks, which not everybody
keeps. A second time, danger values or a new complication: referral. The class contradicts the
numbers in about one form in ten, as in real records.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import cast

from deid.synth.constitution import DIABETES, HYPERTENSION
from deid.synth.courses.chronic_forms import (
    Lifestyle,
    ask_lifestyle,
    fill_in_lifestyle,
    tell_symptoms,
)
from deid.synth.courses.complaints import weight_loss
from deid.synth.courses.complication_signs import answer_of_diabetes, show_complication
from deid.synth.courses.control import (
    class_of_glucose,
    class_of_pressure,
    comes_on,
    days_to_next,
    is_dangerous,
    why_unchanged,
)
from deid.synth.courses.ladders import MOST_DRUGS, next_step
from deid.synth.courses.life import Life, working_day
from deid.synth.courses.referral import QUIET_DAYS, arrival
from deid.synth.courses.sites import words
from deid.synth.courses.treatment import (
    COMPLICATIONS,
    TO_LOW_SUGAR,
    Treatment,
    begin,
    has_begun,
    is_at_its_goal,
    is_low,
    replace_drug,
    stop_culprit,
    tell_reaction,
)
from deid.synth.mixes import draw_mix
from deid.synth.parameters import value
from deid.synth.people import Clinician, Household
from deid.synth.physiology import (
    Body,
    Regimen,
    blood_pressure,
    bmi_of,
    fasting_glucose,
    hba1c,
    next_adherence,
    weight_on,
)
from deid.synth.physiology.drugs import CLASS_OF
from deid.synth.safety import is_contraindicated
from deid.synth.streams import happens, weighted
from deid.synth.visits import Form, Mode, Planted, Prescription, Visit, localise

_REASONS = {
    "complication": {"en_US": "new complication", "zh_CN": "出现新的并发症"},
    "danger": {"en_US": "dangerous values", "zh_CN": "数值达到危险范围"},
    "adverse": {"en_US": "reactions to the drugs", "zh_CN": "药物不良反应难以控制"},
    "uncontrolled": {"en_US": "not controlled at two visits", "zh_CN": "连续两次控制不满意"},
    "symptoms": {"en_US": "symptoms of the heart again", "zh_CN": "反复出现心脏症状"},
}
GAP_DAYS = 150
"""Days between two follow-ups from which a quarter was left out."""
LOST_DAYS = 365
"""Days without any follow-up until the end of the record from which somebody is lost."""
SUPPLY_DAYS = 91
_FIRST_DAYS = 60
"""So soon after the record begins those are seen who were ill before."""
_SOON_DAYS = 19
"""So soon after a disease is found its treatment begins."""
_NEAR = (150, 95)
"""Pressures in mmHg below which one raised reading after controlled ones is only seen again."""
_HBA1C_DAYS = 80
"""HbA1c is not measured again sooner."""
_WORKS_DAYS = {DIABETES: 60, HYPERTENSION: 25}
"""So many days a drug that was begun, first or anew, is given to show what it does."""
_NEW_DAYS = 365
"""Who has borne a drug for longer has no reaction to it any more (assumption)."""
_ADVICE_DAYS = 120
"""So long after the hospital's advice it is still done."""
_SYMPTOMS_DAYS = 180
"""Symptoms of the heart twice within these days lead to the hospital."""
_PAUSE_DAYS = 365
"""Nobody is referred again within these days for mere lack of control (assumption)."""


def follow_up(stream: Random, life: Life) -> list[Visit]:
    """All follow-up visits of one resident; none for those with neither problem."""
    household, body, resident = life.household, life.body, life.resident
    onsets = {p: resident.problems[p] for p in (HYPERTENSION, DIABETES) if p in resident.problems}
    if not onsets:
        return []
    treatments: dict[str, Treatment] = {}
    begins = max(min(onsets.values()), life.first)
    soon = _SOON_DAYS if begins > life.first else _FIRST_DAYS
    day = begins + timedelta(days=stream.randrange(5, soon))
    visits: list[Visit] = []
    vitals: dict[str, float] = {}
    while (day := working_day(day)) <= life.last:
        if resident.is_away(day):
            day += timedelta(days=30)
            continue
        for problem, onset in onsets.items():
            if onset <= day and problem not in treatments:
                known = next((t.adherence for t in treatments.values()), None)
                treatments[problem] = begin(stream, life, problem, known, day)
        mode = cast(Mode, draw_mix(stream, "follow_up.visit"))
        copied = bool(vitals) and happens(stream, value("record.copied_forward"))
        if not copied:
            vitals = _vitals(stream, body, day, mode, life.first)
        lifestyle = ask_lifestyle(
            stream, resident, vitals, next(iter(treatments.values())).adherence, day
        )
        forms = [
            _fill_in(stream, life, treatment, vitals, lifestyle, day)
            for treatment in treatments.values()
        ]
        if copied:
            keys = tuple(key for key in vitals if key in forms[0].readings)
            forms[0].faults.append(Planted("copied forward", "measurement", keys))
        due = min(form.next_day for form in forms if form.next_day is not None)
        _answer_symptoms(life, next(iter(treatments.values())), forms[0], day)
        answer_of_diabetes(life, forms)
        _notice_loss(life, forms[0], visits, day)
        _agree(forms, day, due)
        if visits and (day - visits[-1].day).days > GAP_DAYS:
            visits[-1].faults.append(Planted("gap in follow-up", "visit_occurrence"))
        if mode == "clinic" and {"chest tightness", "palpitation"} & set(forms[0].symptoms):
            forms[0].procedures += ("ELECTROCARDIOGRAM",)
        visits.append(Visit(resident, day, mode, _who(stream, household), forms))
        _take(stream, body, treatments, day, {form.hints.get("unchanged") for form in forms})
        if happens(stream, value("follow_up.drops_out")):
            # A new disease brings back who stayed away.
            again = min((onset for onset in onsets.values() if onset > day), default=None)
            if again is None or again > life.last:
                if (life.last - day).days > LOST_DAYS:
                    visits[-1].faults.append(Planted("lost to follow-up", "visit_occurrence"))
                break
            day = again + timedelta(days=stream.randrange(5, _SOON_DAYS))
            continue
        seen, day = day, comes_on(stream, day, due, next(iter(treatments.values())).adherence)
        news = min((onset for onset in onsets.values() if seen < onset < day), default=None)
        if news is not None:
            day = min(day, news + timedelta(days=stream.randrange(5, _SOON_DAYS)))
    return visits


def _agree(forms: list[Form], day: date, due: date) -> None:
    """One visit ends with one appointment, until which the drugs last."""
    days = (due - day).days
    for form in forms:
        form.next_day = due
        form.amounts["NEXT_FOLLOW_UP"] = days
        form.drugs = tuple(replace(drug, days=max(days, 14)) for drug in form.drugs)


def _take(
    stream: Random, body: Body, treatments: dict[str, Treatment], day: date, said: set[str | None]
) -> None:
    """Until the next visit: what was prescribed, and how it will be taken.

    One person has one way with pills, whatever they are for. Some of those who were told why
    (``said``: reasons for an unchanged treatment) take them regularly from then on.
    """
    current = next(iter(treatments.values())).adherence
    adherence = next_adherence(stream, body.resident, day, current)
    if said & {"not_taken", "irregular"} and happens(stream, value("adherence.counselled")):
        adherence = "ADHERENCE_REGULAR"
    for treatment in treatments.values():
        if treatment.adherence == "ADHERENCE_NONE" != adherence:
            treatment.changed = day
        if treatment.adherence != "ADHERENCE_REGULAR" == adherence:
            treatment.regular = day
        treatment.adherence = adherence
        drugs = tuple(drug for drug, _, _ in treatment.drugs)
        body.treat(treatment.problem, Regimen(day, drugs, adherence))


def _vitals(stream: Random, body: Body, day: date, mode: Mode, first: date) -> dict[str, float]:
    """What is measured once a visit, however many forms it fills."""
    systolic, diastolic = blood_pressure(stream, body, day, mode)
    weight = weight_on(stream, body.resident, day, first)
    return {
        "SYSTOLIC_BP": systolic,
        "DIASTOLIC_BP": diastolic,
        "BODY_WEIGHT": weight,
        "BMI": bmi_of(weight, body.resident),
        "HEART_RATE": round(body.heart_rate + stream.gauss(0, 4)),
    }


def _fill_in(
    stream: Random,
    life: Life,
    treatment: Treatment,
    vitals: dict[str, float],
    lifestyle: Lifestyle,
    day: date,
) -> Form:
    resident, household, body = life.resident, life.household, life.body
    readings = dict(vitals)
    if treatment.problem == HYPERTENSION:
        expected = class_of_pressure(resident, day, vitals["SYSTOLIC_BP"], vitals["DIASTOLIC_BP"])
    else:
        readings["FASTING_GLUCOSE"] = fasting_glucose(stream, body, day)
        if (day - treatment.tested).days >= _HBA1C_DAYS and happens(stream, 0.5):
            treatment.tested = day
            treatment.long_term = readings["HBA1C"] = hba1c(stream, body, day)
        expected = class_of_glucose(readings["FASTING_GLUCOSE"])
    form = Form(
        kind="hypertension" if treatment.problem == HYPERTENSION else "diabetes",
        readings=localise(household.locale, readings),
        symptoms=tell_symptoms(stream, treatment.problem, treatment.taken(), readings, lifestyle),
        diagnoses=(treatment.problem,),
    )
    if "HBA1C" in readings:
        form.texts["HBA1C_DATE"] = (day - timedelta(days=stream.randrange(0, 15))).isoformat()
    fill_in_lifestyle(resident, form, lifestyle, treatment.problem, day)
    form.answers["DRUG_ADHERENCE"] = treatment.adherence
    if not treatment.begun:
        form.hints["begun"] = "yes"
    if treatment.problem == DIABETES and treatment.adherence == "ADHERENCE_REGULAR":
        _ask_for_hypoglycemia(stream, treatment, form)
    if treatment.awaited is not None and treatment.awaited + timedelta(days=3) <= day:
        if (treatment.awaited - treatment.seen).days >= QUIET_DAYS:
            treatment.seen, treatment.advised = treatment.awaited, True
        treatment.awaited = None
    _judge(stream, life, treatment, form, expected, readings, day)
    for drug in [d for d in treatment.drugs if is_contraindicated(resident, d[0], day)]:
        replace_drug(resident, treatment, form, drug, household.locale, day)
    begins, treatment.begun = not treatment.begun, True
    if begins or form.change == "added":
        treatment.changed = day
    if form.change == "referred":
        treatment.awaited = arrival(resident, day)
    if treatment.adherence != "ADHERENCE_NONE" or begins or form.change in {"added", "switched"}:
        form.drugs = tuple(
            Prescription(drug, dose, times, SUPPLY_DAYS) for drug, dose, times in treatment.drugs
        )
    return form


def _ask_for_hypoglycemia(stream: Random, treatment: Treatment, form: Form) -> None:
    """Insulin and drugs that release it bring glucose down too far now and then."""
    classes = {CLASS_OF[drug] for drug, _, _ in treatment.drugs}
    if classes & TO_LOW_SUGAR and happens(stream, value("hypoglycemia.drugs")):
        form.answers["HYPOGLYCEMIC_REACTION"] = weighted(
            stream, {"OCCASIONAL": 0.85, "FREQUENT": 0.15}
        )


def _judge(
    stream: Random,
    life: Life,
    treatment: Treatment,
    form: Form,
    expected: str,
    readings: dict[str, float],
    day: date,
) -> None:
    """Class, what follows from it, and the next date."""
    resident, locale = life.resident, life.household.locale
    complications = COMPLICATIONS[treatment.problem]
    new = [p for p in complications if has_begun(resident, p, day) and p not in treatment.known]
    written = expected
    if happens(stream, value("class.contradicts")):
        written = "CLASS_CONTROLLED" if expected == "CLASS_UNCONTROLLED" else "CLASS_UNCONTROLLED"
    takes = treatment.begun and bool(treatment.drugs)
    takes = takes and treatment.adherence != "ADHERENCE_NONE"
    low = takes and is_low(treatment, readings)
    fresh = (day - treatment.changed).days <= _NEW_DAYS
    reaction = (takes and fresh and happens(stream, value("class.adverse_reaction"))) or low
    if low:
        form.answers["HYPOGLYCEMIC_REACTION"] = "OCCASIONAL"
    if reaction:
        written = "CLASS_ADVERSE_REACTION"
    if new:
        written = "CLASS_COMPLICATION"
        treatment.known |= set(new)
        form.event = new[0]
        show_complication(stream, life, form, new[0], day)
    if written not in {expected, "CLASS_ADVERSE_REACTION", "CLASS_COMPLICATION"}:
        form.faults.append(Planted("class contradicts", "observation", ("FOLLOW_UP_CLASS",)))
    form.answers["FOLLOW_UP_CLASS"] = written
    form.answers["ADVERSE_REACTION"] = "PRESENT" if reaction else "NONE"
    if written == "CLASS_CONTROLLED":
        treatment.failures = 0
        form.change = "kept"
    else:
        # What is written against the numbers leads to no more than another look.
        treatment.failures += not (written == "CLASS_UNCONTROLLED" and expected != written)
        reason = _reason(stream, treatment, form, readings, day)
        if reason is not None:
            form.change, treatment.referred, treatment.failures = "referred", day, 0
            form.texts["REFERRAL_REASON"] = _REASONS[reason][locale]
            form.hints["referred_for"] = reason
            if low:
                stop_culprit(resident, treatment, form, locale, day)
                form.change = "referred"
            elif reaction:
                tell_reaction(treatment, form)
        else:
            mild = readings.get("FASTING_GLUCOSE", 0) < value("fpg.insulin")
            _adjust(stream, life, treatment, form, expected == written, day, mild=mild)
    form.next_day = day + timedelta(days=days_to_next(written))


def _reason(
    stream: Random,
    treatment: Treatment,
    form: Form,
    readings: dict[str, float],
    day: date,
) -> str | None:
    """Why the resident is referred, if at all; the note says when an offer is declined."""
    if form.answers["FOLLOW_UP_CLASS"] == "CLASS_COMPLICATION":
        return "complication"
    if is_dangerous(readings):
        return "danger"
    if treatment.failures < 2 or (day - treatment.referred).days <= _PAUSE_DAYS:
        return None
    if is_at_its_goal(treatment, day) and form.answers["ADVERSE_REACTION"] == "NONE":
        return None
    if happens(stream, value("follow_up.refers")):
        reaction = form.answers["ADVERSE_REACTION"] == "PRESENT"
        return "adverse" if reaction else "uncontrolled"
    form.hints["declined"] = "referral"
    return None


def _adjust(
    stream: Random,
    life: Life,
    treatment: Treatment,
    form: Form,
    uncontrolled: bool,
    day: date,
    *,
    mild: bool,
) -> None:
    """Another drug in the place of one that is not borne, or one more for lack of control.

    More drugs do not help those who leave them; a treatment that has not begun is not changed;
    nobody is given insulin for a glucose that is only mildly raised.
    """
    form.change = "kept"
    if form.answers["FOLLOW_UP_CLASS"] == "CLASS_ADVERSE_REACTION":
        stop_culprit(life.resident, treatment, form, life.household.locale, day)
        return
    if not treatment.begun:
        return
    where = life.household.locale
    # What the hospital advised lately is done: one drug more than the health centre gives.
    advised = treatment.advised and (day - treatment.seen).days <= _ADVICE_DAYS
    most = MOST_DRUGS + advised
    step = next_step(
        life.resident, treatment.problem, treatment.drugs, treatment.reserve, where, day, most,
        treatment.not_borne,
    )  # fmt: skip
    if step is not None and mild and CLASS_OF[step[0]] == "insulin":
        step = None
    since = max(treatment.changed, treatment.regular)
    recent = (day - since).days < _WORKS_DAYS[treatment.problem]
    long_term = is_at_its_goal(treatment, day)
    near = (
        treatment.problem == HYPERTENSION
        and treatment.failures < 2
        and all(
            form.readings[key] < limit
            for key, limit in zip(("SYSTOLIC_BP", "DIASTOLIC_BP"), _NEAR, strict=True)
        )
    )
    waits = recent or long_term or near
    if uncontrolled and treatment.adherence != "ADHERENCE_NONE" and not waits:
        regular = treatment.adherence == "ADHERENCE_REGULAR"
        ready = (1.0 if advised else value("follow_up.intensifies")) * regular
        treatment.advised = False
        if step is not None and happens(stream, ready):
            treatment.drugs.append(step)
            treatment.reserve = [drug for drug in treatment.reserve if drug != step]
            form.change = "added"
            return
    form.hints["unchanged"] = why_unchanged(
        stream,
        treatment.adherence,
        uncontrolled=uncontrolled and not (near and treatment.adherence == "ADHERENCE_REGULAR"),
        advised=(day - treatment.seen).days <= _PAUSE_DAYS,
        left=step is not None,
        recent=recent,
        long_term=long_term,
    )


def _notice_loss(life: Life, form: Form, before: list[Visit], day: date) -> None:
    """A loss of weight within a year is spoken of."""
    lately = [
        visit.forms[0].readings["BODY_WEIGHT"]
        for visit in before
        if (day - visit.day).days <= _PAUSE_DAYS
    ]
    if lately and form.readings["BODY_WEIGHT"] < (1 - value("weight.loss.noticed")) * max(lately):
        why = weight_loss(life.resident, day)
        parts = [form.texts.get("ABNORMALITY", ""), words(life.household.locale, why)]
        form.texts["ABNORMALITY"] = "; ".join(part for part in parts if part)


def _answer_symptoms(life: Life, treatment: Treatment, form: Form, day: date) -> None:
    """What is said of symptoms that the disease or a drug explains; those of the heart that come
    back within half a year are shown to the hospital."""
    resident, locale = life.resident, life.household.locale
    felt, said = set(form.symptoms), []
    heart = "chest tightness" in felt and resident.has("CORONARY_ARTERIOSCLEROSIS", day)
    failure = bool(felt & {"short of breath", "leg swelling"}) and resident.has(
        "HEART_FAILURE", day
    )
    swells = any(CLASS_OF[drug] == "ccb" for drug in treatment.taken())
    if heart or failure:
        again = (day - treatment.felt).days <= _SYMPTOMS_DAYS
        paused = (day - treatment.referred).days <= _PAUSE_DAYS
        if again and not paused and form.change in {"kept", "none"}:
            form.change, treatment.referred = "referred", day
            form.texts["REFERRAL_REASON"] = _REASONS["symptoms"][locale]
            form.hints["referred_for"] = "symptoms"
            treatment.awaited = arrival(resident, day)
        treatment.felt = day
        said.append("symptom.heart" if heart else "symptom.failure")
    elif "leg swelling" in felt and "begun" not in form.hints and swells:
        said.append("symptom.ccb")
    if "palpitation" in felt and not resident.has("ATRIAL_FIBRILLATION", day):
        said.append("symptom.palpitation")
    if said and not form.event:
        form.texts["ABNORMALITY"] = "; ".join(words(locale, key) for key in said)


def _who(stream: Random, household: Household) -> Clinician:
    return household.doctor if happens(stream, 0.8) else household.nurse
