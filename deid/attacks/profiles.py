"""What is known of a person and what a record shows, side by side: demographics and diagnoses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deid.attacks.events import CONDITIONS, EVENT_TABLES
from deid.attacks.ground import NOTHING, Column, Ground
from deid.attacks.linkage import shifted_years

Matrix = npt.NDArray[np.float32]

DIAGNOSES = 60
"""Most frequent diagnoses that a profile has."""
_YEARS_APART = 10
"""A year of birth this far off is as wrong as another sex."""


@dataclass(frozen=True)
class Diagnoses:
    """Concepts, and which people of the release have them: shape ``(people, concepts)``."""

    concepts: Column
    released: npt.NDArray[np.bool_]
    true: npt.NDArray[np.bool_]


def diagnoses_of(ground: Ground) -> Diagnoses | None:
    """The most frequent diagnoses of the release; ``None`` if there is none."""
    return ground.once("diagnoses", lambda: _diagnoses(ground))


def _diagnoses(ground: Ground) -> Diagnoses | None:
    if not ground.has(CONDITIONS):
        return None
    concept = EVENT_TABLES[CONDITIONS][0]
    released = ground.table(CONDITIONS)
    (concepts,) = ground.columns(
        f"SELECT {concept}::BIGINT AS concept FROM {released} WHERE {concept} <> 0 GROUP BY 1 "
        f"ORDER BY count(DISTINCT person_id) DESC, 1 LIMIT {DIAGNOSES}"
    )
    if not len(concepts):
        return None
    concepts = np.sort(concepts)
    return Diagnoses(
        concepts,
        _matrix(ground, released, concept, concepts),
        _matrix(ground, f"vault.{CONDITIONS}", concept, concepts),
    )


def _matrix(ground: Ground, source: str, concept: str, concepts: Column) -> npt.NDArray[np.bool_]:
    listed = ", ".join(str(int(value)) for value in concepts)
    people, had = ground.columns(
        f"SELECT DISTINCT person_id, {concept}::BIGINT FROM {source} WHERE {concept} IN ({listed})"
    )
    chosen = np.isin(people, ground.shown.ids)
    matrix = np.zeros((len(ground.shown.ids), len(concepts)), dtype=bool)
    rows = np.searchsorted(ground.shown.ids, people[chosen])
    matrix[rows, np.searchsorted(concepts, had[chosen])] = True
    return matrix


def demographic_distance(ground: Ground, targets: Column, records: Column) -> Matrix:
    """How badly true demographics fit what records show; shape ``(targets, records)``.

    ``targets`` and ``records`` are places in ``ground.shown``. 0 fits; what a record does not show
    fits half.
    """
    shown, register = ground.shown, ground.register
    people = ground.in_register[targets]
    years = shifted_years(ground, register, people)
    first, last = shown.first_year[records], shown.last_year[records]
    # Possible years are all those from the first to the last under some offset.
    low, high = years.min(axis=1)[:, None], years.max(axis=1)[:, None]
    apart = np.maximum(np.maximum(first - high, low - last), 0)
    distance = np.minimum(apart / _YEARS_APART, 1).astype(np.float32)
    for name, values in shown.columns.items():
        true, seen = register.columns[name][people][:, None], values[records]
        unknown = (true == NOTHING) | (seen == NOTHING)
        distance += np.where(unknown, 0.5, seen != true).astype(np.float32)
    return distance


def diagnosis_distance(
    found: Diagnoses, targets: Column, records: Column, without: int | None = None
) -> Matrix:
    """Share of diagnoses in which the truth differs from a record, ``without`` one of them."""
    true = found.true[targets].astype(np.float32)
    seen = found.released[records].astype(np.float32)
    if without is not None:
        true, seen = np.delete(true, without, axis=1), np.delete(seen, without, axis=1)
    both = true @ seen.T
    differ = true.sum(axis=1)[:, None] + seen.sum(axis=1)[None, :] - 2 * both
    return differ / max(true.shape[1], 1)


def nearest(distance: Matrix) -> npt.NDArray[np.bool_]:
    """Which records are nearest to each target; all that are equally near."""
    return distance <= distance.min(axis=1, keepdims=True) + 1e-6
