# ruff: noqa: E501 -- an expression or a word list is read whole
"""Finds names in English notes without knowing the patient: triggers first, then lexicon, then shape.

Triggers are titles, credentials, kin words and labels. The lexicon gives given and family names.
Shape is the last resort: a capitalised word inside a sentence that is in no list of ordinary,
clinical or eponymous words is more often a name than anything else. What was found by a trigger is
looked for in the rest of the note.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from deid.text.document import Document, Mention, Strength
from deid.text.normalise import fold
from deid.text.packs.en.edges import trimmed
from deid.text.packs.en.lexicon import (
    US_STATES,
    family_names,
    given_names,
    is_term,
    is_word,
)
from deid.text.packs.en.namelike import Namelike, namelike
from deid.text.packs.en.roles import Roles
from deid.text.packs.en.shapes import (
    KIN_WORDS,
    STOP_CAPITALS,
    TITLE_WORDS,
    TOKEN,
    Judged,
    folded_token,
    is_clinical,
    is_titled,
)
from deid.text.packs.en.signs import Signs
from deid.text.packs.en.triggers import Triggers

_NUMBERED = re.compile(r"[A-Z][a-z]{2,}\d{1,3}")  # `Cecelia952`, as Synthea makes names


class NameAnnotator:
    """Names by trigger, lexicon and shape."""

    name = "en.names"

    def annotate(self, document: Document) -> Iterator[Mention]:
        """Mentions of people; clinical eponyms are left alone unless a title stands before them."""
        note = _Note(document)
        found = _trimmed(document.plain, [*note.by_trigger(), *note.by_role(), *note.by_sign()])
        found += _trimmed(document.plain, note.continued(found))
        yield from found
        yield from note.repeated(found)
        yield from _trimmed(document.plain, note.by_lexicon())


def _trimmed(plain: str, mentions: Iterable[Mention]) -> list[Mention]:
    kept: list[Mention] = []
    seen: dict[tuple[int, int], Mention | None] = {}
    for mention in mentions:
        if mention.detector in _WHOLE:
            kept.append(mention)
            continue
        place = (mention.start, mention.end)
        if place not in seen:
            seen[place] = trimmed(plain, mention)
        cut = seen[place]
        if cut is not None:
            same = (cut.start, cut.end) == place
            kept.append(
                mention if same else replace(mention, start=cut.start, end=cut.end, canonical=None)
            )
    return kept


# Whom a question addresses keeps the title.
_WHOLE = frozenset(
    {"en.name.addressed", "en.name.spelt", "en.name.initials", "en.name.title_initial"}
)


def _without_digits(folded: str) -> str:
    return folded.rstrip("0123456789")


def _may_be_listed(text: str) -> bool:
    """With a capital, and neither a title, a kin word, a term nor what begins a sentence."""
    word = _without_digits(folded_token(text))
    return (
        is_titled(text)
        and len(text) > 1
        and word not in STOP_CAPITALS
        and word not in TITLE_WORDS
        and word not in KIN_WORDS
        and word not in US_STATES
        and not is_term(text)
    )


_MAY_BE_LISTED = Judged(_may_be_listed)
_IS_SMALL = Judged(lambda text: text.islower() and namelike(folded_token(text)) is Namelike.NAME)


class _Note(Triggers, Roles, Signs):
    """Adds what was found once elsewhere in the note, and what only lists and shape tell."""

    def repeated(self, found: list[Mention]) -> Iterator[Mention]:
        """Further places of names that a trigger gave away."""
        known = set()
        for mention in found:
            for token in TOKEN.findall(self.plain[mention.start : mention.end]):
                if len(token) > 2 and not is_word(fold(token)) and not is_clinical(fold(token)):
                    known.add(fold(token))
        if not known:
            return
        for token in self.tokens:
            if token.folded in known and (token.text[0].isupper() or self.all_lower):
                yield self._mention(token.start, token.end, Strength.LISTED, "en.name.repeated")

    def by_lexicon(self) -> Iterator[Mention]:
        """Names of the lists, and capitalised words that are in no list."""
        small = frozenset(self._where(_IS_SMALL) if self.lowish else ())
        for i in sorted(small.union(self._where(_MAY_BE_LISTED))):
            token = self.tokens[i]
            if i in small:
                yield self._span(i, self._reach(i), Strength.SHAPED, "en.name.small")
            if not _MAY_BE_LISTED[token.text] or self._has_eponym_head(i):
                continue
            word = _without_digits(token.folded)
            listed = word in given_names()
            surname = word in family_names()
            digits = _NUMBERED.fullmatch(token.text) is not None
            nexts = self._next(i)
            if is_word(word) or is_clinical(word) or is_clinical(word.removesuffix("s")):
                if listed and nexts is not None and self._is_surname_like(nexts):
                    yield self._extended(i, Strength.LISTED, "en.name.full")
                continue
            if (
                nexts is not None
                and len(nexts.text) > 1
                and self._is_surname_like(nexts)
                and self._may_be_name(i)
                and not self._is_everyday(i, nexts)
            ):
                # Two capitalised words, the first in no list: also where a sentence begins.
                yield self._extended(i, Strength.SHAPED, "en.name.pair")
            if listed or digits:
                yield self._extended(i, Strength.LISTED, "en.name.given")
            elif (surname and not self._starts_sentence(i)) or self._shaped(i):
                yield self._extended(i, Strength.SHAPED, "en.name.shape")
