"""Days instead of dates, bands instead of ages: in what is computed and in what was written.

A released note still holds (shifted) dates and ages. A case shows neither, so that nobody can set
a case beside the release or another case: a date becomes a day counted from the first contact, and
an age becomes its five-year band. Nothing else of a sentence is changed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from casebank.model import Language

OLDEST = 90
BAND = 5

_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_MONTH = "|".join([*_MONTHS, *(name[:3] for name in _MONTHS), "sept"])
# Without a year beside it, "may" is a month only with a capital.
_CAPITAL_MONTH = "(?-i:" + "|".join([_MONTH.title(), _MONTH.upper()]) + ")"
_YEAR = r"(?:19|20)\d\d"
_ORDINAL = r"(?:st|nd|rd|th)?"


def age_band(age: int) -> str:
    """Five-year band of an age in years; 90 and over are one band.

    >>> age_band(57), age_band(93)
    ('55–59', '90+')
    """
    if age >= OLDEST:
        return f"{OLDEST}+"
    low = max(0, age) // BAND * BAND
    return f"{low}–{low + BAND - 1}"


def ages_band(youngest: int, oldest: int) -> str:
    """The five-year bands from that of the youngest age to that of the oldest.

    >>> ages_band(57, 57), ages_band(41, 60), ages_band(88, 95)
    ('55–59', '40–64', '85+')
    """
    low = min(max(0, youngest), OLDEST) // BAND * BAND
    if oldest >= OLDEST:
        return f"{low}+"
    return f"{low}–{oldest // BAND * BAND + BAND - 1}"


def span_text(days: int, language: Language) -> str:
    """A length of time in the largest unit that fits: days, months, or years and months."""
    days = abs(days)
    years, months = divmod(round(days / 30.4375), 12)
    if days < 61:
        return f"{days}天" if language == "zh" else _plural(days, "day")
    if not years:
        return f"{months}个月" if language == "zh" else _plural(months, "month")
    if language == "zh":
        return f"{years}年" + (f"{months}个月" if months else "")
    return _plural(years, "year") + (f" {_plural(months, 'month')}" if months else "")


def day_text(day: int | None, language: Language) -> str:
    """A day in words, relative to the first contact.

    >>> day_text(0, "en"), day_text(400, "en"), day_text(-3, "zh")
    ('first contact', '1 year 1 month later', '首次接诊前3天')
    """
    if day is None:
        return "日期未记录" if language == "zh" else "no date recorded"
    if day == 0:
        return "首次接诊" if language == "zh" else "first contact"
    span = span_text(day, language)
    if language == "zh":
        return f"首次接诊后{span}" if day > 0 else f"首次接诊前{span}"
    return f"{span} later" if day > 0 else f"{span} before first contact"


def without_dates_and_ages(text: str, origin: date, anchor: date, language: Language) -> str:
    """``text`` with dates made relative to ``origin`` and ages made bands.

    ``anchor`` is the day of the note: a day and month without a year mean the nearest such day.
    """
    if not _DIGIT.search(text):
        return text
    for pattern in _DATES:
        text = pattern.expression.sub(
            lambda match, read=pattern.read: read(match, origin, anchor, language),  # type: ignore[misc]
            text,
        )
    for expression in _AGES:
        text = expression.sub(_band_in_text, text)
    for expression, words in _AGES_OF_INFANTS:
        text = expression.sub(words, text)
    return text


@dataclass(frozen=True)
class _DatePattern:
    expression: re.Pattern[str]
    read: Callable[[re.Match[str], date, date, Language], str]


def _full(match: re.Match[str], origin: date, anchor: date, language: Language) -> str:
    year, month, day = (match.group(name) for name in ("year", "month", "day"))
    number = int(year) if len(year) == 4 else _century(int(year), anchor)
    found = _date(number, _month_number(month), int(day)) or _date(number, int(day), _int(month))
    if found is None:
        return match.group()
    return _mark_day((found - origin).days, language)


def _century(year: int, anchor: date) -> int:
    """A year of two digits: the next one at most, for what is told or planned, else a past one."""
    found = anchor.year // 100 * 100 + year
    return found if found <= anchor.year + 1 else found - 100


def _month_day(match: re.Match[str], origin: date, anchor: date, language: Language) -> str:
    month, day = _month_number(match.group("month")), int(match.group("day"))
    near = [_date(anchor.year + shift, month, day) for shift in (-1, 0, 1)]
    dates = [one for one in near if one is not None]
    if not dates:
        return match.group()
    found = min(dates, key=lambda one: abs((one - anchor).days))
    return (match.groupdict().get("before") or "") + _mark_day((found - origin).days, language)


def _month_year(match: re.Match[str], origin: date, anchor: date, language: Language) -> str:
    found = _date(int(match.group("year")), _month_number(match.group("month")), 15)
    if found is None:
        return match.group()
    months = round((found - origin).days / 30.4375)
    return _mark_about(months, language)


def _year(match: re.Match[str], origin: date, anchor: date, language: Language) -> str:
    years = int(match.group("year")) - origin.year
    return (match.groupdict().get("before") or "") + _mark_about(years * 12, language)


def _mark_day(day: int, language: Language) -> str:
    return f"〔第{day}天〕" if language == "zh" else f"[day {day}]"


def _mark_about(months: int, language: Language) -> str:
    if months == 0:
        return "〔首次接诊前后〕" if language == "zh" else "[about first contact]"
    span = span_text(round(months * 30.4375), language)
    if language == "zh":
        return f"〔约首次接诊{'后' if months > 0 else '前'}{span}〕"
    return f"[about {span} {'after' if months > 0 else 'before'} first contact]"


def _band_in_text(match: re.Match[str]) -> str:
    return match.group().replace(match.group("age"), age_band(int(match.group("age"))), 1)


def _compile(expression: str) -> re.Pattern[str]:
    return re.compile(expression, re.IGNORECASE)


_DATES = (
    _DatePattern(
        _compile(
            rf"(?<!\d)(?P<year>{_YEAR})\s*年\s*(?P<month>\d{{1,2}})\s*月\s*(?P<day>\d{{1,2}})\s*[日号]?"
        ),
        _full,
    ),
    _DatePattern(
        _compile(
            rf"(?<!\d)(?P<year>{_YEAR})[-/.](?P<month>\d{{1,2}})[-/.](?P<day>\d{{1,2}})(?!\d)"
        ),
        _full,
    ),
    _DatePattern(
        _compile(
            rf"(?<![\d/])(?P<month>\d{{1,2}})[/-](?P<day>\d{{1,2}})[/-](?P<year>{_YEAR}|\d\d)(?![\d/])"
        ),
        _full,
    ),
    _DatePattern(
        _compile(
            rf"\b(?P<month>{_MONTH})\.?\s+(?P<day>\d{{1,2}}){_ORDINAL},?\s+(?P<year>{_YEAR})\b"
        ),
        _full,
    ),
    _DatePattern(
        _compile(
            rf"\b(?P<day>\d{{1,2}}){_ORDINAL}\s+(?P<month>{_MONTH})\.?,?\s+(?P<year>{_YEAR})\b"
        ),
        _full,
    ),
    _DatePattern(
        _compile(rf"(?<!\d)(?P<year>{_YEAR})\s*年\s*(?P<month>\d{{1,2}})\s*月份?"), _month_year
    ),
    _DatePattern(_compile(rf"\b(?P<month>{_MONTH})\.?,?\s+(?P<year>{_YEAR})\b"), _month_year),
    _DatePattern(
        _compile(rf"(?<![\d.])(?P<year>{_YEAR})[-/.](?P<month>0?[1-9]|1[0-2])(?![\d/.-]|\s*mg)"),
        _month_year,
    ),
    _DatePattern(_compile(rf"(?<=[(（])(?P<year>{_YEAR})(?=[)）])"), _year),
    _DatePattern(
        _compile(r"(?<!\d)(?P<month>\d{1,2})\s*月\s*(?P<day>\d{1,2})\s*[日号]"), _month_day
    ),
    _DatePattern(
        _compile(
            rf"\b(?P<month>{_CAPITAL_MONTH})\.?\s+(?P<day>\d{{1,2}}){_ORDINAL}\b(?!\s*(mg|ml|%))"
        ),
        _month_day,
    ),
    _DatePattern(
        _compile(rf"\b(?P<day>\d{{1,2}}){_ORDINAL}\s+(?P<month>{_CAPITAL_MONTH})\b\.?"),
        _month_day,
    ),
    # A fraction is a day where words say so: "return 9/14", or before a title, "9/14 Office visit".
    _DatePattern(
        re.compile(
            r"(?P<before>\b(?i:on|return|rtc|visit|until|by|since)\s+|^)"
            r"(?P<month>\d{1,2})/(?P<day>\d{1,2})(?![\d/])(?=\s*[.;,)]|\s+[A-Z]|$)"
        ),
        _month_day,
    ),
    _DatePattern(_compile(rf"(?<!\d)(?P<year>{_YEAR})\s*年(?!\d)"), _year),
    _DatePattern(
        _compile(
            r"(?P<before>\b(?:in|since|from|until|during|before|after|by|of|late|early|dx|diagnosed)\s+)"
            rf"(?P<year>{_YEAR})\b(?!\s*(?:mg|ml|kcal|steps|m\b|%))"
        ),
        _year,
    ),
)
_DIGIT = re.compile(r"\d")
# The end of a band ("35-39-year-old") is no age.
_AGES = (
    _compile(r"(?<!\d[-–~])\b(?P<age>\d{1,3})[- ](?:years?|yrs?)[- ](?:old|of age)\b"),
    _compile(r"(?<!\d[-–~])\b(?P<age>\d{1,3})\s*y/?o\b"),
    _compile(r"\bage[ds]?:?\s+(?P<age>\d{1,3})\b(?!\s*(?:days|weeks|months)|[-–~]\d)"),
    re.compile(r"(?<!\d[-–~])(?<![\d.])(?P<age>\d{2,3})\s?(?=[MF]\b)"),
    _compile(r"(?<!\d[-–~～至])(?<!\d)(?P<age>\d{1,3})\s*(?:周岁|岁)"),
    _compile(r"年龄[:：]?\s*(?P<age>\d{1,3})(?!\d|[-–~]\d)"),
)

# An age in days, weeks or months tells the day of birth; the first band holds them all.
_AGES_OF_INFANTS = (
    (_compile(r"\b\d{1,3}[- ](?:days?|weeks?|months?)[- ](?:old|of age)\b"), "0–4 year-old"),
    (_compile(r"(?<!\d)\d{1,3}\s*(?:个月大|月龄|日龄|天大)"), "0–4岁"),
)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _int(text: str) -> int:
    return int(text) if text.isdigit() else 0


def _month_number(text: str) -> int:
    if text.isdigit():
        return int(text)
    return next(i for i, name in enumerate(_MONTHS, 1) if name.startswith(text.casefold()[:3]))


def _plural(number: int, unit: str) -> str:
    return f"{number} {unit}" + ("" if number == 1 else "s")
