"""How children grow: the growth standards of the World Health Organization, by the LMS method.

``data/growth.csv`` holds L, M and S of weight (kg), length or height (cm) and head circumference
(cm) by sex and month; between two months they are interpolated. The method is that of Cole and
Green 1992 Stat Med 11:1305, the figures those of the WHO (2006, and 2007 from five years on).
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from importlib import resources
from itertools import pairwise
from random import Random
from types import MappingProxyType
from typing import Literal

from deid.synth.parameters import value as parameter
from deid.synth.people import Sex

Measure = Literal["weight", "length", "head"]
DAYS_A_MONTH = 30.4375


@dataclass(frozen=True)
class Point:
    """Box-Cox power, median and coefficient of variation at an age."""

    months: float
    power: float
    median: float
    spread: float

    def value(self, z: float) -> float:
        """The measure at a z-score."""
        if abs(self.power) < 1e-6:
            return self.median * math.exp(self.spread * z)
        return float(self.median * (1 + self.power * self.spread * z) ** (1 / self.power))

    def z_score(self, value: float) -> float:
        """The z-score of a measure."""
        ratio = value / self.median
        if abs(self.power) < 1e-6:
            return math.log(ratio) / self.spread
        return float((ratio**self.power - 1) / (self.power * self.spread))


def _read() -> Mapping[tuple[str, str], tuple[Point, ...]]:
    text = (resources.files("deid.synth") / "data" / "growth.csv").read_text(encoding="utf-8")
    curves: dict[tuple[str, str], list[Point]] = {}
    for row in csv.DictReader(text.splitlines()):
        numbers = (float(row[column]) for column in ("months", "l", "m", "s"))
        curves.setdefault((row["measure"], row["sex"]), []).append(Point(*numbers))
    return MappingProxyType({key: tuple(points) for key, points in curves.items()})


CURVES = _read()


def age_in_months(birth: date, day: date) -> float:
    """Months of 30.4375 days, as the standards count them."""
    return (day - birth).days / DAYS_A_MONTH


def reference(measure: Measure, sex: Sex, months: float) -> Point:
    """The standard at an age; before birth and after the last month that of the end."""
    points = CURVES[measure, sex]
    if months <= points[0].months:
        return points[0]
    for left, right in pairwise(points):
        if months <= right.months:
            share = (months - left.months) / (right.months - left.months)
            return Point(
                months,
                left.power + share * (right.power - left.power),
                left.median + share * (right.median - left.median),
                left.spread + share * (right.spread - left.spread),
            )
    return points[-1]


def z_score(measure: Measure, sex: Sex, months: float, value: float) -> float:
    """How many standard deviations from the median of the age."""
    return reference(measure, sex, months).z_score(value)


@dataclass
class Growth:
    """A child's own place among the children of its age, which drifts slowly.

    Weight, length and head are z-scores; ``drift`` is the change of weight a year, in z.
    """

    sex: Sex
    weight: float
    length: float
    head: float
    drift: float

    def measure(self, stream: Random, months: float) -> dict[Measure, float]:
        """Weight (kg, to 0.1), length and head (cm, to 0.1) as the nurse takes them."""
        years, spread = months / 12, parameter("growth.visit.sd")
        scores: dict[Measure, float] = {
            "weight": self.weight + self.drift * min(years, 4) + stream.gauss(0, spread),
            "length": self.length + stream.gauss(0, spread),
            "head": self.head + stream.gauss(0, spread),
        }
        return {
            measure: round(reference(measure, self.sex, months).value(_held(score)), 1)
            for measure, score in scores.items()
        }


def _held(score: float) -> float:
    return min(max(score, -2.8), 2.8)


def draw_growth(stream: Random, sex: Sex, birth_score: float, troubled: float) -> Growth:
    """Where a child grows, near its weight at birth; ``troubled`` is the share that leaves it.

    Half of the troubled grow fat, half fall behind.
    """
    weight = parameter("growth.weight.birth") * birth_score
    weight = min(max(weight + stream.gauss(0, parameter("growth.weight.sd")), -2.0), 2.0)
    spread = parameter("growth.length.sd")
    length = parameter("growth.length.weight") * weight + stream.gauss(0, spread)
    length = min(max(length, -2.0), 2.0)
    drift = stream.gauss(0, parameter("growth.drift.sd"))
    draw = stream.random()
    if draw < troubled / 2:
        weight, drift = max(weight, parameter("growth.fat")), parameter("growth.fat.drift")
    elif draw < troubled:
        weight = min(weight, parameter("growth.behind"))
        length = min(length, parameter("growth.behind.length"))
        drift = parameter("growth.behind.drift")
    head = parameter("growth.head.length") * length + stream.gauss(0, spread)
    return Growth(sex, weight, length, head, drift)
