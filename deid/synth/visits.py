"""What a contact leaves behind: the facts that both the rows and the note are made from."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from deid.synth.people import Clinician, Locale, Resident

FormKind = Literal[
    "basic information", "hypertension", "diabetes", "examination", "contact", "telephone"
]
Mode = Literal["clinic", "home", "telephone"]
Change = Literal["kept", "added", "referred", "switched", "none"]


@dataclass(frozen=True)
class Prescription:
    """A drug given at a visit, by its key in the vocabulary."""

    drug: str
    dose: str
    times_a_day: int
    days: int


@dataclass(eq=False)
class Form:
    """One form or record of a visit. Names are keys of :mod:`deid.vocabulary.names`.

    ``readings`` are measurements in the unit of their key, ``answers`` observations with a coded
    answer, ``amounts`` observations with a number, ``texts`` observations in words.
    """

    kind: FormKind
    symptoms: tuple[str, ...] = ()
    readings: dict[str, float] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)
    amounts: dict[str, float] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    drugs: tuple[Prescription, ...] = ()
    diagnoses: tuple[str, ...] = ()
    procedures: tuple[str, ...] = ()
    change: Change = "none"
    event: str | None = None
    next_day: date | None = None


@dataclass(eq=False)
class Visit:
    """One contact of one resident on one day."""

    resident: Resident
    day: date
    mode: Mode
    clinician: Clinician
    forms: list[Form]


# Conventional units of the United States: key there, factor from the SI unit, decimals.
_CONVENTIONAL = {
    "FASTING_GLUCOSE": ("FASTING_GLUCOSE_MASS", 18.016, 0),
    "GLUCOSE": ("GLUCOSE_MASS", 18.016, 0),
    "CHOLESTEROL": ("CHOLESTEROL_MASS", 38.67, 0),
    "HDL": ("HDL_MASS", 38.67, 0),
    "LDL": ("LDL_MASS", 38.67, 0),
    "TRIGLYCERIDE": ("TRIGLYCERIDE_MASS", 88.57, 0),
    "CREATININE": ("CREATININE_MASS", 1 / 88.4, 2),
    "UREA": ("UREA_MASS", 2.801, 0),
    "URIC_ACID": ("URIC_ACID_MASS", 1 / 59.48, 1),
}


def localise(locale: Locale, readings: dict[str, float]) -> dict[str, float]:
    """Readings in the units that are customary in the locale."""
    if locale == "zh_CN":
        return readings
    local = {}
    for key, reading in readings.items():
        name, factor, decimals = _CONVENTIONAL.get(key, (key, 1.0, 6))
        local[name] = round(reading * factor, decimals)
    return local
