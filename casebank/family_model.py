"""The family as frozen data that validates when it is built.

Everything names the statement of the case that says it (``data``), so that an attempt shows of a
family exactly what its statements have told. The index person is no member: person and problem list
stand in the case itself.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Literal

Relation = Literal[
    "grandparent",
    "parent",
    "spouse",
    "former spouse",
    "sibling",
    "child",
    "grandchild",
    "pregnancy",
]
"""What a member is to the index person. A pregnancy is one that lasts on the record's last day."""

Sex = Literal["male", "female", "unknown"]
Place = Literal["", "older", "younger"]

INDEX = "index"
"""Stands for the index person among ``Member.parents``."""

GENERATION: dict[Relation, int] = {
    "grandparent": -2,
    "parent": -1,
    "spouse": 0,
    "former spouse": 0,
    "sibling": 0,
    "child": 1,
    "pregnancy": 1,
    "grandchild": 2,
}

Stage = Literal[
    "married, no children",
    "childbearing",
    "preschool children",
    "school children",
    "teenagers",
    "launching",
    "middle-aged parents",
    "ageing family",
]
"""The eight stages of the family life cycle after Duvall."""


@dataclass(frozen=True)
class FamilyProblem:
    """A lasting problem: a ``code`` of ``casebank.family.diseases``, and the released name.

    ``year`` is 0 if it was there at the first contact, else the year of the record that it was
    known by.
    """

    code: str
    name: str
    year: int
    data: str


@dataclass(frozen=True)
class Member:
    """A relative. ``count`` over 1 stands for that many or more, drawn as one.

    ``age`` is a band of ten years at the first contact, "" if nothing is released of it. ``dead``
    names the statement that tells the death, and is "" while none does. ``place`` orders siblings
    beside the index person. ``parents`` are keys of members, or ``INDEX``, whose child this is.
    """

    key: str
    relation: Relation
    sex: Sex
    age: str
    data: str
    problems: tuple[FamilyProblem, ...] = ()
    dead: str = ""
    count: int = 1
    place: Place = ""
    parents: tuple[str, ...] = ()
    in_household: bool = False

    def __post_init__(self) -> None:
        if not self.key or self.key == INDEX:
            raise ValueError("a relative has a key that is not the index person's")
        if self.count < 1:
            raise ValueError("a symbol stands for one person or more")

    @property
    def generation(self) -> int:
        """0 for that of the index person, negative for older ones."""
        return GENERATION[self.relation]


@dataclass(frozen=True)
class ApgarItem:
    """One of Smilkstein's five questions: 0 hardly ever, 1 some of the time, 2 almost always."""

    name: Literal["adaptation", "partnership", "growth", "affection", "resolve"]
    score: int
    data: str

    def __post_init__(self) -> None:
        if not 0 <= self.score <= 2:
            raise ValueError("an item of the family APGAR has 0, 1 or 2 points")


@dataclass(frozen=True)
class LifeCycle:
    """The stages that the ages of the children leave possible, at the first contact.

    ``data`` are the statements that it rests on.
    """

    stages: tuple[Stage, ...]
    data: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.stages or not self.data:
            raise ValueError("a stage of the life cycle rests on somebody's age")


@dataclass(frozen=True)
class Family:
    """All that the record says of a family. ``household`` is the number of people at the address.

    ``index_in_household`` tells that a loop can be drawn: the recorded number leaves one reading.
    ``sex`` and ``age`` are the index person's, as the profile states them.
    """

    members: tuple[Member, ...] = ()
    sex: Sex = "unknown"
    sex_data: str = ""
    age: str = ""
    age_data: str = ""
    apgar: tuple[ApgarItem, ...] = ()
    life_cycle: LifeCycle | None = None
    household: int | None = None
    household_data: str = ""
    index_in_household: bool = False

    def __post_init__(self) -> None:
        keys = [member.key for member in self.members]
        if len(set(keys)) != len(keys):
            raise ValueError("two relatives have one key")
        if any(not set(m.parents) <= {INDEX, *keys} for m in self.members):
            raise ValueError("a relative descends from somebody who is not in the family")
        names = [item.name for item in self.apgar]
        if len(set(names)) != len(names):
            raise ValueError("an item of the family APGAR stands twice")

    def __bool__(self) -> bool:
        return bool(self.members or self.apgar or self.household is not None)

    def of(self, *relations: Relation) -> tuple[Member, ...]:
        """Members of these relations."""
        return tuple(member for member in self.members if member.relation in relations)

    @property
    def apgar_total(self) -> int | None:
        """Sum of the five items, 0 to 10; None unless all are answered."""
        return sum(item.score for item in self.apgar) if len(self.apgar) == 5 else None

    def disclosed(self, seen: Collection[str]) -> Family:
        """What the statements of ``seen`` tell of the family."""
        kept = [member for member in self.members if member.data in seen]
        keys = {INDEX, *(member.key for member in kept)}
        members = tuple(
            replace(
                member,
                problems=tuple(one for one in member.problems if one.data in seen),
                dead=member.dead if member.dead in seen else "",
                parents=tuple(key for key in member.parents if key in keys),
                in_household=member.in_household and self.household_data in seen,
            )
            for member in kept
        )
        counted = self.household_data in seen
        cycle = self.life_cycle
        sex_told, age_told = self.sex_data in seen, self.age_data in seen
        return Family(
            members=members,
            sex=self.sex if sex_told else "unknown",
            sex_data=self.sex_data if sex_told else "",
            age=self.age if age_told else "",
            age_data=self.age_data if age_told else "",
            apgar=tuple(item for item in self.apgar if item.data in seen),
            life_cycle=cycle if cycle is not None and set(cycle.data) <= set(seen) else None,
            household=self.household if counted else None,
            household_data=self.household_data if counted else "",
            index_in_household=self.index_in_household and counted,
        )
