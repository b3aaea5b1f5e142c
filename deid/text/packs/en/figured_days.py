# ruff: noqa: E501 -- an expression is read whole
"""Days written in figures alone: what beside ``3/6`` makes it a day, and what a score or a share."""

from __future__ import annotations

import re

from deid.text.packs.en.dated_months import WHOLES, is_near, months_near
from deid.text.patterns import not_inside_number

_HEADER = 400
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
_WHOLE_DOTTED = re.compile(r"\b\d{1,2}\.\d{1,2}\.(?:\d{4}|\d{2})\b")


def is_bounded(text: str, start: int, end: int) -> bool:
    """Whether a date neither goes on as a number nor is followed by a unit."""
    if not not_inside_number(text, start, end):
        return False
    return not UNIT_AFTER.match(text, end)


def is_slash_day(text: str, start: int, end: int) -> bool:
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


def is_told_slash_day(text: str, start: int, end: int) -> bool:
    """``cx neg 5/5``: what a word before it and the note's other dates both make a day."""
    if not is_slash_day(text, start, end) or _SCORE_BEFORE.search(text[max(0, start - 24) : start]):
        return False
    first, second = (int(p) for p in re.findall(r"\d+", text[start:end])[-2:])
    near, day_first = months_near(text)
    return (second if day_first or first > 12 else first) in near and bool(
        _STRONG_BEFORE.search(text[max(0, start - 24) : start])
    )


def is_dotted_as_others(text: str, start: int, end: int) -> bool:
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


def is_dotted_day(text: str, start: int, end: int) -> bool:
    """``6.13 0822``, ``secure chat, 11.11``: at a line's end, before a clock, or after a date's word."""
    first, second = (int(p) for p in text[start:end].split("."))
    if not ((1 <= first <= 12 and 1 <= second <= 31) or (1 <= second <= 12 and 1 <= first <= 31)):
        return False
    if not is_bounded(text, start, end):
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


def are_slash_days(text: str, start: int, end: int) -> bool:
    """``7/3-5``, ``6/2, 6/9``: days of a month that the note speaks of, in rising order."""
    numbers = [int(n) for n in re.findall(r"\d+", text[start:end])]
    if not is_bounded(text, start, end) or text[end : end + 1] in {"-", "/"}:
        return False
    if len(numbers) == 3:
        month, day, last = numbers
        return 1 <= month <= 12 and day < last <= 31 and month in months_near(text)[0]
    pairs = list(zip(numbers[::2], numbers[1::2], strict=True))
    return pairs == sorted(pairs) and all(
        m in months_near(text)[0] and 1 <= d <= 31 for m, d in pairs
    )


def is_dashed_day(text: str, start: int, end: int) -> bool:
    """``seen 6-3``: of a month near those of the note; not ``from 2-3``."""
    first, second = (int(p) for p in text[start:end].split("-"))
    near, day_first = months_near(text)
    month, day = (second, first) if day_first else (first, second)
    return (
        month in near
        and 1 <= day <= 31
        and is_bounded(text, start, end)
        and not re.match(
            r"[-/]|\s?(?:x|days?|weeks?|months?|times|hours?|hrs?|mins?|yrs?|years?|sec|wks?|mos?|pm|am)\b",
            text[end : end + 8],
        )
    )
