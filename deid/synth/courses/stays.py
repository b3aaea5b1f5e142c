"""What people are in hospital for: ``data/stays.csv``, and how such a stay is written down.

Chances and rates stand in the parameter table as ``stay.<name>``; nights, tests and drugs are
assumptions for a county hospital of each country.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace
from datetime import date
from importlib import resources
from random import Random

from deid.synth.growth import age_in_months, reference
from deid.synth.people import Locale, Resident
from deid.synth.safety import NOT_SOLD, may_take
from deid.synth.visits import Prescription

_GROWN = 14
"""From this age on a drug is given in the dose of the grown."""


@dataclass(frozen=True)
class Test:
    """A measurement at admission: normally distributed, held within its limits."""

    key: str
    mean: float
    spread: float
    low: float
    high: float

    def draw(self, stream: Random) -> float:
        """One result, to three figures."""
        drawn = min(max(stream.gauss(self.mean, self.spread), self.low), self.high)
        return round(drawn, 2 if self.high < 10 else 1 if self.high < 50 else 0)


@dataclass(frozen=True)
class Stay:
    """One kind of stay. ``when`` is onset, end (an operation that ends the problem), relapse,
    yearly or terminal."""

    name: str
    diagnosis: str
    department: str
    problem: str
    when: str
    youngest: float
    oldest: float
    sex: str
    season: str
    at_most: int
    nights: dict[Locale, tuple[int, int]]
    emergency: float
    systolic: float
    fever: float
    symptoms: tuple[str, ...]
    tests: tuple[Test, ...]
    procedures: tuple[str, ...]
    drugs: tuple[Prescription, ...]
    advice: str

    def fits(self, resident: Resident, day: date) -> bool:
        """By age, sex and problem on a day."""
        age = (day - resident.birth).days / 365.25
        return (
            self.youngest <= age < self.oldest
            and self.sex in {"", resident.sex}
            and (not self.problem or resident.has(self.problem, day))
        )

    def take_home(self, resident: Resident, locale: Locale, day: date) -> tuple[Prescription, ...]:
        """Drugs at discharge that nothing speaks against, children's by weight."""
        return tuple(
            _by_weight(_local(_of_age(drug, resident, day), locale), resident, day)
            for drug in self.drugs
            if drug.drug not in NOT_SOLD[locale] and may_take(resident, drug.drug, day)
        )


def _local(drug: Prescription, locale: Locale) -> Prescription:
    """Aspirin comes in tablets of 100 mg in China and of 81 mg in the United States."""
    aspirin = drug.drug == "ASPIRIN_81MG" and locale == "en_US"
    return replace(drug, dose="81 mg") if aspirin else drug


def _of_age(drug: Prescription, resident: Resident, day: date) -> Prescription:
    """Children are given prednisone by their weight."""
    child = drug.drug == "PREDNISONE" and resident.age_on(day) < _GROWN
    return replace(drug, dose="1 mg/kg") if child else drug


def _by_weight(drug: Prescription, resident: Resident, day: date) -> Prescription:
    if not drug.dose.endswith("mg/kg"):
        return drug
    months = age_in_months(resident.birth, day)
    weight = reference("weight", resident.sex, months).median
    dose = 10 * max(round(weight * float(drug.dose.split()[0]) / 10), 1)
    return Prescription(drug.drug, f"{dose} mg", drug.times_a_day, drug.days)


def _several(text: str) -> list[str]:
    return text.split("|") if text else []


def _test(text: str) -> Test:
    key, *numbers = text.split(":")
    mean, spread, low, high = (float(number) for number in numbers)
    return Test(key, mean, spread, low, high)


def _drug(text: str) -> Prescription:
    key, dose, times, days = text.split(":")
    return Prescription(key, dose, int(times), int(days))


def _nights(text: str) -> tuple[int, int]:
    low, high = text.split("-")
    return int(low), int(high)


def _read() -> tuple[Stay, ...]:
    text = (resources.files("deid.synth") / "data" / "stays.csv").read_text(encoding="utf-8")
    return tuple(
        Stay(
            name=row["name"],
            diagnosis=row["diagnosis"],
            department=row["department"],
            problem=row["problem"],
            when=row["when"],
            youngest=float(row["age_from"]),
            oldest=float(row["age_to"]),
            sex=row["sex"],
            season=row["season"],
            at_most=int(row["at_most"]),
            nights={"zh_CN": _nights(row["nights_zh"]), "en_US": _nights(row["nights_en"])},
            emergency=float(row["emergency"]),
            systolic=float(row["systolic"]),
            fever=float(row["fever"]),
            symptoms=tuple(_several(row["symptoms"])),
            tests=tuple(_test(test) for test in _several(row["tests"])),
            procedures=tuple(_several(row["procedures"])),
            drugs=tuple(_drug(drug) for drug in _several(row["drugs"])),
            advice=row["advice"],
        )
        for row in csv.DictReader(text.splitlines())
    )


STAYS = _read()
BY_NAME = {stay.name: stay for stay in STAYS}
