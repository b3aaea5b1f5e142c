"""Consultations: a specialist's opinion, asked for by the health centre or beside a bed."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from deid.synth.constitution import DIABETES, HYPERTENSION
from deid.synth.courses.life import Life, working_day
from deid.synth.courses.sites import department, hospital_of, words
from deid.synth.courses.yearly import current_drugs
from deid.synth.parameters import value
from deid.synth.physiology import glucose_level, pressure_level
from deid.synth.physiology.drugs import CLASS_OF
from deid.synth.streams import happens
from deid.synth.visits import Form, Identifier, Visit

ASKED = (
    ("pressure", "CARDIOLOGY", "ESSENTIAL_HYPERTENSION"),
    ("glucose", "ENDOCRINOLOGY", "TYPE_2_DIABETES"),
    ("mind", "PSYCHIATRY", "DEPRESSIVE_DISORDER"),
    ("drugs", "CARDIOLOGY", "CORONARY_ARTERIOSCLEROSIS"),
)
"""What is asked, whom, and about which problem."""

MANY_DRUGS = 4
BESIDE = {"ESSENTIAL_HYPERTENSION": "CARDIOLOGY", "TYPE_2_DIABETES": "ENDOCRINOLOGY",
          "COPD": "RESPIRATORY_MEDICINE", "ATRIAL_FIBRILLATION": "CARDIOLOGY"}  # fmt: skip


def consultation(stream: Random, life: Life) -> list[Visit]:
    """Forms that join stays with a second disease, and single consultations from afar."""
    locale = life.household.locale
    for visit in life.visits:
        first = visit.forms[0]
        if visit.mode != "hospital" or first.kind != "discharge":
            continue
        other = next((d for d in first.diagnoses[1:] if d in BESIDE), None)
        asked = happens(stream, value("consultation.beside_a_bed")) if other is not None else False
        ward = first.texts.get("DEPARTMENT")
        # Nobody asks the own department.
        if other is not None and asked and words(locale, BESIDE[other]) != ward:
            visit.forms.append(_form(stream, life, "stay", BESIDE[other], other))
    visits = []
    for year in range(life.first.year, life.last.year + 1):
        for topic, place, problem in ASKED:
            asked = happens(stream, value("consultation.per_year"))
            day = working_day(date(year, 1, 1) + timedelta(days=stream.randrange(360)))
            known = life.resident.has(problem, day - timedelta(days=120))
            known = known and life.first < day <= life.last
            if asked and known and _is_a_question(life, topic, day):
                form = _form(stream, life, topic, place, problem)
                visits.append(Visit(life.resident, day, "clinic", life.household.doctor, [form]))
    return sorted(visits, key=lambda visit: visit.day)


def _is_a_question(life: Life, topic: str, day: date) -> bool:
    """Whether there is anything to ask: pressure or glucose high under treatment, many drugs."""
    if topic == "pressure":
        regimen = life.body.treatment_on(HYPERTENSION, day)
        return len(regimen.drugs) == 2 and pressure_level(life.body, day)[0] >= 140
    if topic == "glucose":
        regimen = life.body.treatment_on(DIABETES, day)
        insulin = any(CLASS_OF[drug] == "insulin" for drug in regimen.drugs)
        return bool(regimen.drugs) and not insulin and glucose_level(life.body, day) >= 8.5
    if topic == "drugs":
        return len(current_drugs(life, day)) >= MANY_DRUGS
    return True


def _form(stream: Random, life: Life, topic: str, place: str, problem: str) -> Form:
    locale, site = life.household.locale, hospital_of(life.household)
    form = Form(kind="consultation", diagnoses=(problem,))
    form.texts = {
        "CONSULTATION_REASON": words(locale, f"consultation.{topic}"),
        "CONSULTATION_OPINION": words(locale, f"opinion.{topic}"),
        "DEPARTMENT": words(locale, place),
    }
    form.identifiers = {
        "consultant": Identifier(department(site, place, stream).full_name, "NAME"),
        "hospital": Identifier(site.centre.name, "LOCATION"),
    }
    return form
