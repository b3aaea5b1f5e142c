"""What every part of a plan's SQL is made with: a list of statements, and small clauses."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass
class Script:
    """The statements of a compiled plan, in order; each makes a temporary table."""

    statements: list[str] = field(default_factory=list)
    _numbers: dict[str, int] = field(default_factory=dict)

    def table(self, stem: str, query: str) -> str:
        """Keep a query's rows in a table of its own; gives its name."""
        number = self._numbers.get(stem, 0) + 1
        self._numbers[stem] = number
        name = stem if number == 1 else f"{stem}_{number}"
        self.statements.append(f"CREATE TEMP TABLE {name} AS\n{query}")
        return name


def plus_days(date: str, days: int) -> str:
    """A date some days later, or earlier."""
    if days == 0:
        return date
    return f"({date} {'+' if days > 0 else '-'} {abs(days)})"


def among(people: str | None, alias: str = "e") -> list[str]:
    """The condition that an event is of these people."""
    return [f"{alias}.person_id IN (SELECT person_id FROM {people})"] if people else []


def where(conditions: Iterable[str]) -> str:
    """A WHERE clause, or nothing."""
    found = list(conditions)
    return "\nWHERE " + "\n  AND ".join(found) if found else ""
