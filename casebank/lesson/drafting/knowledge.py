"""General medical knowledge as tables: findings, how diagnoses present, what to think of with what.

The tables are ``findings.csv``, ``diagnoses.csv`` and ``presentations.csv`` of ``casebank/data``:
what textbooks of general practice agree on, in both languages, and no patient. A teacher reads and
corrects them without knowing the code; a wrong line is refused when it is read.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from casebank import rules, terms
from casebank.lesson.model import Wording

PLAUSIBLE = 2
LEAST = 4
"""A differential has so many diagnoses at least."""


@dataclass(frozen=True)
class Finding:
    """A symptom, sign or value. ``words`` find it in a text, ``denied`` finds that it is absent
    where no word of it stands ("chest clear"); ``quantity`` with ``low`` and ``high`` finds it in a
    measurement: at least ``low``, or below ``high``."""

    code: str
    name: Wording
    words: re.Pattern[str] | None
    denied: re.Pattern[str] | None
    quantity: str
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Script:
    """How a diagnosis presents: findings that speak for it and against it, and one line of it."""

    code: str
    name: Wording
    supports: tuple[str, ...]
    against: tuple[str, ...]
    line: Wording


@dataclass(frozen=True)
class Limits:
    """In whom a diagnosis is thought of: ``sex`` if only in one, ages in years, ``drug`` if only
    in somebody who was given one of these names."""

    sex: str
    youngest: int
    oldest: int
    drug: str

    def allow(self, sex: str, ages: tuple[int, int] | None, drugs: str = "") -> bool:
        """Whether somebody of a sex (empty if unknown), of possible ages and with ``drugs`` (their
        names) may have it."""
        if self.sex and sex != self.sex:
            return False
        if self.drug and not rules.matches(self.drug, drugs):
            return False
        return ages is None or (ages[1] >= self.youngest and ages[0] <= self.oldest)


@dataclass(frozen=True)
class Considered:
    """A diagnosis to think of; ``relevance`` 2 plausible, 1 acceptable."""

    code: str
    relevance: int
    must_not_miss: bool


@dataclass(frozen=True)
class Presentation:
    """A presenting problem: the findings that are it, and what to think of."""

    code: str
    name: Wording
    findings: tuple[str, ...]
    of_children: bool
    considered: tuple[Considered, ...]

    @property
    def codes(self) -> frozenset[str]:
        """Codes of all diagnoses to think of."""
        return frozenset(one.code for one in self.considered)


@cache
def findings() -> dict[str, Finding]:
    """All findings by code."""
    return {
        row["code"]: Finding(
            code=row["code"],
            name=Wording(row["en"], row["zh"]),
            words=re.compile(row["words"], re.IGNORECASE) if row["words"] else None,
            denied=re.compile(row["denied"], re.IGNORECASE) if row["denied"] else None,
            quantity=row["quantity"],
            low=float(row["low"]) if row["low"] else None,
            high=float(row["high"]) if row["high"] else None,
        )
        for row in read_table("findings.csv")
    }


@cache
def scripts() -> dict[str, Script]:
    """All scripts by the code of the diagnosis.

    Raises:
        ValueError: if a line names a finding or a diagnosis that there is not.
    """
    found = {}
    for row in read_table("diagnoses.csv"):
        supports, against = tuple(row["for"].split()), tuple(row["against"].split())
        unknown = {*supports, *against} - set(findings())
        if unknown or row["code"] not in terms.all_terms():
            raise ValueError(f"diagnoses.csv: {row['code']} is unknown, or names {sorted(unknown)}")
        name = terms.term(row["code"])
        found[row["code"]] = Script(
            code=row["code"],
            name=Wording(name.en, name.zh),
            supports=supports,
            against=against,
            line=Wording(row["en"], row["zh"]),
        )
    return found


@cache
def presentations() -> tuple[Presentation, ...]:
    """All presenting problems; those that say more come first.

    Raises:
        ValueError: if a line names a finding or a diagnosis that there is not, or is too short for
            a differential: four diagnoses, two of them plausible, one that must not be missed.
    """
    found = []
    for row in read_table("presentations.csv"):
        considered = tuple(_considered(row["diagnoses"]))
        named = tuple(row["findings"].split("|"))
        unknown = {*named} - set(findings()) | {one.code for one in considered} - set(scripts())
        plausible = sum(1 for one in considered if one.relevance >= PLAUSIBLE)
        if (
            unknown
            or len(considered) < LEAST
            or plausible < 2
            or not any(one.must_not_miss for one in considered)
        ):
            raise ValueError(f"presentations.csv: {row['code']} is too short or names {unknown}")
        found.append(
            Presentation(
                code=row["code"],
                name=Wording(row["en"], row["zh"]),
                findings=named,
                of_children=row["ages"] == "child",
                considered=considered,
            )
        )
    return tuple(found)


@cache
def limits() -> dict[str, Limits]:
    """Limits by the code of the diagnosis; a diagnosis without a line has none.

    Raises:
        ValueError: if a line names a diagnosis that there is not.
    """
    found = {
        row["code"]: Limits(row["sex"], int(row["from"] or 0), int(row["to"] or 150), row["drug"])
        for row in read_table("limits.csv")
    }
    if found.keys() - scripts().keys():
        raise ValueError(f"limits.csv names {sorted(found.keys() - scripts().keys())}")
    return found


def fitting(
    presentation: Presentation,
    leading: str,
    sex: str,
    ages: tuple[int, int] | None,
    drugs: str = "",
) -> tuple[Considered, ...]:
    """What to think of in this person: all of it where too little would be left."""
    everything = presentation.considered
    kept = tuple(
        one
        for one in everything
        if one.code == leading
        or one.code not in limits()
        or limits()[one.code].allow(sex, ages, drugs)
    )
    enough = (
        len(kept) >= LEAST
        and sum(one.relevance >= PLAUSIBLE or one.code == leading for one in kept) >= 2
        and any(one.must_not_miss for one in kept)
    )
    return kept if enough else everything


def read_table(name: str) -> list[dict[str, str]]:
    """Rows of a table of ``casebank/data``."""
    text = files("casebank").joinpath("data", name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def _considered(cell: str) -> Iterator[Considered]:
    for part in cell.split():
        code, _, grade = part.partition(":")
        yield Considered(code, int(grade.rstrip("!")), grade.endswith("!"))
