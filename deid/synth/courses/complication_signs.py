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
