"""Combinatorial refinement of the release's own local recoding: what did a record have hidden?

Only people in classes that are too small lose values (see :mod:`deid.structured.classes`), and a
class moves as a whole. The attacker knows this, and so knows more than the release says: a value
that is shown for others who are alike in the rest cannot be the hidden one, since its bearer would
be among them, and where a value is not shown at all fewer than k people had it. These are the
constraints of a linear program over the hidden people (Chhillar et al. 2025, arXiv 2509.03350, for
sensitive values; Wong et al., VLDB 2007, for the idea). Here every constraint concerns one cell of
year of birth and value, so that its bounds are those of the cells, added up, and no solver is
needed.

Which people lose values depends on quasi-identifiers alone, never on diagnoses, so that the attack
narrows hidden origins and regions and nothing else. Chance is to say the most common value.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from deid.attacks.ground import NOTHING, Column, Ground, Mask
from deid.attacks.linkage import Classes, Weights, classes_of
from deid.attacks.model import AttackResult, outcome


def recoding_refinement(ground: Ground) -> AttackResult | None:
    """Guess the hidden values of quasi-identifiers."""
    classes = classes_of(ground.shown)
    county = _county(ground)
    wins = blind = 0.0
    n = 0
    for number in np.flatnonzero(_hidden(classes).any(axis=1)):
        worlds, usual = _worlds(ground, classes, county, int(number))
        records = np.flatnonzero(classes.of_record == number)
        for column, name in enumerate(classes.columns):
            if classes.columns[name][number] != NOTHING or len(worlds) == 0:
                continue
            true = ground.register.columns[name][ground.in_register[records]]
            true = true[true != NOTHING]
            n += len(true)
            wins += _right(county[0][:, column], worlds, true)
            blind += _right(county[0][:, column], usual, true)
    return outcome(
        "recoding_refinement",
        attacker="Knows how values are generalised, and how common they are in the county.",
        question="Which origin or region was hidden in this record?",
        explanation=(
            f"{n:,} hidden values were guessed by ruling out what their bearers would have been "
            "shown with. Chance is to guess by how common values are. What is hidden does not "
            "depend on diagnoses, so nothing is learned of these."
        ),
        wins=wins,
        n=n,
        baseline=blind / max(n, 1),
        baseline_n=n,
        gated=False,
    )


def _county(ground: Ground) -> tuple[npt.NDArray[np.int64], Weights]:
    """Combinations of all values but the year of birth, and their shares."""
    rows = np.stack([ground.register.columns[name] for name in ground.categories], axis=1)
    values, counts = np.unique(rows, axis=0, return_counts=True)
    return values, counts / counts.sum()


def _hidden(classes: Classes) -> Mask:
    return np.stack(list(classes.columns.values()), axis=1) == NOTHING


def _worlds(
    ground: Ground, classes: Classes, county: tuple[npt.NDArray[np.int64], Weights], number: int
) -> tuple[Weights, Weights]:
    """How many people of a class may have each combination, by the attack and by chance."""
    values, share = county
    shown = np.stack(list(classes.columns.values()), axis=1)
    own = shown[number]
    fits = ((values == own) | (own == NOTHING)).all(axis=1)
    first, last = int(classes.first_year[number]), int(classes.last_year[number])
    # Finer classes: nothing hidden that is not hidden here, within the same years.
    finer = (((shown == NOTHING) <= (own == NOTHING)).all(axis=1)) & (
        (classes.first_year >= first) & (classes.last_year <= last)
    )
    finer[number] = False
    open_years = np.full(len(values), last - first + 1.0)
    for other in np.flatnonzero(finer):
        match = ((values == shown[other]) | (shown[other] == NOTHING)).all(axis=1)
        open_years -= match * (classes.last_year[other] - classes.first_year[other] + 1)
    years = last - first + 1
    usual = np.where(fits, share, 0.0)
    a_year = len(ground.shown.ids) * share / max(_span(classes), 1)
    left = np.where(fits, np.maximum(open_years, 0) * np.minimum(a_year, ground.k - 1), 0.0)
    return (left if left.sum() > 0 else usual), usual * years


def _span(classes: Classes) -> int:
    return int(classes.last_year.max() - classes.first_year.min() + 1)


def _right(values: Column, weights: Weights, true: Column) -> float:
    """Right guesses of the value of one column, picking among equals."""
    choices, place = np.unique(values, return_inverse=True)
    total = np.bincount(place.reshape(-1), weights)
    total[choices == NOTHING] = 0
    best = choices[np.isclose(total, total.max())]
    return float(np.isin(true, best).sum()) / len(best)
