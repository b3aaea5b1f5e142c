"""What a set of cases covers, what it leaves out, and which records would fill the gaps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from casebank.finding.features import PersonFacts, groups_of
from casebank.finding.teachability import Candidate, rank
from casebank.finding.wishes import AGE_BANDS, GROUP_NAMES, band_of
from casebank.model import Case, Level

Dimension = Literal["problem", "age", "sex", "setting", "difficulty"]
DIMENSIONS: tuple[Dimension, ...] = get_args(Dimension)
LEVELS: tuple[Level, ...] = get_args(Level)
SEXES = ("female", "male")


@dataclass(frozen=True)
class Place:
    """Where a case or a record stands on each dimension; it may stand at several problems."""

    problem: tuple[str, ...]
    age: str
    sex: str
    setting: str
    difficulty: str

    def at(self, dimension: Dimension) -> tuple[str, ...]:
        """Its values on a dimension; none if it is not known."""
        value = getattr(self, dimension)
        return value if isinstance(value, tuple) else ((value,) if value else ())


@dataclass(frozen=True)
class Gap:
    """A value, or a pair of values of two dimensions, that no case of the set has."""

    values: tuple[tuple[Dimension, str], ...]

    @property
    def words(self) -> str:
        """In words: "Diabetes, 15–44"."""
        return ", ".join(GROUP_NAMES.get(value, value) for _, value in self.values)

    @property
    def alone(self) -> bool:
        """Whether it is one value that the whole set lacks."""
        return len(self.values) == 1

    def filled_by(self, place: Place) -> bool:
        """Whether a record would fill it."""
        return all(value in place.at(dimension) for dimension, value in self.values)


@dataclass(frozen=True)
class Coverage:
    """``cells`` counts the cases of each pair of values of ``rows`` and ``columns``."""

    rows: Dimension
    columns: Dimension
    row_values: tuple[str, ...]
    column_values: tuple[str, ...]
    cells: dict[tuple[str, str], int]
    gaps: tuple[Gap, ...]


def place_of_case(case: Case) -> Place:
    """Where a drafted case stands; the age and sex are read from its background's sources."""
    groups = {group for problem in case.problems for group in groups_of(problem.title)}
    age, sex = _person_of(case)
    settings = [contact.setting for contact in case.contacts]
    usual = max(sorted(set(settings)), key=settings.count) if settings else ""
    return Place(tuple(sorted(groups)), age, sex, usual, case.level)


def place_of_record(facts: PersonFacts) -> Place:
    """Where a record would stand as a case; its difficulty is guessed from its load."""
    load = len(facts.problems)
    level: Level = "preclinical" if load <= 3 and facts.contacts <= 12 else "clerkship"
    if load > 8:
        level = "residency"
    usual = facts.settings[0] if facts.settings else ""
    return Place(facts.groups, band_of(facts.age), facts.sex, usual, level)


def coverage(
    places: Sequence[Place],
    rows: Dimension = "problem",
    columns: Dimension = "age",
    wanted: Iterable[str] = (),
) -> Coverage:
    """The matrix of two dimensions over the cases of a set, and its gaps.

    ``wanted`` adds values of ``rows`` that the set should have, for example groups of the release.
    """
    row_values = _values(places, rows, wanted)
    column_values = _values(places, columns, ())
    cells = {(row, column): 0 for row in row_values for column in column_values}
    for place in places:
        for row in place.at(rows):
            for column in place.at(columns):
                cells[row, column] = cells.get((row, column), 0) + 1
    gaps: list[Gap] = []
    for row in row_values:
        if not any(cells[row, column] for column in column_values):
            gaps.append(Gap(((rows, row),)))
        else:
            gaps += [
                Gap(((rows, row), (columns, column)))
                for column in column_values
                if not cells[row, column]
            ]
    for dimension in DIMENSIONS:
        if dimension not in {rows, columns}:
            present = {value for place in places for value in place.at(dimension)}
            gaps += [
                Gap(((dimension, value),)) for value in _fixed(dimension) if value not in present
            ]
    return Coverage(rows, columns, row_values, column_values, cells, tuple(gaps))


def fillers(
    gaps: Sequence[Gap], people: Iterable[PersonFacts], limit: int = 10
) -> list[tuple[Candidate, tuple[Gap, ...]]]:
    """Records that fill most gaps, then the most teachable, each with the gaps that it fills."""
    found = []
    for candidate in rank(people):
        place = place_of_record(candidate.facts)
        filled = tuple(gap for gap in gaps if gap.filled_by(place))
        if filled:
            found.append((candidate, filled))
    found.sort(key=lambda one: (-len(one[1]), -one[0].score, one[0].person_id))
    return found[:limit]


def _values(
    places: Sequence[Place], dimension: Dimension, wanted: Iterable[str]
) -> tuple[str, ...]:
    fixed = _fixed(dimension)
    present = {value for place in places for value in place.at(dimension)} | set(wanted)
    return (*fixed, *sorted(present - set(fixed)))


def _fixed(dimension: Dimension) -> tuple[str, ...]:
    """Values that every set is measured against, whether it has them or not."""
    if dimension == "age":
        return tuple(name for name, _, _ in AGE_BANDS)
    if dimension == "sex":
        return SEXES
    return LEVELS if dimension == "difficulty" else ()


def _person_of(case: Case) -> tuple[str, str]:
    """Band and sex from the two statements that a draft makes of the person's row."""
    age = sex = ""
    for statement in case.background.profile:
        words = statement.text.casefold()
        if words.startswith(("sex:", "性别")):
            sex = "female" if words.endswith(("female", "女")) else "male"
        digits = "".join(c if c.isdigit() else " " for c in words).split()
        if words.startswith(("age at", "首次接诊时年龄")) and digits:
            bounds = [float(one) for one in digits]
            age = band_of(sum(bounds) / len(bounds))
    return age, sex
