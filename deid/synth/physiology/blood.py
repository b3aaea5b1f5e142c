"""Blood count, liver and uric acid: each person's own level, and what disease does to it."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from statistics import NormalDist

from deid.synth.constitution import share_of_person
from deid.synth.mixes import draw_levels
from deid.synth.parameters import value
from deid.synth.people import Resident
from deid.synth.physiology.decline import WASTES, decline
from deid.synth.physiology.kidney import egfr_level

OWN = ("URIC_ACID", "ALT", "BILIRUBIN", "HEMOGLOBIN", "LEUKOCYTES", "PLATELETS")
"""Tests in which people differ from each other beyond sex and disease."""

_TUMOURS = frozenset(p for p in WASTES if p.endswith("_CANCER") or p == "MALIGNANT_NEOPLASM")
_NORMAL = NormalDist()


def blood_tests(stream: Random, resident: Resident, day: date) -> dict[str, float]:
    """Blood count, liver enzymes, bilirubin, albumin, uric acid and salts, in SI units."""
    return draw_levels(stream, "examination", _shift(resident, day))


def hemoglobin(stream: Random, resident: Resident, day: date) -> float:
    """Grams a litre; it falls with the kidneys, with tumours and towards a death that wastes."""
    return blood_tests(stream, resident, day)["HEMOGLOBIN"]


def _shift(resident: Resident, day: date) -> dict[str, float]:
    """What person and disease add to the means."""
    shift = {
        test: value(f"own.{test.lower()}.sd") * _NORMAL.inv_cdf(_open(resident, test))
        for test in OWN
    }
    low = max(60 - egfr_level(resident, day), 0) * value("hemoglobin.per_egfr")
    low += value("hemoglobin.anemia") if resident.has("ANEMIA", day) else 0
    shift["HEMOGLOBIN"] += value("hemoglobin.men") if resident.sex == "M" else 0
    shift["HEMOGLOBIN"] -= low + value("hemoglobin.decline") * decline(resident, day)
    treated = timedelta(days=value("hemoglobin.tumour.days"))
    tumours = [resident.problems[p] for p in _TUMOURS if resident.has(p, day)]
    if any(day < onset + treated for onset in tumours):
        shift["HEMOGLOBIN"] -= value("hemoglobin.tumour")
    if resident.has("FATTY_LIVER", day):
        shift["ALT"] += value("alt.fatty_liver")
    active = share_of_person(resident, "hepatitis") < value("alt.hepatitis.active")
    if resident.has("CHRONIC_HEPATITIS_B", day) and active:
        shift["ALT"] += value("alt.hepatitis")
    shift["AST"] = shift["ALT"] * value("ast.per_alt")
    shift["ALBUMIN"] = -low * value("albumin.per_hemoglobin")
    shift["ALBUMIN"] -= value("albumin.decline") * decline(resident, day)
    if resident.has("GOUT", day):
        shift["URIC_ACID"] += value("uric_acid.gout")
    if resident.has("CIRRHOSIS", day):
        for test in ("AST", "ALBUMIN", "BILIRUBIN", "PLATELETS"):
            shift[test] += value(f"{test.lower()}.cirrhosis")
    return shift


def _open(resident: Resident, about: str) -> float:
    return min(max(share_of_person(resident, about), 0.02), 0.98)
