"""Follow-up of severe mental disorders by the form of 2018: danger, insight, social functions.

The class decides the interval: stable, three months; basically stable, two weeks at first and then
a month; unstable, referral and two weeks. Relapses come more often to those who leave their drugs.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import cast

from deid.synth.constitution import one_of_person
from deid.synth.courses.life import Life, working_day
from deid.synth.courses.sites import words
from deid.synth.mixes import draw_mix
from deid.synth.parameters import value
from deid.synth.people import Resident
from deid.synth.physiology import next_adherence
from deid.synth.safety import NOT_WHILE_FERTILE, may_conceive
from deid.synth.streams import happens, one_of, weighted
from deid.synth.visits import Form, Mode, Prescription, Visit

ILLNESSES = ("SCHIZOPHRENIA", "BIPOLAR_DISORDER")
STABLE, BASIC, UNSTABLE = "CLASS_STABLE", "CLASS_BASICALLY_STABLE", "CLASS_UNSTABLE"
INTERVALS = {STABLE: 91, BASIC: 30, UNSTABLE: 14}
"""Days to the next visit by class (national rules); 14 also for the first visit of ``BASIC``."""

SOCIAL = ("SOCIAL_SELF_CARE", "SOCIAL_HOUSEWORK", "SOCIAL_WORK", "SOCIAL_STUDY",
          "SOCIAL_INTERACTION")  # fmt: skip
COUNTS = ("MINOR_TROUBLES", "TROUBLES", "GRAVE_TROUBLES", "OTHER_DANGEROUS_ACTS", "SELF_INJURIES",
          "SUICIDE_ATTEMPTS")  # fmt: skip
_SYMPTOMS = {
    "SCHIZOPHRENIA": ("HALLUCINATION", "SUSPICION", "TALKS_TO_ONESELF", "WITHDRAWN",
                      "DISTURBED_COMMUNICATION", "ODD_BEHAVIOUR", "WANDERING"),
    "BIPOLAR_DISORDER": ("OVERTALKATIVE", "OVERACTIVITY", "ODD_BEHAVIOUR", "PESSIMISM"),
}  # fmt: skip
_DRUGS = {
    "SCHIZOPHRENIA": (
        (("OLANZAPINE", "10 mg", 1),),
        (("RISPERIDONE", "2 mg", 2),),
        (("ARIPIPRAZOLE", "15 mg", 1),),
        (("CLOZAPINE", "100 mg", 2), ("RISPERIDONE", "1 mg", 1)),
    ),
    "BIPOLAR_DISORDER": (
        (("VALPROATE", "500 mg", 2), ("OLANZAPINE", "5 mg", 1)),
        (("LITHIUM", "300 mg", 2),),
        (("OLANZAPINE", "10 mg", 1),),
    ),
}
_LITHIUM_DAYS = 170
"""The level is taken twice a year."""
_TAKEN = {"ADHERENCE_REGULAR": 1.0, "ADHERENCE_INTERMITTENT": 0.5, "ADHERENCE_NONE": 0.0}


@dataclass
class _Patient:
    """State of one illness as it goes."""

    illness: str
    drugs: tuple[tuple[str, str, int], ...]
    adherence: str
    state: str = STABLE
    tested: date = date.min
    """When lithium was measured last."""
    admitted: bool = False


def mental_illness(stream: Random, life: Life) -> list[Visit]:
    """All follow-up visits of one resident; none for those without such an illness."""
    resident = life.resident
    illness = next((p for p in ILLNESSES if p in resident.problems), None)
    if illness is None:
        return []
    onset = resident.problems[illness]
    day = max(onset, life.first) + timedelta(days=stream.randrange(7, 40))
    patient = _Patient(
        illness=illness,
        drugs=regimen_of(resident, illness),
        adherence=next_adherence(stream, resident, day, None),
        state=BASIC if (day - onset).days < 365 else STABLE,
        admitted=happens(stream, value("smi.admitted_before")),
    )
    visits: list[Visit] = []
    before: str | None = None
    while (day := working_day(day)) <= life.last:
        form = _fill_in(stream, resident, patient, before, day)
        if form.answers["DRUG_ADHERENCE"] == "ADHERENCE_NONE":
            form.texts["ABNORMALITY"] = words(life.household.locale, "mind.left")
        before = form.answers["FOLLOW_UP_CLASS"]
        mode = cast(Mode, draw_mix(stream, "smi.visit"))
        if before == UNSTABLE:
            mode = "home"
        clinician = life.household.doctor if happens(stream, 0.7) else life.household.nurse
        visits.append(Visit(resident, day, mode, clinician, [form]))
        assert form.next_day is not None
        day = form.next_day + timedelta(days=stream.randrange(-3, 8))
        while happens(stream, value("smi.visit_missed")):
            day += timedelta(days=INTERVALS[STABLE])
    return visits


def regimen_of(resident: Resident, illness: str) -> tuple[tuple[str, str, int], ...]:
    """Drugs of a person's severe mental illness; no lithium beside drugs for pressure, or when the
    kidneys fail, and no valproate for those who may become pregnant when it begins."""
    fits = _DRUGS[illness]
    if {"ESSENTIAL_HYPERTENSION", "CHRONIC_KIDNEY_DISEASE", "HEART_FAILURE"} & (
        resident.problems.keys()
    ):
        fits = tuple(drugs for drugs in fits if drugs[0][0] != "LITHIUM")
    if may_conceive(resident, resident.problems[illness]):
        fits = tuple(drugs for drugs in fits if not drugs[0][0].startswith(NOT_WHILE_FERTILE))
    return one_of_person(resident, fits, illness)


def psychotropics_on(resident: Resident, day: date) -> tuple[Prescription, ...]:
    """The drugs of a severe mental illness that the person has on a day."""
    illness = next((p for p in ILLNESSES if resident.has(p, day)), None)
    if illness is None:
        return ()
    return tuple(Prescription(*drug, 30) for drug in regimen_of(resident, illness))


def class_of(danger: int, symptoms: int, insight: str, social_poor: int, reaction: bool) -> str:
    """The class by the national rules, from the danger level, the number of symptoms, insight, the
    number of social functions that are poor, and a reaction to drugs."""
    if danger >= 3 or (symptoms >= 2 and insight == "INSIGHT_NONE"):
        return UNSTABLE
    if danger == 0 and not symptoms and insight == "INSIGHT_FULL" and not (social_poor or reaction):
        return STABLE
    return BASIC


def _fill_in(
    stream: Random, resident: Resident, patient: _Patient, before: str | None, day: date
) -> Form:
    _move_on(stream, resident, patient, day)
    danger = _danger(stream, patient.state)
    options = _SYMPTOMS[patient.illness]
    number = {STABLE: 0, BASIC: one_of(stream, (0, 1, 1)), UNSTABLE: one_of(stream, (2, 3, 3))}
    symptoms = sorted(stream.sample(options, number[patient.state]), key=options.index)
    if danger >= 4:
        symptoms.append("VIOLENCE")
    insight = {STABLE: "INSIGHT_FULL", BASIC: "INSIGHT_PARTIAL", UNSTABLE: "INSIGHT_NONE"}[
        patient.state
    ]
    social = {key: _social(stream, key, patient.state) for key in SOCIAL}
    taken = _TAKEN[patient.adherence] > 0
    reaction = taken and happens(stream, value("smi.reaction"))
    poor = sum(answer == "POOR" for answer in social.values())
    written = class_of(danger, len(symptoms), insight, poor, reaction)
    interval = INTERVALS[written]
    if written == BASIC and before != BASIC:
        interval = INTERVALS[UNSTABLE]
    form = Form(kind="mental illness", diagnoses=(patient.illness,))
    form.answers = {
        "WHO_WAS_INTERVIEWED": draw_mix(stream, "smi.interviewed"),
        "DANGER_LEVEL": f"DANGER_{danger}",
        "MENTAL_SYMPTOM": "|".join(symptoms) or "NONE",
        "INSIGHT": insight,
        "SLEEP_QUALITY": _quality(stream, patient.state),
        "EATING_STATE": _quality(stream, patient.state),
        **social,
        "LOCK_UP": "LOCKED_UP" if _is_locked_up(stream, patient.state) else "NONE",
        "MENTAL_HOSPITALISATION": "HOSPITAL_PAST" if patient.admitted else "HOSPITAL_NEVER",
        "LABORATORY_DONE": "PRESENT" if happens(stream, value("smi.laboratory")) else "NONE",
        "DRUG_ADHERENCE": patient.adherence,
        "ADVERSE_REACTION": "PRESENT" if reaction else "NONE",
        "TREATMENT_EFFECT": _effect(before, written),
        "REHABILITATION": one_of_person(
            resident,
            ("REHABILITATION_LIVING", "REHABILITATION_SOCIAL", "REHABILITATION_WORK"),
        ),
        "FOLLOW_UP_CLASS": written,
    }
    form.amounts = dict.fromkeys(COUNTS, 0)
    if danger:
        form.amounts["MINOR_TROUBLES" if danger <= 2 else "TROUBLES"] = one_of(stream, (1, 1, 2))
    form.amounts["NEXT_FOLLOW_UP"] = interval
    form.next_day = day + timedelta(days=interval)
    form.change = "referred" if written == UNSTABLE else "kept"
    form.answers["REFERRAL"] = "YES" if written == UNSTABLE else "NO"
    if taken and patient.drugs[0][0] == "LITHIUM" and (day - patient.tested).days >= _LITHIUM_DAYS:
        patient.tested = day
        form.answers["LABORATORY_DONE"] = "PRESENT"
        form.readings["LITHIUM_LEVEL"] = _lithium(stream, patient.adherence)
    if taken:
        days = max(interval, 14)
        form.drugs = tuple(Prescription(*drug, days) for drug in patient.drugs)
    return form


def _lithium(stream: Random, adherence: str) -> float:
    """Level in mmol/L; who leaves out doses has less."""
    level = stream.gauss(value("lithium.level"), value("lithium.sd")) * _TAKEN[adherence] ** 0.5
    return round(min(max(level, 0.2), 1.1), 2)


def _move_on(stream: Random, resident: Resident, patient: _Patient, day: date) -> None:
    """Relapse, most often after the drugs were left; or settling after one."""
    taken, alone = _TAKEN[patient.adherence], value("smi.settles.untreated")
    if patient.state == STABLE:
        ratio = value("smi.relapse.untreated") ** (1 - taken)
        if happens(stream, value("smi.relapse") * ratio):
            worse = happens(stream, value("smi.relapse.unstable"))
            patient.state = UNSTABLE if worse else BASIC
    elif happens(stream, value("smi.settles") * (alone + (1 - alone) * taken)):
        if patient.state == UNSTABLE:
            patient.state = BASIC
        else:
            patient.state = STABLE
    patient.adherence = next_adherence(stream, resident, day, patient.adherence)


def _danger(stream: Random, state: str) -> int:
    if state == STABLE:
        return 0
    if state == BASIC:
        return int(draw_mix(stream, "smi.danger.basic"))
    return int(draw_mix(stream, "smi.danger.unstable"))


def _social(stream: Random, key: str, state: str) -> str:
    if state == STABLE:
        return draw_mix(stream, "smi.social.stable")
    poor = value("smi.social.poor.basic" if state == BASIC else "smi.social.poor.unstable")
    if key in {"SOCIAL_WORK", "SOCIAL_STUDY"}:
        poor += value("smi.social.harder")
    good = value("smi.social.good")
    return weighted(stream, {"GOOD": good, "FAIR": 1 - good - poor, "POOR": poor})


def _quality(stream: Random, state: str) -> str:
    if state == UNSTABLE:
        return draw_mix(stream, "smi.quality.unstable")
    return draw_mix(stream, "smi.quality.stable")


def _is_locked_up(stream: Random, state: str) -> bool:
    return state == UNSTABLE and happens(stream, value("smi.locked_up"))


def _effect(before: str | None, written: str) -> str:
    order = (UNSTABLE, BASIC, STABLE)
    if before is None or before == written:
        return "EFFECT_UNCHANGED"
    return "EFFECT_BETTER" if order.index(written) > order.index(before) else "EFFECT_WORSE"
