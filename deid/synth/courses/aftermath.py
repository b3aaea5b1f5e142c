"""What a stay in hospital changes in the visits around it: put off, remembered, treated anew."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from random import Random

from deid.synth.constitution import DIABETES
from deid.synth.courses.complication_signs import withdraw_complication
from deid.synth.courses.elderly import weaken
from deid.synth.courses.ladders import LADDERS, Drug
from deid.synth.courses.life import Life, working_day
from deid.synth.courses.sites import words
from deid.synth.courses.yearly import current_drugs
from deid.synth.parameters import value
from deid.synth.people import LOCALES
from deid.synth.physiology import Regimen, blood_pressure, kidney_tests
from deid.synth.physiology.drugs import CLASS_OF
from deid.synth.safety import NSAIDS, may_take
from deid.synth.streams import happens
from deid.synth.visits import Form, Prescription, Visit, localise

FOLLOW_UP = frozenset({"hypertension", "diabetes", "mental illness", "tuberculosis"})
"""Forms whose next one goes on from the last; a stay puts them off."""

_SULFONYLUREA = "sulfonylurea"
_HIP_DAYS = 365
"""So long a broken hip is felt in what people can do alone (assumption)."""
_NEAR_DAYS = 10
"""A follow-up within so many days after the appointment of a discharge serves for it."""
_NO_DEFENCE_DAYS = 28
"""So long after a course of chemotherapy a fever may be grave (common practice; assumption)."""
_WEAK_DAYS = 21
"""So soon after a stay nobody is examined for the year."""
_TAKEN_AGAIN = ("hemoglobin.low", "creatinine.raised")
"""What a discharge says of blood that is to be taken again."""
IRON = Prescription("FERROUS_SULFATE", "300 mg", 2, 30)
_AFTER_BLEEDING = 90
"""g/L of hemoglobin at least some weeks after a bleeding (assumption)."""
_PSYCHIATRY = frozenset(words(locale, "PSYCHIATRY") for locale in LOCALES)


def without_outpatients(visits: Iterable[Visit], last: date) -> list[Visit]:
    """The visits without those that would fall into a stay in hospital of the same person.

    Follow-up of a disease is put off until a week after the stay, if the next one is not due by
    then and the record, which ends on ``last``, goes on.
    """
    visits = list(visits)
    stays = [(v.day, v.end) for v in visits if v.end is not None and v.end > v.day]
    kept = []
    for visit in visits:
        is_stay = visit.end is not None and visit.end > visit.day
        end = None if is_stay else _stay_over(visit, stays)
        if end is None:
            kept.append(visit)
        elif _kinds(visit) & FOLLOW_UP:
            later = working_day(end + timedelta(days=7))
            others = [v for v in visits if v is not visit and _kinds(v) & _kinds(visit)]
            soon = later + timedelta(days=7)
            crowded = any(visit.day < other.day <= soon for other in others)
            free = not any(first <= later <= until for first, until in stays)
            if later <= last and free and not crowded:
                for form in visit.forms:
                    if form.next_day is not None:
                        form.next_day += later - visit.day
                visit.day = later
                kept.append(visit)
    return kept


def _stay_over(visit: Visit, stays: list[tuple[date, date]]) -> date | None:
    """The end of the stay that a visit falls into; an emergency may begin one."""
    for first, end in stays:
        begins = visit.day == first and visit.mode in {"home", "clinic"}
        if begins or first < visit.day <= end:
            return end
    return None


def _kinds(visit: Visit) -> set[str]:
    return {form.kind for form in visit.forms}


def remember(life: Life, stays: list[Visit]) -> None:
    """Follow-up of a severe mental illness and the yearly examination know of the stays before."""
    _remember_within_a_year(life, stays)
    _take_over_complications(life, stays)
    _need_help_after_hip(life, stays)
    ends = [v.end for v in stays if v.end and v.forms[0].texts.get("DEPARTMENT") in _PSYCHIATRY]
    for visit in life.visits:
        for form in visit.forms:
            if form.kind == "mental illness" and any(end <= visit.day for end in ends):
                form.answers["MENTAL_HOSPITALISATION"] = "HOSPITAL_PAST"


def _need_help_after_hip(life: Life, stays: list[Visit]) -> None:
    """Within a year after a broken hip nobody is independent."""
    ends = [stay.end for stay in stays if "HIP_FRACTURE" in stay.forms[0].diagnoses and stay.end]
    for visit in life.visits:
        days = min(((visit.day - end).days for end in ends if end <= visit.day), default=9999)
        if days > _HIP_DAYS:
            continue
        for form in visit.forms:
            if form.kind == "elderly":
                weaken(form, visit.forms[0], lately=days <= _HIP_DAYS // 2)
            elif "EXERCISE_PER_WEEK" in form.amounts:
                form.amounts |= dict.fromkeys(
                    ("EXERCISE_PER_WEEK", "EXERCISE_TARGET", "EXERCISE_MINUTES"), 0
                )
            elif "EXERCISE_FREQUENCY" in form.answers:
                form.answers["EXERCISE_FREQUENCY"] = "NEVER"
                for key in ("EXERCISE_MINUTES", "EXERCISE_YEARS"):
                    form.amounts.pop(key, None)


def _take_over_complications(life: Life, stays: list[Visit]) -> None:
    """Who comes from a stay for a new complication is not sent to hospital for it again."""
    treated = [(stay.forms[0].diagnoses[0], stay.end) for stay in stays if stay.end is not None]
    for visit in life.visits:
        for form in visit.forms:
            event = form.event if form.kind in {"hypertension", "diabetes"} else None
            if any(event == diagnosis and end <= visit.day for diagnosis, end in treated):
                withdraw_complication(life, form)


def seen_again(stream: Random, life: Life, stays: list[Visit]) -> list[Visit]:
    """The family doctor's visits after stays, where no follow-up comes at the same time."""
    followed = [v.day for v in life.visits if _kinds(v) & FOLLOW_UP]
    visits = []
    for stay in stays:
        discharge = stay.forms[0]
        day = discharge.next_day
        if day is None or day > life.last or stay.end is None or "cycle" in discharge.hints:
            continue
        near = any(stay.end < other <= day + timedelta(days=_NEAR_DAYS) for other in followed)
        taken_again = _is_taken_again(life, discharge)
        if not taken_again and (near or not happens(stream, value("stay.seen_after"))):
            continue
        form = Form(
            kind="contact",
            diagnoses=discharge.diagnoses[:1],
            change="kept",
            hints={"after_stay": "yes"},
        )
        if life.resident.age_on(day) >= 18:
            systolic, diastolic = blood_pressure(stream, life.body, day)
            form.readings = {"SYSTOLIC_BP": systolic, "DIASTOLIC_BP": diastolic}
        if "GI_HEMORRHAGE" in form.diagnoses:
            lost = discharge.readings.get("HEMOGLOBIN", _AFTER_BLEEDING)
            form.readings["HEMOGLOBIN"] = round(max(lost + stream.gauss(14, 3), _AFTER_BLEEDING))
            form.texts["ABNORMALITY"] = words(life.household.locale, "hemoglobin.rises")
        elif taken_again:
            _take_again(stream, life, discharge, form, day)
        visits.append(Visit(life.resident, day, "clinic", life.household.doctor, [form]))
    return visits


def _is_taken_again(life: Life, discharge: Form) -> bool:
    """Did the discharge say that the blood is to be taken again?"""
    said = discharge.texts.get("ABNORMALITY", "")
    return any(words(life.household.locale, key) in said for key in _TAKEN_AGAIN)


def _take_again(stream: Random, life: Life, discharge: Form, form: Form, day: date) -> None:
    """The blood that the discharge asked for, and what it shows."""
    locale, said = life.household.locale, discharge.texts["ABNORMALITY"]
    tests = kidney_tests(stream, life.resident, day)
    remarks = []
    if words(locale, "hemoglobin.low") in said:
        risen = discharge.readings["HEMOGLOBIN"] + abs(stream.gauss(9, 3))
        form.readings["HEMOGLOBIN"] = round(risen)
        form.drugs = tuple(drug for drug in discharge.drugs if drug.drug == IRON.drug)
        remarks.append("hemoglobin.back")
    if words(locale, "creatinine.raised") in said:
        form.readings |= localise(locale, {key: tests[key] for key in ("CREATININE", "EGFR")})
        remarks.append("creatinine.back")
    form.texts["ABNORMALITY"] = "; ".join(words(locale, key) for key in remarks)


def watch_fevers(stream: Random, life: Life, stays: list[Visit]) -> None:
    """A fever in the weeks after a course of chemotherapy asks for a blood count at once."""
    courses = [stay.end for stay in stays if stay.end and "cycle" in stay.forms[0].hints]
    for visit in life.visits:
        form = visit.forms[0]
        if form.kind != "contact" or "fever" not in form.symptoms:
            continue
        if any(0 <= (visit.day - end).days <= _NO_DEFENCE_DAYS for end in courses):
            form.readings["LEUKOCYTES"] = round(stream.uniform(3.2, 6.0), 1)
            form.add_remark(words(life.household.locale, "fever.chemotherapy"), first=True)


def put_off_examinations(life: Life, stays: list[Visit]) -> None:
    """Who has just left the hospital comes to the yearly examination some weeks later."""
    taken = {visit.day for visit in life.visits}
    for visit in life.visits:
        form = next((form for form in visit.forms if form.kind == "examination"), None)
        ends = [stay.end for stay in stays if stay.end is not None]
        if form is None or not any(0 <= (visit.day - end).days < _WEAK_DAYS for end in ends):
            continue
        later = working_day(visit.day + timedelta(days=_WEAK_DAYS))
        free = later not in taken and later <= life.last and not life.resident.is_away(later)
        if free and not any(s.day <= later <= s.end for s in stays if s.end is not None):
            visit.day = later
            form.drugs = current_drugs(life, later)


def spare_stomach(stream: Random, life: Life) -> list[Visit]:
    """Whose stomach has bled takes acetaminophen in the place of what made it bleed.

    ``stream`` is not drawn from; no visits are added.
    """
    bled = [v.day for v in life.visits if any("GI_HEMORRHAGE" in f.diagnoses for f in v.forms)]
    for visit in life.visits if bled else ():
        if visit.day >= min(bled):
            for form in visit.forms:
                form.drugs = tuple(
                    Prescription("ACETAMINOPHEN_500MG", "500 mg", 3, drug.days)
                    if drug.drug.startswith(NSAIDS)
                    else drug
                    for drug in form.drugs
                )
    return []


def stop_sulfonylurea(life: Life, day: date) -> None:
    """From a stay for hypoglycemia on, another class takes the place of a sulfonylurea.

    Changes regimens and forms of later days; call it before the discharge is written.
    """
    regimens = life.body.regimens.get(DIABETES, [])
    before = [regimen for regimen in regimens if regimen.since <= day]
    after = [regimen for regimen in regimens if regimen.since > day]
    classes = {CLASS_OF[drug] for regimen in (*before[-1:], *after) for drug in regimen.drugs}
    instead = next(
        (
            drug
            for ladder in LADDERS[DIABETES, life.household.locale]
            for drug in ladder
            if CLASS_OF[drug[0]] not in classes | {_SULFONYLUREA, "insulin"}
            and may_take(life.resident, drug[0], day)
        ),
        None,
    )

    def changed(regimen: Regimen) -> tuple[str, ...]:
        kept = [d for d in regimen.drugs if CLASS_OF[d] != _SULFONYLUREA]
        added = len(kept) < len(regimen.drugs) and instead is not None
        return (*kept, instead[0]) if added and instead is not None else tuple(kept)

    now = [replace(before[-1], since=day, drugs=changed(before[-1]))] if before else []
    life.body.regimens[DIABETES] = [
        *(regimen for regimen in before if regimen.since < day),
        *now,
        *(replace(regimen, drugs=changed(regimen)) for regimen in after),
    ]
    for visit in life.visits:
        if visit.day > day:
            for form in visit.forms:
                _without_sulfonylurea(form, instead)


def _without_sulfonylurea(form: Form, instead: Drug | None) -> None:
    stopped = form.hints.get("stopped", "")
    if CLASS_OF.get(stopped) == _SULFONYLUREA:
        if instead is None:
            del form.hints["stopped"]
        else:
            form.hints["stopped"] = instead[0]
    taken = [drug for drug in form.drugs if CLASS_OF.get(drug.drug) == _SULFONYLUREA]
    if not taken:
        return
    others = [drug for drug in form.drugs if drug not in taken]
    if instead is not None and all(drug.drug != instead[0] for drug in others):
        others.append(Prescription(*instead, taken[0].days))
    elif form.change == "added":
        form.change = "kept"
    if form.hints.get("raised") in {drug.drug for drug in taken}:
        form.change = "kept"
        del form.hints["raised"]
    form.drugs = tuple(others)


def _remember_within_a_year(life: Life, stays: list[Visit]) -> None:
    everything = [v.end for v in (*stays, *life.visits) if v.mode == "hospital" and v.end]
    for visit in life.visits:
        lately = any(0 <= (visit.day - end).days < 365 for end in everything)
        for form in visit.forms:
            if form.kind == "examination":
                form.answers["HOSPITAL_HISTORY"] = "YES" if lately else "NO"
