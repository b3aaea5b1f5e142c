# ruff: noqa: E501 -- an expression or a word list is read whole
"""English dates, from `3/6` to `Shrove Tuesday`.

What decides between a date and a score (``3/6`` of a month or of a murmur) is what stands beside
it, and which months the rest of the note speaks of; the checks below read that.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from deid.text.document import SpanType, Strength
from deid.text.lists import listed
from deid.text.normalise import fold
from deid.text.packs.en.calendars import FEAST, FOREIGN_MONTH, OTHER_MONTH, is_named_day
from deid.text.packs.en.dated_months import WHOLES, is_near, months_near
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
_HEADER = 400
TEENS = r"(?:ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen)"
TENS = r"(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)"
SPOKEN = rf"(?:{TENS}(?:[ -]{ONES})?|{TEENS}|(?:oh |o )?{ONES})"
ORDINAL_WORD = (
    r"(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|thirteenth|fourteenth"
    r"|fifteenth|sixteenth|seventeenth|eighteenth|nineteenth|twentieth|twenty[ -](?:first|second|third|fourth|fifth"
    r"|sixth|seventh|eighth|ninth)|thirtieth|thirty[ -]first)"
)
UNIT_AFTER = re.compile(
    r" ?(?:%|(?:mg|mcg|µg|ug|g|kg|lbs?|ml|l|cc|mm|cm|units?|u|iu|meq|mmol|mol|ng|pg|bpm|mmhg|x|tabs?|"
    r"caps?|puffs?|drops?|times|percent|degrees?|fr|french|ga|gauge|kcal|cal|points?|steps|"
    r"feet|ft|inches|miles|mi|km)\b|/min\b)",
    re.IGNORECASE,
)
_DATE_BEFORE = re.compile(
    r"(?:\b(?:on|since|due|dated?|dob|until|till|thru|through|from|by|visit|seen|started|starting|start|given|placed|"
    r"collected|received|signed|last|next|recheck|booked|admitted|discharged|levels?|cx|neg|labs?|ct|mri|mra|us|"
    r"xr|cxr|x-ray|xray|echo|ekg|ecg|inr|for|exam|lmp|period|out|lumen|done|meeting|appt|appointment|returns?|rtc|fu|"
    r"f/u|d/c|dc|issued|before|after|and|or|of|bmp|cbc|a1c|update|note|surgery|procedure|op|sx|clinic|was|now|"
    r"expires?|week|between|to|reviewed|repeat|scheduled|rescheduled|edd|lnmp|delivered|delivery|born|injury|"
    r"extubated|intubated|transferred|transfused|died|expired|passed|fell|fall|crash|mvc|wreck|vaccine|booster|"
    r"hst|psg|wada|angio|tha|tka|cabg|pci|cath|egd|colonoscopy|biopsy|bx|eeg|emg|dexa|pet|mammo|consult|tx|transplant|"
    r"onset|evening|morning|night|mon|tue|tues|wed|thu|thurs|fri|sat|sun|monday|tuesday|wednesday|"
    r"thursday|friday|saturday|sunday|shift|refill|filled|refilled|called|spoke|stopped|held|resumed|removed)\b[.:,]?"
    r"|[(@]|^|\n)\s*$",
    re.IGNORECASE,
)
_STRONG_BEFORE = re.compile(
    r"\b(?:on|since|due|until|till|thru|through|dated?|dob|visit|seen|admitted|discharged|booked|"
    r"next visit|meeting|last period|lmp|period|issued|d/c|cx|ct|mri|collected|received|appt|appointment|recheck|"
    r"mon|tue|tues|wed|thu|thurs|fri|sat|sun|monday|tuesday|wednesday|thursday|friday|saturday|sunday|"
    r"scheduled|returns?|inr|out|lumen|labs?|neg|done|started|placed|removed|before|nxt|clinic|shift|abx done|ngtd|"
    r"delivered|born|extubated|intubated|transferred|died|expired|fell|injured|signed|mailed|faxed|called|filled|refilled)"
    r"[.:,]?\s*$",
    re.IGNORECASE,
)
_SCORE_BEFORE = re.compile(
    r"(?:\b(?:phq-?[29]?|gad-?7?|score[sd]?|mmse|moca|centor|strength|pain|murmur|vision|bp|pressure|reflexes|apgars?|"
    r"grade|epworth|katz|lawton|mini-cog|glasgow|gcs|audit|power|motor|va|od|os|ou|taps|ideation|hla|exam|"
    r"monofil(?:ament)?|weinstein|dialysis|haemodialysis|pulses?|dp|pt|rated|rates|at|is|was|now|clock|gds|bpp|fab|cage|beighton|tof|"
    r"feeding|roughly|er|pr|triad|grip|quads|hamstrings|deltoids?|biceps|triceps|tone|bipap|cpap|tac|tests?|recall|itchy|itch|goal|max|race|"
    r"lams|asia|mrc|kps|ecog|stage|nodes|lymph|severity|bishop|silverman|chew|nyha|ccs|aldrete|braden|morse|ramsay|rass|wells|"
    r"psv|cpap|peep|ipap|epap|bpap|vent|simv|hearts?|timi|curb|lansky|vas|nrs|comfort|flacc|npass|sofa|abcd2|fragilis|gravida|dilated|cusp|breaths?|stairs?)\b\s*(?:of\s*|was\s*|is\s*|now\s*|goal\s*|:\s*|\b\w\s+)?:?\s*)$",
    re.IGNORECASE,
)
_AFTER_SCORE = re.compile(
    r"^\s?(?:days?\b|murmur|systolic|strength|nights?|weeks?\b|bilat|ppd|->|in\b|weakness|to\b \d|doses?\b|nodes?\b|dias|sem\b|h\b|hrs?\b|of\b|[RL]\b|positive|cores?|times|sessions?|meals?|bottles?|words|items|correct|cell|\s?\(\d+ ?mg|cycles?|teeth|steps)",
    re.I,
)
_ORDINAL_FOLLOWERS = re.compile(
    r"^(?:\s*(?:$|[.,;:)\n?!-])|\s+(?:at|with|for|and|or|by|to|after|before|when|but|then|she|he|they|pt|via|from|\d))",
    re.IGNORECASE,
)


def _date(text: str, start: int, end: int) -> bool:
    if not not_inside_number(text, start, end):
        return False
    return not UNIT_AFTER.match(text, end)


def _month_day(text: str, start: int, end: int) -> bool:
    """A month name and a number: not ``may 5 mg``, not ``may 2``."""
    if not _date(text, start, end):
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
    if len(parts) != 3 or not _date(text, start, end) or is_dosing(text, start, parts):
        return False
    a, b, c = parts
    if a <= 31 and len(re.findall(r"\d+", text[start:end])[-1]) not in (2, 4):
        return False  # `GCS 3-4-6`
    if a > 31:
        return 1900 <= a <= 2100 and 1 <= b <= 12 and 1 <= c <= 31
    months = (1 <= a <= 12 and 1 <= b <= 31) or (1 <= b <= 12 and 1 <= a <= 31)
    return months and (c < 100 or 1900 <= c <= 2100)


def _slash_day(text: str, start: int, end: int) -> bool:
    """``3/6``: a date if its neighbours say so, or if it cannot well be a score."""
    if not not_inside_number(text, start, end) or UNIT_AFTER.match(text, end):
        return False
    if text[max(0, start - 2) : start] in ("= ", "+ "):
        return False  # `3+2+1 = 6/9`
    first, second = (int(p) for p in re.findall(r"\d+", text[start:end])[-2:])
    day_first = first > 12
    month, day = (second, first) if day_first else (first, second)
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return False
    before, after = text[max(0, start - 24) : start], text[end : end + 14]
    if re.match(r"[A-Za-z]", text[start]):
        return True  # a weekday stands before it
    chain = re.match(r"\s?-+>?\s?(\d{1,2})/(\d{1,2})\b", after) or re.search(
        r"(?<![\d/])(\d{1,2})/(\d{1,2})\s?-+>?\s?$", before
    )
    if chain:
        return int(chain[2]) != second or day > 12  # 4/10 -> 2/10 are scores, 1/22 -> 1/23 days
    if _AFTER_SCORE.match(after) and not _STRONG_BEFORE.search(before):
        return False
    if _STRONG_BEFORE.search(before):
        return True
    if re.match(r" (?:[01]\d|2[0-3])[0-5]\d\b(?!/)", after) and second not in WHOLES | {10}:
        return True
    if _SCORE_BEFORE.search(before):
        return False
    if re.match(r"\s?(?:-|->)\s?\d{1,2}/\d{1,2}\b", after) or re.search(
        r"\d/\d{1,2}\s?(?:-|->)\s?$", before
    ):
        return True
    if re.match(r"[ ,]\s?(?:at )?[0-2]?\d:?[0-5]\d\b(?!/)", after):
        return True
    if re.match(r"\s?\||\s+\|", after) and re.search(r"(?:^|\n)\s*\|?\s*$", before):
        return True  # the first cell of a row
    if _is_cell_of_days(text, start, end):
        return True
    if re.search(r"\b(?:[01]?\d|2[0-3]):[0-5]\d (?:on )?$", before):
        return True  # `22:10 3/30`
    if is_near(text, first, second):
        return True
    if day_first:
        return False
    if day > 12 and day not in (15, 20, 30):
        return True
    return bool(_DATE_BEFORE.search(before)) and not (day in (5, 10, 4, 6, 3, 2) and first <= day)


def _told_slash_day(text: str, start: int, end: int) -> bool:
    """``cx neg 5/5``: what a word before it and the note's other dates both make a day."""
    if not _slash_day(text, start, end) or _SCORE_BEFORE.search(text[max(0, start - 24) : start]):
        return False
    first, second = (int(p) for p in re.findall(r"\d+", text[start:end])[-2:])
    near, day_first = months_near(text)
    return (second if day_first or first > 12 else first) in near and bool(
        _STRONG_BEFORE.search(text[max(0, start - 24) : start])
    )


_WHOLE_DOTTED = re.compile(r"\b\d{1,2}\.\d{1,2}\.(?:\d{4}|\d{2})\b")


def _dotted_as_others(text: str, start: int, end: int) -> bool:
    """``received 17.3., reported 20.3.25``: a day as the note's whole dates are written."""
    return not_inside_number(text, start, end) and _WHOLE_DOTTED.search(text) is not None


def _is_cell_of_days(text: str, start: int, end: int) -> bool:
    """In a row of a table whose other cells are days in rising order: ``|Test|1/4|2/4|3/6|``."""
    if text[start - 1 : start].strip() not in ("|", "") or "|" not in text[end : end + 2]:
        return False
    line = text[text.rfind("\n", 0, start) + 1 : (text.find("\n", end) + 1 or len(text) + 1) - 1]
    days = [
        (int(found[1]), int(found[2]))
        for cell in line.split("|")
        if (found := re.fullmatch(r"\s*(\d{1,2})/(\d{1,2})\s*", cell))
    ]
    return len(days) > 1 and days == sorted(set(days)) and all(m <= 12 and d <= 31 for m, d in days)


def _dotted_day(text: str, start: int, end: int) -> bool:
    """``6.13 0822``, ``secure chat, 11.11``: at a line's end, before a clock, or after a date's word."""
    first, second = (int(p) for p in text[start:end].split("."))
    if not ((1 <= first <= 12 and 1 <= second <= 31) or (1 <= second <= 12 and 1 <= first <= 31)):
        return False
    if not _date(text, start, end):
        return False
    line = text[text.rfind("\n", 0, start) + 1 : start]
    after = text[end : end + 8]
    if re.match(r"\s+[0-2]\d:?[0-5]\d\b", after):
        return True
    if re.fullmatch(r"0?\d\.0\d|[123]\d\.0\d|0\d\.[123]\d", text[start:end]) and re.search(
        r"(?i)\b(?:on|since|seen|until|due|am|vom|dated|review|visit|by|from|appt|on the)\s+$",
        text[max(0, start - 10) : start],
    ):
        return True
    if (
        not line
        and re.match(r"[ :]+[A-Za-z]", after)
        and (first in months_near(text)[0] or second in months_near(text)[0])
    ):
        return True
    header = start < _HEADER and text.find("\n", 0, start) < 0 and re.match(r"\s*(?:\n|$)", after)
    return bool(header and re.search(r"[,;:] $|(?:note|shift|visit|log|export|day) $", line))


def _short_month(text: str, start: int, end: int) -> bool:
    """``(june)``, ``dec/jan``, ``a1c 9 in dec``: a month in small letters that brackets or slashes set off."""
    return _date(text, start, end)


def _date_of_month(text: str, start: int, end: int) -> bool:
    """``meeting for 5th.``: not ``for 2nd opinion`` nor ``since the 3rd grade``."""
    return 1 <= int(re.match(r"\d+", text[start:end])[0]) <= 31 and _date(text, start, end)  # type: ignore[index]


def _slash_days(text: str, start: int, end: int) -> bool:
    """``7/3-5``, ``6/2, 6/9``: days of a month that the note speaks of, in rising order."""
    numbers = [int(n) for n in re.findall(r"\d+", text[start:end])]
    if not _date(text, start, end) or text[end : end + 1] in {"-", "/"}:
        return False
    if len(numbers) == 3:
        month, day, last = numbers
        return 1 <= month <= 12 and day < last <= 31 and month in months_near(text)[0]
    pairs = list(zip(numbers[::2], numbers[1::2], strict=True))
    return pairs == sorted(pairs) and all(
        m in months_near(text)[0] and 1 <= d <= 31 for m, d in pairs
    )


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


def _dashed(text: str, start: int, end: int) -> bool:
    """``seen 6-3``: of a month near those of the note; not ``from 2-3``."""
    first, second = (int(p) for p in text[start:end].split("-"))
    near, day_first = months_near(text)
    month, day = (second, first) if day_first else (first, second)
    return (
        month in near
        and 1 <= day <= 31
        and _date(text, start, end)
        and not re.match(
            r"[-/]|\s?(?:x|days?|weeks?|months?|times|hours?|hrs?|mins?|yrs?|years?|sec|wks?|mos?|pm|am)\b",
            text[end : end + 8],
        )
    )


def _month_year(text: str, start: int, end: int) -> bool:
    parts = [int(p) for p in re.findall(r"\d+", text[start:end])]
    return 1 <= parts[0] <= 12 and 1900 <= parts[1] <= 2100 and not_inside_number(text, start, end)


def _lone_month(text: str, start: int, end: int) -> bool:
    """``March`` and ``may`` are also verbs, ``April`` and ``June`` are also people."""
    if not _date(text, start, end):
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
    return 1 <= day <= 31 and _date(text, start, end) and text[end : end + 1] != ":"


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
    Pattern("date.slash", SpanType.DATE, rf"(?i){LEAD}\b\d{{1,2}}/\d{{1,2}}\b", Strength.LISTED, _slash_day),
    Pattern("date.slash_told", SpanType.DATE, rf"(?i){LEAD}\b\d{{1,2}}/\d{{1,2}}\b", Strength.LABELLED, _told_slash_day),
    Pattern("date.dotted_end", SpanType.DATE, r"\b(?:3[01]|[12]\d|0?[1-9])\.(?:1[0-2]|0?[1-9])\.(?:[\s,;)]|$)", Strength.LISTED, _dotted_as_others),
    Pattern("date.dotted", SpanType.DATE, r"\b\d{1,2}\.\d{1,2}\b", Strength.LISTED, _dotted_day),
    Pattern(
        "date.day_range", SpanType.DATE,
        rf"(?i)\b{MONTH}\b\.? {DAY} ?(?:-|to|thru|through|and|&) ?{DAY}\b(?:,? {YEAR}\b)?", Strength.LABELLED, _month_day,
    ),
    Pattern("date.range", SpanType.DATE, rf"(?i)\b(?:{MONTH}\.? {DAY} (?:to|-|thru|through) {MONTH}\.? {DAY}|{DAY} {MONTH}\.? (?:to|-|thru|through) {DAY} {MONTH})\b(?:,? (?:19|20)\d\d\b)?", Strength.LABELLED, _date),
    Pattern("date.numeric_range", SpanType.DATE, r"\b\d{1,2}/\d{1,2}/(?:\d{4}|\d{2}) ?(?:-|to|thru) ?\d{1,2}/\d{1,2}/(?:\d{4}|\d{2})\b", Strength.LABELLED, _date),
    Pattern("date.slash_days", SpanType.DATE, r"\b\d{1,2}/\d{1,2}(?:-\d{1,2}|(?:, ?\d{1,2}/\d{1,2})+)\b", Strength.LISTED, _slash_days),
    Pattern("date.compact", SpanType.DATE, rf"(?i)\b\d{{1,2}}{MONTH}(?:\d{{2}}|\d{{4}})\b", Strength.LABELLED, _date),
    Pattern("date.months", SpanType.DATE, rf"(?i)\b{MONTH}(?:/|-){MONTH}\b(?:[ /]+(?:19|20)\d\d\b)?", Strength.LABELLED, _date),
    Pattern("date.bracketed", SpanType.DATE, rf"(?i)\(({MONTH})(?:\)| at\b| in\b| by\b| with\b| w/)|\((?:in |last |since |since last )({MONTH})\b", Strength.LISTED, _short_month),
    Pattern(
        "date.foreign", SpanType.DATE,
        rf"(?i)\b(?:le |el )?\d{{1,2}}(?:er|º)?(?: de)? {FOREIGN_MONTH}\b(?:(?: de(?:l)?)? (?:19|20)\d\d\b)?", Strength.LABELLED, _date,
    ),
    Pattern("date.ordinal_clock", SpanType.DATE, r"(?i)\b([12]?\d(?:st|nd|rd|th)|3[01](?:st|th)) (?:at )?[0-2]\d:?[0-5]\d\b", Strength.LISTED, _date),
    Pattern("date.ordinal_for", SpanType.DATE, r"(?i)\b(?:for|dose|since|before|after|from|to|of the|was the|till|til) (?:the )?(\d{1,2}(?:st|nd|rd|th))(?:[.,;)]|$|\s+(?:of this|and|at|with|by)\b)", Strength.LISTED, _date_of_month),
    Pattern("date.month_year", SpanType.DATE, rf"(?i)\b{MONTH}\b\.?,?\s+(?:of\s+)?(?:\d{{4}}|'\d{{2}})\b", Strength.LABELLED, _date),
    Pattern("date.number_year", SpanType.DATE, r"\b\d{1,2}/\d{4}\b", Strength.LISTED, _month_year),
    Pattern("date.month", SpanType.DATE, rf"\b(?:{FULL_MONTH}|May|(?i:{MONTH}))\b", Strength.SHAPED, _lone_month),
    Pattern(
        "date.ordinal", SpanType.DATE,
        r"(?i)\b(?:the|on|ending|until|by|thru|through)\s+(\d{1,2}(?:st|nd|rd|th))\b", Strength.LISTED, _ordinal_day,
    ),
    Pattern("date.ordinal_after", SpanType.DATE, r"(?i)\b(?:off|out|started|stopped|d/?c'?d|done|placed|removed|extubated|admitted|surgery|seen|came|due|signed|booked|moved to) (?:the )?(\d{1,2}(?:st|nd|rd|th))\b", Strength.LISTED, _ordinal_day),
    Pattern("date.month_event", SpanType.DATE, r"\b(?:in |her |his |their |the |my |our )(January|February|March|April|May|June|July|August|September|October|November|December) (?:birthday|visit|appointment|appt|labs?|scan|surgery|admission|trip|clinic|wedding|reunion|echo|mri|ct|note)\b", Strength.LISTED),
    Pattern("date.spoken_the", SpanType.DATE, rf"(?i)\bthe ({ORDINAL_WORD}) (?:period|comma|full stop|new paragraph|next)\b", Strength.LISTED, _spoken_alone),
    Pattern("date.or_day", SpanType.DATE, r"\b\d{1,2}/\d{1,2} or (\d{1,2})\b", Strength.LISTED, _date),
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
    Pattern("date.dashed", SpanType.DATE, r"(?i)\b(?:on|since|seen|dated|until|till|thru|through|due|dos|date|visit|from|received|collected|by|f/u|rtc|appt|labs?|admitted|discharged|ret|return|returns|clinic|next|back)[: ]+(\d{1,2}-\d{1,2})\b", Strength.LISTED, _dashed),
    Pattern("date.glued", SpanType.DATE, rf"(?i)\b\d{{1,2}}(?:{FULL_MONTH}|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\b", Strength.LISTED, _date),
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
