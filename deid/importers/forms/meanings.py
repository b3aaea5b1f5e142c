"""What names and codes in the cells of a form mean: concepts of the vault's vocabulary.

A cell may hold the name of a shipped term in either language, its key, or a code of ICD-10, ATC,
LOINC, with or without a name behind it. What the vault's ``source_to_concept_map`` says of a code
or name goes before all else: there a site keeps its own codes. A code goes on by ``Maps to`` to a
standard concept where the vault has it, and else to the shipped term that bears the code. What
means nothing here is concept 0, with its words kept as the source.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from sqlalchemy import Connection, select

from deid.forms.model import normalised
from deid.forms.words import terms_by_word
from deid.vault.schema import metadata
from deid.vocabulary import Term, load_terms
from deid.vocabulary.loading import source_terms

# With the extensions of the Chinese clinical edition: E11.900, I10.X00X002.
_ICD10 = re.compile(r"([A-Z]\d[0-9A-Z](?:\.[0-9A-Z]{1,4}(?:X\d{3})?)?)[+*†]?(?![0-9A-Z])")
_ATC = re.compile(r"([A-Z]\d{2}(?:[A-Z](?:[A-Z](?:\d{2})?)?)?)(?![0-9A-Za-z.])")
_LOINC = re.compile(r"(\d{1,7}-\d)(?!\d)")
_CODES: Mapping[str, tuple[tuple[re.Pattern[str], tuple[str, ...]], ...]] = {
    "Condition": ((_ICD10, ("ICD10CN", "ICD10", "ICD10CM")),),
    "Drug": ((_ATC, ("ATC",)),),
    "Item": ((_LOINC, ("LOINC",)),),
    "Procedure": (),
}
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
    """A standard concept, or 0; the concept of the source's code, or 0; the term, if shipped."""

    concept_id: int
    source_concept_id: int = 0
    domain: str | None = None
    term: Term | None = None


class Meanings:
    """Looks names and codes up, once each."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._known: dict[tuple[str, str], Meaning | None] = {}
        self._has_site_map: bool | None = None

    def find(self, text: str, area: str) -> Meaning | None:
        """The meaning of a name or code in an area (Condition, Drug, Item, Procedure), if any."""
        if (area, text) not in self._known:
            self._known[area, text] = self._find(text, area)
        return self._known[area, text]

    def _find(self, text: str, area: str) -> Meaning | None:
        own = self._site_map(text, area)
        if own:
            return own
        words = terms_by_word(*_DOMAINS[area])
        term = words.get(normalised(text))
        if term:
            return Meaning(term.concept_id, 0, term.domain_id, term)
        unmapped = None
        for code, vocabularies in _codes(text, area):
            found = self._query(vocabularies, code)
            if found and found.concept_id:
                return found
            term = _terms_by_code(area).get(code)
            if term:
                source = found.source_concept_id if found else 0
                return Meaning(term.concept_id, source, term.domain_id, term)
            unmapped = unmapped or found
        # A name before brackets or behind a code may be known where the whole is not.
        parts = [part for part in re.split(r"[()（）\[\]【】\s]+", text) if part]
        if not any(hedge in text.casefold() for hedge in _HEDGES):
            for part in parts if len(parts) > 1 else ():
                term = words.get(normalised(part)) if len(part) > 1 else None
                if term:
                    return Meaning(term.concept_id, 0, term.domain_id, term)
        return unmapped

    def _site_map(self, text: str, area: str) -> Meaning | None:
        """The concept of a code or name in the vault's ``source_to_concept_map``."""
        if self._has_site_map is None:
            table = metadata.tables["source_to_concept_map"]
            self._has_site_map = (
                self._connection.execute(select(table).limit(1)).first() is not None
            )
        if not self._has_site_map:
            return None
        mapping, concept = metadata.tables["source_to_concept_map"], metadata.tables["concept"]
        row = self._connection.execute(
            select(mapping.c.source_concept_id, concept.c.concept_id, concept.c.domain_id)
            .join(concept, concept.c.concept_id == mapping.c.target_concept_id)
            .where(
                mapping.c.source_code == text,
                mapping.c.invalid_reason.is_(None),
                concept.c.domain_id.in_(_DOMAINS[area]),
            )
            .order_by(concept.c.concept_id)
        ).first()
        return Meaning(row.concept_id, row.source_concept_id, row.domain_id) if row else None

    def _query(self, vocabularies: tuple[str, ...], code: str) -> Meaning | None:
        """The vault's concept of a code; its standard concept is 0 if it maps to none."""
        concept = metadata.tables["concept"]
        row = self._connection.execute(
            select(concept.c.concept_id, concept.c.standard_concept, concept.c.domain_id)
            .where(concept.c.concept_code == code, concept.c.vocabulary_id.in_(vocabularies))
            .order_by(concept.c.invalid_reason.is_not(None), concept.c.concept_id)
        ).first()
        if row is None:
            return None
        if row.standard_concept == "S":
            return Meaning(row.concept_id, row.concept_id, row.domain_id)
        relationship = metadata.tables["concept_relationship"]
        mapped = self._connection.execute(
            select(concept.c.concept_id, concept.c.domain_id)
            .join(relationship, relationship.c.concept_id_2 == concept.c.concept_id)
            .where(
                relationship.c.concept_id_1 == row.concept_id,
                relationship.c.relationship_id == "Maps to",
                relationship.c.invalid_reason.is_(None),
                concept.c.standard_concept == "S",
            )
            .order_by(concept.c.concept_id)
        ).first()
        if mapped is None:
            return Meaning(0, row.concept_id)
        return Meaning(mapped.concept_id, row.concept_id, mapped.domain_id)


def _codes(text: str, area: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    for pattern, vocabularies in _CODES[area]:
        match = pattern.match(text.strip().upper())
        if match:
            for code in _broader(match[1]) if pattern is _ICD10 else (match[1],):
                yield code, vocabularies


def _broader(code: str) -> Iterator[str]:
    """A code of ICD-10 and those above it: E11.900, E11.9, E11."""
    category, _, rest = code.partition(".")
    yield code
    if len(rest) > 1 and rest[0] != "X":
        yield f"{category}.{rest[0]}"
    if rest:
        yield category


@cache
def _terms_by_code(area: str) -> Mapping[str, Term]:
    """Shipped terms by their code; of several with one code, the narrowest, then the lowest id."""
    found: dict[str, list[Term]] = {}
    for term in load_terms():
        if term.domain_id not in _DOMAINS[area]:
            continue
        code = {"Condition": term.icd10, "Drug": term.atc}.get(area)
        if area == "Item" and term.vocabulary_id == "LOINC":
            code = term.concept_code
        if code:
            found.setdefault(code, []).append(term)
    parents = {term.key: term.parents for term in source_terms()}
    chosen = {}
    for code, terms in found.items():
        above = {parent for term in terms for parent in parents[term.key]}
        # A drug's code is that of its ingredient, which is wider than a tablet of it.
        narrow = [term for term in terms if term.key not in above] if area == "Condition" else terms
        chosen[code] = narrow[0]
    return chosen
