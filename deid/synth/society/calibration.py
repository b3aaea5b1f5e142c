"""``python -m deid.synth.society.calibration``: set the shares of household kinds.

Each kind of household with each age of its head is drawn some hundred times and lived through to
the day of comparison; what comes out is its mean number of people by sex and age. The shares of
the kinds are then moved from plausible ones to those whose mixture has the published age and sex,
by iterative proportional updating (Ye 2009, Transportation Research Board 88th meeting), in the
multiplicative form that keeps near the start. The result is written to
``deid/synth/data/household_kinds.csv``; it is done again when the lives of households change.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from deid.synth.people import Area, Locale
from deid.synth.society.lives import Setting, live
from deid.synth.society.published import AREAS, BANDS, LOCALES, SEXES, band_of, pyramid
from deid.synth.society.pyramid import reference_day
from deid.synth.society.structure import Kind, draw_structure
from deid.synth.streams import open_stream

TARGET = Path(__file__).parents[1] / "data" / "household_kinds.csv"
TODAY = date(2025, 6, 30)
DRAWS = 300
ROUNDS = 15
"""Few, so that the kinds of households stay plausible: with many, single parents and people alone
take the place of couples for the last percent."""

HEADS: Mapping[str, tuple[int, int]] = {
    "adult alone": (20, 60),
    "couple": (20, 60),
    "nuclear": (20, 60),
    "single parent": (20, 55),
    "elder alone": (60, 95),
    "elder couple": (60, 95),
    "three generations": (45, 90),
    "grandparents and grandchild": (50, 80),
}
"""Youngest and oldest age of the head when the records begin."""

PLAUSIBLE: Mapping[tuple[Locale, Area], Mapping[str, float]] = {
    ("zh_CN", "rural"): {
        "elder alone": 0.09, "elder couple": 0.18, "nuclear": 0.27, "three generations": 0.26,
        "grandparents and grandchild": 0.06, "couple": 0.09, "adult alone": 0.03,
        "single parent": 0.02,
    },
    ("zh_CN", "urban"): {
        "elder alone": 0.06, "elder couple": 0.13, "nuclear": 0.40, "three generations": 0.13,
        "couple": 0.14, "single parent": 0.04, "adult alone": 0.10,
    },
    ("en_US", "rural"): {
        "elder alone": 0.12, "elder couple": 0.15, "nuclear": 0.30, "three generations": 0.05,
        "couple": 0.17, "single parent": 0.09, "adult alone": 0.12,
    },
    ("en_US", "urban"): {
        "elder alone": 0.11, "elder couple": 0.11, "nuclear": 0.30, "three generations": 0.06,
        "couple": 0.15, "single parent": 0.11, "adult alone": 0.16,
    },
}  # fmt: skip
"""Shares of households to begin from (assumptions)."""


def mean_people(locale: Locale, area: Area, kind: Kind, draws: int = DRAWS) -> np.ndarray:
    """Mean number of people of one household by sex and band, men first; shape (36,)."""
    stream = open_stream("calibration", locale, area, *kind)
    counts = np.zeros((len(SEXES), len(BANDS)))
    day = reference_day(TODAY)
    for _ in range(draws):
        start = TODAY - timedelta(days=stream.randrange(8 * 365, 10 * 365))
        setting = Setting(locale, area, start, TODAY)
        name, members = draw_structure(stream, locale, kind, start)
        live(stream, name, members, setting)
        for member in members:
            if member.lives_here(day):
                band = BANDS.index(band_of(member.age_on(day)))
                counts[SEXES.index(member.sex), band] += 1
    return counts.ravel() / draws


def fit_shares(
    means: np.ndarray, start: np.ndarray, target: np.ndarray, rounds: int = ROUNDS
) -> np.ndarray:
    """Shares of kinds whose people are spread as the target is.

    Args:
        means: people by kind and group, shape (kinds, groups).
        start: shares of kinds to begin from, shape (kinds,).
        target: shares of groups, shape (groups,).
    """
    weights = start / (start @ means).sum()
    size = means.sum(axis=1)
    for _ in range(rounds):
        weights = weights * (means @ (target / (weights @ means))) / size
    return weights / weights.sum()


def calibrate(locale: Locale, area: Area) -> dict[Kind, float]:
    """Shares of households by kind and age of the head for one place."""
    plausible = PLAUSIBLE[locale, area]
    kinds: list[Kind] = []
    start = []
    for name, share in plausible.items():
        low, high = HEADS[name]
        bands = range(low, high, 5)
        kinds += [(name, band) for band in bands]
        start += [share / len(bands)] * len(bands)
    published = pyramid(locale, area)
    target = np.array([published[sex, band] for sex in SEXES for band in BANDS])
    means = np.array([mean_people(locale, area, kind) for kind in kinds])
    shares = fit_shares(means, np.array(start), target)
    return dict(zip(kinds, shares.tolist(), strict=True))


def main() -> int:
    """Write the table again."""
    with TARGET.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("locale", "area", "kind", "age", "share"))
        for locale in LOCALES:
            for area in AREAS:
                for (name, age), share in calibrate(locale, area).items():
                    if share >= 5e-6:
                        writer.writerow((locale, area, name, age, f"{share:.5f}"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
