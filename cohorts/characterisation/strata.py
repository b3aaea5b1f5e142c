"""Who is counted together: sexes, ages and years with enough events in each.

The rows of ages that have enough people of the cohort, and years, are put together until each has
the minimum of events, and for both sexes until both have. So every count of a stratum is shown, and
rows of a finer table add up to rows of the coarser, also of other outcomes: nothing follows by
subtraction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cohorts.characterisation.at_risk import ALL, AtRisk, Flags
from cohorts.characterisation.bands import age_label, merged, year_label
from cohorts.characterisation.index import OTHER_SEX, SEXES, places_of_unknown
from cohorts.disclosure import DisclosureRule, safe_table

Rows = Sequence[Sequence[str]]


@dataclass(frozen=True)
class Stratum:
    """A row and a column of a table as they are called, and who is inside."""

    row: str
    sex: str
    inside: Flags

    @property
    def name(self) -> str:
        """What it is called in lines: the same in incidence and in survival."""
        return ALL if (self.row, self.sex) == (ALL, ALL) else f"{self.row}, {self.sex}"

    @property
    def label(self) -> str:
        """What it is called in words."""
        return ALL if self.name == ALL else self.sex if self.row == ALL else self.row


def everybody(watched: AtRisk) -> Stratum:
    """All who are at risk."""
    return Stratum(ALL, ALL, np.ones(len(watched.person), dtype=bool))


def by_sex(watched: AtRisk, sexes: Sequence[str], rule: DisclosureRule) -> list[Stratum]:
    """Women and men, or nobody if either has too few events."""
    events = [int((watched.event & (watched.sex == sex)).sum()) for sex in sexes]
    cells = safe_table(events, rule, places_of_unknown(sexes)).cells
    both = [sex for sex, cell in zip(sexes, cells, strict=True) if cell.shown is not None]
    if not set(SEXES.values()) <= set(both):
        return []
    return [Stratum(ALL, sex, watched.sex == sex) for sex in SEXES.values()]


def by_age(watched: AtRisk, ages: Rows, rule: DisclosureRule) -> list[Stratum]:
    """Rows of ages of the cohort, put together; nobody if they do not make two rows."""
    rows = _age_rows(watched, ages, rule)
    found = [Stratum(age_label(row), ALL, _aged(watched, row)) for row in rows]
    return found if len(found) > 1 else []


def by_age_and_sex(
    watched: AtRisk, ages: Rows, sexes: Sequence[str], rule: DisclosureRule
) -> list[Stratum]:
    """Ages of both sexes. Nobody where some of the source have another sex: they would follow."""
    if OTHER_SEX in sexes or not by_sex(watched, sexes, rule):
        return []
    rows = _age_rows(watched, ages, rule)
    counts = [
        [
            int((watched.event & _aged(watched, row) & (watched.sex == sex)).sum())
            for sex in SEXES.values()
        ]
        for row in rows
    ]
    wider = [
        [label for place in group for label in rows[place]]
        for group in merged(counts, rule.minimum_cell)
    ]
    if len(wider) < 2:
        return []
    return [
        Stratum(age_label(row), sex, _aged(watched, row) & (watched.sex == sex))
        for row in wider
        for sex in SEXES.values()
    ]


def by_year(watched: AtRisk, years: Sequence[int], rule: DisclosureRule) -> list[Stratum]:
    """Years in which the time at risk begins, or nobody if they do not make two rows."""
    labels = [f"before {years[0]}", *map(str, years)]
    inside = [watched.year < years[0], *(watched.year == year for year in years)]
    counts = [[int((watched.event & flags).sum())] for flags in inside]
    found = [
        Stratum(
            year_label([labels[place] for place in group]),
            ALL,
            np.logical_or.reduce([inside[place] for place in group]),
        )
        for group in merged(counts, rule.minimum_cell)
    ]
    return found if len(found) > 1 else []


def _age_rows(watched: AtRisk, ages: Rows, rule: DisclosureRule) -> list[tuple[str, ...]]:
    counts = [[int((watched.event & _aged(watched, row)).sum())] for row in ages]
    return [
        tuple(label for place in group for label in ages[place])
        for group in merged(counts, rule.minimum_cell)
    ]


def _aged(watched: AtRisk, row: Sequence[str]) -> Flags:
    return np.asarray(np.isin(watched.age_band, row))
