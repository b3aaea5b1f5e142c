"""Findings about a definition that need a source: concepts that its vocabulary does not have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from cohorts.cdm import DataSource, prepare_cdm
from cohorts.compile import CDM_SCHEMA
from cohorts.engines.duckdb import watched
from cohorts.findings import NOTE, WARNING, Finding
from cohorts.model import CohortDefinition, walk

LIMIT_SECONDS: Final = 20.0
_STANDING: Final = f"""
    SELECT concept_id, invalid_reason IS NULL FROM {CDM_SCHEMA}.concept
    WHERE concept_id IN (SELECT unnest(?::BIGINT[]))
"""


def check_concepts(definition: CohortDefinition, source: DataSource) -> list[Finding]:
    """Concepts of a definition that the source's vocabulary does not have, or has as invalid.

    An unknown concept finds nobody, an invalid one is left out among descendants. A source without
    any vocabulary is one finding.

    Raises:
        EngineError: if the vocabulary cannot be read.
    """
    named = dict(_concepts(definition))
    with source.connect() as connection, watched(connection, LIMIT_SECONDS):
        missing = prepare_cdm(connection, ("concept",))
        rows = connection.execute(_STANDING, [sorted(set(named.values()))]).fetchall()
    if "concept" in missing:
        told = Finding(
            "no_vocabulary",
            WARNING,
            "$.ConceptSets",
            f"{source.name} has no vocabulary: concept sets stand for nothing there",
        )
        return [told] if named else []
    return list(_findings(named, dict(rows), source.name))


def _findings(
    named: Mapping[str, int], valid: Mapping[int, bool], source: str
) -> Iterator[Finding]:
    for path, concept in named.items():
        if concept not in valid:
            yield Finding(
                "unknown_concept",
                WARNING,
                path,
                f"the vocabulary of {source} has no concept {concept}: it finds nobody",
            )
        elif not valid[concept]:
            yield Finding(
                "invalid_concept",
                NOTE,
                path,
                f"concept {concept} is no longer valid: descendants are looked for without it",
            )


def _concepts(definition: CohortDefinition) -> Iterator[tuple[str, int]]:
    """Every concept that a definition names, with its path."""
    for path, node in walk(definition.expression):
        if "CONCEPT_ID" in node:
            yield f"{path}.CONCEPT_ID", int(node["CONCEPT_ID"])
