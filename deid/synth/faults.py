"""Faults planted on purpose, as real records have them, and the ledger of where they are.

A course plants what belongs to its telling (a class that contradicts the numbers, a reading copied
forward, a gap); :func:`plant` spoils the finished visits of one resident. Each kind has its rate in
the parameter table, ``fault.*``. At most one reading of a form is spoilt.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from random import Random

from deid.synth.courses.life import Life
from deid.synth.parameters import value
from deid.synth.people import Resident
from deid.synth.streams import happens, one_of
from deid.synth.visits import CONVENTIONAL, Form, Planted, Prescription, Visit

PRESSURE = ("SYSTOLIC_BP", "DIASTOLIC_BP")
MANDATORY: dict[str, tuple[tuple[str, ...], ...]] = {
    "hypertension": (PRESSURE, ("FOLLOW_UP_CLASS",), ("DRUG_ADHERENCE",)),
    "diabetes": (
        ("FASTING_GLUCOSE", "FASTING_GLUCOSE_MASS"),
        ("FOLLOW_UP_CLASS",),
        ("DRUG_ADHERENCE",),
    ),
    "examination": (PRESSURE, ("BODY_WEIGHT",), ("HEALTH_EVALUATION",)),
}
"""What a form must hold: each line is one field, by any of its keys."""

AFTER_DEATH = range(61, 200)
"""Days after death at which somebody still fills in a form, beyond what closing a record takes."""

_UNITS = {si: mass for si, (mass, _, _) in CONVENTIONAL.items() if si != "GLUCOSE"}
_TYPING: dict[str, Callable[[float], float]] = {
    "SYSTOLIC_BP": lambda systolic: systolic * 10,
    "DIASTOLIC_BP": lambda diastolic: diastolic * 10,
    "BODY_HEIGHT": lambda height: round(height / 100, 2),
    "BODY_WEIGHT": lambda weight: round(weight * 10),
    "BODY_TEMPERATURE": lambda degrees: round(degrees * 10),
    "HEART_RATE": lambda rate: rate * 10,
}
"""What a slip at the keyboard makes of a reading: a zero too many, a point lost, metres."""

_WITHOUT_INDICATION = (
    ("METFORMIN_500MG", "500 mg", 2, ("TYPE_2_DIABETES", "PREDIABETES")),
    ("DONEPEZIL_10MG", "10 mg", 1, ("DEMENTIA",)),
    ("ALLOPURINOL_100MG", "100 mg", 1, ("GOUT",)),
    ("LEVOTHYROXINE", "50 ug", 1, ("HYPOTHYROIDISM",)),
)
_OF_THE_OTHER_SEX = {"F": "BENIGN_PROSTATIC_HYPERPLASIA", "M": "NORMAL_PREGNANCY"}


def plant(stream: Random, life: Life) -> list[Visit]:
    """The visits of one resident with faults in some of them; those of the courses stay marked.

    Forms are changed in place; a duplicate stands after the visit that it repeats, and what was
    filled in after death stands last.
    """
    visits: list[Visit] = []
    for visit in life.visits:
        for form in visit.forms:
            _spoil_readings(stream, visit, form)
            _spoil_answers(stream, visit, form)
            _spoil_codes(stream, life.resident, visit, form)
        visits.append(visit)
        if visit.forms and happens(stream, value("fault.duplicate_visit")):
            visits.append(_duplicate(visit))
        elif _is_contact(visit) and happens(stream, value("fault.before_birth")):
            visit.entered = _before(life.resident.birth, visit.day)
            visit.faults.append(Planted("before birth", "visit_occurrence"))
    ghost = _after_death(stream, life)
    return [*visits, ghost] if ghost is not None else visits


def _spoil_readings(stream: Random, visit: Visit, form: Form) -> None:
    readings = form.readings
    convertible = [key for si, mass in _UNITS.items() for key in (si, mass) if key in readings]
    typed = [key for key in _TYPING if key in readings]
    if convertible and happens(stream, value("fault.wrong_unit")):
        key = one_of(stream, convertible)
        _alter(visit, key, _in_the_other_unit(key, readings[key]))
        form.faults.append(Planted("wrong unit", "measurement", (key,)))
    elif typed and happens(stream, value("fault.implausible_value")):
        key = one_of(stream, typed)
        _alter(visit, key, _TYPING[key](readings[key]))
        form.faults.append(Planted("implausible value", "measurement", (key,)))
    elif all(key in readings for key in PRESSURE):
        high, low = (readings[key] for key in PRESSURE)
        if happens(stream, value("fault.swapped_pressure")):
            _alter(visit, PRESSURE[0], low)
            _alter(visit, PRESSURE[1], high)
            form.faults.append(Planted("swapped pressure", "measurement", PRESSURE))
        elif happens(stream, value("fault.note_disagrees")):
            wrong = high + one_of(stream, (-20, -10, 10, 20))
            form.spoken[PRESSURE[0]] = wrong if wrong > low + 15 else high + 20
            form.faults.append(Planted("note disagrees", "note"))


def _alter(visit: Visit, key: str, reading: float) -> None:
    """Two forms of one visit share one measurement; both are wrong."""
    for form in visit.forms:
        if key in form.readings:
            form.readings[key] = reading


def _in_the_other_unit(key: str, reading: float) -> float:
    if key in CONVENTIONAL:
        _, factor, decimals = CONVENTIONAL[key]
        return round(reading * factor, decimals)
    factor = next(factor for mass, factor, _ in CONVENTIONAL.values() if mass == key)
    return round(reading / factor, 1)


def _spoil_answers(stream: Random, visit: Visit, form: Form) -> None:
    fields = [f for f in MANDATORY.get(form.kind, ()) if any(_holds(form, key) for key in f)]
    forms = visit.forms
    marked = {key for one in forms for fault in one.faults for key in fault.keys}
    marked |= form.spoken.keys()
    free = [f for f in fields if not marked.intersection(f)]
    if not free or not happens(stream, value("fault.missing_mandatory")):
        return
    for key in one_of(stream, free):
        form.answers.pop(key, None)
        for other in visit.forms:
            other.readings.pop(key, None)
    form.faults.append(Planted("missing mandatory", "visit_occurrence"))


def _holds(form: Form, key: str) -> bool:
    return key in form.readings or key in form.answers


def _spoil_codes(stream: Random, resident: Resident, visit: Visit, form: Form) -> None:
    if form.kind == "contact" and resident.age_on(visit.day) >= 18:
        if happens(stream, value("fault.wrong_sex")):
            problem = _OF_THE_OTHER_SEX[resident.sex]
            form.diagnoses += (problem,)
            form.faults.append(Planted("wrong sex", "condition_occurrence", (problem,)))
        if happens(stream, value("fault.drug_without_indication")):
            _prescribe_at_random(stream, resident, form)
    if form.kind in {"contact", "hypertension", "diabetes"}:
        codes = [("condition_occurrence", key) for key in form.diagnoses]
        codes += [("drug_exposure", drug.drug) for drug in form.drugs]
        marked = {key for fault in form.faults for key in fault.keys}
        codes = [(table, key) for table, key in codes if key not in marked]
        if codes and happens(stream, value("fault.unmapped_code")):
            table, key = one_of(stream, codes)
            form.faults.append(Planted("unmapped code", table, (key,)))


def _prescribe_at_random(stream: Random, resident: Resident, form: Form) -> None:
    given = {drug.drug for drug in form.drugs}
    drug, dose, times, problems = one_of(stream, _WITHOUT_INDICATION)
    # Diabetes of pregnancy would be an indication, and is no problem of the resident's list.
    excused = "TYPE_2_DIABETES" in problems and bool(resident.pregnancies)
    excused = excused or any(problem in resident.problems for problem in problems)
    if drug not in given and not excused:
        form.drugs += (Prescription(drug, dose, times, 30),)
        form.faults.append(Planted("drug without indication", "drug_exposure", (drug,)))


def _is_contact(visit: Visit) -> bool:
    return visit.end is None and any(form.kind == "contact" for form in visit.forms)


def _before(birth: date, day: date) -> date:
    """The same day of the year before birth, as when the year is mistyped."""
    return date(birth.year - 1, day.month, min(day.day, 28))


def _duplicate(visit: Visit) -> Visit:
    """The visit once more, typed in twice."""
    forms = [_copy(form) for form in visit.forms]
    return replace(visit, forms=forms, faults=[Planted("duplicate visit", "visit_occurrence")])


def _copy(form: Form) -> Form:
    return replace(
        form,
        readings=dict(form.readings),
        answers=dict(form.answers),
        amounts=dict(form.amounts),
        texts=dict(form.texts),
        spoken={},
        faults=[],
    )


def _after_death(stream: Random, life: Life) -> Visit | None:
    """The last follow-up form filled in once more, by somebody who did not go there."""
    died = life.resident.death
    chronic = [
        v for v in life.visits if v.forms and v.forms[0].kind in {"hypertension", "diabetes"}
    ]
    if died is None or not chronic or not happens(stream, value("fault.after_death")):
        return None
    day = died + timedelta(days=one_of(stream, AFTER_DEATH))
    if day > life.today:
        return None
    form = replace(_copy(chronic[-1].forms[0]), event=None, change="kept", next_day=None)
    form.amounts.pop("NEXT_FOLLOW_UP", None)
    planted = [Planted("after death", "visit_occurrence")]
    return replace(chronic[-1], day=day, forms=[form], faults=planted, entered=None)
