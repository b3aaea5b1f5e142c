"""The county hospital as the courses use it: its departments, and words for what they write."""

from __future__ import annotations

import csv
from importlib import resources
from random import Random

from deid.synth.care_sites import doctors_of
from deid.synth.people import CareSite, Clinician, Household, Locale
from deid.synth.recording.terms import TERMS
from deid.synth.streams import one_of

_FILE = resources.files("deid.synth") / "data" / "phrases.csv"
PHRASES = {
    row["key"]: (row["en"], row["zh"])
    for row in csv.DictReader(_FILE.read_text(encoding="utf-8").splitlines())
}


def words(locale: Locale, key: str) -> str:
    """A phrase in the language of the place, or the name of a term of the vocabulary."""
    if key in PHRASES:
        return PHRASES[key][1 if locale == "zh_CN" else 0]
    term = TERMS[key]
    return term.zh if locale == "zh_CN" else term.en


def hospital_of(household: Household) -> CareSite:
    """The hospital that serves the household's county."""
    hospital = household.site.hospital
    if hospital is None:
        raise ValueError(f"care site {household.site.care_site_id} has no hospital")
    return hospital


def department(hospital: CareSite, name: str, stream: Random) -> Clinician:
    """One of the doctors of a department."""
    return one_of(stream, doctors_of(hospital, name))
