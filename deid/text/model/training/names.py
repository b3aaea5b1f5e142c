# ruff: noqa: E501 -- a word list is read whole
"""Names for training: listed ones, and invented ones that stand in no list.

A model that learns from listed names only learns the lists. About a third of the names here are
therefore spelt by a chain of letters drawn from the names of one culture; they look like names of
that culture and are in no gazetteer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from random import Random

from deid.text.lists import ranks, read_list
from deid.text.normalise import fold
from deid.text.packs.en.lexicon import NAME_LOCALES, family_names, given_names, locale_names

_ORDER = 3
_LONGEST = 11
_PREFIXES = ("Mc", "Mac", "O'", "De", "Di", "Van ", "van der ", "al-", "El-", "Abu ", "St. ", "De La ", "Fitz")  # fmt: skip
LISTED_GIVEN = read_list("en_given")
LISTED_FAMILY = read_list("en_surnames")


def weighted_rank(stream: Random, words: Sequence[str]) -> str:
    """One word of a list by rank: each power of two of ranks is as likely as the next."""
    return words[min(len(words) - 1, int(len(words) ** stream.random()) - 1)]


class Chain:
    """Spells words that look like those it was made of."""

    def __init__(self, words: Sequence[str]) -> None:
        self._words = frozenset(words)
        self._next: dict[str, list[str]] = defaultdict(list)
        for word in words:
            padded = "^" * _ORDER + word + "$"
            for i in range(_ORDER, len(padded)):
                self._next[padded[i - _ORDER : i]].append(padded[i])

    def spell(self, stream: Random) -> str | None:
        """A word of four letters or more that is none of its own, or ``None``."""
        state, letters = "^" * _ORDER, ""
        while len(letters) < _LONGEST:
            letter = stream.choice(self._next[state])
            if letter == "$":
                break
            letters += letter
            state = state[1:] + letter
        return letters if len(letters) >= 4 and letters not in self._words else None


@cache
def _locale(locale: str, given: bool) -> tuple[str, ...]:
    attributes = (
        ("first_names", "first_names_male", "first_names_female") if given else ("last_names",)
    )
    return tuple(
        dict.fromkeys(
            name for attribute in attributes for name in locale_names(locale, attribute) if name
        )
    )


@cache
def _chains(given: bool) -> tuple[Chain, ...]:
    chains = []
    for locale in NAME_LOCALES:
        words = [fold(n) for n in _locale(locale, given)]
        words = [word for word in words if word.isascii() and word.isalpha() and len(word) > 2]
        if len(words) >= 40:
            chains.append(Chain(words))
    return tuple(chains)


@cache
def listed() -> frozenset[str]:
    """All names that the features know."""
    return frozenset(ranks("en_given")) | frozenset(ranks("en_surnames")) | given_names() | family_names()  # fmt: skip


def _invented(stream: Random, given: bool) -> str:
    chains = _chains(given)
    while True:
        word = stream.choice(chains).spell(stream)
        if word is not None and word not in listed():
            return word.capitalize()


def given_name(stream: Random) -> str:
    """A given name, rarely a double one."""
    draw = stream.random()
    if draw < 0.42:
        name = weighted_rank(stream, LISTED_GIVEN).capitalize()
    elif draw < 0.67:
        names = _locale(stream.choice(NAME_LOCALES), True)
        name = stream.choice(names) if names else "Sam"
    else:
        name = _invented(stream, True)
    if stream.random() < 0.04:
        name += stream.choice("- ") + weighted_rank(stream, LISTED_GIVEN).capitalize()
    return name


def family_name(stream: Random) -> str:
    """A family name; some with a prefix or of two parts."""
    draw = stream.random()
    if draw < 0.42:
        name = weighted_rank(stream, LISTED_FAMILY).capitalize()
    elif draw < 0.65:
        names = _locale(stream.choice(NAME_LOCALES), False)
        name = stream.choice(names) if names else "Lee"
    else:
        name = _invented(stream, False)
    draw = stream.random()
    if draw < 0.05:
        name = stream.choice(_PREFIXES) + name
    elif draw < 0.09:
        name += "-" + weighted_rank(stream, LISTED_FAMILY).capitalize()
    return name
