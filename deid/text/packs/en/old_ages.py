# ruff: noqa: E501 -- an expression is read whole
"""Ages over 89 in English notes: of relatives, beside a sex, after what is said of a life."""

from __future__ import annotations

import re

from deid.text.document import SpanType, Strength
from deid.text.patterns import Pattern, not_within_digits

_ONES = r"(?:one|two|three|four|five|six|seven|eight|nine)"
_OLD = rf"9\d|1[01]\d|(?i:ninety(?:[ -]{_ONES})?|(?:one |a )?hundred(?:(?: and)? {_ONES})?)"
_RELATED = (
    r"(?i:\b(?:mother|father|mom|mum|mam|dad|papa|grandmother|grandfather|grandma|grandpa|gran|nana|granny|mgm|mgf|pgm|pgf|"
    r"husband|wife|spouse|partner|brother|sister|aunt|auntie|uncle|cousin|neighbou?r|friend|roommate|widow|widower|"
    r"great-grandmother|great-aunt|patient|pt)\b)"
)
_LIFE = (
    r"(?:now|age|aged|is|was|alive|living|lives|well|healthy|a&w|also|still|who|lived|died|d\.?|dec(?:eased)?\.?|passed|away|"
    r"at|to|past|of|in|her|his|their|the|turned|reached|and|made|it)"
)
_UNIT = re.compile(
    r"\s?(?:%|(?:mg|mcg|µg|g|kg|lbs?|ml|l|cc|mm|cm|units?|bpm|mmhg|degrees?|percent|months?|weeks?|wks?|mos?|days?|hours?|hrs?|"
    r"minutes?|min|feet|ft|steps|meters|miles|on (?:room air|ra|\d))\b)",
    re.IGNORECASE,
)
_MEASURED = re.compile(
    r"(?i)pulse|rate|hr|bp|sat|sats|spo2|o2|sugar|glucose|bg|fbs|bs|cbg|systolic|diastolic|pressure|weight|wt|score|temp|t|ef|"
    r"inr|ldl|hdl|iq|percent|it|that|this|level|levels|dose|total|count|height|mcv|map|fio2|peep|gfr|egfr|there|which|rr|ph|"
    r"na|k|cr|bun|plt|platelets|stable|titrated|held|set|kept|goal|target|maintained|down|up|fell|dropped"
)


def _told(text: str, start: int, end: int) -> bool:
    """A number of years, and nothing that is measured."""
    found = text[start:end]
    if found.isdigit() and not (90 <= int(found) <= 119 and not_within_digits(text, start, end)):
        return False
    number_goes_on = text[end : end + 1] in {"/", "-"} or re.match(r"\.\d", text[end : end + 2])
    return not number_goes_on and not _UNIT.match(text, end)


def _said(text: str, start: int, end: int) -> bool:
    """``she will be ninety``: whoever it is said of is no pulse."""
    before = re.search(
        r"(\w+)(?:'s)?(?: (?:will be|is|was|now|nearly|almost|just|only|past|at|already|still|alive))* $",
        text[max(0, start - 48) : start],
    )
    subject = before[1] if before else ""
    return _told(text, start, end) and _MEASURED.fullmatch(subject) is None


def _sexed(text: str, start: int, end: int) -> bool:
    return _told(text, start, end) or text[end : end + 2].casefold() in {"/f", "/m"}


OLD_AGES = (
    Pattern("age.beside_sex", SpanType.AGE_OVER_89, r"\b[FM]\s?/?\s?(9\d|10\d)\b|\b(9\d|10\d)\s?/\s?[FMfm]\b|\b(9\d|10\d)(?i:\s?-?\s?(?:y/?o|yo[fm]|y-o|yrs?\.?\s?[mf]?|y\.?\s?[mf]?|[- ]?years?[ -]young|y(?:ear)?s? old|woman|man|lady|gentleman|male|female))\b|\b(?i:ages?|aged)\W{0,3}(9\d|10\d)[Yy]?\b", Strength.LABELLED, _sexed),
    Pattern("age.of_kin", SpanType.AGE_OVER_89, rf"{_RELATED}(?i:[ ,(:]{{1,3}}(?:{_LIFE}[ ,]{{1,2}}){{0,5}})({_OLD})\b", Strength.LABELLED, _said),
    Pattern("age.reached", SpanType.AGE_OVER_89, rf"(?i:\b(?:turns?|turning|turned|reached|reaching|approaching|pushing|lived (?:to|past|until|till)|(?:died|dies|passed|passed away|alive|resident|living) at|at (?:the )?age(?: of)?|aged)) ({_OLD})\b", Strength.LABELLED, _told),
    Pattern("age.said", SpanType.AGE_OVER_89, rf"(?i:\b(?:will be|is|was|now|nearly|almost|past|(?:s?he|who)'s)(?: now| only| already| just| nearly| almost)?) ({_OLD})(?:[.,;!?)]| (?:and|but|now|this|next|in|soon|today|tomorrow|when|with) |\s*\n|\s*$| (?:as of|years)\b)", Strength.LISTED, _said),
    Pattern("age.apposed", SpanType.AGE_OVER_89, r"\b\p{Lu}[\p{Ll}'-]+, (9\d|10\d)(?:, [a-z]|,? \(|; [a-z]|\.(?:\s|$))", Strength.LISTED, _told),
    Pattern("age.after_name", SpanType.AGE_OVER_89, r"(?im)^ {0,3}(?:(?:pt|patient|re|resident|mr|mrs|ms|miss)\b[.:]? )?[a-z'-]+(?: [a-z'-]+){1,2}, (9\d|10\d)(?:,|;| [a-z])", Strength.LISTED, _told),
    Pattern("age.bracketed", SpanType.AGE_OVER_89, r"\((9\d|10\d) ?y(?:rs?|/?o)?\)", Strength.LABELLED),
)  # fmt: skip
