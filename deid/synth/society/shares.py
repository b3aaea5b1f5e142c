"""Shares of answers to questions on people and homes, by place, sex and age (``shares.csv``).

``low`` and ``high`` are ages on the last day of the records, for ``EDUCATION_LEVEL`` years of
birth; both are included.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from random import Random
from types import MappingProxyType

from deid.synth.people import Area, Locale, Sex
from deid.synth.society.published import read_table
from deid.synth.streams import weighted


@dataclass(frozen=True)
class Group:
    """People who answer a question alike; ``sex`` is empty for both."""

    sex: str
    low: int
    high: int
    shares: Mapping[str, float]


@cache
def groups_of(question: str, locale: Locale, area: Area) -> tuple[Group, ...]:
    """All groups of one place for a question."""
    shares: dict[tuple[str, int, int], dict[str, float]] = {}
    for row in read_table("shares"):
        if (row["question"], row["locale"], row["area"]) == (question, locale, area):
            key = row["sex"], int(row["low"]), int(row["high"])
            shares.setdefault(key, {})[row["answer"]] = float(row["share"])
    return tuple(Group(*key, found) for key, found in shares.items())


def draw_answer(
    stream: Random,
    question: str,
    locale: Locale,
    area: Area,
    sex: Sex,
    number: int,
    tilt: Mapping[str, float] = MappingProxyType({}),
) -> str:
    """An answer of somebody of this sex and age (or year of birth).

    ``tilt`` multiplies the shares of some answers, for people in whom they are commoner.

    Raises:
        LookupError: if the table has no group for them.
    """
    for group in groups_of(question, locale, area):
        if group.sex in {"", sex} and group.low <= number <= group.high:
            if not tilt:
                return weighted(stream, group.shares)
            return weighted(stream, {a: s * tilt.get(a, 1.0) for a, s in group.shares.items()})
    raise LookupError(f"shares.csv has nobody of {sex} {number} in {locale} {area}: {question}")
