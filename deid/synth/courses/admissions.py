"""How a stay is written down: admission, discharge, what is taken home."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from deid.synth.constitution import DIABETES
from deid.synth.courses.aftermath import IRON
from deid.synth.courses.complaints import COMPLAINTS
from deid.synth.courses.evaluation import answer_of_fibrillation
from deid.synth.courses.ladders import dose_of
from deid.synth.courses.life import Life, working_day
from deid.synth.courses.sites import PHRASES, department, hospital_of, words
from deid.synth.courses.stays import Stay
from deid.synth.courses.yearly import current_drugs
from deid.synth.parameters import value
from deid.synth.physiology import (
    GIVEN_FOR,
    blood_pressure,
    fasting_glucose,
    hba1c,
    hemoglobin,
    kidney_tests,
    lipids,
    therapy_on,
)
from deid.synth.physiology.drugs import BLOCKERS, CLASS_OF
from deid.synth.physiology.therapy import STATIN
from deid.synth.safety import is_contraindicated
from deid.synth.streams import happens
from deid.synth.visits import Form, Identifier, Prescription, Visit, localise

TUMOURS = frozenset({"lung_cancer", "breast_cancer", "colon_cancer", "tumour", "gastrectomy",
                     "stomach_cancer"})  # fmt: skip

CURED = frozenset(
    {"appendicitis", "gallstones", "cataract", "febrile_convulsion", "hypoglycemia",
     "pneumonia_of_child", "bronchiolitis", "bronchitis_of_child", "tonsillitis_of_child",
     "hand_foot_mouth", "jaundice_of_newborn", "gastroenteritis", "gastroenteritis_of_child",
     "haemorrhoids", "polyp", "urinary_infection", "renal_colic"}
)  # fmt: skip
"""Stays after which nothing is left."""

ACUTE_KIDNEYS = frozenset({"SEPSIS", "RENAL_FAILURE"})
"""Diagnoses that spoil the kidneys for a while, or for good."""

BLEEDING = frozenset({"bleeding", "hip_fracture", "colon_cancer", "gastrectomy", "haemorrhoids"})
"""Stays for what costs blood."""

NEW_DAYS = 40
"""So long a problem is new."""

_DAYS, _CHILD_DAYS = 14, 3
"""Days after which the family doctor sees a grown person, or a child, again (assumption)."""

_ASKS_FOR_STATIN = frozenset({"CORONARY_ARTERIOSCLEROSIS", "ACUTE_MYOCARDIAL_INFARCTION",
                              "CEREBRAL_INFARCTION", "TRANSIENT_ISCHEMIC_ATTACK"})  # fmt: skip
_BLEEDING = "GI_HEMORRHAGE"
_HIGH_CREATININE = 120
"""umol/L: more is taken again after a stay (assumption)."""
_NEEDS_IRON = 100
"""g/L: less is treated and taken again after a stay (assumption)."""
_ASKS_ABOUT_CLOTS = frozenset({"CARDIOLOGY", "NEUROLOGY"})
_LOWERS_PRESSURE = frozenset({"ccb", "ace_inhibitor", "arb", "thiazide", "beta_blocker"})
_CAUSES = {c.diagnosis: c.cause for c in COMPLAINTS if c.cause is not None}
"""How injuries come about."""

FOLLOWED = frozenset({"ESSENTIAL_HYPERTENSION", DIABETES})


@dataclass
class Planned:
    """A stay before it is written."""

    stay: Stay
    day: date
    end: date
    died: bool = False
    cycle: int = 0


def write_stay(stream: Random, life: Life, plan: Planned) -> list[Visit]:
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
        if "INJURY_CAUSE" in discharge.texts:
            form.texts["INJURY_CAUSE"] = discharge.texts["INJURY_CAUSE"]
        first = department(site, "EMERGENCY_MEDICINE", stream)
        visits.insert(0, Visit(life.resident, plan.day, "emergency", first, [form], site=site))
    return visits


def _admission(stream: Random, life: Life, plan: Planned) -> dict[str, float]:
    stay, resident = plan.stay, life.resident
    readings: dict[str, float] = {}
    hot = happens(stream, stay.fever) and not plan.cycle
    readings["BODY_TEMPERATURE"] = round(
        min(max(stream.gauss(38.6 if hot else 36.7, 0.4 if hot else 0.2), 36.0), 40.4), 1
    )
    age = resident.age_on(plan.day)
    if age >= 18:
        readings["SYSTOLIC_BP"], readings["DIASTOLIC_BP"] = blood_pressure(
            stream, life.body, plan.day, moved=0 if plan.cycle else stay.systolic
        )
    rate = (132 - 6 * age if age < 8 else 84) if age < 18 else life.body.pulse_on(plan.day) + 8
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


def _symptoms(plan: Planned) -> tuple[str, ...]:
    tumour = plan.died and plan.stay.name in TUMOURS
    return ("weight loss", "tiredness") if tumour else plan.stay.symptoms


def _discharge(stream: Random, life: Life, plan: Planned, readings: dict[str, float]) -> Form:
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
    cause_of_injury = _CAUSES.get(stay.diagnosis)
    if cause_of_injury is not None:
        form.texts["INJURY_CAUSE"] = cause_of_injury.say(locale)
    if plan.died:
        form.event = "DEATH"
        cause = resident.death_cause
        if cause is not None and cause not in form.diagnoses:
            form.diagnoses += (cause,)
        if stay.name in TUMOURS | {"hip_fracture"}:
            form.procedures = ()
    else:
        smokes = resident.smoking == "CURRENT_SMOKER" and f"advice.{stay.advice}.smoker" in PHRASES
        form.drugs = (
            (Prescription("ONDANSETRON", "8 mg", 2, 3),)
            if plan.cycle
            else _take_home(life, stay, plan.end)
        )
        plain = ".plain" if stay.advice == "rest" and not form.drugs else ""
        form.texts["DISCHARGE_ADVICE"] = words(
            locale, f"advice.{stay.advice}" + (".smoker" if smokes else plain)
        )
        form.next_day = working_day(
            plan.end + timedelta(days=_CHILD_DAYS if stay.advice == "child" else _DAYS)
        )
        if plan.cycle:
            form.hints["cycle"] = str(plan.cycle)
    _tell_of_stopped(life, plan, form)
    if not plan.died:
        _tell_of_untreated(life, plan, form)
    number = f"{plan.day:%y}{stream.randrange(100000, 999999)}"
    form.identifiers = {
        "admission_number": Identifier(number, "ID"),
        "hospital": Identifier(hospital_of(life.household).centre.name, "LOCATION"),
    }
    return form


def _tell_of_untreated(life: Life, plan: Planned, form: Form) -> None:
    """What is missing in what is taken home, and why; values that were outside the range."""
    resident, locale = life.resident, life.household.locale
    taken = {drug.drug for drug in form.drugs}
    said = []
    fibrillates = resident.has("ATRIAL_FIBRILLATION", plan.day) and not plan.cycle
    asked = plan.stay.department in _ASKS_ABOUT_CLOTS
    if fibrillates and asked and "WARFARIN" not in taken:
        said.append(answer_of_fibrillation(resident, plan.day))
    if plan.stay.diagnosis in _ASKS_FOR_STATIN and STATIN.drug not in taken:
        said.append("answer.statin.heart")
    treated = any(CLASS_OF.get(drug) in _LOWERS_PRESSURE for drug in taken)
    if resident.has("ESSENTIAL_HYPERTENSION", plan.day) and not treated and not plan.cycle:
        said.append("answer.pressure.left")
    if plan.stay.diagnosis == _BLEEDING:
        said.append("bleeding.found")
    if form.readings.get("HEMOGLOBIN", 150) < _NEEDS_IRON and not plan.cycle:
        said.append("hemoglobin.low")
        form.drugs = (IRON, *(drug for drug in form.drugs if drug.drug != IRON.drug))
    creatinine = form.readings.get("CREATININE", form.readings.get("CREATININE_MASS", 0) * 88.4)
    if creatinine > _HIGH_CREATININE and not resident.has("CHRONIC_KIDNEY_DISEASE", plan.day):
        said.append("creatinine.raised")
    potassium = form.readings.get("POTASSIUM", 4.0)
    if not 3.5 <= potassium <= 5.5:
        said.append("potassium.low" if potassium < 4 else "potassium.high")
    if said:
        form.texts["ABNORMALITY"] = "; ".join(words(locale, key) for key in said)


def _tell_of_stopped(life: Life, plan: Planned, form: Form) -> None:
    """What is not taken home although it was taken before."""
    if plan.stay.diagnosis != "HYPOGLYCEMIA" or plan.died:
        return
    before = life.body.treatment_on(DIABETES, plan.day).drugs
    taken = {drug.drug for drug in form.drugs}
    for drug in before:
        if CLASS_OF[drug] == "sulfonylurea" and drug not in taken:
            form.hints["stopped"] = drug


def _take_home(life: Life, stay: Stay, day: date) -> tuple[Prescription, ...]:
    """What the stay adds, and what the resident took before, each class once.

    Nobody is moved from one drug of a class to another by a stay: follow-up would not know of it.
    For the same reason what is taken for years is what the resident takes from then on.
    """
    locale = life.household.locale
    lasting = therapy_on(life.resident, locale, day)
    for_years = GIVEN_FOR.get(stay.diagnosis, frozenset())
    before = current_drugs(life, day)
    if stay.diagnosis in FOLLOWED and not before:
        # Who had left the drugs and is in hospital for it goes home with them.
        regimen = life.body.treatment_on(stay.diagnosis, day)
        before = tuple(
            Prescription(d, *dose_of(locale, d, regimen.raised), 30)
            for d in regimen.drugs
            if not is_contraindicated(life.resident, d, day)
        )
    taken = {CLASS_OF.get(drug.drug, drug.drug) for drug in before}
    taken |= BLOCKERS if taken & BLOCKERS else set()
    added = [
        drug
        for drug in (
            *(drug for drug in lasting if drug.drug in for_years),
            *(
                drug
                for drug in stay.take_home(life.resident, locale, day)
                if drug.drug not in for_years
            ),
        )
        if CLASS_OF.get(drug.drug, drug.drug) not in taken
    ]
    return (*added, *before)


def _is_news(life: Life, plan: Planned) -> bool:
    """Is the diagnosis new, or has the resident had it for long?"""
    onset = life.resident.problems.get(plan.stay.diagnosis)
    return not plan.cycle and (onset is None or (plan.day - onset).days <= NEW_DAYS)
