"""How exactly a source knows ages, and which limits of a definition that leaves undecided.

A release gives a year of birth as the middle of a band, and years of shifted dates. Circe's age is
the year of the event less that year, so near a limit it can be on either side of the true age.
Of a limit only those matter who can have been of that age while they were observed: a band that
pools the oldest is wide, and leaves no limit of adults undecided.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import duckdb
import numpy as np
import numpy.typing as npt

from cohorts.cdm import DataSource
from cohorts.findings import NOTE, Finding
from cohorts.model import CohortDefinition, walk
from deid.release import BIRTH_YEARS, Release

Years = npt.NDArray[np.int64]
MOST_PEOPLE: Final = 0.9
_AGES: Final = ("Age", "AgeAtStart", "AgeAtEnd")
_FIRST_DAY: Final = ("observation_period", "observation_period_start_date")
_BANDS: Final = f"""
    SELECT min(year(o.observation_period_start_date)) - any_value(b.last_year) AS youngest,
           max(year(o.observation_period_end_date)) - any_value(b.first_year) AS oldest,
           any_value(greatest(b.last_year - p.year_of_birth, p.year_of_birth - b.first_year)) AS off
    FROM "{BIRTH_YEARS}" b JOIN person p USING (person_id)
    JOIN observation_period o USING (person_id)
    WHERE p.year_of_birth IS NOT NULL GROUP BY person_id
"""


@dataclass(frozen=True)
class AgeMargin:
    """By how many years a shown age can be beside the true one: for most people, and for all."""

    usual: int
    most: int


EXACT: Final = AgeMargin(0, 0)


@dataclass(frozen=True)
class AgeBands:
    """For each person the least and greatest age while observed, and how far it may be off.

    ``shifted`` tells that years are those of shifted dates.
    """

    youngest: Years
    oldest: Years
    off: Years
    shifted: bool

    def margin(self, limits: tuple[int, ...]) -> AgeMargin:
        """How exactly ages are known of those who can be at one of the limits."""
        near = np.zeros(len(self.off), np.bool_)
        for limit in limits:
            near |= (self.youngest < limit) & (limit <= self.oldest)
        off = np.sort(self.off[near])
        if not len(off):
            return AgeMargin(int(self.shifted), int(self.shifted)) if limits else EXACT
        usual = int(off[int(MOST_PEOPLE * (len(off) - 1))])
        return AgeMargin(usual + self.shifted, int(off[-1]) + self.shifted)


def age_bands(source: DataSource) -> AgeBands:
    """The bands of a source: none where nothing says that a year of birth is one."""
    shifted = isinstance(source, Release) and any(
        (column.table, column.name) == _FIRST_DAY and column.treatment == "shift-date"
        for column in source.dictionary.columns
    )
    try:
        with source.connect() as connection:
            found = connection.sql(_BANDS).fetchnumpy()
    except duckdb.CatalogException:  # a folder, or a release without bands
        found = {name: np.empty(0, np.int64) for name in ("youngest", "oldest", "off")}
    youngest, oldest, off = (
        np.ma.filled(found[name], 0).astype(np.int64) for name in ("youngest", "oldest", "off")
    )
    return AgeBands(youngest, oldest, off, shifted)


def age_limits(definition: CohortDefinition) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Where a definition limits an age, and the ages."""
    for path, node in walk(definition.expression):
        for name in _AGES:
            limit = node.get(name)
            if limit:
                ages = [limit[end] for end in ("Value", "Extent") if limit.get(end) is not None]
                yield f"{path}.{name}", tuple(int(age) for age in ages)


def margin_of(definition: CohortDefinition, bands: AgeBands) -> AgeMargin:
    """How exactly the age limits of a definition are decided; exact without any."""
    return bands.margin(tuple(age for _, ages in age_limits(definition) for age in ages))


def check_ages(definition: CohortDefinition, bands: AgeBands) -> Iterator[Finding]:
    """Age limits that a source cannot decide exactly for people close to them."""
    for path, ages in age_limits(definition):
        margin = bands.margin(ages)
        if margin.most:
            yield Finding(
                "age_at_margin",
                NOTE,
                path,
                f"ages are within {margin.usual} years of the true ones for nine people in ten in "
                f"this release, and within {margin.most} for all: of people that close to the "
                "limit some are on its other side",
            )
