"""Source code and vocabulary to source concept, standard concept and domain.

Codes are looked up in the vault's vocabulary, many at a time, once each. A code that is valid goes
before one that is not, OHDSI's concept before a local one of the same code. A concept that is not
standard goes on by valid ``Maps to``, along a chain if that leads to one that is not standard
either. Of several standard concepts (OMOP maps ``diabetes with retinopathy`` to two) the first of
the wanted domain is taken, else that of the lowest id, and ``several`` says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from sqlalchemy import Column, ColumnElement, Connection, select

from deid.importers.mapping.written import forms_of
from deid.vault.schema import metadata
from deid.vocabulary import LOCAL_IDS

V = TypeVar("V")
LOOK_UP_CODES = 400
_LONGEST_CHAIN = 5

Vocabularies = tuple[str, ...]
"""Vocabularies in which a code may stand, the first goes before the others; none means a concept
id, ``("concept_id",)``."""

CONCEPT_ID: Vocabularies = ("concept_id",)


@dataclass(frozen=True)
class Mapped:
    """What a code means: its own concept and the standard one, each 0 if there is none.

    ``code`` is the code that was found; not ``same`` if it is wider than the one asked for.
    """

    source_concept_id: int = 0
    concept_id: int = 0
    domain: str | None = None
    code: str = ""
    same: bool = True
    several: bool = False


@dataclass(frozen=True)
class _Concept:
    concept_id: int
    vocabulary: str
    code: str
    standard: bool
    valid: bool
    domain: str


class CodeLookup:
    """Answers for one import, inside its transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._by_code: dict[str, list[_Concept]] = {}
        self._by_id: dict[int, _Concept | None] = {}
        self._targets: dict[int, tuple[_Concept, ...]] = {}
        self._answers: dict[tuple[Vocabularies, str, str | None], Mapped | None] = {}
        self._site: dict[tuple[str, str], Mapped] | None = None

    def learn(self, wanted: Iterable[tuple[Vocabularies, str]]) -> None:
        """Look many codes up before they are asked for."""
        pairs = set(wanted)
        codes = {
            form.code
            for vocabularies, code in pairs
            if vocabularies != CONCEPT_ID
            for form in forms_of(vocabularies, code)
        }
        concept = metadata.tables["concept"]
        unknown = sorted(code for code in codes if code not in self._by_code)
        for some in _parts(unknown):
            self._by_code |= {code: [] for code in some}
            for row in self._concepts(concept.c.concept_code.in_(some)):
                self._by_code[row.code].append(row)
        self._learn_ids(
            int(code) for vocabularies, code in pairs if vocabularies == CONCEPT_ID and _is_id(code)
        )
        sources = {
            found.concept_id
            for code in codes
            for found in self._by_code[code]
            if not found.standard
        }
        sources |= {
            known.concept_id
            for vocabularies, code in pairs
            if vocabularies == CONCEPT_ID and _is_id(code)
            if (known := self._by_id[int(code)]) and not known.standard
        }
        self._learn_targets(sources)

    def find(
        self, vocabularies: Vocabularies, code: str, domain: str | None = None
    ) -> Mapped | None:
        """The meaning of a code, None if no form of it is in the vocabularies.

        Of several standard concepts, one of ``domain`` is preferred.
        """
        key = (vocabularies, code, domain)
        if key not in self._answers:
            self.learn([(vocabularies, code)])
            self._answers[key] = self._find(vocabularies, code, domain)
        return self._answers[key]

    def site_map(self, code: str, systems: Iterable[str] | None = None) -> Mapped | None:
        """What the vault's ``source_to_concept_map`` says of a code.

        ``systems`` are the names that its ``source_vocabulary_id`` may have, any if not given.
        """
        if self._site is None:
            self._site = self._read_site_map()
        names = {name for name, kept in self._site if kept == code}
        wanted = sorted(names if systems is None else names & set(systems))
        if not wanted:
            return None
        return self._site[wanted[0], code]

    def _find(self, vocabularies: Vocabularies, code: str, domain: str | None) -> Mapped | None:
        if vocabularies == CONCEPT_ID:
            concept = self._by_id.get(int(code)) if _is_id(code) else None
            return self._meaning(concept, domain) if concept else None
        unmapped: Mapped | None = None
        for form in forms_of(vocabularies, code):
            found = [c for c in self._by_code[form.code] if c.vocabulary in vocabularies]
            found.sort(
                key=lambda c: (
                    not c.valid,
                    vocabularies.index(c.vocabulary),
                    c.concept_id in LOCAL_IDS,
                    c.concept_id,
                )
            )
            for concept in found:
                meaning = replace(self._meaning(concept, domain), same=form.same)
                if meaning.concept_id:
                    # The code as it was written is the source, though a wider one is mapped.
                    exact = unmapped.source_concept_id if unmapped and unmapped.same else 0
                    return replace(meaning, source_concept_id=exact or meaning.source_concept_id)
                unmapped = unmapped or meaning
        return unmapped

    def _meaning(self, concept: _Concept, domain: str | None) -> Mapped:
        if concept.standard:
            return Mapped(concept.concept_id, concept.concept_id, concept.domain, concept.code)
        targets = self._standard(concept)
        if not targets:
            return Mapped(concept.concept_id, 0, None, concept.code)
        best = min(targets, key=lambda t: (t.domain != domain, t.concept_id))
        return Mapped(
            concept.concept_id, best.concept_id, best.domain, concept.code, several=len(targets) > 1
        )

    def _standard(self, concept: _Concept) -> tuple[_Concept, ...]:
        """The standard concepts at the ends of the chains of ``Maps to``."""
        front, found, seen = [concept], {}, {concept.concept_id}
        for _ in range(_LONGEST_CHAIN):
            onward: list[_Concept] = []
            for one in front:
                for target in self._targets.get(one.concept_id, ()):
                    if target.standard and target.valid:
                        found[target.concept_id] = target
                    elif target.concept_id not in seen:
                        seen.add(target.concept_id)
                        onward.append(target)
            front = onward
        return tuple(found[key] for key in sorted(found))

    def _learn_targets(self, ids: Iterable[int]) -> None:
        """Follow ``Maps to`` from these concepts, and on from what is not standard."""
        relation, concept = metadata.tables["concept_relationship"], metadata.tables["concept"]
        front = set(ids)
        for _ in range(_LONGEST_CHAIN):
            front = {number for number in front if number not in self._targets}
            onward: set[int] = set()
            for some in _parts(sorted(front)):
                found: dict[int, list[_Concept]] = {number: [] for number in some}
                rows = self._connection.execute(
                    select(relation.c.concept_id_1, *_columns())
                    .join(concept, concept.c.concept_id == relation.c.concept_id_2)
                    .where(
                        relation.c.concept_id_1.in_(some),
                        relation.c.concept_id_2 != relation.c.concept_id_1,
                        relation.c.relationship_id == "Maps to",
                        relation.c.invalid_reason.is_(None),
                    )
                )
                for row in rows:
                    target = _concept(row[1:])
                    found[row[0]].append(target)
                    if not (target.standard and target.valid):
                        onward.add(target.concept_id)
                self._targets |= {number: tuple(each) for number, each in found.items()}
            front = onward

    def _learn_ids(self, ids: Iterable[int]) -> None:
        concept = metadata.tables["concept"]
        for some in _parts(sorted({number for number in ids if number not in self._by_id})):
            self._by_id |= dict.fromkeys(some)
            for found in self._concepts(concept.c.concept_id.in_(some)):
                self._by_id[found.concept_id] = found

    def _concepts(self, where: ColumnElement[bool]) -> Iterator[_Concept]:
        rows = self._connection.execute(select(*_columns()).where(where))
        return (_concept(row) for row in rows)

    def _read_site_map(self) -> dict[tuple[str, str], Mapped]:
        mapping, concept = metadata.tables["source_to_concept_map"], metadata.tables["concept"]
        rows = self._connection.execute(
            select(
                mapping.c.source_concept_id,
                concept.c.concept_id,
                concept.c.domain_id,
                mapping.c.source_vocabulary_id,
                mapping.c.source_code,
            )
            .join(concept, concept.c.concept_id == mapping.c.target_concept_id)
            .where(mapping.c.invalid_reason.is_(None))
            .order_by(concept.c.concept_id.desc())
        )
        return {(row[3], row[4]): Mapped(row[0], row[1], row[2], row[4]) for row in rows}


def _columns() -> tuple[Column[Any], ...]:
    concept = metadata.tables["concept"].c
    return tuple(
        concept[name]
        for name in (
            "concept_id",
            "vocabulary_id",
            "concept_code",
            "standard_concept",
            "invalid_reason",
            "domain_id",
        )
    )


def _concept(row: Iterable[object]) -> _Concept:
    concept_id, vocabulary, code, standard, invalid, domain = row
    return _Concept(
        int(str(concept_id)), str(vocabulary), str(code), standard == "S", not invalid, str(domain)
    )


def _is_id(code: str) -> bool:
    return code.isdecimal() and int(code) < 1 << 63


def _parts(values: Sequence[V]) -> Iterator[Sequence[V]]:
    for start in range(0, len(values), LOOK_UP_CODES):
        yield values[start : start + LOOK_UP_CODES]
