"""What an extract was made from, so exactly that it can be made again and compared.

The definition and its hash, the concepts that each concept set stood for, the vocabulary, the
release, engine and compiler, and a hash of the people and periods found. It holds no id and no
count of people.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from importlib import metadata
from typing import Any, Final

import pyarrow as pa

from cohorts.concepts import resolve_concept_set
from cohorts.extract_files import canonical_json
from cohorts.identifiers import VOCABULARY_TABLES
from cohorts.model import CohortDefinition
from cohorts.result import CohortResult
from deid.release import Release

FROZEN_FILE: Final = "frozen.json"
NO_VERSION: Final = "not stated"


@dataclass(frozen=True)
class FrozenConceptSet:
    """A concept set and the ids of the concepts it stood for, ascending."""

    id: int
    name: str
    concepts: tuple[int, ...]
    sha256: str


@dataclass(frozen=True)
class Frozen:
    """All that the people of an extract followed from.

    ``vocabulary_sha256`` covers the hashes of the release's vocabulary files; ``rows_sha256`` the
    cohort's rows, in order, with the release's own ids.
    """

    definition_sha256: str
    concept_sets: tuple[FrozenConceptSet, ...]
    vocabulary_version: str
    vocabulary_sha256: str
    release: str
    release_manifest_sha256: str
    engine: str
    compiler: str
    rows_sha256: str

    def to_json(self) -> bytes:
        """Canonical JSON."""
        return canonical_json(asdict(self))


def summary_of(data: bytes) -> dict[str, Any]:
    """A record's JSON with the number of concepts of each set in their place; for pages."""
    document: dict[str, Any] = json.loads(data)
    for entry in document["concept_sets"]:
        entry["concepts"] = len(entry["concepts"])
    return document


def freeze(release: Release, definition: CohortDefinition, result: CohortResult) -> Frozen:
    """The record of one run of a definition over a release."""
    return Frozen(
        definition_sha256=definition.sha256,
        concept_sets=tuple(_expanded(release, definition)),
        vocabulary_version=vocabulary_version(release),
        vocabulary_sha256=_sha256(
            "\n".join(
                f"{file.path} {file.sha256}"
                for table in release.tables
                if table in VOCABULARY_TABLES
                for file in release.manifest.tables[table].files
            )
        ),
        release=release.name,
        release_manifest_sha256=hashlib.sha256(release.manifest.to_json()).hexdigest(),
        engine=f"Care Commons {metadata.version('carecommons')}",
        compiler=result.compiler,
        rows_sha256=rows_sha256(result.rows),
    )


def rows_sha256(rows: pa.Table) -> str:
    """SHA-256 of a cohort's rows as text, one ``subject_id,start,end`` a line, sorted."""
    lines = sorted(zip(*(rows[name].to_pylist() for name in rows.column_names), strict=True))
    return _sha256("".join(f"{person},{start},{end}\n" for person, start, end in lines))


def vocabulary_version(release: Release) -> str:
    """What the table ``vocabulary`` says of the whole vocabulary, or that it says nothing."""
    columns = (
        [name for name, _ in release.manifest.tables["vocabulary"].columns]
        if ("vocabulary" in release.tables)
        else []
    )
    if not {"vocabulary_id", "vocabulary_version"} <= set(columns):
        return NO_VERSION
    with release.connect() as connection:
        found = connection.execute(
            "SELECT max(vocabulary_version) FROM vocabulary WHERE vocabulary_id = 'None'"
        ).fetchone()
    return str(found[0]) if found and found[0] else NO_VERSION


def _expanded(release: Release, definition: CohortDefinition) -> list[FrozenConceptSet]:
    found = []
    for entry in definition.concept_sets:
        ids = tuple(concept for concept, _ in resolve_concept_set(release, entry.items))
        found.append(FrozenConceptSet(entry.id, entry.name, ids, _sha256(",".join(map(str, ids)))))
    return found


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
