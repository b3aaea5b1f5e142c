# ruff: noqa: E501 -- an expression is read whole
"""Proper nouns by where they stand: capitalised runs inside a sentence, and what follows a preposition
or a label, in prose, in capitals and in small letters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any

import re2

from deid.text.document import Document, Mention, SpanType, Strength
from deid.text.lists import listed, ranks, town_words
from deid.text.normalise import fold
from deid.text.packs.en.edges import trimmed_place
from deid.text.packs.en.lexicon import (
    NAME_WORDS,
    PACKAGE,
    US_STATES,
    english_words,
    family_names,
    given_names,
    is_in_dictionary,
    is_term,
    is_word,
)
from deid.text.packs.en.namelike import NOT_NAMES, Namelike, namelike
from deid.text.packs.en.shapes import (
    CREDENTIALS,
    KIN_WORDS,
    TITLE_WORDS,
    count_letters,
    is_clinical,
)
from deid.text.words import longest_first, read_lines

_CAP = r"[A-ZÀ-Þ][a-zà-ÿ'’À-ÿ]*[a-zà-ÿ][\w'’À-ÿ]*(?:-[A-ZÀ-Þa-z][\w'’À-ÿ]+)*"
_RUN = re.compile(
    rf"(?<=[a-z\d,@(/] )({_CAP}(?:(?: & | of the | of | and the | )(?:{_CAP}|[A-Z]{{2,4}}\b)){{1,4}})"
)
_PREPOSITIONS = frozenset(
    [
        "at",
        "from",
        "to",
        "near",
        "outside",
        "in",
        "by",
        "with",
        "for",
        "via",
        "nr",
        "through",
        "thru",
        "off",
        "behind",
        "around",
        "visiting",
        "leaving",
        "attends",
        "attending",
        "called",
        "joined",
        "into",
        "toward",
        "across",
        "under",
        "between",
    ]
)
_LABELLED = re2.compile(
    r"(?im)(?:^|[|;,.(]\s?| {2,})(?:payer|payor|transport(?:ed by)?|employed by|insured by|pharm(?:acy)?|employer|works? (?:at|for)|school|daycare|church|ins(?:urance)?|carrier|dme|vendor|facility|site|hospital|hosp|location|loc|scene|dest(?:ination)?|agency|clinic|company|hospice|hh|home health|snf|rehab|cardiac rehab|lab|from|to|referred (?:from|to)|transferred (?:from|to)|client|camp|residence|lives at|town|city|county|place of birth|birthplace|pob)"
    r"(?:\s?[:=]|\.{2,}|\s\|)\s{0,3}((?-i:[A-ZÀ-Þ][\w'’.&À-ÿ-]*)(?: (?:& |of |the |and )?(?-i:[A-ZÀ-Þ][\w'’.&À-ÿ-]*)){0,4})"
)
_CAMEL = re2.compile(
    r"(?:\b(?:at|in|via|by|from|for|with|through|called|to|near)|@|\() ?([A-Z][a-z]{1,}[A-Z][a-z]{2,}(?: [A-Z][a-z]+| \d{1,3}\b)?)"
    r"|\b(?:on|at|near|of) (\d{1,3}(?:st|nd|rd|th) (?:and|&) [A-Z][a-z]+|[A-Z][a-z]+ (?:and|&) \d{1,3}(?:st|nd|rd|th))\b"
    r"|\b(YMCA|YWCA|VFW|USPS|IKEA|WinCo|7-Eleven)\b"
)
_CAPS = re.compile(
    r"(?<=[A-Z:] )(?:FROM|AT|IN|NEAR|OUTSIDE|TO) (?:THE )?([A-Z][A-Z'’.-]{3,}(?: [A-Z][A-Z'’.-]{2,}){0,2})"
)
_LOWER = re.compile(
    r"(?:\b(?:from|in|near|to|at|outside|visiting|via|nr)|@) ([a-z][a-z'-]{2,}(?: [a-z][a-z'-]{2,})?)"
)
_LETTERS = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_GENERIC = (
    english_words("generic.txt")
    | english_words("not_place.txt")
    | english_words("generic_heads.txt")
)
_HEADS = english_words("eponym_heads.txt")
_ROLES = english_words("roles.txt") | english_words("labels.txt")
_ABBREVIATIONS = english_words("abbreviations.txt")
_TERMS = english_words("camel_terms.txt")
_COMMON = 8000
_UPPER, _LOWISH = 0.7, 0.06


class RunAnnotator:
    """Proper nouns that no list and no kind word tells, by where they stand."""

    name = "en.runs"

    def annotate(self, document: Document) -> Iterator[Mention]:
        """Mentions as places, since most are; what the model doubts it takes back."""
        plain = document.plain
        letters, capitals = count_letters(plain)
        if capitals > _UPPER * letters:
            yield from _in_capitals(plain)
        elif letters > 40 and capitals < _LOWISH * letters:
            yield from _in_small_letters(plain)
        if capitals <= _UPPER * letters:
            yield from _runs(plain)
        for match in _chains().finditer(plain):
            kept = trimmed_place(
                plain,
                Mention(
                    match.start(1),
                    match.end(1),
                    SpanType.ORGANIZATION,
                    Strength.LISTED,
                    "en.run.chain",
                ),
            )
            if kept is not None:
                yield kept
        for match in _CAMEL.finditer(plain):
            start, end = match.span(match.lastindex or 0)
            folded = fold(plain[start:end].split()[0])
            if folded not in listed("en_drugs") and folded not in _TERMS:
                yield from _place(plain, start, end, "en.run.camel")
        for match in _LABELLED.finditer(plain):
            words = _LETTERS.findall(match[1])
            if fold(words[0]) not in TITLE_WORDS and any(_is_proper(word) for word in words):
                yield from _place(plain, match.start(1), match.end(1), "en.run.labelled")


@cache
def _chains() -> Any:
    names = read_lines(PACKAGE, "chains.txt")
    return re2.compile(
        r"(?i)(?:^|[^\w&])(" + "|".join(map(re.escape, longest_first(names))) + r")\b"
    )


def _place(plain: str, start: int, end: int, detector: str) -> Iterator[Mention]:
    while end > start and plain[end - 1] in ".,-&'’ ":
        end -= 1
    if end > start:
        people = all(
            fold(w) in given_names() or w in ("and", "of")
            for w in _LETTERS.findall(plain, start, end)
        )
        if people and "&" in plain[start:end]:
            return  # people, whom the names' rules take one by one
        kind = SpanType.NAME if people else SpanType.LOCATION
        found = trimmed_place(plain, Mention(start, end, kind, Strength.SHAPED, detector))
        if found is not None:
            yield found


def _runs(plain: str) -> Iterator[Mention]:
    for match in _RUN.finditer(plain):
        words = _LETTERS.findall(match[1])
        if fold(words[0]) in TITLE_WORDS or match[1].startswith("Whom It"):
            continue  # a person, whom the names' rules take
        before = _last_word(plain, match.start(1))
        placed = before.casefold() in _PREPOSITIONS or plain[match.start(1) - 2] in "@("
        if not (before.islower() or placed):
            continue
        after = re.match(r"(?:'s)?[ -]([A-Za-z]+)", plain[match.end(1) : match.end(1) + 20])
        if (after and after[1].casefold() in _HEADS) or any(map(_is_medical, words)):
            continue
        own = sum(_is_proper(word) for word in words)
        if (own and (placed or own > 1)) or (placed and not all(_is_plain(w) for w in words)):
            yield from _place(plain, match.start(1), match.end(1), "en.run.capital")


def _last_word(plain: str, end: int) -> str:
    found = re.search(r"([A-Za-z]+)[^A-Za-z]{0,2}$", plain[max(0, end - 20) : end])
    return found[1] if found else ""


def _in_capitals(plain: str) -> Iterator[Mention]:
    for match in _CAPS.finditer(plain):
        words = list(_LETTERS.finditer(plain, match.start(1), match.end(1)))
        kept = 0
        while kept < len(words) and _is_rare(fold(words[kept][0])):
            kept += 1
        if kept and not _is_medical(words[0][0]):
            yield from _place(plain, match.start(1), words[kept - 1].end(), "en.run.caps")


def _in_small_letters(plain: str) -> Iterator[Mention]:
    for match in _LOWER.finditer(plain):
        first, _, second = match[1].partition(" ")
        if match[1] in _towns() and _is_rare(fold(first)):
            yield from _place(plain, match.start(1), match.end(1), "en.run.lower")
        elif _is_rare(fold(first)) and not _is_medical(first):
            end = match.start(1) + len(first)
            if second and _is_rare(fold(second)) and not _is_medical(second):
                end = match.end(1)
            yield from _place(plain, match.start(1), end, "en.run.lower")


def _towns() -> frozenset[str]:
    return frozenset(listed("en_towns"))


@lru_cache(maxsize=1 << 14)
def _is_rare(folded: str) -> bool:
    """A name, a town, or in no list at all; not a word of everyday, of medicine, nor of charts."""
    if (
        len(folded) < 3
        or folded in _ABBREVIATIONS
        or folded in _GENERIC
        or folded in NOT_NAMES
        or folded in _ROLES
        or folded in KIN_WORDS
    ):
        return False
    if is_word(folded) or is_clinical(folded):
        return False
    if folded in town_words():
        return ranks("en_words").get(folded, 1 << 20) > 1000
    return namelike(folded) in (Namelike.NAME, Namelike.UNKNOWN)


@lru_cache(maxsize=1 << 14)
def _is_proper(word: str) -> bool:
    """A word that prose writes with a capital for no other reason than that it names something."""
    folded = fold(word.removesuffix("'s"))
    if len(folded) < 3 or _is_plain(word):
        return False
    if folded in given_names() or folded in family_names() or folded in town_words():
        return True
    return (
        not is_word(folded)
        and not is_in_dictionary(folded)
        and ranks("en_words").get(folded, 1 << 20) > _COMMON
    )


def _is_plain(word: str) -> bool:
    folded = fold(word)
    return (
        folded in _GENERIC or folded in NOT_NAMES or folded in _ROLES or folded in KIN_WORDS or folded in TITLE_WORDS
        or folded in US_STATES or (word.isupper() and (folded in CREDENTIALS or folded in _ABBREVIATIONS))
    )  # fmt: skip


@lru_cache(maxsize=1 << 14)
def _is_medical(word: str) -> bool:
    folded = fold(word.removesuffix("'s"))
    if (
        folded in listed("en_drugs")
        or folded in listed("en_eponyms")
        or folded in _HEADS
        or is_term(word.capitalize())
    ):
        return folded not in NAME_WORDS
    return (
        (is_clinical(folded) or folded in listed("en_terms"))
        and folded not in given_names()
        and folded not in family_names()
    )
