"""Equivalence classes of people, and local generalisation until none is too small."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deid.policy.model import GeneralisationStep

Column = npt.NDArray[np.int64]
NONE = -1
"""Stands for an absent region; ids are positive."""


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


def band_of_year(years: Column, width: int, oldest: int) -> Column:
    """Middle of each year's band of ``width`` years, but never before the pooled year.

    OMOP wants one number, and the middle keeps mean ages right.
    """
    return np.maximum((years // width) * width + width // 2, oldest)


def generalise_small_classes(
    columns: Mapping[str, Column],
    steps: Sequence[GeneralisationStep],
    k: int,
    oldest_year: int,
) -> Generalised:
    """Take the steps one after the other, each for the people whose class is below ``k``.

    A class moves as a whole, so no other class becomes smaller. Whoever is still in a small class
    at the end is not kept. ``columns`` holds one value a person and quasi-identifier; concepts
    become 0 and regions :data:`NONE`.
    """
    now = {name: column.copy() for name, column in columns.items()}
    years = columns.get("year_of_birth")
    taken: list[tuple[str, int]] = []
    for step in steps:
        small = _in_small_class(now, k)
        if not small.any():
            break
        if step.column == "year_of_birth":
            assert years is not None
            level = band_of_year(years, int(step.level), oldest_year)
        else:
            level = np.full(len(small), NONE if step.column == "location_id" else 0, np.int64)
        now[step.column] = np.where(small, level, now[step.column])
        taken.append((f"{step.column}:{step.level}", int(small.sum())))
    return Generalised(now, ~_in_small_class(now, k), tuple(taken))


def _in_small_class(columns: Mapping[str, Column], k: int) -> npt.NDArray[np.bool_]:
    codes, sizes = class_of_each(list(columns.values()))
    return sizes[codes] < k
