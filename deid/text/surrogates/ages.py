"""Ages under 90 as a band of years, in the words of the original."""

from __future__ import annotations

import re

from deid.text.surrogates.written import chinese, chinese_number

ONES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
        "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
        "nineteen")  # fmt: skip
TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_UNITS = (("month", 12), ("mo", 12), ("week", 52), ("wk", 52), ("day", 365))
_CHINESE_MONTHS = re.compile(r"(\d{1,3}) ?(?:个月|月)")
_UNIT = re.compile(r"(\d{1,3})([ -]?)(months?|mos?|weeks?|wks?|days?)", re.IGNORECASE)


def banded(text: str, width: int) -> str | None:
    """``64`` as ``60-64``, ``64岁`` as ``60～64岁``, ``sixty-four`` as ``sixty to sixty-four``.

    A number of months, weeks or days becomes a band of years. ``None`` if the age is not
    understood.
    """
    months = _CHINESE_MONTHS.match(text)
    if months:
        return _digits(int(months[1]) // 12, width, "～") + "岁"
    unit = _UNIT.fullmatch(text)
    if unit:
        parts = next(parts for name, parts in _UNITS if unit[2 + 1].casefold().startswith(name))
        return _digits(int(unit[1]) // parts, width, "-") + f"{unit[2]}year"
    number = re.search(r"\d+", text)
    if number:
        mark = "～" if any(c >= "\u2e80" for c in text) else "-"
        band = _digits(int(number[0]), width, mark)
        return text[: number.start()] + band + text[number.end() :]
    numeral = re.search(r"[一二三四五六七八九十]+", text)
    if numeral:
        value = chinese_number(numeral[0])
        if value is None:
            return None
        low = value - value % width
        band = f"{chinese(low) or '零'}至{chinese(low + width - 1)}"
        return text[: numeral.start()] + band + text[numeral.end() :]
    value = spelt_number(text)
    if value is None:
        return None
    low = value - value % width
    band = f"{spelt(low)} to {spelt(low + width - 1)}"
    return band.capitalize() if text[:1].isupper() else band


def _digits(age: int, width: int, mark: str) -> str:
    low = age - age % width
    return f"{low}{mark}{low + width - 1}"


def spelt(number: int) -> str:
    """A number below 100 in English words."""
    if number < len(ONES):
        return ONES[number]
    tens, ones = divmod(number, 10)
    return TENS[tens] + (f"-{ONES[ones]}" if ones else "")


def spelt_number(text: str) -> int | None:
    """The number that English words below one hundred say."""
    words = re.findall(r"[a-z]+", text.casefold())
    if not words or any(word not in (*ONES, *TENS) for word in words):
        return None
    return sum(10 * TENS.index(word) if word in TENS[2:] else ONES.index(word) for word in words)
