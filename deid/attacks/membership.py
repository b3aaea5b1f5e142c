"""Membership: is this person in the release at all?

In a release of the whole county that is no secret; in one of people with a disease it is the secret
itself. A fifth of the people is held out; the attacker is shown as many people who are in as people
who are not, and says which is which. A blind guess is right in half of the cases.

By demographics he says yes to the half of whom most records fit beside how many people of the
register would fit. By contacts he says yes if some record has the known intervals.
"""

from __future__ import annotations

import numpy as np

from deid.attacks.events import RUN, VISITS, released_days, runs_of, true_days
from deid.attacks.ground import CROWD, Column, Ground
from deid.attacks.history import one_run_each
from deid.attacks.model import AttackResult, outcome
from deid.attacks.profiles import demographic_distance


def membership(ground: Ground) -> AttackResult | None:
    """Tell members by demographics."""
    inside, outside = _asked(ground)
    if not len(inside):
        return None
    records = ground.sample("crowd", np.flatnonzero(~ground.held_out), CROWD)
    everybody = ground.sample("crowd", np.arange(len(ground.shown.ids)), CROWD)
    asked = np.concatenate([inside, outside])
    score = np.zeros(len(asked))
    for start in range(0, len(asked), 100):
        some = asked[start : start + 100]
        fitting = (demographic_distance(ground, some, records) < 1).sum(axis=1)
        known = _alike(ground, some, everybody).sum(axis=1)
        score[start : start + 100] = fitting / np.maximum(known, 1)
    return outcome(
        "membership",
        attacker="Knows the date of birth, sex, origin and region of everybody.",
        question="Is this person in the release?",
        explanation=(
            f"Asked of {len(inside):,} people who are in and {len(outside):,} who were held out."
        ),
        wins=_right_by_median(score, len(inside)),
        n=len(asked),
        baseline=0.5,
    )


def membership_by_visits(ground: Ground) -> AttackResult | None:
    """Tell members by four visits in a row."""
    if not ground.has(VISITS):
        return None
    truth = runs_of(true_days(ground))
    inside, outside = _asked(ground, np.isin(ground.shown.ids, truth.people))
    if not len(inside):
        return None
    ids = ground.shown.ids
    seen = runs_of(released_days(ground).of(ids[~ground.held_out]))
    released = {tuple(run) for run in np.unique(seen.intervals, axis=0).tolist()}
    rng = ground.rng("visits of members")
    right = 0
    for people, member in ((inside, True), (outside, False)):
        known = one_run_each(truth.people, truth.intervals, ids[people], rng)
        right += sum((tuple(run) in released) is member for run in known.intervals.tolist())
    return outcome(
        "membership_by_visits",
        attacker=f"Knows {RUN + 1} visits in a row of a person, to the day.",
        question="Is this person in the release?",
        explanation=(
            f"Asked of {len(inside):,} people who are in and {len(outside):,} who were held out. "
            "Intervals are kept for research; stated, not gated."
        ),
        wins=right,
        n=len(inside) + len(outside),
        baseline=0.5,
        gated=False,
    )


def _asked(ground: Ground, possible: np.ndarray | None = None) -> tuple[Column, Column]:
    """As many people who are in as people who were held out."""
    possible = np.ones(len(ground.shown.ids), dtype=bool) if possible is None else possible
    inside = np.flatnonzero(possible & ~ground.held_out)
    outside = np.flatnonzero(possible & ground.held_out)
    n = min(len(inside), len(outside))
    return (
        ground.sample("members", inside, min(n, 500)),
        ground.sample("others", outside, min(n, 500)),
    )


def _alike(ground: Ground, targets: Column, others: Column) -> np.ndarray:
    """Who of the others has the same sex, origin and region, and nearly the same birthday."""
    register = ground.register
    a, b = ground.in_register[targets], ground.in_register[others]
    born = (register.born_first + register.born_last) // 2
    same = np.abs(born[a][:, None] - born[b]) <= ground.max_weeks * 7
    for values in register.columns.values():
        same &= values[a][:, None] == values[b]
    return same


def _right_by_median(score: np.ndarray, members: int) -> float:
    """Right answers if the better half is called members; equals at the border share it."""
    order = np.sort(score)[::-1]
    border = order[members - 1]
    above = score > border
    ties = score == border
    share = (members - above.sum()) / ties.sum()
    called = np.where(above, 1.0, np.where(ties, share, 0.0))
    is_member = np.arange(len(score)) < members
    return float(np.where(is_member, called, 1 - called).sum())
