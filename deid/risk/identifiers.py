"""Finds the vault's identifiers in any text: the independent check of everything that leaves.

It shares no code with the text engine, so that a mistake there cannot hide itself here. A text is
looked at in two forms: as words (folded, single spaces) for names, addresses and e-mail, and as
letters and digits alone for numbers, which people write with spaces, dots and dashes.

A *strong* hit is an identifier that hardly occurs by chance: a number, telephone, e-mail address,
address line or full name. A *weak* hit is a single name or place, which may be an ordinary word or
somebody's surrogate; it counts only against the person whose name it is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import ahocorasick_rs

MIN_NUMBER = 6
"""Characters below which a number is not looked for: it would be found everywhere."""

_SPACES = re.compile(r"\s+")
_CJK = re.compile(r"[\u3400-\u9fff]")
_LETTER = re.compile(r"[^\W\d_]")


@dataclass(frozen=True)
class Identifier:
    """One identifier of the vault. ``person`` is whose it is; None for staff and places."""

    kind: str
    value: str = field(repr=False)
    person: int | None = None


@dataclass(frozen=True)
class Hit:
    """One identifier found in a text."""

    kind: str
    strong: bool
    people: frozenset[int] = field(repr=False)


@dataclass(frozen=True)
class _Pattern:
    kind: str
    strong: bool
    form: str = field(repr=False)


class IdentifierIndex:
    """All identifiers of a vault, ready to be looked for in one pass over a text."""

    def __init__(self, identifiers: Iterable[Identifier]) -> None:
        words: dict[_Pattern, set[int]] = {}
        numbers: dict[_Pattern, set[int]] = {}
        for identifier in identifiers:
            for pattern, compact in _patterns(identifier):
                found = (numbers if compact else words).setdefault(pattern, set())
                if identifier.person is not None:
                    found.add(identifier.person)
        self._words = _Automaton(words)
        self._numbers = _Automaton(numbers)
        self.whole_numbers = frozenset(
            int(p.form) for p in numbers if p.form.isdigit() and 7 <= len(p.form) <= 15
        )
        """Identifiers that a numeric column could hold as they are."""

    def __repr__(self) -> str:
        return f"IdentifierIndex({len(self)} forms)"

    def __len__(self) -> int:
        return len(self._words) + len(self._numbers)

    def find(self, text: str) -> list[Hit]:
        """Every identifier in ``text``; the same one as often as it occurs."""
        folded = fold(text)
        hits = [
            Hit(pattern.kind, pattern.strong, people)
            for pattern, people, start, end in self._words.matches(folded)
            if _stands_alone(folded, start, end)
        ]
        compact, places = squeeze(folded)
        hits += [
            Hit(pattern.kind, pattern.strong, people)
            for pattern, people, start, end in self._numbers.matches(compact)
            if _is_whole_number(folded, places[start], places[end - 1] + 1)
        ]
        return hits


class _Automaton:
    def __init__(self, patterns: dict[_Pattern, set[int]]) -> None:
        self._patterns = sorted(patterns, key=lambda p: (p.form, p.kind))
        self._people = [frozenset(patterns[p]) for p in self._patterns]
        forms = [p.form for p in self._patterns]
        self._search = ahocorasick_rs.AhoCorasick(forms) if forms else None

    def __len__(self) -> int:
        return len(self._patterns)

    def matches(self, text: str) -> Iterator[tuple[_Pattern, frozenset[int], int, int]]:
        if self._search is None:
            return
        for index, start, end in self._search.find_matches_as_indexes(text, overlapping=True):
            yield self._patterns[index], self._people[index], start, end


def fold(text: str) -> str:
    """Width, case and spaces made equal."""
    return _SPACES.sub(" ", unicodedata.normalize("NFKC", text).casefold()).strip()


def squeeze(folded: str) -> tuple[str, list[int]]:
    """Letters and digits alone, and where each stood in the folded text."""
    places = [place for place, character in enumerate(folded) if character.isalnum()]
    return "".join(folded[place] for place in places), places


def _patterns(identifier: Identifier) -> Iterator[tuple[_Pattern, bool]]:
    """The forms in which an identifier is looked for, and whether in squeezed text."""
    kind, value = identifier.kind, fold(identifier.value)
    if kind in {"number", "telephone"}:
        compact, _ = squeeze(value)
        for form in _number_forms(kind, compact):
            if len(form) >= MIN_NUMBER and sum(c.isdigit() for c in form) >= 4:
                yield _Pattern(kind, True, form), True
    elif kind == "e-mail or web":
        if len(value) >= MIN_NUMBER:
            yield _Pattern(kind, True, value), False
    elif kind == "full name":
        if _is_name(value):
            strong = len(_CJK.findall(value)) >= 3 or (" " in value and not _CJK.search(value))
            yield _Pattern(kind if strong else "name", strong, value), False
    elif kind == "address":
        exact = len(value) >= 8 and any(c.isdigit() for c in value)
        if exact or _is_name(value):
            yield _Pattern(kind if exact else "place", exact, value), False
    elif _is_name(value):
        yield _Pattern(kind, False, value), False


def _number_forms(kind: str, compact: str) -> Iterator[str]:
    yield compact
    if kind == "telephone" and compact.isdigit():
        for code, length in (("86", 13), ("1", 11)):
            if compact.startswith(code) and len(compact) == length:
                yield compact[len(code) :]


def _is_name(value: str) -> bool:
    """At least two Chinese characters or four letters."""
    return len(_CJK.findall(value)) >= 2 or len(_LETTER.findall(value)) >= 4


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Not part of a longer word. Chinese is written without spaces, so it always stands alone."""
    return not (_joins(text, start - 1, start) or _joins(text, end - 1, end))


def _joins(text: str, left: int, right: int) -> bool:
    if left < 0 or right >= len(text):
        return False
    return all(text[i].isalnum() and not _CJK.match(text[i]) for i in (left, right))


def _is_whole_number(text: str, start: int, end: int) -> bool:
    before = start > 0 and text[start - 1].isdigit() and text[start].isdigit()
    after = end < len(text) and text[end].isdigit() and text[end - 1].isdigit()
    return not (before or after)
