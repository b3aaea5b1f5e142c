"""Linkability: do two pieces of knowledge belong to one person?

In the sense of the Article 29 working party (opinion 05/2014), measured after Giomi et al. (PoPETs
2023). The attacker has two lists, one with demographics and one with diagnoses, and wants to know
which entries are one person. He finds the nearest record for each and says yes if it is the same
one. People whose rows were held out are the control: what succeeds on them comes from what people
have in common, not from their own records.
"""

from __future__ import annotations

import numpy as np

from deid.attacks.ground import CROWD, Column, Ground
from deid.attacks.model import AttackResult, outcome
from deid.attacks.profiles import (
    Diagnoses,
    demographic_distance,
    diagnoses_of,
    diagnosis_distance,
    nearest,
)


def linkability(ground: Ground) -> AttackResult | None:
    """Link true demographics with true diagnoses through the release."""
    found = diagnoses_of(ground)
    if found is None:
        return None
    records = ground.sample("crowd", np.flatnonzero(~ground.held_out), CROWD)
    targets = ground.sample("linkability", records)
    control = ground.sample("linkability control", np.flatnonzero(ground.held_out))
    if not len(control):
        return None
    return outcome(
        "linkability",
        attacker="Has a list of demographics and a list of diagnoses without names.",
        question="Do these demographics and these diagnoses lead to the same record?",
        explanation=(
            f"Tried on {len(targets):,} people of the release, and as a control on {len(control):,}"
            " whose rows were held out."
        ),
        wins=_agreeing(ground, found, targets, records),
        n=len(targets),
        baseline=_agreeing(ground, found, control, records) / len(control),
        baseline_n=len(control),
    )


def _agreeing(ground: Ground, found: Diagnoses, targets: Column, records: Column) -> float:
    """Sum of the chances that both lists lead to one record, picking among equals."""
    total = 0.0
    for start in range(0, len(targets), 100):
        some = targets[start : start + 100]
        by_people = nearest(demographic_distance(ground, some, records))
        by_diagnoses = nearest(diagnosis_distance(found, some, records))
        both = (by_people & by_diagnoses).sum(axis=1)
        total += float((both / (by_people.sum(axis=1) * by_diagnoses.sum(axis=1))).sum())
    return total
