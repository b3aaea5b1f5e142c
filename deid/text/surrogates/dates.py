# ruff: noqa: E501 -- an expression or a word list is read whole
"""Dates in text, shifted by the person's own days and written in the form they had.

A date without year or month is completed from the note's own reference date before it is shifted,
so that ``3/19`` in a note of 2025 moves exactly as ``3/19/2025`` does. A month alone stands for its
fifteenth day. Lunar dates move on a mean lunar year (354.37 days), whose months are not known
without tables: an interval is then kept to within about a day. A feast becomes the month and day
that its usual date shifts to.
"""

from __future__ import annotations

import calendar
import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass

from deid.text.normalise import to_plain

MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
OLDEST_AGE = 90
_FALLBACK_YEAR = 2001
_FALLBACK_REFERENCE = 2025
_PIVOT = 50
_MEAN_LUNAR_MONTH = 29.5306

_DIGITS = "〇一二三四五六七八九"
_MONTH = r"(?P<mon>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)(?P<mondot>\.?)"
_WEEKDAY = (
    r"(?P<wd>mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?P<wdtail>day)?(?P<wddot>\.?)"
)
_YEAR = r"(?P<year>\d{4}|['’]\d{2}|\d{2})"
_CN = "〇零○一二三四五六七八九十廿卅"

_FORMS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?P<y>\d{4})(?P<s1>[-/.])(?P<m>\d{1,2})(?P<s2>[-/.])(?P<d>\d{1,2})(?!\d)",
        r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})(?!\d)",
        r"(?P<a>\d{1,2})(?P<s1>\s?[-/.]\s?)(?P<b>\d{1,2})(?P<s2>\s?[-/.]\s?)(?P<y>\d{4}|['’]?\d{2})(?!\d)",
        r"(?P<d>\d{1,2})(?P<ord>st|nd|rd|th)?(?P<s1>[-\s]?(?:of )?)" + _MONTH + r"(?:(?P<s2>[-,\s]{1,2})" + _YEAR + r"(?!\d))?",
        _MONTH + r"(?P<s1>[-\s]*(?:the )?)(?P<d>\d{1,2})(?P<ord>st|nd|rd|th)?(?!\d)(?:(?P<s2>[-,\s]{1,2})" + _YEAR + r"(?!\d))?",
        _MONTH + r"(?P<s2>[-,\s]{1,2}(?:of )?)" + _YEAR + r"(?!\d)",
        r"(?P<y>\d{4}) ?年 ?(?P<m>\d{1,2}) ?月 ?(?P<d>\d{1,2}) ?(?P<ri>[日号])?",
        r"(?P<y>\d{4}) ?年 ?(?P<m>\d{1,2}) ?月",
        r"(?P<m>\d{1,2}) ?月 ?(?P<d>\d{1,2}) ?(?P<ri>[日号])?",
        r"(?P<m>\d{1,2})(?P<s1>[/])(?P<y>\d{4})",
        r"(?P<a>\d{1,2})(?P<s1>[-/])(?P<b>\d{1,2})(?!\d)",
        rf"(?P<lunar>农历|阴历|旧历)?(?P<cy>[{_CN}]{{4}}年)?(?P<leap>闰)?(?P<cm>正|冬|腊|[一二三四五六七八九十]{{1,2}})月(?P<cd>初?[{_CN}]{{1,3}})(?P<ri>[日号])?",
        r"(?P<d>\d{1,2})(?P<ord>st|nd|rd|th)\b",
        r"(?P<d>\d{1,2})(?P<ri>[日号])",
        _MONTH + r"(?![a-z])",
        r"(?P<m>\d{1,2})月",
        _WEEKDAY + r"(?![a-z])",
        r"(?P<pre>星期|周|礼拜)(?P<cwd>[一二三四五六日天])",
        r"(?P<d>\d{1,2})(?!\d)",
    )
)  # fmt: skip

FEASTS = {
    "newyearseve": (12, 31), "newyearsday": (1, 1), "newyears": (1, 1), "newyear": (1, 1),
    "valentinesday": (2, 14), "valentines": (2, 14), "presidentsday": (2, 18),
    "stpatricksday": (3, 17), "stpatricks": (3, 17), "goodfriday": (4, 7), "easter": (4, 9),
    "eastersunday": (4, 9), "greekeaster": (4, 20), "orthodoxeaster": (4, 20),
    "mothersday": (5, 11), "memorialday": (5, 28), "juneteenth": (6, 19), "fathersday": (6, 18),
    "independenceday": (7, 4), "laborday": (9, 4), "labourday": (9, 4), "columbusday": (10, 11),
    "halloween": (10, 31), "veteransday": (11, 11), "thanksgiving": (11, 25),
    "thanksgivingday": (11, 25), "christmaseve": (12, 24), "christmas": (12, 25),
    "christmasday": (12, 25), "xmas": (12, 25), "boxingday": (12, 26), "hanukkah": (12, 14),
    "ramadan": (3, 10), "eidalfitr": (4, 8), "eidaladha": (6, 15), "diwali": (11, 1),
    "pongal": (1, 14), "cincodemayo": (5, 5), "groundhogday": (2, 2), "mlkday": (1, 18),
    "passover": (4, 12), "yomkippur": (9, 28), "roshhashanah": (9, 19), "epiphany": (1, 6),
    "lunarnewyear": (2, 4), "chinesenewyear": (2, 4), "midsummer": (6, 22), "holi": (3, 14),
    "元旦": (1, 1), "除夕": (2, 3), "春节": (2, 4), "元宵节": (2, 18), "元宵": (2, 18),
    "清明节": (4, 5), "清明": (4, 5), "劳动节": (5, 1), "五一": (5, 1), "端午节": (6, 12),
    "端午": (6, 12), "中秋节": (9, 22), "中秋": (9, 22), "国庆节": (10, 1), "国庆": (10, 1),
    "重阳节": (10, 14), "重阳": (10, 14), "腊八": (1, 12), "小年": (1, 27), "圣诞节": (12, 25),
    "妇女节": (3, 8), "儿童节": (6, 1), "教师节": (9, 10), "七夕": (8, 14), "中元节": (8, 22),
    "立春": (2, 4), "雨水": (2, 19), "惊蛰": (3, 5), "春分": (3, 20), "谷雨": (4, 20),
    "立夏": (5, 5), "小满": (5, 21), "芒种": (6, 5), "夏至": (6, 21), "小暑": (7, 7),
    "大暑": (7, 22), "立秋": (8, 7), "处暑": (8, 23), "白露": (9, 7), "秋分": (9, 23),
    "寒露": (10, 8), "霜降": (10, 23), "立冬": (11, 7), "小雪": (11, 22), "大雪": (12, 7),
    "冬至": (12, 21), "小寒": (1, 5), "大寒": (1, 20), "世界高血压日": (5, 17),
    "世界糖尿病日": (11, 14), "世界精神卫生日": (10, 10), "世界卫生日": (4, 7),
    "世界艾滋病日": (12, 1), "世界无烟日": (5, 31), "世界防治结核病日": (3, 24),
}  # fmt: skip


@dataclass(frozen=True)
class _Day:
    """What a written date says; ``None`` for what it leaves out."""

    year: int | None
    month: int | None
    day: int | None


def find_full_dates(text: str) -> Iterator[datetime.date]:
    """Dates of ``text`` that name day, month and year, in reading order."""
    for form in (*_FORMS[:1], *_FORMS[2:5], _FORMS[6]):
        for match in form.finditer(text):
            day = _read(match, None)
            if day and day.year and day.month and day.day:
                date = _date(day.year, day.month, day.day)
                if date is not None:
                    yield date


def shift_written(text: str, days: int, reference: datetime.date | None) -> str | None:
    """``text`` with every date in it moved by ``days``; ``None`` if nothing in it is understood."""
    feast = _shift_feast(text, days, reference)
    if feast is not None:
        return feast
    plain = to_plain(text)
    ranged = _shift_range(plain, days, reference)
    if ranged is not None:
        return ranged
    pieces: list[str] = []
    place, understood = 0, False
    base = next(find_full_dates(plain), None) or reference
    while place < len(plain):
        if not plain[place].isalnum() or (place and _inside_word(plain, place)):
            pieces.append(text[place])
            place += 1
            continue
        for form in _FORMS:
            match = form.match(plain, place)
            if match is None or match.end() == place:
                continue
            written = _move(match, days, base, reference)
            if written is not None:
                pieces.append(written)
                place, understood = match.end(), True
                base = _anchor(match, base)
                break
        else:
            end = place + 1
            while end < len(plain) and plain[end].isalpha() and plain[end] < "\u2e80":
                end += 1
            pieces.append(text[place:end])
            place = end
    return "".join(pieces) if understood else None


_DAY_RANGE = re.compile(
    r"(?P<d>\d{1,2})(?:st|nd|rd|th)?(?P<dash>\s?-\s?)(?P<rest>\d{1,2}(?:st|nd|rd|th)?[-\s](?:of )?"
    + _MONTH
    + r".*)",
    re.IGNORECASE | re.DOTALL,
)


def _shift_range(plain: str, days: int, reference: datetime.date | None) -> str | None:
    """``24-26 January``: the month of the second day is the first day's too."""
    match = _DAY_RANGE.fullmatch(plain)
    if match is None:
        return None
    month = match["mon"]
    first = shift_written(f"{match['d']} {month}", days, reference)
    rest = shift_written(match["rest"], days, reference)
    if first is None or rest is None:
        return None
    day, _, first_month = first.partition(" ")
    same = re.search(rf"\b{re.escape(first_month)}", rest, re.IGNORECASE) is not None
    return f"{day if same else first}{match['dash']}{rest}"


def _anchor(match: re.Match[str], base: datetime.date | None) -> datetime.date | None:
    """After ``3月7日`` a bare ``9日`` is of the same month."""
    read = _read(match, base)
    if read is None or read.month is None:
        return base
    year = read.year or _nearest_year(read.month, read.day or 15, base)
    return _date(year, read.month, min(read.day or 15, 28)) or base


def _inside_word(text: str, place: int) -> bool:
    left, right = text[place - 1], text[place]
    return left.isalpha() and right.isalpha() and left < "\u2e80" and right < "\u2e80"


def _move(
    match: re.Match[str], days: int, base: datetime.date | None, reference: datetime.date | None
) -> str | None:
    parts = {key: value for key, value in match.groupdict().items() if value is not None}
    if "cm" in parts:
        return _move_chinese(parts, days)
    if "wd" in parts:
        return _write_weekday(parts, days)
    if "cwd" in parts:
        index = "一二三四五六日".index(parts["cwd"].replace("天", "日"))
        return parts["pre"] + "一二三四五六日"[(index + days) % 7]
    read = _read(match, base)
    if read is None:
        return None
    moved = _shift(read, days, base)
    if moved is None:
        return None
    if read.year is not None:
        moved = pool_old_birth(moved, reference)
    return _write(match, parts, moved)


def _read(match: re.Match[str], base: datetime.date | None) -> _Day | None:
    parts = {key: value for key, value in match.groupdict().items() if value is not None}
    year = _year(parts.get("y") or parts.get("year"))
    if "mon" in parts:
        month: int | None = _month_number(parts["mon"])
    elif "m" in parts:
        month = int(parts["m"])
    else:
        month = None
    day = int(parts["d"]) if "d" in parts else None
    if "a" in parts:
        month, day = int(parts["a"]), int(parts["b"])
        if _day_first(parts, month, day):
            month, day = day, month
    if month is not None and not 1 <= month <= 12:
        return None
    if day is not None and not 1 <= day <= 31:
        return None
    return _Day(year, month, day)


def _day_first(parts: dict[str, str], first: int, second: int) -> bool:
    """``31.10.67`` and ``17/2`` tell; a point between the parts is European usage."""
    if first > 12 >= second:
        return True
    return "." in parts.get("s1", "") and "y" in parts and first <= 31 and second <= 12


def _shift(read: _Day, days: int, base: datetime.date | None) -> datetime.date | None:
    year = read.year
    month, day = read.month, read.day
    if month is None:
        anchor = base or datetime.date(_FALLBACK_YEAR, 6, 15)
        month, year = anchor.month, anchor.year
        if day is not None and day - anchor.day > 20:
            month, year = (12, year - 1) if month == 1 else (month - 1, year)
    if day is None:
        day = 15
    if year is None:
        year = _nearest_year(month, day, base)
    date = _date(year, month, min(day, calendar.monthrange(year, month)[1]))
    if date is None:
        return None
    try:
        moved = date + datetime.timedelta(days=days)
    except OverflowError:
        return None
    return moved


def _nearest_year(month: int, day: int, base: datetime.date | None) -> int:
    if base is None:
        return _FALLBACK_YEAR
    candidates = (base.year - 1, base.year, base.year + 1)
    return min(
        candidates,
        key=lambda year: abs((datetime.date(year, month, min(day, 28)) - base).days),
    )


def _write(match: re.Match[str], parts: dict[str, str], date: datetime.date) -> str:
    """Fill the written form with another date, group by group, from the end to the start."""
    values: dict[str, str] = {}
    numbers = [parts[key] for key in ("a", "b", "m", "d") if key in parts]
    both = len(numbers) == 2 and all(len(n) == 2 for n in numbers) and "y" in parts
    dashed = "mon" in parts and "-" in parts.get("s1", "")
    slashed = "mon" not in parts and len(numbers) == 1 and "s1" in parts and len(numbers[0]) == 2
    padded = any(n[0] == "0" for n in numbers) or both or dashed or slashed
    if "a" in parts:
        first, second = date.month, date.day
        if _day_first(parts, int(parts["a"]), int(parts["b"])):
            first, second = second, first
        values["a"], values["b"] = _written(first, padded), _written(second, padded)
    if "m" in parts:
        values["m"] = _written(date.month, padded)
    if "d" in parts:
        values["d"] = _written(date.day, padded)
    if "ord" in parts:
        values["ord"] = _like(parts["ord"], _ordinal(date.day))
    if "mon" in parts:
        values["mon"] = _like(parts["mon"], _month_like(parts["mon"], date.month))
    for key in ("y", "year"):
        if key in parts:
            values[key] = _year_like(parts[key], date.year)
    text = match[0]
    start = match.start()
    for key in sorted(values, key=lambda k: match.start(k), reverse=True):
        a, b = match.start(key) - start, match.end(key) - start
        text = text[:a] + values[key] + text[b:]
    return text


def _written(value: int, padded: bool) -> str:
    return f"{value:02d}" if padded else str(value)


def _ordinal(day: int) -> str:
    if day in (11, 12, 13):
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")


def _month_number(name: str) -> int:
    return next(i for i, month in enumerate(MONTHS, 1) if month.startswith(name.casefold()[:3]))


def _month_like(name: str, month: int) -> str:
    full = MONTHS[month - 1]
    return full if len(name) > 4 or name.casefold() in MONTHS[5:7] else full[:3]


def _like(pattern: str, word: str) -> str:
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


def _date(year: int, month: int, day: int) -> datetime.date | None:
    try:
        return datetime.date(year, month, day)
    except ValueError:
        return None


def _write_weekday(parts: dict[str, str], days: int) -> str:
    name = parts["wd"].casefold()
    index = next(i for i, day in enumerate(WEEKDAYS) if day.startswith(name[:3]))
    full = WEEKDAYS[(index + days) % 7]
    if days % 7 == 0:
        return parts["wd"] + parts.get("wdtail", "") + parts.get("wddot", "")
    word = full if "wdtail" in parts else full[:3]
    return _like(parts["wd"], word) + parts.get("wddot", "")


def _move_chinese(parts: dict[str, str], days: int) -> str | None:
    """Dates in Chinese numerals: lunar if they say so or look so, else solar."""
    month = _chinese_number({"正": "一", "冬": "十一", "腊": "十二"}.get(parts["cm"], parts["cm"]))
    day = _chinese_number(parts["cd"].removeprefix("初"))
    if not (month and day and 1 <= month <= 12 and 1 <= day <= 31):
        return None
    lunar = "lunar" in parts or "初" in parts["cd"] or "廿" in parts["cd"] or "ri" not in parts
    year_text = parts.get("cy", "").removesuffix("年")
    year = _chinese_year(year_text) if year_text else None
    if lunar:
        place = (month - 1) * _MEAN_LUNAR_MONTH + day - 1 + days
        years, place = divmod(place, 12 * _MEAN_LUNAR_MONTH)
        new_month = min(12, int(place // _MEAN_LUNAR_MONTH) + 1)
        new_day = min(29, int(place - (new_month - 1) * _MEAN_LUNAR_MONTH)) + 1
        new_year = year + int(years) if year else None
        written_month = {1: "正", 11: "冬", 12: "腊"}.get(new_month, _chinese(new_month))
        written_day = _lunar_day(new_day)
    else:
        date = _shift(_Day(year, month, min(day, 28) if not year else day), days, None)
        if date is None:
            return None
        new_year = date.year if year else None
        written_month, written_day = _chinese(date.month), _chinese(date.day)
    head = parts.get("lunar", "")
    if new_year:
        head += "".join(_DIGITS[int(c)] for c in str(new_year)) + "年"
    return f"{head}{written_month}月{written_day}{parts.get('ri', '')}"


def _chinese_number(text: str) -> int | None:
    text = text.replace("廿", "二十").replace("卅", "三十")
    tens, mark, ones = text.rpartition("十")
    values = {c: i for i, c in enumerate(_DIGITS)}
    if not mark:
        return values.get(ones)
    high = values.get(tens, 0) if tens else 1
    return high * 10 + (values.get(ones, 0) if ones else 0)


def _chinese_year(text: str) -> int | None:
    digits = [_DIGITS.find({"零": "〇", "○": "〇"}.get(c, c)) for c in text]
    return int("".join(map(str, digits))) if -1 not in digits and max(digits) < 10 else None


def _chinese(number: int) -> str:
    tens, ones = divmod(number, 10)
    head = {0: "", 1: "十"}.get(tens, _DIGITS[tens] + "十")
    return head + (_DIGITS[ones] if ones else "")


def _lunar_day(day: int) -> str:
    if day <= 10:
        return "初" + _chinese(day)
    return "廿" + _DIGITS[day - 20] if 20 < day < 30 else _chinese(day)


def _shift_feast(text: str, days: int, reference: datetime.date | None) -> str | None:
    key = "".join(c for c in to_plain(text).casefold() if c.isalnum())
    short = key.removeprefix("saint").removeprefix("the")
    usual = FEASTS.get(key) or FEASTS.get(short) or FEASTS.get("st" + short)
    if usual is None:
        return None
    moved = _shift(_Day(None, *usual), days, reference)
    if moved is None:
        return None
    if any(c >= "\u2e80" for c in key):
        return f"{moved.month}月{moved.day}日"
    return _like(text if text.isupper() or text.islower() else "Aa", MONTHS[moved.month - 1]) + (
        f" {moved.day}"
    )


def pool_old_birth(date: datetime.date, reference: datetime.date | None) -> datetime.date:
    """A date so early that it would tell an age over 89 is moved to the year that tells 90."""
    oldest = (reference.year if reference else _FALLBACK_REFERENCE) - OLDEST_AGE
    return date.replace(year=oldest, day=min(date.day, 28)) if date.year < oldest else date
