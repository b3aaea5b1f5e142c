"""Linkage by contacts: whose record has these four visits?

The attacker knows four visits in a row of a person, to the day: a neighbour, an employer or an
insurer. Dates are shifted, so only the three intervals between them are compared.
"""

from __future__ import annotations

import numpy as np

from deid.attacks.events import RUN, VISITS, Runs, released_days, runs_of, true_days
from deid.attacks.ground import Ground
from deid.attacks.joining import right_matches
from deid.attacks.model import AttackResult, outcome


def linkage_visits(ground: Ground) -> AttackResult | None:
    """Look for the record of people of whom one run of true intervals is known."""
    if not ground.has(VISITS):
        return None
    truth = runs_of(true_days(ground))
    with_runs = np.unique(truth.people)
    targets = ground.sample("visits", with_runs)
    known = one_run_each(truth.people, truth.intervals, targets, ground.rng("known visits"))
    right = right_matches(known, runs_of(released_days(ground)), targets)
    return outcome(
        "linkage_visits",
        attacker=f"Knows {RUN + 1} visits in a row of a person, to the day, and nothing else.",
        question="Which released record has the days between these visits?",
        explanation=(
            f"For {len(targets):,} people the records with the same {RUN} intervals were looked "
            "up. Whole histories are nearly always unique by their intervals; this is stated, not "
            "gated, and is why a release is analysed in the workspace only."
        ),
        wins=float(right.sum()),
        n=len(targets),
        baseline=1 / max(len(ground.crowd), 1),
        gated=False,
    )


def one_run_each(
    people: np.ndarray, intervals: np.ndarray, targets: np.ndarray, rng: np.random.Generator
) -> Runs:
    """One run of each target, drawn at random; runs are sorted by person."""
    start = np.searchsorted(people, targets)
    count = np.searchsorted(people, targets, side="right") - start
    has = count > 0
    drawn = start[has] + (rng.random(has.sum()) * count[has]).astype(np.int64)
    return Runs(targets[has], intervals[drawn])
