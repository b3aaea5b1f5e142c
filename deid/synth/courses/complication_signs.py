"""What a new complication of diabetes or hypertension shows at the visit that finds it."""

from __future__ import annotations

from datetime import date
from random import Random

from deid.synth.courses.life import Life
from deid.synth.courses.sites import words
from deid.synth.physiology import albumin_ratio, kidney_tests
from deid.synth.visits import Form, localise

_FELT = {
    "CORONARY_ARTERIOSCLEROSIS": ("chest tightness",),
    "HEART_FAILURE": ("short of breath", "leg swelling"),
    "CEREBRAL_INFARCTION": ("weakness of one side",),
    "T2DM_NEUROPATHY": ("numb feet",),
    "T2DM_RETINOPATHY": ("blurred vision",),
}
"""Complication, and what is felt of it."""
_KNOWN = {
    "chest tightness": "symptom.heart", "short of breath": "symptom.failure",
    "blurred vision": "felt.eyes", "numb feet": "felt.feet",
}  # fmt: skip
"""What is said of a complication that is known."""
_ANSWERED = {"blurred vision": "felt.eyes", "numb feet": "felt.feet"}
"""Symptom of a known complication of diabetes, and what is said to it."""
_FILTRATION_OF_THE_ILL = 59
"""Highest eGFR of chronic kidney disease: KDIGO 2013 Kidney Int Suppl 3:1."""


def show_complication(stream: Random, life: Life, form: Form, complication: str, day: date) -> None:
    """Put what is felt, measured and seen of it into the form, and say how it was found."""
    locale, resident = life.household.locale, life.resident
    form.symptoms = tuple(dict.fromkeys((*form.symptoms, *_FELT.get(complication, ()))))
    if complication == "DIABETIC_NEPHROPATHY":
        form.readings["URINE_ACR"] = albumin_ratio(stream, resident, day)
    elif complication == "CHRONIC_KIDNEY_DISEASE":
        tests = kidney_tests(stream, resident, day)
        filtered = min(tests["EGFR"], _FILTRATION_OF_THE_ILL)
        form.readings |= localise(locale, {"EGFR": filtered})
    elif complication == "T2DM_RETINOPATHY":
        form.answers["FUNDUS"] = "ABNORMAL"
    form.texts["ABNORMALITY"] = words(locale, f"shown.{complication}")


def answer_of_diabetes(life: Life, forms: list[Form]) -> None:
    """What is said at a follow-up of eyes and feet that diabetes has spoilt before."""
    for form in forms:
        said = [_ANSWERED[symptom] for symptom in form.symptoms if symptom in _ANSWERED]
        if form.kind == "diabetes" and said and form.event is None:
            before = [form.texts["ABNORMALITY"]] if "ABNORMALITY" in form.texts else []
            phrases = [words(life.household.locale, key) for key in said]
            form.texts["ABNORMALITY"] = "; ".join([*before, *phrases])


def know_complication(life: Life, form: Form) -> None:
    """Make a form that found a complication one that knows of it; the letter about it goes out."""
    if form.event is not None:
        form.hints["complication"] = form.event
    form.event = None
    form.texts.pop("ABNORMALITY", None)
    known = [_KNOWN[symptom] for symptom in form.symptoms if symptom in _KNOWN]
    if known:
        form.texts["ABNORMALITY"] = words(life.household.locale, known[0])


def withdraw_complication(life: Life, form: Form) -> None:
    """The same after a stay for it: nobody is sent to hospital for it again."""
    know_complication(life, form)
    form.hints.pop("referred_for", None)
    form.hints.pop("complication", None)
    if form.change == "referred":
        form.change = "kept"
        form.texts.pop("REFERRAL_REASON", None)
