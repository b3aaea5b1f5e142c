"""Follow-up of hypertension and type 2 diabetes judged: class, referral, and what changes.

A value that is not controlled is seen again first; then a dose is raised or a drug is added, or the
form says why not. A second time, danger values and new complications lead to the hospital.
"""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from deid.synth.constitution import DIABETES, HYPERTENSION
from deid.synth.courses.complication_signs import show_complication
from deid.synth.courses.control import days_to_next, is_dangerous, why_unchanged
from deid.synth.courses.ladders import MOST_DRUGS, Drug, next_step, raisable
from deid.synth.courses.life import Life
from deid.synth.courses.sites import words
from deid.synth.courses.treatment import (
    COMPLICATIONS,
    Treatment,
    has_begun,
    is_at_its_goal,
    is_low,
    raise_dose,
    stop_culprit,
    tell_reaction,
)
from deid.synth.parameters import value
from deid.synth.physiology.drugs import CLASS_OF
from deid.synth.streams import happens
from deid.synth.visits import Form, Planted

REASONS = {
    "complication": {"en_US": "new complication", "zh_CN": "出现新的并发症"},
    "danger": {"en_US": "dangerous values", "zh_CN": "数值达到危险范围"},
    "adverse": {"en_US": "reactions to the drugs", "zh_CN": "药物不良反应难以控制"},
    "uncontrolled": {"en_US": "not controlled at two visits", "zh_CN": "连续两次控制不满意"},
    "symptoms": {"en_US": "symptoms of the heart again", "zh_CN": "反复出现心脏症状"},
}
"""Reasons of a referral, as the form has them."""
PAUSE_DAYS = 365
"""Nobody is referred again within these days for mere lack of control (assumption)."""
_NEAR = (150, 95)
"""Pressures in mmHg below which one raised reading after controlled ones is only seen again."""
_WORKS_DAYS = {DIABETES: 60, HYPERTENSION: 25}
"""So many days a drug that was begun, first or anew, is given to show what it does."""
_NEW_DAYS = 365
"""Who has borne a drug for longer has no reaction to it any more (assumption)."""
_SLOW_PULSE = 62
"""Beats a minute below which no beta blocker is given, or more of it (assumption)."""
_ADVICE_DAYS = 365
"""So long after the hospital's advice it is still done."""


def judge(
    stream: Random,
    life: Life,
    treatment: Treatment,
    form: Form,
    expected: str,
    readings: dict[str, float],
    day: date,
) -> None:
    """Class, what follows from it, and the next date."""
    resident, locale = life.resident, life.household.locale
    complications = COMPLICATIONS[treatment.problem]
    new = [p for p in complications if has_begun(resident, p, day) and p not in treatment.known]
    written = expected
    if happens(stream, value("class.contradicts")):
        written = "CLASS_CONTROLLED" if expected == "CLASS_UNCONTROLLED" else "CLASS_UNCONTROLLED"
    takes = treatment.begun and bool(treatment.drugs)
    takes = takes and treatment.adherence != "ADHERENCE_NONE"
    low = takes and is_low(treatment, readings)
    fresh = (day - treatment.changed).days <= _NEW_DAYS
    reaction = (takes and fresh and happens(stream, value("class.adverse_reaction"))) or low
    if low:
        form.answers["HYPOGLYCEMIC_REACTION"] = "OCCASIONAL"
    if reaction:
        written = "CLASS_ADVERSE_REACTION"
    if new:
        written = "CLASS_COMPLICATION"
        treatment.known |= set(new)
        form.event = new[0]
        show_complication(stream, life, form, new[0], day)
    if written not in {expected, "CLASS_ADVERSE_REACTION", "CLASS_COMPLICATION"}:
        form.faults.append(Planted("class contradicts", "observation", ("FOLLOW_UP_CLASS",)))
    form.answers["FOLLOW_UP_CLASS"] = written
    form.answers["ADVERSE_REACTION"] = "PRESENT" if reaction else "NONE"
    if written == "CLASS_CONTROLLED":
        treatment.failures = 0
        form.change = "kept"
    else:
        # What is written against the numbers leads to no more than another look.
        # Nor does a treatment that has had no time to work.
        against = written == "CLASS_UNCONTROLLED" and expected != written
        treatment.failures += treatment.begun and not against and not _is_recent(treatment, day)
        reason = _reason(stream, treatment, form, readings, day)
        if reason is not None:
            form.change, treatment.referred, treatment.failures = "referred", day, 0
            form.texts["REFERRAL_REASON"] = REASONS[reason][locale]
            form.hints["referred_for"] = reason
            if reason == "danger" and treatment.adherence == "ADHERENCE_NONE":
                form.hints["again"] = "yes"
                form.texts["ABNORMALITY"] = words(locale, "danger.again")
            if low:
                stop_culprit(resident, treatment, form, locale, day)
                form.change = "referred"
            elif reaction:
                tell_reaction(treatment, form)
        else:
            mild = readings.get("FASTING_GLUCOSE", 0) < value("fpg.insulin")
            _adjust(stream, life, treatment, form, expected == written, day, mild=mild)
    form.next_day = day + timedelta(days=days_to_next(written))


def _is_recent(treatment: Treatment, day: date) -> bool:
    """Has what was begun last, first or anew, had too little time to show what it does?"""
    since = max(treatment.changed, treatment.regular)
    return (day - since).days < _WORKS_DAYS[treatment.problem]


def _reason(
    stream: Random,
    treatment: Treatment,
    form: Form,
    readings: dict[str, float],
    day: date,
) -> str | None:
    """Why the resident is referred, if at all; the note says when an offer is declined."""
    if form.answers["FOLLOW_UP_CLASS"] == "CLASS_COMPLICATION":
        return "complication"
    if is_dangerous(readings):
        return "danger"
    if treatment.failures < 2 or (day - treatment.referred).days <= PAUSE_DAYS:
        return None
    if is_at_its_goal(treatment, day) and form.answers["ADVERSE_REACTION"] == "NONE":
        return None
    if happens(stream, value("follow_up.refers")):
        reaction = form.answers["ADVERSE_REACTION"] == "PRESENT"
        return "adverse" if reaction else "uncontrolled"
    form.hints["declined"] = "referral"
    return None


def _what_could_be_given(
    life: Life, treatment: Treatment, form: Form, most: int, day: date
) -> tuple[Drug | None, list[str]]:
    """The next drug, if there is one, and those that are taken and could be given in more: no
    beta blocker for a slow pulse, no more metformin for kidneys that are ill."""
    spared = set(treatment.not_borne)
    if form.readings["HEART_RATE"] < _SLOW_PULSE:
        spared.add("beta_blocker")
    step = next_step(
        life.resident, treatment.problem, treatment.drugs, treatment.reserve,
        life.household.locale, day, most, spared,
    )  # fmt: skip
    if life.resident.has("CHRONIC_KIDNEY_DISEASE", day):
        spared.add("metformin")
    higher = raisable(treatment.drugs, treatment.raised, life.household.locale)
    return step, [drug for drug in higher if CLASS_OF[drug] not in spared]


def _adjust(
    stream: Random,
    life: Life,
    treatment: Treatment,
    form: Form,
    uncontrolled: bool,
    day: date,
    *,
    mild: bool,
) -> None:
    """Another drug in the place of one that is not borne; more of a drug, or one more, for lack
    of control.

    More does not help those who leave their drugs; a treatment that has not begun is not changed;
    nobody is given insulin, or more of it, for a glucose that is only mildly raised.
    """
    form.change = "kept"
    if form.answers["FOLLOW_UP_CLASS"] == "CLASS_ADVERSE_REACTION":
        stop_culprit(life.resident, treatment, form, life.household.locale, day)
        return
    if not treatment.begun:
        return
    # What the hospital advised lately is done: one drug more than the health centre gives.
    advised = treatment.advised and (day - treatment.seen).days <= _ADVICE_DAYS
    most = MOST_DRUGS + advised
    step, higher = _what_could_be_given(life, treatment, form, most, day)
    left = step is not None or bool(higher)
    if mild:
        step = None if step is not None and CLASS_OF[step[0]] == "insulin" else step
        higher = [drug for drug in higher if CLASS_OF[drug] != "insulin"]
    recent = _is_recent(treatment, day)
    long_term = is_at_its_goal(treatment, day)
    near = (
        treatment.problem == HYPERTENSION
        and treatment.failures < 2
        and all(
            form.readings[key] < limit
            for key, limit in zip(("SYSTOLIC_BP", "DIASTOLIC_BP"), _NEAR, strict=True)
        )
    )
    waits = recent or long_term or near
    if uncontrolled and treatment.adherence != "ADHERENCE_NONE" and not waits:
        regular = treatment.adherence == "ADHERENCE_REGULAR"
        ready = (1.0 if advised else value("follow_up.intensifies")) * regular
        treatment.advised &= not regular
        if not happens(stream, ready):
            step, higher = None, []
        if higher and (step is None or happens(stream, value("follow_up.raises"))):
            raise_dose(treatment, form, higher[0], day)
            return
        if step is not None:
            treatment.drugs.append(step)
            treatment.reserve = [drug for drug in treatment.reserve if drug != step]
            form.change = "added"
            return
    form.hints["unchanged"] = why_unchanged(
        stream,
        treatment.adherence,
        uncontrolled=uncontrolled and not (near and treatment.adherence == "ADHERENCE_REGULAR"),
        advised=(day - treatment.seen).days <= PAUSE_DAYS,
        left=left,
        recent=recent,
        long_term=long_term,
    )
