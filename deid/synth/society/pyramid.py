"""Age and sex as generated, beside the published figures they are set to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from deid.synth.people import Area, Household, Locale
from deid.synth.society.published import AREAS, BANDS, LOCALES, SEXES, band_of, pyramid

REFERENCE_YEARS = 5
"""The generated population is compared as it is so many years before the last day of the records:
in 2020, the year of the published figures, when the records end in 2025."""


@dataclass(frozen=True)
class Share:
    """One band of a pyramid: share of the whole population, generated and published."""

    locale: Locale
    area: Area
    sex: str
    age: int
    generated: float
    published: float


def reference_day(today: date) -> date:
    """The day on which the population is compared with the published figures."""
    return date(today.year - REFERENCE_YEARS, today.month, min(today.day, 28))


def compare_pyramid(households: Iterable[Household], today: date) -> list[Share]:
    """Shares of people by locale, area, sex and band of five years, generated and published."""
    day = reference_day(today)
    counts: dict[tuple[str, str], dict[tuple[str, int], int]] = {}
    for household in households:
        group = counts.setdefault((household.locale, household.area), {})
        for member in household.members:
            if member.lives_here(day):
                key = (member.sex, band_of(member.age_on(day)))
                group[key] = group.get(key, 0) + 1
    shares = []
    for locale in LOCALES:
        for area in AREAS:
            group = counts.get((locale, area), {})
            total = sum(group.values())
            if not total:
                continue
            published = pyramid(locale, area)
            shares += [
                Share(locale, area, sex, age, group.get((sex, age), 0) / total,
                      published[sex, age])
                for sex in SEXES
                for age in BANDS
            ]  # fmt: skip
    return shares


def distance(shares: Iterable[Share]) -> float:
    """Half the sum of absolute differences: the share of people who are in the wrong band."""
    return sum(abs(share.generated - share.published) for share in shares) / 2
