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
from deid.synth.courses.adjustment import judge
from deid.synth.courses.chronic_forms import (
    Lifestyle,
    ask_lifestyle,
    fill_in_lifestyle,
    tell_symptoms,
)
from deid.synth.courses.complication_signs import answer_of_diabetes
from deid.synth.courses.control import (
    class_of_glucose,
    class_of_pressure,
    comes_on,
)
from deid.synth.courses.follow_up_remarks import answer_symptoms, notice_loss
from deid.synth.courses.ladders import dose_of
from deid.synth.courses.life import Life, working_day
from deid.synth.courses.referral import QUIET_DAYS, arrival
from deid.synth.courses.treatment import (
    TO_LOW_SUGAR,
    Treatment,
    begin,
    replace_drug,
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

GAP_DAYS = 150
"""Days between two follow-ups from which a quarter was left out."""
LOST_DAYS = 365
"""Days without any follow-up until the end of the record from which somebody is lost."""
SUPPLY_DAYS = 91
_FIRST_DAYS = 60
"""So soon after the record begins those are seen who were ill before."""
_SOON_DAYS = 19
"""So soon after a disease is found its treatment begins."""
_HBA1C_DAYS = 80
"""HbA1c is not measured again sooner."""


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
        under_way = any(treatment.begun for treatment in treatments.values())
        forms = [
            _fill_in(stream, life, treatment, vitals, lifestyle, day)
            for treatment in treatments.values()
        ]
        if not under_way:  # nobody has taken what is only begun now
            for form in forms:
                form.answers["DRUG_ADHERENCE"] = "ADHERENCE_NONE"
        if copied:
            keys = tuple(key for key in vitals if key in forms[0].readings)
            forms[0].faults.append(Planted("copied forward", "measurement", keys))
        due = min(form.next_day for form in forms if form.next_day is not None)
        answer_symptoms(life, next(iter(treatments.values())), forms[0], day)
        answer_of_diabetes(life, forms)
        notice_loss(life, forms[0], visits, day)
        _agree(forms, day, due)
        if visits and (day - visits[-1].day).days > GAP_DAYS:
            visits[-1].faults.append(Planted("gap in follow-up", "visit_occurrence"))
        if mode == "clinic" and {"chest tightness", "palpitation"} & set(forms[0].symptoms):
            forms[0].procedures += ("ELECTROCARDIOGRAM",)
        visits.append(Visit(resident, day, mode, _who(stream, household), forms))
        _take(stream, body, treatments, day, forms)
        if happens(stream, value("follow_up.drops_out")):
            # A new disease brings back who stayed away.
            again = min((onset for onset in onsets.values() if onset > day), default=None)
            _run_out(body, treatments, day + timedelta(days=SUPPLY_DAYS), again)
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
    stream: Random, body: Body, treatments: dict[str, Treatment], day: date, forms: list[Form]
) -> None:
    """Until the next visit: what was prescribed, and how it will be taken.

    One person has one way with pills, whatever they are for. Some of those who were told why a
    treatment is left unchanged take them regularly from then on, and all who were in danger.
    """
    current = next(iter(treatments.values())).adherence
    adherence = next_adherence(stream, body.resident, day, current)
    said = {form.hints.get("unchanged") for form in forms}
    told = said & {"not_taken", "irregular"} and happens(stream, value("adherence.counselled"))
    if told or any("again" in form.hints for form in forms):
        adherence = "ADHERENCE_REGULAR"
    for treatment in treatments.values():
        if treatment.adherence == "ADHERENCE_NONE" != adherence:
            treatment.changed = day
        if treatment.adherence != "ADHERENCE_REGULAR" == adherence:
            treatment.regular = day
        treatment.adherence = adherence
        drugs = tuple(drug for drug, _, _ in treatment.drugs)
        body.treat(treatment.problem, Regimen(day, drugs, adherence, tuple(treatment.raised)))


def _run_out(body: Body, treatments: dict[str, Treatment], day: date, again: date | None) -> None:
    """Who comes no more takes the drugs until there are none left, or until seen ``again``."""
    if again is not None and again <= day:
        return
    for treatment in treatments.values():
        treatment.adherence = "ADHERENCE_NONE"
        drugs = tuple(drug for drug, _, _ in treatment.drugs)
        left = Regimen(day, drugs, treatment.adherence, tuple(treatment.raised))
        body.treat(treatment.problem, left)


def _vitals(stream: Random, body: Body, day: date, mode: Mode, first: date) -> dict[str, float]:
    """What is measured once a visit, however many forms it fills."""
    systolic, diastolic = blood_pressure(stream, body, day, mode)
    weight = weight_on(stream, body.resident, day, first)
    return {
        "SYSTOLIC_BP": systolic,
        "DIASTOLIC_BP": diastolic,
        "BODY_WEIGHT": weight,
        "BMI": bmi_of(weight, body.resident),
        "HEART_RATE": round(body.pulse_on(day) + stream.gauss(0, 4)),
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
        high = class_of_glucose(readings["FASTING_GLUCOSE"]) == "CLASS_UNCONTROLLED"
        asked = happens(stream, 0.5) or high
        if (day - treatment.tested).days >= _HBA1C_DAYS and asked:
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
    judge(stream, life, treatment, form, expected, readings, day)
    for drug in [d for d in treatment.drugs if is_contraindicated(resident, d[0], day)]:
        replace_drug(resident, treatment, form, drug, household.locale, day)
    begins, treatment.begun = not treatment.begun, True
    if begins or form.change == "added":
        treatment.changed = day
    if form.change == "referred":
        treatment.awaited = arrival(resident, day)
    given = begins or "again" in form.hints or form.change in {"added", "raised", "switched"}
    if treatment.adherence != "ADHERENCE_NONE" or given:
        form.drugs = tuple(
            Prescription(drug, *dose_of(household.locale, drug, treatment.raised), SUPPLY_DAYS)
            for drug, _, _ in treatment.drugs
        )
    return form


def _ask_for_hypoglycemia(stream: Random, treatment: Treatment, form: Form) -> None:
    """Insulin and drugs that release it bring glucose down too far now and then."""
    classes = {CLASS_OF[drug] for drug, _, _ in treatment.drugs}
    if classes & TO_LOW_SUGAR and happens(stream, value("hypoglycemia.drugs")):
        form.answers["HYPOGLYCEMIC_REACTION"] = weighted(
            stream, {"OCCASIONAL": 0.85, "FREQUENT": 0.15}
        )


def _who(stream: Random, household: Household) -> Clinician:
    return household.doctor if happens(stream, 0.8) else household.nurse
