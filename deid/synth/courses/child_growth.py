"""What the growth of a child comes to: bands, z-scores, a diagnosis, and what is done about it.

A child that weighs too little, or falls away from its own line, is fed by a plan and weighed again
after a month.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from random import Random

from deid.synth.courses.life import Life, working_day
from deid.synth.growth import DAYS_A_MONTH, Growth, Measure, z_score
from deid.synth.parameters import value
from deid.synth.streams import happens
from deid.synth.visits import Form, Visit

NORMAL_LIMIT = 2.0
"""z-scores beyond are fat, thin or short (WHO 2006)."""

UNDERFED = frozenset({"MALNUTRITION", "FAILURE_TO_THRIVE"})
"""Diagnoses of children who are to gain weight."""

_AGAIN_DAYS = 30
"""Days until an underfed child is weighed again, if no check comes before (assumption)."""
_SOON_DAYS = 45
_MEASURES: dict[Measure, tuple[str, str, str]] = {
    "weight": ("BODY_WEIGHT", "WEIGHT_PERCENTILE", "WEIGHT_FOR_AGE_Z"),
    "length": ("BODY_HEIGHT", "HEIGHT_PERCENTILE", "HEIGHT_FOR_AGE_Z"),
}


def classify(form: Form, sex: str, months: float) -> None:
    """Centile bands, z-scores and the evaluation of growth from the form's own numbers."""
    scores: dict[Measure, float] = {}
    for measure, (reading, band, score) in _MEASURES.items():
        z = round(z_score(measure, "M" if sex == "M" else "F", months, form.readings[reading]), 2)
        form.answers[band] = "UPPER" if z > 1 else "LOWER" if z < -1 else "MIDDLE"
        form.amounts[score] = scores[measure] = z
    evaluation, diagnosis = "NORMAL", None
    if scores["weight"] > NORMAL_LIMIT and scores["weight"] - scores["length"] > 1:
        evaluation, diagnosis = "OBESE_CHILD", "OBESITY_OF_CHILD"
    elif scores["length"] < -NORMAL_LIMIT:
        evaluation, diagnosis = "STUNTED_CHILD", "GROWTH_DELAY"
    elif scores["weight"] < -NORMAL_LIMIT:
        evaluation, diagnosis = "UNDERWEIGHT_CHILD", "MALNUTRITION"
    form.answers["CHILD_GROWTH"] = evaluation
    if diagnosis is not None:
        form.diagnoses += (diagnosis,)
        form.event = diagnosis
        form.change = "referred" if scores["length"] < -2.4 else "none"


@dataclass
class Course:
    """The weights of one child so far: the highest z-score of a check."""

    highest: float = -9.0

    def judge(self, form: Form) -> None:
        """Add the diagnosis of a child that falls away from its line, and the plan for feeding."""
        z = form.amounts["WEIGHT_FOR_AGE_Z"]
        falls = self.highest - z >= value("growth.falters") and z < -1
        self.highest = max(self.highest, z)
        if falls and form.answers["CHILD_GROWTH"] == "NORMAL":
            form.diagnoses += ("FAILURE_TO_THRIVE",)
            form.event = "FAILURE_TO_THRIVE"
        if UNDERFED & set(form.diagnoses):
            form.procedures += ("DIET_EDUCATION",)


def weighed_again(stream: Random, life: Life, visit: Visit, growth: Growth) -> Iterator[Visit]:
    """The visit after a month for an underfed child; none if the next check is near or nobody
    comes."""
    child, form = visit.resident, visit.forms[0]
    found = tuple(sorted(UNDERFED & set(form.diagnoses)))
    check = form.next_day
    if not found or check is None or (check - visit.day).days <= _SOON_DAYS:
        return
    day = working_day(visit.day + timedelta(days=_AGAIN_DAYS))
    form.next_day = day
    missed = happens(stream, value("child.check_missed"))
    if missed or day > life.last or child.is_away(day):
        return
    weight = growth.measure(stream, (day - child.birth).days / DAYS_A_MONTH)["weight"]
    again = Form(
        kind="contact",
        readings={"BODY_WEIGHT": max(weight, form.readings["BODY_WEIGHT"])},
        diagnoses=found,
        procedures=("DIET_EDUCATION",),
        change="kept",
        next_day=check,
    )
    yield Visit(child, day, "clinic", life.household.nurse, [again])
