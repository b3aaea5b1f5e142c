"""Two cohorts side by side: their Tables 1 line by line, with standardised mean differences.

A difference is worked out from shown numbers only. What rounding and withholding leave open is told
as its range: the smallest and largest difference that any true counts behind the shown ones give.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Collection
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Self

from cohorts.cdm import DataSource
from cohorts.characterisation.answer import FIRST, SECOND, Answer, Ids, Line, number
from cohorts.characterisation.differences import (
    NOTEWORTHY,
    binary_difference,
    categorical_difference,
    continuous_difference,
)
from cohorts.characterisation.index import CHARACTERISE_SECONDS, characterising
from cohorts.characterisation.printed import PrintedTable
from cohorts.characterisation.table_one import (
    BASELINE_DAYS,
    RECORDS,
    TOP,
    Baseline,
    Row,
    Section,
    TableOne,
    ValueRow,
    common_ages,
    describe,
    open_baseline,
)
from cohorts.disclosure import DEFAULT_RULE, DisclosureRule, SafeCount, safe_count
from cohorts.result import CohortResult


@dataclass(frozen=True)
class Difference:
    """One characteristic in both cohorts. ``low`` and ``high`` bound the difference ``smd``."""

    section: str
    label: str
    first: str
    second: str
    smd: float | None
    low: float | None
    high: float | None

    @property
    def noteworthy(self) -> bool:
        """Whether the difference is beyond 0.1 whatever the true counts are."""
        if self.low is None or self.high is None:
            return False
        return self.low > NOTEWORTHY or self.high < -NOTEWORTHY


@dataclass(frozen=True)
class Comparison:
    """Tables 1 of two cohorts with the same lines; their differences follow from what is shown."""

    names: tuple[str, str]
    tables_one: tuple[TableOne, TableOne]
    rule: DisclosureRule

    def without(self, aspects: Collection[str]) -> Self:
        """Hide lines of either cohort; their aspects begin with ``first:`` or ``second:``."""
        parts = [
            table.without({a.split("|", 1)[1] for a in aspects if a.startswith(f"{which}|")})
            for which, table in zip((FIRST, SECOND), self.tables_one, strict=True)
        ]
        return type(self)(self.names, (parts[0], parts[1]), self.rule)

    @property
    def people(self) -> tuple[SafeCount, SafeCount]:
        """People of both cohorts."""
        return self.tables_one[0].people, self.tables_one[1].people

    def differences(self) -> tuple[Difference, ...]:
        """One line a characteristic; divisions have one difference and one for each row."""
        first, second = self.tables_one
        if first.people.shown is None or second.people.shown is None:
            return ()
        found: list[Difference] = []
        values = {row.key: row for row in second.values}
        rest = {row.key: row for row in first.values}
        for key in [*rest, *(key for key in values if key not in rest)]:
            found.append(_of_values(rest.get(key), values.get(key)))
        for one, other in zip(first.sections, second.sections, strict=True):
            if one.divides:
                found.append(self._of_division(one, other))
            found += [
                self._of_rows(one.title, row, match)
                for row, match in zip(one.rows, other.rows, strict=True)
            ]
        return tuple(found)

    def _of_division(self, one: Section, other: Section) -> Difference:
        shares = [_shares(section, people) for section, people in zip(
            (one, other), self.people, strict=True)]  # fmt: skip
        smd = None
        if shares[0] and shares[1]:
            smd = categorical_difference(shares[0], shares[1])
        return Difference(one.title, "all rows together", "", "", smd, smd, smd)

    def _of_rows(self, section: str, row: Row, match: Row) -> Difference:
        totals = self.people
        smd = low = high = None
        ranges = [self._range(row.people), self._range(match.people)]
        if None not in ranges:
            wholes = [self.rule.range_of(total.shown or 0) for total in totals]
            bounds = [
                (least / whole[1], min(1.0, most / whole[0]))
                for (least, most), whole in zip([r for r in ranges if r], wholes, strict=True)
            ]
            low = binary_difference(bounds[0][0], bounds[1][1])
            high = binary_difference(bounds[0][1], bounds[1][0])
            if row.people.shown is not None and match.people.shown is not None:
                shares = [
                    min(1.0, (cell.people.shown or 0) / (total.shown or 1))
                    for cell, total in zip((row, match), totals, strict=True)
                ]
                smd = binary_difference(shares[0], shares[1])
        return Difference(
            section, row.label, _cell(row), _cell(match), _finite(smd), _finite(low), _finite(high)
        )

    def _range(self, count: SafeCount) -> tuple[int, int] | None:
        """Smallest and largest true count; ``None`` if the count is hidden for another's sake."""
        if count.shown is not None:
            return self.rule.range_of(count.shown)
        return (0, self.rule.minimum_cell - 1) if count.small else None

    def tables(self) -> tuple[PrintedTable, ...]:
        """One table of all characteristics."""
        header = ("Section", "Characteristic", *self.names, "SMD", "from", "to")
        whole = ("Everybody", "people", *map(str, self.people), "", "", "")
        rows = tuple(
            (one.section, one.label, one.first, one.second, *map(_two_digits,
             (one.smd, one.low, one.high)))
            for one in self.differences()
        )  # fmt: skip
        return (
            PrintedTable(
                "comparison",
                "Characteristics of both cohorts and standardised mean differences",
                header,
                (whole, *rows),
                labels=2,
            ),
        )


def comparison(
    source: DataSource,
    names: tuple[str, str],
    results: tuple[CohortResult, CohortResult],
    *,
    baseline_days: int = BASELINE_DAYS,
    top: int = TOP,
    rule: DisclosureRule = DEFAULT_RULE,
    limit_seconds: float = CHARACTERISE_SECONDS,
    cancel: threading.Event | None = None,
) -> Answer[Comparison]:
    """Compare two cohorts; listed are the concepts that are common in either of them.

    Raises:
        CohortError: if a cohort was run over another source.
        EngineError: if a query fails, takes longer than its limit or is cancelled.
    """
    sizes = [safe_count(result.persons, rule) for result in results]
    if any(size.shown is None for size in sizes):
        empty = [TableOne(size, baseline_days, (), ()) for size in sizes]
        return Answer(Comparison(names, (empty[0], empty[1]), rule), {})
    with ExitStack() as stack:
        baselines: list[Baseline] = []
        for result in results:
            connection = stack.enter_context(
                characterising(source, result, limit_seconds=limit_seconds, cancel=cancel)
            )
            baselines.append(open_baseline(connection, baseline_days, rule))
        chosen = {}
        for key in (*(record.key for record in RECORDS), "measurement"):
            both = [baseline.top(key, top) for baseline in baselines]
            chosen[key] = list(dict.fromkeys(c for pair in _alternating(*both) for c in pair))
        ages = common_ages(baselines)
        answers = [describe(baseline, chosen, ages) for baseline in baselines]
    lines: dict[Line, Ids] = {}
    for which, answer in zip((FIRST, SECOND), answers, strict=True):
        for line, ids in answer.lines.items():
            lines[Line(f"{which}|{line.aspect}", line.setting)] = ids
    tables = (answers[0].result, answers[1].result)
    return Answer(Comparison(names, tables, rule), lines)


def _alternating(first: list[int], second: list[int]) -> list[list[int]]:
    longest = max(len(first), len(second))
    return [[*first[place : place + 1], *second[place : place + 1]] for place in range(longest)]


def _of_values(row: ValueRow | None, match: ValueRow | None) -> Difference:
    known = row or match
    assert known is not None
    smd = None
    if row and match and None not in (row.mean, row.sd, match.mean, match.sd):
        smd = continuous_difference(
            row.mean or 0.0, row.sd or 0.0, match.mean or 0.0, match.sd or 0.0
        )
    label = f"{known.label}, {known.unit}" if known.unit else known.label
    smd = _finite(smd)
    return Difference("Mean (SD)", label, _value_cell(row), _value_cell(match), smd, smd, smd)


def _value_cell(row: ValueRow | None) -> str:
    if row is None or row.mean is None:
        return ""
    return f"{number(row.mean)} ({number(row.sd)})"


def _cell(row: Row) -> str:
    return f"{row.people} ({row.percent})" if row.percent else str(row.people)


def _shares(section: Section, people: SafeCount) -> list[float]:
    """Shares of the rows; withheld rows share what is left. Empty if the section is hidden."""
    if any(row.people.shown is None and not row.people.small for row in section.rows):
        return []
    shown = sum(row.people.shown or 0 for row in section.rows)
    whole = max(people.shown or 0, shown)
    withheld = sum(row.people.shown is None for row in section.rows)
    left = (whole - shown) / whole / withheld if withheld else 0.0
    total = whole if withheld else shown
    return [left if row.people.shown is None else row.people.shown / total for row in section.rows]


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else value


def _two_digits(value: float | None) -> str:
    return "" if value is None else f"{round(value, 2) + 0.0:.2f}"
