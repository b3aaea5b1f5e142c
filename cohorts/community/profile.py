"""The community profile as it may be shown: every table goes through the gate as a whole.

Each year's people are one two-way table of areas by age and sex, each indicator of a year one of
areas by yes and no, each year's notifiable diseases one of areas by disease. So what an area shows,
what all areas together show and what is withheld hold for all at once; choosing an area or a year
only chooses what is looked at. Shares are worked out from shown numbers.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Final

from cohorts.cdm import DataSource
from cohorts.characterisation.bands import age_label
from cohorts.characterisation.index import UNKNOWN
from cohorts.characterisation.printed import PrintedTable
from cohorts.community.indicators import (
    INDICATORS,
    NOTIFIABLE,
    NOTIFIABLE_RESIDENTS,
    Indicator,
    indicator_of,
)
from cohorts.community.person_years import AGE_NAMES, SEXES, Counts, count_person_years
from cohorts.disclosure import DisclosureRule, SafeCount, safe_count
from cohorts.linked_tables import SafeCrosstab, safe_crosstab

ALL_AREAS: Final = "all areas"
# Ten-year bands of age need so many residents an area; below that neighbouring ones are one row.
BAND_RESIDENTS: Final = 1_000


@dataclass(frozen=True)
class Rate:
    """People with an indicator and of whom, as shown."""

    having: SafeCount
    among: SafeCount

    @property
    def percent(self) -> str:
        """The share from shown numbers; empty if one of them is withheld."""
        return self.having.percent_of(self.among)

    @property
    def share(self) -> float | None:
        """The same as a number from 0 to 100."""
        words = self.percent
        return float(words.split()[0]) if words else None


@dataclass(frozen=True)
class PyramidRow:
    """People of one age band."""

    ages: str
    female: SafeCount
    male: SafeCount


class CommunityProfile:
    """Safe figures of one release. Tables are made when first asked for and then kept."""

    def __init__(self, counts: Counts, rule: DisclosureRule) -> None:
        self._counts = counts
        self._rule = rule
        self._tables: dict[tuple[object, ...], SafeCrosstab] = {}
        self._lock = threading.Lock()
        self.areas = (ALL_AREAS, *counts.areas) if len(counts.areas) > 1 else (ALL_AREAS,)
        self.years = tuple(year for year in counts.years if self._enough(year))
        self.missing = counts.missing
        everybody = safe_count(counts.residents, rule).shown or 0
        self._residents_an_area = everybody // max(1, len(counts.areas))
        ages = {band for *_, band in counts.people}
        bands: list[tuple[str, ...]] = [(name,) for name in AGE_NAMES]
        if self._residents_an_area < BAND_RESIDENTS:
            bands = [AGE_NAMES[:2], AGE_NAMES[2:4], AGE_NAMES[4:6], AGE_NAMES[6:]]
        self._bands = {age_label(band): band for band in bands}
        if UNKNOWN in ages:
            self._bands[UNKNOWN] = (UNKNOWN,)
        self._has_other_sex = any(sex == UNKNOWN for _, _, sex, _ in counts.people)

    def pyramid(self, area: str, year: int) -> tuple[PyramidRow, ...]:
        """Women and men by age band, youngest first."""
        line = self._line(self._people(year), area)
        return tuple(
            PyramidRow(name, line[2 * place], line[2 * place + 1])
            for place, name in enumerate(self._bands)
        )

    def people(self, area: str, year: int) -> SafeCount:
        """People on record on 1 July, in the area and of any age and sex."""
        return self._margin(self._people(year), area)

    def is_told(self, residents: int, area: str) -> bool:
        """Whether something that needs so many residents an area is told of this one."""
        return area == ALL_AREAS or self._residents_an_area >= residents

    def rate(self, indicator: Indicator, area: str, year: int) -> Rate | None:
        """An indicator in an area and year; ``None`` if it is told of all areas only.

        Raises:
            KeyError: if the release cannot tell it; see ``missing``.
        """
        if indicator.key in self.missing:
            raise KeyError(indicator.key)
        if not self.is_told(indicator.residents, area):
            return None
        cells = [
            list(self._counts.shares.get((indicator.key, year, one), (0, 0)))
            for one in self._counts.areas
        ]
        table = self._table(("rate", indicator.key, year), cells, indicator.residents)
        return Rate(self._line(table, area)[0], self._margin(table, area))

    def cases(self, area: str, year: int) -> tuple[SafeCount, ...]:
        """People with each disease of ``NOTIFIABLE``; none if told of all areas only."""
        if not self.is_told(NOTIFIABLE_RESIDENTS, area):
            return ()
        cells = [
            [self._counts.cases.get((year, one, disease.key), 0) for disease in NOTIFIABLE]
            for one in self._counts.areas
        ]
        return self._line(self._table(("cases", year), cells, NOTIFIABLE_RESIDENTS), area)

    def tables(self, area: str, year: int) -> tuple[PrintedTable, ...]:
        """All of an area and year as it is printed."""
        where = f"{area}, {year}"
        return (
            PrintedTable(
                "people",
                f"People on record on 1 July by age and sex, {where}",
                ("age", "women", "men"),
                tuple((row.ages, str(row.female), str(row.male))
                      for row in self.pyramid(area, year)),
            ),
            PrintedTable(
                "indicators",
                f"Indicators, {where}",
                ("indicator", "of whom", "with it", "percent"),
                tuple(
                    (one.title, str(rate.among), str(rate.having), _number(rate.percent))
                    for one in INDICATORS
                    if one.key not in self.missing
                    for rate in [self.rate(one, area, year)]
                    if rate is not None
                ),
            ),
            PrintedTable(
                "notifiable",
                f"People with notifiable diseases, {where}",
                ("disease", "class", "people"),
                tuple((one.title, one.law_class, str(count))
                      for one, count in zip(NOTIFIABLE, self.cases(area, year), strict=False)),
                labels=2,
            ),
        )  # fmt: skip

    def prepare(self) -> None:
        """Make every table now, so that nobody waits for one."""
        for year in self.years:
            self.tables(ALL_AREAS, year)

    def shares_over_years(self, indicator: Indicator) -> dict[str, list[float | None]]:
        """Percentages of an indicator by area, one for each year."""
        found: dict[str, list[float | None]] = {}
        for area in self.areas:
            rates = [self.rate(indicator, area, year) for year in self.years]
            if all(rate is not None for rate in rates):
                found[area] = [rate.share for rate in rates if rate is not None]
        return found

    def over_years(self, key: str) -> PrintedTable:
        """One indicator in every area and year.

        Raises:
            KeyError: if there is no such indicator, or the release cannot tell it.
        """
        indicator = indicator_of(key)
        if indicator is None:
            raise KeyError(key)
        rows = []
        for area in self.areas:
            for year in self.years:
                rate = self.rate(indicator, area, year)
                if rate is not None:
                    rows.append(
                        (area, str(year), str(rate.among), str(rate.having), _number(rate.percent))
                    )
        return PrintedTable(
            key.replace("_", "-"),
            f"{indicator.title}, by area and year",
            ("area", "year", "of whom", "with it", "percent"),
            tuple(rows),
            labels=2,
        )

    def _enough(self, year: int) -> bool:
        """Years in which too few are on record are left out, so that nothing of them is told."""
        people = sum(n for (of, *_), n in self._counts.people.items() if of == year)
        return people >= self._rule.minimum_cell

    def _people(self, year: int) -> SafeCrosstab:
        def people(area: str, sex: str, ages: tuple[str, ...]) -> int:
            return sum(self._counts.people.get((year, area, sex, age), 0) for age in ages)

        every = tuple(age for band in self._bands.values() for age in band)
        cells = [
            [
                *(people(area, sex, band) for band in self._bands.values() for sex in SEXES),
                # Of neither sex: a column of each age would be a few people.
                *[people(area, UNKNOWN, every)] * self._has_other_sex,
            ]
            for area in self._counts.areas
        ]
        return self._table(("people", year), cells, 0)

    def _table(
        self, key: tuple[object, ...], cells: list[list[int]], residents: int
    ) -> SafeCrosstab:
        """The table of all areas, or of them together if it needs more residents an area."""
        if not self._residents_an_area >= residents:
            cells = [[sum(column) for column in zip(*cells, strict=True)]]
        with self._lock:
            if key not in self._tables:
                self._tables[key] = safe_crosstab(cells, self._rule)
            return self._tables[key]

    def _line(self, table: SafeCrosstab, area: str) -> tuple[SafeCount, ...]:
        if area == ALL_AREAS:
            return table.columns
        return table.cells[self._counts.areas.index(area)]

    def _margin(self, table: SafeCrosstab, area: str) -> SafeCount:
        return table.total if area == ALL_AREAS else table.rows[self._counts.areas.index(area)]


def community_profile(
    source: DataSource, rule: DisclosureRule, *, by_day: bool = True
) -> CommunityProfile:
    """The profile of a release.

    Raises:
        EngineError: if counting takes too long.
    """
    return CommunityProfile(count_person_years(source, by_day=by_day), rule)


def _number(percent: str) -> str:
    return percent.split()[0] if percent else ""
