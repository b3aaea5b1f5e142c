"""Finding concepts in a source's vocabulary, and what a concept set stands for there."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

import duckdb

from cohorts.cdm import DataSource, cdm_columns, prepare_cdm
from cohorts.compile import CDM_SCHEMA, compile_concept_set
from cohorts.disclosure import DEFAULT_RULE, DisclosureRule, SafeCount, least_count
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
)
# Eras are made from records; they are counted where a concept has no records of its own.
ERAS: Final = (("condition_era", "condition_concept_id"), ("drug_era", "drug_concept_id"))
TABLES: Final = (
    "concept", "concept_synonym", "concept_ancestor", "concept_relationship",
    *(table for table, _ in (*RECORDS, *ERAS)),
)  # fmt: skip


@dataclass(frozen=True)
class ConceptHit:
    """A concept, and how many people and records of the source have it, itself not descendants.

    ``synonym`` is another name of it by which it was found.
    """

    concept_id: int
    name: str
    domain: str
    vocabulary: str
    concept_class: str
    standard: bool
    code: str
    people: SafeCount
    records: SafeCount
    synonym: str = ""

    def as_circe(self) -> dict[str, object]:
        """The concept as Circe JSON has it."""
        return {
            "CONCEPT_ID": self.concept_id,
            "CONCEPT_NAME": self.name,
            "STANDARD_CONCEPT": "S" if self.standard else "N",
            "STANDARD_CONCEPT_CAPTION": "Standard" if self.standard else "Non-Standard",
            "INVALID_REASON": "V",
            "INVALID_REASON_CAPTION": "Valid",
            "CONCEPT_CODE": self.code,
            "DOMAIN_ID": self.domain,
            "VOCABULARY_ID": self.vocabulary,
            "CONCEPT_CLASS_ID": self.concept_class,
        }


@dataclass(frozen=True)
class ConceptPlace:
    """A concept with its nearest ancestors and descendants, its other names, and who has either.

    ``people`` counts those with a record of the concept or of a descendant.
    """

    concept: ConceptHit
    parents: tuple[ConceptHit, ...]
    children: tuple[ConceptHit, ...]
    synonyms: tuple[str, ...]
    people: SafeCount


@dataclass(frozen=True)
class IncludedConcepts:
    """What a concept set stands for in a source: its concepts, and the people who have any."""

    concepts: tuple[ConceptHit, ...]
    people: SafeCount


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
    matching = f"""
        SELECT concept_id, '' AS synonym,
               lower(concept_code) = ? OR CAST(concept_id AS VARCHAR) = ?
                   OR lower(concept_name) = ? AS exact
        FROM {CDM_SCHEMA}.concept
        WHERE ({all_words.format("concept_name")})
           OR lower(concept_code) = ? OR CAST(concept_id AS VARCHAR) = ?
        UNION ALL
        SELECT concept_id, concept_synonym_name, lower(concept_synonym_name) = ?
        FROM {CDM_SCHEMA}.concept_synonym WHERE {all_words.format("concept_synonym_name")}
    """
    values = [text, text, text, *wanted, text, text, text, *wanted]
    with source.connect() as connection, watched(connection, SEARCH_SECONDS):
        prepare_cdm(connection, TABLES)
        found = _hits(connection, matching, values, rule, domain)
    # Ordered by what is shown, never by the true count.
    found.sort(
        key=lambda entry: (
            not entry[0],
            not entry[1].standard,
            -(entry[1].people.shown or 0),
            len(entry[1].name),
            entry[1].name,
            entry[1].concept_id,
        )
    )
    return [hit for _, hit in found[:limit]]


def find_concepts(
    source: DataSource, ids: Collection[int], *, rule: DisclosureRule = DEFAULT_RULE
) -> list[ConceptHit]:
    """The concepts of these ids that the source's vocabulary has, by id."""
    if not ids:
        return []
    matching = f"""SELECT concept_id, '' AS synonym, false AS exact
        FROM {CDM_SCHEMA}.concept WHERE concept_id IN (SELECT unnest(?))"""
    with source.connect() as connection, watched(connection, SEARCH_SECONDS):
        prepare_cdm(connection, TABLES)
        found = _hits(connection, matching, [list(ids)], rule)
    return sorted((hit for _, hit in found), key=lambda hit: hit.concept_id)


def place_of_concept(
    source: DataSource, concept_id: int, *, rule: DisclosureRule = DEFAULT_RULE, limit: int = 200
) -> ConceptPlace | None:
    """A concept between its parents and children, or ``None`` if the vocabulary has none."""
    near = f"""SELECT {{0}}_concept_id, '', false FROM {CDM_SCHEMA}.concept_ancestor
        WHERE {{1}}_concept_id = ? AND min_levels_of_separation = 1"""
    alone = "SELECT CAST(? AS BIGINT) AS concept_id, '' AS synonym, false AS exact"
    with source.connect() as connection, watched(connection, SEARCH_SECONDS):
        prepare_cdm(connection, TABLES)
        (itself, parents, children) = (
            _hits(connection, f"{alone} WHERE {keep} UNION ALL {more}", values, rule)
            for keep, more, values in (
                ("true", f"{alone} WHERE false", [concept_id, concept_id]),
                ("false", near.format("ancestor", "descendant"), [concept_id, concept_id]),
                ("false", near.format("descendant", "ancestor"), [concept_id, concept_id]),
            )
        )
        if not itself:
            return None
        names = connection.execute(
            f"SELECT DISTINCT concept_synonym_name FROM {CDM_SCHEMA}.concept_synonym "
            "WHERE concept_id = ? ORDER BY 1",
            [concept_id],
        ).fetchall()
        people = _people_with(
            connection,
            f"""SELECT descendant_concept_id FROM {CDM_SCHEMA}.concept_ancestor
            WHERE ancestor_concept_id = ? UNION SELECT ?""",
            [concept_id, concept_id],
        )

    def shown(hits: list[tuple[bool, ConceptHit]]) -> tuple[ConceptHit, ...]:
        by_use = sorted(
            (hit for _, hit in hits), key=lambda hit: (-(hit.people.shown or 0), hit.name)
        )
        return tuple(by_use[:limit])

    return ConceptPlace(
        itself[0][1],
        shown(parents),
        shown(children),
        tuple(name for (name,) in names if name),
        least_count(people, rule),
    )


def resolve_concept_set(source: DataSource, items: Sequence[Node]) -> list[tuple[int, str]]:
    """Ids and names of all concepts that Circe ConceptSetItems stand for in this source, by id.

    Raises:
        DefinitionError: if an item has no concept id.
    """
    _check_items(items)
    with source.connect() as connection, watched(connection, SEARCH_SECONDS):
        prepare_cdm(connection, TABLES)
        return connection.execute(
            f"SELECT concept_id, concept_name FROM {CDM_SCHEMA}.concept "
            f"WHERE concept_id IN (SELECT concept_id FROM ({compile_concept_set(items)})) "
            "ORDER BY concept_id"
        ).fetchall()


def include_concepts(
    source: DataSource, items: Sequence[Node], *, rule: DisclosureRule = DEFAULT_RULE
) -> IncludedConcepts:
    """The concepts that Circe ConceptSetItems stand for, most used first, and who has any.

    Raises:
        DefinitionError: if an item has no concept id.
    """
    _check_items(items)
    if not items:
        return IncludedConcepts((), least_count(0, rule))
    chosen = f"SELECT concept_id FROM ({compile_concept_set(items)})"
    with source.connect() as connection, watched(connection, SEARCH_SECONDS):
        prepare_cdm(connection, TABLES)
        found = _hits(
            connection,
            f"SELECT concept_id, '' AS synonym, false AS exact FROM ({chosen})",
            [],
            rule,
        )
        people = _people_with(connection, chosen, [])
    hits = sorted((hit for _, hit in found), key=lambda hit: (-(hit.people.shown or 0), hit.name))
    return IncludedConcepts(tuple(hits), least_count(people, rule))


def concepts_in_column(
    source: DataSource,
    table: str,
    column: str,
    *,
    rule: DisclosureRule = DEFAULT_RULE,
    limit: int = 40,
) -> list[tuple[int, str]]:
    """Ids and names of the concepts that enough people have in a column, by name.

    Raises:
        KeyError: if the CDM has no such column.
    """
    if column not in {name for name, _ in cdm_columns()[table]}:
        raise KeyError(column)
    with source.connect() as connection, watched(connection, SEARCH_SECONDS):
        prepare_cdm(connection, ("concept", table))
        rows = connection.execute(
            f"""
            SELECT concept_id, concept_name FROM {CDM_SCHEMA}.concept JOIN (
                SELECT {column} AS concept_id, count(DISTINCT person_id) AS people
                FROM {CDM_SCHEMA}.{table} WHERE {column} <> 0 GROUP BY {column}
            ) USING (concept_id)
            WHERE people >= ? ORDER BY people DESC, concept_id LIMIT ?
            """,
            [rule.minimum_cell, limit],
        ).fetchall()
    # By name: the order by people would tell more than a list of them.
    return sorted(rows, key=lambda row: (row[1] or "", row[0]))


def _check_items(items: Sequence[Node]) -> None:
    for index, item in enumerate(items):
        if not isinstance(item.get("concept", {}).get("CONCEPT_ID"), int):
            raise DefinitionError(f"$.items[{index}].concept.CONCEPT_ID", "is missing")


def _hits(
    connection: duckdb.DuckDBPyConnection,
    matching: str,
    values: list[Any],
    rule: DisclosureRule,
    domain: str | None = None,
) -> list[tuple[bool, ConceptHit]]:
    """Concepts of a query of ``concept_id, synonym, exact``, each with whether it is exact."""
    rows = connection.execute(
        f"""
        WITH matching AS ({matching}), hit AS (
            SELECT concept_id, bool_or(exact) AS exact,
                   coalesce(min(synonym) FILTER (synonym <> ''), '') AS synonym,
                   bool_or(synonym = '') AS by_name
            FROM matching GROUP BY concept_id
        ), record AS ({_records()}), counted AS (
            SELECT concept_id, count(DISTINCT person_id) AS people,
                   greatest(count(*) FILTER (NOT era), count(*) FILTER (era)) AS records
            FROM record GROUP BY concept_id
        )
        SELECT exact, concept_id, concept_name, domain_id, vocabulary_id, concept_class_id,
               standard_concept = 'S', concept_code, coalesce(people, 0), coalesce(records, 0),
               CASE WHEN by_name THEN '' ELSE synonym END
        FROM {CDM_SCHEMA}.concept JOIN hit USING (concept_id) LEFT JOIN counted USING (concept_id)
        WHERE (? IS NULL OR domain_id = ?)
        """,
        [*values, domain, domain],
    ).fetchall()
    hits = []
    for exact, number, name, of, vocabulary, kind, standard, code, people, records, synonym in rows:
        enough = people >= rule.minimum_cell
        hit = ConceptHit(
            number,
            name or "",
            of or "",
            vocabulary or "",
            kind or "",
            bool(standard),
            code or "",
            least_count(people, rule),
            # Records of a few people would tell that there are a few: hidden with them.
            least_count(records if enough else 0, rule),
            synonym,
        )
        hits.append((bool(exact), hit))
    return hits


def _people_with(connection: duckdb.DuckDBPyConnection, concepts: str, values: list[Any]) -> int:
    (found,) = connection.execute(
        f"""WITH hit (concept_id) AS ({concepts}), record AS ({_records()})
        SELECT count(DISTINCT person_id) FROM record""",
        values,
    ).fetchall()
    return int(found[0])


def _records() -> str:
    return " UNION ALL ".join(
        f"SELECT person_id, {column} AS concept_id, {era} AS era FROM {CDM_SCHEMA}.{table} "
        f"WHERE {column} IN (SELECT concept_id FROM hit)"
        for era, tables in (("false", RECORDS), ("true", ERAS))
        for table, column in tables
    )
