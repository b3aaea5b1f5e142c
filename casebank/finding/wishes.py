"""What a teacher asks for in a record: every wish narrows, and an empty wish asks for nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from casebank import relations
from casebank.finding.features import PersonFacts
from casebank.model import Language, ProblemKind

AGE_BANDS: tuple[tuple[str, float, float], ...] = (
    ("0–14", 0, 15),
    ("15–44", 15, 45),
    ("45–64", 45, 65),
    ("65–79", 65, 80),
    ("80+", 80, 200),
)


def band_of(age: float | None) -> str:
    """Wide band of an age at the first contact; empty if the age was not released.

    >>> band_of(14.5), band_of(65), band_of(None)
    ('0–14', '65–79', '')
    """
    if age is None:
        return ""
    return next(name for name, low, high in AGE_BANDS if low <= age < high)


@dataclass(frozen=True)
class Wish:
    """``words`` are looked for in problem names and in psychosocial items; all must be found.

    ``group`` is a relation's key, ``item`` the name of a psychosocial problem, ``sheet`` the key of
    a flow sheet with at least two values. ``years`` is the least length of follow-up.
    """

    words: str = ""
    group: str = ""
    kind: ProblemKind | str = ""
    item: str = ""
    band: str = ""
    sex: str = ""
    setting: str = ""
    sheet: str = ""
    years: float = 0.0
    language: Language | str = ""
    with_sensitive: bool = False

    def fits(self, facts: PersonFacts) -> bool:
        """Whether a person's record has all that is asked for."""
        if facts.sensitive and not self.with_sensitive:
            return False
        if self.words and not self._said(facts):
            return False
        return (
            (not self.group or self.group in facts.groups)
            and (not self.kind or self.kind in facts.kinds)
            and (not self.item or self.item in facts.items)
            and (not self.band or band_of(facts.age) == self.band)
            and (not self.sex or facts.sex == self.sex)
            and (not self.setting or self.setting in facts.settings)
            and (not self.sheet or facts.values.get(self.sheet, 0) >= 2)
            and facts.span >= self.years
            and (not self.language or (facts.notes > 0 and facts.language == self.language))
        )

    def _said(self, facts: PersonFacts) -> bool:
        names = " | ".join((*facts.problems, *facts.items)).casefold()
        return all(word in names for word in self.words.casefold().split())


@dataclass(frozen=True)
class Choices:
    """What may be asked for in a release: values that somebody there has, sorted."""

    groups: tuple[str, ...]
    items: tuple[str, ...]
    settings: tuple[str, ...]
    sheets: tuple[str, ...]


def choices_of(people: Iterable[PersonFacts], at_least: int) -> Choices:
    """Values that at least so many people have, so that the list itself tells of nobody."""
    counts: dict[tuple[str, str], int] = {}
    for facts in people:
        parts = (
            ("group", facts.groups),
            ("item", facts.items),
            ("setting", facts.settings),
            ("sheet", tuple(facts.values)),
        )
        for part, values in parts:
            for value in values:
                counts[part, value] = counts.get((part, value), 0) + 1

    def of(part: str) -> tuple[str, ...]:
        return tuple(sorted(v for (p, v), n in counts.items() if p == part and n >= at_least))

    return Choices(of("group"), of("item"), of("setting"), of("sheet"))


GROUP_NAMES: dict[str, str] = {
    relation.key: relation.key.replace("-", " ").capitalize() for relation in relations.RELATIONS
} | {"other": "Other"}
"""Names of groups for people."""
