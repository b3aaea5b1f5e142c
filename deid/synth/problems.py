"""Which problems of body and mind each resident gets and when.

Problems are drawn in the order of :data:`deid.synth.parameters.DISEASES`, so that a later one can
depend on an earlier one. When a problem begins follows from the person's rank of liability
(:mod:`deid.synth.society.heredity`) and the prevalence curve; influences that come and go
(:mod:`deid.synth.society.influences`) speed up the way along the curve while they last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from random import Random

from deid.synth.constitution import control_ratio
from deid.synth.parameters import DISEASES, DiseaseModel
from deid.synth.people import Household, Resident
from deid.synth.society.heredity import draw_rank
from deid.synth.society.influences import find_spells, mean_ratio
from deid.synth.society.mortality import LETHAL, Exit, onset_given_exit
from deid.synth.society.social import begin
from deid.synth.society.structure import DAYS_A_YEAR

OBESE = {"en_US": 30.0, "zh_CN": 28.0}
"""Body mass index from which a person is obese: WHO; Chinese guideline of 2003."""

OF_THE_MIND = frozenset({"DEPRESSIVE_DISORDER", "ANXIETY_DISORDER", "INSOMNIA"})

AgeSpell = tuple[float, float, float]
"""First and last age of an influence, and its ratio."""


def draw_habits_as_problems(stream: Random, household: Household, today: date) -> None:
    """Obesity and dependence on tobacco, from build and cigarettes."""
    for member in household.members:
        if member.age_on(today) < 18:
            continue
        adult = member.birth + timedelta(days=18 * 366)
        start = max(household.record_start, adult)
        bmi = member.weight_kg / (member.height_cm / 100) ** 2
        if bmi >= OBESE[household.locale]:
            onset = max(start - timedelta(days=stream.randrange(400)), adult)
            begin(stream, member, "OBESITY", onset, today)
        if member.smoking == "CURRENT_SMOKER" and member.cigarettes >= 15:
            begin(stream, member, "TOBACCO_DEPENDENCE", start, today)


def draw_problems(
    stream: Random, household: Household, shared: Mapping[str, float], today: date, *, mind: bool
) -> None:
    """Onset of every problem of the body, or of the mind, of every member.

    None lies after death, moving out or ``today``.
    """
    for model in DISEASES:
        if (model.problem in OF_THE_MIND) is not mind:
            continue
        for member in household.members:
            rank = draw_rank(stream, member, model.problem, shared)
            late = stream.randrange(90)
            ratio = risk_ratio(model, household, member)
            lethality = LETHAL.get(model.problem)
            if lethality is not None:
                end = _exit(household, member, today)
                age = onset_given_exit(model, lethality, rank, ratio, end)
            else:
                age = onset_age(model, rank, ratio, age_spells(model, member, today))
            if age is not None:
                onset = member.birth + timedelta(days=int(age * DAYS_A_YEAR))
                if member.death is not None:
                    # What kills soon is known of before.
                    late = min(late, max((member.death - onset).days // 3, 0))
                begin(stream, member, model.problem, onset + timedelta(days=late), today)


def _exit(household: Household, member: Resident, today: date) -> Exit:
    """The age at which a person's record ends, and how."""
    last = member.last_day(today)
    age = (last - member.birth).days / DAYS_A_YEAR
    return Exit(household.locale, member.sex, age, died=last == member.death)


def risk_ratio(model: DiseaseModel, household: Household, member: Resident) -> float:
    """What multiplies the prevalence curve for this person throughout life."""
    ratio = model.men if member.sex == "M" else model.women
    ratio *= model.area.get(household.area, 1.0) * model.locale.get(household.locale, 1.0)
    for name, times in model.after.items():
        if name == "SMOKER":
            ratio *= times if member.smoking != "NEVER_SMOKER" else 1.0
        elif name in member.problems:
            ratio *= times
    return ratio * control_ratio(model.problem, member)


def age_spells(model: DiseaseModel, member: Resident, today: date) -> list[AgeSpell]:
    """Influences on one problem by the person's age."""
    return [
        (
            (spell.first - member.birth).days / DAYS_A_YEAR,
            (spell.last - member.birth).days / DAYS_A_YEAR,
            spell.ratio,
        )
        for spell in find_spells([member], model.problem, member.last_day(today))
    ]


def onset_age(
    model: DiseaseModel, rank: float, ratio: float, spells: Sequence[AgeSpell]
) -> float | None:
    """Age at which a person of this rank falls ill; ``None`` for never.

    The inverse of :func:`share_ill` at a fixed ratio.
    """
    ratio /= mean_ratio(model.problem)
    if not spells:
        return model.onset_age(rank, ratio)
    reached = 0.0
    for left, right, density in _densities(model, ratio, spells):
        gain = density * (right - left)
        if gain > 0 and reached + gain > rank:
            return left + (rank - reached) / density
        reached += gain
    return None


def share_ill(model: DiseaseModel, age: float, ratio: float, spells: Sequence[AgeSpell]) -> float:
    """Share of people with this ratio and these influences that are ill at an age."""
    ratio /= mean_ratio(model.problem)
    share = sum(
        density * (min(right, age) - left)
        for left, right, density in _densities(model, ratio, spells)
        if left < age
    )
    return min(share, 1.0)


def _densities(
    model: DiseaseModel, ratio: float, spells: Sequence[AgeSpell]
) -> list[tuple[float, float, float]]:
    """Ages from, to, and the share that falls ill in a year between them."""
    pieces = []
    for (left, low), (right, high) in pairwise(model.points):
        slope = (high - low) / (right - left) * ratio
        cuts = sorted({left, right} | {age for s in spells for age in s[:2] if left < age < right})
        for begins, ends in pairwise(cuts):
            times = 1.0
            for first, last, more in spells:
                if first <= begins < last:
                    times *= more
            pieces.append((begins, ends, slope * times))
    return pieces
