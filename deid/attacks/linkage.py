"""Linkage against an identified register: whose record is this?

The attacker holds a register of everybody the health system serves, with exact dates of birth, sex,
origin and region, as a town hall or an insurer does, and knows how the release was made, but no
key. For a person of the register each released record gets the chance that this person would look
like that, over all offsets of dates that are possible, divided by what all people of the register
add up to for it (Fellegi and Sunter, J Am Stat Assoc 1969;64:1183-1210). The best is picked; among
equals a pick counts by its chance of being right.

In the fuzzy attack the register has mistakes, as registers do, and the attacker allows for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from deid.attacks.ground import NOTHING, Column, Ground, Register, Shown
from deid.attacks.model import AttackResult, outcome

Weights = npt.NDArray[np.float64]

REGISTER_SAMPLE = 2_000
"""People of the register by whom it is judged how many would look like a record."""
DAYS_WRONG, FIELD_WRONG = 0.05, 0.05
"""Shares of dates of birth and of other entries that are wrong in the fuzzy register."""
YEARS_OFF = 2
_DAYS_OF_A_WEEK = 7


def exact_linkage(ground: Ground) -> AttackResult | None:
    """Link with a register that is right in everything."""
    return _linkage(
        ground,
        "linkage_exact",
        ground.register,
        0.0,
        "Holds a register with everybody's exact date of birth, sex, origin and region.",
    )


def fuzzy_linkage(ground: Ground) -> AttackResult | None:
    """Link with a register in which every field may be wrong."""
    return _linkage(
        ground,
        "linkage_fuzzy",
        with_mistakes(ground.register, ground.rng("mistakes of the register")),
        FIELD_WRONG,
        "Holds such a register with mistakes: one in twenty dates of birth, and one in twenty of "
        "the other entries, are wrong.",
    )


def _linkage(
    ground: Ground, name: str, register: Register, wrong: float, attacker: str
) -> AttackResult | None:
    people = len(ground.shown.ids)
    targets = ground.sample(name, np.arange(people))
    right = right_picks(ground, register, targets, wrong)
    return outcome(
        name,
        attacker=attacker,
        question="Which released record belongs to this person of the register?",
        explanation=(
            f"For {len(targets):,} people the record that fits best was picked. Chance is one "
            f"record out of {people:,}. With classes of at least {ground.k} people at most one in "
            f"{ground.k} can be right."
        ),
        wins=float(right.sum()),
        n=len(targets),
        baseline=1 / max(people, 1),
    )


def right_picks(ground: Ground, register: Register, targets: Column, wrong: float) -> Weights:
    """For each target (a place in ``ground.shown``) the chance that the pick is its record."""
    shown = ground.shown
    classes = classes_of(shown)
    crowd = ground.sample("crowd of the register", np.arange(len(register.ids)), REGISTER_SAMPLE)
    fitting = _fit(ground, register, crowd, classes, wrong).sum(axis=0)
    # As often as the sample says, and never less often than there are records that look so.
    fitting = np.maximum(fitting * len(register.ids) / max(len(crowd), 1), classes.sizes)
    right = np.zeros(len(targets))
    for start in range(0, len(targets), 100):
        some = targets[start : start + 100]
        score = _fit(ground, register, ground.in_register[some], classes, wrong) / fitting
        best = np.isclose(score, score.max(axis=1, keepdims=True), rtol=1e-9, atol=0)
        own = classes.of_record[some]
        rows = np.arange(len(some))
        picked_from = (best * classes.sizes).sum(axis=1)
        right[start : start + 100] = best[rows, own] / picked_from
    return right


@dataclass(frozen=True)
class Classes:
    """Records that look alike: what each class shows, and the class of each record."""

    first_year: Column
    last_year: Column
    columns: Mapping[str, Column]
    sizes: Column
    of_record: Column


def classes_of(shown: Shown) -> Classes:
    """Classes over everything that the release shows of a person."""
    stacked = np.stack([shown.first_year, shown.last_year, *shown.columns.values()], axis=1)
    rows, of_record, sizes = np.unique(stacked, axis=0, return_inverse=True, return_counts=True)
    rest = {name: rows[:, 2 + i] for i, name in enumerate(shown.columns)}
    return Classes(rows[:, 0], rows[:, 1], rest, sizes, of_record.reshape(-1))


def shifted_years(ground: Ground, register: Register, places: Column) -> Column:
    """Year of birth under each possible offset, shape ``(people, offsets)``, pooled as shown.

    Where nothing is shifted, the true year is the only one.
    """
    offsets = np.arange(-ground.max_weeks, ground.max_weeks + 1) * _DAYS_OF_A_WEEK
    if ground.max_weeks:
        offsets = offsets[offsets != 0]
    born = (register.born_first[places] + register.born_last[places]) // 2
    days = (born[:, None] + offsets).astype("datetime64[D]")
    years = days.astype("datetime64[Y]").astype(np.int64) + 1970
    return np.clip(years, ground.shown.first_year.min(), ground.shown.last_year.max())


def _fit(
    ground: Ground, register: Register, places: Column, classes: Classes, wrong: float
) -> Weights:
    """Chance that each person would look like each class, up to a factor; (people, classes)."""
    years = shifted_years(ground, register, places)
    bands, band_of = np.unique(
        np.stack([classes.first_year, classes.last_year]), axis=1, return_inverse=True
    )
    by_band = np.stack(
        [_in_band(years, int(first), int(last), wrong) for first, last in bands.T], axis=1
    )
    fit = by_band[:, band_of.reshape(-1)]
    for name, shown in classes.columns.items():
        true = register.columns[name][places][:, None]
        values = max(len(np.unique(register.columns[name])), 2)
        equal = np.where(shown == true, 1 - wrong, wrong / (values - 1))
        fit = fit * np.where((shown == NOTHING) | (true == NOTHING), 1.0, equal)
    return fit


def _in_band(years: Column, first: int, last: int, wrong: float) -> Weights:
    inside = ((years >= first) & (years <= last)).mean(axis=1)
    if not wrong:
        return inside
    near = ((years >= first - YEARS_OFF) & (years <= last + YEARS_OFF)).mean(axis=1)
    return (1 - wrong) * inside + wrong * near / (2 * YEARS_OFF + 1)


def with_mistakes(register: Register, rng: np.random.Generator) -> Register:
    """The register with wrong days of birth and wrong entries, drawn anew."""
    people = len(register.ids)
    off = rng.integers(-YEARS_OFF * 365, YEARS_OFF * 365 + 1, people)
    off = np.where(rng.random(people) < DAYS_WRONG, off, 0)
    columns = {
        name: np.where(rng.random(people) < FIELD_WRONG, rng.permutation(column), column)
        for name, column in register.columns.items()
    }
    return replace(
        register,
        born_first=register.born_first + off,
        born_last=register.born_last + off,
        columns=columns,
    )
