"""The one gate through which counts of people leave: suppression and rounding.

Two measures work together. A count below ``minimum_cell`` is not shown, nor is zero: an answer
that tells "nobody" from "a few" would let a questioner find out, one attribute at a time, whether
a person they know is in the data. A count that is shown is rounded to a multiple of ``base``, so
that adding one person to a question seldom changes the answer, and subtraction finds only a range.

Inside one table whose cells add up to a shown total, the range of every withheld cell is worked
out from what would be shown. If one of them had fewer than :data:`PROTECTED_WIDTH` + 1 possible
values, all cells are withheld. Hiding one more cell would be the usual way, and is not safe: a
reader who knows the rule learns from the hiding itself that the first range was narrow, and that
alone can fix the cell (cells of 11, 12 and 0 are an example). Withholding all leaves at
least six possible values for every withheld cell even to such a reader; a test enumerates them.

Minimum and rounding are of the size in use elsewhere: 11 (PCORnet, CMS), 20 (All of Us), rounding
to 5 (OpenSAFELY).

What this does not do: two-way tables and hierarchies, which are :mod:`cohorts.linked_tables`, and
answers to different questions, which :mod:`cohorts.differencing` compares for the portal.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from cohorts.result import Attrition

MINIMUM_CELL: Final = 11
ROUND_TO: Final = 5
MINIMUM_BASE: Final = 3
PROTECTED_WIDTH: Final = 5
# Counts of a draft below a number are shown in steps of the width beside it.
COARSE_STEPS: Final = ((100, 20), (1_000, 50), (10_000, 500), (100_000, 5_000), (1 << 62, 50_000))


@dataclass(frozen=True)
class DisclosureRule:
    """``minimum_cell``: the smallest count shown; ``base``: shown counts are multiples of it.

    A base below 3 is refused: with a total that is all but exact, no cell of a table is safe.
    """

    minimum_cell: int = MINIMUM_CELL
    base: int = ROUND_TO

    def __post_init__(self) -> None:
        if not MINIMUM_BASE <= self.base <= self.minimum_cell:
            raise ValueError(f"base is from {MINIMUM_BASE} to minimum_cell")

    @classmethod
    def with_minimum(cls, minimum_cell: int) -> DisclosureRule:
        """The rule for an installation's own minimum, with the usual rounding where it fits."""
        return cls(minimum_cell, min(ROUND_TO, minimum_cell))

    @property
    def protected_width(self) -> int:
        """Smallest width of the range of a withheld cell; half the minimum cell, at most 5."""
        return min(PROTECTED_WIDTH, (self.minimum_cell - 1) // 2)

    @property
    def smallest_shown(self) -> int:
        """The smallest multiple of ``base`` that is not below ``minimum_cell``."""
        return -(-self.minimum_cell // self.base) * self.base

    def rounded(self, count: int) -> int:
        """``count`` as it is shown; counts of at least ``minimum_cell`` only."""
        return max((2 * count + self.base) // (2 * self.base) * self.base, self.smallest_shown)

    def coarse(self, count: int) -> int:
        """``count`` in the wide steps of a draft; counts of at least ``minimum_cell`` only.

        The limits of the steps are multiples of 5 and lie inside the ranges that :meth:`rounded`
        makes of counts, so that the two never meet at one limit.
        """
        step = max(next(width for below, width in COARSE_STEPS if count < below), self.base)
        smallest = -(-self.minimum_cell // step) * step
        return max((2 * count + step) // (2 * step) * step, smallest)

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
    it is below the minimum, or only to protect another cell of its table. ``about`` marks a count
    in wide steps, or one that was worked out from others that were shown; ``lower`` one that says
    how many there are at least.
    """

    shown: int | None
    small: bool
    minimum_cell: int
    about: bool = False
    lower: bool = False

    def __str__(self) -> str:
        if self.shown is not None:
            return f"{'about ' if self.about else ''}{self.shown:,}{'+' if self.lower else ''}"
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


def coarse_count(count: int, rule: DisclosureRule = DEFAULT_RULE) -> SafeCount:
    """A count of a draft as it may be shown: in wide steps."""
    if count < rule.minimum_cell:
        return SafeCount(None, True, rule.minimum_cell)
    return SafeCount(rule.coarse(count), False, rule.minimum_cell, about=True)


def least_count(count: int, rule: DisclosureRule = DEFAULT_RULE) -> SafeCount:
    """A lower limit of a count, in the steps 1, 2, 5, 10 and so on: ``200+``."""
    if count < rule.minimum_cell:
        return SafeCount(None, True, rule.minimum_cell)
    limit = max(_step_below(count), rule.minimum_cell)
    return SafeCount(limit, False, rule.minimum_cell, lower=True)


def _step_below(count: int) -> int:
    size = 10 ** (len(str(count)) - 1)
    return next(digit * size for digit in (5, 2, 1) if digit * size <= count)


def estimated_count(
    added: Sequence[SafeCount],
    subtracted: Sequence[SafeCount] = (),
    rule: DisclosureRule = DEFAULT_RULE,
) -> SafeCount:
    """A count worked out from counts that were shown, as anybody could who saw them."""
    if any(count.shown is None for count in (*added, *subtracted)):
        return SafeCount(None, False, rule.minimum_cell)
    estimate = sum(count.shown or 0 for count in added)
    estimate -= sum(count.shown or 0 for count in subtracted)
    if estimate < rule.minimum_cell:
        return SafeCount(None, False, rule.minimum_cell)
    return SafeCount(estimate, False, rule.minimum_cell, about=True)


def safe_table(
    cells: Sequence[int],
    rule: DisclosureRule = DEFAULT_RULE,
    unprotected: Collection[int] = (),
) -> SafeTable:
    """Cells of one table whose sum is shown too; no withheld cell follows from the rest.

    ``unprotected`` are the places of cells that are withheld if they are small but may follow from
    the rest: who has no released value of a column has nothing in common that anybody could know.
    """
    total = safe_count(sum(cells), rule)
    if total.shown is None:
        return SafeTable((total,) * len(cells), total)
    shown = tuple(safe_count(cell, rule) for cell in cells)
    if not _protected(shown, total.shown, rule, unprotected):
        shown = (SafeCount(None, False, rule.minimum_cell),) * len(cells)
    return SafeTable(shown, total)


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


def _protected(
    cells: Sequence[SafeCount], total: int, rule: DisclosureRule, unprotected: Collection[int]
) -> bool:
    """Whether every withheld cell has a wide enough range, given only what would be shown.

    Each cell lies in a range of its own, and their sum in that of the total; the range of one cell
    follows from those of the others. The true counts are not used: the answer reveals nothing.
    """
    ranges = [
        (0, rule.minimum_cell - 1) if cell.shown is None else rule.range_of(cell.shown)
        for cell in cells
    ]
    low_total, high_total = rule.range_of(total)
    low_sum, high_sum = sum(low for low, _ in ranges), sum(high for _, high in ranges)
    for place, (cell, (low, high)) in enumerate(zip(cells, ranges, strict=True)):
        if place in unprotected:
            continue
        lowest = max(low, low_total - (high_sum - high))
        highest = min(high, high_total - (low_sum - low))
        if cell.shown is None and highest - lowest < rule.protected_width:
            return False
    return True
