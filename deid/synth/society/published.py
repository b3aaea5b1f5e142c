"""Published figures on populations that the generator is set to, read from the CSV tables."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType

from deid.synth.parameters import value
from deid.synth.people import LOCALES, Area, Locale, Sex

BAND = 5
"""Years of one age band; the last one, from 85 on, is open."""

BANDS = tuple(range(0, 90, BAND))
SEXES: tuple[Sex, ...] = ("M", "F")
AREAS: tuple[Area, ...] = ("urban", "rural")

Pyramid = Mapping[tuple[Sex, int], float]
"""Share of a population by sex and first age of the band; the shares add up to one."""


def read_table(name: str) -> list[dict[str, str]]:
    """Rows of ``deid/synth/data/<name>.csv``."""
    text = (resources.files("deid.synth") / "data" / f"{name}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def band_of(age: float) -> int:
    """First age of the band that an age belongs to."""
    return min(int(age) // BAND * BAND, BANDS[-1])


@cache
def national_pyramid(locale: Locale) -> Pyramid:
    """Age and sex of the whole country in 2020."""
    counts = {
        (sex, int(row["age"])): float(row["thousands"])
        for row in read_table("age_sex")
        for sex in SEXES
        if row["locale"] == locale and row["sex"] == sex
    }
    total = sum(counts.values())
    return MappingProxyType({key: count / total for key, count in counts.items()})


@cache
def pyramid(locale: Locale, area: Area) -> Pyramid:
    """Age and sex in towns or villages.

    The country's shares, scaled within broad age groups to the published shares of older people
    in towns and villages, because no table by band and area is free of charge for both countries.
    Published for the United States are shares of an earlier survey: there the ratio of area to
    country is taken, not the share.
    """
    national = national_pyramid(locale)
    shares = _older_shares(locale, area)
    edges = [0, *sorted(shares), BANDS[-1] + BAND]
    wanted = [1.0, *(shares[age] for age in sorted(shares)), 0.0]
    scaled: dict[tuple[Sex, int], float] = {}
    for low, high, above, beyond in zip(edges, edges[1:], wanted, wanted[1:], strict=False):
        group = {key: share for key, share in national.items() if low <= key[1] < high}
        factor = (above - beyond) / sum(group.values())
        scaled |= {key: share * factor for key, share in group.items()}
    return MappingProxyType({key: scaled[key] for key in national})


def _older_shares(locale: Locale, area: Area) -> dict[int, float]:
    rows = [row for row in read_table("age_area") if row["locale"] == locale]
    shares = {int(r["from_age"]): float(r["share"]) for r in rows if r["area"] == area}
    if locale == "zh_CN":
        return shares
    national = national_pyramid(locale)
    scaled = {}
    for age, share in shares.items():
        other = next(
            float(r["share"]) for r in rows if r["area"] != area and int(r["from_age"]) == age
        )
        urban, rural = (share, other) if area == "urban" else (other, share)
        towns = value("urban.en_us")
        mean = towns * urban + (1 - towns) * rural
        whole = sum(value for (_, band), value in national.items() if band >= age)
        scaled[age] = whole * share / mean
    return scaled


@cache
def fertility(locale: Locale) -> Mapping[int, float]:
    """Births a woman a year by first age of the band, from 15 to 49."""
    return MappingProxyType(
        {
            int(row["age"]): float(row["births_per_thousand"]) / 1000
            for row in read_table("fertility")
            if row["locale"] == locale
        }
    )


__all__ = ["AREAS", "BAND", "BANDS", "LOCALES", "SEXES", "Pyramid", "band_of", "fertility",
           "national_pyramid", "pyramid", "read_table"]  # fmt: skip
