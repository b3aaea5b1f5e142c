"""Patterns of what must not stand in a case: contact details, numbers of a person, calendar dates.

A release's notes are scrubbed, so that what still matches is a surrogate or a miss. Neither teaches
anything: a draft leaves the sentence out, and the check before publishing refuses it.
"""

from __future__ import annotations

import re
from functools import cache

IDENTIFIERS: dict[str, str] = {
    "an e-mail address": r"[\w.+-]+@[\w-]+\.[\w.]+",
    "a web address": r"\bhttps?://|\bwww\.\w",
    "a Chinese identity number": r"(?<!\d)\d{17}[\dXx](?!\d)",
    "a Chinese mobile number": r"(?<!\d)1[3-9]\d{9}(?!\d)",
    "a telephone number": r"(?<!\d)(\(\d{3}\)\s?|\d{3}[-. ])?\d{3}[-.]\d{4}(?!\d)|"
    r"(?<!\d)0\d{2,3}-\d{7,8}(?!\d)",
    "a social security number": r"(?<!\d)\d{3}-\d{2}-\d{4}(?!\d)",
    "a resident record number": r"(?<!\d)\d{6}-?\d{3}-?\d{3}-?\d{5}(?!\d)|(?<!\d)\d{3}-\d{5}(?!\d)",
    "a record number": r"\b(mrn|record no\.?|病历号|档案编号|住院号|门诊号)\s*[:：#]?\s*\w*\d{4,}",
    "a calendar date": r"(?<!\d)(19|20)\d\d\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}|"
    r"(?<![\d/])\d{1,2}/\d{1,2}/(19|20)?\d\d(?![\d/])|(?<!\d)\d{4}-\d\d-\d\d(?!\d)|"
    r"\b(january|february|march|april|june|july|august|september|october|november|december)"
    r"\s+\d{1,2}(st|nd|rd|th)?\b",
    "an age over 89": r"(?<![\d.])(9\d|1[01]\d)([- ]years?[- ]old|\s*y/?o\b|\s*岁)",
}


def identifiers_in(text: str) -> tuple[str, ...]:
    """What a text looks as if it held: names of patterns, never the text."""
    return tuple(what for what in IDENTIFIERS if _compiled(what).search(text))


@cache
def _compiled(what: str) -> re.Pattern[str]:
    return re.compile(IDENTIFIERS[what], re.IGNORECASE)
