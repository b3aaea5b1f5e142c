"""Real values that no scrubbed note may show again: not as a surrogate, nor formed by several.

A surrogate that equals a real person's name or number would point to somebody else, and the scan of
the release would rightly refuse it. Each surrogate is checked when it is made; the finished note is
checked once more, because surrogates beside each other, or beside kept words, can form a name.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

import ahocorasick_rs as ac

from deid.text.known import stands_alone
from deid.text.normalise import fold, squeeze
from deid.text.packs.base import LanguagePack

SHORTEST_LATIN = 5
SHORTEST_OTHER = 3
_COUNTRY_CODES = (("86", 13), ("1", 11))


class Forbidden:
    """All forbidden values in every order that the language packs know of a name."""

    def __init__(self, values: Collection[str], packs: Sequence[LanguagePack]) -> None:
        self._values = frozenset(_forms(values, packs))
        texts = sorted(value for value in self._values if _is_telling(value))
        self._automaton = ac.AhoCorasick(texts) if texts else None

    def __contains__(self, text: str) -> bool:
        return fold(text) in self._values

    def __len__(self) -> int:
        return len(self._values)

    def places(self, text: str) -> Iterator[tuple[int, int]]:
        """Offsets in ``text`` of forbidden values that stand alone."""
        if self._automaton is None:
            return
        squeezed = squeeze(text)
        for _, first, last in self._automaton.find_matches_as_indexes(
            squeezed.text, overlapping=True
        ):
            if stands_alone(text, squeezed, first, last):
                yield squeezed.span(first, last)


def _forms(values: Iterable[str], packs: Sequence[LanguagePack]) -> Iterator[str]:
    for value in values:
        folded = fold(value)
        if not folded:
            continue
        yield folded
        if folded.isdigit():
            for code, length in _COUNTRY_CODES:
                if folded.startswith(code) and len(folded) == length:
                    yield folded[len(code) :]
        elif "@" not in value and not value[0].isdigit():
            for pack in packs:
                yield from map(fold, pack.combinations(value))


def _is_telling(folded: str) -> bool:
    """Long enough not to stand in any note by chance."""
    return len(folded) >= (SHORTEST_LATIN if folded.isascii() else SHORTEST_OTHER)
