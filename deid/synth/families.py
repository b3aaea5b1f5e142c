"""Households over up to three generations: who lives together, and how old they are.

Ages are those at the end of the records. Shares of household kinds are assumptions, set so that
half the households of an ageing county have somebody of 60 or more.
"""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from deid.synth.people import Area, Locale, Resident, Sex
from deid.synth.streams import happens, one_of, weighted

HOUSEHOLD_KINDS: dict[tuple[Locale, Area], dict[str, float]] = {
    ("zh_CN", "rural"): {
        "elder alone": 0.12, "elder couple": 0.22, "nuclear": 0.22, "three generations": 0.28,
        "grandparents and grandchild": 0.08, "couple": 0.08,
    },
    ("zh_CN", "urban"): {
        "elder alone": 0.10, "elder couple": 0.20, "nuclear": 0.32, "three generations": 0.16,
        "couple": 0.12, "single parent": 0.04, "adult alone": 0.06,
    },
    ("en_US", "rural"): {
        "elder alone": 0.14, "elder couple": 0.20, "nuclear": 0.30, "three generations": 0.06,
        "couple": 0.16, "single parent": 0.07, "adult alone": 0.07,
    },
    ("en_US", "urban"): {
        "elder alone": 0.14, "elder couple": 0.15, "nuclear": 0.30, "three generations": 0.06,
        "couple": 0.14, "single parent": 0.09, "adult alone": 0.12,
    },
}  # fmt: skip
MOTHERS_AGE = (20, 36)
"""Youngest and oldest age of a mother at a birth (assumption: the central nine tenths)."""

DAYS_A_YEAR = 365.25


def draw_household(
    stream: Random, locale: Locale, area: Area, today: date
) -> tuple[str, list[Resident]]:
    """Kind of household and its members, oldest generation first, not yet numbered."""
    kind = weighted(stream, HOUSEHOLD_KINDS[locale, area])
    draw = _Draw(stream, today)
    if kind in {"elder alone", "adult alone"}:
        low, high = (62, 92) if kind == "elder alone" else (24, 60)
        sex: Sex = "F" if happens(stream, 0.65 if kind == "elder alone" else 0.45) else "M"
        return kind, [draw.person(sex, stream.uniform(low, high), "head")]
    if kind == "elder couple":
        return kind, draw.couple(stream.uniform(60, 90))
    if kind == "couple":
        return kind, draw.couple(stream.uniform(24, 60))
    if kind == "nuclear":
        parents = draw.couple(stream.uniform(26, 56))
        return kind, parents + draw.children(parents, locale)
    if kind == "single parent":
        parent = draw.person("F" if happens(stream, 0.8) else "M", stream.uniform(25, 52), "head")
        return kind, [parent, *draw.children([parent], locale)]
    elders = draw.couple(stream.uniform(58, 84))
    if kind == "grandparents and grandchild":
        grandchild = draw.person(one_of(stream, ("M", "F")), stream.uniform(3, 15), "child")
        return kind, [*elders, grandchild]
    middle = draw.couple_of_child(elders)
    return kind, elders + middle + draw.children(middle, locale)


class _Draw:
    """Draws members of one household."""

    def __init__(self, stream: Random, today: date) -> None:
        self._stream, self._today = stream, today

    def person(self, sex: Sex, age: float, role: str) -> Resident:
        birth = self._today - timedelta(days=int(max(age, 0.1) * DAYS_A_YEAR))
        return Resident(sex=sex, birth=birth, role=role)

    def couple(self, age_of_husband: float) -> list[Resident]:
        husband = self.person("M", age_of_husband, "head")
        wife = self.person("F", max(age_of_husband - self._stream.gauss(2.2, 3), 22), "spouse")
        return _marry(husband, wife)

    def couple_of_child(self, elders: list[Resident]) -> list[Resident]:
        mother = elders[1]
        age = self._age(mother) - self._stream.uniform(*MOTHERS_AGE)
        child = self.person("M" if happens(self._stream, 0.75) else "F", max(age, 22), "heir")
        child.father, child.mother = elders
        partner_age = max(self._age(child) + self._stream.gauss(0, 3), 21)
        partner = self.person("F" if child.sex == "M" else "M", partner_age, "heir's spouse")
        return _marry(child, partner)

    def children(self, parents: list[Resident], locale: Locale) -> list[Resident]:
        mother = next((p for p in parents if p.sex == "F"), parents[0])
        father = next((p for p in parents if p.sex == "M"), None)
        wanted = weighted(
            self._stream,
            {1: 0.62, 2: 0.36, 3: 0.02} if locale == "zh_CN" else {1: 0.38, 2: 0.44, 3: 0.18},
        )
        children = []
        mothers_age = self._stream.uniform(*MOTHERS_AGE)
        for _ in range(wanted):
            age = self._age(mother) - mothers_age
            if 0.1 < age < 24:
                child = self.person(one_of(self._stream, ("M", "F")), age, "child")
                child.father = father
                child.mother = mother if mother.sex == "F" else None
                children.append(child)
            mothers_age += self._stream.uniform(1.5, 5)
        return children

    def _age(self, person: Resident) -> float:
        return (self._today - person.birth).days / DAYS_A_YEAR


def _marry(one: Resident, other: Resident) -> list[Resident]:
    one.spouse, other.spouse = other, one
    one.marital = other.marital = "MARRIED"
    return [one, other]
