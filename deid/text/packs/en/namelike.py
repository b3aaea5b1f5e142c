"""How far a word by itself looks like a name, whatever its letters' case."""

from __future__ import annotations

import re
from enum import IntEnum
from functools import lru_cache

from deid.text.lists import listed, ranks
from deid.text.normalise import fold
from deid.text.packs.en.lexicon import (
    NAME_WORDS,
    NICKNAMES,
    english_words,
    family_names,
    further_names,
    given_names,
    is_in_dictionary,
    is_term,
    is_word,
)
from deid.text.packs.en.shapes import (
    CREDENTIALS,
    KIN_WORDS,
    STOP_CAPITALS,
    TITLE_WORDS,
    is_clinical,
)


class Namelike(IntEnum):
    """``EITHER`` is a name and a word (grace, pearl); ``UNKNOWN`` is in no list at all."""

    NO = 0
    EITHER = 1
    UNKNOWN = 2
    NAME = 3


NOT_NAMES = english_words("not_names.txt")
_ACTS = english_words("acts.txt")
_ABBREVIATIONS = english_words("abbreviations.txt")
_ROLES = english_words("roles.txt") | english_words("relations.txt")
_GIVEN_WORDS = NAME_WORDS | english_words("given_words.txt")
_RATHER_WORDS = english_words("rather_words.txt")
_VERY_COMMON, _COMMON, _RARE = 1200, 3000, 12_000
_VERBAL = re.compile(r"(?:ed|ing|tion|ment|ly|ness|able|ful|less|ous|ity|ism)$")
_VOWEL = re.compile(r"[aeiouy]")


@lru_cache(maxsize=1 << 14)
def namelike(folded: str) -> Namelike:
    """What lists and letters say of a folded word."""
    if len(folded) < 2 or not folded.isalpha() or folded in STOP_CAPITALS or folded in NOT_NAMES:
        return Namelike.NO
    if folded in CREDENTIALS or folded in TITLE_WORDS or folded in KIN_WORDS or folded in _ROLES:
        return Namelike.NO
    rank = ranks("en_words").get(folded, 1 << 20)
    given = folded in given_names() or folded in ranks("en_given")
    family = folded in family_names() or ranks("en_surnames").get(folded, 1 << 20) < 20_000
    further = not (given or family) and folded in further_names()
    if given or family or further or folded in _GIVEN_WORDS or folded in NICKNAMES:
        if rank < _VERY_COMMON and folded not in _GIVEN_WORDS:
            return Namelike.NO
        if folded in _RATHER_WORDS or folded in _ABBREVIATIONS or folded in _ACTS:
            return Namelike.NO
        wordy = is_word(folded) or is_clinical(folded) or folded in listed("en_drugs")
        if not wordy and (rank > _RARE or ((given or folded in NICKNAMES) and rank > _COMMON)):
            return Namelike.NAME
        return (
            Namelike.EITHER
            if given or folded in NICKNAMES or folded in _GIVEN_WORDS or rank > _COMMON
            else Namelike.NO
        )
    if (
        len(folded) < 4
        or rank < 1 << 20
        or folded in _ABBREVIATIONS
        or is_word(folded)
        or is_clinical(folded)
        or is_in_dictionary(folded)
        or is_term(folded.capitalize())
        or folded in listed("en_terms")
        or folded in listed("en_drugs")
        or folded in listed("en_eponyms")
        or not _VOWEL.search(folded)
        or _VERBAL.search(folded)
        or _inflected(folded)
    ):
        return Namelike.NO
    return Namelike.UNKNOWN


def _inflected(folded: str) -> bool:
    """A plural or past tense of a word: `notifd`, `labs`."""
    stem = folded[:-1]
    return folded[-1] in "dsx" and (
        is_word(stem)
        or is_word(stem + "e")
        or is_in_dictionary(stem)
        or ranks("en_words").get(stem, 1 << 20) < _RARE
    )


def looks(text: str) -> Namelike:
    """As :func:`namelike`, of a word as written; a hyphenated one is what its likeliest part is."""
    parts = [fold(part) for part in text.removesuffix("'s").split("-") if part]
    if len(parts) == 1:
        return namelike(parts[0])
    found = [namelike(part) for part in parts]
    return (
        Namelike.NO
        if not found or (Namelike.NO in found and max(found) < Namelike.NAME)
        else max(found)
    )
