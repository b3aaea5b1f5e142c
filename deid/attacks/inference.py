"""Inference: what does the release tell of a person that was not known?

In the sense of the Article 29 working party (opinion 05/2014), measured after Giomi et al. (PoPETs
2023). The attacker wants to know whether a person has a diagnosis. He takes the records nearest to
what he knows and guesses by whether they have it more often than all records. As many people with
the diagnosis as without are asked for, so that a blind guess is right in half of the cases. People
whose rows were held out are the control: what succeeds on them is medicine (older people have more
high blood pressure), not a breach of theirs.
"""

from __future__ import annotations

from dataclasses import dataclass

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

SECRETS = 10
TARGETS_OF_A_SECRET = 50
"""People with the diagnosis, and as many without."""
_FEWEST, _MOST = 0.02, 0.5
_SMOOTHING = 0.5


def inference(ground: Ground) -> AttackResult | None:
    """Infer diagnoses from demographics."""
    return _inference(
        ground,
        "inference",
        False,
        "Knows the date of birth, sex, origin and region of a person.",
        "",
    )


def inference_by_diagnoses(ground: Ground) -> AttackResult | None:
    """Infer a diagnosis from demographics and all other diagnoses."""
    return _inference(
        ground,
        "inference_by_diagnoses",
        True,
        "Knows the same, and all other frequent diagnoses of the person: the worst case.",
        " Who knows that much has nearly found the record already; stated, not gated.",
    )


def _inference(
    ground: Ground, name: str, with_diagnoses: bool, attacker: str, remark: str
) -> AttackResult | None:
    found = diagnoses_of(ground)
    if found is None or not ground.held_out.any():
        return None
    records = ground.sample("crowd", np.flatnonzero(~ground.held_out), CROWD)
    control = np.flatnonzero(ground.held_out)
    of_members, of_control = _Tally(), _Tally()
    share = found.released[records].mean(axis=0)
    eligible = np.flatnonzero((share >= _FEWEST) & (share <= _MOST))
    for secret in eligible[np.argsort(-share[eligible], kind="stable")][:SECRETS]:
        rng = ground.rng(f"secret {secret}")
        for tally, people in ((of_members, records), (of_control, control)):
            asked = _balanced(found, people, int(secret), rng)
            if len(asked):
                tally.add(_right(ground, found, asked, records, int(secret), with_diagnoses))
    if not of_control.asked:
        return None
    return outcome(
        name,
        attacker=attacker,
        question="Does this person have this diagnosis?",
        explanation=(
            f"{min(SECRETS, len(eligible))} diagnoses were guessed for people of the release, and "
            f"as a control for people whose rows were held out.{remark}"
        ),
        wins=of_members.right,
        n=of_members.asked,
        baseline=of_control.right / of_control.asked,
        baseline_n=of_control.asked,
        gated=not with_diagnoses,
    )


@dataclass
class _Tally:
    right: float = 0.0
    asked: int = 0

    def add(self, right: np.ndarray) -> None:
        self.right += float(right.sum())
        self.asked += len(right)


def _balanced(found: Diagnoses, people: Column, secret: int, rng: np.random.Generator) -> Column:
    has = found.true[people, secret]
    n = min(int(has.sum()), int((~has).sum()), TARGETS_OF_A_SECRET)
    drawn = [rng.choice(people[mask], n, replace=False) for mask in (has, ~has)]
    return np.concatenate(drawn)


def _right(
    ground: Ground,
    found: Diagnoses,
    asked: Column,
    records: Column,
    secret: int,
    with_diagnoses: bool,
) -> np.ndarray:
    """1 for a right guess, 0 for a wrong one, a half where the records say neither."""
    distance = demographic_distance(ground, asked, records)
    if with_diagnoses:
        distance = distance + 3 * diagnosis_distance(found, asked, records, without=secret)
    near = nearest(distance)
    has = found.released[records, secret].astype(float)
    usual = has.mean()
    count = near.sum(axis=1)
    share = (near @ has + _SMOOTHING * usual) / (count + _SMOOTHING)
    guess = np.where(np.isclose(share, usual), 0.5, share > usual)
    return 1 - np.abs(guess - found.true[asked, secret])
