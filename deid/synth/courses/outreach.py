"""Calls and home visits of the health centre: after a stay, after a death, for the frail."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import zip_longest
from random import Random

from deid.synth.courses.life import Life, working_day
from deid.synth.courses.sites import words
from deid.synth.courses.yearly import current_drugs
from deid.synth.parameters import value
from deid.synth.physiology import blood_pressure, mood_scores
from deid.synth.streams import happens, weighted
from deid.synth.visits import Form, Mode, Visit

FRAIL = ("DEMENTIA", "CEREBRAL_INFARCTION", "PARKINSON_DISEASE", "HEART_FAILURE")
MISSED_DAYS = 45
"""So long after a follow-up was due somebody calls."""

MANY_DRUGS = 4


def outreach(stream: Random, life: Life) -> list[Visit]:
    """Telephone calls and home visits that the health centre begins of its own accord."""
    visits = [
        *_after_stays(stream, life),
        *_after_deaths(stream, life),
        *_missed(stream, life),
        *_frail(stream, life),
    ]
    taken = {visit.day for visit in life.visits}
    return sorted((v for v in visits if v.day not in taken), key=lambda visit: visit.day)


def _after_stays(stream: Random, life: Life) -> Iterator[Visit]:
    chinese = life.household.locale == "zh_CN"
    for visit in life.visits:
        first = visit.forms[0]
        if visit.mode != "hospital" or first.kind != "discharge" or visit.end is None:
            continue
        if first.event in {"BIRTH", "DEATH"} or not happens(stream, value("outreach.after_stay")):
            continue
        wait = stream.randrange(5, 15) if chinese else stream.randrange(1, 4)
        old = life.resident.age_on(visit.end) >= 70
        mode: Mode = weighted(stream, {"home": 0.6 if old and chinese else 0.15,
                                       "telephone": 0.5})  # fmt: skip
        for after in _visit(stream, life, visit.end + timedelta(days=wait), mode, "discharge",
                            first.diagnoses[:1]):  # fmt: skip
            if not first.drugs:  # there is no list of them to go through
                after.forms[0].procedures = ()
            yield after


def _after_deaths(stream: Random, life: Life) -> Iterator[Visit]:
    """A death in the household: somebody of its grown people is looked in on."""
    resident = life.resident
    if resident.age_on(life.last) < 18:
        return
    near = [other for other in (resident.spouse, resident.father, resident.mother) if other]
    for other in near:
        if other.death is not None and life.first < other.death < life.last:
            share = 0.6 if other is resident.spouse else 0.15
            if happens(stream, share):
                day = other.death + timedelta(days=stream.randrange(7, 30))
                mode: Mode = weighted(stream, {"home": 0.6, "telephone": 0.4})
                yield from _visit(stream, life, day, mode, "bereavement", ())


def _missed(stream: Random, life: Life) -> Iterator[Visit]:
    """A call when nobody came although a follow-up was long due."""
    chronic = [v for v in life.visits if {f.kind for f in v.forms} & {"hypertension", "diabetes"}]
    for visit, after in zip_longest(chronic, chronic[1:]):
        due = min((f.next_day for f in visit.forms if f.next_day is not None), default=None)
        if due is None:
            continue
        late = due + timedelta(days=MISSED_DAYS)
        if (after is None or after.day > late) and happens(stream, value("outreach.missed")):
            yield from _visit(stream, life, late, "telephone", "missed", visit.forms[0].diagnoses)


def _frail(stream: Random, life: Life) -> Iterator[Visit]:
    resident = life.resident
    for year in range(life.first.year, life.last.year + 1):
        day = date(year, 1, 1) + timedelta(days=stream.randrange(364))
        old = resident.age_on(day) if day > resident.birth else 0
        frail = old >= 75 and any(resident.has(problem, day) for problem in FRAIL)
        drugs = old >= 65 and sum(resident.has(p, day) for p in resident.problems) >= MANY_DRUGS
        drugs = drugs and bool(current_drugs(life, day))
        if frail and happens(stream, value("outreach.frail")):
            yield from _visit(stream, life, day, "home", "frail", ())
        elif drugs and happens(stream, value("outreach.medicines")):
            mode: Mode = weighted(stream, {"home": 0.4, "telephone": 0.6})
            yield from _visit(stream, life, day, mode, "medicines", ())


def _visit(
    stream: Random,
    life: Life,
    day: date,
    mode: Mode,
    purpose: str,
    diagnoses: tuple[str, ...],
) -> Iterator[Visit]:
    day = working_day(day)
    if not life.first < day <= life.last or life.resident.is_away(day):
        return
    form = Form(kind="telephone" if mode == "telephone" else "home visit", diagnoses=diagnoses)
    form.texts["VISIT_PURPOSE"] = words(life.household.locale, f"purpose.{purpose}")
    form.hints["purpose"] = purpose
    if purpose == "discharge":
        form.hints["after_stay"] = "yes"
    adult = life.resident.age_on(day) >= 18
    if mode == "home" and adult:
        form.readings["SYSTOLIC_BP"], form.readings["DIASTOLIC_BP"] = blood_pressure(
            stream, life.body, day, "home"
        )
        form.readings["HEART_RATE"] = round(life.body.pulse_on(day) + stream.gauss(0, 4))
    if purpose == "bereavement":
        form.amounts["PHQ_9"], form.amounts["GAD_7"] = mood_scores(stream, life.resident, day)
        form.procedures = ("COUNSELLING",)
        if form.amounts["PHQ_9"] >= 8:
            form.symptoms = ("low mood", "poor sleep")
    elif purpose in {"medicines", "discharge", "frail"}:
        form.procedures = ("MEDICATION_REVIEW",)
    yield Visit(life.resident, day, mode, life.household.nurse, [form])
