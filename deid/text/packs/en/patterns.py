# ruff: noqa: E501 -- an expression or a word list is read whole
"""English patterns: dates, ages over 89, telephone numbers and numbered identifiers.

What decides between a date and a score (``3/6`` of a month or of a murmur), or between a number of
a person and of a result, is what stands beside it; the checks below read that.
"""

from __future__ import annotations

import re

from deid.text.document import SpanType, Strength
from deid.text.patterns import Pattern, not_inside_number, not_within_digits

MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
FULL_MONTH = (
    r"(?:January|February|March|April|June|July|August|September|October|November|December)"
)
WEEKDAY = r"(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?\.?"
LEAD = rf"(?:\b{WEEKDAY},?\s+(?:the\s+)?)?"
DAY = r"\d{1,2}(?:st|nd|rd|th)?"
YEAR = r"(?:\d{4}|'\d{2}|\d{2})"
OTHER_MONTH = (
    r"(?:muharram|safar|rabi[ '](?:al-|ul-)?(?:awwal|thani)|jumada[ '](?:al-|ul-)?\w+|rajab"
    r"|sha'?ban|ramadan|shawwal|dhu[ '](?:al-|l-)?\w+|tishrei|nisan|adar|sivan|elul|kislev|tevet)"
)
FEAST = (
    r"(?:(?:new\s+year'?s?(?:\s+(?:eve|day))?|christmas(?:\s+(?:eve|day))?|xmas|(?:greek\s+|orthodox\s+)?easter"
    r"(?:\s+(?:sunday|monday))?|good\s+friday|thanksgiving(?:\s+day)?|hallowe'?en|independence\s+day"
    r"|(?:fourth|4th)\s+of\s+july|labou?r\s+day|memorial\s+day|veterans'?\s+day|presidents?'?s?\s+day|mlk\s+day"
    r"|martin\s+luther\s+king\s+day|columbus\s+day|juneteenth|groundhog\s+day|valentine'?s?(?:\s+day)?"
    r"|(?:st\.?|saint)\s+patrick'?s(?:\s+day)?|mother'?s\s+day|father'?s\s+day|boxing\s+day|hanukkah|passover"
    r"|yom\s+kippur|rosh\s+hashanah|eid\s+al-(?:fitr|adha)|ramadan|diwali|deepavali|holi|pongal|epiphany"
    r"|cinco\s+de\s+mayo|chinese\s+new\s+year|lunar\s+new\s+year|tet|ash\s+wednesday|palm\s+sunday|mardi\s+gras"
    r"|anzac\s+day|australia\s+day|canada\s+day|bastille\s+day|guy\s+fawkes\s+night|bonfire\s+night))"
)
_ONES = r"(?:one|two|three|four|five|six|seven|eight|nine)"
_TEENS = r"(?:ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen)"
_TENS = r"(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)"
_SPOKEN = rf"(?:{_TENS}(?:[ -]{_ONES})?|{_TEENS}|(?:oh |o )?{_ONES})"
_ORDINAL_WORD = (
    r"(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|thirteenth|fourteenth"
    r"|fifteenth|sixteenth|seventeenth|eighteenth|nineteenth|twentieth|twenty[ -](?:first|second|third|fourth|fifth"
    r"|sixth|seventh|eighth|ninth)|thirtieth|thirty[ -]first)"
)
_UNIT_AFTER = re.compile(
    r" ?(?:%|(?:mg|mcg|µg|ug|g|kg|lbs?|ml|l|cc|mm|cm|units?|u|iu|meq|mmol|mol|ng|pg|bpm|mmhg|x|tabs?|"
    r"caps?|puffs?|drops?|times|percent|degrees?|fr|french|ga|gauge|kcal|cal|points?|steps|"
    r"feet|ft|inches|miles|mi|km)\b|/min\b)",
    re.IGNORECASE,
)
_LABEL_WORD = re.compile(r"MRN|ID|SN|SSN|NO|DOB|ACC|PIN|NPI|DEA|FAX|TEL|ZIP|EMR|REF|ICD|CPT|DSM")
_DATE_BEFORE = re.compile(
    r"(?:\b(?:on|since|due|dated?|dob|until|till|thru|through|from|by|visit|seen|started|starting|start|given|placed|"
    r"collected|received|signed|last|next|recheck|booked|admitted|discharged|levels?|cx|neg|labs?|ct|mri|mra|us|"
    r"xr|cxr|x-ray|xray|echo|ekg|ecg|inr|for|exam|lmp|period|out|lumen|done|meeting|appt|appointment|returns?|rtc|fu|"
    r"f/u|d/c|dc|issued|before|after|and|or|of|bmp|cbc|a1c|update|note|surgery|procedure|op|sx|clinic|was|now|"
    r"expires?|week|between|to|reviewed|repeat|scheduled|rescheduled|edd|lnmp|delivered|delivery|born|injury|"
    r"onset|evening|morning|night|mon|tue|tues|wed|thu|thurs|fri|sat|sun|monday|tuesday|wednesday|"
    r"thursday|friday|saturday|sunday|shift|refill|filled|refilled|called|spoke|stopped|held|resumed|removed)\b[.:,]?"
    r"|[(@]|^|\n)\s*$",
    re.IGNORECASE,
)
_STRONG_BEFORE = re.compile(
    r"\b(?:on|since|due|until|till|thru|through|dated?|dob|visit|seen|admitted|discharged|booked|"
    r"next visit|meeting|last period|lmp|period|issued|d/c|cx|ct|mri|collected|received|appt|appointment|recheck|"
    r"mon|tue|tues|wed|thu|thurs|fri|sat|sun|monday|tuesday|wednesday|thursday|friday|saturday|sunday|"
    r"scheduled|returns?|inr|out|lumen|labs?|neg|done|started|placed|removed|before|nxt|clinic|shift|abx done|ngtd)"
    r"[.:,]?\s*$",
    re.IGNORECASE,
)
_SCORE_BEFORE = re.compile(
    r"(?:\b(?:phq-?[29]?|gad-?7?|score[sd]?|mmse|moca|centor|strength|pain|murmur|vision|bp|pressure|reflexes|apgars?|"
    r"grade|epworth|katz|lawton|mini-cog|glasgow|gcs|audit|power|motor|va|od|os|ou|taps|ideation|hla|exam|"
    r"monofilament|weinstein|dialysis|haemodialysis|pulses?|dp|pt|rated|rates|at|is|was)\b\s*(?:of\s*|was\s*|is\s*|:\s*)?)$",
    re.IGNORECASE,
)
_AFTER_SCORE = re.compile(
    r"^\s?(?:days?\b|murmur|systolic|strength|nights?|weeks?\b|bilat|ppd|->|in\b|weakness|to\b \d)",
    re.I,
)
_ORDINAL_FOLLOWERS = re.compile(
    r"^(?:\s*(?:$|[.,;:)\n?!-])|\s+(?:at|with|for|and|or|by|to|after|before|when|but|then|she|he|they|pt|via|from|\d))",
    re.IGNORECASE,
)


def _date(text: str, start: int, end: int) -> bool:
    if not not_inside_number(text, start, end):
        return False
    return not _UNIT_AFTER.match(text, end)


def _month_day(text: str, start: int, end: int) -> bool:
    """A month name and a number: not ``may 5 mg``, not ``may 2``."""
    if not _date(text, start, end):
        return False
    found = text[start:end]
    if re.match(r"(?:may|march|mar|sat|sun|dec)\b", found):
        return found[:3] != "may" and not re.match(r"(?:march) \d+ ", found)
    return True


def _numeric(text: str, start: int, end: int) -> bool:
    """Day, month and year in any order, in possible ranges."""
    parts = [int(p) for p in re.findall(r"\d+", text[start:end])]
    if len(parts) != 3 or not _date(text, start, end):
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
    if not not_inside_number(text, start, end) or _UNIT_AFTER.match(text, end):
        return False
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
    if _SCORE_BEFORE.search(before):
        return False
    if re.match(r"\s?(?:-|->)\s?\d{1,2}/\d{1,2}\b", after) or re.search(
        r"\d/\d{1,2}\s?(?:-|->)\s?$", before
    ):
        return True
    if re.match(r"[ ,]\s?(?:at )?[0-2]?\d:?[0-5]\d\b(?!/)", after):
        return True
    if day_first:
        return False
    if day > 12 and day not in (15, 20, 27, 30):
        return True
    return bool(_DATE_BEFORE.search(before)) and not (day in (5, 10, 4, 6, 3, 2) and first <= day)


def _month_year(text: str, start: int, end: int) -> bool:
    parts = [int(p) for p in re.findall(r"\d+", text[start:end])]
    return 1 <= parts[0] <= 12 and 1900 <= parts[1] <= 2100 and not_inside_number(text, start, end)


def _lone_month(text: str, start: int, end: int) -> bool:
    """``March`` and ``may`` are also verbs, ``April`` and ``June`` are also people."""
    if not _date(text, start, end):
        return False
    word = text[start:end]
    before = text[max(0, start - 14) : start]
    placed = re.search(
        r"\b(?:in|since|last|next|early|late|mid|until|till|by|of|from|this|through|during|before|after|and|due)[ -]+$",
        before, re.IGNORECASE,
    )  # fmt: skip
    if word.casefold() in {"may", "march", "april", "june", "august", "mar", "jan", "dec", "jun"}:
        # `in May said`, `by April`: people act, months do not.
        acts = re.match(
            r"\s+(?:said|says|is|was|has|who|reports?|states?|denies)\b", text[end : end + 12]
        )
        return bool(placed) and not acts and word[0].isupper()
    return bool(placed) or word[0].isupper()


def _ordinal_day(text: str, start: int, end: int) -> bool:
    day = int(re.match(r"\d+", text[start:end])[0])  # type: ignore[index]
    return 1 <= day <= 31 and bool(_ORDINAL_FOLLOWERS.match(text[end : end + 12]))


def _weekday_number(text: str, start: int, end: int) -> bool:
    day = int(re.findall(r"\d+", text[start:end])[-1])
    return 1 <= day <= 31 and _date(text, start, end) and text[end : end + 1] != ":"


def _old_age(text: str, start: int, end: int) -> bool:
    age = int(text[start:end])
    return 90 <= age <= 125 and not_within_digits(text, start, end) and text[end : end + 1] != "+"


def _phone(text: str, start: int, end: int) -> bool:
    if not not_inside_number(text, start, end):
        return False
    before = text[max(0, start - 1) : start]
    return not (before in {"-", "/", "."} or text[end : end + 2].lstrip("-/").isdigit())


def _short_phone(text: str, start: int, end: int) -> bool:
    return _phone(text, start, end) and not re.search(
        r"(?:#|no\.?|mrn|chart|id|acct|case) ?:?$", text[max(0, start - 7) : start], re.I
    )


def _code(text: str, start: int, end: int) -> bool:
    """A labelled value: it has a digit and is no plain dose, score or date."""
    value = text[start:end]
    digits = sum(c.isdigit() for c in value)
    if digits < 2 or len(value) < 4:
        return False
    if re.fullmatch(r"\d{1,2}[/.-]\d{1,2}(?:[/.-]\d{2,4})?", value) or _UNIT_AFTER.match(text, end):
        return False
    return not (end < len(text) and text[end].isalnum())


def _bare_code(text: str, start: int, end: int) -> bool:
    """An unlabelled code: four digits at least, and not the name of a test or virus."""
    value = text[start:end]
    digits = sum(c.isdigit() for c in value)
    if start and (text[start - 1].isalnum() or text[start - 1] in "-/.@_"):
        return False
    if end < len(text) and (text[end].isalnum() or text[end] in "@_"):
        return False
    if re.match(r"(?:covid|sars|icd|dsm|nct|pmid|iso|http|rs\d|chr|g\d+p\d)", value, re.IGNORECASE):
        return False
    spaced = re.fullmatch(r"([A-Z]+) (\d+)", value)
    if spaced and (_LABEL_WORD.fullmatch(spaced[1]) or _is_clock(spaced[2])):
        return False  # the label of the number, or `DISP 0312`
    if re.fullmatch(r"[A-Za-z]+[-/ ]?(?:19|20)\d{2}", value):
        return False  # `ADA 2023`, `KDIGO-2021`
    if re.fullmatch(r"[A-Za-z]+ (?:19|20)\d{2}[-/.]\d{1,2}(?:[-/.]\d{1,2})?", value):
        return False  # `RTC 2023-12-29`: a date after a word in capitals
    return digits >= 4


def _is_clock(digits: str) -> bool:
    return len(digits) == 4 and int(digits[:2]) < 24 and int(digits[2:]) < 60


def _digit_groups(text: str, start: int, end: int) -> bool:
    """``0077-3391``: not a range of results, of years, or of clock times."""
    if not not_inside_number(text, start, end) or _UNIT_AFTER.match(text, end):
        return False
    if (start and text[start - 1] in "-/$") or text[end : end + 1] in {"-", "/"}:
        return False
    parts = re.findall(r"\d+", text[start:end])
    total = sum(map(len, parts))
    if len(parts) == 3 and _is_day(*parts):
        return False
    if len(parts) == 2:
        a, b = (int(p) for p in parts)
        same = len(parts[0]) == len(parts[1])
        years = 1900 <= a <= 2100 and (1900 <= b <= 2100 or b < 100)
        clock = same and all(map(_is_clock, parts))
        if years or clock or (a < b and a % 25 == 0 and b % 25 == 0) or total < 7:
            return False
    return total >= 6


def _is_day(year: str, month: str, day: str) -> bool:
    return 1900 <= int(year) <= 2100 and 1 <= int(month) <= 12 and 1 <= int(day) <= 31


def _long_number(text: str, start: int, end: int) -> bool:
    return not_inside_number(text, start, end) and not _UNIT_AFTER.match(text, end)


_VALUE = (
    r"([A-Z]{2} \d{2} \d{2} \d{2} [A-Z]\b|#?(?:[A-Za-z]{1,6}(?:[-./]|[-./][A-Za-z]{1,5}[-./])?|[A-Z]{1,6} )\d[A-Za-z0-9]*(?:[-./][A-Za-z0-9]+)*"
    r"|#?\d[A-Za-z0-9]*(?:[-./][A-Za-z0-9]+)*)"
)
_LABEL = (
    r"(?i:\b(?:mrn|medical\s+record|med\s+rec|chart|file|acct|account|accession|acc|case|claim|policy|member|insurance|"
    r"subscriber|group\s+id|hicn|nhs|ni|pan|emr|site\s+id|reg|registration|licen[cs]e|lic|dl|driver'?s\s+licen[cs]e|badge|serial|ser|sn|s/n|plate|"
    r"tag|order|docket|passport|record|patient\s+id|pt\s+id|employee\s+id|encounter|specimen|national\s+id|(?:practice|hospital|unit|visit|run)\s+(?:no\.?|number|id|#)|"
    r"id|ssn|social\s+security|npi|dea|vin|study\s+id|mbi|medicare|medicaid|ref|reference|confirmation|invoice|sample|booking|ticket|account)\b)"
    r"(?i:\s*(?:number|num\b|no\b\.?|id\b|nbr|code|card))?[#.]*\s*(?:[:=#]|is\b)?\s*"
)
_PHONE_LABEL = (
    r"(?i:\b(?:page\s+me\s+at|pagers?|pgr|bleep|beeper|ext(?:ension)?\b\.?|fax|ph|tel(?:ephone)?|phone|cell|mobile|call"
    r"(?:\s*back)?|callback|text|desk|contact|call\s+(?:me|us|her|him)\s+at|reach(?:ed)?\s+at|home|work|hotline|direct))"
)

PATTERNS = (
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
        rf"(?i){LEAD}\d{{1,4}}(?:/\d{{1,2}}/|-\d{{1,2}}-|\.\d{{1,2}}\.| / \d{{1,2}} / )'?\d{{1,2}}(?:\d{{2}})?", Strength.LABELLED, _numeric,
    ),
    Pattern("date.slash", SpanType.DATE, rf"(?i){LEAD}\b\d{{1,2}}/\d{{1,2}}\b", Strength.LISTED, _slash_day),
    Pattern("date.month_year", SpanType.DATE, rf"(?i)\b{MONTH}\b\.?,?\s+(?:of\s+)?(?:\d{{4}}|'\d{{2}})\b", Strength.LABELLED, _date),
    Pattern("date.number_year", SpanType.DATE, r"\b\d{1,2}/\d{4}\b", Strength.LISTED, _month_year),
    Pattern("date.month", SpanType.DATE, rf"\b(?:{FULL_MONTH}|May|(?i:{MONTH}))\b", Strength.SHAPED, _lone_month),
    Pattern(
        "date.ordinal", SpanType.DATE,
        r"(?i)\b(?:the|on|ending|until|by|thru|through)\s+(\d{1,2}(?:st|nd|rd|th))\b", Strength.LISTED, _ordinal_day,
    ),
    Pattern("date.or_day", SpanType.DATE, r"\b\d{1,2}/\d{1,2} or (\d{1,2})\b", Strength.LISTED, _date),
    Pattern(
        "date.weekday_day", SpanType.DATE,
        rf"(?i)\b{WEEKDAY},?\s+(?:the\s+)?\d{{1,2}}(?:st|nd|rd|th)?\b", Strength.LISTED, _weekday_number,
    ),
    Pattern("date.feast", SpanType.DATE, rf"(?i)\b{FEAST}\b", Strength.LABELLED),
    Pattern(
        "date.other_calendar", SpanType.DATE,
        rf"(?i)\b\d{{1,2}}\s+{OTHER_MONTH}(?:\s+1[34]\d{{2}})?(?:\s+/\s+\d{{1,2}}\s+{MONTH}\s+\d{{4}})?", Strength.LABELLED,
    ),
    Pattern(
        "date.spoken", SpanType.DATE,
        rf"(?i)\b(?:{_ORDINAL_WORD}\s+(?:of\s+)?{MONTH}|{MONTH}\s+(?:the\s+)?{_ORDINAL_WORD})\b(?:,?\s+(?:twenty[ -]{_SPOKEN}|two thousand(?: and)? {_SPOKEN}))?",
        Strength.LABELLED,
    ),
    Pattern("date.dictated", SpanType.DATE, rf"(?i)\b(?:dictated|dated|date|on)\s+({_SPOKEN}\s+{_SPOKEN}\s+{_SPOKEN})\b", Strength.LISTED),
    Pattern("date.labelled8", SpanType.DATE, r"(?i)\b(?:dob|date|born)[: ]+((?:19|20)\d{6})\b", Strength.LABELLED),
    Pattern(
        "age.unit", SpanType.AGE_OVER_89,
        r"(?i)\b(\d{2,3})(?:\s?-?\s?(?:y/?o\b|yo[mf]?\b|y\.o\.|years?[ -]old|year-old|yrs?\b|years?\s+of\s+age)|\s?[mf]\b)", Strength.LABELLED, _old_age,
    ),
    Pattern(
        "age.before", SpanType.AGE_OVER_89,
        r"(?i)\b(?:aged?|turns?|turning|turned|reached|lived\s+to|age\s*:|age\s+of)\s+(\d{2,3})\b", Strength.LABELLED, _old_age,
    ),
    Pattern(
        "age.words", SpanType.AGE_OVER_89,
        rf"(?i)\b(?:is|aged?|turn(?:s|ed|ing)|at|a|an|reached|lived\s+to)\s+(ninety(?:[ -]{_ONES})?|(?:one|a)\s+hundred(?:\s+(?:and\s+)?{_SPOKEN})?)(?:\s*[-\s]years?|\s*[.,;]|\s+and\b|\s*$)",
        Strength.LISTED,
    ),
    Pattern(
        "phone.ten", SpanType.PHONE,
        r"(?:\+?1[-. ]?)?(?:\(\d{3}\)\s?|\b\d{3}[-. ])\d{3}[-. ]\d{4}\b(?:,?\s?(?:x|ext\.?|extension)\s?\d{1,6}\b)?", Strength.CHECKED, _phone,
    ),
    Pattern("phone.seven", SpanType.PHONE, r"(?i)\b\d{3}-\d{4}\b(?:,?\s?(?:x|ext\.?|extension)\s?\d{1,6}\b)?", Strength.LISTED, _short_phone),
    Pattern("phone.uk", SpanType.PHONE, r"\b0\d{2,4}[ -]\d{3,4}[ -]\d{3,4}\b", Strength.LABELLED, _phone),
    Pattern("phone.international", SpanType.PHONE, r"\+\d{1,3}[ .()-]*\d(?:[ .()-]*\d){6,12}\b", Strength.CHECKED, _phone),
    Pattern("phone.labelled", SpanType.PHONE, _PHONE_LABEL + r"[:#]*\s*(?:is\s+|at\s+|#\s*)?(\(?\d[\d().]*(?:[ -]?[\d().]+){1,5}\d)\b", Strength.LISTED,
            lambda text, start, end: _phone(text, start, end) and 4 <= sum(c.isdigit() for c in text[start:end]) <= 15
            and not _numeric(text, start, end) and not _UNIT_AFTER.match(text, end)),
    Pattern("phone.spoken", SpanType.PHONE, rf"(?i)\b((?:(?:{_ONES}|oh|zero|o)[ -]){{6,}}(?:{_ONES}|oh|zero|o))\b", Strength.LABELLED),
    Pattern("id.ssn", SpanType.ID, r"\d{3}-\d{2}-\d{4}", Strength.CHECKED, not_inside_number),
    Pattern("id.labelled", SpanType.ID, _LABEL + _VALUE, Strength.LABELLED, _code),
    Pattern("id.dash", SpanType.ID, r"(?i)\b((?:[a-z] )?dash \d+(?: dash \w+)*)\b", Strength.LABELLED),
    Pattern("id.mark", SpanType.ID, r"#\s?[A-Za-z0-9][A-Za-z0-9-]*\d[A-Za-z0-9-]*", Strength.LISTED, lambda text, start, end: _bare_code(text, start, end)),
    Pattern(
        "id.code", SpanType.ID,
        r"[A-Za-z]{1,6}[-/]?(?:[A-Za-z]{1,4}[-/])?\d[A-Za-z0-9]*(?:[-/.][A-Za-z0-9]+)*", Strength.LISTED, _bare_code,
    ),
    Pattern("id.code_dotted", SpanType.ID, r"\b[A-Z]{2,5}(?:\.\d{2,}){1,3}\b", Strength.LISTED, _bare_code),
    Pattern("id.code_mixed", SpanType.ID, r"\b\d+[-]?[A-Z]{1,5}[-]?\d{0,}(?:-[A-Za-z0-9]+)*\b", Strength.LISTED, _bare_code),
    Pattern("id.code_spaced", SpanType.ID, r"\b[A-Z]{2,4} \d{4,}(?:-\d+)?\b", Strength.SHAPED, _bare_code),
    Pattern("id.groups", SpanType.ID, r"\b\d{2,}(?:-\d{2,}){1,4}(?:-[A-Z]{1,4})?\b", Strength.LISTED, _digit_groups),
    Pattern("id.long", SpanType.ID, r"\b\d{7,}\b", Strength.LISTED, _long_number),
    Pattern("id.handle", SpanType.ID, r"(?i)\b(?:handle|username|user\s+name|screen\s+name|gamertag|instagram|twitter|tiktok|snapchat)\b[a-z ]{0,20}[: ]\s*(@?[a-z0-9._]*[0-9_][a-z0-9._]*[a-z0-9])", Strength.LABELLED),
    Pattern("id.plate", SpanType.ID, r"(?i:\b(?:plates?|license\s+plate|tag)\b)\s*(?:no\.?|number|#|:)?\s*([A-Z0-9]{1,4}[- ]?[A-Z0-9]{2,5})\b", Strength.LABELLED, _code),
    Pattern("profession.of", SpanType.PROFESSION, r"(?:\b(?:the|a|as|role as)\s+)((?:mayor|governor|sheriff|chief|principal cellist|conductor|headmaster|headmistress|superintendent|bishop|ambassador|only [a-z]+(?: [a-z]+)?|senator|congress(?:man|woman)|abbot|king|queen|chair(?:man|woman)?|captain)(?:\s+[a-z]+)?\s+(?:of|in|for)\s+(?:the\s+)?[A-Z][\w'-]+(?:\s+[A-Z][\w'-]+){0,4})", Strength.LABELLED),
)  # fmt: skip
