"""Derives the OMOP vocabulary tables from the shipped terms.

From a term come its concept, its Chinese name as a synonym, ``Maps to`` itself where it is
standard, ``Is a`` each parent (``Answer of`` where it is an answer), each with its reverse, and its
place in ``concept_ancestor``. A code of another classification gives a concept that ``Maps to`` its
terms; classes of ATC stand above the drugs, as in OMOP. The concepts of domains, classes,
vocabularies and relationships come from the four small tables that describe them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import pyarrow as pa

from deid.errors import VocabularyError
from deid.vocabulary.codes import SourceCode
from deid.vocabulary.source import ANSWER, LOCAL_IDS, LOCAL_VOCABULARY, SourceTerm

VALID_FROM, VALID_TO = date(1970, 1, 1), date(2099, 12, 31)
CHINESE_KEY = "CHINESE"
MEMBER_OF_ATC = "RxNorm - ATC"
"""From a drug to its class of ATC's fifth level; the reverse is ``ATC - RxNorm``."""

DESCRIBED = {
    "domain": ("domain_id", "Domain", "DOMAIN"),
    "vocabulary": ("vocabulary_id", "Vocabulary", "VOCABULARY"),
    "concept_class": ("concept_class_id", "Concept Class", "CONCEPT_CLASS"),
    "relationship": ("relationship_id", "Relationship", "RELATIONSHIP"),
}
"""Table -> its key column, the class of its concepts, the end of their local codes."""

CONCEPT = pa.schema(
    [
        ("concept_id", pa.int64()),
        ("concept_name", pa.string()),
        ("domain_id", pa.string()),
        ("vocabulary_id", pa.string()),
        ("concept_class_id", pa.string()),
        ("standard_concept", pa.string()),
        ("concept_code", pa.string()),
        ("valid_start_date", pa.date32()),
        ("valid_end_date", pa.date32()),
        ("invalid_reason", pa.string()),
    ]
)
CONCEPT_SYNONYM = pa.schema(
    [
        ("concept_id", pa.int64()),
        ("concept_synonym_name", pa.string()),
        ("language_concept_id", pa.int64()),
    ]
)
CONCEPT_RELATIONSHIP = pa.schema(
    [
        ("concept_id_1", pa.int64()),
        ("concept_id_2", pa.int64()),
        ("relationship_id", pa.string()),
        ("valid_start_date", pa.date32()),
        ("valid_end_date", pa.date32()),
        ("invalid_reason", pa.string()),
    ]
)
CONCEPT_ANCESTOR = pa.schema(
    [
        ("ancestor_concept_id", pa.int64()),
        ("descendant_concept_id", pa.int64()),
        ("min_levels_of_separation", pa.int64()),
        ("max_levels_of_separation", pa.int64()),
    ]
)


def derive_tables(
    terms: Sequence[SourceTerm],
    described: Mapping[str, pa.Table],
    codes: Sequence[SourceCode] = (),
) -> dict[str, pa.Table]:
    """The OMOP vocabulary tables of checked terms, their codes, and four tables that describe them.

    Raises:
        VocabularyError: if a term's domain, vocabulary or class is not described, with its file
            and line.
    """
    _check_described(terms, described)
    ids = {term.key: term.concept_id for term in terms}
    all_named: list[SourceTerm | SourceCode] = [*terms, *codes]
    return {
        "concept": _rows(CONCEPT, _concepts(terms, codes, described)),
        **described,
        "concept_relationship": _rows(
            CONCEPT_RELATIONSHIP, _relationships(terms, codes, ids, described)
        ),
        "concept_ancestor": _rows(CONCEPT_ANCESTOR, _ancestors(terms, codes, ids)),
        "concept_synonym": _rows(
            CONCEPT_SYNONYM,
            [(named.concept_id, named.zh, ids[CHINESE_KEY]) for named in all_named],
        ),
    }


def _rows(schema: pa.Schema, rows: Iterable[tuple[Any, ...]]) -> pa.Table:
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    return pa.table(
        [pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)],
        schema=schema,
    )


def _check_described(terms: Sequence[SourceTerm], described: Mapping[str, pa.Table]) -> None:
    for table in ("domain", "vocabulary", "concept_class"):
        column = DESCRIBED[table][0]
        known = set(described[table][column].to_pylist())
        for term in terms:
            if getattr(term, column) not in known:
                raise VocabularyError(
                    f"{term.place}: {column} {getattr(term, column)} is not in {table}.csv"
                )


def _concepts(
    terms: Sequence[SourceTerm], codes: Sequence[SourceCode], described: Mapping[str, pa.Table]
) -> list[tuple[Any, ...]]:
    all_named: list[SourceTerm | SourceCode] = [*terms, *codes]
    rows = {
        named.concept_id: (
            named.concept_id,
            named.en,
            named.domain_id,
            named.vocabulary_id,
            named.concept_class_id,
            named.standard_concept,
            named.code if isinstance(named, SourceCode) else named.concept_code,
            VALID_FROM,
            VALID_TO,
            None,
        )
        for named in all_named
    }
    for table, (_, class_id, ending) in DESCRIBED.items():
        for concept_id, name in zip(
            described[table][f"{table}_concept_id"].to_pylist(),
            described[table][f"{table}_name"].to_pylist(),
            strict=True,
        ):
            local = concept_id in LOCAL_IDS
            rows.setdefault(
                concept_id,
                (
                    concept_id,
                    name,
                    "Metadata",
                    LOCAL_VOCABULARY if local else class_id,
                    class_id,
                    None,
                    f"{name.upper().replace(' ', '_')}_{ending}" if local else "OMOP generated",
                    VALID_FROM,
                    VALID_TO,
                    None,
                ),
            )
    return sorted(rows.values())


def _relationships(
    terms: Sequence[SourceTerm],
    codes: Sequence[SourceCode],
    ids: Mapping[str, int],
    described: Mapping[str, pa.Table],
) -> list[tuple[Any, ...]]:
    reverse = dict(
        zip(
            described["relationship"]["relationship_id"].to_pylist(),
            described["relationship"]["reverse_relationship_id"].to_pylist(),
            strict=True,
        )
    )
    forward = [
        (term.concept_id, term.concept_id, "Maps to")
        for term in terms
        if term.standard_concept == "S"
    ] + [
        (term.concept_id, ids[parent], "Answer of" if _is_answer(term) else "Is a")
        for term in terms
        for parent in term.parents
    ]
    above = {(code.vocabulary_id, code.code): code.concept_id for code in codes}
    for code in codes:
        forward += [(code.concept_id, target, "Maps to") for target in code.maps_to]
        forward += [(member, code.concept_id, MEMBER_OF_ATC) for member in code.members]
        if code.parent:
            forward.append((code.concept_id, above[code.vocabulary_id, code.parent], "Is a"))
    pairs = {*forward, *((b, a, reverse[kind]) for a, b, kind in forward)}
    return [(a, b, kind, VALID_FROM, VALID_TO, None) for a, b, kind in sorted(pairs)]


def _ancestors(
    terms: Sequence[SourceTerm], codes: Sequence[SourceCode], ids: Mapping[str, int]
) -> list[tuple[int, ...]]:
    """The closure of ``Is a`` and of membership in ATC, with the shortest and the longest way.

    Every standard concept and class is its own ancestor at 0.
    """
    parents = {
        term.concept_id: [] if _is_answer(term) else [ids[parent] for parent in term.parents]
        for term in terms
        if term.standard_concept is not None
    }
    classes = {code.code: code for code in codes if code.standard_concept is not None}
    parents |= {
        code.concept_id: [classes[code.parent].concept_id] if code.parent else []
        for code in classes.values()
    }
    for code in classes.values():
        for member in code.members:
            parents[member].append(code.concept_id)
    levels: dict[int, dict[int, tuple[int, int]]] = {}

    def above(concept: int) -> dict[int, tuple[int, int]]:
        if concept not in levels:
            found: dict[int, list[tuple[int, int]]] = defaultdict(list)
            for parent in parents[concept]:
                for ancestor, (least, most) in above(parent).items():
                    found[ancestor].append((least + 1, most + 1))
            levels[concept] = {concept: (0, 0)} | {
                ancestor: (min(way[0] for way in ways), max(way[1] for way in ways))
                for ancestor, ways in found.items()
            }
        return levels[concept]

    return sorted(
        (ancestor, concept, least, most)
        for concept in parents
        for ancestor, (least, most) in above(concept).items()
    )


def _is_answer(term: SourceTerm) -> bool:
    return term.concept_class_id == ANSWER
