# ruff: noqa: E501 -- an expression is read whole
"""Numbers, codes and dates as they are dictated: ``h l three three oh eight dash one``."""

from __future__ import annotations

import re

from deid.text.document import SpanType, Strength
from deid.text.packs.en.dates import MONTH, ONES, ORDINAL_WORD, SPOKEN, TEENS, TENS
from deid.text.patterns import Pattern

_DIGIT = rf"(?:{ONES}|oh|zero|nought|naught)"
_ALPHABET = (
    r"(?:alpha|alfa|bravo|charlie|delta|echo|foxtrot|golf|hotel|india|juliet|juliett|kilo|lima|mike|november|oscar|papa|"
    r"quebec|romeo|sierra|tango|uniform|victor|whiskey|x-?ray|yankee|zulu)"
)
_PIECE = rf"(?:{_DIGIT}|{TEENS}|{TENS}|{_ALPHABET}|double|triple|dash|hyphen|slash|stroke|[a-z](?: as in [a-z]+)?)"
_LABEL = (
    r"(?:medical record|hospital|chart|record|mrn|account|case|file|member|policy|accession|claim|badge|licen[cs]e|serial|lot|"
    r"docket|unit|confirmation|reference|visit|encounter|insurance|social|extension|pager|number)(?: security)?(?: number| no| id| is)*"
)
_NUMERAL = re.compile(rf"(?i)\b(?:{_DIGIT}|{TEENS}|{TENS})\b")
_SINGLE = re.compile(rf"(?i)\b{_DIGIT}\b")
_MEASURED = re.compile(
    r"(?i)\b(?:pressure|rate|pulse|saturation|temperature|weight|over|milligrams?|reps?|count(?:s|ed|ing)?|from)\s*$"
)


def _labelled(text: str, start: int, end: int) -> bool:
    return len(_NUMERAL.findall(text[start:end])) >= 2


def _long(text: str, start: int, end: int) -> bool:
    """Six figures said one by one are no measure, and counting to ten is none either."""
    singles = [word.casefold() for word in _SINGLE.findall(text[start:end])]
    counted = singles[:4] in (["one", "two", "three", "four"], ["ten", "nine", "eight", "seven"])
    return (
        len(singles) >= 5 and not counted and not _MEASURED.search(text[max(0, start - 16) : start])
    )


def _heard(text: str, start: int, end: int) -> bool:
    """Words as they were heard before a spelling: not the whole of a sentence."""
    return len(text[start:end].split()) <= 5


SPOKEN_NUMBERS = (
    Pattern("id.spoken_labelled", SpanType.ID, rf"(?i)\b{_LABEL} ((?:{_PIECE}[ -]){{2,24}}(?:{_DIGIT}|{TEENS}|{TENS}|[b-hj-z]))\b", Strength.LABELLED, _labelled),
    Pattern("id.spoken_run", SpanType.ID, rf"(?i)\b((?:(?:{_ALPHABET}|[b-hj-z]) ){{0,3}}{_DIGIT}[ -](?:(?:{_DIGIT}|{TEENS}|{TENS}|double|triple|dash|hyphen|slash)[ -]){{3,24}}(?:{_DIGIT}|{TEENS}|{TENS}))\b", Strength.LISTED, _long),
    Pattern("phone.spoken_double", SpanType.PHONE, rf"(?i)\b((?:{_DIGIT}|double|triple)[ -](?:(?:{_DIGIT}|double|triple)[ -]){{5,20}}{_DIGIT})\b", Strength.LABELLED, _long),
    Pattern("en.name.heard", SpanType.NAME, r"\b(?:[Pp]atient(?: is)?|[Rr]e|[Dd]ictating(?: on)?|[Dd]octor|[Dd]r|[Mm]ister|[Mm]rs?|[Mm]iss|[Mm]s|husband|wife|son|daughter|mother|father|name(?: is)?) ((?:[A-Za-z'-]+ ){1,5}?)(?:[Tt]hat is|[Tt]hat's|spelled|spelt|spell|spelling|s p e l l e d)(?: is)? (?:[A-Za-z](?:[ .-]| as in [a-z]+ )){3}", Strength.LABELLED, _heard),
    Pattern("en.name.corrected", SpanType.NAME, r"(?:\b(?i:doctor|dr|mister|mrs?|miss|ms|husband|wife|son|daughter|mother|father|brother|sister|nurse|patient) ((?:[a-z]+ ){1,4}\[[A-Z][\w'-]+\]))", Strength.LABELLED),
    Pattern("date.spoken_whole", SpanType.DATE, rf"(?i)\b({ORDINAL_WORD} of (?:the )?(?:{ORDINAL_WORD}|{MONTH}),? (?:nineteen|twenty|two thousand)(?: and)?(?: {SPOKEN}){{1,2}})\b", Strength.LABELLED),
)  # fmt: skip
