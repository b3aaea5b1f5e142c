"""How complaints, diagnoses, drugs and procedures are said: by productions named after their key.

``diagnosis.COPD`` says a diagnosis; where the grammar has no such production, the name in the
vocabulary says it.
"""

from __future__ import annotations

import re

from deid.synth.notes.facts import TERMS, told_diagnoses
from deid.synth.notes.telling import Slot, Telling
from deid.synth.notes.text import Mark, Pieces
from deid.synth.streams import happens, one_of
from deid.synth.visits import Prescription

_MOST_PROBLEMS, _MOST_DIAGNOSES = 3, 6
_ZH_STRENGTH = re.compile(r"片|胶囊|\d")
_EN_STRENGTH = re.compile(r" \d| Oral")
_AMOUNTS_ZH = {"1 drop": "1滴", "1 sachet": "1袋", "1 % cream": "适量", "cream": "适量",
               "ointment": "适量"}  # fmt: skip
_AMOUNTS_EN = {"1 % cream": "thin layer", "cream": "thin layer", "ointment": "thin layer"}
"""What is no number of milligrams, as a note has it."""
_AT_NIGHT = ("ATORVASTATIN", "SIMVASTATIN", "ROSUVASTATIN", "INSULIN_GLARGINE", "OLANZAPINE",
             "QUETIAPINE", "CLOZAPINE", "MIRTAZAPINE", "ZOLPIDEM", "ALPRAZOLAM", "MONTELUKAST",
             "TAMSULOSIN", "DONEPEZIL")  # fmt: skip
"""What is taken in the evening, if once a day."""
_COMMON = ("metformin", "atorvastatin", "ibuprofen", "sertraline", "warfarin", "gabapentin")
_COMMON_ZH = ("二甲双胍", "阿托伐他汀", "布洛芬", "华法林", "地高辛", "舍曲林")


def symptoms(t: Telling) -> Pieces:
    """What the patient complains of."""
    items = []
    for symptom in t.form.symptoms:
        production = f"symptom.{symptom.replace(' ', '_')}"
        items.append(t.tell(production) if production in t.grammar else [t.name(symptom)])
    between = ("、", "、", "，", "伴") if t.chinese else (", ", " and ", ", ", " + ", " w/ ")
    return t.joined(items, one_of(t.stream, between))


def diagnoses(t: Telling) -> Pieces:
    """What is found."""
    found = told_diagnoses(t.visit, t.form)[:_MOST_DIAGNOSES]
    items = [say_diagnosis(t, key) for key in found]
    between = one_of(t.stream, ("，", "、") if t.chinese else (", ", ", ", " + ", " and "))
    if len(items) > 1 and happens(t.stream, 0.35):
        mark = one_of(t.stream, ("{}.", "{})", "({})", "#{}", "{})"))
        gap = "" if t.chinese else " "
        numbered = [[mark.format(i) + gap, *item] for i, item in enumerate(items, 1)]
        return t.joined(
            numbered, one_of(t.stream, ("，", " ", "；") if t.chinese else (" ", " ", ", ", "; "))
        )
    if len(items) > 2 and between == " and ":
        between = ", "
    return t.joined(items, between)


def diagnosis(t: Telling) -> Pieces:
    """What is found first."""
    found = told_diagnoses(t.visit, t.form)
    return tuple(say_diagnosis(t, found[0])) if found else ("",)


def say_diagnosis(t: Telling, key: str) -> list[str | Mark]:
    """One diagnosis, in one of its names."""
    production = f"diagnosis.{key}"
    return t.tell(production) if production in t.grammar else [t.name(key)]


def problems(t: Telling) -> Pieces:
    """Some of what the patient has besides, with the year since when."""
    resident, day = t.visit.resident, t.visit.day
    others = [
        key
        for key in resident.problems
        if resident.has(key, day) and key not in t.form.diagnoses and key in TERMS
    ]
    items = []
    for key in others[-_MOST_PROBLEMS:]:
        year = str(resident.problems[key].year)
        items.append(t.tell("problem", what=tuple(say_diagnosis(t, key)), n=year))
    return t.joined(items, one_of(t.stream, ("，", "、") if t.chinese else (", ", "; ")))


def event(t: Telling) -> Pieces:
    """A complication or other thing that is new."""
    return tuple(say_diagnosis(t, t.form.event or ""))


def drugs(t: Telling) -> Pieces:
    """All drugs with dose and how often."""
    between = one_of(t.stream, ("；", "，", "、") if t.chinese else ("; ", ", ", ", ", " + "))
    if "bullets" in t.facts and not t.chinese:
        between = one_of(t.stream, ("\n- ", "; ", ", "))
    return t.joined([_drug(t, drug) for drug in t.form.drugs], between)


def last_drug(t: Telling) -> Pieces:
    """The drug that was added last."""
    return tuple(_drug(t, t.form.drugs[-1])) if t.form.drugs else ("",)


def raised_drug(t: Telling) -> Pieces:
    """The drug whose dose was raised, in its new dose."""
    raised = t.form.hints["raised"]
    return tuple(_drug(t, next(drug for drug in t.form.drugs if drug.drug == raised)))


def stopped_drug(t: Telling) -> Slot:
    """The drug in whose place another one is given."""
    return _drug_name(t, t.form.hints["stopped"])


def _drug(t: Telling, drug: Prescription) -> list[str | Mark]:
    close = t.chinese or happens(t.stream, 0.3)
    dose = (
        _AMOUNTS_ZH.get(drug.dose, drug.dose)
        if t.chinese
        else _AMOUNTS_EN.get(drug.dose, drug.dose)
    )
    dose = dose.replace(" units", "单位") if t.chinese else dose
    dose = dose.replace(" ", "") if close and dose[0].isdigit() else dose
    times = str(min(drug.times_a_day, 5))
    if times == "1" and drug.drug.startswith(_AT_NIGHT):
        times = "night"
    often = tuple(t.told(f"often.{times}", "often.1"))
    return t.tell("drug", what=_drug_name(t, drug.drug), n=dose, often=often)


def _drug_name(t: Telling, key: str) -> Slot:
    production = f"drug.{key}"
    if production in t.grammar:
        return tuple(t.tell(production))
    name = t.name(key)
    if t.chinese:
        return _ZH_STRENGTH.split(name)[0]
    return _EN_STRENGTH.split(name)[0].split(" hydrochloride")[0]


def query_drug(t: Telling) -> Slot:
    """The name of a drug that was given, or of another common one."""
    if t.form.drugs:
        return _drug_name(t, one_of(t.stream, t.form.drugs).drug)
    return one_of(t.stream, _COMMON_ZH if t.chinese else _COMMON)


def vaccines(t: Telling) -> Pieces:
    """Vaccines given."""
    items = [
        t.tell(f"vaccine.{key}") if f"vaccine.{key}" in t.grammar else [t.name(key)]
        for key in t.form.vaccines
    ]
    return t.joined(items, "、" if t.chinese else one_of(t.stream, (", ", " + ", " and ")))


def procedures(t: Telling) -> Pieces:
    """What was done."""
    items = [
        t.tell(f"procedure.{key}") if f"procedure.{key}" in t.grammar else [t.name(key)]
        for key in t.form.procedures
    ]
    return t.joined(items, "、" if t.chinese else one_of(t.stream, (", ", " + ", " and ")))
