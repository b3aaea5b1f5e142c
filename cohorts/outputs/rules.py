"""The rules for a finished table, by names and limits of the ``acro`` library where it has them.

``acro`` 1.0.2 (``acro/default.yaml``, ``acro/sdcchecks.py``) judges a table while it is made from
the records. From the finished table one can still judge: threshold, zeros, class disclosure, what
subtraction gives back, numbers of people, dates, formulas, and tables that differ a little from
earlier ones. Dominance (nk and p%) and degrees of freedom cannot be seen in the table; they come
from ``acro``'s own record of the table (:mod:`cohorts.outputs.acro_session`), or the steward is
told that nobody checked them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from cohorts.disclosure import DisclosureRule
from cohorts.outputs.report import Finding, Level
from cohorts.outputs.tables import Role, Table, number

LONG_NUMBER: Final = re.compile(r"(?<![\d.])\d{12,}(?!\d|\.\d)")
"""Twelve digits and more are no count of this county, and may be a pseudonym (63 bits)."""
_DATE = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")
_EXTREME = re.compile(r"\b(min|max|minimum|maximum|range|smallest|largest)\b", re.IGNORECASE)
_AMOUNT = re.compile(r"\b(sum|total cost|cost|amount|mean|average)\b", re.IGNORECASE)
_MODEL = re.compile(
    r"\b(coef|coefficient|or|hr|rr|odds|hazard|estimate|pvalue|p value|smd)\b", re.IGNORECASE
)
MANY_ROWS: Final = 100
LONG_TEXT: Final = 200


def check_table(
    table: Table,
    rule: DisclosureRule,
    earlier: Sequence[tuple[str, Table]] = (),
    checked_by_acro: bool = False,
) -> list[Finding]:
    """All findings of one table; ``earlier`` are tables of the project that have left, by name."""
    found = [
        *_threshold(table, rule),
        *_class_disclosure(table),
        *_recoverable(table, rule),
        *_cells(table),
        *_shape(table),
        *_similar(table, rule, earlier),
    ]
    if not checked_by_acro:
        found += _unseen(table)
    return found


def _threshold(table: Table, rule: DisclosureRule) -> list[Finding]:
    small, zero = [], []
    for row, column in _grid(table):
        count = table.counts.get((row, column))
        if count == 0:
            zero.append((row, column))
        elif count is not None and count < rule.minimum_cell:
            small.append((row, column))
    found = []
    if small:
        found.append(
            Finding(
                "threshold",
                Level.FAIL,
                f"{_cells_word(small)} may count fewer than {rule.minimum_cell} people; withhold "
                "them (safe_frame, safe_table) or join categories",
                tuple(small),
            )
        )
    if zero:
        found.append(
            Finding(
                "zero",
                Level.FAIL,
                f"{_cells_word(zero)} {'is' if len(zero) == 1 else 'are'} zero, which tells "
                "something about everybody in the row and column; leave out or join categories",
                tuple(zero),
            )
        )
    return found


def _class_disclosure(table: Table) -> list[Finding]:
    """A group all of whose members are in one category: who belongs to it is known to be there."""
    columns = [c for c in _counts(table) if c not in table.total_columns]
    rows = [r for r in range(len(table.rows)) if r not in table.total_rows]
    lines = [[(row, column) for column in columns] for row in rows] if len(columns) > 1 else []
    if len(rows) > 1 and columns:
        lines += [[(row, column) for row in rows] for column in columns] if len(columns) > 1 else []
    hit: list[tuple[int, int]] = []
    for line in lines:
        counts = [table.counts.get(cell) for cell in line]
        if None not in counts and sum(bool(count) for count in counts) == 1:
            hit += [cell for cell, count in zip(line, counts, strict=True) if count]
    whole = [
        (row, column)
        for row, column in _grid(table)
        if table.roles[column] is Role.PERCENT
        and number(table.rows[row][column])[0] in {0.0, 100.0}
        and row not in table.total_rows
    ]
    found = []
    if hit:
        text = "all people of a row or column are in one category"
        found.append(Finding("class", Level.FAIL, text, tuple(dict.fromkeys(hit))))
    if whole:
        text = "0 or 100 percent of a group: everybody in it, or nobody"
        found.append(Finding("class", Level.REVIEW, text, tuple(whole)))
    return found


def _recoverable(table: Table, rule: DisclosureRule) -> list[Finding]:
    """Withheld cells that the shown total gives back."""
    parts_of_row = [c for c in _counts(table) if c not in table.total_columns]
    parts_of_column = [r for r in range(len(table.rows)) if r not in table.total_rows]
    hit: list[tuple[int, int]] = []
    for row in range(len(table.rows)):
        for total in table.total_columns:
            hit += _given_back(table, [(row, c) for c in parts_of_row], (row, total), rule)
    for column in _counts(table):
        for total_row in table.total_rows:
            cells = [(r, column) for r in parts_of_column]
            hit += _given_back(table, cells, (total_row, column), rule)
    if not hit:
        return []
    text = (
        f"{_cells_word(hit)} withheld, but the total less the other cells gives the number back; "
        "withhold a second cell or the total, or round all"
    )
    return [Finding("recoverable", Level.FAIL, text, tuple(dict.fromkeys(hit)))]


def _given_back(
    table: Table, parts: Sequence[tuple[int, int]], total: tuple[int, int], rule: DisclosureRule
) -> list[tuple[int, int]]:
    """The one withheld cell of a line, if the rest leaves it too few possible values.

    Where all numbers are multiples of the rule's base they are taken as rounded, and each stands
    for its range; otherwise they are exact.
    """
    whole = table.counts.get(total)
    hidden = [cell for cell in parts if table.withheld(*cell)]
    shown = [table.counts[cell] for cell in parts if cell in table.counts]
    if whole is None or len(hidden) != 1 or len(shown) + 1 != len(parts):
        return []
    if any(count % rule.base for count in [*shown, whole]):
        return hidden
    low, high = rule.range_of(whole)
    ranges = [rule.range_of(count) if count else (0, 0) for count in shown]
    lowest = max(0, low - sum(most for _, most in ranges))
    highest = high - sum(least for least, _ in ranges)
    if table.rows[hidden[0][0]][hidden[0][1]].strip()[:1] in {"<", "≤"}:
        highest = min(highest, rule.minimum_cell - 1)
    return hidden if highest - lowest < rule.protected_width else []


def _cells(table: Table) -> list[Finding]:
    ids, days, formulas, texts = [], [], [], []
    for row, column in ((r, c) for r in range(len(table.rows)) for c in range(len(table.header))):
        cell = table.rows[row][column]
        value, _ = number(cell)
        if LONG_NUMBER.search(cell):
            ids.append((row, column))
        if _DATE.search(cell):
            days.append((row, column))
        if cell[:1] in {"=", "+", "@", "\t", "\r"} or (cell[:1] == "-" and value is None):
            formulas.append((row, column))
        if len(cell) > LONG_TEXT:
            texts.append((row, column))
    for column, name in enumerate(table.header):
        if name.casefold() in {"person_id", "subject_id", "visit_occurrence_id", "note_id"}:
            ids += [(row, column) for row in range(len(table.rows))]
    formulas = [cell for cell in formulas if table.rows[cell[0]][cell[1]].strip() != "-"]
    said = (
        ("identifier", Level.FAIL, ids, "may be ids of people or records; leave the column out"),
        ("formula", Level.FAIL, formulas, "would run as a formula in a spreadsheet"),
        ("date", Level.REVIEW, days, "hold a day; whose day is it?"),
        ("text", Level.REVIEW, texts, f"hold more than {LONG_TEXT} characters of text"),
    )
    return [
        Finding(check, level, f"{_cells_word(cells)} {text}", tuple(dict.fromkeys(cells)))
        for check, level, cells, text in said
        if cells
    ]


def _shape(table: Table) -> list[Finding]:
    if len(table.rows) <= MANY_ROWS:
        return []
    text = f"{len(table.rows)} rows: are these results, or records of people?"
    return [Finding("records", Level.REVIEW, text)]


def _unseen(table: Table) -> list[Finding]:
    """What the finished table does not show, so that somebody has to ask."""
    found = []
    extremes = _named(table, _EXTREME)
    if extremes:
        text = "a smallest or largest value is the value of one person"
        found.append(Finding("extreme", Level.REVIEW, text, tuple(extremes)))
    if _named(table, _AMOUNT):
        text = (
            "sums or means: whether one or two people make up most of one (nk and p% rule) cannot "
            "be seen here; make the table with project.acro()"
        )
        found.append(Finding("dominance", Level.REVIEW, text))
    if any(_MODEL.search(name.replace("_", " ")) for name in table.header):
        text = (
            "results of a model: degrees of freedom cannot be seen here; say the number of people"
        )
        found.append(Finding("degrees of freedom", Level.REVIEW, text))
    return found


def _similar(
    table: Table, rule: DisclosureRule, earlier: Sequence[tuple[str, Table]]
) -> list[Finding]:
    """Counts that differ by a few people from a table that left before: subtraction finds them."""
    found = []
    ours = _labelled(table)
    for name, other in earlier:
        theirs = _labelled(other)
        close = [
            cell
            for key, (count, cell) in ours.items()
            if key in theirs and 0 < abs(count - theirs[key][0]) < rule.minimum_cell
        ]
        if close:
            text = (
                f"{_cells_word(close)} differ by fewer than {rule.minimum_cell} people from the "
                f"same cells of {name}, which left before"
            )
            found.append(Finding("similar", Level.REVIEW, text, tuple(close)))
    return found


def _labelled(table: Table) -> dict[tuple[str, str], tuple[int, tuple[int, int]]]:
    return {
        (table.labels[row], table.header[column]): (count, (row, column))
        for (row, column), count in table.counts.items()
    }


def _named(table: Table, words: re.Pattern[str]) -> list[tuple[int, int]]:
    columns = {c for c, name in enumerate(table.header) if words.search(name.replace("_", " "))}
    rows = {r for r, label in enumerate(table.labels) if words.search(label)}
    return [cell for cell in _grid(table) if cell[0] in rows or cell[1] in columns]


def _grid(table: Table) -> list[tuple[int, int]]:
    """All cells that are no labels."""
    columns = [c for c, role in enumerate(table.roles) if role is not Role.LABEL]
    return [(row, column) for row in range(len(table.rows)) for column in columns]


def _counts(table: Table) -> list[int]:
    return [c for c, role in enumerate(table.roles) if role is Role.COUNT]


def _cells_word(cells: Sequence[tuple[int, int]]) -> str:
    number_of = len(set(cells))
    return "1 cell" if number_of == 1 else f"{number_of} cells"
