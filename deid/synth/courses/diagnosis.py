"""The visit at which a lasting disease gets its name: complaint, the values that show it, a drug.

``data/diagnoses.csv`` holds what is told and done for each problem, ``data/limits.csv`` the values
that make it. Values are the
person's own levels of that day; a value that would not make the diagnosis is lifted to its limit,
because it was measured until it did. Who was ill before the records began has no such visit.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from importlib import resources
from random import Random

from deid.synth.courses.complaints import COMPLAINTS, Phrase, treat
from deid.synth.courses.complication_signs import know_complication
from deid.synth.courses.evaluation import answer_of_fibrillation
from deid.synth.courses.life import Life, working_day
from deid.synth.courses.sites import words
from deid.synth.courses.yearly import draw_tsh
from deid.synth.physiology import (
    blood_pressure,
    blood_tests,
    fasting_glucose,
    hba1c,
    is_treated,
    kidney_tests,
    lipids,
    mood_scores,
    therapy_on,
)
from deid.synth.physiology.therapy import THYROID_AGAIN, needs_more_thyroxine
from deid.synth.safety import pregnancy_on
from deid.synth.society.published import read_table
from deid.synth.visits import Form, Prescription, Visit, localise

FOLLOWED = {"ESSENTIAL_HYPERTENSION": "hypertension", "TYPE_2_DIABETES": "diabetes"}
"""Problems with a follow-up of their own, and its form."""

_SUPPLY_DAYS = 90
_LIPIDS_DAYS = 180
"""So long after a birth nobody looks at lipids, which a pregnancy raises."""
_YOUNG = 35
"""Below this age a high pressure may have another cause (common practice; assumption)."""
_KNOWN_ANYWAY_DAYS = 45
"""Nobody is told again of what a stay in hospital has just found."""


@dataclass(frozen=True)
class Limit:
    """A value that makes a diagnosis: at least ``low``, at most ``high``."""

    key: str
    low: float
    high: float


@dataclass(frozen=True)
class Found:
    """How one problem is found."""

    problem: str
    symptoms: tuple[str, ...]
    limits: tuple[Limit, ...]
    procedures: tuple[str, ...]
    finding: Phrase | None


def _several(text: str) -> tuple[str, ...]:
    return tuple(text.split("|")) if text else ()


def _read() -> Mapping[str, Found]:
    limits = [
        (row["problem"], Limit(row["test"], float(row["low"]), float(row["high"])))
        for row in read_table("limits")
    ]
    text = (resources.files("deid.synth") / "data" / "diagnoses.csv").read_text(encoding="utf-8")
    return {
        row["problem"]: Found(
            row["problem"],
            _several(row["symptoms"]),
            tuple(limit for problem, limit in limits if problem == row["problem"]),
            _several(row["procedures"]),
            Phrase(row["finding_en"], row["finding_zh"]) if row["finding_en"] else None,
        )
        for row in csv.DictReader(text.splitlines())
    }


FOUND = _read()
_COMPLAINT_OF = {c.diagnosis: c for c in reversed(COMPLAINTS) if c.needs}


def diagnosis(stream: Random, life: Life) -> list[Visit]:
    """The visits at which the problems of one resident are found, within the record."""
    visits = []
    for problem, onset in life.resident.problems.items():
        found = FOUND.get(problem)
        day = working_day(onset)
        if found is None or not life.first < onset or day > life.last:
            continue
        if _too_young(life, problem, day) or life.resident.is_away(day):
            continue
        if _comes_out_anyway(life, problem, onset):
            continue
        visits.append(found_at(stream, life, found, day))
        if problem == "DEPRESSIVE_DISORDER":
            visits += _second_look(stream, life, visits[-1])
        elif problem == "HYPOTHYROIDISM":
            visits += _measure_thyroid(stream, life, visits[-1])
        for visit in life.visits:  # a follow-up after it knows of it
            for form in visit.forms:
                if form.kind in FOLLOWED.values() and form.event == problem and visit.day > day:
                    know_complication(life, form)
    return sorted(visits, key=lambda visit: visit.day)


def _second_look(stream: Random, life: Life, first: Visit) -> list[Visit]:
    """A depression that was found is asked after within weeks."""
    day = working_day(first.day + timedelta(days=stream.randrange(21, 36)))
    if not _may_come(life, day):
        return []
    found = first.forms[0]
    form = Form(kind="contact", diagnoses=found.diagnoses, change="kept", drugs=found.drugs)
    phq, gad = mood_scores(stream, life.resident, day)
    before = found.amounts["PHQ_9"]
    form.amounts = {"PHQ_9": max(min(phq, before - 1), 5), "GAD_7": gad}
    form.procedures = ("COUNSELLING",)
    said = "mood.second" if found.drugs else "mood.second.plain"
    form.texts["ABNORMALITY"] = words(life.household.locale, said)
    return [Visit(life.resident, day, "clinic", first.clinician, [form])]


def _measure_thyroid(stream: Random, life: Life, first: Visit) -> list[Visit]:
    """Two months after the first tablets TSH is taken and the dose set by it, and again if it was
    raised."""
    more = needs_more_thyroxine(life.resident)
    visits = []
    for again in range(1 + more):
        day = working_day(life.resident.problems["HYPOTHYROIDISM"] + (1 + again) * THYROID_AGAIN)
        if _may_come(life, day):
            high = more and not again
            tsh = round(stream.uniform(5.2, 9.5) if high else draw_tsh(stream), 1)
            visits.append(_with_tsh(life, first, day, tsh, raised=high))
    return visits


def _with_tsh(life: Life, first: Visit, day: date, tsh: float, *, raised: bool) -> Visit:
    resident, locale = life.resident, life.household.locale
    taken = (d for d in therapy_on(resident, locale, day) if d.drug == "LEVOTHYROXINE")
    form = Form(kind="contact", diagnoses=first.forms[0].diagnoses, change="kept")
    form.drugs = tuple(replace(drug, days=_SUPPLY_DAYS) for drug in taken)
    form.readings["TSH"] = tsh
    form.texts["ABNORMALITY"] = words(locale, "thyroid.step" if raised else "thyroid.right")
    if raised and form.drugs:
        form.change, form.hints["raised"] = "raised", "LEVOTHYROXINE"
    return Visit(resident, day, "clinic", first.clinician, [form])


def _may_come(life: Life, day: date) -> bool:
    """Is the resident at home, in no hospital and not with child?"""
    stays = ((v.day, v.end) for v in life.visits if v.end is not None)
    there = any(start <= day <= end for start, end in stays)
    gone = day > life.last or life.resident.is_away(day)
    return not gone and not there and pregnancy_on(life.resident, day) is None


def _look_for_a_cause(stream: Random, life: Life, form: Form, day: date) -> None:
    """High pressure of the young is not taken for essential before other causes are looked for."""
    resident = life.resident
    tests = kidney_tests(stream, resident, day) | blood_tests(stream, resident, day)
    keys = ("CREATININE", "EGFR", "POTASSIUM")
    form.readings |= localise(life.household.locale, {key: tests[key] for key in keys})
    form.procedures += ("ABDOMINAL_ULTRASOUND",)
    form.texts["ABNORMALITY"] = words(life.household.locale, "pressure.young")


def _too_young(life: Life, problem: str, day: date) -> bool:
    """Is the complaint one of older people?"""
    complaint = _COMPLAINT_OF.get(problem)
    age = (day - life.resident.birth).days / 365.25
    return complaint is not None and age < complaint.youngest


def _comes_out_anyway(life: Life, problem: str, onset: date) -> bool:
    """Do other visits about the onset tell of it, or is the day that of something else?"""
    if pregnancy_on(life.resident, onset) is not None:
        return True
    births = [p.delivered for p in life.resident.pregnancies if p.delivered is not None]
    if problem == "HYPERLIPIDEMIA" and any(
        timedelta() <= onset - birth < timedelta(days=_LIPIDS_DAYS) for birth in births
    ):
        return True
    soon = onset + timedelta(days=_KNOWN_ANYWAY_DAYS)
    return any(
        onset - timedelta(days=3) <= visit.day <= soon
        and any(form.event == problem for form in visit.forms)
        for visit in life.visits
    )


def found_at(stream: Random, life: Life, found: Found, day: date) -> Visit:
    """The visit at which a problem gets its name."""
    resident, locale = life.resident, life.household.locale
    readings = _readings(stream, life, found, day)
    form = Form(
        kind="contact",
        symptoms=found.symptoms,
        readings=localise(locale, readings),
        diagnoses=(found.problem,),
        procedures=found.procedures,
        drugs=_drugs(life, found.problem, day),
        event=found.problem,
    )
    if not form.drugs and not is_treated(resident, found.problem, locale, day):
        form.texts["ABNORMALITY"] = words(locale, "answer.offered")
    if found.problem == "ESSENTIAL_HYPERTENSION" and resident.age_on(day) < _YOUNG:
        _look_for_a_cause(stream, life, form, day)
    if found.problem == "ATRIAL_FIBRILLATION":
        taken = {drug.drug for drug in (*form.drugs, *therapy_on(resident, locale, day))}
        if "WARFARIN" not in taken:
            form.texts["ABNORMALITY"] = words(locale, answer_of_fibrillation(resident, day))
    if found.finding is not None:
        form.texts["PHYSICAL_FINDING"] = found.finding.say(locale)
    if found.problem in {"DEPRESSIVE_DISORDER", "ANXIETY_DISORDER"}:
        phq, gad = mood_scores(stream, resident, day)
        low = found.problem == "DEPRESSIVE_DISORDER"
        form.amounts = {"PHQ_9": max(phq, 10 * low), "GAD_7": max(gad, 10 * (not low))}
    kind = FOLLOWED.get(found.problem)
    if kind is not None:
        form.next_day = next(
            (v.day for v in life.visits if v.day > day and any(f.kind == kind for f in v.forms)),
            None,
        )
    return Visit(resident, day, "clinic", life.household.doctor, [form])


def _drugs(life: Life, problem: str, day: date) -> tuple[Prescription, ...]:
    """What is given for it on the spot, and what is begun for years."""
    resident, locale = life.resident, life.household.locale
    complaint = _COMPLAINT_OF.get(problem)
    given = treat(complaint, resident, locale, day) if complaint is not None else ()
    before = {drug.drug for drug in therapy_on(resident, locale, day - timedelta(days=15))}
    known = {drug.drug for drug in given}
    begun = tuple(
        replace(drug, days=_SUPPLY_DAYS)
        for drug in therapy_on(resident, locale, day)
        if drug.drug not in before | known
    )
    return (*given, *begun)


def _readings(stream: Random, life: Life, found: Found, day: date) -> dict[str, float]:
    """Pressure and pulse of everybody grown; the tests in SI units, within their limits."""
    resident, body = life.resident, life.body
    panels: tuple[tuple[tuple[str, ...], Callable[[], Mapping[str, float]]], ...] = (
        (("FASTING_GLUCOSE",), lambda: {"FASTING_GLUCOSE": fasting_glucose(stream, body, day)}),
        (("HBA1C",), lambda: {"HBA1C": hba1c(stream, body, day)}),
        (("LDL", "CHOLESTEROL"), lambda: lipids(stream, body, day)),
        (("EGFR", "CREATININE"), lambda: kidney_tests(stream, resident, day)),
        (("URIC_ACID",), lambda: blood_tests(stream, resident, day)),
    )
    readings: dict[str, float] = {}
    if resident.age_on(day) >= 18:
        readings["SYSTOLIC_BP"], readings["DIASTOLIC_BP"] = blood_pressure(stream, body, day)
        readings["HEART_RATE"] = round(body.pulse_on(day) + stream.gauss(0, 4))
    for limit in found.limits:
        if limit.key not in readings:
            tests = next((tell() for keys, tell in panels if limit.key in keys), {})
            readings |= {limit.key: tests.get(limit.key, stream.uniform(limit.low, limit.high))}
        drawn = min(max(readings[limit.key], limit.low), limit.high)
        readings[limit.key] = round(drawn, 0 if limit.high >= 100 else 1)
    return readings
