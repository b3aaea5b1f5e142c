"""Risk of being found by what others know of a person: classes over the quasi-identifiers.

The measures follow El Emam, *Guide to the De-Identification of Personal Health Information* (2013):
prosecutor (the target is known to be in the data), journalist (only known to be in a population
that is named) and marketer (the share of all that would be matched rightly on average). The unit
is always the person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from deid.structured.classes import Column, class_of_each

RISK_LEVELS = (0.2, 0.09, 0.05)
CLASS_SIZES = ((1, 4), (5, 10), (11, 19), (20, None))
ITSELF = "the people of the release"


@dataclass(frozen=True)
class LinkageRisk:
    """Classes over the quasi-identifiers of the people in a release.

    ``share_above`` has the share of people whose prosecutor risk is above 0.2, 0.09 and 0.05,
    ``journalist_share_above`` the same for the journalist's; ``people_by_class_size`` has people
    by the size of their class, cut at the sizes that rules name (5, 11, 20).
    """

    people: int
    classes: int
    smallest_class: int
    prosecutor_max: float
    prosecutor_average: float
    share_above: dict[str, float]
    journalist_max: float
    journalist_average: float
    journalist_share_above: dict[str, float]
    marketer: float
    population: str
    population_people: int
    people_by_class_size: dict[str, int]


def linkage_risk(
    columns: Sequence[Column],
    population: Sequence[Column] | None = None,
    population_name: str = ITSELF,
) -> LinkageRisk:
    """Risk of the people in ``columns`` (one array a quasi-identifier, one entry a person).

    ``population`` has the same columns for everybody in the population that ``population_name``
    names; without it the release is its own population.
    """
    people = len(columns[0])
    in_population = people if population is None else len(population[0])
    if not people:
        none = {str(level): 0.0 for level in RISK_LEVELS}
        return LinkageRisk(
            0, 0, 0, 0.0, 0.0, none, 0.0, 0.0, dict(none), 0.0, population_name, in_population, {}
        )
    codes, sizes = class_of_each(columns)
    risk = 1.0 / sizes[codes]
    matches = sizes
    if population is not None:
        both = [np.concatenate(pair) for pair in zip(columns, population, strict=True)]
        joint, _ = class_of_each(both)
        counts = np.bincount(joint[people:], minlength=int(joint.max()) + 1)
        matches = np.ones(len(sizes), dtype=np.int64)
        matches[codes] = np.maximum(counts[joint[:people]], 1)
    journalist = 1.0 / matches[codes]
    return LinkageRisk(
        people=people,
        classes=len(sizes),
        smallest_class=int(sizes.min()),
        prosecutor_max=float(risk.max()),
        # Each class adds 1 to the sum of its members' risks; a sum of fractions would round.
        prosecutor_average=len(sizes) / people,
        share_above=_shares_above(risk),
        journalist_max=float(journalist.max()),
        journalist_average=float((sizes / matches).sum()) / people,
        journalist_share_above=_shares_above(journalist),
        marketer=float((sizes / np.maximum(matches, sizes)).sum()) / people,
        population=population_name,
        population_people=in_population,
        people_by_class_size={
            f"{low} to {high}" if high else f"{low} and more": int(
                sizes[(sizes >= low) & (sizes <= (high or people))].sum()
            )
            for low, high in CLASS_SIZES
        },
    )


def _shares_above(risk: np.ndarray) -> dict[str, float]:
    return {str(level): float((risk > level).mean()) for level in RISK_LEVELS}
