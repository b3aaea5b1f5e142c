"""Follow-up of hypertension and type 2 diabetes: four visits a year, as the national rules ask.

Controlled: the next visit is in a quarter. Not controlled or an adverse reaction: the treatment
changes, or the note says why not, and the next visit is due in two weeks, which not everybody
keeps. A second time, danger values or a new complication: referral. The class contradicts the
numbers in about one form in ten, as in real records.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from random import Random
from typing import cast

from deid.synth.constitution import DIABETES, HYPERTENSION
from deid.synth.courses.chronic_forms import (
    Lifestyle,
    ask_lifestyle,
    fill_in_lifestyle,
    tell_symptoms,
)
from deid.synth.courses.control import (
    REACTIONS,
    class_of_glucose,
    class_of_pressure,
    comes_on,
    days_to_next,
    is_dangerous,
    why_unchanged,
)
from deid.synth.courses.ladders import LADDERS, MOST_DRUGS, Drug, alternative, next_step, suitable
from deid.synth.courses.life import Life, working_day
from deid.synth.mixes import draw_mix
from deid.synth.parameters import value
from deid.synth.people import Clinician, Household, Locale, Resident
from deid.synth.physiology import (
    Body,
    Regimen,
    blood_pressure,
    bmi_of,
    fasting_glucose,
    hba1c,
    next_adherence,
    weight_on,
)
from deid.synth.physiology.drugs import CLASS_OF
from deid.synth.safety import is_contraindicated
from deid.synth.streams import happens, one_of, weighted
from deid.synth.visits import Form, Mode, Planted, Prescription, Visit, localise

COMPLICATIONS = {
    HYPERTENSION: ("CEREBRAL_INFARCTION", "ACUTE_MYOCARDIAL_INFARCTION",
                   "CORONARY_ARTERIOSCLEROSIS", "HEART_FAILURE", "CHRONIC_KIDNEY_DISEASE"),
    DIABETES: ("CEREBRAL_INFARCTION", "ACUTE_MYOCARDIAL_INFARCTION", "CHRONIC_KIDNEY_DISEASE",
               "T2DM_RETINOPATHY", "DIABETIC_NEPHROPATHY", "T2DM_NEUROPATHY", "DIABETIC_FOOT"),
}  # fmt: skip
"""What counts as a new complication of each problem, the gravest first."""

_REASONS = {
    "complication": {"en_US": "new complication", "zh_CN": "出现新的并发症"},
    "danger": {"en_US": "dangerous values", "zh_CN": "数值达到危险范围"},
    "adverse": {"en_US": "reactions to the drugs", "zh_CN": "药物不良反应难以控制"},
    "uncontrolled": {"en_US": "not controlled at two visits", "zh_CN": "连续两次控制不满意"},
}
GAP_DAYS = 150
"""Days between two follow-ups from which a quarter was left out."""
LOST_DAYS = 365
"""Days without any follow-up until the end of the record from which somebody is lost."""
SUPPLY_DAYS = 91
_TO_LOW_SUGAR = frozenset({"insulin", "sulfonylurea"})
"""Classes that can bring glucose down too far."""
_HBA1C_DAYS = 80
"""HbA1c is not measured again sooner."""
_PAUSE_DAYS = 365
"""Nobody is referred again within these days for mere lack of control (assumption)."""


@dataclass
class _Treatment:
    """Drugs and state of one problem as it goes."""

    problem: str
    drugs: list[Drug]
    reserve: list[Drug]
    adherence: str
    begun: bool = False
    failures: int = 0
    referred: date = date.min
    known: set[str] = field(default_factory=set)
    tested: date = date.min
    """When HbA1c was measured last."""
    advised: bool = False
    """Has the hospital been asked since the last visit?"""


def follow_up(stream: Random, life: Life) -> list[Visit]:
    """All follow-up visits of one resident; none for those with neither problem."""
    household, body, resident = life.household, life.body, life.resident
    onsets = {p: resident.problems[p] for p in (HYPERTENSION, DIABETES) if p in resident.problems}
    if not onsets:
        return []
    treatments: dict[str, _Treatment] = {}
    day = max(min(onsets.values()), life.first) + timedelta(days=stream.randrange(5, 60))
    visits: list[Visit] = []
    vitals: dict[str, float] = {}
    while (day := working_day(day)) <= life.last:
        if resident.is_away(day):
            day += timedelta(days=30)
            continue
        for problem, onset in onsets.items():
            if onset <= day and problem not in treatments:
                known = next((t.adherence for t in treatments.values()), None)
                treatments[problem] = _start(stream, life, problem, known, day)
        mode = cast(Mode, draw_mix(stream, "follow_up.visit"))
        copied = bool(vitals) and happens(stream, value("record.copied_forward"))
        if not copied:
            vitals = _vitals(stream, body, day, mode, life.first)
        lifestyle = ask_lifestyle(
            stream, resident, vitals, next(iter(treatments.values())).adherence, day
        )
        forms = [
            _fill_in(stream, life, treatment, vitals, lifestyle, day)
            for treatment in treatments.values()
        ]
        if copied:
            keys = tuple(key for key in vitals if key in forms[0].readings)
            forms[0].faults.append(Planted("copied forward", "measurement", keys))
        due = min(form.next_day for form in forms if form.next_day is not None)
        _agree(forms, day, due)
        if visits and (day - visits[-1].day).days > GAP_DAYS:
            visits[-1].faults.append(Planted("gap in follow-up", "visit_occurrence"))
        if mode == "clinic" and "chest tightness" in forms[0].symptoms:
            forms[0].procedures += ("ELECTROCARDIOGRAM",)
        visits.append(Visit(resident, day, mode, _who(stream, household), forms))
        _take(stream, body, treatments, day, {form.hints.get("unchanged") for form in forms})
        if happens(stream, value("follow_up.drops_out")):
            if (life.last - day).days > LOST_DAYS:
                visits[-1].faults.append(Planted("lost to follow-up", "visit_occurrence"))
            break
        day = comes_on(stream, day, due, next(iter(treatments.values())).adherence)
    return visits


def _agree(forms: list[Form], day: date, due: date) -> None:
    """One visit ends with one appointment, until which the drugs last."""
    days = (due - day).days
    for form in forms:
        form.next_day = due
        form.amounts["NEXT_FOLLOW_UP"] = days
        form.drugs = tuple(replace(drug, days=max(days, 14)) for drug in form.drugs)


def _start(
    stream: Random, life: Life, problem: str, adherence: str | None, day: date
) -> _Treatment:
    """The first visit; who was ill before the records began is under treatment already.

    ``adherence`` is that to the drugs for another problem.
    """
    resident, body = life.resident, life.body
    ladder = suitable(resident, one_of(stream, LADDERS[problem, life.household.locale]), day)
    years = (day - resident.problems[problem]).days / 365
    steps = 2 if years > 4 and happens(stream, 0.6) else 1
    treatment = _Treatment(
        problem=problem,
        drugs=ladder[:steps],
        reserve=ladder[steps:],
        adherence=adherence or next_adherence(stream, resident, day, None),
        known={p for p in COMPLICATIONS[problem] if _has_begun(resident, p, day)},
    )
    if years > 0.5:
        treatment.begun = True
        drugs = tuple(drug for drug, _, _ in treatment.drugs)
        body.treat(problem, Regimen(day - timedelta(days=90), drugs, treatment.adherence))
    return treatment


def _replace(
    resident: Resident, treatment: _Treatment, form: Form, stopped: Drug, locale: Locale, day: date
) -> None:
    """Another drug in the place of one that must not or cannot be taken on."""
    instead = alternative(
        resident, treatment.problem, treatment.drugs, treatment.reserve, locale, day, stopped
    )
    treatment.drugs.remove(stopped)
    # Nobody goes from tablets to the needle because one tablet is not borne.
    needle = CLASS_OF[instead[0]] == "insulin" and bool(treatment.drugs)
    if instead != stopped and instead not in treatment.drugs and not needle:
        treatment.drugs.append(instead)
        form.hints["replaced"] = instead[0]
    treatment.reserve = [drug for drug in treatment.reserve if drug != instead]
    form.hints["stopped"] = stopped[0]
    form.change = "switched"


def _take(
    stream: Random, body: Body, treatments: dict[str, _Treatment], day: date, said: set[str | None]
) -> None:
    """Until the next visit: what was prescribed, and how it will be taken.

    One person has one way with pills, whatever they are for. Some of those who were told why
    (``said``: reasons for an unchanged treatment) take them regularly from then on.
    """
    current = next(iter(treatments.values())).adherence
    adherence = next_adherence(stream, body.resident, day, current)
    if said & {"not_taken", "irregular"} and happens(stream, value("adherence.counselled")):
        adherence = "ADHERENCE_REGULAR"
    for treatment in treatments.values():
        treatment.adherence = adherence
        drugs = tuple(drug for drug, _, _ in treatment.drugs)
        body.treat(treatment.problem, Regimen(day, drugs, adherence))


def _vitals(stream: Random, body: Body, day: date, mode: Mode, first: date) -> dict[str, float]:
    """What is measured once a visit, however many forms it fills."""
    systolic, diastolic = blood_pressure(stream, body, day, mode)
    weight = weight_on(stream, body.resident, day, first)
    return {
        "SYSTOLIC_BP": systolic,
        "DIASTOLIC_BP": diastolic,
        "BODY_WEIGHT": weight,
        "BMI": bmi_of(weight, body.resident),
        "HEART_RATE": round(body.heart_rate + stream.gauss(0, 4)),
    }


def _fill_in(
    stream: Random,
    life: Life,
    treatment: _Treatment,
    vitals: dict[str, float],
    lifestyle: Lifestyle,
    day: date,
) -> Form:
    resident, household, body = life.resident, life.household, life.body
    readings = dict(vitals)
    if treatment.problem == HYPERTENSION:
        expected = class_of_pressure(resident, day, vitals["SYSTOLIC_BP"], vitals["DIASTOLIC_BP"])
    else:
        readings["FASTING_GLUCOSE"] = fasting_glucose(stream, body, day)
        if (day - treatment.tested).days >= _HBA1C_DAYS and happens(stream, 0.5):
            treatment.tested = day
            readings["HBA1C"] = hba1c(stream, body, day)
        expected = class_of_glucose(readings["FASTING_GLUCOSE"])
    form = Form(
        kind="hypertension" if treatment.problem == HYPERTENSION else "diabetes",
        readings=localise(household.locale, readings),
        symptoms=tell_symptoms(
            stream, treatment.problem, [d[0] for d in treatment.drugs], readings, lifestyle
        ),
        diagnoses=(treatment.problem,),
    )
    if "HBA1C" in readings:
        form.texts["HBA1C_DATE"] = (day - timedelta(days=stream.randrange(0, 15))).isoformat()
    fill_in_lifestyle(resident, form, lifestyle, treatment.problem, day)
    form.answers["DRUG_ADHERENCE"] = treatment.adherence
    if not treatment.begun:
        form.hints["begun"] = "yes"
    if treatment.problem == DIABETES and treatment.adherence == "ADHERENCE_REGULAR":
        _ask_for_hypoglycemia(stream, treatment, form)
    _judge(stream, life, treatment, form, expected, readings, day)
    for drug in [d for d in treatment.drugs if is_contraindicated(resident, d[0], day)]:
        _replace(resident, treatment, form, drug, household.locale, day)
    begins, treatment.begun = not treatment.begun, True
    if treatment.adherence != "ADHERENCE_NONE" or begins or form.change in {"added", "switched"}:
        form.drugs = tuple(
            Prescription(drug, dose, times, SUPPLY_DAYS) for drug, dose, times in treatment.drugs
        )
    return form


def _has_begun(resident: Resident, problem: str, day: date) -> bool:
    """Also of what is over, as an infarction after four weeks."""
    return problem in resident.problems and resident.problems[problem] <= day


def _ask_for_hypoglycemia(stream: Random, treatment: _Treatment, form: Form) -> None:
    """Insulin and drugs that release it bring glucose down too far now and then."""
    classes = {CLASS_OF[drug] for drug, _, _ in treatment.drugs}
    if classes & _TO_LOW_SUGAR and happens(stream, value("hypoglycemia.drugs")):
        form.answers["HYPOGLYCEMIC_REACTION"] = weighted(
            stream, {"OCCASIONAL": 0.85, "FREQUENT": 0.15}
        )


def _judge(
    stream: Random,
    life: Life,
    treatment: _Treatment,
    form: Form,
    expected: str,
    readings: dict[str, float],
    day: date,
) -> None:
    """Class, what follows from it, and the next date."""
    resident, locale = life.resident, life.household.locale
    complications = COMPLICATIONS[treatment.problem]
    new = [p for p in complications if _has_begun(resident, p, day) and p not in treatment.known]
    written = expected
    if happens(stream, value("class.contradicts")):
        written = "CLASS_CONTROLLED" if expected == "CLASS_UNCONTROLLED" else "CLASS_UNCONTROLLED"
    takes = treatment.begun and treatment.adherence != "ADHERENCE_NONE"
    low = takes and _is_low(treatment, readings)
    reaction = (takes and happens(stream, value("class.adverse_reaction"))) or low
    if low:
        form.answers["HYPOGLYCEMIC_REACTION"] = "OCCASIONAL"
    if reaction:
        written = "CLASS_ADVERSE_REACTION"
    if new:
        written = "CLASS_COMPLICATION"
        treatment.known |= set(new)
        form.event = new[0]
    if written not in {expected, "CLASS_ADVERSE_REACTION", "CLASS_COMPLICATION"}:
        form.faults.append(Planted("class contradicts", "observation", ("FOLLOW_UP_CLASS",)))
    form.answers["FOLLOW_UP_CLASS"] = written
    form.answers["ADVERSE_REACTION"] = "PRESENT" if reaction else "NONE"
    if written == "CLASS_CONTROLLED":
        treatment.failures = 0
        form.change = "kept"
    else:
        # What is written against the numbers leads to no more than another look.
        treatment.failures += not (written == "CLASS_UNCONTROLLED" and expected != written)
        reason = _reason(stream, treatment, form, readings, day)
        if reason is not None:
            form.change, treatment.referred, treatment.failures = "referred", day, 0
            treatment.advised = True
            form.texts["REFERRAL_REASON"] = _REASONS[reason][locale]
            form.hints["referred_for"] = reason
        else:
            mild = readings.get("FASTING_GLUCOSE", 0) < value("fpg.insulin")
            _adjust(stream, life, treatment, form, expected == written, day, mild=mild)
    form.next_day = day + timedelta(days=days_to_next(written))


def _reason(
    stream: Random,
    treatment: _Treatment,
    form: Form,
    readings: dict[str, float],
    day: date,
) -> str | None:
    """Why the resident is referred, if at all; the note says when an offer is declined."""
    if form.answers["FOLLOW_UP_CLASS"] == "CLASS_COMPLICATION":
        return "complication"
    if is_dangerous(readings):
        return "danger"
    if treatment.failures < 2 or (day - treatment.referred).days <= _PAUSE_DAYS:
        return None
    if happens(stream, value("follow_up.refers")):
        reaction = form.answers["ADVERSE_REACTION"] == "PRESENT"
        return "adverse" if reaction else "uncontrolled"
    form.hints["declined"] = "referral"
    return None


def _adjust(
    stream: Random,
    life: Life,
    treatment: _Treatment,
    form: Form,
    uncontrolled: bool,
    day: date,
    *,
    mild: bool,
) -> None:
    """Another drug in the place of one that is not borne, or one more for lack of control.

    More drugs do not help those who leave them; a treatment that has not begun is not changed;
    nobody is given insulin for a glucose that is only mildly raised.
    """
    form.change = "kept"
    if form.answers["FOLLOW_UP_CLASS"] == "CLASS_ADVERSE_REACTION":
        culprit = _culprit(treatment, form)
        felt = REACTIONS[CLASS_OF[culprit[0]]]
        form.symptoms = tuple(dict.fromkeys((*form.symptoms, felt)))
        _replace(life.resident, treatment, form, culprit, life.household.locale, day)
        return
    if not treatment.begun:
        return
    where = life.household.locale
    # What the hospital advised is done: one drug more than the health centre gives by itself.
    most = MOST_DRUGS + treatment.advised
    step = next_step(
        life.resident, treatment.problem, treatment.drugs, treatment.reserve, where, day, most
    )
    if step is not None and mild and CLASS_OF[step[0]] == "insulin":
        step = None
    if uncontrolled and treatment.adherence != "ADHERENCE_NONE":
        regular = treatment.adherence == "ADHERENCE_REGULAR"
        ready = 1.0 if treatment.advised else value("follow_up.intensifies") * regular
        treatment.advised = False
        if step is not None and happens(stream, ready):
            treatment.drugs.append(step)
            treatment.reserve = [drug for drug in treatment.reserve if drug != step]
            form.change = "added"
            return
    form.hints["unchanged"] = why_unchanged(
        stream,
        treatment.adherence,
        uncontrolled=uncontrolled,
        advised=(day - treatment.referred).days <= _PAUSE_DAYS,
        left=step is not None,
    )


def _is_low(treatment: _Treatment, readings: dict[str, float]) -> bool:
    """Has what brings glucose down brought it too far down?"""
    too_low = readings.get("FASTING_GLUCOSE", 6.0) < value("fpg.too_low")
    return too_low and any(CLASS_OF[drug] in _TO_LOW_SUGAR for drug, _, _ in treatment.drugs)


def _culprit(treatment: _Treatment, form: Form) -> Drug:
    """Which drug is not borne: the last one, or that which brings glucose too far down."""
    if form.answers.get("HYPOGLYCEMIC_REACTION", "NONE") != "NONE":
        for drug in reversed(treatment.drugs):
            if CLASS_OF[drug[0]] in _TO_LOW_SUGAR:
                return drug
    return treatment.drugs[-1]


def _who(stream: Random, household: Household) -> Clinician:
    return household.doctor if happens(stream, 0.8) else household.nurse
