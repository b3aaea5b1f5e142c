"""What brings people to the health centre: complaints with what is found and what is given.

``data/complaints.csv`` holds the complaints: their shares are weights among those that fit age,
sex, season and problems (assumptions); what is found is in both languages, so that the note and
the row bear the same words. ``data/remedies.csv`` holds what is given, ``data/voices.csv`` ideas,
concerns and expectations as people put them.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from importlib import resources
from random import Random
from types import MappingProxyType

from deid.synth.growth import age_in_months, reference
from deid.synth.people import Locale, Resident
from deid.synth.physiology import GIVEN_FOR, LASTING, decline, therapy_on
from deid.synth.safety import NOT_SOLD, may_take
from deid.synth.streams import weighted
from deid.synth.visits import Prescription

_OF_BAD_LUNGS = frozenset({"ACUTE_BRONCHITIS", "ASTHMA"})
"""What is called an exacerbation in people with chronic obstructive lung disease."""

COURSES = frozenset({"OMEPRAZOLE"})
"""Drugs that some take for years and others for some weeks."""

SEASONS = {
    "all": frozenset[int](),
    "winter": frozenset({11, 12, 1, 2, 3}),
    "summer": frozenset({5, 6, 7, 8}),
    "spring": frozenset({3, 4, 5}),
}


@dataclass(frozen=True)
class Remedy:
    """A drug as it is given between two ages; ``per_kg`` in mg makes a child's dose."""

    drug: str
    dose: str
    times: int
    days: int
    youngest: float
    oldest: float
    per_kg: float | None
    most: float


@dataclass(frozen=True)
class Phrase:
    """Words in both languages."""

    en: str
    zh: str

    def say(self, locale: Locale) -> str:
        """The words of the place."""
        return self.zh if locale == "zh_CN" else self.en


@dataclass(frozen=True)
class Complaint:
    """A reason to come. In its season it is ``times`` as frequent; ``fever`` is a chance."""

    diagnosis: str
    symptoms: tuple[str, ...]
    remedies: tuple[Remedy, ...]
    at_most: int
    weight: float
    youngest: float
    oldest: float
    season: str
    times: float
    fever: float
    sex: str
    needs: str
    about: str
    procedures: tuple[str, ...]
    found: Phrase | None
    cause: Phrase | None

    def fits(self, resident: Resident, day: date) -> bool:
        """By age, sex and problems of the resident."""
        age = (day - resident.birth).days / 365.25
        return (
            self.youngest <= age < self.oldest
            and self.sex in {"", resident.sex}
            and (not self.needs or resident.has(self.needs, day))
            and not (self.diagnosis in _OF_BAD_LUNGS and resident.has("COPD", day))
        )

    def share(self, day: date) -> float:
        """Its weight on a day."""
        return self.weight * (self.times if day.month in SEASONS[self.season] else 1.0)


def _rows(name: str) -> list[dict[str, str]]:
    text = (resources.files("deid.synth") / "data" / name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def _remedies() -> Mapping[str, Remedy]:
    return {
        row["name"]: Remedy(
            drug=row["drug"],
            dose=row["dose"],
            times=int(row["times"]),
            days=int(row["days"]),
            youngest=float(row["age_from"]),
            oldest=float(row["age_to"]),
            per_kg=float(row["mg_per_kg"]) if row["mg_per_kg"] else None,
            most=float(row["mg_at_most"] or 0),
        )
        for row in _rows("remedies.csv")
    }


def weight_loss(resident: Resident, day: date) -> str:
    """The key of what is said of a loss of weight: the cause looked for, or a tumour known."""
    tumour = any(resident.has(problem, day) for problem in TUMOURS)
    wastes = tumour and decline(resident, day) > 0
    return "symptom.weight.tumour" if wastes else "symptom.weight"


def _phrase(row: Mapping[str, str], name: str) -> Phrase | None:
    return Phrase(row[f"{name}_en"], row[f"{name}_zh"]) if row[f"{name}_en"] else None


def _several(text: str) -> tuple[str, ...]:
    return tuple(text.split("|")) if text else ()


def _complaints() -> tuple[Complaint, ...]:
    remedies = _remedies()
    return tuple(
        Complaint(
            diagnosis=row["diagnosis"],
            symptoms=_several(row["symptoms"]),
            remedies=tuple(remedies[name] for name in _several(row["remedies"])),
            at_most=int(row["remedies_at_most"] or 9),
            weight=float(row["weight"]),
            youngest=float(row["age_from"]),
            oldest=float(row["age_to"]),
            season=row["season"],
            times=float(row["times"]),
            fever=float(row["fever"]),
            sex=row["sex"],
            needs=row["needs"],
            about=row["about"],
            procedures=_several(row["procedures"]),
            found=_phrase(row, "found"),
            cause=_phrase(row, "cause"),
        )
        for row in _rows("complaints.csv")
    )


def _voices() -> Mapping[str, tuple[Mapping[str, Phrase], ...]]:
    people: dict[str, dict[str, dict[str, Phrase]]] = {}
    for row in _rows("voices.csv"):
        person = people.setdefault(row["about"], {}).setdefault(row["person"], {})
        person[row["part"]] = Phrase(row["en"], row["zh"])
    return MappingProxyType({about: tuple(told.values()) for about, told in people.items()})


TUMOURS = ("LUNG_CANCER", "STOMACH_CANCER", "COLON_CANCER", "BREAST_CANCER",
           "MALIGNANT_NEOPLASM")  # fmt: skip
"""Problems that are looked after for five years, and then only checked."""

COMPLAINTS = _complaints()
BY_PROBLEM = frozenset(complaint.needs for complaint in COMPLAINTS if complaint.needs)
"""Problems that bring people again and again."""

VOICES = _voices()
"""What a complaint is about: people, each with an idea, a concern and an expectation."""


def choose(stream: Random, resident: Resident, day: date) -> Complaint | None:
    """A complaint that fits the resident on that day."""
    shares = {i: c.share(day) for i, c in enumerate(COMPLAINTS) if c.fits(resident, day)}
    return COMPLAINTS[weighted(stream, shares)] if shares else None


def treat(
    complaint: Complaint, resident: Resident, locale: Locale, day: date
) -> tuple[Prescription, ...]:
    """The complaint's remedies that this person may have, in a dose for age and weight.

    Of drugs that are taken for years, those that the person takes.
    """
    months = age_in_months(resident.birth, day)
    lasting: dict[str, Prescription] = {}
    if any(remedy.drug in LASTING for remedy in complaint.remedies):
        lasting = {drug.drug: drug for drug in therapy_on(resident, locale, day)}
    # What is taken for years, or not at all, may be a short course too.
    needs = GIVEN_FOR.get(complaint.needs or complaint.diagnosis, frozenset())
    withheld = frozenset(lasting) | ((LASTING | needs) - COURSES)
    drugs = [
        Prescription(
            remedy.drug,
            remedy.dose if remedy.per_kg is None else _dose(remedy, resident, months),
            remedy.times,
            remedy.days,
        )
        for remedy in complaint.remedies
        if remedy.drug not in withheld and remedy.drug not in NOT_SOLD[locale]
        if remedy.youngest <= months / 12 < remedy.oldest and may_take(resident, remedy.drug, day)
    ]
    drugs = drugs[: complaint.at_most]
    for remedy in complaint.remedies:
        if remedy.drug in lasting:
            drugs.append(replace(lasting[remedy.drug], days=remedy.days))
    return tuple(drugs)


def _dose(remedy: Remedy, resident: Resident, months: float) -> str:
    """Milligrams by the median weight of the age; beyond six years 2.8 kg a year are added."""
    weight = reference("weight", resident.sex, months).median + max(months - 72, 0) * 0.23
    dose = min(weight * (remedy.per_kg or 0), remedy.most)
    step = 10 if dose >= 50 else 1 if dose >= 5 else 0.5
    return f"{max(round(dose / step) * step, step):g} mg"
