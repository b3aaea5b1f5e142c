"""Differencing of successive releases: who came between two of them?

The attacker holds an earlier release of the same county, with other ids and other offsets. He finds
everybody of it in the newer one by intervals between visits; who is not found is new. The
newcomers of a year are few, so that classes of at least k people in each release may fall apart: an
attempt succeeds if a newcomer is found and stands alone among the found ones by what the release
shows of people.

The earlier release is simulated: some households and the last weeks of all visits are not in it.
Chance is to take as many people for newcomers blindly.
"""

from __future__ import annotations

import numpy as np

from deid.attacks.events import VISITS, Days, released_days, runs_of
from deid.attacks.ground import Column, Ground, Mask
from deid.attacks.joining import most_in_common
from deid.attacks.linkage import classes_of
from deid.attacks.model import AttackResult, outcome

NEW_SHARE = 0.1
DAYS_BETWEEN = 90
KNOWN_IF_COMMON = 0.25
"""Share of a person's runs of intervals that one earlier record has, if it is the same person."""
BLIND_DRAWS = 50


def differencing(ground: Ground) -> AttackResult | None:
    """Single out people who came after a simulated earlier release."""
    if not ground.has(VISITS):
        return None
    days = released_days(ground)
    visitors = np.unique(runs_of(days).people)
    places = np.searchsorted(ground.shown.ids, visitors)
    home = ground.register.household[ground.in_register[places]]
    rng = ground.rng("newcomers")
    homes = np.unique(home)
    came = np.isin(home, rng.permutation(homes)[: max(int(len(homes) * NEW_SHARE), 1)])
    if not came.any() or came.all():
        return None
    before = Days(days.people, days.days).of(visitors[~came])
    early = before.days <= days.days.max() - DAYS_BETWEEN
    earlier = runs_of(Days(before.people[early], before.days[early]))
    common = most_in_common(runs_of(days.of(visitors)), earlier, visitors)
    claimed = common < KNOWN_IF_COMMON
    classes = classes_of(ground.shown).of_record[places]
    blind = [alone(classes, rng.permutation(claimed))[came].mean() for _ in range(BLIND_DRAWS)]
    return outcome(
        "differencing",
        attacker="Holds an earlier release of the same county under other ids and offsets.",
        question="Who is new, and alone among the new ones by year of birth, sex, origin, region?",
        explanation=(
            f"{int(came.sum()):,} of {len(visitors):,} people were not in a simulated earlier "
            "release. Intervals are kept, so nearly all of them are found, and being few they "
            "stand alone: releases of one vault are kept inside the workspace and a project gets "
            "one of them. Stated, not gated."
        ),
        wins=float(alone(classes, claimed)[came].sum()),
        n=int(came.sum()),
        baseline=float(np.mean(blind)),
        gated=False,
    )


def alone(classes: Column, claimed: Mask) -> Mask:
    """Who is claimed and nobody else of the same class is."""
    count = np.bincount(classes[claimed], minlength=int(classes.max()) + 1)
    return claimed & (count[classes] == 1)
