"""Equivalence classes of people, and local generalisation until none is too small."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deid.policy.model import GeneralisationStep

Column = npt.NDArray[np.int64]
NONE = -1
"""Stands for an absent region; ids are positive."""

_BANDS_BEGIN = 1900
_BAND_BASE = 10_000
"""Greater than any year: a band is its first year times this, and its last."""


@dataclass(frozen=True)
class Generalised:
    """People's quasi-identifiers after generalisation.

    ``kept`` marks those whose class has at least k people; ``steps`` counts the people each step
    was applied to.
    """

    columns: Mapping[str, Column]
    kept: npt.NDArray[np.bool_]
    steps: tuple[tuple[str, int], ...]


def class_of_each(columns: Sequence[Column]) -> tuple[Column, Column]:
    """Number of the class of each person, and the size of each class."""
    people = len(columns[0])
    codes = np.zeros(people, dtype=np.int64)
    for column in columns:
        values, inverse = np.unique(column, return_inverse=True)
        # Renumbered after every column, so the product cannot overflow.
        _, codes = np.unique(codes * len(values) + inverse, return_inverse=True)
    return codes, np.bincount(codes, minlength=0).astype(np.int64)


@dataclass(frozen=True)
class YearRange:
    """Years of birth that a release may show: from the pooled year to the end of its data."""

    oldest: int
    newest: int


def bands_of_years(years: Column, width: int, shown: YearRange) -> Column:
    """Each year's band of ``width`` years, counted from 1900, as one number.

    :func:`years_of_bands` gives its first and last year. A band ends where the range does, so
    nobody seems older than the pool or not yet born.
    """
    first = (years - _BANDS_BEGIN) // width * width + _BANDS_BEGIN
    last = np.minimum(first + width - 1, shown.newest)
    return np.maximum(first, shown.oldest) * _BAND_BASE + last


def years_of_bands(bands: Column) -> tuple[Column, Column]:
    """First and last year of each band."""
    return bands // _BAND_BASE, bands % _BAND_BASE


def middles_of_bands(bands: Column) -> Column:
    """Middle year of each band: OMOP wants one number, and the middle keeps mean ages right."""
    first, last = years_of_bands(bands)
    return (first + last) // 2


def generalise_small_classes(
    columns: Mapping[str, Column],
    steps: Sequence[GeneralisationStep],
    k: int,
    shown: YearRange,
) -> Generalised:
    """Take the steps one after the other, each for the people whose class is below ``k``.

    A class moves as a whole, so no other class becomes smaller. Those who are few even after the
    last step are joined by the smallest classes that become equal to them by all steps; whoever is
    still in a small class then is not kept. ``columns`` holds one value a person and
    quasi-identifier: years of birth as bands; concepts become 0 and regions :data:`NONE`.
    """
    now = {name: column.copy() for name, column in columns.items()}
    taken: list[tuple[str, int]] = []
    for step in steps:
        small = _in_small_class(now, k)
        if not small.any():
            break
        now[step.column] = np.where(small, _level(columns, step, shown), now[step.column])
        taken.append((f"{step.column}:{step.level}", int(small.sum())))
    top = dict(now)
    for step in steps:
        top[step.column] = _level(columns, step, shown)
    joined = _join_the_few(now, top, k)
    if joined:
        taken.append(("joined to small classes", joined))
    return Generalised(now, ~_in_small_class(now, k), tuple(taken))


def generalise_to_average(
    columns: Mapping[str, Column],
    steps: Sequence[GeneralisationStep],
    k: int,
    shown: YearRange,
    average_max: float,
) -> Generalised:
    """Like :func:`generalise_small_classes`, with the smallest k that also keeps the mean risk low.

    The mean risk of a table whose classes have at least n people is at most 1/n, so the search ends
    at 1/``average_max``.
    """
    last = max(k, math.ceil(1 / average_max))
    for target in range(k, last + 1):
        result = generalise_small_classes(columns, steps, target, shown)
        kept = [column[result.kept] for column in result.columns.values()]
        if not len(kept[0]):
            continue
        _, sizes = class_of_each(kept)
        # Each class adds 1 to the sum of its members' risks; a sum of fractions would round.
        if len(sizes) / len(kept[0]) <= average_max:
            break
    return result


def _join_the_few(now: dict[str, Column], top: Mapping[str, Column], k: int) -> int:
    """Generalise the smallest classes to the top where that makes a small class large enough."""
    tops, _ = class_of_each(list(top.values()))
    joined = 0
    for group in np.unique(tops[_in_small_class(now, k)]):
        members = tops == group
        while True:
            codes, sizes = class_of_each(list(now.values()))
            few = members & (sizes[codes] < k)
            if not few.any() or int(members.sum()) < k:
                break
            for name, column in top.items():
                now[name] = np.where(few, column, now[name])
            codes, sizes = class_of_each(list(now.values()))
            if not (members & (sizes[codes] < k)).any():
                break
            others = np.flatnonzero(members & (sizes[codes] >= k))
            smallest = codes[others[np.argmin(sizes[codes[others]])]]
            moving = codes == smallest
            for name, column in top.items():
                now[name] = np.where(moving, column, now[name])
            joined += int(moving.sum())
    return joined


def _level(columns: Mapping[str, Column], step: GeneralisationStep, shown: YearRange) -> Column:
    if step.column == "year_of_birth":
        years = middles_of_bands(columns["year_of_birth"])
        return bands_of_years(years, int(step.level), shown)
    people = len(next(iter(columns.values())))
    return np.full(people, NONE if step.column == "location_id" else 0, np.int64)


def _in_small_class(columns: Mapping[str, Column], k: int) -> npt.NDArray[np.bool_]:
    codes, sizes = class_of_each(list(columns.values()))
    return sizes[codes] < k
