"""Who stands out by demographics together with what neighbours know: visits, follow-up, family.

The visit count comes in bands that double (0, 1, 2 to 3, 4 to 7, ...), the follow-up as the whole
years of all observation periods. The family are the people whom ``fact_relationship`` joins: its
size, and the year of birth and sex of every member as released.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np

from deid.risk.events import has_table, parquet
from deid.risk.households import Families, families_of
from deid.risk.population import PopulationUniqueness, population_uniqueness
from deid.structured.classes import Column, class_of_each

POPULATION_MULTIPLES = (1, 2, 5, 10, 50, 100)
"""How many times the release's people the population has, where the policy names none."""


@dataclass(frozen=True)
class BackgroundRisk:
    """Classes of people by one set of things known. Shares are of all people, 0 to 1.

    ``few`` are in classes of fewer than k people, ``unique`` alone in theirs.
    """

    known: str
    classes: int
    smallest_class: int
    few: float
    unique: float
    average: float
    in_population: tuple[PopulationUniqueness, ...]


@dataclass(frozen=True)
class Background:
    """All sets of things known, in growing order, and the families of the release."""

    k: int
    risks: tuple[BackgroundRisk, ...]
    families: Families
    person: Column
    """Ids of the people, ascending."""
    alike: Mapping[str, Column]
    """For each set the people in the class of each person."""

    def of(self, known: str) -> BackgroundRisk:
        """One set by its name."""
        return next(risk for risk in self.risks if risk.known == known)


DEMOGRAPHICS = "demographics"
VISITS = "demographics and visit count"
FOLLOW_UP = "demographics and follow-up"
BOTH = "demographics, visit count and follow-up"
FAMILY = "demographics and family"


def background_risk(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    k: int,
    population: int | None = None,
) -> Background:
    """Measure the people of ``known_person``; ``population`` is the size that a policy names."""
    people = connection.execute(
        "SELECT person, class FROM known_person ORDER BY person"
    ).fetchnumpy()
    person, klass = np.asarray(people["person"]), np.asarray(people["class"])
    visits = _of_each(
        connection,
        person,
        f"SELECT person_id AS person, floor(log2(count(*)))::BIGINT + 1 AS value FROM "
        f"{parquet(folder, 'visit_occurrence')} GROUP BY 1"
        if has_table(folder, "visit_occurrence")
        else None,
    )
    years = _of_each(
        connection,
        person,
        "SELECT person_id AS person, floor(sum(observation_period_end_date - "
        "observation_period_start_date + 1) / 365.25)::BIGINT AS value FROM "
        f"{parquet(folder, 'observation_period')} GROUP BY 1"
        if has_table(folder, "observation_period")
        else None,
    )
    families = families_of(connection, folder, person, klass, k)
    sets: tuple[tuple[str, tuple[Column, ...]], ...] = (
        (DEMOGRAPHICS, (klass,)),
        (VISITS, (klass, visits)),
        (FOLLOW_UP, (klass, years)),
        (BOTH, (klass, visits, years)),
        (FAMILY, (klass, families.signature)),
    )
    risks: list[BackgroundRisk] = []
    alike: dict[str, Column] = {}
    for known, columns in sets:
        risk, alike[known] = _risk(known, columns, k, population)
        risks.append(risk)
    return Background(k, tuple(risks), families, person, alike)


def _risk(
    known: str, columns: Sequence[Column], k: int, population: int | None
) -> tuple[BackgroundRisk, Column]:
    if not len(columns[0]):
        return BackgroundRisk(known, 0, 0, 0.0, 0.0, 0.0, ()), columns[0]
    codes, sizes = class_of_each(columns)
    people = len(codes)
    each = sizes[codes]
    return (
        BackgroundRisk(
            known,
            len(sizes),
            int(sizes.min()),
            round(float((each < k).mean()), 6),
            round(float((each == 1).mean()), 6),
            round(len(sizes) / people, 6),
            tuple(
                population_uniqueness(sizes, max(people, size))
                for size in (
                    (population,) if population else [people * n for n in POPULATION_MULTIPLES]
                )
            ),
        ),
        each,
    )


def _of_each(
    connection: duckdb.DuckDBPyConnection, person: Column, statement: str | None
) -> Column:
    """One number a person, 0 for people without a row."""
    values = np.zeros(len(person), dtype=np.int64)
    if statement is not None:
        found = connection.execute(statement).fetchnumpy()
        of, value = np.asarray(found["person"]), np.asarray(found["value"])
        known = np.isin(of, person)
        values[np.searchsorted(person, of[known])] = value[known]
    return values
