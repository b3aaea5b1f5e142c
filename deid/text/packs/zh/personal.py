# ruff: noqa: E501 -- an expression is read whole
"""What tells a patient's age: labels of a birth date, years of birth, and ages under 90."""

from __future__ import annotations

import re

from deid.text.document import SpanType, Strength
from deid.text.packs.zh.lexicon import KIN
from deid.text.patterns import Pattern, PatternAnnotator
from deid.text.words import longest_first

_LABEL = re.compile(r"(?:出生日期|出生年月日?|出生时间|出生|生日|生于)(?:[为是在于])?[ ::]*$")
_AFTER = re.compile(r"^(?:出生|生人|生(?![产命活化长殖理]))")
_KIN = re.compile("|".join(longest_first({k for k in KIN if len(k) > 1} | {"新生儿", "孩子"})))
_CLAUSE = re.compile(r"[。；;\n]")
_REACH = 24
_RANGE_AFTER = re.compile(r"^(?:以[上下内前后]|[-~～至—]\d)")


def of_relative(plain: str, start: int) -> bool:
    """Whether the clause so far speaks of a relative."""
    before = _CLAUSE.split(plain[max(0, start - _REACH) : start])[-1]
    return _KIN.search(before) is not None


def says_birth(plain: str, start: int, end: int) -> bool:
    """Whether a label stands before this date, or 出生 after it, and nobody else's."""
    label = _LABEL.search(plain, max(0, start - 12), start)
    if label is None and not _AFTER.match(plain[end : end + 2]):
        return False
    return not of_relative(plain, label.start() if label else start)


def _age(plain: str, start: int, end: int) -> bool:
    if start and (plain[start - 1] in "-~～至—.<>≥≤〈" or plain[start - 1].isdigit()):
        return False
    if start and plain[start - 1] in "一二三四五六七八九十百第":
        return False
    return not _RANGE_AFTER.match(plain[end : end + 3]) and not of_relative(plain, start)


def _birth_year(plain: str, start: int, end: int) -> bool:
    return not (start and plain[start - 1].isdigit()) and not of_relative(plain, start)


BIRTH_YEARS = PatternAnnotator(
    "zh.birth_years",
    (
        Pattern("zh.birth.year", SpanType.DATE, r"((?:19|20)\d{2} ?年)(?:出生|生人|生[,，。；\s])", Strength.LABELLED, _birth_year),
        Pattern("zh.birth.labelled", SpanType.DATE, r"(?:出生于|生于|出生年份?[:：]?)\s?((?:19|20)\d{2} ?年?)(?:[,，。；\s]|$)", Strength.LABELLED, _birth_year),
    ),
)  # fmt: skip
AGES = PatternAnnotator(
    "zh.ages",
    (
        Pattern("zh.age.years", SpanType.AGE, r"[1-8]?\d ?周?岁", Strength.LABELLED, _age),
        Pattern("zh.age.numeral", SpanType.AGE, r"(?:[二三四五六七八]?十[一二三四五六七八九]?|[一二三四五六七八九])周?岁", Strength.LABELLED, _age),
        Pattern("zh.age.label", SpanType.AGE, r"年龄[:：]?\s?([1-8]?\d)(?:[^\d岁]|$)", Strength.LABELLED, _age),
        Pattern("zh.age.months", SpanType.AGE, r"\d{1,2} ?(?:个月龄|月龄|个月大)", Strength.LABELLED, _age),
    ),
)  # fmt: skip
