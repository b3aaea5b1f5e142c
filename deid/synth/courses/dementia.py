"""Dementia: a complaint about memory, the diagnosis, and visits twice a year with whoever cares.

The complaint comes some weeks before the diagnosis and ends in a letter to the neurologist. Later
visits count the points of the mini-mental state examination, ask how the carer bears up and whether
the home is safe.
"""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from deid.synth.courses.elderly import mini_mental
from deid.synth.courses.life import Life, working_day
from deid.synth.parameters import value
from deid.synth.physiology import blood_pressure, therapy_on
from deid.synth.streams import happens
from deid.synth.visits import Form, Visit

DEMENTIA = "DEMENTIA"
DRUGS = frozenset({"DONEPEZIL_10MG"})
"""What is given for it."""

_FIRST_INTERVAL, _INTERVAL = 91, 182
"""Days from the diagnosis to the next visit, and between two visits (assumption)."""
_ALONE_DAYS = 365


def dementia(stream: Random, life: Life) -> list[Visit]:
    """Visits about memory of one resident; none for those without dementia."""
    onset = life.resident.problems.get(DEMENTIA)
    if onset is None or onset > life.last:
        return []
    followed = happens(stream, value(f"dementia.followed.{life.household.locale.lower()}"))
    visits = []
    day = working_day(max(onset, life.first + timedelta(days=stream.randrange(20, 160))))
    if onset > life.first:
        visits += _complains(stream, life, onset)
        day = working_day(onset)
        if life.first < day <= life.last:
            visits.append(_visit(stream, life, day, new=True))
        day += timedelta(days=_FIRST_INTERVAL + stream.randrange(-5, 12))
    while followed and (day := working_day(day)) <= life.last:
        if not happens(stream, value("dementia.missed")):
            visits.append(_visit(stream, life, day, new=False))
        day += timedelta(days=_INTERVAL + stream.randrange(-6, 15))
    if followed:
        for visit in visits:
            found = visit.forms[0].event == DEMENTIA
            wait = timedelta(days=_FIRST_INTERVAL if found else _INTERVAL)
            if visit.forms[0].diagnoses == (DEMENTIA,):
                visit.forms[0].next_day = working_day(visit.day + wait)
    return visits


def _complains(stream: Random, life: Life, onset: date) -> list[Visit]:
    """The first visit about it, before it has a name."""
    day = working_day(onset - timedelta(days=stream.randrange(28, 90)))
    if not life.first < day < onset:
        return []
    form = Form(
        kind="contact",
        symptoms=("forgetfulness",),
        readings={"TSH": round(stream.uniform(0.9, 3.9), 1)},
        amounts={"MMSE": min(max(mini_mental(stream, life.resident, day), 22), 27)},
        diagnoses=("MILD_COGNITIVE_IMPAIRMENT",),
        procedures=("NEUROLOGICAL_EXAMINATION",),
        change="referred",
    )
    return [Visit(life.resident, day, "clinic", life.household.doctor, [form])]


def _visit(stream: Random, life: Life, day: date, *, new: bool) -> Visit:
    resident, locale = life.resident, life.household.locale
    systolic, diastolic = blood_pressure(stream, life.body, day)
    drugs = tuple(d for d in therapy_on(resident, locale, day) if d.drug in DRUGS)
    form = Form(
        kind="contact",
        symptoms=("forgetfulness",),
        readings={"SYSTOLIC_BP": systolic, "DIASTOLIC_BP": diastolic},
        amounts={"MMSE": mini_mental(stream, resident, day)},
        diagnoses=(DEMENTIA,),
        procedures=("CT_HEAD", "COUNSELLING") if new else ("MEDICATION_REVIEW", "COUNSELLING"),
        drugs=drugs,
        change="none" if new else "kept",
        event=DEMENTIA if new else None,
        hints={"carer": _carer(life, day)},
    )
    if new:
        form.hints["driving"] = "stop"
    return Visit(resident, day, "clinic", life.household.doctor, [form])


def _carer(life: Life, day: date) -> str:
    """Who cares, and how it goes: alone, strained or copes; after a year nobody is left alone."""
    others = [
        member
        for member in life.household.members
        if member is not life.resident and member.lives_here(day) and member.age_on(day) >= 18
    ]
    if not others:
        found = life.resident.problems[DEMENTIA]
        return "alone" if (day - found).days <= _ALONE_DAYS else "copes"
    return "strained" if any(o.has("CAREGIVER_BURDEN", day) for o in others) else "copes"
