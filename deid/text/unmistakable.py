"""Dates that nobody can take for anything else, whatever stands around them.

A net under the language packs for notes in which no date may be left (HIPAA Safe Harbor): the
packs weigh context and miss some dates; here a day and a month, or a month and a year, are enough,
and so is a month behind a word of time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from deid.text.document import Document, Mention, SpanType, Strength

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_YEAR, _M, _D = r"(?:19|20)\d\d", r"(?:1[0-2]|0?[1-9])", r"(?:3[01]|[12]\d|0?[1-9])"
_NTH = r"(?:st|nd|rd|th)?"
_WHOLE = "January|February|March|April|May|June|July|August|September|October|November|December"
_NO_VERB = r"(?-i:(?!may\b|mar\b))"
_WEEKDAY = r"(?:[ ,，、（(]{0,2}(?:星期|周|礼拜)[一二三四五六日天])?"
_ZH_DAY = rf"{_M} ?月 ?{_D} ?[日号]?"
_FORMS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?<!\d){_YEAR}([-/.]){_M}\1{_D}(?!\d){_WEEKDAY}",
        rf"(?<!\d){_M}([-/.]){_D}\1(?:{_YEAR}|\d\d)(?![\d/])",
        rf"(?<!\d){_D}([-/.]){_M}\1{_YEAR}(?!\d)",
        rf"(?<!\d){_YEAR}-(?:0[1-9]|1[0-2])(?![\d-])",
        rf"(?<![\d/])(?:0[1-9]|1[0-2])/{_YEAR}(?!\d)",
        rf"\b{_D}{_NTH}[- ]?(?:of )?{_MONTH},? ?{_YEAR}(?!\d)",
        rf"\b{_D}{_NTH}[- ]?(?:of )?{_NO_VERB}{_MONTH}",
        rf"\b{_MONTH}[- ]?{_D}{_NTH},? ?{_YEAR}(?!\d)",
        rf"\b{_NO_VERB}{_MONTH}[- ]?{_D}{_NTH}\b",
        rf"\b{_MONTH},? (?:of )?{_YEAR}(?!\d)",
        rf"(?<!\d){_YEAR} {_MONTH}",
        rf"(?<!\d){_YEAR} ?年 ?{_M} ?月份?(?: ?{_D} ?[日号]?)?{_WEEKDAY}",
        # After a number too: figures and 月日 together can be nothing else.
        rf"{_M} ?月 ?{_D} ?[日号]",
        rf"(?<!\d){_M}月(?:份|起|底|初|[上中下]旬)",
        rf"\b(?:in|since|until|till|last|next|this|early|late|all|come|refill|before|after|around)"
        rf" (?P<date>(?-i:{_WHOLE}))\b(?! (?-i:[A-Z]))",
        rf"(?<!\d){_ZH_DAY}(?: ?[-~～—–至到] ?(?:{_ZH_DAY}|{_D} ?[日号]))?{_WEEKDAY}",
    )
)
_DETECTOR = "date.unmistakable"


def unmistakable_dates(document: Document) -> Iterator[Mention]:
    """Every such date of a note; they may overlap each other."""
    for form in _FORMS:
        for match in form.finditer(document.plain):
            start, end = match.span("date" if "date" in form.groupindex else 0)
            yield Mention(start, end, SpanType.DATE, Strength.CHECKED, _DETECTOR)
