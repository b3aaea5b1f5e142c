"""Answers drawn by their shares (``data/mixes.csv``), and laboratory values drawn around a mean
(``data/levels.csv``), for forms whose answers do not follow from the course of a disease."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from random import Random

from deid.synth.parameters import DATA, read_lines
from deid.synth.streams import weighted

NO_SHIFT: Mapping[str, float] = {}


@dataclass(frozen=True)
class Level:
    """A test among people without a disease that moves it, in the unit of the test."""

    test: str
    mean: float
    sd: float
    low: float
    high: float
    decimals: int


def draw_mix(stream: Random, name: str) -> str:
    """One answer of a mix.

    Raises:
        KeyError: if there is no such mix.
    """
    return weighted(stream, _mixes()[name])


def draw_levels(
    stream: Random, group: str, shift: Mapping[str, float] = NO_SHIFT
) -> dict[str, float]:
    """One value of every test of a group; ``shift`` is added to the mean of the tests it names.

    Raises:
        KeyError: if there is no such group.
    """
    found: dict[str, float] = {}
    for level in _levels()[group]:
        drawn = stream.gauss(level.mean + shift.get(level.test, 0), level.sd)
        held = min(max(drawn, level.low), level.high)
        found[level.test] = round(held, level.decimals) if level.decimals else round(held)
    return found


@cache
def _mixes() -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for _, row in read_lines(DATA / "mixes.csv", ("mix", "answer", "share", "source")):
        found.setdefault(row["mix"], {})[row["answer"]] = float(row["share"])
    return found


@cache
def _levels() -> dict[str, list[Level]]:
    columns = ("group", "test", "mean", "sd", "low", "high", "decimals", "source")
    found: dict[str, list[Level]] = {}
    for _, row in read_lines(DATA / "levels.csv", columns):
        mean, sd, low, high = (float(row[column]) for column in ("mean", "sd", "low", "high"))
        level = Level(row["test"], mean, sd, low, high, int(row["decimals"]))
        found.setdefault(row["group"], []).append(level)
    return found
