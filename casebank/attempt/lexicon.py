"""The list that diagnoses and problems are chosen from: what is typed becomes a code.

A score compares codes, so a text that stands for none is refused, with what comes near to it.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from casebank.lesson import Lesson, Wording
from casebank.model import Language

SUGGESTIONS: Final = 5
NEAR: Final = 0.6
"""Least similarity of a name that is suggested (difflib's ratio, 0 to 1)."""
_SPACE = re.compile(r"\s+")
_CODED = re.compile(r"\[([^\[\]]+)\]\s*$")


@dataclass(frozen=True)
class Entry:
    """A diagnosis or problem by its code, with all the names that stand for it."""

    code: str
    name: Wording
    synonyms: tuple[str, ...] = ()


class Listing:
    """Entries that many lessons share, with their names in order: made once."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self.entries: dict[str, Entry] = {}
        for entry in entries:
            self.entries.setdefault(entry.code, entry)
        listed = self.entries.values()
        self.preferred = _by_name(_names(listed))
        self.further = _by_name(
            (one.code, name) for one in listed for name in (*one.synonyms, one.code)
        )


class Lexicon:
    """What a lesson's diagnoses and problems are chosen from.

    One name may stand for several codes. What a key calls by it comes first, then whose preferred
    name it is, then further names.
    """

    def __init__(self, listing: Listing, keyed: Iterable[Entry] = ()) -> None:
        of_keys = list(keyed)
        self._listing = listing
        self._own = {one.code: one for one in of_keys if one.code not in listing.entries}
        self._codes = (_by_name(_names(of_keys)), listing.preferred, listing.further)

    @classmethod
    def of(cls, lesson: Lesson, listing: Listing) -> Lexicon:
        """A listing, and whatever a key of the lesson names."""
        keyed: list[Entry] = []
        for exercise in lesson.exercises:
            if exercise.differential is not None:
                keyed += (Entry(one.code, one.title) for one in exercise.differential.diagnoses)
            if exercise.problem_list is not None:
                keyed += (Entry(one.code, one.title) for one in exercise.problem_list.problems)
        return cls(listing, keyed)

    def __len__(self) -> int:
        return len(self._listing.entries) + len(self._own)

    def names(self, language: Language) -> list[str]:
        """One name of each entry, sorted: what a list to choose from shows."""
        entries = (*self._listing.entries.values(), *self._own.values())
        return sorted({one.name.text(language) for one in entries}, key=str.casefold)

    def label(self, code: str, language: Language) -> str:
        """The name of a code; the code itself if the list does not have it."""
        entry = self._entry(code)
        return entry.name.text(language) if entry else code

    def find(self, text: str) -> str | None:
        """The code that a text stands for: by name, synonym, code, or "name [code]".

        None if it stands for none, or for more than one.
        """
        coded = _CODED.search(text)
        if coded and self._entry(coded.group(1).strip()) is not None:
            return coded.group(1).strip()
        codes = self._found(_plain(text))
        return next(iter(codes)) if len(codes) == 1 else None

    def near(self, text: str, language: Language) -> list[str]:
        """Names like a text that stands for no code, or for several; the likest first."""
        plain = _plain(text)
        several = self._found(plain)
        if several:
            return [f"{self.label(code, language)} [{code}]" for code in sorted(several)]
        if not plain:
            return []
        names = {name: codes for tier in reversed(self._codes) for name, codes in tier.items()}
        within = [name for name in sorted(names, key=len) if plain in name]
        like = difflib.get_close_matches(plain, list(names), SUGGESTIONS, NEAR)
        found: dict[str, None] = {}
        for name in (*within, *like):
            for code in sorted(names[name]):
                found.setdefault(self.label(code, language))
        return list(found)[:SUGGESTIONS]

    def _entry(self, code: str) -> Entry | None:
        return self._listing.entries.get(code) or self._own.get(code)

    def _found(self, plain: str) -> set[str]:
        return next((tier[plain] for tier in self._codes if plain in tier), set())


def _names(entries: Iterable[Entry]) -> Iterator[tuple[str, str]]:
    return ((one.code, name) for one in entries for name in (one.name.en, one.name.zh))


def _by_name(pairs: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    codes: dict[str, set[str]] = {}
    for code, name in pairs:
        if name.strip():
            codes.setdefault(_plain(name), set()).add(code)
    return codes


def _plain(text: str) -> str:
    return _SPACE.sub(" ", unicodedata.normalize("NFKC", text)).strip().casefold()
