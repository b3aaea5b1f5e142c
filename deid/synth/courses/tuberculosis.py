"""Tuberculosis: the first home visit within 72 hours, then the months of supervised treatment.

New patients take 2HRZE/4HR, retreated ones 3HRZE/6HRE. When the course ends follows from the day on
which the problem ends (:mod:`deid.synth.complications`); who has no such day is lost on the way,
goes on to treatment for drug resistance, or dies.
"""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from deid.synth.courses.life import Life
from deid.synth.mixes import draw_mix
from deid.synth.parameters import value
from deid.synth.people import Resident
from deid.synth.streams import happens, one_of
from deid.synth.visits import Form, Prescription, Visit

TUBERCULOSIS = "PULMONARY_TUBERCULOSIS"
MONTH = timedelta(days=30)
FIRST_VISIT_DAYS = 3
"""The home visit follows within 72 hours of the notice (national rules)."""

H, R, Z, E = (("ISONIAZID", "300 mg"), ("RIFAMPIN", "450 mg"), ("PYRAZINAMIDE", "1500 mg"),
              ("ETHAMBUTOL", "750 mg"))  # fmt: skip
REGIMENS = {
    "2HRZE/4HR": ((2, (H, R, Z, E)), (4, (H, R))),
    "3HRZE/6HRE": ((3, (H, R, Z, E)), (6, (H, R, E))),
}
"""Months and drugs of each phase."""

_LONGEST = timedelta(days=280)
"""Who has fewer days of record left is under treatment at its end."""

_REACTIONS = {
    "TB_NAUSEA": "RIFAMPIN",
    "TB_JOINTS": "PYRAZINAMIDE",
    "TB_ITCH": "ISONIAZID",
    "TB_EYES": "ETHAMBUTOL",
}
"""What is not borne, and the drug that brings it on."""
_FIRST_SYMPTOMS = ("TB_COUGH", "TB_FEVER", "TB_BLOOD", "TB_CHEST_PAIN")


def drugs_in_month(regimen: str, month: int) -> tuple[tuple[str, str], ...]:
    """Drug and dose of a month of treatment, counted from 1; none after the last one."""
    for months, drugs in REGIMENS[regimen]:
        if month <= months:
            return drugs
        month -= months
    return ()


def months_of(regimen: str) -> int:
    """Length of the whole course."""
    return sum(months for months, _ in REGIMENS[regimen])


def tuberculosis(stream: Random, life: Life) -> list[Visit]:
    """The visits of a course that begins within the record; none for others."""
    resident = life.resident
    notice = resident.problems.get(TUBERCULOSIS)
    if notice is None or not life.first <= notice < life.last:
        return []
    end = resident.resolved.get(TUBERCULOSIS)
    retreated = end is not None and (end - notice).days > 220
    regimen = "3HRZE/6HRE" if retreated else "2HRZE/4HR"
    supervisor = (
        "SUPERVISED_BY_FAMILY"
        if happens(stream, value("tb.supervised_by_family"))
        else "SUPERVISED_BY_DOCTOR"
    )
    positive = happens(stream, value("tb.sputum_positive"))
    stops, reason = _end(stream, life, notice, end)
    visits: list[Visit] = []
    closes = stops <= life.last and reason != "TB_END_DIED"
    days = _days(stream, notice, min(stops, life.last), supervisor, regimen)
    if closes:
        days = [day for day in days if (stops - day).days > 7] + [stops]
    for day in days:
        first = not visits
        form = (
            _first(stream, regimen, supervisor, positive)
            if first
            else _monthly(stream, resident, regimen, supervisor, positive, notice, day)
        )
        _go_on(form, regimen, notice, day)
        visits.append(
            Visit(
                resident,
                day,
                "home" if first or happens(stream, 0.5) else "clinic",
                life.household.doctor,
                [form],
            )
        )
    if closes:
        _close(visits[-1], reason, stops)
    return visits


def _end(stream: Random, life: Life, notice: date, end: date | None) -> tuple[date, str]:
    """The last day of the course and why it ends."""
    died = life.resident.death
    if end is not None:
        return end, "TB_END_COMPLETED"
    if notice + _LONGEST >= life.last:
        return notice + _LONGEST, "TB_END_DIED" if died is not None else "TB_END_COMPLETED"
    months = one_of(stream, (2, 3, 4, 5))
    stops = notice + months * MONTH
    if died is not None and died <= stops:
        return died, "TB_END_DIED"
    return stops, draw_mix(stream, "tb.ends_early")


def _days(stream: Random, notice: date, last: date, supervisor: str, regimen: str) -> list[date]:
    """Home visit, every ten days under a relative's eyes in the first phase, then every month."""
    intensive = REGIMENS[regimen][0][0]
    gaps = range(1, intensive * 3) if supervisor == "SUPERVISED_BY_FAMILY" else ()
    planned = {10 * gap for gap in gaps} | {30 * m for m in range(1, months_of(regimen) + 1)}
    days = [notice + timedelta(days=stream.randrange(1, FIRST_VISIT_DAYS + 1))]
    for offset in sorted(planned):
        day = notice + timedelta(days=offset + stream.randrange(-2, 3))
        if day > days[-1] and not happens(stream, value("tb.visit_missed")):
            days.append(day)
    return [day for day in days if day <= last]


def _first(stream: Random, regimen: str, supervisor: str, positive: bool) -> Form:
    form = Form(kind="tuberculosis", diagnoses=(TUBERCULOSIS,))
    common = value("tb.symptom.first")
    symptoms = [symptom for symptom in _FIRST_SYMPTOMS if happens(stream, common)] or ["TB_COUGH"]
    form.answers = {
        "TB_PATIENT_TYPE": "TB_NEW" if regimen.endswith("4HR") else "TB_RETREATED",
        "TB_SPUTUM": "SPUTUM_POSITIVE" if positive else "SPUTUM_NEGATIVE",
        "TB_DRUG_RESISTANCE": draw_mix(stream, "tb.resistance"),
        "TB_SYMPTOM": "|".join(symptoms),
        "TB_SUPERVISOR": supervisor,
        "TB_OWN_ROOM": "PRESENT" if happens(stream, value("tb.own_room")) else "NONE",
        "TB_VENTILATION": draw_mix(stream, "tb.ventilation"),
        "TB_EDUCATION": "LEARNED" if happens(stream, value("tb.learned")) else "NOT_LEARNED",
    }
    form.procedures = ("SPUTUM_MICROSCOPY",)
    return form


def _monthly(
    stream: Random,
    resident: Resident,
    regimen: str,
    supervisor: str,
    positive: bool,
    notice: date,
    day: date,
) -> Form:
    form = Form(kind="tuberculosis", diagnoses=(TUBERCULOSIS,))
    days = (day - notice).days
    month = _month(regimen, days)
    left = value("tb.symptom.first") - value("tb.symptom.fall") * month
    left = max(left, value("tb.symptom.lowest"))
    symptoms = [symptom for symptom in _FIRST_SYMPTOMS if happens(stream, left)]
    reaction = happens(stream, value("tb.reaction")) and bool(drugs_in_month(regimen, month))
    if reaction:
        taken = {drug for drug, _ in drugs_in_month(regimen, month)}
        symptoms.append(one_of(stream, [r for r, drug in _REACTIONS.items() if drug in taken]))
    missed = int(draw_mix(stream, "tb.missed_doses"))
    form.answers = {
        "TB_SYMPTOM": "|".join(symptoms) or "NONE",
        "TB_SUPERVISOR": supervisor,
        "DRUG_ADHERENCE": "ADHERENCE_REGULAR" if missed < 3 else "ADHERENCE_INTERMITTENT",
        "ADVERSE_REACTION": "PRESENT" if reaction else "NONE",
        "TB_COMPLICATION": ("PRESENT" if resident.has("TYPE_2_DIABETES", day) else "NONE"),
    }
    form.amounts = {"TB_MISSED_DOSES": missed}
    if month in {2, 5, months_of(regimen)} and days % 30 >= 25:
        converted = month >= 2 or not positive
        form.answers["TB_SPUTUM"] = "SPUTUM_NEGATIVE" if converted else "SPUTUM_POSITIVE"
        form.procedures = ("SPUTUM_MICROSCOPY",)
    refers = reaction and happens(stream, value("tb.reaction.refers"))
    form.change = "referred" if refers else "kept"
    return form


def _month(regimen: str, days: int) -> int:
    return min(max(days + 4, 0) // 30 + 1, months_of(regimen))


def _go_on(form: Form, regimen: str, notice: date, day: date) -> None:
    """Month, regimen and the drugs until the next visit."""
    month = _month(regimen, (day - notice).days)
    form.amounts["TB_MONTH"] = month
    form.texts["TB_REGIMEN"] = regimen
    form.answers["TB_DRUG_FORM"] = "DRUG_LOOSE"
    form.drugs = tuple(
        Prescription(drug, dose, 1, 30) for drug, dose in drugs_in_month(regimen, month)
    )
    form.next_day = day + (timedelta(days=10) if month == 1 else MONTH)


def _close(visit: Visit, reason: str, stops: date) -> None:
    """The last form closes the case."""
    form = visit.forms[0]
    form.answers["TB_STOP_REASON"] = reason
    form.texts["TB_STOP_DATE"] = stops.isoformat()
    form.drugs, form.next_day = (), None
    form.change = "referred" if reason == "TB_END_RESISTANT" else "none"
    if reason == "TB_END_COMPLETED":
        form.answers["TB_SPUTUM"] = "SPUTUM_NEGATIVE"
        due = (stops - visit.resident.problems[TUBERCULOSIS]).days
        form.amounts |= {"TB_DUE_DOSES": due, "TB_TAKEN_DOSES": due - due // 40}
