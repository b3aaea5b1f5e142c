"""How typical a record is of its cohort, and which records are like another one; both explained.

A record is a point: problem groups and kinds as 0 or 1, amounts (contacts, years, notes, drugs,
values) on a logarithmic scale, age and mean levels, each divided by its spread in the cohort.
Typicality compares a record's mean distance to its nearest neighbours with that of the others
(``sklearn.neighbors.NearestNeighbors``). The explanation names the facts that lie furthest from the
cohort's middle, or those that two records share.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log1p

import numpy as np
from numpy.typing import NDArray

from casebank.finding.features import PersonFacts
from casebank.finding.wishes import GROUP_NAMES

NEIGHBOURS = 10
SMALLEST_COHORT = 20
"""Among fewer records nothing is called typical."""

TYPICAL, UNTYPICAL = 0.5, 0.9
"""Shares of the cohort: the half nearest to its neighbours is typical, the last tenth is not."""

_KIND_WEIGHT, _GROUP_WEIGHT, _AMOUNT_WEIGHT = 1.0, 1.5, 0.5
FARTHEST = 4
"""How many facts an explanation names."""

CLIP = 2.5
"""An amount further than so many spreads from the middle counts as no further."""

SEX = "sex"
_Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Typicality:
    """``rank`` is the share of the cohort that lies nearer to its neighbours, 0 to 1."""

    rank: float
    because: tuple[str, ...]

    @property
    def word(self) -> str:
        """Typical, untypical, or in between."""
        if self.rank <= TYPICAL:
            return "typical"
        return "untypical" if self.rank >= UNTYPICAL else "in between"


@dataclass(frozen=True)
class Likeness:
    """A record with its distance from another, and what the two share and what tells them apart."""

    facts: PersonFacts
    distance: float
    shared: tuple[str, ...]
    apart: tuple[str, ...]


@dataclass(frozen=True)
class _Axis:
    """One coordinate: its name for people, its value, and its weight."""

    name: str
    kind: str
    value: float | None
    weight: float


def typicality(cohort: Sequence[PersonFacts]) -> dict[int, Typicality]:
    """Typicality of every person of a cohort, by person id; empty for a small cohort."""
    if len(cohort) < SMALLEST_COHORT:
        return {}
    axes, points = _points(cohort)
    distances, _ = _nearest(points, points, min(NEIGHBOURS, len(cohort) - 1) + 1)
    means = distances[:, 1:].mean(axis=1)
    ranks = (means.argsort().argsort() + 0.0) / (len(cohort) - 1)
    middle = np.median(points, axis=0)
    usual = [axis for axis, shown in zip(axes, middle, strict=True) if _is_group(axis) and shown]
    found = {}
    for index, facts in enumerate(cohort):
        if ranks[index] <= TYPICAL:
            shared = [axis.name for axis in usual if points[index, axes.index(axis)] > 0]
            found[facts.person_id] = Typicality(
                float(ranks[index]), tuple(f"{name}, as most have" for name in shared[:FARTHEST])
            )
            continue
        order = np.argsort(-np.abs(points[index] - middle))[:FARTHEST]
        because = tuple(
            _said(axes[place], points[index, place] - middle[place])
            for place in order
            if abs(points[index, place] - middle[place]) > 1e-9
        )
        found[facts.person_id] = Typicality(float(ranks[index]), because)
    return found


def more_like(
    wanted: PersonFacts, people: Sequence[PersonFacts], limit: int = 10
) -> list[Likeness]:
    """The people most like ``wanted``, nearest first, without ``wanted`` itself."""
    others = [one for one in people if one.person_id != wanted.person_id]
    if not others or limit < 1:
        return []
    _, points = _points([*others, wanted])
    distances, places = _nearest(points[:-1], points[-1:], min(limit, len(others)))
    found = []
    for distance, place in zip(distances[0], places[0], strict=True):
        other = others[place]
        shared = sorted(set(wanted.groups) & set(other.groups))
        apart = sorted(set(wanted.groups) ^ set(other.groups))
        found.append(
            Likeness(
                other,
                float(distance),
                tuple(GROUP_NAMES[one] for one in shared),
                tuple(GROUP_NAMES[one] for one in apart),
            )
        )
    return found


def _is_group(axis: _Axis) -> bool:
    return axis.kind == "flag" and axis.weight == _GROUP_WEIGHT


def _nearest(points: _Matrix, asked: _Matrix, count: int) -> tuple[_Matrix, NDArray[np.int64]]:
    # Imported here: it takes a second, and most uses of the casebank never ask for neighbours.
    from sklearn.neighbors import NearestNeighbors

    index = NearestNeighbors(n_neighbors=count, algorithm="brute").fit(points)
    distances, places = index.kneighbors(asked)
    return distances, places


def _points(people: Sequence[PersonFacts]) -> tuple[list[_Axis], _Matrix]:
    groups = sorted({group for one in people for group in one.groups})
    rows = [_axes(one, groups) for one in people]
    values = np.array(
        [[np.nan if axis.value is None else axis.value for axis in row] for row in rows]
    )
    filled = np.where(np.isnan(values), 0.0, values)
    known = np.maximum((~np.isnan(values)).sum(axis=0), 1)
    # What is not recorded is put in the middle, so that it makes nobody near or far.
    values = np.where(np.isnan(values), filled.sum(axis=0) / known, values)
    spread = values.std(axis=0)
    flags = np.array([axis.kind == "flag" for axis in rows[0]])
    spread = np.where(flags | (spread < 1e-9), 1.0, spread)
    weights = np.array([axis.weight for axis in rows[0]])
    scaled = np.where(
        flags, values, np.clip((values - np.median(values, axis=0)) / spread, -CLIP, CLIP)
    )
    return rows[0], scaled * weights


def _axes(facts: PersonFacts, groups: Sequence[str]) -> list[_Axis]:
    kinds = ("psychological", "social", "family", "risk")
    amounts = {
        "contacts": facts.contacts,
        "years of follow-up": facts.span,
        "notes": facts.notes,
        "drugs": facts.drugs,
        "problems": len(facts.problems),
        "values for flow sheets": sum(facts.values.values()),
    }
    levels = {
        "mean systolic pressure": facts.levels.get("blood-pressure"),
        "mean HbA1c": facts.levels.get("hba1c"),
        "mean BMI": facts.levels.get("bmi"),
    }
    return [
        *(
            _Axis(
                f"{GROUP_NAMES[one].lower()} problems",
                "flag",
                float(one in facts.groups),
                _GROUP_WEIGHT,
            )
            for one in groups
        ),
        *(
            _Axis(f"{one} problems", "flag", float(one in facts.kinds), _KIND_WEIGHT)
            for one in kinds
        ),
        _Axis(SEX, "flag", float(facts.sex == "female"), _KIND_WEIGHT),
        _Axis("age", "amount", facts.age, 1.0),
        *(_Axis(name, "amount", log1p(n), _AMOUNT_WEIGHT) for name, n in amounts.items()),
        *(_Axis(name, "amount", level, _AMOUNT_WEIGHT) for name, level in levels.items()),
    ]


def _said(axis: _Axis, difference: float) -> str:
    if axis.kind == "flag":
        if axis.name == SEX:
            return "is female" if difference > 0 else "is not female"
        return f"{'has' if difference > 0 else 'has no'} {axis.name}"
    if axis.name == "age":
        return "older than most" if difference > 0 else "younger than most"
    word = "more" if difference > 0 else "fewer"
    if axis.name.startswith("mean"):
        word = "higher" if difference > 0 else "lower"
    return f"{word} {axis.name} than most"
