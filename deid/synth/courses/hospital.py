"""Emergencies and stays in the county hospital, and deaths there.

A stay follows the onset of a problem (a stroke, a tumour), comes by the year while a problem lasts
(failing heart or lungs, a relapse), or befalls anybody of an age (a broken hip, an appendix).
Urgent ones begin in the emergency room. Stays never overlap; who dies in hospital does so on
the day of death, of the disease that is the cause of death.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from random import Random

from deid.synth.constitution import DIABETES
from deid.synth.courses.admissions import TUMOURS, Planned, write_stay
from deid.synth.courses.aftermath import (
    put_off_examinations,
    remember,
    seen_again,
    stop_sulfonylurea,
    watch_fevers,
)
from deid.synth.courses.complaints import SEASONS
from deid.synth.courses.life import Life
from deid.synth.courses.mental_illness import UNSTABLE
from deid.synth.courses.stays import BY_NAME, STAYS, Stay
from deid.synth.parameters import PARAMETERS, value
from deid.synth.people import Locale
from deid.synth.physiology import egfr_level, glucose_level, is_treated, treated_share
from deid.synth.physiology.drugs import CLASS_OF
from deid.synth.physiology.kidney import KIDNEY_DISEASE
from deid.synth.safety import pregnancy_on
from deid.synth.streams import happens
from deid.synth.visits import Visit

TERMINAL = {
    "LUNG_CANCER": "lung_cancer", "COLON_CANCER": "colon_cancer", "BREAST_CANCER": "breast_cancer",
    "STOMACH_CANCER": "stomach_cancer", "MALIGNANT_NEOPLASM": "tumour",
    "RENAL_FAILURE": "kidney_failure", "HEART_FAILURE": "heart_failure",
    "CEREBRAL_INFARCTION": "second_stroke", "CEREBRAL_HEMORRHAGE": "brain_haemorrhage",
    "ACUTE_MYOCARDIAL_INFARCTION": "infarction", "CORONARY_ARTERIOSCLEROSIS": "infarction",
    "COPD": "copd", "CHRONIC_KIDNEY_DISEASE": "kidney_failure", "CIRRHOSIS": "liver",
    "PULMONARY_TUBERCULOSIS": "tuberculosis", "DEMENTIA": "pneumonia",
    "PARKINSON_DISEASE": "pneumonia", "PNEUMONIA": "pneumonia", "SEPSIS": "sepsis",
    "INJURY": "trauma", "FALL_AT_HOME": "hip_fracture",
}  # fmt: skip
"""The last stay of those who die of a cause; of an unknown one it is for sepsis."""

AGAIN = frozenset({"heart_failure", "copd", "pneumonia"})
"""Stays after which people are often back within a month."""

HIP_DOUBLES_YEARS = 6
"""The rate of broken hips doubles in so many years of age (assumption)."""

OLD = 60
"""From this age on all rates of stays are those of ``stay.old``."""

CYCLE_DAYS = 21


def hospital(stream: Random, life: Life) -> list[Visit]:
    """All emergencies and stays of one resident, except for births."""
    planned = [
        *_last_days(stream, life),
        *_onsets(stream, life),
        *_operations(life),
        *_relapses(stream, life),
        *_by_the_year(stream, life),
    ]
    taken = [(v.day, v.end) for v in life.visits if v.end is not None and v.end > v.day]
    visits: list[Visit] = []
    # By day, because a stay can change the drugs that bring on another.
    for plan in sorted(planned, key=lambda plan: (not plan.died, plan.day)):
        if any(plan.day <= end and start <= plan.end for start, end in taken):
            continue
        if plan.stay.diagnosis == "HYPOGLYCEMIA":
            if not _may_befall(life, plan.stay, plan.day):
                continue
            stop_sulfonylurea(life, plan.day)
        taken.append((plan.day, plan.end))
        visits += write_stay(stream, life, plan)
    visits.sort(key=lambda visit: visit.day)
    stays = [visit for visit in visits if visit.mode == "hospital"]
    put_off_examinations(life, stays)
    watch_fevers(stream, life, stays)
    remember(life, stays)
    visits += seen_again(stream, life, stays)
    return sorted(visits, key=lambda visit: visit.day)


def _last_days(stream: Random, life: Life) -> list[Planned]:
    resident, household = life.resident, life.household
    death = resident.death
    if death is None or death != life.last or resident.age_on(death) < 1:
        return []
    if not happens(stream, value(f"death.in_hospital.{household.locale.lower()}")):
        return []
    cause = resident.death_cause or ""
    name = TERMINAL.get(cause, "sepsis")
    if cause == "CEREBRAL_INFARCTION" and not resident.has(cause, death):
        name = "stroke"  # the first one
    low, high = BY_NAME[name].nights[household.locale]
    day = death - timedelta(days=stream.randrange(max(low // 2, 1), high + 1))
    return [Planned(BY_NAME[name], day, death, died=True)] if day > life.first else []


def _onsets(stream: Random, life: Life) -> list[Planned]:
    planned = []
    for stay in STAYS:
        onset = life.resident.problems.get(stay.problem)
        if stay.when != "onset":
            continue
        chance = happens(stream, _rate(stay.name, life.household.locale))
        if onset is None or not chance or not stay.fits(life.resident, onset):
            continue
        urgent = stay.emergency > 0
        day = onset if urgent else onset + timedelta(days=stream.randrange(6, 30))
        first = _plan(stream, life, stay, day)
        planned += first
        if first and stay.name in TUMOURS and happens(stream, value("stay.chemotherapy")):
            planned += _cycles(stream, life, stay, first[0].end)
    return planned


def _operations(life: Life) -> list[Planned]:
    """Stays for the operations that end a problem."""
    planned = []
    for stay in STAYS:
        ends = life.resident.resolved.get(stay.problem)
        if stay.when == "end" and ends is not None and life.first <= ends < life.last:
            low, high = stay.nights[life.household.locale]
            end = ends + timedelta(days=low + ends.toordinal() % (high - low + 1))
            if end < life.last:
                planned.append(Planned(stay, ends, end))
    return planned


def _relapses(stream: Random, life: Life) -> list[Planned]:
    """Stays for a severe mental illness that follow-up has found unstable."""
    planned: list[Planned] = []
    before: str | None = None
    for visit in life.visits:
        for form in visit.forms:
            if form.kind != "mental illness":
                continue
            relapse = form.answers["FOLLOW_UP_CLASS"] == UNSTABLE and before != UNSTABLE
            before = form.answers["FOLLOW_UP_CLASS"]
            stay = next(s for s in STAYS if s.when == "relapse" and s.problem == form.diagnoses[0])
            if relapse and happens(stream, _rate(stay.name, life.household.locale)):
                day = visit.day + timedelta(days=stream.randrange(1, 6))
                planned += _plan(stream, life, stay, day)
    return planned


@cache
def _rate(stay: str, locale: Locale) -> float:
    """The chance or rate of a stay, that of the place where there is one."""
    here = f"stay.{stay}.{locale.lower()}"
    return value(here if here in PARAMETERS else f"stay.{stay}")


def _cycles(stream: Random, life: Life, stay: Stay, operated: date) -> list[Planned]:
    """Four to six courses of chemotherapy, three weeks apart."""
    planned = []
    day = operated + timedelta(days=stream.randrange(21, 35))
    for cycle in range(1, stream.randrange(5, 8)):
        end = day + timedelta(days=stream.randrange(2, 4))
        if end >= life.last or life.resident.is_away(day):
            break
        planned.append(Planned(stay, day, end, cycle=cycle))
        day += timedelta(days=CYCLE_DAYS + stream.randrange(-1, 4))
    return planned


def _by_the_year(stream: Random, life: Life) -> list[Planned]:
    planned = []
    resident, locale = life.resident, life.household.locale
    for stay in STAYS:
        if stay.when != "yearly":
            continue
        if stay.problem and stay.problem not in resident.problems:
            continue
        # Who is bad enough for hospital has been given the drugs of the disease.
        rate = _rate(stay.name, locale) / treated_share(stay.problem, locale)
        day = life.first
        if stay.problem:
            day = max(day, resident.problems[stay.problem] + timedelta(days=40))
        else:  # nobody is drawn for years that are not of the age
            day = max(day, resident.birth + timedelta(days=int(stay.youngest * 365.25)))
            if resident.birth + timedelta(days=int(stay.oldest * 365.25)) <= day:
                continue
        count = 0
        while count < stay.at_most:
            day += timedelta(days=1 + int(min(stream.expovariate(rate * 3), 99) * 365))
            if day >= life.last:
                break
            # Drawn at three times the rate and thinned by season and age.
            season = SEASONS[stay.season]
            keep = 1.0 if not season else 1.7 if day.month in season else 0.5
            if stay.name == "hip_fracture":
                keep *= 2 ** ((resident.age_on(day) - 70) / HIP_DOUBLES_YEARS)
                keep *= 1.3 if resident.sex == "F" else 0.6
            if resident.age_on(day) >= OLD:
                keep *= value(f"stay.old.{locale.lower()}")
            if not happens(stream, min(keep / 3, 1.0)) or not stay.fits(resident, day):
                continue
            if resident.is_away(day) or pregnancy_on(resident, day) is not None:
                continue
            if not _may_befall(life, stay, day):
                continue
            if not is_treated(resident, stay.problem, locale, day):
                continue
            found = _plan(stream, life, stay, day)
            planned += found
            count += 1
            if found and stay.name in AGAIN and happens(stream, value("stay.readmission")):
                back = found[0].end + timedelta(days=stream.randrange(6, 30))
                planned += _plan(stream, life, stay, back)
                count += 1
            day += timedelta(days=30)
    return sorted(planned, key=lambda plan: plan.day)


def _may_befall(life: Life, stay: Stay, day: date) -> bool:
    """Whether the treatment of diabetes, or kidneys that are bad enough, can bring this on."""
    if stay.diagnosis == KIDNEY_DISEASE:
        return egfr_level(life.resident, day) < value("stay.kidneys_from")
    if stay.problem != DIABETES:
        return True
    regimen = life.body.treatment_on(DIABETES, day)
    classes = {CLASS_OF[drug] for drug in regimen.drugs}
    if stay.name == "hypoglycemia":
        lowers = bool(classes & {"insulin", "sulfonylurea"})
        return lowers and regimen.adherence != "ADHERENCE_NONE"
    if stay.name == "ketoacidosis":
        return "insulin" in classes and regimen.adherence != "ADHERENCE_REGULAR"
    return glucose_level(life.body, day) >= 8


def _plan(stream: Random, life: Life, stay: Stay, day: date) -> list[Planned]:
    low, high = stay.nights[life.household.locale]
    end = day + timedelta(days=stream.randrange(low, high + 1))
    # A stay that the record's end or death would cut short is left out.
    return [Planned(stay, day, end)] if life.first <= day and end < life.last else []
