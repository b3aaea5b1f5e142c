"""Emergencies and stays in the county hospital, and deaths there.

A stay follows the onset of a problem (a stroke, a tumour), comes by the year while a problem lasts
(failing heart or lungs, a relapse), or befalls anybody of an age (a broken hip, an appendix).
Urgent ones begin in the emergency room. Stays never overlap; who dies in hospital does so on
the day of death, of the disease that is the cause of death.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from random import Random

from deid.synth.constitution import DIABETES
from deid.synth.courses.complaints import SEASONS
from deid.synth.courses.life import Life, working_day
from deid.synth.courses.mental_illness import UNSTABLE
from deid.synth.courses.sites import PHRASES, department, hospital_of, words
from deid.synth.courses.stays import BY_NAME, STAYS, Stay
from deid.synth.courses.yearly import current_drugs
from deid.synth.parameters import PARAMETERS, value
from deid.synth.people import LOCALES, Locale
from deid.synth.physiology import (
    blood_pressure,
    fasting_glucose,
    glucose_level,
    hba1c,
    hemoglobin,
    kidney_tests,
    lipids,
)
from deid.synth.physiology.drugs import CLASS_OF
from deid.synth.safety import pregnancy_on
from deid.synth.streams import happens
from deid.synth.visits import Form, Identifier, Prescription, Visit, localise

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

TUMOURS = frozenset({"lung_cancer", "breast_cancer", "colon_cancer", "tumour", "gastrectomy",
                     "stomach_cancer"})  # fmt: skip
AGAIN = frozenset({"heart_failure", "copd", "pneumonia"})
"""Stays after which people are often back within a month."""

CURED = frozenset(
    {"appendicitis", "gallstones", "cataract", "febrile_convulsion", "hypoglycemia",
     "pneumonia_of_child", "bronchiolitis", "bronchitis_of_child", "tonsillitis_of_child",
     "hand_foot_mouth", "jaundice_of_newborn", "gastroenteritis", "gastroenteritis_of_child",
     "haemorrhoids", "polyp", "urinary_infection", "renal_colic"}
)  # fmt: skip
"""Stays after which nothing is left."""

FOLLOW_UP = frozenset({"hypertension", "diabetes", "mental illness", "tuberculosis"})
"""Forms whose next one goes on from the last; a stay puts them off."""

ACUTE_KIDNEYS = frozenset({"SEPSIS", "RENAL_FAILURE"})
"""Diagnoses that spoil the kidneys for a while, or for good."""

BLEEDING = frozenset({"bleeding", "hip_fracture", "colon_cancer", "gastrectomy", "haemorrhoids"})
"""Stays for what costs blood."""

_PSYCHIATRY = frozenset(words(locale, "PSYCHIATRY") for locale in LOCALES)

HIP_DOUBLES_YEARS = 6
"""The rate of broken hips doubles in so many years of age (assumption)."""

OLD = 60
"""From this age on all rates of stays are those of ``stay.old``."""

CYCLE_DAYS = 21
NEW_DAYS = 40
"""So long a problem is new."""

AT_DISCHARGE = 8
"""So many drugs a letter of discharge lists at most."""


@dataclass
class _Planned:
    """A stay before it is written."""

    stay: Stay
    day: date
    end: date
    died: bool = False
    cycle: int = 0


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
    visits = []
    for plan in planned:
        if any(plan.day <= end and start <= plan.end for start, end in taken):
            continue
        taken.append((plan.day, plan.end))
        visits += _write(stream, life, plan)
    visits.sort(key=lambda visit: visit.day)
    _remember(life, [v for v in visits if v.mode == "hospital"])
    return visits


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


def _last_days(stream: Random, life: Life) -> list[_Planned]:
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
    return [_Planned(BY_NAME[name], day, death, died=True)] if day > life.first else []


def _onsets(stream: Random, life: Life) -> list[_Planned]:
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


def _operations(life: Life) -> list[_Planned]:
    """Stays for the operations that end a problem."""
    planned = []
    for stay in STAYS:
        ends = life.resident.resolved.get(stay.problem)
        if stay.when == "end" and ends is not None and life.first <= ends < life.last:
            low, high = stay.nights[life.household.locale]
            end = ends + timedelta(days=low + ends.toordinal() % (high - low + 1))
            if end < life.last:
                planned.append(_Planned(stay, ends, end))
    return planned


def _relapses(stream: Random, life: Life) -> list[_Planned]:
    """Stays for a severe mental illness that follow-up has found unstable."""
    planned: list[_Planned] = []
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


def _remember(life: Life, stays: list[Visit]) -> None:
    """Follow-up of a severe mental illness and the yearly examination know of the stays before."""
    _remember_within_a_year(life, stays)
    ends = [v.end for v in stays if v.end and v.forms[0].texts.get("DEPARTMENT") in _PSYCHIATRY]
    for visit in life.visits:
        for form in visit.forms:
            if form.kind == "mental illness" and any(end <= visit.day for end in ends):
                form.answers["MENTAL_HOSPITALISATION"] = "HOSPITAL_PAST"


def _remember_within_a_year(life: Life, stays: list[Visit]) -> None:
    everything = [v.end for v in (*stays, *life.visits) if v.mode == "hospital" and v.end]
    for visit in life.visits:
        lately = any(0 <= (visit.day - end).days < 365 for end in everything)
        for form in visit.forms:
            if form.kind == "examination":
                form.answers["HOSPITAL_HISTORY"] = "YES" if lately else "NO"


@cache
def _rate(stay: str, locale: Locale) -> float:
    """The chance or rate of a stay, that of the place where there is one."""
    here = f"stay.{stay}.{locale.lower()}"
    return value(here if here in PARAMETERS else f"stay.{stay}")


def _cycles(stream: Random, life: Life, stay: Stay, operated: date) -> list[_Planned]:
    """Four to six courses of chemotherapy, three weeks apart."""
    planned = []
    day = operated + timedelta(days=stream.randrange(21, 35))
    for cycle in range(1, stream.randrange(5, 8)):
        end = day + timedelta(days=stream.randrange(2, 4))
        if end >= life.last or life.resident.is_away(day):
            break
        planned.append(_Planned(stay, day, end, cycle=cycle))
        day += timedelta(days=CYCLE_DAYS + stream.randrange(-1, 4))
    return planned


def _by_the_year(stream: Random, life: Life) -> list[_Planned]:
    planned = []
    resident = life.resident
    for stay in STAYS:
        if stay.when != "yearly":
            continue
        if stay.problem and stay.problem not in resident.problems:
            continue
        rate = _rate(stay.name, life.household.locale)
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
                keep *= value(f"stay.old.{life.household.locale.lower()}")
            if not happens(stream, min(keep / 3, 1.0)) or not stay.fits(resident, day):
                continue
            if resident.is_away(day) or pregnancy_on(resident, day) is not None:
                continue
            if not _may_befall(life, stay, day):
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
    """Whether the treatment of diabetes can bring this on."""
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


def _plan(stream: Random, life: Life, stay: Stay, day: date) -> list[_Planned]:
    low, high = stay.nights[life.household.locale]
    end = day + timedelta(days=stream.randrange(low, high + 1))
    # A stay that the record's end or death would cut short is left out.
    return [_Planned(stay, day, end)] if life.first <= day and end < life.last else []


def _write(stream: Random, life: Life, plan: _Planned) -> list[Visit]:
    stay, site = plan.stay, hospital_of(life.household)
    readings = _admission(stream, life, plan)
    clinician = department(site, stay.department, stream)
    discharge = _discharge(stream, life, plan, readings)
    visits = [
        Visit(life.resident, plan.day, "hospital", clinician, [discharge], plan.end, site)
    ]  # fmt: skip
    urgent = plan.died or happens(stream, stay.emergency * value("hospital.emergency"))
    if urgent and not plan.cycle:
        vital = ("SYSTOLIC_BP", "DIASTOLIC_BP", "BODY_TEMPERATURE", "HEART_RATE")
        form = Form(
            kind="contact",
            symptoms=_symptoms(plan),
            readings={key: readings[key] for key in vital if key in readings},
            diagnoses=(stay.diagnosis,),
            procedures=stay.procedures[:1] if stay.procedures[:1] == ("ELECTROCARDIOGRAM",) else (),
            change="referred",
            hints={"admitted": "yes"},
        )
        first = department(site, "EMERGENCY_MEDICINE", stream)
        visits.insert(0, Visit(life.resident, plan.day, "emergency", first, [form], site=site))
    return visits


def _admission(stream: Random, life: Life, plan: _Planned) -> dict[str, float]:
    stay, resident = plan.stay, life.resident
    readings: dict[str, float] = {}
    hot = happens(stream, stay.fever) and not plan.cycle
    readings["BODY_TEMPERATURE"] = round(
        min(max(stream.gauss(38.6 if hot else 36.7, 0.4 if hot else 0.2), 36.0), 40.4), 1
    )
    age = resident.age_on(plan.day)
    if age >= 18:
        systolic, diastolic = blood_pressure(stream, life.body, plan.day)
        shift = stay.systolic if not plan.cycle else 0
        readings["SYSTOLIC_BP"] = min(max(systolic + shift, 74), 220)
        readings["DIASTOLIC_BP"] = min(max(diastolic + shift / 2, 42), 124)
        readings["DIASTOLIC_BP"] = min(readings["DIASTOLIC_BP"], readings["SYSTOLIC_BP"] - 18)
    rate = (132 - 6 * age if age < 8 else 84) if age < 18 else life.body.heart_rate + 8
    readings["HEART_RATE"] = round(rate + (14 if hot else 0) + stream.gauss(0, 6))
    if plan.cycle:
        readings["HEMOGLOBIN"] = max(hemoglobin(stream, resident, plan.day) - 2 * plan.cycle, 72)
        readings["LEUKOCYTES"] = round(min(max(stream.gauss(4.2, 1.1), 2.1), 8.5), 1)
        readings["PLATELETS"] = round(min(max(stream.gauss(160, 40), 70), 290))
    else:
        readings |= {test.key: test.draw(stream) for test in stay.tests if test.key != "NIHSS"}
        readings |= _own(stream, life, stay, readings, plan.day)
    return localise(life.household.locale, readings)


def _own(
    stream: Random, life: Life, stay: Stay, readings: dict[str, float], day: date
) -> dict[str, float]:
    """What a test shows that the illness of the stay does not move: the person's own level, in SI
    units."""
    resident, body = life.resident, life.body
    own: dict[str, float] = {}
    if "LDL" in readings:
        own["LDL"] = lipids(stream, body, day)["LDL"]
    if "CREATININE" in readings and stay.diagnosis not in ACUTE_KIDNEYS:
        own["CREATININE"] = kidney_tests(stream, resident, day)["CREATININE"]
    if "HEMOGLOBIN" in readings and stay.name not in BLEEDING and stay.when != "terminal":
        own["HEMOGLOBIN"] = hemoglobin(stream, resident, day)
    if "HBA1C" in readings:
        own["HBA1C"] = hba1c(stream, body, day)
    if "FASTING_GLUCOSE" in readings:
        stress = 0.8 if stay.emergency >= 0.9 else 0.0
        own["FASTING_GLUCOSE"] = round(fasting_glucose(stream, body, day) + stress, 1)
    return own


def _symptoms(plan: _Planned) -> tuple[str, ...]:
    tumour = plan.died and plan.stay.name in TUMOURS
    return ("weight loss", "tiredness") if tumour else plan.stay.symptoms


def _discharge(stream: Random, life: Life, plan: _Planned, readings: dict[str, float]) -> Form:
    stay, resident, locale = plan.stay, life.resident, life.household.locale
    others = tuple(
        problem
        for problem in ("ESSENTIAL_HYPERTENSION", "TYPE_2_DIABETES", "COPD", "ATRIAL_FIBRILLATION",
                        "CORONARY_ARTERIOSCLEROSIS", "CHRONIC_KIDNEY_DISEASE")
        if problem != stay.problem and resident.has(problem, plan.day)
    )  # fmt: skip
    broken = stay.name == "hip_fracture"
    form = Form(
        kind="discharge",
        symptoms=() if plan.cycle else _symptoms(plan),
        readings=readings,
        diagnoses=(stay.diagnosis, *(("FALL_AT_HOME",) if broken else ()), *others[:3]),
        procedures=("CHEMOTHERAPY",) if plan.cycle else stay.procedures,
        event=stay.diagnosis if _is_news(life, plan) else None,
    )
    for test in stay.tests:
        if test.key == "NIHSS" and not plan.cycle:
            form.amounts["NIHSS"] = round(test.draw(stream))
    cured = stay.name in CURED
    outcome = "OUTCOME_CURED" if cured else "OUTCOME_IMPROVED"
    if not cured and happens(stream, 0.05):
        outcome = "OUTCOME_UNHEALED"
    form.answers["DISCHARGE_OUTCOME"] = "OUTCOME_DIED" if plan.died else outcome
    form.texts = {
        "ADMISSION_DATE": plan.day.isoformat(),
        "DISCHARGE_DATE": plan.end.isoformat(),
        "DEPARTMENT": words(locale, stay.department),
    }
    if plan.died:
        form.event = "DEATH"
        cause = resident.death_cause
        if cause is not None and cause not in form.diagnoses:
            form.diagnoses += (cause,)
        if stay.name in TUMOURS | {"hip_fracture"}:
            form.procedures = ()
    else:
        smokes = resident.smoking == "CURRENT_SMOKER" and f"advice.{stay.advice}.smoker" in PHRASES
        form.texts["DISCHARGE_ADVICE"] = words(
            locale, f"advice.{stay.advice}" + (".smoker" if smokes else "")
        )
        form.drugs = (
            (Prescription("ONDANSETRON", "8 mg", 2, 3),)
            if plan.cycle
            else _take_home(life, stay, plan.end)
        )
        form.next_day = plan.end + timedelta(days=14)
        if plan.cycle:
            form.hints["cycle"] = str(plan.cycle)
    number = f"{plan.day:%y}{stream.randrange(100000, 999999)}"
    form.identifiers = {
        "admission_number": Identifier(number, "ID"),
        "hospital": Identifier(hospital_of(life.household).centre.name, "LOCATION"),
    }
    return form


def _take_home(life: Life, stay: Stay, day: date) -> tuple[Prescription, ...]:
    """What the stay adds, and what the resident took before, each class once.

    Nobody is moved from one drug of a class to another by a stay: follow-up would not know of it.
    """
    before = current_drugs(life, day)
    taken = {CLASS_OF.get(drug.drug, drug.drug) for drug in before}
    added = [
        drug
        for drug in stay.take_home(life.resident, life.household.locale, day)
        if CLASS_OF.get(drug.drug, drug.drug) not in taken
    ]
    return (*added, *before)[:AT_DISCHARGE]


def _is_news(life: Life, plan: _Planned) -> bool:
    """Is the diagnosis new, or has the resident had it for long?"""
    onset = life.resident.problems.get(plan.stay.diagnosis)
    return not plan.cycle and (onset is None or (plan.day - onset).days <= NEW_DAYS)
