"""Drugs and state of one followed problem: how a treatment begins, what is not borne, its goal."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from deid.synth.constitution import DIABETES, HYPERTENSION
from deid.synth.courses.control import REACTIONS
from deid.synth.courses.ladders import LADDERS, Drug, alternative, raisable, suitable
from deid.synth.courses.life import Life
from deid.synth.parameters import value
from deid.synth.people import Locale, Resident
from deid.synth.physiology import Regimen, next_adherence
from deid.synth.physiology.drugs import CLASS_OF
from deid.synth.streams import happens, one_of
from deid.synth.visits import Form

COMPLICATIONS = {
    HYPERTENSION: ("CEREBRAL_INFARCTION", "ACUTE_MYOCARDIAL_INFARCTION",
                   "CORONARY_ARTERIOSCLEROSIS", "HEART_FAILURE", "CHRONIC_KIDNEY_DISEASE"),
    DIABETES: ("CEREBRAL_INFARCTION", "ACUTE_MYOCARDIAL_INFARCTION", "CHRONIC_KIDNEY_DISEASE",
               "T2DM_RETINOPATHY", "DIABETIC_NEPHROPATHY", "T2DM_NEUROPATHY", "DIABETIC_FOOT"),
}  # fmt: skip
"""What counts as a new complication of each problem, the gravest first."""

TO_LOW_SUGAR = frozenset({"insulin", "sulfonylurea"})
"""Classes that can bring glucose down too far."""
_LONG_TERM_DAYS = 200
"""For so many days HbA1c speaks for the glucose of the last months."""


@dataclass
class Treatment:
    """Drugs and state of one problem as it goes."""

    problem: str
    drugs: list[Drug]
    reserve: list[Drug]
    adherence: str
    raised: list[str] = field(default_factory=list)
    """Drugs whose dose was raised, each once for each time."""
    begun: bool = False
    failures: int = 0
    referred: date = date.min
    known: set[str] = field(default_factory=set)
    tested: date = date.min
    """When HbA1c was measured last, and what it was."""
    long_term: float = 0.0
    changed: date = date.min
    """When a drug was begun last, for the first time or anew, or a dose was raised."""
    regular: date = date.min
    """Since when the drugs are taken every day again."""
    not_borne: set[str] = field(default_factory=set)
    """Classes that brought a reaction; none of them is given again."""
    awaited: date | None = None
    """When the hospital sees, or saw, the resident with the last letter."""
    seen: date = date.min
    advised: bool = False
    """Has the hospital advised since the last visit?"""
    felt: date = date.min
    """When there were symptoms of the heart last."""

    def taken(self) -> list[str]:
        """The drugs that work: none of them in those who take none."""
        drugs = [drug for drug, _, _ in self.drugs]
        return [] if self.adherence == "ADHERENCE_NONE" or not self.begun else drugs


def begin(stream: Random, life: Life, problem: str, adherence: str | None, day: date) -> Treatment:
    """The first visit; who was ill before the records began is under treatment already.

    ``adherence`` is that to the drugs for another problem.
    """
    resident, body = life.resident, life.body
    ladder = suitable(resident, one_of(stream, LADDERS[problem, life.household.locale]), day)
    years = (day - resident.problems[problem]).days / 365
    steps = 2 if years > 4 and happens(stream, 0.6) else 1
    treatment = Treatment(
        problem=problem,
        drugs=ladder[:steps],
        reserve=ladder[steps:],
        adherence=adherence or next_adherence(stream, resident, day, None),
        known={p for p in COMPLICATIONS[problem] if has_begun(resident, p, day)},
    )
    if years > 0.5:
        treatment.begun = True
        drugs = tuple(drug for drug, _, _ in treatment.drugs)
        if steps > 1:
            treatment.raised = raisable(treatment.drugs, (), life.household.locale)[:1]
        before = day - timedelta(days=90)
        body.treat(problem, Regimen(before, drugs, treatment.adherence, tuple(treatment.raised)))
    return treatment


def replace_drug(
    resident: Resident, treatment: Treatment, form: Form, stopped: Drug, locale: Locale, day: date
) -> None:
    """Another drug in the place of one that must not or cannot be taken on."""
    instead = alternative(
        resident, treatment.problem, treatment.drugs, treatment.reserve, locale, day, stopped,
        treatment.not_borne,
    )  # fmt: skip
    treatment.drugs.remove(stopped)
    treatment.raised = [drug for drug in treatment.raised if drug != stopped[0]]
    # Nobody goes from tablets to the needle because one tablet is not borne.
    needle = CLASS_OF[instead[0]] == "insulin" and bool(treatment.drugs)
    if instead != stopped and instead not in treatment.drugs and not needle:
        treatment.drugs.append(instead)
        treatment.changed = day
        form.hints["replaced"] = instead[0]
    treatment.reserve = [drug for drug in treatment.reserve if drug != instead]
    form.hints["stopped"] = stopped[0]
    form.change = "switched"


def raise_dose(treatment: Treatment, form: Form, drug: str, day: date) -> None:
    """More of a drug that is taken."""
    treatment.raised.append(drug)
    treatment.changed = day
    form.hints["raised"], form.change = drug, "raised"


def tell_reaction(treatment: Treatment, form: Form) -> Drug:
    """The drug that is not borne; what is felt of it is told."""
    culprit = _culprit(treatment, form)
    felt = REACTIONS[CLASS_OF[culprit[0]]]
    form.symptoms = tuple(dict.fromkeys((*form.symptoms, felt)))
    return culprit


def stop_culprit(
    resident: Resident, treatment: Treatment, form: Form, locale: Locale, day: date
) -> None:
    """The drug that is not borne gives place to another, and its class is not given again."""
    culprit = tell_reaction(treatment, form)
    treatment.not_borne.add(CLASS_OF[culprit[0]])
    treatment.reserve = [d for d in treatment.reserve if CLASS_OF[d[0]] not in treatment.not_borne]
    replace_drug(resident, treatment, form, culprit, locale, day)


def is_at_its_goal(treatment: Treatment, day: date) -> bool:
    """Was HbA1c of the last months below the goal, whatever the glucose of the day?"""
    lately = (day - treatment.tested).days <= _LONG_TERM_DAYS
    return treatment.problem == DIABETES and lately and treatment.long_term < value("hba1c.goal")


def is_low(treatment: Treatment, readings: dict[str, float]) -> bool:
    """Has what brings glucose down brought it too far down?"""
    too_low = readings.get("FASTING_GLUCOSE", 6.0) < value("fpg.too_low")
    return too_low and any(CLASS_OF[drug] in TO_LOW_SUGAR for drug, _, _ in treatment.drugs)


def _culprit(treatment: Treatment, form: Form) -> Drug:
    """Which drug is not borne: the last one, or that which brings glucose too far down."""
    if form.answers.get("HYPOGLYCEMIC_REACTION", "NONE") != "NONE":
        for drug in reversed(treatment.drugs):
            if CLASS_OF[drug[0]] in TO_LOW_SUGAR:
                return drug
    return treatment.drugs[-1]


def has_begun(resident: Resident, problem: str, day: date) -> bool:
    """Also of what is over, as an infarction after four weeks."""
    return problem in resident.problems and resident.problems[problem] <= day
