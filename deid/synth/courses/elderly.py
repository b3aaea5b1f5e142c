"""Older people: self-care in five items, cognition and mood, beside the yearly examination."""

from __future__ import annotations

from datetime import date
from random import Random
from statistics import NormalDist

from deid.synth.constitution import share_of_person
from deid.synth.courses.life import Life
from deid.synth.courses.sites import words
from deid.synth.parameters import value
from deid.synth.people import Resident
from deid.synth.physiology import frailty, is_beyond_asking, mood_scores
from deid.synth.visits import Form, Visit

SELF_CARE = {
    "SELF_CARE_EATING": (0, 0, 3, 5),
    "SELF_CARE_GROOMING": (0, 1, 3, 7),
    "SELF_CARE_DRESSING": (0, 0, 3, 5),
    "SELF_CARE_TOILETING": (0, 1, 5, 10),
    "SELF_CARE_ACTIVITY": (0, 1, 5, 10),
}
"""Score of each item for those who need no, little, much or all help (national form of 2017)."""

_HARDER = {"SELF_CARE_GROOMING": 0.2, "SELF_CARE_ACTIVITY": 0.4, "SELF_CARE_EATING": -0.4}
_SATISFACTION = ("SATISFIED", "RATHER_SATISFIED", "HARD_TO_SAY", "RATHER_DISSATISFIED",
                 "DISSATISFIED")  # fmt: skip


def elderly(stream: Random, life: Life) -> list[Visit]:
    """Adds the self-care form to the examinations of people of 65 and more; no visit of its own."""
    stiff = False
    for visit in life.visits:
        form = next((form for form in visit.forms if form.kind == "examination"), None)
        if form is not None and life.resident.age_on(visit.day) >= 65:
            visit.forms.append(_assess(stream, life.resident, form, visit.day))
            _answer_memory(life, form, visit.day)
            # What was lost once does not come back.
            stiff = stiff or form.answers["MOTOR_FUNCTION"] == "CANNOT_MOVE"
            if stiff:
                form.answers["MOTOR_FUNCTION"] = "CANNOT_MOVE"
    return []


def _answer_memory(life: Life, examination: Form, day: date) -> None:
    """A memory that is found low is spoken of."""
    if examination.answers["COGNITION_SCREEN"] == "SCREEN_NEGATIVE":
        return
    said = "memory.known" if life.resident.has("DEMENTIA", day) else "memory.low"
    examination.add_remark(words(life.household.locale, said), first=True)


def level_of(score: int) -> str:
    """Grade of the sum of the five items."""
    if score <= 3:
        return "SELF_CARE_INDEPENDENT"
    if score <= 8:
        return "SELF_CARE_MILD"
    return "SELF_CARE_MODERATE" if score <= 18 else "SELF_CARE_DEPENDENT"


def _assess(stream: Random, resident: Resident, examination: Form, day: date) -> Form:
    need = frailty(resident, day)
    form = Form(kind="elderly")
    score = 0
    for item, points in SELF_CARE.items():
        # What is hard for a person stays hard, so that nobody needs less help without a reason.
        own = min(max(share_of_person(resident, item), 0.02), 0.98)
        own = NormalDist(0, value("frailty.item.sd")).inv_cdf(own)
        help_needed = need + _HARDER.get(item, 0.0) + own
        form.amounts[item] = points[min(max(round(help_needed), 0), 3)]
        score += points[min(max(round(help_needed), 0), 3)]
    form.amounts["SELF_CARE_SCORE"] = score
    form.answers["SELF_CARE_LEVEL"] = level_of(score)
    _show_how_they_move(form, examination)
    _screen(stream, resident, examination, need, day)
    examination.amounts["SELF_CARE_SCORE"] = score
    examination.answers["SELF_CARE_LEVEL"] = form.answers["SELF_CARE_LEVEL"]
    return form


def _show_how_they_move(form: Form, examination: Form) -> None:
    """Who needs much help in walking is seen to need it."""
    if form.amounts["SELF_CARE_ACTIVITY"] >= SELF_CARE["SELF_CARE_ACTIVITY"][2]:
        examination.answers["MOTOR_FUNCTION"] = "CANNOT_MOVE"
    if form.answers["SELF_CARE_LEVEL"] == "SELF_CARE_DEPENDENT":
        examination.answers["EXERCISE_FREQUENCY"] = "NEVER"
        for key in ("EXERCISE_MINUTES", "EXERCISE_YEARS"):
            examination.amounts.pop(key, None)


def weaken(form: Form, examination: Form, *, lately: bool) -> None:
    """Walking, stairs and washing need help: more of it lately."""
    steps = {"SELF_CARE_ACTIVITY": 1, "SELF_CARE_GROOMING": 2 if lately else 1}
    if lately:
        steps |= {"SELF_CARE_TOILETING": 1}
    for item, least in steps.items():
        form.amounts[item] = max(form.amounts[item], SELF_CARE[item][least])
    score = sum(int(form.amounts[item]) for item in SELF_CARE)
    for filled in (form, examination):
        filled.amounts["SELF_CARE_SCORE"] = score
        filled.answers["SELF_CARE_LEVEL"] = level_of(score)


def mini_mental(stream: Random, resident: Resident, day: date) -> int:
    """Points of the mini-mental state examination (0-30)."""
    lost = value("mmse.no_schooling") if resident.education == "EDUCATION_NONE" else 0.0
    onset = resident.problems.get("DEMENTIA")
    if onset is not None:
        years = (day - onset).days / 365
        before = max(1 + years / value("mmse.years_before"), 0) * value("mmse.share_before")
        lost += value("mmse.at_dementia") * (before if years < 0 else 1)
        lost += value("mmse.decline") * max(years, 0)
    own = NormalDist(0, value("mmse.sd")).inv_cdf(share_of_person(resident, "mmse"))
    points = value("mmse.healthy") - lost + own + stream.gauss(0, value("mmse.visit.sd"))
    return min(max(round(points), 2), 30)


def _screen(stream: Random, resident: Resident, form: Form, need: float, day: date) -> None:
    """Cognition and mood; the scores are taken when the screen is positive."""
    mmse = mini_mental(stream, resident, day)
    positive = mmse < 24
    form.answers["COGNITION_SCREEN"] = "SCREEN_POSITIVE" if positive else "SCREEN_NEGATIVE"
    form.amounts["MMSE"] = mmse
    asked = not is_beyond_asking(resident, day)
    phq = form.amounts.get("PHQ_9")
    if phq is None:
        phq, gad = mood_scores(stream, resident, day)
        if asked:
            form.amounts |= {"PHQ_9": phq, "GAD_7": gad}
    form.answers["MOOD_SCREEN"] = "SCREEN_POSITIVE" if phq >= 10 else "SCREEN_NEGATIVE"
    if phq >= 10 and asked:
        form.amounts["GDS"] = min(max(round(phq * 0.8 + stream.gauss(0, 1.2)), 5), 15)
    worse = max(need, 0) * 1.2 + (1.2 if phq >= 10 else 0) + stream.gauss(0.6, 0.6)
    form.answers["SELF_RATED_HEALTH"] = _SATISFACTION[min(max(round(worse), 0), 4)]
