"""What a token of an English note says of itself: the features of the English model.

Every feature is a function of one token (with the space before it), so that the scores of a token
are computed once and looked up afterwards. Pairs of neighbours are looked up as pairs of numbers:
the coarse class of one and the trigger word of the other.
"""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_left as bisect
from functools import cache
from itertools import accumulate

from deid.text.lists import listed, ranks, town_words
from deid.text.normalise import fold
from deid.text.packs.en.lexicon import (
    english_words,
    family_names,
    given_names,
    is_term,
    is_word,
)
from deid.text.packs.en.shapes import CREDENTIALS, KIN_WORDS, TITLE_WORDS, is_clinical

TOKEN = re.compile(r"\n[ \n]*| ?(?:[A-Za-z\u00c0-\u024f\u1e00-\u1eff]+|\d+|[\S])| +|[\s\S]")
MIXED, UPPER, LOWER = "", "U", "L"
OFFSETS = (-3, -2, -1, 0, 1, 2, 3)
WIDE = "wc"
"""Heads of the features that are read at every offset; others count at the token itself."""
_BANDS = (299, 2999, 19_999, (1 << 20) - 1)
"""Last ranks of words by frequency: the smallest words, common, frequent, listed; then unknown."""
_CLASSES = ("low", "Cap", "UP", "I", "mix")
_EVIDENCE = ("fun", "com", "cli", "amb", "nam", "rare", "unk")


PAD = ["\n"] * 3
"""What stands before and after every note, so that its first token has neighbours too."""


def tokenise(plain: str) -> tuple[list[str], list[int]]:
    """Tokens that tile the text, and their offsets (one more than there are tokens)."""
    tokens = TOKEN.findall(plain)
    return tokens, list(accumulate(map(len, tokens), initial=0))


def style_of(plain: str) -> str:
    """How the note uses capitals: as prose does, only, or hardly at all."""
    small = sum(map(plain.count, "etaoinsr"))
    large = sum(map(plain.count, "ETAOINSR"))
    if small + large < 30:
        return MIXED
    if large > 2 * small:
        return UPPER
    return LOWER if large < 0.02 * small else MIXED


@cache
def _hidden(word: str) -> bool:
    """A quarter of the listed names, which the trainer treats as if they were in no list."""
    return hashlib.blake2b(word.encode(), digest_size=1).digest()[0] < 64


@cache
def _kinds() -> dict[str, str]:
    """Words that decide in themselves, by what they are."""
    found = dict.fromkeys(english_words("eponym_heads.txt"), "eph")
    found |= dict.fromkeys(KIN_WORDS, "kin") | dict.fromkeys(CREDENTIALS, "crd")
    return found | dict.fromkeys(TITLE_WORDS, "ttl")


def shape_of(text: str) -> str:
    """``low``, ``Cap``, ``UP``, ``I`` (one capital) or ``mix``."""
    if text.islower():
        return "low"
    if len(text) == 1:
        return "I"
    if text.isupper():
        return "UP"
    return "Cap" if text[1:].islower() else "mix"


def features(token: str, style: str, hide: bool = False) -> tuple[list[str], str]:
    """Features of a token (``w`` and ``c`` first) and its coarse class."""
    text = token.lstrip(" ")
    space = "_" if len(text) < len(token) else ""
    if not text:
        return ["w= ", "c=sp"], "sp"
    first = text[0]
    if first == "\n":
        many = "\\n\\n" if text.count("\n") > 1 else "\\n"
        return [f"w={many}", "c=nl"], "nl"
    if first.isdigit():
        size = len(text)
        kind = f"d{size}" if size < 6 else "d6" if size < 9 else "d9"
        year = size == 4 and text[:2] in ("19", "20")
        exact = text if size < 3 else "year" if year else kind
        coarse = "yr" if year else kind
        return [f"w={exact}", f"c={coarse}", f"k={coarse}{space}"], coarse
    if not first.isalpha():
        mark = text if text in ".,:;()-/'\"#@&+*" else "?"
        return [f"w={mark}{space}", f"c={mark}"], f"p{mark}" if mark in ".,:;(-/'\"" else "p"
    if first >= "\u2e80":
        return ["w=han", "c=han"], "han"
    return _word(text, space, style, hide)


def _word(text: str, space: str, style: str, hide: bool) -> tuple[list[str], str]:
    shape = shape_of(text) if style == MIXED else style
    word = fold(text)
    secret = hide and _hidden(word)
    rank = ranks("en_words").get(word, 1 << 20)
    given, family, town = 9, 9, False
    if not secret:
        place = ranks("en_given").get(word)
        given = 9 if place is None else 1 if place < 800 else 2
        place = ranks("en_surnames").get(word)
        family = 9 if place is None else 1 if place < 2000 else 2 if place < 10_000 else 3
        if given == 9 and word in given_names():
            given = 3
        if family == 9 and word in family_names():
            family = 4
        town = word in town_words()
    named = given < 9 or family < 9
    clinical = (
        is_clinical(word)
        or word in listed("en_drugs")
        or word in listed("en_eponyms")
        or (word in listed("en_terms") and not named)
        or is_term(text.capitalize() if style == UPPER else text)
    )
    band = bisect(_BANDS, rank)
    known = is_word(word)
    kind = _kinds().get(word)
    if kind:
        evidence = kind
    elif band == 0 or (len(word) < 4 and band < 2):
        evidence = "fun"
    elif clinical:
        evidence = "cln" if named else "cli"
    elif named:
        evidence = "amb" if known or band < 2 else "nam"
    elif known or band < 3:
        evidence = "com"
    else:
        evidence = "rare" if band == 3 else "unk"
    coarse = f"{shape}{evidence}"
    combined = f"{shape}{space}g{given}f{family}t{int(town)}b{band}c{int(clinical)}k{int(known)}"
    cased = "^" if shape in ("Cap", "I") else ""
    found = [
        f"w={word}",
        f"c={coarse}",
        f"k={combined}",
        f"g={shape}{given}{family}",
        f"b={shape}{band}{int(known)}{int(clinical)}",
        f"t={shape}{int(town)}{band}",
        f"s={shape}{space}",
        f"l={min(len(text), 9)}{shape}",
    ]
    if len(word) > 3 and band > 1:
        found += [f"x={cased}{word[-3:]}", f"y={cased}{word[-2:]}", f"p={cased}{word[:3]}"]
        if len(word) > 5:
            found.append(f"z={cased}{word[-4:]}")
    return found, coarse
