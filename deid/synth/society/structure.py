"""Households over up to three generations as they are when the records begin.

The kind of a household and the age of its head are drawn from ``data/household_kinds.csv``, whose
shares :mod:`deid.synth.society.calibration` sets so that the population comes out with the
published age and sex. Who else lives there follows from kind and head by assumption.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from random import Random

from deid.synth.mixes import draw_mix
from deid.synth.parameters import value
from deid.synth.people import Area, Locale, Resident, Sex
from deid.synth.society.published import read_table
from deid.synth.streams import happens

Kind = tuple[str, int]
"""Kind of household and first age of the head's band of five years."""

MOTHERS_AGE = (20, 36)
"""Youngest and oldest age of a mother at a birth (assumption: the central nine tenths)."""

OF_AGE = 18
"""Least age of a father, and of a mother who is married."""

DAYS_A_YEAR = 365.25


@cache
def household_kinds(locale: Locale, area: Area) -> Mapping[Kind, float]:
    """Share of households by kind and age of the head."""
    return {
        (row["kind"], int(row["age"])): float(row["share"])
        for row in read_table("household_kinds")
        if row["locale"] == locale and row["area"] == area
    }


def draw_structure(
    stream: Random, locale: Locale, kind: Kind, start: date
) -> tuple[str, list[Resident]]:
    """Kind of household and its members, oldest generation first, not yet numbered."""
    name, band = kind
    age = stream.uniform(band, band + 5)
    draw = _Draw(stream, start)
    if name in {"elder alone", "adult alone", "single parent"}:
        key = name.replace(" ", "_")
        sex: Sex = "F" if happens(stream, value(f"women.{key}")) else "M"
        head = draw.person(sex, age, "head")
        head.marital = draw_mix(stream, f"marital.{key}")
        children = draw.children([head], locale) if name == "single parent" else []
        return name, [head, *children]
    if name in {"elder couple", "couple"}:
        return name, draw.couple(age)
    if name == "nuclear":
        parents = draw.couple(age)
        children = draw.children(parents, locale)
        return (name if children else "couple"), parents + children
    elders = draw.couple(age)
    if name == "grandparents and grandchild":
        mother = draw.age(elders[1]) - stream.uniform(*MOTHERS_AGE)
        oldest = min(mother - 18, 15)
        grandchild = draw.person(draw.sex(locale), stream.uniform(min(2, oldest), oldest), "child")
        grandchild.grandparents = tuple(elders)
        return name, [*elders, grandchild]
    middle = draw.couple_of_child(elders)
    return name, elders + middle + draw.children(middle, locale)


class _Draw:
    """Draws members of one household, with their ages on one day."""

    def __init__(self, stream: Random, day: date) -> None:
        self._stream, self._day = stream, day

    def sex(self, locale: Locale) -> Sex:
        """Sex at birth: 111 boys for 100 girls in China (census of 2020), 105 elsewhere."""
        return "M" if happens(self._stream, value(f"birth.boys.{locale.lower()}")) else "F"

    def person(self, sex: Sex, age: float, role: str) -> Resident:
        birth = self._day - timedelta(days=int(max(age, 0.1) * DAYS_A_YEAR))
        return Resident(sex=sex, birth=birth, role=role)

    def couple(self, age_of_husband: float) -> list[Resident]:
        husband = self.person("M", age_of_husband, "head")
        wife = self.person(
            "F",
            max(
                age_of_husband
                - self._stream.gauss(value("spouse.age_gap"), value("spouse.age_gap.sd")),
                20,
            ),
            "spouse",
        )
        return marry(husband, wife)

    def couple_of_child(self, elders: list[Resident]) -> list[Resident]:
        mother = elders[1]
        age = self.age(mother) - self._stream.uniform(*MOTHERS_AGE)
        age = min(age, self.age(elders[0]) - OF_AGE)
        child = self.person(
            "M" if happens(self._stream, value("heir.son")) else "F", max(age, 21), "heir"
        )
        child.father, child.mother = elders
        partner_age = max(self.age(child) + self._stream.gauss(0, value("spouse.age_gap.sd")), 20)
        partner = self.person("F" if child.sex == "M" else "M", partner_age, "heir's spouse")
        return marry(child, partner)

    def children(self, parents: list[Resident], locale: Locale) -> list[Resident]:
        mother = next((p for p in parents if p.sex == "F"), parents[0])
        father = next((p for p in parents if p.sex == "M"), None)
        wanted = int(draw_mix(self._stream, f"children.{locale.lower()}"))
        children = []
        mothers_age = self._stream.uniform(*MOTHERS_AGE)
        for _ in range(wanted):
            age = self.age(mother) - mothers_age
            of_age = father is None or self.age(father) - age > OF_AGE
            if 0.1 < age < 27 and of_age:
                child = self.person(self.sex(locale), age, "child")
                child.father = father
                child.mother = mother if mother.sex == "F" else None
                children.append(child)
            mother.parity += age > 0.1
            mothers_age += self._stream.uniform(1.5, 5)
        return children

    def age(self, person: Resident) -> float:
        return (self._day - person.birth).days / DAYS_A_YEAR


def marry(one: Resident, other: Resident) -> list[Resident]:
    """Make two people a couple."""
    one.spouse, other.spouse = other, one
    one.marital = other.marital = "MARRIED"
    return [one, other]
