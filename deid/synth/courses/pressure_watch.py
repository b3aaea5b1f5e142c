"""What is said of raised pressures of people who are not known to have hypertension.

A first one is to be seen again within weeks, a second one leads to readings at home. Three raised
readings on different days within a year end in a diagnosis within half a year, or in the finding
that the pressure at home is normal.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random

from deid.synth.constitution import HYPERTENSION
from deid.synth.courses.control import class_of_pressure, is_dangerous
from deid.synth.courses.life import Life, working_day
from deid.synth.courses.sites import words
from deid.synth.parameters import value
from deid.synth.physiology import blood_pressure
from deid.synth.safety import pregnancy_on
from deid.synth.streams import happens
from deid.synth.visits import Form, Visit

RAISED = 3
"""Raised readings on different days that settle the matter."""
WITHIN_DAYS = 365
DIAGNOSED_DAYS = 183
"""So soon after the reading that settles it hypertension is diagnosed, or it is none."""
_DOSE = -18
"""mmHg by which tablets given on the spot have brought a dangerous pressure down (assumption)."""
_FALLEN = (172, 104)
"""mmHg at most after that; who stays higher is sent to the hospital, which is not told here."""
_KINDS = frozenset({"contact", "examination", "diabetes", "home visit"})


def pressure_watch(stream: Random, life: Life) -> list[Visit]:
    """Short visits to take the pressure again; what is said is added to the visits that were."""
    rechecks: list[Visit] = []
    raised: list[date] = []
    taken = {visit.day for visit in life.visits}
    for visit in _remind(life):
        rechecks += _look_again(stream, life, visit, taken, "fallen")
    for visit, form in _readings(life):
        if not is_raised(form):
            continue
        raised = [d for d in raised if (visit.day - d).days <= WITHIN_DAYS and d != visit.day]
        raised.append(visit.day)
        _remark(life, form, len(raised), visit.day, at_home=visit.mode == "home")
        if is_dangerous(form.readings):
            rechecks += _look_again(stream, life, visit, taken, "settled")
        elif len(raised) < RAISED and happens(stream, value("pressure.recheck")):
            day = working_day(visit.day + timedelta(days=stream.randrange(7, 22)))
            # Who comes before for something else has it taken then.
            comes = any(visit.day < other <= day for other in taken)
            if day <= life.last and not comes and not life.resident.is_away(day):
                again = _recheck(stream, life, visit, day)
                rechecks.append(again)
                taken.add(day)
                if is_raised(again.forms[0]):
                    raised.append(day)
                    _remark(life, again.forms[0], len(raised), day)
    return sorted(rechecks, key=lambda visit: visit.day)


def is_raised(form: Form) -> bool:
    """From 140 or 90 mmHg on."""
    high, low = form.readings["SYSTOLIC_BP"], form.readings.get("DIASTOLIC_BP", 0)
    return high >= 140 or low >= 90


def _look_again(
    stream: Random, life: Life, visit: Visit, taken: set[date], said: str
) -> list[Visit]:
    """After a dangerous pressure it is taken again within days."""
    day = working_day(visit.day + timedelta(days=stream.randrange(1, 4)))
    comes = any(visit.day < other <= day for other in taken)
    if day > life.last or comes or life.resident.is_away(day):
        return []
    again = _recheck(stream, life, visit, day, moved=_DOSE)
    again.forms[0].texts["ABNORMALITY"] = words(life.household.locale, f"raised.{said}")
    taken.add(day)
    return [again]


def _remind(life: Life) -> list[Visit]:
    """Who is treated for hypertension and is seen for something else is told of a high reading;
    the visits with a dangerous one."""
    resident = life.resident
    dangerous = []
    for visit in life.visits:
        if visit.site is not None or not resident.has(HYPERTENSION, visit.day):
            continue
        form = visit.forms[0]
        examined = form.kind == "examination" and is_dangerous(form.readings)
        spoken = form.kind in {"contact", "home visit"} and HYPERTENSION not in form.diagnoses
        if not (examined or spoken):
            continue
        high, low = (form.readings.get(key, 0) for key in ("SYSTOLIC_BP", "DIASTOLIC_BP"))
        found = class_of_pressure(resident, visit.day, high, low)
        if found != "CLASS_CONTROLLED" and not any(f.kind == "hypertension" for f in visit.forms):
            said = "danger" if is_dangerous(form.readings) else "known"
            if said == "danger":
                dangerous.append(visit)
            remark = words(life.household.locale, f"raised.{said}")
            others = [
                part
                for part in form.texts.get("ABNORMALITY", "").split("; ")
                if part and part != words(life.household.locale, "raised.followed")
            ]
            form.texts["ABNORMALITY"] = "; ".join((remark, *others))
    return dangerous


def _readings(life: Life) -> Iterator[tuple[Visit, Form]]:
    """The first pressure of each visit to the health centre while no hypertension is known."""
    resident = life.resident
    for visit in life.visits:
        if visit.site is not None or resident.age_on(visit.day) < 18:
            continue
        if resident.has(HYPERTENSION, visit.day) or pregnancy_on(resident, visit.day) is not None:
            continue
        measured = (f for f in visit.forms if f.kind in _KINDS and "SYSTOLIC_BP" in f.readings)
        form = next(measured, None)
        if form is not None:
            yield visit, form


def _remark(life: Life, form: Form, times: int, day: date, *, at_home: bool = False) -> None:
    onset = life.resident.problems.get(HYPERTENSION)
    soon = onset is not None and (onset - day).days <= DIAGNOSED_DAYS
    settled = "ill" if soon else "again" if at_home else "normal_at_home"
    said = "first" if times == 1 else "again" if times < RAISED else settled
    if is_dangerous(form.readings):
        said = "danger.new"
    others = [
        part
        for part in form.texts.get("ABNORMALITY", "").split("; ")
        if part and part != words(life.household.locale, "raised.examination")
    ]
    said = words(life.household.locale, f"raised.{said}")
    form.texts["ABNORMALITY"] = "; ".join((said, *others))


def _recheck(stream: Random, life: Life, visit: Visit, day: date, moved: float = 0) -> Visit:
    form = Form(kind="contact")
    form.texts["VISIT_PURPOSE"] = words(life.household.locale, "purpose.pressure")
    systolic, diastolic = blood_pressure(stream, life.body, day, moved=moved)
    if moved:
        systolic, diastolic = min(systolic, _FALLEN[0]), min(diastolic, _FALLEN[1])
    form.readings = {"SYSTOLIC_BP": systolic, "DIASTOLIC_BP": diastolic}
    return Visit(life.resident, day, "clinic", visit.clinician, [form])
