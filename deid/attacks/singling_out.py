"""Singling out: a description that fits exactly one person of the county.

In the sense of the Article 29 working party (opinion 05/2014). The attacker sees the release and
writes descriptions: some of what a record shows, taken from the records that look rarest. A
description succeeds if exactly one person of the vault fits it (Giomi et al., PoPETs 2023, who call
it the multivariate attack).

Any description of enough parts fits one person now and then. Chance is measured with descriptions
of as many parts whose values come from different records, so that they know the shares of the
values but no person. Giomi et al. measure it on people who are not in the data; a release of a
whole county has no such second county.
"""

from __future__ import annotations

import numpy as np

from deid.attacks.ground import NOTHING, Column, Ground, Mask, Register
from deid.attacks.linkage import Classes, classes_of
from deid.attacks.model import AttackResult, outcome

DESCRIPTIONS = 500


def singling_out(ground: Ground) -> AttackResult | None:
    """Write descriptions from the release and count those that single somebody out."""
    classes = classes_of(ground.shown)
    rarest = np.argsort(classes.sizes, kind="stable")[:DESCRIPTIONS]
    mixed = _mixed(classes, rarest, ground.rng("mixed descriptions"))
    wins = _fits_of(ground, classes, rarest)
    chance = _fits_of(ground, mixed, np.arange(len(rarest)))
    return outcome(
        "singling_out",
        attacker="Sees the demographics that the release shows, and nothing else.",
        question="Does a description taken from a record fit exactly one person of the county?",
        explanation=(
            f"{len(rarest):,} descriptions were taken from the rarest records. Chance was measured "
            "with descriptions of the same form whose parts come from different records."
        ),
        wins=wins,
        n=len(rarest),
        baseline=chance / max(len(rarest), 1),
        baseline_n=len(rarest),
    )


def _fits_of(ground: Ground, classes: Classes, chosen: Column) -> int:
    """How many of the chosen descriptions fit exactly one person of the vault."""
    register = ground.register
    years = _true_years(register)
    return sum(int(_fitting(register, years, classes, row).sum() == 1) for row in chosen)


def _fitting(register: Register, years: Column, classes: Classes, row: int) -> Mask:
    fits = (years >= classes.first_year[row]) & (years <= classes.last_year[row])
    for name, values in classes.columns.items():
        if values[row] != NOTHING:
            fits &= register.columns[name] == values[row]
    return fits


def _true_years(register: Register) -> Column:
    middle = (register.born_first + register.born_last) // 2
    return middle.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970


def _mixed(classes: Classes, chosen: Column, rng: np.random.Generator) -> Classes:
    """Descriptions whose band of years and other values come from different records each.

    Values are drawn as often as records show them, for descriptions with the same parts shown.
    """
    draw = classes.of_record
    years = draw[rng.integers(0, len(draw), len(chosen))]
    columns = {}
    for name, values in classes.columns.items():
        shown = values[draw][values[draw] != NOTHING]
        drawn = rng.choice(shown, len(chosen)) if len(shown) else np.full(len(chosen), NOTHING)
        columns[name] = np.where(values[chosen] == NOTHING, NOTHING, drawn)
    return Classes(
        classes.first_year[years], classes.last_year[years], columns, classes.sizes, draw
    )
