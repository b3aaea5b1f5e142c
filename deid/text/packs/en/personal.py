# ruff: noqa: E501 -- an expression is read whole
"""What tells a patient's age: labels of a birth date, years of birth, and ages under 90."""

from __future__ import annotations

import re

from deid.text.document import SpanType, Strength
from deid.text.packs.en.lexicon import english_words
from deid.text.patterns import Pattern, PatternAnnotator, not_inside_number, not_within_digits
from deid.text.words import longest_first

_ONES = r"(?:one|two|three|four|five|six|seven|eight|nine)"
_SPELT = rf"(?:(?:twenty|thirty|forty|fifty|sixty|seventy|eighty)(?:[ -]{_ONES})?|ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen|{_ONES})"
_LABEL = re.compile(
    r"(?:\b(?:d\.?o\.?b\.?|date\s+of\s+birth|birth\s?date|birthday|born(?:\s+(?:on|in))?|b\.)\s*(?:is\b|was\b)?[\s:=(-]*)$",
    re.IGNORECASE,
)
_NOT_PATIENT = longest_first(
    english_words("kin.txt") | {"newborn", "infant", "twins", "child", "children", "grandchild"}
)
_KIN = re.compile(r"\b(?:" + "|".join(map(re.escape, _NOT_PATIENT)) + r")\b", re.IGNORECASE)
_SENTENCE = re.compile(r"[.;!?]\s|\n")
_REACH = 48
_TUBE = re.compile(r"(?:foley|catheter|tube|drain|needle|temp\w*|\bT)\s*:?\s*$", re.IGNORECASE)


def of_relative(plain: str, start: int) -> bool:
    """Whether the sentence so far speaks of a relative."""
    before = _SENTENCE.split(plain[max(0, start - _REACH) : start])[-1]
    return _KIN.search(before) is not None


def says_birth(plain: str, start: int, end: int) -> bool:
    """Whether a label of a birth date stands before this date, and nobody else's."""
    label = _LABEL.search(plain, max(0, start - 32), start)
    return label is not None and not of_relative(plain, label.start())


def _birth_year(plain: str, start: int, end: int) -> bool:
    return not_inside_number(plain, start, end) and not of_relative(plain, start)


def _age(plain: str, start: int, end: int) -> bool:
    if not not_within_digits(plain, start, end) or plain[start - 1 : start] in {"-", "<", ">", "~"}:
        return False
    number = re.match(r"\d+", plain[start:end])
    if number and int(number[0]) >= 90 and number[0] == plain[start:end]:
        return False
    return not of_relative(plain, start)


def _sexed(plain: str, start: int, end: int) -> bool:
    """``64M``: not a catheter of 16 F, nor a temperature."""
    return _age(plain, start, end) and not _TUBE.search(plain[max(0, start - 16) : start])


BIRTH_YEARS = PatternAnnotator(
    "en.birth_years",
    (
        Pattern("birth.year", SpanType.DATE, r"(?i)\b(?:born(?:\s+in)?|year\s+of\s+birth|birth\s+year|yob|dob|d\.o\.b\.)[\s:=]*((?:19|20)\d{2})\b", Strength.LABELLED, _birth_year),
    ),
)  # fmt: skip
AGES = PatternAnnotator(
    "en.ages",
    (
        Pattern("age.years", SpanType.AGE, r"(?i)\b(\d{1,2})\s?-?\s?(?:y/?o\b|yo[mfw]?\b|y\.o\.|(?:years?|yrs?)[ -]?old\b|years?\s+of\s+age\b)", Strength.LABELLED, _age),
        Pattern("age.labelled", SpanType.AGE, r"(?i)\b(?:aged?|age\s*[:=]|age\s+of|age\s*/\s*sex\s*[:=]?|turn(?:s|ed|ing))\s*(\d{1,2})\b", Strength.LABELLED, _age),
        Pattern("age.sex", SpanType.AGE, r"\b(\d{1,2}) ?(?:[MF]|male|female)(?:[,;/)]| (?:with|w/|here|who|presents?|presenting|c/o|pt|patient|comes|seen|for)\b)", Strength.LISTED, _sexed),
        Pattern("age.after_sex", SpanType.AGE, r"(?:^|[\s(])(?:[MF]|[mf]|male|female),? (\d{1,2})[,;)]", Strength.LISTED, _age),
        Pattern("age.named", SpanType.AGE, r"\b[A-Z][a-z'’-]+ (?:[A-Z]\. )?[A-Z][A-Za-z'’-]+, (\d{1,2})(?:[.,;]|\s*$)", Strength.LISTED, _age),
        Pattern("age.spelt", SpanType.AGE, rf"(?i)\b({_SPELT})[ -]years?[ -](?:old|of\s+age)\b", Strength.LABELLED, _age),
        Pattern("age.small", SpanType.AGE, r"(?i)\b(\d{1,3}[ -]?(?:months?|mos?|weeks?|wks?|days?))[ -]?old\b", Strength.LABELLED, _age),
    ),
)  # fmt: skip
