"""Visits for passing complaints, for mood and for life's events: the SOAP contact records."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from deid.synth.courses.life import Life
from deid.synth.parameters import value
from deid.synth.people import Household, Resident
from deid.synth.physiology import Body, blood_pressure, mood_scores
from deid.synth.streams import happens, one_of, weighted
from deid.synth.visits import Form, Mode, Prescription, Visit


@dataclass(frozen=True)
class Complaint:
    """A reason to come, with what is found and given. ``winter`` multiplies it from Nov to Mar."""

    diagnosis: str
    symptoms: tuple[str, ...]
    drugs: tuple[tuple[str, str, int, int], ...]
    weight: float
    ages: tuple[int, int] = (0, 110)
    winter: float = 1.0
    fever: bool = False
    needs: str | None = None


COMPLAINTS = (
    Complaint("UPPER_RESPIRATORY_INFECTION", ("runny nose", "sore throat", "cough"),
              (("ACETAMINOPHEN_500MG", "500 mg", 3, 3),), 6, winter=2.2, fever=True),
    Complaint("PHARYNGITIS", ("sore throat",), (("ACETAMINOPHEN_500MG", "500 mg", 2, 3),), 2,
              winter=1.4),
    Complaint("ACUTE_BRONCHITIS", ("cough", "phlegm"), (("AMOXICILLIN_500MG", "500 mg", 3, 6),),
              2.5, winter=2, fever=True),
    Complaint("INFLUENZA", ("fever", "muscle pain"), (("IBUPROFEN_200MG", "200 mg", 3, 3),), 0.8,
              winter=3.5, fever=True),
    Complaint("PNEUMONIA", ("fever", "cough", "short of breath"),
              (("LEVOFLOXACIN", "500 mg", 1, 7),), 0.4, (45, 110), 1.8, True),
    Complaint("CYSTITIS", ("burning on urination", "frequent urination"),
              (("LEVOFLOXACIN", "500 mg", 1, 3),), 1, (18, 110)),
    Complaint("CONSTIPATION", ("constipation",), (), 0.8, (50, 110)),
    Complaint("ECZEMA", ("itchy rash",), (("CETIRIZINE_10MG", "10 mg", 1, 10),), 1),
    Complaint("ALLERGIC_RHINITIS", ("sneezing", "runny nose"),
              (("LORATADINE_10MG", "10 mg", 1, 14),), 2, needs="ALLERGIC_RHINITIS"),
    Complaint("LOW_BACK_PAIN", ("low back pain",), (("IBUPROFEN_200MG", "200 mg", 3, 7),), 3,
              needs="LOW_BACK_PAIN"),
    Complaint("KNEE_OSTEOARTHRITIS", ("knee pain",), (("CELECOXIB", "200 mg", 1, 14),), 3,
              needs="KNEE_OSTEOARTHRITIS"),
    Complaint("CHRONIC_GASTRITIS", ("stomach ache",), (("OMEPRAZOLE", "20 mg", 1, 14),), 3,
              needs="CHRONIC_GASTRITIS"),
    Complaint("GERD", ("heartburn",), (("OMEPRAZOLE", "20 mg", 1, 28),), 3, needs="GERD"),
    Complaint("COPD", ("cough", "short of breath"), (("TIOTROPIUM", "18 ug", 1, 30),), 4,
              winter=1.8,
              needs="COPD"),
    Complaint("ASTHMA", ("short of breath", "cough"), (("SALBUTAMOL", "100 ug", 4, 14),), 3,
              winter=1.4, needs="ASTHMA"),
    Complaint("GOUT", ("pain in the big toe",), (("COLCHICINE_0_6MG", "0.6 mg", 2, 7),), 3,
              needs="GOUT"),
    Complaint("INSOMNIA", ("poor sleep",), (("ZOLPIDEM", "5 mg", 1, 14),), 3, needs="INSOMNIA"),
    Complaint("DEPRESSIVE_DISORDER", ("low mood", "poor sleep"), (("SERTRALINE", "50 mg", 1, 60),),
              8, needs="DEPRESSIVE_DISORDER"),
    Complaint("ANXIETY_DISORDER", ("worry", "palpitation"), (("ESCITALOPRAM", "10 mg", 1, 60),), 5,
              needs="ANXIETY_DISORDER"),
    Complaint("BENIGN_PROSTATIC_HYPERPLASIA", ("frequent urination",),
              (("TAMSULOSIN", "0.2 mg", 1, 30),), 3, needs="BENIGN_PROSTATIC_HYPERPLASIA"),
    Complaint("HYPOTHYROIDISM", ("tiredness",), (("LEVOTHYROXINE", "50 ug", 1, 90),), 3,
              needs="HYPOTHYROIDISM"),
    Complaint("OSTEOPOROSIS", ("low back pain",), (("CALCIUM_CARBONATE", "600 mg", 1, 90),
              ("ALENDRONATE_10MG", "10 mg", 1, 90)), 2, needs="OSTEOPOROSIS"),
    Complaint("CORONARY_ARTERIOSCLEROSIS", ("chest tightness",), (("ASPIRIN_81MG", "81 mg", 1, 90),
              ("ATORVASTATIN", "20 mg", 1, 90)), 5, winter=1.3, needs="CORONARY_ARTERIOSCLEROSIS"),
    Complaint("CEREBRAL_INFARCTION", ("weakness of one side",),
              (("CLOPIDOGREL_75MG", "75 mg", 1, 90), ("ATORVASTATIN", "20 mg", 1, 90)), 5,
              needs="CEREBRAL_INFARCTION"),
    Complaint("HYPERLIPIDEMIA", (), (("SIMVASTATIN_20MG", "20 mg", 1, 90),), 3,
              needs="HYPERLIPIDEMIA"),
    Complaint("HEART_FAILURE", ("short of breath", "leg swelling"),
              (("FUROSEMIDE_40MG", "40 mg", 1, 30),), 5, needs="HEART_FAILURE"),
    Complaint("DEMENTIA", ("forgetfulness",), (("DONEPEZIL_10MG", "10 mg", 1, 60),), 4,
              needs="DEMENTIA"),
    Complaint("SCHIZOPHRENIA", ("poor sleep",), (("OLANZAPINE", "10 mg", 1, 60),), 6,
              needs="SCHIZOPHRENIA"),
)  # fmt: skip
TALKS = ("BEREAVEMENT_SPOUSE", "CAREGIVER_BURDEN", "FINANCIAL_HARDSHIP", "FAMILY_CONFLICT",
         "UNEMPLOYMENT_PROBLEM", "HAZARDOUS_DRINKING")  # fmt: skip
"""Problems of life that bring a person to a talk or the nurse to the home."""


def contacts(stream: Random, life: Life) -> list[Visit]:
    """Visits that no schedule asks for, in the order of their days."""
    household, body, resident, last = life.household, life.fresh_body(), life.resident, life.last
    first = max(life.first, resident.birth + timedelta(days=30))
    visits = [
        _talk(stream, household, body, problem, onset, last)
        for problem, onset in resident.problems.items()
        if problem in TALKS and first <= onset and (last - onset).days > 60
    ]
    day = first
    chronic = sum(1 for p in resident.problems if p in _BY_PROBLEM)
    rate = value("contact.per_year") * (0.6 + 0.35 * chronic)
    while True:
        day += timedelta(days=max(3, int(stream.expovariate(rate) * 365)))
        if day > last:
            break
        complaint = _choose(stream, resident, day)
        if complaint is not None:
            visits.append(_visit(stream, household, body, complaint, day))
    return sorted(visits, key=lambda visit: visit.day)


_BY_PROBLEM = {c.needs for c in COMPLAINTS if c.needs}


def _choose(stream: Random, resident: Resident, day: date) -> Complaint | None:
    age = resident.age_on(day)
    winter = day.month in {11, 12, 1, 2, 3}
    weights = {
        i: c.weight * (c.winter if winter else 1)
        for i, c in enumerate(COMPLAINTS)
        if c.ages[0] <= age <= c.ages[1] and (c.needs is None or resident.has(c.needs, day))
    }
    if age < 6:
        weights = {i: w for i, w in weights.items() if COMPLAINTS[i].diagnosis not in _ADULT}
    return COMPLAINTS[weighted(stream, weights)] if weights else None


_ADULT = {"PNEUMONIA", "ACUTE_BRONCHITIS"}


def _visit(
    stream: Random, household: Household, body: Body, complaint: Complaint, day: date
) -> Visit:
    resident = body.resident
    readings: dict[str, float] = {}
    fever = "fever" in complaint.symptoms or (complaint.fever and happens(stream, 0.5))
    readings["BODY_TEMPERATURE"] = round(
        stream.gauss(38.3, 0.4) if fever else stream.gauss(36.6, 0.2), 1
    )
    if resident.age_on(day) >= 18:
        treated = 2 if resident.has("ESSENTIAL_HYPERTENSION", day) else 0
        readings["SYSTOLIC_BP"], readings["DIASTOLIC_BP"] = blood_pressure(
            stream, body, day, treated, "ADHERENCE_REGULAR"
        )
        readings["HEART_RATE"] = round(body.heart_rate + stream.gauss(0, 4) + (10 if fever else 0))
    else:
        readings["HEART_RATE"] = round(stream.gauss(96, 8))
    form = Form(
        kind="contact",
        symptoms=tuple(dict.fromkeys((*complaint.symptoms, *(("fever",) if fever else ())))),
        readings=readings,
        diagnoses=(complaint.diagnosis,),
        drugs=tuple(Prescription(*drug) for drug in _suited(complaint, resident, day)),
    )
    if complaint.diagnosis in {"DEPRESSIVE_DISORDER", "ANXIETY_DISORDER"}:
        form.amounts["PHQ_9"], form.amounts["GAD_7"] = mood_scores(stream, resident, day)
    if complaint.diagnosis in {"PNEUMONIA", "COPD"} and happens(stream, 0.5):
        form.procedures = ("CHEST_XRAY",)
    if complaint.diagnosis in {"CORONARY_ARTERIOSCLEROSIS", "HEART_FAILURE"}:
        form.procedures = ("ELECTROCARDIOGRAM",)
    return Visit(resident, day, "clinic", one_of(stream, household.site.staff[:4]), [form])


def _suited(
    complaint: Complaint, resident: Resident, day: date
) -> tuple[tuple[str, str, int, int], ...]:
    """Young children get the half of a dose for grown-ups at most, and no quinolone."""
    if resident.age_on(day) >= 12:
        return complaint.drugs
    return tuple(
        ("ACETAMINOPHEN", "160 mg", times, days)
        for drug, _, times, days in complaint.drugs
        if drug.startswith("ACETAMINOPHEN")
    )


def _talk(
    stream: Random, household: Household, body: Body, problem: str, onset: date, last: date
) -> Visit:
    resident = body.resident
    day = min(onset + timedelta(days=stream.randrange(10, 60)), last)
    phq, gad = mood_scores(stream, resident, day)
    mode: Mode = weighted(stream, {"home": 0.5, "clinic": 0.25, "telephone": 0.25})
    form = Form(
        kind="telephone" if mode == "telephone" else "contact",
        symptoms=("low mood", "poor sleep") if phq >= 8 else (),
        amounts={"PHQ_9": phq, "GAD_7": gad},
        diagnoses=(problem,),
        procedures=("ALCOHOL_COUNSELLING",)
        if problem == "HAZARDOUS_DRINKING"
        else ("COUNSELLING",),
        event=problem,
    )
    clinician = household.nurse if mode == "home" else household.doctor
    return Visit(resident, day, mode, clinician, [form])
