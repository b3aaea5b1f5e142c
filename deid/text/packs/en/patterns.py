# ruff: noqa: E501 -- an expression or a word list is read whole
"""English patterns: ages over 89, telephone numbers and numbered identifiers, with those of dates.

What decides between a number of a person and of a result is what stands beside it; the checks
below read that.
"""

from __future__ import annotations

import re

from deid.text.document import SpanType, Strength
from deid.text.packs.en.dates import DATES, ONES, SPOKEN, is_dosing, is_numeric_date
from deid.text.packs.en.figured_days import UNIT_AFTER
from deid.text.packs.en.posts import PROFESSION, points_to_one
from deid.text.patterns import Pattern, not_inside_number, not_within_digits

_LABEL_WORD = re.compile(
    r"MRN|ID|SN|SSN|NO|DOB|ACC|PIN|NPI|DEA|FAX|TEL|ZIP|EMR|REF|ICD|CPT|DSM|RM|LOT|CSN|UR|URN|GMC|NMC|SIN|OHIP|RUN|DL|IR|CASE|FILE|UNIT|BAY|BED|ROOM"
    r"|POD|WARD|ICU|EXT|PGR|PH|FIN|HAR|ACCT|AUTH|HCN|PHN|CHI|NHS|MAP|CVP|LVEF|EF|SBP|DBP|BP|HR|INR|FIO|PEEP|TV|RVSP|MPAP|DISP|ENRT|ARR|ETA|AT|PT|NS|LR|DW|KUB|MCRN|AHPRA|WO|SO|PO"
    r"|ADM|ADMIT|DISCH|DC|DOD|DOS|DOE|DOI|FBS|RBS|BG|BS|CB|PCR|PHONE|CELL|SBP|MR|RTC|LMP|EDC|EDD|INC|WBC|PLT|RN|LPN|LVN|NP|MD"
)


def _old_age(text: str, start: int, end: int) -> bool:
    age = int(text[start:end])
    return 90 <= age <= 125 and not_within_digits(text, start, end) and text[end : end + 1] != "+"


def _lone_age(text: str, start: int, end: int) -> bool:
    """``Miss Ottie is 95``: not ``pulse was 95.``, which the word before tells."""
    subject = re.search(
        r"(\w+)(?:'s| (?:is|was))?(?: now| only| already)? $", text[max(0, start - 30) : start]
    )
    measured = subject is not None and _MEASURED.fullmatch(subject[1]) is not None
    return _old_age(text, start, end) and not measured


def _told_age(text: str, start: int, end: int) -> bool:
    """``will be 91 in the morning``: no percent, no minutes."""
    return not UNIT_AFTER.match(text, end) and not re.match(
        r"[/+:.-]?\d|\s?(?:min|sec|hours?|days?|weeks?|months?|over|degrees)\b|\s?[x/]|,? (?:percent|over|degrees|beats|systolic|per|mg|milligrams|units|pounds|miles|point)\b",
        text[end : end + 12],
    )


_MEASURED = re.compile(
    r"(?i)pulse|rate|hr|bp|sat|sats|spo2|sugar|glucose|bg|fbs|bs|systolic|diastolic|pressure|weight|wt|score|temp|"
    r"ef|inr|ldl|hdl|iq|percent|it|that|this|level|dose|total|count|height|mcv|map|fio2|peep|hb|hgb|hct|plt|plts|platelets|alb|albumin|cr|creatinine|na|sodium|alt|ast|alp|cl|chloride|iron|ferritin|psa|crp|esr|sao2|pa|etco2|loinc|ck|amylase|lipase|gfr|egfr|there|which|who"
)


def _phone(text: str, start: int, end: int) -> bool:
    if not not_inside_number(text, start, end):
        return False
    before = text[max(0, start - 1) : start]
    return not (before in {"-", "/", "."} or text[end : end + 2].lstrip("-/").isdigit())


def _short_phone(text: str, start: int, end: int) -> bool:
    return _phone(text, start, end) and not re.search(
        r"(?:#|no\.?|mrn|chart|id|acct|case) ?:?$", text[max(0, start - 7) : start], re.I
    )


def _spaced_phone(text: str, start: int, end: int) -> bool:
    """``sec. 555 0148``: no result beside a clock time, but for an exchange that no result is."""
    if text[start:end].startswith("555"):
        return _short_phone(text, start, end)
    return (
        _short_phone(text, start, end)
        and not _is_clock(text[end - 4 : end])
        and not UNIT_AFTER.match(text, end)
        and re.search(
            r"(?i)\b(?:sec|secretary|office|ring|rang|number|his|her|on|at)\b\W*$",
            text[max(0, start - 12) : start],
        )
        is not None
    )


def _paged(text: str, start: int, end: int) -> bool:
    return not_inside_number(text, start, end) and not UNIT_AFTER.match(text, end)


def _code(text: str, start: int, end: int) -> bool:
    """A labelled value: it has a digit and is no plain dose, score or date."""
    value = text[start:end]
    digits = sum(c.isdigit() for c in value)
    if digits < 2 or len(value) < 4:
        return False
    if re.fullmatch(r"\d{1,3}\.\d{1,2}", value):
        return False  # `Lhermitte no. ANC 2.2`, `T 98.6`
    if re.match(r"(?i)\d{1,3}(?:y/?o|yrs?|y[mf]?|[mf])$|cd\d+$", value):
        return False
    if re.fullmatch(r"\d{1,2}[/.-]\d{1,2}(?:[/.-]\d{2,4})?", value) or UNIT_AFTER.match(text, end):
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
    if re.match(
        r"(?:p\d{4}$|covid|sars|kt-?[12]000|icd|dsm|nct|pmid|iso|http|rs\d|chr|g\d+p\d)",
        value,
        re.IGNORECASE,
    ):
        return False
    spaced = re.fullmatch(r"([A-Z]+) (\d+)", value)
    led = re.match(r"([A-Z]+) \d", value)
    if led and _LABEL_WORD.fullmatch(led[1]):
        return False
    if re.search(r"(?i)\blots? ?(?:no\.?|number|#)?:? ?$", text[max(0, start - 14) : start]):
        return False  # of a vaccine or an implant, not of a person
    if spaced and (_LABEL_WORD.fullmatch(spaced[1]) or _is_clock(spaced[2])):
        return False  # the label of the number, or `DISP 0312`
    if re.fullmatch(r"[A-Za-z]+[-/ ]?(?:19|20)\d{2}", value):
        return False  # `ADA 2023`, `KDIGO-2021`
    if re.fullmatch(r"[A-Za-z]+ (?:19|20)\d{2}[-/.]\d{1,2}(?:[-/.]\d{1,2})?", value):
        return False  # `RTC 2023-12-29`: a date after a word in capitals
    return digits >= 4


def _is_clock(digits: str) -> bool:
    return len(digits) == 4 and digits.isdigit() and int(digits[:2]) < 24 and int(digits[2:]) < 60


def _digit_groups(text: str, start: int, end: int) -> bool:
    """``0077-3391``: not a range of results, of years, or of clock times."""
    if not not_inside_number(text, start, end) or UNIT_AFTER.match(text, end):
        return False
    if (start and text[start - 1] in "-/$") or text[end : end + 1] in {"-", "/"}:
        return False
    parts = re.findall(r"\d+", text[start:end])
    total = sum(map(len, parts))
    if len(parts) == 3 and (_is_day(*parts) or is_dosing(text, start, [int(p) for p in parts])):
        return False
    if len(parts) == 2:
        a, b = (int(p) for p in parts)
        same = len(parts[0]) == len(parts[1])
        years = 1900 <= a <= 2100 and (1900 <= b <= 2100 or b < 100)
        clock = same and all(map(_is_clock, parts))
        if (
            years
            or clock
            or (a < b and a % 25 == 0 and b % 25 == 0)
            or total < (6 if {len(p) for p in parts} == {2, 4} and b % 50 else 7)
        ):
            return False
    return total >= 6


def _is_day(year: str, month: str, day: str) -> bool:
    return 1900 <= int(year) <= 2100 and 1 <= int(month) <= 12 and 1 <= int(day) <= 31


def _long_number(text: str, start: int, end: int) -> bool:
    lot = re.search(r"(?i)\blot:? ?#?$", text[max(0, start - 6) : start])
    return not_inside_number(text, start, end) and not UNIT_AFTER.match(text, end) and not lot


def _labelled_groups(text: str, start: int, end: int) -> bool:
    """``71 40 226`` behind a label: its last group is no age, date or dose."""
    if not not_inside_number(text, start, end) or UNIT_AFTER.match(text, end):
        return False
    value = text[start:end]
    if sum(c.isdigit() for c in value) < 6 or re.match(
        r"(?i) ?(?:y/?o|yrs?|years?|[mf]\b|/\d|:\d)", text[end : end + 6]
    ):
        return False
    return not is_numeric_date(text, start, end) and not re.match(
        r"(?i)(?:rm|room|bed|ext|age|dob|on|and|to|at|for)\b", value
    )


def _member_groups(text: str, start: int, end: int) -> bool:
    """``PSM 5509 3127``: not a word in capitals before two clock times or two results."""
    letters, first, second = text[start:end].split(" ")[:3]
    if not not_inside_number(text, start, end) or UNIT_AFTER.match(text, end):
        return False
    if _LABEL_WORD.fullmatch(letters) or (_is_clock(first) and _is_clock(second)):
        return False
    return letters.casefold() not in {
        "hr",
        "bp",
        "rr",
        "wbc",
        "plt",
        "temp",
        "age",
        "wt",
        "uop",
        "ns",
        "lr",
        "ml",
        "cc",
        "am",
        "pm",
        "at",
        "on",
        "from",
        "to",
        "and",
    }


def _slashed(text: str, start: int, end: int) -> bool:
    """``CH338/18``, ``PS/24/1187``: not ``BP120/80``, nor ``T10/11``."""
    value = text[start:end]
    letters = re.match(r"[A-Z]+", value)[0]  # type: ignore[index]
    return (
        sum(c.isdigit() for c in value) >= 5
        and not_inside_number(text, start, end)
        and letters
        not in {
            "BP",
            "T",
            "L",
            "C",
            "S",
            "HR",
            "SBP",
            "P",
            "G",
            "NIBP",
            "ABP",
            "ART",
            "OD",
            "OS",
            "TDS",
            "PA",
            "RA",
            "CPAP",
            "BIPAP",
        }
    )


def _plate(text: str, start: int, end: int) -> bool:
    value = text[start:end]
    return (
        not_inside_number(text, start, end)
        and any(c.isdigit() for c in value)
        and any(c.isupper() for c in value)
    )


def _at_handle(text: str, start: int, end: int) -> bool:
    """``@angl.qz07``: a handle has a digit, a point or an underscore, or a word that tells it."""
    value = text[start:end]
    told = re.search(
        r"(?i)(?:insta(?:gram)?|twitter|tiktok|snap(?:chat)?|ig|fb|handle|venmo|discord|telegram|x)\W{0,3}$",
        text[max(0, start - 14) : start],
    )
    return bool(told) or any(c.isdigit() or c in "._" for c in value[1:])


_VALUE = (
    r"([A-Z]{2} \d{2} \d{2} \d{2} [A-Z]\b|#?(?:[A-Za-z]{1,6}(?:[-./]|[-./][A-Za-z]{1,5}[-./])?|[A-Z]{1,6} )\d[A-Za-z0-9]*(?:[-./][A-Za-z0-9]+)*"
    r"|#?\d[A-Za-z0-9]*(?:[-./][A-Za-z0-9]+)*)"
)
_LABEL = (
    r"(?i:\b(?:mrn|medical\s+record|med\s+rec|chart|file|acct|account|accession|acc|case|claim|policy|member|insurance|"
    r"subscriber|group\s+id|hicn|nhs|ni|pan|emr|site\s+id|reg|registration|licen[cs]e|lic|dl|driver'?s\s+licen[cs]e|badge|serial|ser|sn|s/n|plate|"
    r"tag|order|docket|passport|record|patient\s+id|pt\s+id|employee\s+id|encounter|specimen|national\s+id|(?:practice|hospital|hosp|unit|visit|run)\.?\s+(?:no\.?|number|id|#)|"
    r"id|ssn|social\s+security|soc\.?\s+sec\.?|npi|dea|vin|study\s+id|mbi|medicare|medicaid|ref|reference|confirmation|invoice|sample|booking|ticket|account|"
    r"band|bracelet|wristband|kit|asset|fin|csn|har|ur|urn|sin|ohip|ramq|curp|aadhaar|abha|cpf|dni|pesel|nino|chi|hcn|phn|inmate|tracking|barcode|imei|"
    r"wcb|auth(?:orization)?|prior\s+auth|gmc|nmc|mcrn|ahpra|device|pacer\s+card|card|proxy|locker|voucher|permit|warrant|employee|emp|student|jacket|prontuario|expediente)\b)"
    r"(?i:\s*(?:number|num\b|no\b\.?|id\b|nbr|code|card|says))?\s*[#.]*\s*(?:[:=#|]|is\b)?\s*"
)
_GROUPS = r"((?:[A-Za-z]{1,5}[ -]?)?\d{2,6}(?:[ -]\d{2,6}){1,4}(?:[A-EG-LN-Z]\b| [A-Z]\b)?)"
_PHONE_LABEL = (
    r"(?i:\b(?:page\s+me\s+at|pagers?|pgr|bleep|beeper|ext(?:ension)?\b\.?|fax|ph|tel(?:ephone)?|phone|cell|mobile|call"
    r"(?:\s*back)?|callback|text|desk|contact|call\s+(?:me|us|her|him)\s+at|reach(?:ed)?\s+at|home|work|hotline|direct|whatsapp|viber|voicemail|vm|sms|signal))"
)

PATTERNS = (
    *DATES,
    Pattern(
        "age.unit", SpanType.AGE_OVER_89,
        r"(?i)\b(\d{2,3})(?:\s?-?\s?(?:y/?o\b|yo[mf]?\b|y\.o\.|years?[ -]old|year-old|yrs?\b|years?\s+of\s+age)|\s?[mf]\b)", Strength.LABELLED, _old_age,
    ),
    Pattern(
        "age.before", SpanType.AGE_OVER_89,
        r"(?i)\b(?:aged?|turns?|turning|turned|reached|lived\s+to|age\s*:|age\s+of)\s+(\d{2,3})\b", Strength.LABELLED, _old_age,
    ),
    Pattern("age.apposed", SpanType.AGE_OVER_89, r"[A-Z][\p{Ll}'’-]+,? \(?(9\d|10\d)(?:,|\)| as of\b| today\b| this\b| hoy\b)", Strength.LISTED, _lone_age),
    Pattern("age.behind_name", SpanType.AGE_OVER_89, r"[A-Z][a-z'’-]+(?:, [A-Z]\.?|\)) ?(?:,? )?\(?(9\d|10\d)(?:\)|,| (?:last|this|next|in|now)\b)", Strength.LISTED, _lone_age),
    Pattern("age.hoped", SpanType.AGE_OVER_89, r"(?i)\b(?:(?:hopes?|wants?|plans?|determined|going) to (?:reach|see|make|be)|make it to|live(?:s|d)? to(?: be)?|(?:keep|keeps|keeping) (?:him|her|them|me) (?:here |alive )?to|(?:until|till) (?:he|she)(?:'s| is)) (9\d|1[01]\d)\b", Strength.LISTED, _told_age),
    Pattern("age.ending", SpanType.AGE_OVER_89, r"(?:[A-Z][a-z]+|sister|brother|husband|wife|mother|father|aunt|uncle|friend|neighbor), (9\d|10\d)[.;](?:\s|$)", Strength.LISTED, _lone_age),
    Pattern("age.birthday", SpanType.AGE_OVER_89, r"(?i)\b((?:9\d|1[01]\d)(?:st|nd|rd|th)|ninet(?:y[ -](?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth)|ieth)|hundredth) (?:birthday|b-?day|bday)\b", Strength.LABELLED),
    Pattern("age.sex", SpanType.AGE_OVER_89, r"\b[FMfm]\s?/\s?(9\d|10\d)\b|\b(9\d|10\d)\s?/\s?[FMfm]\b|\b(9\d|10\d)\s?-?\s?(?i:yr|y/?o|yo[fm]|woman|man|lady|gentleman|male|female)\b|\b(?i:age|aged|ages)\W{1,3}(9\d|10\d)\b", Strength.LABELLED, not_within_digits),
    Pattern("age.sex_apart", SpanType.AGE_OVER_89, r"(?:^|[\s|(])[FM][,;]?\s{1,6}(9\d|10\d)(?:[,;|)\n]|\s{2,}|$)|\b(9\d|10\d),?\s{1,6}[FM](?:[,;|)\n]|\s{2,}|$)", Strength.LISTED, not_within_digits),
    Pattern("age.named", SpanType.AGE_OVER_89, r"(?i)\b(?:mr|mrs|ms|miss)\.? [\w'-]+ (9\d|10\d)\b", Strength.LISTED, _old_age),
    Pattern("age.will_be", SpanType.AGE_OVER_89, rf"(?i)\b(?:(?:will|would|he'll|she'll|to) be|she'll be|turn(?:s|ed|ing)?|nearly|almost|just|at age|to age|age|aged) (9\d|10\d|ninety[ -]{ONES}|ninety)\b", Strength.LISTED, _told_age),
    Pattern("age.decade", SpanType.AGE_OVER_89, r"(?i)\b(nonagenarian|(?:super)?centenarian|in (?:his|her|their) (?:early |mid[- ]|late )?(?:nineties|90s|90's))\b", Strength.LISTED),
    Pattern("age.words_near", SpanType.AGE_OVER_89, rf"(?i)(?:\b(?:is|was|at|aged?|be|she's|he's|now|turn(?:s|ed|ing)?|nearly|almost|reached|person of|age of)|,) (ninety[ -]{ONES}|(?:a|one) hundred(?: and (?:{ONES}|ten))?)\b", Strength.LISTED, _told_age),
    Pattern("age.words_old", SpanType.AGE_OVER_89, rf"(?i)\b(ninety(?:[ -]{ONES})?|(?:one |a )?hundred(?: and)?(?: {ONES})?)[ -](?:years?|yrs?)[ -](?:old|of age)\b", Strength.LABELLED),
    Pattern(
        "age.is", SpanType.AGE_OVER_89,
        r"(?i)\b(?:(?:s?he|mom|dad|mother|father|patient|pt|[A-Z][a-z]+) (?:is|was)(?: now| only| already)?|(?:s?he|who)'s(?: now)?|now|nearly|almost) (\d{2,3})(?:[.,;!]|\s+(?:and|but|now|this|next|in (?:january|february|march|april|may|june|july|august|september|october|november|december))\b|\s*$)",
        Strength.LISTED, _lone_age,
    ),
    Pattern(
        "age.words", SpanType.AGE_OVER_89,
        rf"(?i)\b(?:is|aged?|turn(?:s|ed|ing)|at|a|an|reached|lived\s+to)\s+(ninety(?:[ -]{ONES})?|(?:one|a)\s+hundred(?:\s+(?:and\s+)?{SPOKEN})?)(?:\s*[-\s]years?|\s*[.,;]|\s+and\b|\s*$)",
        Strength.LISTED,
    ),
    Pattern(
        "phone.ten", SpanType.PHONE,
        r"(?:\+?1[-. ]?)?(?:\(\d{3}\)[\s/]?|\b\d{3}[-./ ])\d{3}[-. ]\d{4}(?:,?\s?(?i:x|ext\.?|extension)\s?\d{1,6}\b|\b)|\b[2-9]\d{9}(?i:x|\s?ext\.?\s?)\d{1,6}\b", Strength.CHECKED, _phone,
    ),
    Pattern("phone.seven", SpanType.PHONE, r"(?i)\b\d{3}-\d{4}(?:,?\s?(?:x|ext\.?|extension)\s?\d{1,6}\b|\b)", Strength.LISTED, _short_phone),
    Pattern("phone.spaced_seven", SpanType.PHONE, r"(?:^|[^\d\s/.-]\.?[ \n]*)([2-9]\d{2}[ .]\d{4})(?:[\s,;)]|\.(?:\s|$)|$)", Strength.LISTED, _spaced_phone),
    Pattern("phone.bracketed", SpanType.PHONE, r"\(0\d{1,4}\)[ -]?\d{3,4}[ -]?\d{3,4}\b", Strength.CHECKED),
    Pattern("phone.extension", SpanType.PHONE, r"(?i)\b(?:call|text|reach|contact|page) (?:me|us|her|him|back)?(?: at| on)? ?(?:x|ext\.?|extension) ?(\d{3,6})\b", Strength.LABELLED),
    Pattern("phone.mobile", SpanType.PHONE, r"\b0\d{4} ?\d{3} ?\d{3}\b", Strength.LISTED, _phone),
    Pattern("phone.uk", SpanType.PHONE, r"\b0\d{2,4}[ -]\d{3,4}[ -]\d{3,4}\b", Strength.LABELLED, _phone),
    Pattern("phone.international", SpanType.PHONE, r"\+\d{1,3}[ .()-]*\d(?:[ .()-]*\d){6,12}\b", Strength.CHECKED, _phone),
    Pattern("phone.labelled", SpanType.PHONE, _PHONE_LABEL + r"[:#]*\s*(?:is\s+|at\s+|#\s*)?(\(?\d[\d().]*(?:[ -]?[\d().]+){1,5}\d)\b", Strength.LISTED,
            lambda text, start, end: _phone(text, start, end) and 4 <= sum(c.isdigit() for c in text[start:end]) <= 15
            and not is_numeric_date(text, start, end) and not (_is_clock(text[start:end]) and re.search(r"(?i)call(?:\s*back)?\W*$|work\W*$|home\W*$", text[max(0, start - 12):start])) and not UNIT_AFTER.match(text, end)),
    Pattern("phone.paged", SpanType.PHONE, r"(?i)\b(?:bleep|bleeps|pager|pgr|beeper|ext|extension|voalte|vocera|ascom|spectralink|dect|local|page (?:me|us|him|her|them)(?: at| on)?)\b\.?[ #:]{1,3}(\d[\d-]{0,8}\d|\d{2,6})\b", Strength.LABELLED, _paged),
    Pattern("phone.local", SpanType.PHONE, r"(?i)\d{4},? (?:local|ext\.?|x|extension) ?(\d{1,5})\b", Strength.LABELLED),
    Pattern("phone.x", SpanType.PHONE, r"\b[xX] ?(\d-\d{3,4}|\d{4,5})\b", Strength.LISTED, lambda text, start, end: not UNIT_AFTER.match(text, end)),
    Pattern("phone.x_behind_name", SpanType.PHONE, r"\b[A-Z][a-z]+ x ?(\d{3,5})(?:[.,;)\n]|$)", Strength.LISTED),
    Pattern("phone.landline", SpanType.PHONE, r"\b(?:0[1-9] \d{4} \d{4}|0\d(?:[ .]\d{2}){4}|\d{5} \d{5,6}|1[38]00 \d{3} \d{3}|0\d{3} \d{3} \d{3,4}|0\d{2} \d{3} \d{4})\b", Strength.LISTED, _phone),
    Pattern("phone.spoken", SpanType.PHONE, rf"(?i)\b((?:(?:{ONES}|oh|zero|o)[ -]){{6,}}(?:{ONES}|oh|zero|o))\b", Strength.LABELLED),
    Pattern("id.ssn", SpanType.ID, r"\d{3}-\d{2}-\d{4}", Strength.CHECKED, not_inside_number),
    Pattern("id.labelled", SpanType.ID, _LABEL + _VALUE, Strength.LABELLED, _code),
    Pattern("id.labelled_letters", SpanType.ID, _LABEL + r"([A-Z][A-Z0-9]*(?:-[A-Z0-9]+){1,3})\b", Strength.LABELLED, _code),
    Pattern("id.labelled_groups", SpanType.ID, _LABEL + _GROUPS, Strength.LABELLED, _labelled_groups),
    Pattern("id.docket", SpanType.ID, r"(?i:\b(?:docket|case|cause|court|warrant|citation)(?: (?:no|number|file)\b\.?)?[ :#]{1,3})(\d{2}[A-Z]{2,4} \d{3,7})\b", Strength.LABELLED),
    Pattern("id.insured_group", SpanType.ID, r"(?i:\b(?:group|grp)(?: (?:no|number|id)\b\.?)?(?:: {0,3}| ?# ?| {1,2}))(\d{1,5}-[A-Z]\b|[A-Z]{1,3}-?\d{3,6})\b", Strength.LISTED),
    Pattern("id.tagged_handle", SpanType.ID, r"(?:^|[\s:(])([A-Za-z][\w.]{1,30}#\d{4})\b", Strength.LABELLED),
    Pattern("id.member_groups", SpanType.ID, r"\b([A-Z]{2,5} [A-Z]?\d{3,5} \d{4}(?: [A-Z]\b)?)", Strength.LISTED, _member_groups),
    Pattern("id.letter_groups", SpanType.ID, r"\b([A-Z]{1,3} \d{3} \d{3,4}|[A-Z]{2,4} \d{5,7} [A-Z])\b", Strength.LISTED, _member_groups),
    Pattern("id.plate_groups", SpanType.ID, r"(?i)\b(?:plates?|tag|vehicle|car|truck|van|suv|sedan|registration|reg|licen[cs]e)\b[ ,:#]{1,3}(\d[A-Z0-9]{1,3} \d{3}|\d{3} [A-Z]{3}|[A-Z]{2,3} \d{3,4}|[A-Z]{2}\d{2} [A-Z]{3}|[A-Z]{3}-?\d{3,4})\b", Strength.LABELLED, _plate),
    Pattern("id.at_handle", SpanType.ID, r"(?:^|[\s(:])(@[A-Za-z][\w.-]*[\w])", Strength.LISTED, _at_handle),
    Pattern("id.any_number", SpanType.ID, r"(?i:(?:\b(?:no\.|nr\.?|num(?:ber)?\b|id\b|pin\b|(?:gate|door|access|entry|lock|alarm|key ?safe|safe) code\b|lock ?box\b|key ?safe\b|combo\b|passcode\b|password\b)))\s?[:#]?\s{0,2}" + _VALUE, Strength.LISTED, _code),
    Pattern("id.slashed", SpanType.ID, r"\b[A-Z]{1,5}[/-]?\d{1,6}/\d{2,6}(?:/[A-Z0-9]{1,6})*\b|\b[A-Z]{2,5}/\d{2,4}/\d{2,6}\b", Strength.LISTED, _slashed),
    Pattern("id.reference", SpanType.ID, r"(?i:\bref:? ?)[A-Z]{2,4}/[A-Za-z]{2,3}/([A-Z]{0,4}\d[\w/-]*)", Strength.LABELLED),
    Pattern("id.spoken", SpanType.ID, rf"(?i)\b(?:chart|record|mrn|account|case|file|member|policy|number)(?: number| no| id)?(?: is)? ((?:[a-z] ){{0,3}}(?:{SPOKEN}|oh|zero)(?: (?:{SPOKEN}|oh|zero|dash)){{3,}})\b", Strength.LABELLED),
    Pattern("id.colon", SpanType.ID, r"\b[A-Z]{1,3}-?\d{2}[:-]\d{4,6}\b", Strength.LISTED),
    Pattern("id.interpreter", SpanType.ID, r"(?i)\binterp(?:reter)?\.?(?: id| no\.?)?[ :#]*((?:[a-z]{1,3}-?)?\d{4,8})\b", Strength.LABELLED),
    Pattern("id.serial", SpanType.ID, r"(?i)\b(?:s/n|sn|serial|ser)\b\.?(?: no\.?| number)?[ :#]{1,3}([a-z]{0,3}\d[\da-z]*(?:[ -]\d[\da-z]*){0,4})", Strength.LABELLED, _code),
    Pattern("id.entry_code", SpanType.ID, r"(?i)\b(?:line|access|door|gate|pin|entry|language) code:? (\d{4,8})\b", Strength.LABELLED),
    Pattern("id.licence_groups", SpanType.ID, r"\b([A-Z] ?\d{3}(?:[ -]\d{3}){2,4})\b", Strength.LISTED, not_inside_number),
    Pattern("id.spaced_groups", SpanType.ID, r"\b[A-Z]{1,4} \d{2,}(?:-\d{2,})+\b", Strength.LISTED, _bare_code),
    Pattern("id.dash", SpanType.ID, r"(?i)\b((?:[a-z] )?dash \d+(?: dash \w+)*)\b", Strength.LABELLED),
    Pattern("id.mark", SpanType.ID, r"#\s?[A-Za-z0-9][A-Za-z0-9-]*\d[A-Za-z0-9-]*", Strength.LISTED, lambda text, start, end: _bare_code(text, start, end)),
    Pattern(
        "id.code", SpanType.ID,
        r"[A-Za-z]{1,6}[-/]?(?:[A-Za-z]{1,4}[-/])?\d[A-Za-z0-9]*(?:[-/.][A-Za-z0-9]+)*", Strength.LISTED, _bare_code,
    ),
    Pattern("id.code_dotted", SpanType.ID, r"\b[A-Z]{2,5}(?:\.\d{2,}){1,3}\b", Strength.LISTED, _bare_code),
    Pattern("id.code_mixed", SpanType.ID, r"\b\d+[-]?[A-Z]{1,5}[-]?\d{0,}(?:-[A-Za-z0-9]+)*\b", Strength.LISTED, _bare_code),
    Pattern("id.code_spaced", SpanType.ID, r"\b[A-Z]{2,4} \d{4,}(?:-\d+)?\b", Strength.SHAPED, _bare_code),
    Pattern("id.groups", SpanType.ID, r"\b\d{2,}(?:-\d{2,}){1,4}(?:-(?:[A-Z]{1,4}|\d))?\b", Strength.LISTED, _digit_groups),
    Pattern("id.long", SpanType.ID, r"\b\d{7,}\b", Strength.LISTED, _long_number),
    Pattern("id.handle", SpanType.ID, r"(?i)\b(?:handle|username|user\s+name|(?:family|group) chat|screen\s+name|gamertag|insta|instagram|twitter|tiktok|snapchat|facebook|fb|linkedin|reddit|discord|venmo|telegram|skype|cash ?app|xbox|psn|snap|steam|roblox|twitch|(?:games|plays|streams|posts) as|goes by online)\b[a-z ]{0,20}[: ]\s*(@?[a-z0-9._]*[0-9_.][a-z0-9._]*[a-z0-9])", Strength.LABELLED),
    Pattern("id.user_path", SpanType.ID, r"(?:^|[\s(:])(u/[A-Za-z][\w-]{2,30})\b", Strength.LABELLED),
    Pattern("id.plate", SpanType.ID, r"(?i:\b(?:plates?|license\s+plate|tag)\b)\s*(?:no\.?|number|#|:)?\s*([A-Z0-9]{1,4}[- ]?[A-Z0-9]{2,5})\b", Strength.LABELLED, _code),
    Pattern("profession.of", SpanType.PROFESSION, PROFESSION, Strength.LABELLED, points_to_one),
)  # fmt: skip
