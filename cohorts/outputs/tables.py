"""Reads a CSV of results: cells, which columns count people, and which cells are withheld.

A finished table does not say what a number counts. Columns are read by their header and values,
on the safe side: a column of whole numbers counts people unless its header says otherwise.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Final

from cohorts.errors import OutputRefused

MOST_ROWS: Final = 1_000
MOST_COLUMNS: Final = 60
# Longer cells are text. The limit also keeps patterns from being slow on hostile cells.
_LONGEST_NUMBER: Final = 60

_COUNT_WORDS = re.compile(
    r"\b(n|no|count|counts|people|persons|person|patients|participants|residents|cases|controls|"
    r"events|deaths|visits|records|rows|total|all|overall|number|at risk|missing)\b|人数|例数|合计",
    re.IGNORECASE,
)
_OTHER_WORDS = re.compile(
    r"%|\b(percent|share|proportion|rate|ratio|mean|average|median|sd|std|se|iqr|q1|q3|min|max|"
    r"minimum|maximum|range|sum|coef|coefficient|estimate|or|hr|rr|smd|ci|lower|upper|p|pvalue|"
    r"p value|z|t|chi2|aic|bic|r2|df|dof|year|month|week|day|days|age|score|quantile|percentile|"
    r"weight|incidence|prevalence|survival|probability|concept_id|code)\b|率|均值|年份|年龄",
    re.IGNORECASE,
)
_TOTAL = re.compile(r"\b(total|all|overall|sum|margin)\b|合计|总计", re.IGNORECASE)
_NUMBER = re.compile(r"[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][-+]?\d+)?")
_LEADING = re.compile(rf"({_NUMBER.pattern})\s*(%?)(?:\s*[(\[/±].*)?", re.DOTALL)
_WITHHELD = re.compile(
    r"<\s*=?\s*\d+|≤\s*\d+|hidden|withheld|suppressed|redacted|masked|\*+|\.\.+", re.IGNORECASE
)
_WITH_SHARE = re.compile(r"\s*\d[\d,]*\s*\(\d+(?:\.\d+)?\s*%?\)\s*")
_ROW_IS_NO_COUNT = re.compile(r"\b(mean|median|sd|iqr|min|max)\b", re.IGNORECASE)


class Role(StrEnum):
    """What a column holds."""

    LABEL = "label"
    COUNT = "count"
    PERCENT = "percent"
    OTHER = "other"


@dataclass(frozen=True)
class Table:
    """A table as text: ``rows`` are as wide as ``header``."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @cached_property
    def roles(self) -> tuple[Role, ...]:
        """What each column holds."""
        return tuple(_role(name, self.column(at), at) for at, name in enumerate(self.header))

    def column(self, at: int) -> list[str]:
        """The cells of one column."""
        return [row[at] for row in self.rows]

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The labels of each row, joined."""
        at = [column for column, role in enumerate(self.roles) if role is Role.LABEL]
        return tuple(" / ".join(row[column] for column in at) for row in self.rows)

    @cached_property
    def counts(self) -> Mapping[tuple[int, int], int]:
        """The cells that may be numbers of people, by row and column."""
        columns = [column for column, role in enumerate(self.roles) if role is Role.COUNT]
        found = {}
        for row, label in enumerate(self.labels):
            if _ROW_IS_NO_COUNT.search(label):
                continue
            for column in columns:
                value, percent = number(self.rows[row][column])
                if value is not None and not percent and value >= 0 and value % 1 == 0:
                    found[row, column] = int(value)
        return found

    def withheld(self, row: int, column: int) -> bool:
        """Whether the cell of a column of counts says that its count is not shown."""
        return self.roles[column] is Role.COUNT and _is_withheld(self.rows[row][column])

    @cached_property
    def total_rows(self) -> frozenset[int]:
        """Rows that add up others."""
        return frozenset(at for at, label in enumerate(self.labels) if _TOTAL.search(label))

    @cached_property
    def total_columns(self) -> frozenset[int]:
        """Columns of counts that add up others."""
        return frozenset(
            at
            for at, name in enumerate(self.header)
            if self.roles[at] is Role.COUNT and _TOTAL.search(name)
        )


def parse_table(name: str, content: bytes) -> Table:
    """Read a CSV with a header line.

    Raises:
        OutputRefused: if it is not UTF-8, not a table, or so large that it holds records.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise OutputRefused(f"{name}: not UTF-8; save it with encoding='utf-8'") from None
    if "\0" in text:
        raise OutputRefused(f"{name}: not text")
    try:
        lines = [line for line in csv.reader(io.StringIO(text, newline=""), strict=True) if line]
    except csv.Error:
        raise OutputRefused(f"{name}: not a CSV file; write it with DataFrame.to_csv") from None
    if len(lines) < 2:
        raise OutputRefused(f"{name}: a table has a header and at least one row")
    width = len(lines[0])
    for at, line in enumerate(lines[1:], start=2):
        if len(line) != width:
            raise OutputRefused(f"{name}: line {at} has {len(line)} cells and the header {width}")
    if len(lines) - 1 > MOST_ROWS or width > MOST_COLUMNS:
        raise OutputRefused(
            f"{name}: more than {MOST_ROWS} rows or {MOST_COLUMNS} columns; results are small, and "
            "records of people do not leave"
        )
    return Table(tuple(lines[0]), tuple(tuple(line) for line in lines[1:]))


def number(cell: str) -> tuple[float | None, bool]:
    """The number that a cell begins with, and whether it is a percentage: ``12 (3.4)`` is 12."""
    found = _LEADING.fullmatch(cell.strip()) if len(cell) <= _LONGEST_NUMBER else None
    if not found:
        return None, False
    value = float(found.group(1).replace(",", ""))
    return (value, bool(found.group(2))) if math.isfinite(value) else (None, False)


def _role(name: str, cells: Sequence[str], at: int) -> Role:
    filled = [cell for cell in cells if cell.strip()]
    values = [number(cell) for cell in filled]
    known = [(value, percent) for value, percent in values if value is not None]
    withheld = sum(map(_is_withheld, filled))
    if not known and 2 * withheld <= len(filled):
        return Role.LABEL
    if re.search(r"%|percent|share|proportion|率", name, re.IGNORECASE) or (
        known and all(percent for _, percent in known)
    ):
        return Role.PERCENT
    words = name.replace("_", " ").replace(".", " ")
    if _OTHER_WORDS.search(words) and not re.search(r"\bn\b", words, re.IGNORECASE):
        return Role.OTHER
    if len(known) + withheld < len(filled) / 2:
        return Role.LABEL
    whole = all(value % 1 == 0 for value, _ in known if value is not None)
    if _COUNT_WORDS.search(words) or whole or _mixed(filled):
        # Numbers in a row, 0, 1, 2 ..., in a first column without a name are pandas' index.
        index = at == 0 and not name.strip() and [v for v, _ in known] == list(range(len(cells)))
        return Role.LABEL if index else Role.COUNT
    return Role.OTHER


def _mixed(cells: Sequence[str]) -> bool:
    """Whether a column holds counts with percentages, as TableOne writes them, among others."""
    return any(_WITH_SHARE.fullmatch(cell) for cell in cells if len(cell) <= _LONGEST_NUMBER)


def _is_withheld(cell: str) -> bool:
    return len(cell) <= _LONGEST_NUMBER and bool(_WITHHELD.fullmatch(cell.strip()))
