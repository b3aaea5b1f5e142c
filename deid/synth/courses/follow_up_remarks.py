"""What is said at a follow-up of what is felt, and of weight that was lost."""

from __future__ import annotations

from datetime import date

from deid.synth.courses.adjustment import PAUSE_DAYS, REASONS
from deid.synth.courses.complaints import weight_loss
from deid.synth.courses.life import Life
from deid.synth.courses.referral import arrival
from deid.synth.courses.sites import words
from deid.synth.courses.treatment import Treatment
from deid.synth.parameters import value
from deid.synth.physiology.drugs import CLASS_OF
from deid.synth.visits import Form, Visit

_SYMPTOMS_DAYS = 180
"""Symptoms of the heart twice within these days lead to the hospital."""


def notice_loss(life: Life, form: Form, before: list[Visit], day: date) -> None:
    """A loss of weight within a year is spoken of."""
    lately = [
        visit.forms[0].readings["BODY_WEIGHT"]
        for visit in before
        if (day - visit.day).days <= PAUSE_DAYS
    ]
    if lately and form.readings["BODY_WEIGHT"] < (1 - value("weight.loss.noticed")) * max(lately):
        form.add_remark(words(life.household.locale, weight_loss(life.resident, day)))


def answer_symptoms(life: Life, treatment: Treatment, form: Form, day: date) -> None:
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
        paused = (day - treatment.referred).days <= PAUSE_DAYS
        if again and not paused and form.change in {"kept", "none"}:
            form.change, treatment.referred = "referred", day
            form.texts["REFERRAL_REASON"] = REASONS["symptoms"][locale]
            form.hints = {k: h for k, h in form.hints.items() if k not in {"declined", "unchanged"}}
            form.hints["referred_for"] = "symptoms"
            form.hints["heart"] = "CORONARY_ARTERIOSCLEROSIS" if heart else "HEART_FAILURE"
            treatment.awaited = arrival(resident, day)
        treatment.felt = day
        said.append("symptom.heart" if heart else "symptom.failure")
    elif "leg swelling" in felt and "begun" not in form.hints and swells:
        said.append("symptom.ccb")
    if "palpitation" in felt and not resident.has("ATRIAL_FIBRILLATION", day):
        said.append("symptom.palpitation")
    if said and not form.event:
        form.texts["ABNORMALITY"] = "; ".join(words(locale, key) for key in said)
