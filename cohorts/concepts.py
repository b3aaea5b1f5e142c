"""Finding concepts in a source's vocabulary, and what a concept set stands for there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cohorts.cdm import DataSource, prepare_cdm
from cohorts.compile import CDM_SCHEMA, compile_concept_set
from cohorts.disclosure import DEFAULT_RULE, DisclosureRule, SafeCount, safe_count
from cohorts.engines.duckdb import watched
from cohorts.errors import DefinitionError
from cohorts.model import Node

SEARCH_SECONDS: Final = 20.0
MAX_WORDS: Final = 8

# Every table in which people have records of a concept, with the column that holds it.
RECORDS: Final = (
    ("condition_occurrence", "condition_concept_id"),
    ("drug_exposure", "drug_concept_id"),
    ("procedure_occurrence", "procedure_concept_id"),
    ("measurement", "measurement_concept_id"),
    ("observation", "observation_concept_id"),
    ("device_exposure", "device_concept_id"),
    ("visit_occurrence", "visit_concept_id"),
    ("specimen", "specimen_concept_id"),
    ("condition_era", "condition_concept_id"),
    ("drug_era", "drug_concept_id"),
)


@dataclass(frozen=True)
class ConceptHit:
    """A concept, and how many people of the source have a record of it, itself not descendants."""

    concept_id: int
    name: str
    domain: str
    vocabulary: str
    concept_class: str
    standard: bool
    code: str
    people: SafeCount

    def as_circe(self) -> dict[str, object]:
        """The concept as Circe JSON has it."""
        return {
            "CONCEPT_ID": self.concept_id,
            "CONCEPT_NAME": self.name,
            "DOMAIN_ID": self.domain,
            "VOCABULARY_ID": self.vocabulary,
            "CONCEPT_CLASS_ID": self.concept_class,
            "CONCEPT_CODE": self.code,
            "STANDARD_CONCEPT": "S" if self.standard else "N",
        }


def search_concepts(
    source: DataSource,
    words: str,
    *,
    domain: str | None = None,
    limit: int = 50,
    rule: DisclosureRule = DEFAULT_RULE,
) -> list[ConceptHit]:
    """Concepts whose name, synonym or code matches.

    All words must occur in one name or synonym, in any order and case; or the whole text is the
    concept's code or id. Exact matches come first, then standard concepts, those with most people
    (as they are shown) and shorter names.
    """
    wanted = words.casefold().split()[:MAX_WORDS]
    if not wanted:
        return []
    text = " ".join(wanted)
    all_words = " AND ".join("contains(lower({0}), ?)" for _ in wanted)
    synonym = all_words.format("concept_synonym_name")
    with source.connect() as connection, watched(connection, SEARCH_SECONDS):
        prepare_cdm(connection)
        rows = connection.execute(
            f"""
            WITH hit AS (
                SELECT concept_id, concept_name, domain_id, vocabulary_id, concept_class_id,
                       standard_concept = 'S' AS standard, concept_code,
                       lower(concept_code) = ? OR CAST(concept_id AS VARCHAR) = ?
                           OR lower(concept_name) = ? AS exact
                FROM {CDM_SCHEMA}.concept
                WHERE (? IS NULL OR domain_id = ?)
                  AND (({all_words.format("concept_name")})
                       OR lower(concept_code) = ? OR CAST(concept_id AS VARCHAR) = ?
                       OR concept_id IN (SELECT concept_id FROM {CDM_SCHEMA}.concept_synonym
                                         WHERE {synonym}))
            ), people AS (
                SELECT concept_id, count(DISTINCT person_id) AS people
                FROM ({_records()}) GROUP BY concept_id
            )
            SELECT hit.*, coalesce(people, 0) FROM hit LEFT JOIN people USING (concept_id)
            """,
            [text, text, text, domain, domain, *wanted, text, text, *wanted],
        ).fetchall()
    found = []
    for concept_id, name, kind, vocabulary, of_class, standard, code, exact, people in rows:
        hit = ConceptHit(
            concept_id,
            name or "",
            kind or "",
            vocabulary or "",
            of_class or "",
            bool(standard),
            code or "",
            safe_count(people, rule),
        )
        # Ordered by what is shown, never by the true count.
        order = (not exact, not hit.standard, -(hit.people.shown or 0), len(hit.name), hit.name)
        found.append((order, concept_id, hit))
    return [hit for _, _, hit in sorted(found, key=lambda entry: entry[:2])[:limit]]


def resolve_concept_set(source: DataSource, items: Sequence[Node]) -> list[tuple[int, str]]:
    """Ids and names of all concepts that Circe ConceptSetItems stand for in this source, by id.

    Raises:
        DefinitionError: if an item has no concept id.
    """
    for index, item in enumerate(items):
        if not isinstance(item.get("concept", {}).get("CONCEPT_ID"), int):
            raise DefinitionError(f"$.items[{index}].concept.CONCEPT_ID", "is missing")
    with source.connect() as connection, watched(connection, SEARCH_SECONDS):
        prepare_cdm(connection)
        return connection.execute(
            f"SELECT concept_id, concept_name FROM {CDM_SCHEMA}.concept "
            f"WHERE concept_id IN (SELECT concept_id FROM ({compile_concept_set(items)})) "
            "ORDER BY concept_id"
        ).fetchall()


def _records() -> str:
    return " UNION ALL ".join(
        f"SELECT person_id, {column} AS concept_id FROM {CDM_SCHEMA}.{table} "
        f"WHERE {column} IN (SELECT concept_id FROM hit)"
        for table, column in RECORDS
    )
