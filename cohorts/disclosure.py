"""The one gate through which counts of people leave: suppression and rounding.

Two measures work together. A count below ``minimum_cell`` is not shown, nor is zero: an answer
that tells "nobody" from "a few" would let a questioner find out, one attribute at a time, whether
a person they know is in the data. A count that is shown is rounded to a multiple of ``base``, so
that adding one person to a question seldom changes the answer, and subtraction finds only a range.

Inside one table whose cells add up to a shown total, the range of every suppressed cell that
follows from all that is shown is worked out, and further cells are hidden until that range holds
at least :data:`PROTECTED_WIDTH` + 1 values. Rounding and minimum are of the size in use elsewhere:
11 (PCORnet, CMS), 20 (All of Us), rounding to 5 (OpenSAFELY).

What this does not do: combine the answers to many different questions. A questioner with
patience and many overlapping definitions can narrow a range; limits on questions are the portal's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cohorts.result import Attrition

MINIMUM_CELL: Final = 11
ROUND_TO: Final = 5
PROTECTED_WIDTH: Final = 5


@dataclass(frozen=True)
class DisclosureRule:
    """``minimum_cell``: the smallest count shown; ``base``: shown counts are multiples of it."""

    minimum_cell: int = MINIMUM_CELL
    base: int = ROUND_TO

    def __post_init__(self) -> None:
        if self.minimum_cell < 2 or not 1 <= self.base <= self.minimum_cell:
            raise ValueError("minimum_cell is at least 2, and base from 1 to minimum_cell")

    @property
    def smallest_shown(self) -> int:
        """The smallest multiple of ``base`` that is not below ``minimum_cell``."""
        return -(-self.minimum_cell // self.base) * self.base

    def rounded(self, count: int) -> int:
        """``count`` as it is shown; counts of at least ``minimum_cell`` only."""
        return max((2 * count + self.base) // (2 * self.base) * self.base, self.smallest_shown)

    def range_of(self, shown: int) -> tuple[int, int]:
        """All true counts that are shown as ``shown``: ``(lowest, highest)``."""
        low = -(-(2 * shown - self.base) // 2)
        high = -(-(2 * shown + self.base) // 2) - 1
        if shown == self.smallest_shown:
            low = self.minimum_cell
        return max(low, self.minimum_cell), high


DEFAULT_RULE: Final = DisclosureRule()


@dataclass(frozen=True)
class SafeCount:
    """A count as it may be shown. It does not hold the true count.

    ``shown`` is the rounded count, or ``None``; then ``small`` says whether it is withheld because
    it is below the minimum, or only to protect another cell of its table.
    """

    shown: int | None
    small: bool
    minimum_cell: int

    def __str__(self) -> str:
        if self.shown is not None:
            return f"{self.shown:,}"
        return f"<{self.minimum_cell}" if self.small else "hidden"

    def percent_of(self, total: SafeCount) -> str:
        """Share of ``total`` worked out from the shown numbers, such as ``12.5 %``; else empty."""
        if self.shown is None or not total.shown:
            return ""
        return f"{min(100.0, 100 * self.shown / total.shown):.1f} %"


@dataclass(frozen=True)
class SafeTable:
    """Cells that add up to ``total``, as they may be shown together."""

    cells: tuple[SafeCount, ...]
    total: SafeCount


@dataclass(frozen=True)
class SafeStep:
    """One inclusion rule of an attrition table, ready to be shown."""

    rule: str
    meeting: SafeCount
    remaining: SafeCount


@dataclass(frozen=True)
class SafeAttrition:
    """People who enter, and who remain after each rule."""

    entry: SafeCount
    steps: tuple[SafeStep, ...]
    final: SafeCount


def safe_count(count: int, rule: DisclosureRule = DEFAULT_RULE) -> SafeCount:
    """A single count of people as it may be shown."""
    if count < rule.minimum_cell:
        return SafeCount(None, True, rule.minimum_cell)
    return SafeCount(rule.rounded(count), False, rule.minimum_cell)


def safe_table(cells: Sequence[int], rule: DisclosureRule = DEFAULT_RULE) -> SafeTable:
    """Cells of one table whose sum is shown too; no suppressed cell follows from the rest."""
    total = sum(cells)
    if total < rule.minimum_cell:
        small = safe_count(0, rule)
        return SafeTable((small,) * len(cells), small)
    hidden = {index for index, cell in enumerate(cells) if cell < rule.minimum_cell}
    # Hiding proceeds from the smallest, so a reader knows that no hidden cell exceeds a shown one.
    candidates = sorted(set(range(len(cells))) - hidden, key=lambda i: (cells[i], i))
    while candidates and not _protected(cells, hidden, total, rule):
        hidden.add(candidates.pop(0))
    show_total = _protected(cells, hidden, total, rule)
    return SafeTable(
        tuple(
            SafeCount(None, cell < rule.minimum_cell, rule.minimum_cell)
            if index in hidden
            else safe_count(cell, rule)
            for index, cell in enumerate(cells)
        ),
        safe_count(total, rule) if show_total else SafeCount(None, False, rule.minimum_cell),
    )


def safe_attrition(
    attrition: Attrition, final_persons: int, rule: DisclosureRule = DEFAULT_RULE
) -> SafeAttrition:
    """An attrition table as it may be shown; rounding protects the differences of its steps."""
    return SafeAttrition(
        entry=safe_count(attrition.entry_persons, rule),
        steps=tuple(
            SafeStep(step.rule, safe_count(step.meeting, rule), safe_count(step.remaining, rule))
            for step in attrition.steps
        ),
        final=safe_count(final_persons, rule),
    )


def _protected(cells: Sequence[int], hidden: set[int], total: int, rule: DisclosureRule) -> bool:
    """Whether every hidden cell, and their sum, stays within a wide enough range."""
    if not hidden:
        return True
    shown = [rule.range_of(rule.rounded(c)) for i, c in enumerate(cells) if i not in hidden]
    ceiling = min((high for _, high in shown), default=total + rule.base)
    low_total, high_total = rule.range_of(rule.rounded(total))
    low_rest = low_total - sum(high for _, high in shown)
    high_rest = high_total - sum(low for low, _ in shown)
    boxes = {
        index: (0, rule.minimum_cell - 1)
        if cells[index] < rule.minimum_cell
        else (rule.minimum_cell, ceiling)
        for index in hidden
    }
    sum_low = sum(low for low, _ in boxes.values())
    sum_high = sum(high for _, high in boxes.values())
    low_sum, high_sum = max(low_rest, sum_low), min(high_rest, sum_high)
    if high_sum - low_sum < PROTECTED_WIDTH and low_sum < rule.minimum_cell:
        return False
    for low, high in boxes.values():
        lowest = max(low, low_rest - (sum_high - high))
        highest = min(high, high_rest - (sum_low - low))
        if low == 0 and highest - lowest < PROTECTED_WIDTH:
            return False
    return True
