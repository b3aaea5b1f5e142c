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
from collections.abc import Callable, Iterator

from dateutil.easter import easter

from deid.text.normalise import to_plain
from deid.text.surrogates.written import (
    DIGITS,
    FORMS,
    MONTH_NAME,
    MONTHS,
    WEEKDAYS,
    Day,
    chinese,
    chinese_number,
    chinese_year,
    date_or_none,
    like,
    lunar_day,
    read,
    write,
)

OLDEST_AGE = 90
_FALLBACK_YEAR = 2001
_FALLBACK_REFERENCE = 2025
_MEAN_LUNAR_MONTH = 29.5306


FEASTS = {
    "newyearseve": (12, 31), "newyearsday": (1, 1), "newyears": (1, 1), "newyear": (1, 1),
    "valentinesday": (2, 14), "valentines": (2, 14), "presidentsday": (2, 18),
    "stpatricksday": (3, 17), "stpatricks": (3, 17), "greekeaster": (4, 20),
    "orthodoxeaster": (4, 20),
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


def find_full_dates(text: str) -> Iterator[datetime.date]:
    """Dates of ``text`` that name day, month and year, in reading order."""
    for form in (*FORMS[:1], *FORMS[2:5], FORMS[6]):
        for match in form.finditer(text):
            day = read(match, None)
            if day and day.year and day.month and day.day:
                date = date_or_none(day.year, day.month, day.day)
                if date is not None:
                    yield date


def shift_written(text: str, days: int, reference: datetime.date | None) -> str | None:
    """``text`` with every date in it moved by ``days``; ``None`` if nothing in it is understood."""
    feast = _shift_feast(text, days, reference)
    if feast is not None:
        return feast
    plain = to_plain(text)
    if _UNKNOWN_FEAST.fullmatch(plain):
        return None  # `Homecoming Sunday 2020`: its weekday moves, what it is called would stay
    ranged = _shift_range(plain, days, reference)
    if ranged is not None:
        return ranged
    base = next(find_full_dates(plain), None) or reference

    def move(match: re.Match[str]) -> str | None:
        nonlocal base
        moved = _move(match, days, base, reference)
        if moved is not None:
            base = _anchor(match, base)
        return moved

    return _rewrite(text, plain, move)


def write_date(text: str, date: datetime.date) -> str | None:
    """``text`` with every date in it replaced by ``date``, each in the form that it has.

    A year alone becomes the year of ``date``; ``None`` if nothing in ``text`` is understood.
    """
    plain = to_plain(text)
    year = _YEAR_ALONE.fullmatch(plain)
    if year is not None:
        return text[: year.start(1)] + str(date.year) + text[year.end(1) :]

    def put(match: re.Match[str]) -> str | None:
        parts = {key: value for key, value in match.groupdict().items() if value is not None}
        if "wd" in parts or "cwd" in parts:
            return match[0]
        if "cm" in parts:
            return _write_chinese(parts, date)
        return write(match, parts, date) if read(match, None) else None

    return _rewrite(text, plain, put)


def date_years(plain: str, days: int, reference: datetime.date | None) -> Iterator[int | None]:
    """Year of each date of ``plain`` after its shift, in reading order; ``None`` if it has none."""
    base = next(find_full_dates(plain), None) or reference
    found: list[int | None] = []
    said_years = 0

    def note(match: re.Match[str]) -> str | None:
        nonlocal base, said_years
        parts = {key: value for key, value in match.groupdict().items() if value is not None}
        if "cy" in parts:
            said_years += 1
            found.append(chinese_year(parts["cy"].removesuffix("年")))
            return ""
        said = None if {"wd", "cwd", "cm"} & set(parts) else read(match, base)
        if said is None or (said.year is None and base is None):
            if said is None and "wd" not in parts and "cwd" not in parts and "cm" not in parts:
                return None
            found.append((base + datetime.timedelta(days)).year if base else None)
            return ""
        moved = _shift(said, days, base)
        if moved is None:
            return None
        said_years += said.year is not None
        found.append((pool_old_birth(moved, reference) if said.year else moved).year)
        base = _anchor(match, base)
        return ""

    _rewrite(plain, plain, note)
    alone = [] if said_years else _YEARS.findall(plain)
    middles = [datetime.date(int(year), 7, 1) + datetime.timedelta(days) for year in alone]
    yield from [middle.year for middle in middles] or found


_YEARS = re.compile(r"(?<!\d)(?:19|20)\d{2}(?!\d)")
_YEAR_ALONE = re.compile(r"((?:19|20)\d{2})\s?年?")


def _rewrite(text: str, plain: str, change: Callable[[re.Match[str]], str | None]) -> str | None:
    """Pass every written date through ``change``; words between them stay as they are."""
    pieces: list[str] = []
    place, understood = 0, False
    while place < len(plain):
        if not plain[place].isalnum() or (place and _inside_word(plain, place)):
            pieces.append(text[place])
            place += 1
            continue
        for form in FORMS:
            match = form.match(plain, place)
            if match is None or match.end() == place:
                continue
            written = change(match)
            if written is not None:
                pieces.append(written)
                place, understood = match.end(), True
                break
        else:
            end = place + 1
            # No form may begin within a word or a number: of 2020 the last two figures are no day.
            same = str.isdigit if plain[place].isdigit() else str.isalpha
            while end < len(plain) and same(plain[end]) and plain[end] < "\u2e80":
                end += 1
            pieces.append(text[place:end])
            place = end
    return "".join(pieces) if understood else None


_DAY_RANGE = re.compile(
    r"(?P<d>\d{1,2})(?:st|nd|rd|th)?(?P<dash>\s?-\s?)(?P<rest>\d{1,2}(?:st|nd|rd|th)?[-\s](?:of )?"
    + MONTH_NAME
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
    said = read(match, base)
    if said is None or said.month is None:
        return base
    year = said.year or _nearest_year(said.month, said.day or 15, base)
    return date_or_none(year, said.month, min(said.day or 15, 28)) or base


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
    said = read(match, base)
    if said is None:
        return None
    moved = _shift(said, days, base)
    if moved is None:
        return None
    if said.year is not None:
        moved = pool_old_birth(moved, reference)
    return write(match, parts, moved)


def _shift(said: Day, days: int, base: datetime.date | None) -> datetime.date | None:
    year = said.year
    month, day = said.month, said.day
    if month is None:
        anchor = base or datetime.date(_FALLBACK_YEAR, 6, 15)
        month, year = anchor.month, anchor.year
        if day is not None and day - anchor.day > 20:
            month, year = (12, year - 1) if month == 1 else (month - 1, year)
    if day is None:
        day = 15
    if year is None:
        year = _nearest_year(month, day, base)
    date = date_or_none(year, month, min(day, calendar.monthrange(year, month)[1]))
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


def _write_weekday(parts: dict[str, str], days: int) -> str:
    name = parts["wd"].casefold()
    index = next(i for i, day in enumerate(WEEKDAYS) if day.startswith(name[:3]))
    full = WEEKDAYS[(index + days) % 7]
    if days % 7 == 0:
        return parts["wd"] + parts.get("wdtail", "") + parts.get("wddot", "")
    word = full if "wdtail" in parts else full[:3]
    return like(parts["wd"], word) + parts.get("wddot", "")


def _move_chinese(parts: dict[str, str], days: int) -> str | None:
    """Dates in Chinese numerals: lunar if they say so or look so, else solar."""
    month = chinese_number({"正": "一", "冬": "十一", "腊": "十二"}.get(parts["cm"], parts["cm"]))
    day = chinese_number(parts["cd"].removeprefix("初"))
    if not (month and day and 1 <= month <= 12 and 1 <= day <= 31):
        return None
    lunar = "lunar" in parts or "初" in parts["cd"] or "廿" in parts["cd"] or "ri" not in parts
    year_text = parts.get("cy", "").removesuffix("年")
    year = chinese_year(year_text) if year_text else None
    if lunar:
        place = (month - 1) * _MEAN_LUNAR_MONTH + day - 1 + days
        years, place = divmod(place, 12 * _MEAN_LUNAR_MONTH)
        new_month = min(12, int(place // _MEAN_LUNAR_MONTH) + 1)
        new_day = min(29, int(place - (new_month - 1) * _MEAN_LUNAR_MONTH)) + 1
        new_year = year + int(years) if year else None
        written_month = {1: "正", 11: "冬", 12: "腊"}.get(new_month, chinese(new_month))
        written_day = lunar_day(new_day)
    else:
        date = _shift(Day(year, month, min(day, 28) if not year else day), days, None)
        if date is None:
            return None
        new_year = date.year if year else None
        written_month, written_day = chinese(date.month), chinese(date.day)
    head = parts.get("lunar", "")
    if new_year:
        head += "".join(DIGITS[int(c)] for c in str(new_year)) + "年"
    return f"{head}{written_month}月{written_day}{parts.get('ri', '')}"


def _write_chinese(parts: dict[str, str], date: datetime.date) -> str:
    head = parts.get("lunar", "")
    if "cy" in parts:
        head += "".join(DIGITS[int(c)] for c in str(date.year)) + "年"
    lunar = "初" in parts["cd"] or "廿" in parts["cd"]
    day = lunar_day(min(date.day, 29)) if lunar else chinese(date.day)
    return f"{head}{chinese(date.month)}月{day}{parts.get('ri', '')}"


_FEAST_HEADS = "|".join(["Day", "Eve", "Night", "Weekend", "Festival", *map(str.title, WEEKDAYS)])
_NAMED = r"[A-Z][a-z]+(?:'s|s')?"
_UNKNOWN_FEAST = re.compile(
    rf"(?!(?:The|Last|Next|This|On|Every|{MONTH_NAME}|{'|'.join(WEEKDAYS)})\b)"
    rf"{_NAMED}(?: {_NAMED})* (?:{_FEAST_HEADS})"
    r"(?:,? (?:19|20)\d\d)?"
)
_YEAR_BEHIND = re.compile(r"(?P<gap>,?\s+)(?P<year>(?:19|20)\d{2})$")
_AFTER_EASTER = {
    "shrovetuesday": -47, "mardigras": -47, "pancakeday": -47, "ashwednesday": -46,
    "palmsunday": -7, "maundythursday": -3, "holythursday": -3, "goodfriday": -2,
    "holysaturday": -1, "easter": 0, "eastersunday": 0, "eastermonday": 1, "ascensionday": 39,
    "whitsunday": 49, "pentecost": 49, "whitmonday": 50, "trinitysunday": 56, "corpuschristi": 60,
}  # fmt: skip
"""Days between Easter and the feasts that move with it."""


def _shift_feast(text: str, days: int, reference: datetime.date | None) -> str | None:
    """``Palm Sunday 2020`` becomes a month and day, with its year where the feast has one."""
    said = _YEAR_BEHIND.search(to_plain(text))
    name = text[: said.start()] if said else text
    key = "".join(c for c in to_plain(name).casefold() if c.isalnum())
    year = int(said["year"]) if said else None
    feast = _feast_day(key, year or (reference.year if reference else _FALLBACK_YEAR))
    if feast is None:
        return None
    moved = _shift(Day(year, *feast), days, reference)
    if moved is None:
        return None
    if any(c >= "\u2e80" for c in key):
        return f"{moved.month}月{moved.day}日"
    month = like(name if name.isupper() or name.islower() else "Aa", MONTHS[moved.month - 1])
    return f"{month} {moved.day}" + (f"{said['gap']}{moved.year}" if said else "")


def _feast_day(key: str, year: int) -> tuple[int, int] | None:
    """Month and day of a feast in a year, if it is one that is known."""
    after = _AFTER_EASTER.get(key)
    if after is not None:
        day = easter(year) + datetime.timedelta(days=after)
        return day.month, day.day
    short = key.removeprefix("saint").removeprefix("the")
    return FEASTS.get(key) or FEASTS.get(short) or FEASTS.get("st" + short)


def pool_old_birth(date: datetime.date, reference: datetime.date | None) -> datetime.date:
    """A date so early that it would tell an age over 89 is moved to the year that tells 90."""
    oldest = (reference.year if reference else _FALLBACK_REFERENCE) - OLDEST_AGE
    return date.replace(year=oldest, day=min(date.day, 28)) if date.year < oldest else date
