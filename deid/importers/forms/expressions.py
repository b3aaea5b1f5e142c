"""A cell of a form as SQL: its words, a number, a day, an identifier."""

from __future__ import annotations

_DAY_FORMATS = (
    "['%Y-%m-%d', '%Y%m%d', '%Y-%m-%d %H:%M', '%Y-%m-%d %H:%M:%S', '%Y-%m-%d %H:%M:%S.%f']"
)
_DAY_ZERO = "DATE '1899-12-30'"
"""Day 0 of spreadsheets, which count a 29 February 1900 that was none."""


def word_of(name: str | None) -> str:
    """SQL of a cell's text without blanks around it, NULL if empty."""
    return f"nullif(trim({name}, ' \t\r\n　'), '')" if name else "CAST(NULL AS VARCHAR)"


def tidy_number(name: str) -> str:
    """SQL of an identifier without blanks and hyphens, in capitals."""
    return f"upper(regexp_replace({name}, '[\\s　-]', '', 'g'))"


def check_character(number: str) -> str:
    """SQL of the last character that the first 17 digits of an ID card ask for (ISO 7064)."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    digits = " + ".join(
        f"{weight} * coalesce(TRY_CAST({number}[{place}] AS INTEGER), 0)"
        for place, weight in enumerate(weights, start=1)
    )
    return f"'10X98765432'[({digits}) % 11 + 1]"


def number_of(name: str | None) -> str:
    """SQL of a cell as a number, NULL if it is none."""
    if name is None:
        return "CAST(NULL AS DOUBLE)"
    text = f"translate({word_of(name)}, '０１２３４５６７８９．－＋', '0123456789.-+')"
    return (
        f"CASE WHEN regexp_full_match({text}, '[+-]?[0-9]+([.][0-9]*)?([eE][+-]?[0-9]+)?') "
        f"THEN TRY_CAST({text} AS DOUBLE) END"
    )


def day_of(name: str) -> str:
    """SQL of a cell as a date, NULL if it is none: 2020-01-31, 2020/1/31, 2020年1月31日.

    43861 is a day as spreadsheets count them, of the years 1954 to 2064.
    """
    # The last sign, 日, has no counterpart and falls away.
    text = f"translate({word_of(name)}, '０１２３４５６７８９年月/.T日', '0123456789---- ')"
    return (
        f"CASE WHEN {is_day_number(name)} THEN {_DAY_ZERO} + CAST({word_of(name)} AS INTEGER) "
        f"ELSE CAST(try_strptime(trim({text}), {_DAY_FORMATS}) AS DATE) END"
    )


def is_day_number(name: str) -> str:
    """SQL condition of a cell that is a date as spreadsheets count days."""
    return f"coalesce(regexp_full_match({word_of(name)}, '[2-5][0-9]{{4}}'), false)"
