"""Every number of the disease and follow-up model, with its source.

``data/parameters.csv`` holds single numbers, ``data/diseases.csv`` prevalences of diagnosed
disease by age with what changes them. A source beginning with "assumption" is a plausible value
that nobody measured here; the others name the publication whose figure, rounded, was taken.
:mod:`deid.synth.catalogue` lists these and all other tables of the model as one.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import resources
from importlib.resources.abc import Traversable
from itertools import pairwise
from types import MappingProxyType

Curve = tuple[tuple[float, float], ...]

ASSUMED = "assumption"
_NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)+")
_KEY = re.compile(r"[A-Z][A-Z0-9_]*")
_PARAMETER_COLUMNS = ("name", "value", "unit", "source")
_DISEASE_COLUMNS = ("problem", "curve", "men", "women", "urban", "rural", "en_US", "zh_CN",
                    "after", "ratios_source", "source")  # fmt: skip


@dataclass(frozen=True)
class Parameter:
    """One number of the model."""

    value: float
    unit: str
    source: str


@dataclass(frozen=True)
class DiseaseModel:
    """Prevalence of one problem by age, times what changes it.

    ``curve`` gives points (age in years, prevalence); between them it is linear and it never
    falls. ``area`` and ``locale`` hold risk ratios for those that are not 1; ``after`` holds risk
    ratios of people who have another problem or habit. ``source`` speaks for the curve and
    ``ratios_source`` for all ratios, if there are any.
    """

    problem: str
    curve: Curve
    source: str
    ratios_source: str = ""
    men: float = 1.0
    women: float = 1.0
    area: Mapping[str, float] = field(default_factory=dict)
    locale: Mapping[str, float] = field(default_factory=dict)
    after: Mapping[str, float] = field(default_factory=dict)

    @property
    def points(self) -> Curve:
        """The curve from zero on: what the first point holds arose in the ten years before it."""
        age, share = self.curve[0]
        return self.curve if share == 0 else ((max(age - 10, 0.0), 0.0), *self.curve)

    def prevalence(self, age: float) -> float:
        """Prevalence at an age, before ratios."""
        points = self.points
        if age <= points[0][0]:
            return 0.0
        for (left, low), (right, high) in pairwise(points):
            if age <= right:
                return low + (high - low) * (age - left) / (right - left)
        return points[-1][1]

    def onset_age(self, draw: float, ratio: float) -> float | None:
        """Age at which a person with this draw from [0, 1) falls ill; ``None`` for never.

        The inverse of prevalence times ratio: over many draws the share that is ill at each age
        is exactly that product.
        """
        if ratio <= 0 or draw >= self.curve[-1][1] * ratio:
            return None
        wanted = draw / ratio
        for (left, low), (right, high) in pairwise(self.points):
            if wanted <= high and high > low:
                return left + (right - left) * (wanted - low) / (high - low)
        return None


def read_parameters(file: Traversable) -> Mapping[str, Parameter]:
    """The single numbers, by name, in the order of the file.

    Raises:
        ValueError: for the first fault, with file and line: a wrong header or number of fields,
            a malformed or repeated name, a value that is no number, no unit, no source.
    """
    found: dict[str, Parameter] = {}
    for place, line in read_lines(file, _PARAMETER_COLUMNS):
        name = line["name"]
        if not _NAME.fullmatch(name):
            raise ValueError(f"{place}: name is not words joined by dots")
        if name in found:
            raise ValueError(f"{place}: {name} is there already")
        if not line["unit"] or not line["source"]:
            raise ValueError(f"{place}: {name} needs a unit and a source")
        found[name] = Parameter(_number(line["value"], place), line["unit"], line["source"])
    return MappingProxyType(found)


def read_diseases(file: Traversable) -> tuple[DiseaseModel, ...]:
    """The prevalence models, in the order of the file, which is that of drawing.

    A curve is ``age:share`` and a ratio after another problem ``KEY:ratio``, parted by spaces; an
    empty ratio is 1.

    Raises:
        ValueError: for the first fault, with file and line: a wrong header or number of fields,
            a malformed or repeated problem, a curve whose ages do not rise or whose shares fall
            or leave 0 to 1, a ratio below zero, no source of the curve or of the ratios.
    """
    found: dict[str, DiseaseModel] = {}
    for place, line in read_lines(file, _DISEASE_COLUMNS):
        problem = line["problem"]
        if not _KEY.fullmatch(problem) or problem in found:
            raise ValueError(f"{place}: problem is no key, or is there already")
        if not line["source"]:
            raise ValueError(f"{place}: {problem} needs a source")
        curve = tuple((_number(age, place), share) for age, share in _pairs(line["curve"], place))
        _check_curve(curve, place)
        after = dict(_pairs(line["after"], place))
        ratios = {name: _number(line[name] or "1", place) for name in _DISEASE_COLUMNS[2:8]}
        if min(*ratios.values(), *after.values(), 1.0) < 0:
            raise ValueError(f"{place}: a ratio is below zero")
        given = any(line[name] for name in _DISEASE_COLUMNS[2:9])
        if given is not bool(line["ratios_source"]):
            raise ValueError(f"{place}: ratios and ratios_source go together")
        found[problem] = DiseaseModel(
            problem,
            curve,
            line["source"],
            line["ratios_source"],
            men=ratios["men"],
            women=ratios["women"],
            area={name: ratios[name] for name in ("urban", "rural")},
            locale={name: ratios[name] for name in ("en_US", "zh_CN")},
            after=after,
        )
    return tuple(found.values())


def read_lines(file: Traversable, columns: tuple[str, ...]) -> Iterator[tuple[str, dict[str, str]]]:
    """Place (file and line, for messages) and fields of every line of a table.

    Raises:
        ValueError: for another header than these columns, or a line of another length.
    """
    with file.open("r", encoding="utf-8") as stream:
        reader = csv.reader(stream, strict=True)
        if tuple(next(reader, ())) != columns:
            raise ValueError(f"{file.name}: the header must be {','.join(columns)}")
        for fields in reader:
            place = f"{file.name}, line {reader.line_num}"
            if len(fields) != len(columns):
                raise ValueError(f"{place}: {len(fields)} fields instead of {len(columns)}")
            yield place, dict(zip(columns, fields, strict=True))


def _number(text: str, place: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"{place}: a value is no number")
    return number


def _pairs(text: str, place: str) -> Iterator[tuple[str, float]]:
    for pair in text.split():
        name, _, number = pair.partition(":")
        yield name, _number(number, place)


def _check_curve(curve: Curve, place: str) -> None:
    ages, shares = [age for age, _ in curve], [share for _, share in curve]
    if not curve or any(left >= right for left, right in pairwise(ages)):
        raise ValueError(f"{place}: the ages of a curve must rise")
    if sorted(shares) != shares or shares[0] < 0 or shares[-1] > 1:
        raise ValueError(f"{place}: the shares of a curve must not fall, nor leave 0 to 1")


DATA = resources.files("deid.synth") / "data"
"""The folder of all tables."""

PARAMETERS: Mapping[str, Parameter] = read_parameters(DATA / "parameters.csv")
DISEASES: tuple[DiseaseModel, ...] = read_diseases(DATA / "diseases.csv")
_VALUES = {name: parameter.value for name, parameter in PARAMETERS.items()}


def value(name: str) -> float:
    """One parameter's value."""
    return _VALUES[name]
