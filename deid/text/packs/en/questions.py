# ruff: noqa: E501 -- an expression is read whole
"""What points to a person in a question of one line: relative dates, and labels of numbers.

A question about somebody says little else, so what stands around an identifier goes with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from deid.text.document import Document, Mention, SpanType, Strength
from deid.text.packs.en.shapes import is_question
from deid.text.scanning import Scanner

_TIME = (
    r"(?:week|month|night|spring|summer|fall|autumn|winter|(?:mon|tues|wednes|thurs|fri|satur|sun)day"
    r"|january|february|march|april|june|july|august|september|october|november|december)"
)
_SHAPES = (
    ("en.question.date", SpanType.DATE, rf"(?i)\b(?:last|this past) {_TIME}\b"),
    (
        "en.question.number",
        SpanType.ID,
        r"(?i)\b(?:site|patient|case|study|chart)(?: (?:id|no\.?|number))?[:#]? ?#?[A-Z]{0,4}"
        r"-?\d[\dA-Z-]{3,}\b",
    ),
)


_ASKS = re.compile(
    r"(?i)\?|\b(?:guidelines?|recommend\w*|recs?|protocols?|management|mgmt|mgnt|mngmnt|mgt|mx|contraindications?|"
    r"effectiveness|efficacy|side effects|best|options|advise|comparative|prognosis|differential|dosing|interested|latest|"
    r"evidence|indications|interactions?|updates?|updated|safety|seeking|need|looking for)\b"
)


class QuestionAnnotator:
    """Relative dates and labelled numbers of questions; nothing in other notes."""

    name = "en.questions"

    def __init__(self) -> None:
        self._scanner = Scanner([expression for _, _, expression in _SHAPES])

    def annotate(self, document: Document) -> Iterator[Mention]:
        """Mentions with the words that lead to them."""
        if not is_question(document.plain) or not _ASKS.search(document.plain):
            return
        for number, start, end in self._scanner.matches(document):
            name, kind, _ = _SHAPES[number]
            yield Mention(start, end, kind, Strength.LABELLED, name)
