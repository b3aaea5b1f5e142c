"""Tables whose margins are shown too: which cells to withhold so that no subtraction finds them.

A *linked table* is a vector of counts of which some are sums of others: a two-way table with its
margins, villages with their area and county. First every count goes through the gate alone, which
gives the *first look*. A linear program then finds what a reader can work out for each withheld
count from all shown ranges and all sums at once. Where every range is wide enough the first look is
published. Otherwise the smallest further cells in the lines of a narrow one are withheld, until all
ranges are wide; what was small and what only protects it then look alike. If that does not pass
its audit, nothing but the grand total is shown.

A reader who knows this rule learns from a complement that the first look was narrow, and the
linear program alone does not see that. So the audit asks for witnesses: tables of whole numbers
that this very rule publishes in the same way, and that give each withheld count at least as many
values as a range of the protected width has. They are sought from the look alone, never from the
true counts: every table with the same look passes or fails with it, so that passing tells nothing.

Showing the margins and hiding the cells inside would be the natural last resort, and is not safe:
of all tables of a shown look with a narrow inside there may be one only. Enumeration found it.

In two-way tables and trees the constraints are totally unimodular: the linear program's vertices
are whole numbers, so its ranges are exact. A vertex that is not whole is no witness.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import linprog
from scipy.sparse import csr_array

from cohorts.disclosure import DEFAULT_RULE, DisclosureRule, SafeCount, safe_count

SMALL: Final = -1
HIDDEN: Final = -2
# A complement is sought for at most so many rounds: a number and not a time, so that the same
# table is always published in the same way.
MOST_ROUNDS: Final = 6
# Tables tried as witnesses before a complement is given up.
MOST_WITNESSES: Final = 32

Look = tuple[int, ...]
Values = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Links:
    """``size`` counts, and the sums among them: ``(parent, children)``, parents before children.

    The first count is the grand total. Leaves are counts that are no sum.
    """

    size: int
    sums: tuple[tuple[int, tuple[int, ...]], ...]

    @property
    def leaves(self) -> frozenset[int]:
        """Positions that are no sum of others."""
        return frozenset(range(self.size)) - {parent for parent, _ in self.sums}


def protected_counts(
    counts: Sequence[int], links: Links, rule: DisclosureRule
) -> tuple[SafeCount, ...]:
    """The counts as they may be shown together.

    Raises:
        ValueError: if a parent is not the sum of its children.
    """
    for parent, children in links.sums:
        if counts[parent] != sum(counts[child] for child in children):
            raise ValueError("a sum is not that of its counts")
    look = _published(_first_look(counts, rule), links, rule)
    return tuple(
        SafeCount(None if value < 0 else value, value == SMALL, rule.minimum_cell) for value in look
    )


def reader_ranges(
    shown: Sequence[SafeCount], links: Links, rule: DisclosureRule
) -> list[tuple[int, int]]:
    """Lowest and highest value of each count that a reader can work out by linear programming."""
    look = tuple(
        SMALL if one.small else HIDDEN if one.shown is None else one.shown for one in shown
    )
    program = _Program(look, links, rule)
    return [program.range_of(position) for position in range(links.size)]


def _first_look(counts: Sequence[int], rule: DisclosureRule) -> Look:
    shown = (safe_count(int(count), rule).shown for count in counts)
    return tuple(SMALL if one is None else one for one in shown)


@lru_cache(maxsize=4096)
def _published(first: Look, links: Links, rule: DisclosureRule) -> Look:
    if first[0] == SMALL or SMALL not in first or not _narrow(first, links, rule):
        return first
    look = _complement(first, links, rule)
    if look is not None and _has_witnesses(look, links, rule):
        return look
    return (first[0], *([HIDDEN] * (links.size - 1)))


@lru_cache(maxsize=4096)
def _complement(first: Look, links: Links, rule: DisclosureRule) -> Look | None:
    """The first look with further counts withheld and all withheld ones alike.

    ``None`` if the first look needs no complement, or none is found.
    """
    narrow = _narrow(first, links, rule)
    if not narrow:
        return None
    look = [HIDDEN if value == SMALL else value for value in first]
    for _ in range(MOST_ROUNDS):
        for position in narrow:
            for _, children in links.sums:
                if position not in children:
                    continue
                if sum(look[child] == HIDDEN for child in children) > 1:
                    continue  # it already hides among others of this line
                others = [child for child in children if look[child] >= 0]
                if others:
                    look[min(others, key=lambda child: (look[child], child))] = HIDDEN
        narrow = _narrow(tuple(look), links, rule)
        if not narrow:
            return tuple(look)
        grown = False
        for position in narrow:
            for _, children in links.sums:
                others = [child for child in children if look[child] >= 0]
                if position in children and others:
                    look[min(others, key=lambda child: (look[child], child))] = HIDDEN
                    grown = True
        if not grown:
            return None
    return None


@lru_cache(maxsize=16384)
def _narrow(look: Look, links: Links, rule: DisclosureRule) -> tuple[int, ...]:
    """Positions of withheld counts whose range is below the protected width."""
    program = _Program(look, links, rule)
    low = np.full(links.size, np.iinfo(np.int64).max)
    high = np.full(links.size, -1)
    withheld = [position for position, value in enumerate(look) if value < 0]
    for table in program.spread(withheld):
        low, high = np.minimum(low, table), np.maximum(high, table)
    narrow = []
    for position in withheld:
        for sign in (1, -1):
            if high[position] - low[position] < rule.protected_width:
                extreme = program.extreme([position], sign)
                if extreme is not None:
                    low, high = np.minimum(low, extreme), np.maximum(high, extreme)
        if high[position] - low[position] < rule.protected_width:
            narrow.append(position)
    return tuple(narrow)


def _has_witnesses(look: Look, links: Links, rule: DisclosureRule) -> bool:
    """Whether tables that are published as ``look`` give every withheld count enough values."""
    program = _Program(look, links, rule)
    withheld = [position for position, value in enumerate(look) if value < 0]
    values: dict[int, set[int]] = {position: set() for position in withheld}
    tried = 0

    def admit(tables: Iterator[Values]) -> None:
        nonlocal tried
        for table in tables:
            tried += 1
            if _complement(_first_look(table.tolist(), rule), links, rule) == look:
                for position in withheld:
                    values[position].add(int(table[position]))

    admit(program.spread(withheld))
    for position in withheld:
        if len(values[position]) <= rule.protected_width and tried < MOST_WITNESSES:
            admit(program.ladder(position))
        if len(values[position]) <= rule.protected_width:
            return False
    return True


class _Program:
    """The linear program of everything a reader knows from a look."""

    def __init__(self, look: Look, links: Links, rule: DisclosureRule) -> None:
        self._minimum = rule.minimum_cell
        self._links = links
        top = rule.range_of(look[0])[1] if look[0] >= 0 else rule.minimum_cell - 1
        self._bounds = [
            rule.range_of(value)
            if value >= 0
            else (0, min(top, rule.minimum_cell - 1) if value == SMALL else top)
            for value in look
        ]
        self._sums = _matrix(links)

    def extreme(
        self, positions: Sequence[int], sign: int, fixed: tuple[int, int] | None = None
    ) -> Values | None:
        """A table with the smallest (``sign`` 1) or largest (-1) sum of some counts, if whole."""
        weights = np.zeros(self._links.size)
        weights[list(positions)] = sign
        bounds = list(self._bounds)
        if fixed is not None:
            bounds[fixed[0]] = (fixed[1], fixed[1])
        found = linprog(
            weights,
            A_eq=self._sums,
            b_eq=np.zeros(len(self._links.sums)),
            bounds=bounds,
            method="highs-ds",
        )
        if found.x is None:
            return None
        table = np.rint(found.x)
        return table.astype(np.int64) if np.abs(table - found.x).max() < 1e-6 else None

    def range_of(self, position: int) -> tuple[int, int]:
        """Range of one count."""
        lowest, highest = self.extreme([position], 1), self.extreme([position], -1)
        assert lowest is not None
        assert highest is not None
        return int(lowest[position]), int(highest[position])

    def spread(self, withheld: Sequence[int]) -> Iterator[Values]:
        """Few tables in which many withheld counts are small or large at once."""
        halves = (withheld, withheld[::2], withheld[1::2], withheld[: len(withheld) // 2])
        for positions in halves:
            for sign in (1, -1):
                table = self.extreme(positions, sign)
                if table is not None:
                    yield table

    def ladder(self, position: int) -> Iterator[Values]:
        """Tables in which one count takes values from its lowest to its highest."""
        lowest, highest = self.range_of(position)
        for value in range(lowest, min(highest, lowest + 2 * self._minimum) + 1):
            table = self.extreme(range(self._links.size), -1, (position, value))
            if table is not None:
                yield table


@lru_cache(maxsize=64)
def _matrix(links: Links) -> csr_array:
    rows, columns, values = [], [], []
    for row, (parent, children) in enumerate(links.sums):
        rows += [row] * (len(children) + 1)
        columns += [parent, *children]
        values += [-1.0, *([1.0] * len(children))]
    return csr_array((values, (rows, columns)), shape=(len(links.sums), links.size))


@dataclass(frozen=True)
class SafeCrosstab:
    """A two-way table as it may be shown with its margins."""

    cells: tuple[tuple[SafeCount, ...], ...]
    rows: tuple[SafeCount, ...]
    columns: tuple[SafeCount, ...]
    total: SafeCount


def crosstab_links(rows: int, columns: int) -> Links:
    """Links of a two-way table laid out as total, row sums, column sums, cells row by row."""
    first_cell = 1 + rows + columns
    cells = [
        tuple(range(first_cell + row * columns, first_cell + (row + 1) * columns))
        for row in range(rows)
    ]
    return Links(
        first_cell + rows * columns,
        (
            (0, tuple(range(1, 1 + rows))),
            (0, tuple(range(1 + rows, first_cell))),
            *((1 + row, cells[row]) for row in range(rows)),
            *((1 + rows + i, tuple(line[i] for line in cells)) for i in range(columns)),
        ),
    )


def safe_crosstab(
    cells: Sequence[Sequence[int]], rule: DisclosureRule = DEFAULT_RULE
) -> SafeCrosstab:
    """A two-way table whose margins are shown too; no withheld cell follows from the rest.

    Raises:
        ValueError: if the rows are not equally long, or there is none.
    """
    if not cells or not cells[0]:
        raise ValueError("a two-way table has rows and columns")
    rows = [sum(row) for row in cells]
    columns = [sum(column) for column in zip(*cells, strict=True)]
    counts = [sum(rows), *rows, *columns, *(cell for row in cells for cell in row)]
    n, m = len(rows), len(columns)
    safe = protected_counts(counts, crosstab_links(n, m), rule)
    inner = safe[1 + n + m :]
    return SafeCrosstab(
        tuple(inner[row * m : (row + 1) * m] for row in range(n)),
        safe[1 : 1 + n],
        safe[1 + n : 1 + n + m],
        safe[0],
    )


def safe_groups(
    groups: Sequence[Sequence[int]], rule: DisclosureRule = DEFAULT_RULE
) -> tuple[SafeCount, tuple[tuple[SafeCount, tuple[SafeCount, ...]], ...]]:
    """Parts within wholes within a total, as villages in areas of a county.

    Returns the total, and each whole with its parts.
    """
    wholes = [sum(parts) for parts in groups]
    counts, sums = [sum(wholes), *wholes], [(0, tuple(range(1, 1 + len(wholes))))]
    for number, parts in enumerate(groups, start=1):
        sums.append((number, tuple(range(len(counts), len(counts) + len(parts)))))
        counts += parts
    safe = protected_counts(counts, Links(len(counts), tuple(sums)), rule)
    return safe[0], tuple(
        (safe[parent], tuple(safe[child] for child in children)) for parent, children in sums[1:]
    )
