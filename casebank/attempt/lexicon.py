"""The list that diagnoses and problems are chosen from: what is typed becomes a code.

A score compares codes, so a text that stands for none is refused, with what comes near to it.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable
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

    @property
    def names(self) -> tuple[str, ...]:
        """Every text that stands for the code."""
        return tuple(one for one in (self.name.en, self.name.zh, *self.synonyms) if one.strip())


class Lexicon:
    """Entries by code; the first entry of a code stands."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._entries: dict[str, Entry] = {}
        for entry in entries:
            self._entries.setdefault(entry.code, entry)
        self._codes: dict[str, set[str]] = {}
        for entry in self._entries.values():
            for name in (*entry.names, entry.code):
                self._codes.setdefault(_plain(name), set()).add(entry.code)

    @classmethod
    def of(cls, lesson: Lesson, terms: Iterable[Entry] = ()) -> Lexicon:
        """``terms``, and whatever a key of the lesson names beyond them."""
        keyed: list[Entry] = []
        for exercise in lesson.exercises:
            if exercise.differential is not None:
                keyed += (Entry(one.code, one.title) for one in exercise.differential.diagnoses)
            if exercise.problem_list is not None:
                keyed += (Entry(one.code, one.title) for one in exercise.problem_list.problems)
        return cls([*terms, *keyed])

    def __len__(self) -> int:
        return len(self._entries)

    def names(self, language: Language) -> list[str]:
        """One name of each entry, sorted: what a list to choose from shows."""
        return sorted({self.label(code, language) for code in self._entries}, key=str.casefold)

    def label(self, code: str, language: Language) -> str:
        """The name of a code; the code itself if the list does not have it."""
        entry = self._entries.get(code)
        return entry.name.text(language) if entry else code

    def find(self, text: str) -> str | None:
        """The code that a text stands for: by name, synonym, code, or "name [code]".

        None if it stands for none, or for more than one.
        """
        coded = _CODED.search(text)
        if coded and coded.group(1).strip() in self._entries:
            return coded.group(1).strip()
        codes = self._codes.get(_plain(text), set())
        return next(iter(codes)) if len(codes) == 1 else None

    def near(self, text: str, language: Language) -> list[str]:
        """Names like a text that stands for no code, or for several; the likest first."""
        plain = _plain(text)
        several = self._codes.get(plain, set())
        if several:
            return [f"{self.label(code, language)} [{code}]" for code in sorted(several)]
        if not plain:
            return []
        within = [name for name in sorted(self._codes, key=len) if plain in name]
        like = difflib.get_close_matches(plain, list(self._codes), SUGGESTIONS, NEAR)
        found: dict[str, None] = {}
        for name in (*within, *like):
            for code in sorted(self._codes[name]):
                found.setdefault(self.label(code, language))
        return list(found)[:SUGGESTIONS]


def _plain(text: str) -> str:
    return _SPACE.sub(" ", unicodedata.normalize("NFKC", text)).strip().casefold()
