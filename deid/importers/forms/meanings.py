"""What names and codes in the cells of a form mean: concepts of the vault's vocabulary.

A cell may hold the name of a shipped term in either language, its key, or a code of ICD-10, ATC or
LOINC, with or without a name beside it. What the vault's ``source_to_concept_map`` says of a
code or name goes before all else: there a site keeps its own codes. Codes are looked up as
:mod:`deid.importers.mapping` does. What means nothing here is concept 0, with its words kept as the
source.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from sqlalchemy import Connection

from deid.forms.model import normalised
from deid.forms.words import plain_drugs, terms_by_word
from deid.importers.mapping import CodeLookup, Mapped
from deid.importers.mapping.lookup import Vocabularies
from deid.importers.mapping.written import codes_in
from deid.vocabulary import Term, load_terms

VOCABULARIES: Mapping[str, Vocabularies] = {
    "Condition": ("ICD10CN", "ICD10", "ICD10CM"),
    "Drug": ("ATC",),
    "Item": ("LOINC",),
    "Procedure": (),
}
"""Where the codes of an area stand: forms of China are coded by the Chinese edition first.

ICPC-2 is left out: its codes look like those of ICD-10 and mean something else (L93, A03).
"""

_HEDGES = ("待排", "待查", "疑", "否认", "除外", "家族", "病史", "?", "？", "possible", "suspect",
           "rule out", "history", "family", "denies")  # fmt: skip
"""Words beside a name that mean something else than having it now."""

_DOMAINS = {
    "Condition": ("Condition", "Observation"),
    "Drug": ("Drug",),
    "Item": ("Measurement", "Observation"),
    "Procedure": ("Procedure", "Measurement", "Observation"),
}


@dataclass(frozen=True)
class Meaning:
    """A standard concept, or 0; the concept of the source's code, or 0; the term, if shipped.

    ``code`` is the code that was read, ``mapped`` what the vocabulary says of it.
    """

    concept_id: int
    source_concept_id: int = 0
    domain: str | None = None
    term: Term | None = None
    code: str | None = None
    mapped: Mapped | None = None


class Meanings:
    """Looks names and codes up, once each."""

    def __init__(self, connection: Connection) -> None:
        self._vocabulary = CodeLookup(connection)
        self._known: dict[tuple[str, str], Meaning | None] = {}

    def learn(self, texts: Iterable[str], area: str) -> None:
        """Look the codes of many texts up before they are asked for."""
        vocabularies = VOCABULARIES[area]
        self._vocabulary.learn(
            (vocabularies, code) for text in texts for code in codes_in(text, area)
        )

    def find(self, text: str, area: str) -> Meaning | None:
        """The meaning of a name or code in an area (Condition, Drug, Item, Procedure), if any."""
        if (area, text) not in self._known:
            self._known[area, text] = self._find(text, area)
        return self._known[area, text]

    def _find(self, text: str, area: str) -> Meaning | None:
        own = self._vocabulary.site_map(text)
        if own and own.domain in _DOMAINS[area]:
            return _meaning(own, text, own)
        words = terms_by_word(*_DOMAINS[area])
        names = [text, *plain_drugs(text)] if area == "Drug" else [text]
        for name in names:
            term = words.get(normalised(name))
            if term:
                return _named(term, name)
        unmapped = None
        for code in codes_in(text, area):
            found = self._vocabulary.find(VOCABULARIES[area], code, area)
            meaning = _meaning(found or Mapped(), code, found)
            if meaning.concept_id:
                return meaning
            unmapped = unmapped or meaning
        # A name before brackets or behind a code may be known where the whole is not.
        parts = [part for part in re.split(r"[()（）\[\]【】\s]+", text) if part]
        if not any(hedge in text.casefold() for hedge in _HEDGES):
            for part in parts if len(parts) > 1 else ():
                term = words.get(normalised(part)) if len(part) > 1 else None
                if term:
                    return _named(term, part)
        return unmapped


def _named(term: Term, word: str) -> Meaning:
    """A term by its name; where its key was written, the term is its own source."""
    source = term.concept_id if word == term.key else 0
    # A class of drugs is no standard concept.
    concept_id = term.concept_id if term.standard else 0
    return Meaning(concept_id, source or (0 if concept_id else term.concept_id),
                   term.domain_id, term)  # fmt: skip


def _meaning(meant: Mapped, code: str, mapped: Mapped | None) -> Meaning:
    return Meaning(
        meant.concept_id,
        meant.source_concept_id,
        meant.domain,
        _terms_by_id().get(meant.concept_id),
        code,
        mapped,
    )


@cache
def _terms_by_id() -> Mapping[int, Term]:
    return {term.concept_id: term for term in load_terms() if term.concept_id}
