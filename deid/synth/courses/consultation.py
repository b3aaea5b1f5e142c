"""Consultations: a specialist's opinion, asked for by the health centre or beside a bed."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from deid.synth.courses.life import Life, working_day
from deid.synth.courses.sites import department, hospital_of, words
from deid.synth.parameters import value
from deid.synth.streams import happens
from deid.synth.visits import Form, Identifier, Visit

ASKED = (
    ("pressure", "CARDIOLOGY", "ESSENTIAL_HYPERTENSION"),
    ("glucose", "ENDOCRINOLOGY", "TYPE_2_DIABETES"),
    ("mind", "PSYCHIATRY", "DEPRESSIVE_DISORDER"),
    ("drugs", "CARDIOLOGY", "CORONARY_ARTERIOSCLEROSIS"),
)
"""What is asked, whom, and about which problem."""

BESIDE = {"ESSENTIAL_HYPERTENSION": "CARDIOLOGY", "TYPE_2_DIABETES": "ENDOCRINOLOGY",
          "COPD": "RESPIRATORY_MEDICINE", "ATRIAL_FIBRILLATION": "CARDIOLOGY"}  # fmt: skip


def consultation(stream: Random, life: Life) -> list[Visit]:
    """Forms that join stays with a second disease, and single consultations from afar."""
    for visit in life.visits:
        first = visit.forms[0]
        if visit.mode != "hospital" or first.kind != "discharge":
            continue
        other = next((d for d in first.diagnoses[1:] if d in BESIDE), None)
        if other is not None and happens(stream, value("consultation.beside_a_bed")):
            visit.forms.append(_form(stream, life, "stay", BESIDE[other], other))
    visits = []
    for year in range(life.first.year, life.last.year + 1):
        for topic, place, problem in ASKED:
            asked = happens(stream, value("consultation.per_year"))
            day = working_day(date(year, 1, 1) + timedelta(days=stream.randrange(360)))
            known = life.resident.has(problem, day - timedelta(days=120))
            if asked and known and life.first < day <= life.last:
                form = _form(stream, life, topic, place, problem)
                visits.append(Visit(life.resident, day, "clinic", life.household.doctor, [form]))
    return sorted(visits, key=lambda visit: visit.day)


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
