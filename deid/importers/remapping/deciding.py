"""Decides what a record's concepts are by today's vocabulary, from the code that it kept.

A concept that stands is kept: an import may have known more than the code says. It is mapped again
if it is 0; if the vocabulary no longer has it as a valid standard concept; if the ``Maps to`` that
led to it was withdrawn; or if it came from a wider code because the vocabulary did not have the one
that was written, and has it now.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, select

from deid.importers.fhir.codes import LOCAL_VOCABULARY, vocabularies_of
from deid.importers.forms.meanings import Meanings
from deid.importers.mapping import CodeLookup, Mapped
from deid.importers.mapping.lookup import CONCEPT_ID, LOOK_UP_CODES
from deid.importers.mapping.written import tidy
from deid.vault.schema import metadata
from deid.vocabulary import LOCAL_IDS

AREAS: Mapping[str, tuple[str, str]] = {
    "condition_occurrence": ("Condition", "Condition"),
    "drug_exposure": ("Drug", "Drug"),
    "procedure_occurrence": ("Procedure", "Procedure"),
    "measurement": ("Item", "Measurement"),
    "observation": ("Item", "Observation"),
    "death": ("Condition", "Condition"),
}
"""Table -> how its source values are read, and the domain of its concepts."""


@dataclass(frozen=True)
class Kept:
    """What a table holds: concept, source concept (0 for none) and source value."""

    concept_id: int
    source_concept_id: int
    source_value: str | None


@dataclass(frozen=True)
class Decision:
    """What it should hold; ``domain`` is that of the new concept."""

    concept_id: int
    source_concept_id: int
    domain: str | None


@dataclass(frozen=True)
class ConceptFacts:
    """What the vocabulary says of a concept."""

    name: str
    vocabulary: str
    code: str
    standard: bool
    domain: str


class Decider:
    """Answers for one run, inside its transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._lookup = CodeLookup(connection)
        self._meanings = Meanings(connection)
        self._facts: dict[int, ConceptFacts | None] = {0: None}
        self._withdrawn: dict[int, set[int]] = {}

    def learn(self, table: str, kept: Iterable[Kept]) -> None:
        """Look up what many records of a table need."""
        kept = list(kept)
        area = AREAS[table][0]
        self._meanings.learn((k.source_value for k in kept if k.source_value), area)
        self._learn_facts({i for k in kept for i in (k.concept_id, k.source_concept_id)})
        sources = {k.source_concept_id for k in kept if k.source_concept_id}
        self._lookup.learn((CONCEPT_ID, str(i)) for i in sources)
        self._learn_withdrawn(sources)

    def facts(self, concept_id: int) -> ConceptFacts | None:
        """What the vocabulary says of a concept, None for 0 and unknown ones."""
        self._learn_facts({concept_id})
        return self._facts[concept_id]

    def decide(self, table: str, kept: Kept) -> Decision:
        """What a record should hold by today's vocabulary."""
        area, domain = AREAS[table]
        old = self._facts[kept.source_concept_id]
        found = self._meaning(kept, old, area, domain)
        source = kept.source_concept_id
        if found and found.source_concept_id and self._is_better(found, source, old):
            source = found.source_concept_id
        current = self._facts[kept.concept_id]
        stands = current is not None and current.standard
        concept = kept.concept_id
        if kept.concept_id == 0:
            concept = found.concept_id if found else 0
        elif not stands:
            onward = self._lookup.find(CONCEPT_ID, str(kept.concept_id), domain)
            ways = [way.concept_id for way in (found, onward) if way and way.concept_id]
            # Where the code is kept, a concept that is no standard one any more is honestly 0.
            concept = next(iter(ways), 0 if source else kept.concept_id)
        elif found and found.concept_id and self._has_new_meaning(kept, found, source, domain):
            concept = found.concept_id
        facts = self.facts(concept)
        return Decision(concept, source, facts.domain if facts else None)

    def _meaning(
        self, kept: Kept, old: ConceptFacts | None, area: str, domain: str
    ) -> Mapped | None:
        """What the kept source means today: the narrowest of code, source concept and words."""
        if old is not None and old.vocabulary == LOCAL_VOCABULARY:
            system, _, code = old.code.rpartition("|")
            vocabularies = vocabularies_of(system)
            own = self._lookup.site_map(code, (system, *vocabularies))
            return own or (self._lookup.find(vocabularies, code, domain) if vocabularies else None)
        said = self._meanings.find(kept.source_value, area) if kept.source_value else None
        if old is None:
            if said is None:
                return None
            if said.code is not None:
                return said.mapped
            return Mapped(said.source_concept_id, said.concept_id, said.domain)
        narrower = (
            said is not None
            and said.mapped is not None
            and said.mapped.same
            and tidy(said.mapped.code) != tidy(old.code)
        )
        if said is not None and narrower:
            return said.mapped
        return self._lookup.find((old.vocabulary,), old.code, domain) or self._lookup.find(
            CONCEPT_ID, str(kept.source_concept_id), domain
        )

    def _is_better(self, found: Mapped, source: int, old: ConceptFacts | None) -> bool:
        """A source concept gives way to none but one of the code as written, or of OHDSI."""
        if not source or old is None:
            return True
        if old.vocabulary == LOCAL_VOCABULARY:
            return found.same
        new = self.facts(found.source_concept_id)
        if new is None or not found.same:
            return False
        if tidy(new.code) != tidy(old.code):
            return len(tidy(new.code)) > len(tidy(old.code))
        return source in LOCAL_IDS and found.source_concept_id not in LOCAL_IDS

    def _has_new_meaning(self, kept: Kept, found: Mapped, source: int, domain: str) -> bool:
        if kept.concept_id == found.concept_id:
            return False
        self._learn_withdrawn({kept.source_concept_id, source} - {0})
        withdrawn = self._withdrawn.get(source, set()) | self._withdrawn.get(
            kept.source_concept_id, set()
        )
        if kept.concept_id in withdrawn:
            return True
        old, new = self._facts[kept.source_concept_id], self.facts(source)
        if old is None or new is None or tidy(old.code) == tidy(new.code):
            return False
        # The record was mapped by the wider code, if that gives what it has.
        by_old = self._lookup.find(CONCEPT_ID, str(kept.source_concept_id), domain)
        return by_old is not None and by_old.concept_id == kept.concept_id

    def _learn_facts(self, ids: Iterable[int]) -> None:
        concept = metadata.tables["concept"].c
        for some in _parts({number for number in ids if number not in self._facts}):
            self._facts |= dict.fromkeys(some)
            rows = self._connection.execute(
                select(
                    concept.concept_id,
                    concept.concept_name,
                    concept.vocabulary_id,
                    concept.concept_code,
                    concept.standard_concept,
                    concept.invalid_reason,
                    concept.domain_id,
                ).where(concept.concept_id.in_(some))
            )
            for number, name, vocabulary, code, standard, invalid, domain in rows:
                self._facts[number] = ConceptFacts(
                    name, vocabulary, code, standard == "S" and not invalid, domain
                )

    def _learn_withdrawn(self, ids: Iterable[int]) -> None:
        """The concepts that codes mapped to once and no longer do."""
        relation = metadata.tables["concept_relationship"].c
        for some in _parts({number for number in ids if number not in self._withdrawn}):
            self._withdrawn |= {number: set() for number in some}
            rows = self._connection.execute(
                select(relation.concept_id_1, relation.concept_id_2).where(
                    relation.concept_id_1.in_(some),
                    relation.relationship_id == "Maps to",
                    relation.invalid_reason.is_not(None),
                )
            )
            for source, target in rows:
                self._withdrawn[source].add(target)


def _parts(ids: set[int]) -> Iterable[list[int]]:
    ordered = sorted(ids)
    for start in range(0, len(ordered), LOOK_UP_CODES):
        yield ordered[start : start + LOOK_UP_CODES]
