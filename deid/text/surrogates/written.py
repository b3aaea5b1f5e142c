# ruff: noqa: E501 -- an expression or a word list is read whole
"""Dates as people write them: the forms, what they say, and the same form filled with another day."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass

MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_PIVOT = 50
DIGITS = "〇一二三四五六七八九"
MONTH_NAME = r"(?P<mon>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)(?P<mondot>\.?)"
_WEEKDAY = (
    r"(?P<wd>mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?P<wdtail>day)?(?P<wddot>\.?)"
)
_YEAR = r"(?P<year>\d{4}|['’]\d{2}|\d{2})"
_CN = "〇零○一二三四五六七八九十廿卅"
FORMS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?P<y>\d{4})(?P<s1>[-/.])(?P<m>\d{1,2})(?P<s2>[-/.])(?P<d>\d{1,2})(?!\d)",
        r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})(?!\d)",
        r"(?P<a>\d{1,2})(?P<s1>\s?[-/.]\s?)(?P<b>\d{1,2})(?P<s2>\s?[-/.]\s?)(?P<y>\d{4}|['’]?\d{2})(?!\d)",
        r"(?P<d>\d{1,2})(?P<ord>st|nd|rd|th)?(?P<s1>[-\s]?(?:of )?)" + MONTH_NAME + r"(?:(?P<s2>[-,\s]{1,2})" + _YEAR + r"(?!\d))?",
        MONTH_NAME + r"(?P<s1>[-\s]*(?:the )?)(?P<d>\d{1,2})(?P<ord>st|nd|rd|th)?(?!\d)(?:(?P<s2>[-,\s]{1,2})" + _YEAR + r"(?!\d))?",
        MONTH_NAME + r"(?P<s2>[-,\s]{1,2}(?:of )?)" + _YEAR + r"(?!\d)",
        r"(?P<y>\d{4}) ?年 ?(?P<m>\d{1,2}) ?月 ?(?P<d>\d{1,2}) ?(?P<ri>[日号])?",
        r"(?P<y>\d{4}) ?年 ?(?P<m>\d{1,2}) ?月",
        r"(?P<m>\d{1,2}) ?月 ?(?P<d>\d{1,2}) ?(?P<ri>[日号])?",
        r"(?P<m>\d{1,2})(?P<s1>[/])(?P<y>\d{4})",
        r"(?P<a>\d{1,2})(?P<s1>[-/])(?P<b>\d{1,2})(?!\d)",
        rf"(?P<lunar>农历|阴历|旧历)?(?P<cy>[{_CN}]{{4}}年)?(?P<leap>闰)?(?P<cm>正|冬|腊|[一二三四五六七八九十]{{1,2}})月(?P<cd>初?[{_CN}]{{1,3}})(?P<ri>[日号])?",
        r"(?P<d>\d{1,2})(?P<ord>st|nd|rd|th)\b",
        r"(?P<d>\d{1,2})(?P<ri>[日号])",
        MONTH_NAME + r"(?![a-z])",
        r"(?P<m>\d{1,2})月",
        _WEEKDAY + r"(?![a-z])",
        r"(?P<pre>星期|周|礼拜)(?P<cwd>[一二三四五六日天])",
        r"(?P<d>\d{1,2})(?!\d)",
    )
)  # fmt: skip


@dataclass(frozen=True)
class Day:
    """What a written date says; ``None`` for what it leaves out."""

    year: int | None
    month: int | None
    day: int | None


def read(match: re.Match[str], base: datetime.date | None) -> Day | None:
    """What a match of one of :data:`FORMS` says; ``None`` if it is no possible date."""
    parts = {key: value for key, value in match.groupdict().items() if value is not None}
    year = _year(parts.get("y") or parts.get("year"))
    if "mon" in parts:
        month: int | None = month_number(parts["mon"])
    elif "m" in parts:
        month = int(parts["m"])
    else:
        month = None
    day = int(parts["d"]) if "d" in parts else None
    if "a" in parts:
        month, day = int(parts["a"]), int(parts["b"])
        if day_first(parts, month, day):
            month, day = day, month
    if month is not None and not 1 <= month <= 12:
        return None
    if day is not None and not 1 <= day <= 31:
        return None
    return Day(year, month, day)


def write(match: re.Match[str], parts: dict[str, str], date: datetime.date) -> str:
    """Fill the written form with another date, group by group, from the end to the start."""
    values: dict[str, str] = {}
    numbers = [parts[key] for key in ("a", "b", "m", "d") if key in parts]
    # 10月11日 says nothing of zeros, and 年月日 is mostly written without them.
    spelt = "月" in match[0]
    both = len(numbers) == 2 and all(len(n) == 2 for n in numbers) and "y" in parts and not spelt
    dashed = "mon" in parts and "-" in parts.get("s1", "")
    slashed = "mon" not in parts and len(numbers) == 1 and "s1" in parts and len(numbers[0]) == 2
    padded = any(n[0] == "0" for n in numbers) or both or dashed or slashed
    if "a" in parts:
        first, second = date.month, date.day
        if day_first(parts, int(parts["a"]), int(parts["b"])):
            first, second = second, first
        values["a"], values["b"] = _written(first, padded), _written(second, padded)
    if "m" in parts:
        values["m"] = _written(date.month, padded)
    if "d" in parts:
        values["d"] = _written(date.day, padded)
    if "ord" in parts:
        values["ord"] = like(parts["ord"], _ordinal(date.day))
    if "mon" in parts:
        values["mon"] = like(parts["mon"], _month_like(parts["mon"], date.month))
    for key in ("y", "year"):
        if key in parts:
            values[key] = _year_like(parts[key], date.year)
    text = match[0]
    start = match.start()
    for key in sorted(values, key=lambda k: match.start(k), reverse=True):
        a, b = match.start(key) - start, match.end(key) - start
        text = text[:a] + values[key] + text[b:]
    return text


def day_first(parts: dict[str, str], first: int, second: int) -> bool:
    """``31.10.67`` and ``17/2`` tell; a point between the parts is European usage."""
    if first > 12 >= second:
        return True
    return "." in parts.get("s1", "") and "y" in parts and first <= 31 and second <= 12


def _written(value: int, padded: bool) -> str:
    return f"{value:02d}" if padded else str(value)


def _ordinal(day: int) -> str:
    if day in (11, 12, 13):
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")


def month_number(name: str) -> int:
    """Number of a month by its name or the beginning of it."""
    return next(i for i, month in enumerate(MONTHS, 1) if month.startswith(name.casefold()[:3]))


def _month_like(name: str, month: int) -> str:
    full = MONTHS[month - 1]
    return full if len(name) > 4 or name.casefold() in MONTHS[5:7] else full[:3]


def like(pattern: str, word: str) -> str:
    """``word`` in the capitals of ``pattern``."""
    if pattern.isupper():
        return word.upper()
    return word.capitalize() if pattern[0].isupper() else word


def _year(text: str | None) -> int | None:
    if text is None:
        return None
    digits = text.lstrip("'’")
    if len(digits) == 4:
        return int(digits)
    short = int(digits)
    return 2000 + short if short < _PIVOT else 1900 + short


def _year_like(text: str, year: int) -> str:
    if len(text) == 4:
        return f"{year:04d}"
    return text[:-2] + f"{year % 100:02d}"


def date_or_none(year: int, month: int, day: int) -> datetime.date | None:
    """The date, unless there is no such day."""
    try:
        return datetime.date(year, month, day)
    except ValueError:
        return None


def chinese_number(text: str) -> int | None:
    """A number below 100 in Chinese numerals."""
    text = text.replace("廿", "二十").replace("卅", "三十")
    tens, mark, ones = text.rpartition("十")
    values = {c: i for i, c in enumerate(DIGITS)}
    if not mark:
        return values.get(ones)
    high = values.get(tens, 0) if tens else 1
    return high * 10 + (values.get(ones, 0) if ones else 0)


def chinese_year(text: str) -> int | None:
    """A year written digit by digit."""
    digits = [DIGITS.find({"零": "〇", "○": "〇"}.get(c, c)) for c in text]
    return int("".join(map(str, digits))) if -1 not in digits and max(digits) < 10 else None


def chinese(number: int) -> str:
    """A number below 100 in Chinese numerals."""
    tens, ones = divmod(number, 10)
    head = {0: "", 1: "十"}.get(tens, DIGITS[tens] + "十")
    return head + (DIGITS[ones] if ones else "")


def lunar_day(day: int) -> str:
    """A day of a lunar month, such as 初三."""
    if day <= 10:
        return "初" + chinese(day)
    return "廿" + DIGITS[day - 20] if 20 < day < 30 else chinese(day)
