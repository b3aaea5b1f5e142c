"""What a contact leaves behind: the facts that both the rows and the note are made from."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from deid.synth.people import CareSite, Clinician, Locale, Resident

FormKind = Literal[
    "basic information",
    "examination",
    "hypertension",
    "diabetes",
    "elderly",
    "mental illness",
    "tuberculosis",
    "antenatal first",
    "antenatal",
    "postpartum",
    "postpartum 42 days",
    "newborn",
    "child",
    "immunization",
    "contact",
    "consultation",
    "referral out",
    "referral back",
    "discharge",
    "telephone",
    "home visit",
]
Mode = Literal["clinic", "home", "telephone", "hospital", "emergency"]
Change = Literal["kept", "added", "raised", "referred", "switched", "none"]
Unchanged = Literal["not_taken", "irregular", "recheck", "declines", "all_given", "advised",
                    "recent", "long_term"]  # fmt: skip
"""Why drugs are not changed although a value is not controlled: they are left, or taken now and
then; the value is to be seen again first; the resident does not want more; all steps are taken;
the hospital, which saw the resident within the year, advised what is given; what was begun last
needs more weeks; HbA1c of the last months is at its goal."""
IdentifierType = Literal["NAME", "PHONE", "ID", "DATE", "LOCATION", "ORGANIZATION"]


@dataclass(frozen=True)
class Prescription:
    """A drug given at a visit, by its key in the vocabulary."""

    drug: str
    dose: str
    times_a_day: int
    days: int


@dataclass(frozen=True)
class Identifier:
    """A name or number that only the note of a form carries, never a row of OMOP."""

    text: str
    type: IdentifierType

    def __repr__(self) -> str:
        return f"Identifier({self.type})"


FaultKind = Literal[
    "class contradicts",
    "note disagrees",
    "wrong unit",
    "implausible value",
    "swapped pressure",
    "copied forward",
    "duplicate visit",
    "missing mandatory",
    "wrong sex",
    "after death",
    "before birth",
    "drug without indication",
    "unmapped code",
    "gap in follow-up",
    "lost to follow-up",
    "missing laboratory",
]


@dataclass(frozen=True)
class Planted:
    """A fault put into a form or visit on purpose: the table and keys of the rows that show it.

    Without keys the row of the visit itself, or of the form's note, is meant.
    """

    kind: FaultKind
    table: str
    keys: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fault:
    """A line of the ledger: a planted fault and the rows of ``table`` that show it."""

    kind: FaultKind
    person_id: int
    table: str
    row_ids: tuple[int, ...]
    visit_occurrence_id: int


@dataclass(eq=False)
class Form:
    """One form or record of a visit. Names are keys of :mod:`deid.vocabulary.names`.

    ``readings`` are measurements in the unit of their key, ``answers`` observations with a coded
    answer, ``amounts`` observations with a number, ``texts`` observations in words; a key of
    ``texts`` and ``answers`` may be qualified, ``FAMILY_HISTORY:ESSENTIAL_HYPERTENSION``.
    Several answers to one question stand in one string, ``DIET_SALTY|DIET_OILY``.
    ``vaccines`` are drugs given on the spot. ``hints`` and ``identifiers`` are for the note alone;
    ``spoken`` holds readings that the note states otherwise than the row, a planted fault.
    """

    kind: FormKind
    symptoms: tuple[str, ...] = ()
    readings: dict[str, float] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)
    amounts: dict[str, float] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    drugs: tuple[Prescription, ...] = ()
    vaccines: tuple[str, ...] = ()
    diagnoses: tuple[str, ...] = ()
    procedures: tuple[str, ...] = ()
    change: Change = "none"
    event: str | None = None
    next_day: date | None = None
    hints: dict[str, str] = field(default_factory=dict)
    identifiers: dict[str, Identifier] = field(default_factory=dict)
    spoken: dict[str, float] = field(default_factory=dict)
    faults: list[Planted] = field(default_factory=list)

    def add_remark(self, said: str, *, first: bool = False) -> None:
        """Say one thing more of what was found: after what is said already, or ``first``."""
        before = self.texts.get("ABNORMALITY", "")
        parts = (said, before) if first else (before, said)
        self.texts["ABNORMALITY"] = "; ".join(part for part in parts if part)


@dataclass(eq=False)
class Visit:
    """One contact of one resident. ``end`` and ``site`` differ from ``day`` and the household's
    health centre for stays in hospital. ``entered`` is the day that the rows bear when another
    than the true one was typed in."""

    resident: Resident
    day: date
    mode: Mode
    clinician: Clinician
    forms: list[Form]
    end: date | None = None
    site: CareSite | None = None
    entered: date | None = None
    faults: list[Planted] = field(default_factory=list)


CONVENTIONAL = {
    "FASTING_GLUCOSE": ("FASTING_GLUCOSE_MASS", 18.016, 0),
    "GLUCOSE": ("GLUCOSE_MASS", 18.016, 0),
    "GLUCOSE_1H": ("GLUCOSE_1H_MASS", 18.016, 0),
    "GLUCOSE_2H": ("GLUCOSE_2H_MASS", 18.016, 0),
    "BILIRUBIN": ("BILIRUBIN_MASS", 1 / 17.1, 1),
    "CHOLESTEROL": ("CHOLESTEROL_MASS", 38.67, 0),
    "HDL": ("HDL_MASS", 38.67, 0),
    "LDL": ("LDL_MASS", 38.67, 0),
    "TRIGLYCERIDE": ("TRIGLYCERIDE_MASS", 88.57, 0),
    "CREATININE": ("CREATININE_MASS", 1 / 88.4, 2),
    "UREA": ("UREA_MASS", 2.801, 0),
    "URIC_ACID": ("URIC_ACID_MASS", 1 / 59.48, 1),
}
"""Conventional units of the United States: key there, factor from the SI unit, decimals."""


def in_si(readings: dict[str, float], key: str) -> float:
    """A reading in its SI unit, whichever of its two it was kept in; 0 if there is none."""
    name, factor, _ = CONVENTIONAL[key]
    return readings.get(key, readings.get(name, 0.0) / factor)


def localise(locale: Locale, readings: dict[str, float]) -> dict[str, float]:
    """Readings in the units that are customary in the locale."""
    if locale == "zh_CN":
        return readings
    local = {}
    for key, reading in readings.items():
        name, factor, decimals = CONVENTIONAL.get(key, (key, 1.0, 6))
        local[name] = round(reading * factor, decimals)
    return local
