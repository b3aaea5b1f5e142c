"""The last year of a disease that wastes: what comes before a death that takes its time."""

from __future__ import annotations

from datetime import date

from deid.synth.parameters import value
from deid.synth.people import Resident

WASTES = frozenset(
    {"LUNG_CANCER", "STOMACH_CANCER", "COLON_CANCER", "BREAST_CANCER", "MALIGNANT_NEOPLASM",
     "CIRRHOSIS", "DEMENTIA", "PARKINSON_DISEASE", "COPD", "HEART_FAILURE",
     "CHRONIC_KIDNEY_DISEASE", "RENAL_FAILURE", "PULMONARY_TUBERCULOSIS"}
)  # fmt: skip
"""Causes of death that announce themselves."""


def decline(resident: Resident, day: date) -> float:
    """How far the last decline has come: 0 for who is not in it, 1 on the day of death."""
    death = resident.death
    if death is None or resident.death_cause not in WASTES or day > death:
        return 0.0
    return max(1 - (death - day).days / value("decline.days"), 0.0)
