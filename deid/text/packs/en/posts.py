# ruff: noqa: E501 -- an expression is read whole
"""Posts that only one person holds: ``mayor of Tolliver Gap``, ``last fire lookout on Sawyer Peak``."""

from __future__ import annotations

import re

from deid.text.normalise import fold
from deid.text.packs.en.shapes import is_clinical

_POST = (
    r"(?:mayor|governor|sheriff|chief|conductor|headmaster|headmistress|superintendent|bishop|ambassador|senator|congress(?:man|woman)"
    r"|abbot|abbess|king|queen|chair(?:man|woman|person)?|captain|president|director|founder|principal|dean|rector|provost|chancellor"
    r"|cantor|organist|choirmaster|cellist|violinist|drummer|soloist|bandleader|pilot|postmaster|postmistress|stationmaster|keeper|lookout"
    r"|clerk|commissioner|treasurer|librarian|curator|archivist|editor|coach|quarterback|goalkeeper|pitcher|commander|harbou?rmaster"
    r"|magistrate|coroner|alderman|councillor|postman|ferryman|blacksmith|maker|mascot|warden|(?:only|last) [a-z]+(?: [a-z]+)?)"
)
_LEAD = r"(?:the|a|an|as|was|is|am|are|once|retired|became|becomes|pt|patient|[.,;:(])"
_KIND = r"(?:first|last|only|founding|long-?time|former|principal|lead|head|deputy|assistant|current|honorary|volunteer|woman|black|native|chapter|town|village|fire|lighthouse|river|riverboat|harbou?r|tower|parish|school|state|county|vice|fleet|harness|choir|band|club)"
_PROPER = r"(?:St\. )?\p{Lu}[\p{L}'’-]*"
_TAIL = r"(?:choir|band|orchestra|team|society|club|chorus|council|parish|champions|weavers|players|school)"

PROFESSION = (
    rf"(?:^|\s){_LEAD}\s+((?i:(?:{_KIND}[ \n]){{0,4}}{_POST}[ \n](?:of|for|at|on|in)[ \n](?:the[ \n]|this year's[ \n])?)"
    rf"{_PROPER}(?:[ \n](?:of[ \n]|the[ \n]|and[ \n]|de[ \n]|& |gospel |youth )*{_PROPER}){{0,5}}(?:[ \n]{_TAIL}\b)?)"
)
"""The post and what it is of; what only leads to it stays outside."""

_DEPARTMENTS = frozenset(
    [
        "surgery",
        "nursing",
        "medicine",
        "emergency",
        "anesthesia",
        "anaesthesia",
        "radiology",
        "pathology",
        "psychiatry",
        "rehab",
        "services",
        "staff",
        "operations",
        "quality",
        "care",
    ]
)


def points_to_one(text: str, start: int, end: int) -> bool:
    """Not ``chief of Surgery`` nor ``director of Nursing``: the post is of somewhere in particular."""
    proper = [word for word in _WORD.findall(text, start, end) if word[0].isupper()]
    return not all(fold(word) in _DEPARTMENTS or is_clinical(fold(word)) for word in proper)


_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
