"""What drugs do to the body: classes by key of the vocabulary, effects from the parameter table."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from deid.synth.parameters import PARAMETERS, value

CLASS_OF = {
    "AMLODIPINE_5MG": "ccb",
    "NIFEDIPINE": "ccb",
    "LISINOPRIL_10MG": "ace_inhibitor",
    "ENALAPRIL": "ace_inhibitor",
    "LOSARTAN_50MG": "arb",
    "IRBESARTAN": "arb",
    "VALSARTAN": "arb",
    "HYDROCHLOROTHIAZIDE": "thiazide",
    "HYDROCHLOROTHIAZIDE_25MG": "thiazide",
    "INDAPAMIDE": "thiazide",
    "METOPROLOL": "beta_blocker",
    "BISOPROLOL": "beta_blocker",
    "METFORMIN_500MG": "metformin",
    "GLIPIZIDE": "sulfonylurea",
    "GLIMEPIRIDE": "sulfonylurea",
    "GLICLAZIDE": "sulfonylurea",
    "SITAGLIPTIN": "dpp4",
    "ACARBOSE": "acarbose",
    "INSULIN_GLARGINE": "insulin",
    "SPIRONOLACTONE_25MG": "aldosterone_antagonist",
}
"""Class of each drug of the ladders, as the parameter table names it."""

BLOCKERS = frozenset({"ace_inhibitor", "arb"})
"""Classes of which nobody takes two."""

ADHERENCE_EFFECT = {
    "ADHERENCE_REGULAR": 1.0,
    "ADHERENCE_INTERMITTENT": value("adherence.intermittent.taken"),
    "ADHERENCE_NONE": 0.0,
}
"""Share of the doses, and so of the effect, that arrives."""


@cache
def _effect(measure: str, drug: str) -> float:
    name = f"{measure}.drug.{CLASS_OF[drug]}"
    return value(name) if name in PARAMETERS else 0.0


def fall_of(measure: str, drugs: Iterable[str], raised: Iterable[str] = ()) -> float:
    """By how much drugs at standard dose, fully taken, lower ``sbp``, ``dbp`` or ``hba1c``.

    Each time that the dose of one of them was ``raised`` adds a share of its effect.
    """
    drugs = tuple(drugs)
    more = sum(_effect(measure, drug) for drug in raised if drug in drugs)
    return sum(_effect(measure, drug) for drug in drugs) + value("dose.raised.more") * more
