# ruff: noqa: E501 -- an expression or a word list is read whole
"""English dates, from `3/6` to `Shrove Tuesday`.

What decides of days in figures (``3/6`` of a month or of a murmur) stands in ``figured_days``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from deid.text.document import SpanType, Strength
from deid.text.lists import listed
from deid.text.normalise import fold
from deid.text.packs.en.calendars import FEAST, FOREIGN_MONTH, OTHER_MONTH, is_named_day
from deid.text.packs.en.figured_days import (
    are_slash_days,
    is_bounded,
    is_dashed_day,
    is_dotted_as_others,
    is_dotted_day,
    is_slash_day,
    is_told_slash_day,
)
from deid.text.patterns import Pattern, not_inside_number

MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
FULL_MONTH = (
    r"(?:January|February|March|April|June|July|August|September|October|November|December)"
)
WEEKDAY = r"(?:mon|tues?|weds|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?\.?"
LEAD = rf"(?:\b{WEEKDAY},?\s+(?:the\s+)?)?"
DAY = r"\d{1,2}(?:st|nd|rd|th)?"
YEAR = r"(?:\d{4}|'\d{2}|\d{2})"
ONES = r"(?:one|two|three|four|five|six|seven|eight|nine)"
TEENS = r"(?:ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen)"
TENS = r"(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)"
SPOKEN = rf"(?:{TENS}(?:[ -]{ONES})?|{TEENS}|(?:oh |o )?{ONES})"
ORDINAL_WORD = (
    r"(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|thirteenth|fourteenth"
    r"|fifteenth|sixteenth|seventeenth|eighteenth|nineteenth|twentieth|twenty[ -](?:first|second|third|fourth|fifth"
    r"|sixth|seventh|eighth|ninth)|thirtieth|thirty[ -]first)"
)
_ORDINAL_FOLLOWERS = re.compile(
    r"^(?:\s*(?:$|[.,;:)\n?!-])|\s+(?:at|with|for|and|or|by|to|after|before|when|but|then|she|he|they|pt|via|from|\d))",
    re.IGNORECASE,
)


def _month_day(text: str, start: int, end: int) -> bool:
    """A month name and a number: not ``may 5 mg``, not ``may 2``."""
    if not is_bounded(text, start, end):
        return False
    found = text[start:end]
    if found[:4] == "may ":
        return not re.match(
            r"\s*(?:more|times|days|weeks|tabs?|pills?|or\b|-)", text[end : end + 8]
        )
    return True


def is_dosing(text: str, start: int, parts: Sequence[int]) -> bool:
    """``labetalol 20-40-80``: doses of a drug that go up, by fives."""
    rising = all(a <= b for a, b in pairwise(parts)) and not any(part % 5 for part in parts)
    drug = re.search(
        r"([A-Za-z]{4,})(?: (?:IR|ER|XR|XL|PO|IV))?:? $", text[max(0, start - 28) : start]
    )
    return rising and drug is not None and fold(drug[1]) in listed("en_drugs")


def is_numeric_date(text: str, start: int, end: int) -> bool:
    """Day, month and year in any order, in possible ranges."""
    parts = [int(p) for p in re.findall(r"\d+", text[start:end])]
    if len(parts) != 3 or not is_bounded(text, start, end) or is_dosing(text, start, parts):
        return False
    a, b, c = parts
    if a <= 31 and len(re.findall(r"\d+", text[start:end])[-1]) not in (2, 4):
        return False  # `GCS 3-4-6`
    if a > 31:
        return 1900 <= a <= 2100 and 1 <= b <= 12 and 1 <= c <= 31
    months = (1 <= a <= 12 and 1 <= b <= 31) or (1 <= b <= 12 and 1 <= a <= 31)
    return months and (c < 100 or 1900 <= c <= 2100)


def _short_month(text: str, start: int, end: int) -> bool:
    """``(june)``, ``dec/jan``, ``a1c 9 in dec``: a month in small letters that brackets or slashes set off."""
    return is_bounded(text, start, end)


def _date_of_month(text: str, start: int, end: int) -> bool:
    """``meeting for 5th.``: not ``for 2nd opinion`` nor ``since the 3rd grade``."""
    return 1 <= int(re.match(r"\d+", text[start:end])[0]) <= 31 and is_bounded(text, start, end)  # type: ignore[index]


def _spoken_day(text: str, start: int, end: int) -> bool:
    """``july thirty``: not ``may two tablets``, nor ``march one mile``."""
    return not re.match(r"(?i)(?:may|march|mar|dec|sat)\b", text[start:end]) or bool(
        re.search(
            r"(?i)\b(?:on|of|since|until|by|is|birth|born|dated?|visit|for)\s+$",
            text[max(0, start - 10) : start],
        )
    )


def _spoken_alone(text: str, start: int, end: int) -> bool:
    """``that would be the tenth``: only where the note spells its dates."""
    return re.search(rf"(?i)\b{MONTH} (?:the )?(?:{SPOKEN}|{ORDINAL_WORD})", text) is not None


def _month_year(text: str, start: int, end: int) -> bool:
    parts = [int(p) for p in re.findall(r"\d+", text[start:end])]
    return 1 <= parts[0] <= 12 and 1900 <= parts[1] <= 2100 and not_inside_number(text, start, end)


def _lone_month(text: str, start: int, end: int) -> bool:
    """``March`` and ``may`` are also verbs, ``April`` and ``June`` are also people."""
    if not is_bounded(text, start, end):
        return False
    word = text[start:end]
    if word in _SURELY_MONTHS:
        return True
    placed = _PLACED.search(text, max(0, start - 14), start)
    if word.casefold() in {"may", "march", "april", "june", "august", "mar", "jan", "dec", "jun"}:
        # `in May said`, `by April`: people act, months do not.
        acts = re.match(
            r"\s+(?:said|says|is|was|has|who|reports?|states?|denies)\b", text[end : end + 12]
        )
        if not placed or acts:
            return False
        # `in june`, `since april`; `this may` only behind what no verb follows.
        told = placed[0].split()[0].casefold() in _BEFORE_MONTHS
        return (
            word[0].isupper() or (told and word.casefold() != "dec") or word.casefold() in _LONGER
        )
    return bool(placed) or word[0].isupper()


_SURELY_MONTHS = frozenset(
    ["january", "february", "july", "september", "october", "november", "december", "sept"]
)
_BEFORE_MONTHS = frozenset(
    ["in", "since", "last", "next", "early", "late", "mid", "until", "till", "during", "through"]
)
_LONGER = frozenset(["april", "june", "august"])
_PLACED = re.compile(
    r"\b(?:in|since|last|next|early|late|mid|until|till|by|of|from|this|through|during|before|after|and|due)[ -]+$",
    re.IGNORECASE,
)


def _ordinal_day(text: str, start: int, end: int) -> bool:
    day = int(re.match(r"\d+", text[start:end])[0])  # type: ignore[index]
    if not 1 <= day <= 31:
        return False
    after = text[end : end + 16]
    if _ORDINAL_FOLLOWERS.match(after):
        return True
    dated = re.search(
        r"(?i)\b(?:on|until|till|since|by|before|after|from|again|weekend of|week of|night of|morning of|evening of)\s+(?:the\s+)?$",
        text[max(0, start - 16) : start],
    )
    return bool(dated) and not _COUNTED.match(after) and not after[:1].isalnum()


_COUNTED = re.compile(
    r"(?i)[ -]+(?:\w+ )?(?:floor|grade|percentile|day|week|dose|rib|finger|toe|meta\w+|cranial|nerve|visit|trimester|attempt|time|"
    r"child|digit|ics|intercostal|ave|avenue|st|street|century|line|year|month|round|cycle|degree|opinion|stage|admission|episode|"
    r"pregnancy|ventricle|molar|tooth|try|baby|daughter|son|party|shift|person|step|edition|left|right|ray|ed|marriage|husband|wife)s?\b"
)


def _weekday_number(text: str, start: int, end: int) -> bool:
    day = int(re.findall(r"\d+", text[start:end])[-1])
    return 1 <= day <= 31 and is_bounded(text, start, end) and text[end : end + 1] != ":"


DATES = (
    Pattern(
        "date.month_day", SpanType.DATE,
        rf"(?i){LEAD}\b{MONTH}\b\.?[ \n-]+(?:the\s+)?{DAY}\b(?:(?:,\s*|\s+|-){YEAR}\b)?", Strength.LABELLED, _month_day,
    ),
    Pattern(
        "date.day_month", SpanType.DATE,
        rf"(?i){LEAD}\b(?:\d{{1,2}}(?:st|nd|rd|th)?\s?-\s?)?{DAY}(?:\s+of)?[\s-]+{MONTH}\b\.?(?:(?:,?\s+|-){YEAR}\b)?",
        Strength.LABELLED, _month_day,
    ),
    Pattern(
        "date.numeric", SpanType.DATE,
        rf"(?i){LEAD}\d{{1,4}}(?:/\d{{1,2}}/|-\d{{1,2}}-|\.\d{{1,2}}\.| / \d{{1,2}} / )'?\d{{1,2}}(?:\d{{2}})?", Strength.LABELLED, is_numeric_date,
    ),
    Pattern("date.slash", SpanType.DATE, rf"(?i){LEAD}\b\d{{1,2}}/\d{{1,2}}\b", Strength.LISTED, is_slash_day),
    Pattern("date.slash_told", SpanType.DATE, rf"(?i){LEAD}\b\d{{1,2}}/\d{{1,2}}\b", Strength.LABELLED, is_told_slash_day),
    Pattern("date.dotted_end", SpanType.DATE, r"\b(?:3[01]|[12]\d|0?[1-9])\.(?:1[0-2]|0?[1-9])\.(?:[\s,;)]|$)", Strength.LISTED, is_dotted_as_others),
    Pattern("date.dotted", SpanType.DATE, r"\b\d{1,2}\.\d{1,2}\b", Strength.LISTED, is_dotted_day),
    Pattern(
        "date.day_range", SpanType.DATE,
        rf"(?i)\b{MONTH}\b\.? {DAY} ?(?:-|to|thru|through|and|&) ?{DAY}\b(?:,? {YEAR}\b)?", Strength.LABELLED, _month_day,
    ),
    Pattern("date.range", SpanType.DATE, rf"(?i)\b(?:{MONTH}\.? {DAY} (?:to|-|thru|through) {MONTH}\.? {DAY}|{DAY} {MONTH}\.? (?:to|-|thru|through) {DAY} {MONTH})\b(?:,? (?:19|20)\d\d\b)?", Strength.LABELLED, is_bounded),
    Pattern("date.numeric_range", SpanType.DATE, r"\b\d{1,2}/\d{1,2}/(?:\d{4}|\d{2}) ?(?:-|to|thru) ?\d{1,2}/\d{1,2}/(?:\d{4}|\d{2})\b", Strength.LABELLED, is_bounded),
    Pattern("date.slash_days", SpanType.DATE, r"\b\d{1,2}/\d{1,2}(?:-\d{1,2}|(?:, ?\d{1,2}/\d{1,2})+)\b", Strength.LISTED, are_slash_days),
    Pattern("date.compact", SpanType.DATE, rf"(?i)\b\d{{1,2}}{MONTH}(?:\d{{2}}|\d{{4}})\b", Strength.LABELLED, is_bounded),
    Pattern("date.months", SpanType.DATE, rf"(?i)\b{MONTH}(?:/|-){MONTH}\b(?:[ /]+(?:19|20)\d\d\b)?", Strength.LABELLED, is_bounded),
    Pattern("date.bracketed", SpanType.DATE, rf"(?i)\(({MONTH})(?:\)| at\b| in\b| by\b| with\b| w/)|\((?:in |last |since |since last )({MONTH})\b", Strength.LISTED, _short_month),
    Pattern(
        "date.foreign", SpanType.DATE,
        rf"(?i)\b(?:le |el )?\d{{1,2}}(?:er|º)?(?: de)? {FOREIGN_MONTH}\b(?:(?: de(?:l)?)? (?:19|20)\d\d\b)?", Strength.LABELLED, is_bounded,
    ),
    Pattern("date.ordinal_clock", SpanType.DATE, r"(?i)\b([12]?\d(?:st|nd|rd|th)|3[01](?:st|th)) (?:at )?[0-2]\d:?[0-5]\d\b", Strength.LISTED, is_bounded),
    Pattern("date.ordinal_for", SpanType.DATE, r"(?i)\b(?:for|dose|since|before|after|from|to|of the|was the|till|til) (?:the )?(\d{1,2}(?:st|nd|rd|th))(?:[.,;)]|$|\s+(?:of this|and|at|with|by)\b)", Strength.LISTED, _date_of_month),
    Pattern("date.month_year", SpanType.DATE, rf"(?i)\b{MONTH}\b\.?,?\s+(?:of\s+)?(?:\d{{4}}|'\d{{2}})\b", Strength.LABELLED, is_bounded),
    Pattern("date.number_year", SpanType.DATE, r"\b\d{1,2}/\d{4}\b", Strength.LISTED, _month_year),
    Pattern("date.month", SpanType.DATE, rf"\b(?:{FULL_MONTH}|May|(?i:{MONTH}))\b", Strength.SHAPED, _lone_month),
    Pattern(
        "date.ordinal", SpanType.DATE,
        r"(?i)\b(?:the|on|ending|until|by|thru|through)\s+(\d{1,2}(?:st|nd|rd|th))\b", Strength.LISTED, _ordinal_day,
    ),
    Pattern("date.ordinal_after", SpanType.DATE, r"(?i)\b(?:off|out|started|stopped|d/?c'?d|done|placed|removed|extubated|admitted|surgery|seen|came|due|signed|booked|moved to) (?:the )?(\d{1,2}(?:st|nd|rd|th))\b", Strength.LISTED, _ordinal_day),
    Pattern("date.month_event", SpanType.DATE, r"\b(?:in |her |his |their |the |my |our )(January|February|March|April|May|June|July|August|September|October|November|December) (?:birthday|visit|appointment|appt|labs?|scan|surgery|admission|trip|clinic|wedding|reunion|echo|mri|ct|note)\b", Strength.LISTED),
    Pattern("date.spoken_the", SpanType.DATE, rf"(?i)\bthe ({ORDINAL_WORD}) (?:period|comma|full stop|new paragraph|next)\b", Strength.LISTED, _spoken_alone),
    Pattern("date.or_day", SpanType.DATE, r"\b\d{1,2}/\d{1,2} or (\d{1,2})\b", Strength.LISTED, is_bounded),
    Pattern(
        "date.weekday_day", SpanType.DATE,
        rf"(?i)\b{WEEKDAY},?\s+(?:the\s+)?\d{{1,2}}(?:st|nd|rd|th)?\b", Strength.LISTED, _weekday_number,
    ),
    Pattern("date.feast", SpanType.DATE, rf"(?i)\b{FEAST}\b(?:,? (?:19|20)\d\d\b)?", Strength.LABELLED),
    Pattern(
        "date.other_calendar", SpanType.DATE,
        rf"(?i)\b\d{{1,2}}\s+{OTHER_MONTH}(?:\s+1[34]\d{{2}})?(?:\s+/\s+\d{{1,2}}\s+{MONTH}\s+\d{{4}})?", Strength.LABELLED,
    ),
    Pattern(
        "date.spoken", SpanType.DATE,
        rf"(?i)\b(?:{WEEKDAY},?\s+(?:the\s+)?)?(?:{ORDINAL_WORD}\s+(?:of\s+)?{MONTH}|{MONTH}\s+(?:the\s+)?{ORDINAL_WORD})\b(?:,?\s+(?:twenty[ -]{SPOKEN}|two thousand(?: and)? {SPOKEN}))?",
        Strength.LABELLED,
    ),
    Pattern(
        "date.spoken_cardinal", SpanType.DATE,
        rf"(?i)\b{MONTH} {SPOKEN}(?:,? (?:nineteen|twenty|two thousand)(?: and)? {SPOKEN})?\b", Strength.LABELLED, _spoken_day,
    ),
    Pattern("date.spoken_year", SpanType.DATE, rf"(?i)\b(?:dob|birth|born|dated?|dictated)(?: is| of| on)? ((?:{ORDINAL_WORD}|{SPOKEN})(?: {SPOKEN}){{1,4}})\b", Strength.LISTED),
    Pattern("date.spoken_ordinal", SpanType.DATE, rf"(?i)\b(?:on|until|till|since|by|before|after|be|was|is) (?:the )?({ORDINAL_WORD})(?:[.,;)\n]|$| (?:at|and|of this|correction|with|by|when|she|he|we|they|for)\b)", Strength.LISTED, _spoken_alone),
    Pattern("date.iso_time", SpanType.DATE, r"\b((?:19|20)\d\d-\d\d-\d\d)T\d\d:?\d\d", Strength.CHECKED),
    Pattern("date.dashed", SpanType.DATE, r"(?i)\b(?:on|since|seen|dated|until|till|thru|through|due|dos|date|visit|from|received|collected|by|f/u|rtc|appt|labs?|admitted|discharged|ret|return|returns|clinic|next|back)[: ]+(\d{1,2}-\d{1,2})\b", Strength.LISTED, is_dashed_day),
    Pattern("date.glued", SpanType.DATE, rf"(?i)\b\d{{1,2}}(?:{FULL_MONTH}|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\b", Strength.LISTED, is_bounded),
    Pattern(
        "date.named_day", SpanType.DATE,
        r"\b((?:St\.? |Saint )?[A-Z][a-z]+(?:'s|s')?(?: [A-Z][a-z]+(?:'s|s')?)? (?:Day|Eve|Sunday|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Night|Festival|Week|Weekend))\b(?:,? (?:19|20)\d\d\b)?"
        r"|\b((?:[Tt]he )?(?:Feast|Festival|Vigil|Eve) of (?:the |St\.? |Saint )?[A-Z][a-z]+(?: [A-Z][a-z]+)?)\b"
        r"|\b((?i:first|second|third|fourth|last) (?:Sunday|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday) (?:of|in|after|before) (?:Advent|Lent|Easter|Epiphany|Pentecost|[A-Z][a-z]+))\b",
        Strength.LISTED, is_named_day,
    ),
    Pattern("date.weekday_ordinal", SpanType.DATE, rf"(?i)\b{WEEKDAY},?\s+(?:the\s+)?{ORDINAL_WORD}\b", Strength.LABELLED),
    Pattern("date.dictated", SpanType.DATE, rf"(?i)\b(?:dictated|dated|date|on)\s+({SPOKEN}\s+{SPOKEN}\s+{SPOKEN})\b", Strength.LISTED),
    Pattern("date.labelled8", SpanType.DATE, r"(?i)\b(?:dob|date|born)[: ]+((?:19|20)\d{6})\b", Strength.LABELLED),
)  # fmt: skip
