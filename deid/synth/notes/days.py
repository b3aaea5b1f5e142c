"""The many ways in which a note writes a day."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from deid.synth.notes.words import count_zh, number_en, ordinal_en
from deid.synth.streams import one_of

MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September",
          "October", "November", "December")  # fmt: skip
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_WEEKDAYS_ZH = "一二三四五六日"
_LUNAR_DAYS = (
    "初三",
    "初五",
    "初八",
    "初十",
    "十二",
    "十五",
    "十八",
    "二十",
    "廿三",
    "廿六",
    "廿八",
)
_LUNAR_MONTHS = ("冬", "腊", "正", "二", "三", "四", "五", "六", "七", "八", "九", "十")
# Days that are the same each year; solar terms move by a day at most.
_FEASTS = {
    "en": ((1, 1, "New Year's Day"), (2, 14, "Valentine's Day"), (3, 17, "St. Patrick's Day"),
           (5, 5, "Cinco de Mayo"), (7, 4, "the Fourth of July"), (10, 31, "Halloween"),
           (11, 11, "Veterans Day"), (12, 24, "Christmas Eve"), (12, 25, "Christmas")),
    "zh": ((1, 1, "元旦"), (2, 4, "立春"), (3, 8, "三八妇女节"), (4, 5, "清明节"), (5, 1, "五一"),
           (6, 1, "六一儿童节"), (6, 22, "夏至"), (8, 8, "立秋"), (9, 8, "白露"), (10, 1, "国庆节"),
           (10, 8, "寒露"), (11, 8, "立冬"), (12, 22, "冬至")),
}  # fmt: skip


def _full_en(day: date, draw: int) -> str:
    """A day with its year; commoner ways have more numbers."""
    month, short = MONTHS[day.month - 1], MONTHS[day.month - 1][:3]
    weekday = WEEKDAYS[day.weekday()]
    if draw < 5:
        return f"{day.month}/{day.day}/{day.year}"
    if draw < 9:
        return f"{day:%m/%d/%Y}"
    if draw < 14:
        return f"{day.month}/{day.day}/{day:%y}"
    if draw < 17:
        return f"{month} {day.day}, {day.year}"
    ways = (
        f"{day:%m/%d/%y}", f"{day:%Y-%m-%d}", f"{short} {day.day}, {day.year}",
        f"{day.day} {short} {day.year}", f"{day.day} {month} {day.year}",
        f"{day.day:02d}-{short.upper()}-{day.year}", f"{short.upper()} {day.day} {day.year}",
        f"{month} {ordinal_en(day.day)}, {day.year}", f"{ordinal_en(day.day)} {month} {day.year}",
        f"{short}. {day.day}, {day.year}", f"{day.month}-{day.day}-{day:%y}",
        f"{weekday}, {month} {day.day}, {day.year}", f"{weekday[:3]}, {day.day} {short} {day.year}",
        f"{weekday[:3]} {day.month}/{day.day}/{day:%y}", f"{day.day:02d} {short} {day.year}",
    )  # fmt: skip
    return ways[(draw - 17) % len(ways)]


def full_day(stream: Random, day: date, chinese: bool) -> str:
    """A day with its year."""
    draw = int(stream.random() * 32)
    if not chinese:
        return _full_en(day, draw)
    if draw < 9:
        return f"{day.year}年{day.month}月{day.day}日"
    if draw < 15:
        return f"{day:%Y-%m-%d}"
    if draw < 19:
        return f"{day.year}.{day.month}.{day.day}"
    if draw < 22:
        return f"{day:%Y/%m/%d}"
    ways = (
        f"{day:%Y.%m.%d}", f"{day.year}年{day.month:02d}月{day.day:02d}日",
        f"{day.year}-{day.month}-{day.day}", f"{day:%y}年{day.month}月{day.day}日",
        f"{day.year}年{day.month}月{day.day}号", f"{day.year}/{day.month}/{day.day}",
        f"{day.year} 年 {day.month} 月 {day.day} 日", f"{day:%y}.{day.month}.{day.day}",
        wide(f"{day.year}年{day.month}月{day.day}日"),
        f"{''.join(count_zh(int(d)) for d in str(day.year))}年"
        f"{count_zh(day.month)}月{count_zh(day.day)}日",
    )  # fmt: skip
    return ways[(draw - 22) % len(ways)]


def short_day(stream: Random, day: date, chinese: bool) -> str:
    """A day without its year."""
    if chinese:
        return one_of(
            stream,
            (f"{day.month}月{day.day}日", f"{day.month}月{day.day}日", f"{day.month}月{day.day}号",
             f"{day:%m-%d}", f"{day.month}月{day.day}日", f"{day.month}.{day.day}",
             f"{count_zh(day.month)}月{count_zh(day.day)}日"),
        )  # fmt: skip
    month, weekday = MONTHS[day.month - 1], WEEKDAYS[day.weekday()]
    return one_of(
        stream,
        (f"{day.month}/{day.day}", f"{day.month}/{day.day}", f"{day:%m/%d}",
         f"{month[:3]} {day.day}", f"{month} {day.day}", f"{month} {ordinal_en(day.day)}",
         f"{ordinal_en(day.day)} {month[:3]}", f"{weekday[:3]} {day.month}/{day.day}",
         f"{weekday} {day.day} {month}", f"{weekday[:3].lower()} {day.month}/{day.day}",
         f"{day.day} {month[:3]}"),
    )  # fmt: skip


def month_of(stream: Random, day: date, chinese: bool) -> str:
    """A month of a year."""
    if chinese:
        return one_of(stream, (f"{day.year}年{day.month}月", f"{day:%Y-%m}", f"{day:%Y.%m}",
                               f"{day:%y}年{day.month}月"))  # fmt: skip
    month = MONTHS[day.month - 1]
    return one_of(stream, (f"{month} {day.year}", f"{month[:3]} {day.year}", f"{day:%m/%Y}",
                           f"{month[:3]} '{day:%y}", f"{day.month}/{day.year}"))  # fmt: skip


def range_of(stream: Random, first: date, last: date, chinese: bool) -> str:
    """From one day to another, as one stretch of text."""
    if chinese:
        if first.month == last.month:
            return f"{first.month}月{first.day}日{one_of(stream, ('至', '-', '～'))}{last.day}日"
        return f"{first.month}月{first.day}日至{last.month}月{last.day}日"
    if first.month == last.month and stream.random() < 0.5:
        return f"{first.day}-{last.day} {MONTHS[first.month - 1]}"
    one, other = MONTHS[first.month - 1][:3], MONTHS[last.month - 1][:3]
    return one_of(stream, (f"{first.month}/{first.day}-{last.month}/{last.day}",
                           f"{first.day} {one} - {last.day} {other}"))  # fmt: skip


def feast_before(day: date, chinese: bool) -> tuple[str, date]:
    """The last feast or solar term before a day, and when it was."""
    feasts = [
        (date(year, month, at), name)
        for year in (day.year - 1, day.year)
        for month, at, name in _FEASTS["zh" if chinese else "en"]
    ]
    when, name = max((when, name) for when, name in feasts if when < day)
    return name, when


def lunar_before(stream: Random, day: date) -> str:
    """A day of the lunar calendar, some weeks before; the lunar month lags by about one."""
    month = _LUNAR_MONTHS[(day - timedelta(days=35)).month % 12]
    return f"{one_of(stream, ('农历', '农历', '阴历'))}{month}月{one_of(stream, _LUNAR_DAYS)}"


def weekday_before(stream: Random, day: date) -> tuple[str, date]:
    """A day of the last week by its weekday: ``上周六``."""
    back = stream.randrange(3, 7)
    when = day - timedelta(days=day.weekday() + 7 - back)
    return f"{one_of(stream, ('上周', '上星期'))}{_WEEKDAYS_ZH[when.weekday()]}", when


def weekday_of(day: date) -> str:
    """The weekday, which beside a date says the day again."""
    return "星期" + _WEEKDAYS_ZH[day.weekday()]


def spoken_day(day: date) -> str:
    """As dictated: ``march fourth twenty twenty five``."""
    of_century = number_en(day.year % 100)
    year = f"twenty {of_century if day.year % 100 > 9 else 'oh ' + of_century}"
    return f"{MONTHS[day.month - 1].lower()} {ordinal_en(day.day, words=True)} {year}"


def wide(text: str) -> str:
    """Digits of full width."""
    return text.translate({ord(str(d)): chr(0xFF10 + d) for d in range(10)})
