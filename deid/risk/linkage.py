"""Risk of being found by what others know of a person: classes over the quasi-identifiers.

The measures follow El Emam, *Guide to the De-Identification of Personal Health Information* (2013):
prosecutor (the target is known to be in the data), journalist (only known to be in the population)
and marketer (how many of all could be matched). The unit is always the person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from deid.structured.classes import Column, class_of_each

RISK_LEVELS = (0.2, 0.09, 0.05)


@dataclass(frozen=True)
class LinkageRisk:
    """Classes over the quasi-identifiers of the people in a release."""

    people: int
    classes: int
    smallest_class: int
    prosecutor_max: float
    prosecutor_average: float
    share_above: dict[str, float]
    """Share of people whose risk is above 0.2, 0.09 and 0.05."""
    journalist_max: float
    marketer: float


def linkage_risk(
    columns: Sequence[Column], population: Sequence[Column] | None = None
) -> LinkageRisk:
    """Risk of the people in ``columns`` (one array a quasi-identifier, one entry a person).

    ``population`` has the same columns for everybody in the vault; without it the release is its
    own population.
    """
    people = len(columns[0])
    if not people:
        return LinkageRisk(0, 0, 0, 0.0, 0.0, {str(level): 0.0 for level in RISK_LEVELS}, 0.0, 0.0)
    codes, sizes = class_of_each(columns)
    risk = 1.0 / sizes[codes]
    journalist = float(risk.max())
    if population is not None:
        both = [np.concatenate(pair) for pair in zip(columns, population, strict=True)]
        joint, _ = class_of_each(both)
        in_population = np.bincount(joint[people:], minlength=int(joint.max()) + 1)
        journalist = float((1.0 / np.maximum(in_population[joint[:people]], 1)).max())
    return LinkageRisk(
        people=people,
        classes=len(sizes),
        smallest_class=int(sizes.min()),
        prosecutor_max=float(risk.max()),
        # Each class adds 1 to the sum of its members' risks; a sum of fractions would round.
        prosecutor_average=len(sizes) / people,
        share_above={str(level): float((risk > level).mean()) for level in RISK_LEVELS},
        journalist_max=journalist,
        marketer=len(sizes) / people,
    )
