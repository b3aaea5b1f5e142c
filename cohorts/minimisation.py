"""Data minimisation: what is asked for beside what the definition and the stated reasons need.

Every column asked for counts with the weight of what it tells of a person
(:class:`cohorts.column_uses.Weight`). The score is the part of that weight, 0 to 100, that is
needed: read by the cohort definition, part of what any use of the table needs, called for by the
table's reason, or given a reason of its own. It is advice and explains itself; it decides nothing.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from cohorts.column_uses import (
    WEIGHT_WORDS,
    Column,
    Weight,
    core_columns,
    definition_columns,
    is_structural,
    named_in,
    needs_own_reason,
    weight_of,
)
from cohorts.identifiers import VOCABULARY_TABLES
from cohorts.model import CohortDefinition, walk
from cohorts.row_limits import Chosen, limit_in_words, set_names, sets_read
from cohorts.window import TimeWindow

BY_DEFINITION: Final = "the cohort definition reads it"
BY_TABLE: Final = "any use of the table needs it"
BY_REASON: Final = "the reason for the table calls for it"
BY_OWN_REASON: Final = "it has a reason of its own"
BY_CONCEPT: Final = "rows are chosen by concept"
_EVERY: Final = re.compile(
    r"\b(?:all|any|complete|each|entire|every|whole)\b|全部|所有|任何|每", re.IGNORECASE
)
HIGHEST: Final = 6
_WINDOW_STEPS: Final = (30, 90, 180, 365, 730, 1095, 1825, 3650)


@dataclass(frozen=True)
class Weighed:
    """One column asked for. ``why`` is why it is needed, empty if nothing says so."""

    table: str
    column: str
    weight: Weight
    why: str
    empty: bool = False

    @property
    def needed(self) -> bool:
        """Whether something calls for it."""
        return bool(self.why)

    @property
    def name(self) -> str:
        """``table.column``."""
        return f"{self.table}.{self.column}"

    @property
    def risk(self) -> str:
        """What it tells of a person, in words."""
        return WEIGHT_WORDS[self.weight]


@dataclass(frozen=True)
class WeighedRows:
    """The rows asked for of a table of which the definition reads only some concepts.

    ``limit`` says which rows they are, empty if all are asked for. ``why`` is why these are needed.
    """

    table: str
    limit: str
    why: str
    weight: Weight = Weight.FINE


@dataclass(frozen=True)
class Reduction:
    """A suggestion that one click carries out: columns to leave out, fewer rows, or less time.

    ``rows`` has the concept sets of a table whose rows suffice.
    """

    text: str
    columns: tuple[str, ...] = ()
    rows: tuple[str, tuple[int, ...]] | None = None
    window: TimeWindow | None = None

    @property
    def action(self) -> str:
        """The suggestion as a form sends it."""
        if self.window is not None:
            return f"{self.window.before}..{self.window.after}"
        if self.rows is not None:
            return f"{self.rows[0]}={'+'.join(map(str, self.rows[1]))}"
        return ",".join(self.columns)


@dataclass(frozen=True)
class Minimisation:
    """The columns asked for, weighed, and ``rows``. Ids that only join rows are not counted.

    ``score`` is 0 to 100, ``None`` if nothing is asked for yet. ``time`` says how the time asked
    for compares with the days that the definition looks at, empty if it cannot be compared.
    """

    columns: tuple[Weighed, ...]
    score: int | None
    time: str
    reductions: tuple[Reduction, ...]
    rows: tuple[WeighedRows, ...] = ()

    @property
    def asked(self) -> int:
        """Number of columns asked for."""
        return len(self.columns)

    @property
    def needed(self) -> int:
        """Number of columns that something calls for."""
        return sum(column.needed for column in self.columns)

    @property
    def highest(self) -> tuple[Weighed, ...]:
        """What nothing calls for and tells most of a person, the most telling first."""
        rest = sorted(
            (column for column in self.columns if not column.needed),
            key=lambda column: (-column.weight, column.name),
        )
        return tuple(rest[:HIGHEST])

    @property
    def summary(self) -> str:
        """One sentence."""
        if not self.columns:
            return "No columns are asked for yet."
        text = (
            f"{self.asked} column{_s(self.asked)} asked for; the definition and the reasons "
            f"use {self.needed}."
        )
        if self.highest:
            names = ", ".join(column.name for column in self.highest)
            more = self.asked - self.needed - len(self.highest)
            text += f" Of the others these tell most of a person: {names}"
            text += f", and {more} more." if more else "."
        return text


def weigh(
    asked: Mapping[str, Sequence[str]],
    reasons: Mapping[str, str],
    *,
    own_reasons: Mapping[Column, str] | None = None,
    definition: CohortDefinition | None = None,
    window: TimeWindow | None = None,
    empty: Collection[Column] = (),
    rows_of: Chosen = MappingProxyType({}),
) -> Minimisation:
    """Compare ``asked`` (``{table: columns}``) with what is needed.

    ``reasons`` has one reason a table, ``own_reasons`` those of single columns. ``empty`` are the
    columns that hold no value in the release. ``window`` is ``None`` while none is chosen.
    ``rows_of`` has the concept sets to which the rows of a table are limited. Asking for every
    concept of a table of which the definition reads some counts like a column that nothing calls
    for, unless the reason for the table says that all are needed.
    """
    own = own_reasons or {}
    read = definition_columns(definition) if definition else frozenset()
    columns = []
    for table, names in asked.items():
        for name in names:
            if is_structural(table, name):
                continue
            why = _why(table, name, reasons.get(table, ""), own.get((table, name), ""), read)
            holds_nothing = (table, name) in empty
            columns.append(
                Weighed(
                    table,
                    name,
                    weight_of(table, name),
                    "" if holds_nothing else why,
                    holds_nothing,
                )
            )
    rows = _rows(asked, reasons, definition, rows_of)
    weighed: list[Weighed | WeighedRows] = [*columns, *rows]
    total = sum(one.weight for one in weighed)
    part = sum(one.weight for one in weighed if one.why)
    found = tuple(columns)
    reach = definition_reach(definition) if definition else None
    time, narrower = _time(window, reach)
    return Minimisation(
        found,
        round(100 * part / total) if total else None,
        time,
        (*_reductions(found), *_fewer_rows(rows, definition), *narrower),
        tuple(rows),
    )


def definition_reach(definition: CohortDefinition) -> tuple[int, int]:
    """The greatest number of days before and after an event that a definition looks at."""
    before = after = 0
    for path, node in walk(definition.expression):
        if "PriorDays" in node or "PostDays" in node:
            before = max(before, int(node.get("PriorDays", 0)))
            after = max(after, int(node.get("PostDays", 0)))
        if path.endswith(("Window.Start", "Window.End")) and "Days" in node:
            days = int(node["Days"]) * int(node["Coeff"])
            before, after = max(before, -days), max(after, days)
    return before, after


def _why(table: str, column: str, reason: str, own: str, read: Collection[Column]) -> str:
    if own.strip():
        return BY_OWN_REASON
    if (table, column) in read:
        return BY_DEFINITION
    if not reason.strip():
        return ""
    if column in core_columns(table):
        return BY_TABLE
    if needs_own_reason(table, column):
        return ""
    return BY_REASON if named_in(reason, table, column) else ""


def _rows(
    asked: Mapping[str, Sequence[str]],
    reasons: Mapping[str, str],
    definition: CohortDefinition | None,
    rows_of: Chosen,
) -> list[WeighedRows]:
    names, read = set_names(definition), sets_read(definition)
    found = []
    for table in asked:
        chosen = [names[number] for number in rows_of.get(table, ()) if number in names]
        if chosen:
            found.append(WeighedRows(table, limit_in_words(chosen), BY_CONCEPT))
        elif table in read:
            every = _EVERY.search(reasons.get(table, ""))
            found.append(WeighedRows(table, "", BY_REASON if every else ""))
    return found


def _fewer_rows(
    rows: Sequence[WeighedRows], definition: CohortDefinition | None
) -> Iterator[Reduction]:
    names, read = set_names(definition), sets_read(definition)
    for one in rows:
        if not one.why:
            sets = read[one.table]
            words = limit_in_words([names.get(number, str(number)) for number in sets])
            yield Reduction(f"Ask of {one.table} for {words}", rows=(one.table, sets))


def _reductions(columns: Sequence[Weighed]) -> list[Reduction]:
    """Leave out what is empty, then table by table what nothing calls for, the weightiest first."""
    found = []
    empty = tuple(column.name for column in columns if column.empty)
    if empty:
        found.append(
            Reduction(f"Leave out {len(empty)} column{_s(len(empty))} without any value", empty)
        )
    rest = [c for c in columns if not c.needed and not c.empty and c.table not in VOCABULARY_TABLES]
    tables: dict[str, list[Weighed]] = {}
    for column in rest:
        tables.setdefault(column.table, []).append(column)
    for table, those in sorted(
        tables.items(), key=lambda entry: -sum(column.weight for column in entry[1])
    ):
        names = tuple(column.name for column in those)
        found.append(Reduction(f"Leave out {len(names)} column{_s(len(names))} of {table}", names))
    if len(tables) + bool(empty) > 1:
        names = (*empty, *(column.name for column in rest))
        found.append(Reduction(f"Leave out all {len(names)} columns that nothing calls for", names))
    return found


def _time(window: TimeWindow | None, reach: tuple[int, int] | None) -> tuple[str, list[Reduction]]:
    """What the time asked for is beside the definition's, and less of what has no limit."""
    if window is None or reach is None:
        return "", []
    before, after = reach
    if reach == (0, 0):
        looks = "The definition itself looks at no days before or after an event"
    else:
        looks = f"The definition looks at most {before:,} days back and {after:,} days ahead"
    asked = (window.before, window.after)
    if all(days is not None and days <= own for days, own in zip(asked, reach, strict=True)):
        return f"{looks}; the time asked for is no longer than that.", []
    text = f"{looks}; asked for is {window}. The reason for the time says what the rest is for."
    if None not in asked:
        return text, []
    narrow = TimeWindow(
        *(_step(own) if days is None else days for days, own in zip(asked, reach, strict=True))
    )
    return text, [Reduction(f"Ask only for the time {narrow}", window=narrow)]


def _step(days: int) -> int:
    """The next usual number of days that is no shorter."""
    return next((step for step in _WINDOW_STEPS if step >= days), days)


def _s(number: int) -> str:
    return "" if number == 1 else "s"
