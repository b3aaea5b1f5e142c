"""Sources that policies cite, and standards whose letter a policy may claim to keep.

From ``data/sources.toml``. A claim is checked, not believed: a policy that says
``claims = ["hipaa-safe-harbor"]`` and shows a day is refused.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from deid.policy.columns import classification
from deid.policy.draft import Draft
from deid.policy.model import ColumnRule, RareScope, Treatment

Breach = tuple[str, str]
"""The path of the decision (``tables.note.note_date``), and what is wrong."""


@dataclass(frozen=True)
class Clause:
    """A clause of a source in short words; ``known`` is ``text`` or ``heading``."""

    name: str
    words: str
    known: str


@dataclass(frozen=True)
class Demand:
    """What a standard's letter allows for a kind of column."""

    letter: str
    may: tuple[Treatment, ...]


@dataclass(frozen=True)
class Standard:
    """A standard that can be claimed."""

    name: str
    title: str
    demands: Mapping[str, Demand]


@cache
def clauses() -> Mapping[str, Clause]:
    """All clauses by the name under which rules cite them."""
    entries = _document()["clauses"]
    return {name: Clause(name, entry["words"], entry["known"]) for name, entry in entries.items()}


@cache
def standards() -> Mapping[str, Standard]:
    """All standards that can be claimed, by name."""
    return {
        name: Standard(
            name,
            entry["title"],
            {
                kind: Demand(demand["letter"], tuple(map(Treatment, demand["may"])))
                for kind, demand in entry["kinds"].items()
            },
        )
        for name, entry in _document()["claims"].items()
    }


def cited(rule: str) -> tuple[Clause, ...]:
    """The clauses that a rule's text cites, in the order of its text."""
    found: list[tuple[int, Clause]] = []
    rest = rule
    for name in sorted(clauses(), key=len, reverse=True):
        place = rest.find(name)
        if place >= 0 and not rest[place + len(name) : place + len(name) + 1].isdigit():
            found.append((place, clauses()[name]))
            rest = rest.replace(name, " " * len(name))
    return tuple(clause for _, clause in sorted(found, key=lambda pair: pair[0]))


def breaches(policy: Draft) -> Iterator[Breach]:
    """Where a policy does not keep a standard that it claims."""
    for claim in policy.claims:
        standard = standards()[claim]
        for table, columns in policy.tables.items():
            for column, rule in columns.items():
                yield from _of_column(standard, table, column, rule)
        if claim == "hipaa-safe-harbor":
            yield from _of_safe_harbor(policy)


def _of_column(standard: Standard, table: str, column: str, rule: ColumnRule) -> Iterator[Breach]:
    kind = classification().kind(table, column)
    demand = standard.demands.get(kind.name) if kind else None
    if kind is None:
        if rule.treatment is not Treatment.DROP:
            yield (
                f"tables.{table}.{column}",
                f'is no column of OMOP, and {standard.title} knows nothing of it; write "drop"',
            )
    elif demand is not None and rule.treatment not in demand.may:
        allowed = " or ".join(f'"{item.value}"' for item in demand.may)
        yield (
            f"tables.{table}.{column}",
            f"is {rule.treatment.value}, and the policy claims {standard.name}, whose letter "
            f"({demand.letter}) forbids it for a {kind.name}; write {allowed}, or take the claim "
            "away",
        )
    elif (
        kind.name == "code"
        and rule.treatment is Treatment.SUPPRESS_RARE
        and rule.scope is not RareScope.KNOWN_CODES
    ):
        yield (
            f"tables.{table}.{column}",
            f'may hold free words; {standard.name} asks for scope = "known-codes" or "drop"',
        )


def _of_safe_harbor(policy: Draft) -> Iterator[Breach]:
    if policy.dates.shift != "none":
        yield (
            "dates.shift",
            "is household; hipaa-safe-harbor lets the real year stand and nothing finer, so a "
            'secret offset protects nothing and makes years wrong; write shift = "none"',
        )
    notes = policy.columns_with(Treatment.SCRUB_TEXT)
    if notes and policy.text.dates != "year":
        yield (
            "text.dates",
            "is shift; hipaa-safe-harbor leaves no element of a date but the year in notes "
            'either (C); write dates = "year", or drop ' + ", ".join(map(".".join, notes)),
        )


@cache
def _document() -> dict[str, dict[str, dict]]:
    file = resources.files("deid.policy.data") / "sources.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))
