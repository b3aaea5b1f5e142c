"""Writes a project's extract: the cohort's people, the approved columns, the project's own ids.

``cohorts`` never sees a key: whoever carries out the request passes ``mapper(domain, ids)``, which
returns a project pseudonym for every id of a domain (``person``, ``visit_occurrence``...).
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cohorts.errors import ExtractAlreadyExists, ExtractError, SelectionError
from cohorts.extract_files import (
    COHORT_FILE,
    DICTIONARY_FILE,
    EXTRACTS,
    MANIFEST_FILE,
    STAGING_PREFIX,
    ExtractFile,
    ExtractManifest,
    canonical_json,
    check_folder_name,
    file_entry,
    publish_folder,
)
from cohorts.identifiers import (
    PERSON_DOMAIN_CONCEPT_IDS,
    REFERRED_TABLES,
    RELATIONSHIP_TABLE,
    VOCABULARY_TABLES,
    entity_of,
    is_concept_column,
    is_deliverable,
)
from cohorts.model import CohortDefinition
from cohorts.result import COHORT_SCHEMA, CohortResult
from deid.release import BIRTH_YEARS, ColumnEntry, Dictionary, Release

Ids = npt.NDArray[np.int64]
Mapper = Callable[[str, Ids], Ids]
Check = Callable[[Path], Mapping[str, bytes] | None]

COHORT_TABLE: Final = "cohort"
_PROJECT_PSEUDONYM: Final = "project pseudonym"
_COHORT_MEANINGS: Final = {
    "subject_id": "the person, as person_id in the other tables",
    "cohort_start_date": "first day of a period in the cohort",
    "cohort_end_date": "last day of a period in the cohort",
}


@dataclass(frozen=True)
class Selection:
    """Tables and columns to deliver, checked against a release.

    ``tables`` maps a table to its columns in the release's order.
    """

    tables: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Extract:
    """A delivered extract."""

    path: Path
    manifest: ExtractManifest


def deliverable_columns(release: Release) -> dict[str, tuple[str, ...]]:
    """Everything that may be asked for from a release: ``{table: columns}``.

    The bands of the years of birth stay behind: the gate of an extract measures OMOP columns.
    """
    tables = {}
    for table in release.tables:
        names = tuple(name for name, _ in release.manifest.tables[table].columns)
        if table == BIRTH_YEARS or _kind_of(table, names) is None:
            continue
        tables[table] = tuple(name for name in names if is_deliverable(table, name))
    return tables


def check_selection(release: Release, wanted: Mapping[str, Sequence[str] | None]) -> Selection:
    """Check a choice of tables and columns; ``None`` stands for all deliverable columns of a table.

    ``person_id`` is added where the release has it, and ``concept`` (restricted to the concepts
    that occur) whenever the release has it, so that codes can be read.

    Raises:
        SelectionError: naming the table or column that is not in the release or never delivered.
    """
    possible = deliverable_columns(release)
    tables: dict[str, tuple[str, ...]] = {}
    for table, columns in wanted.items():
        if table not in possible:
            raise SelectionError(f"table {table} cannot be delivered from release {release.name}")
        chosen = set(possible[table] if columns is None else columns)
        for column in sorted(chosen - set(possible[table])):
            raise SelectionError(
                f"column {table}.{column} cannot be delivered from release {release.name}"
            )
        if "person_id" in possible[table]:
            chosen.add("person_id")
        if table in REFERRED_TABLES:
            chosen.add(REFERRED_TABLES[table])
        tables[table] = tuple(column for column in possible[table] if column in chosen)
    if not any("person_id" in columns for columns in tables.values()):
        raise SelectionError("no table with people was chosen")
    if "concept" in possible and "concept" not in tables:
        tables["concept"] = possible["concept"]
    return Selection(dict(sorted(tables.items())))


def write_extract(
    release: Release,
    people: CohortResult | pa.Array | Sequence[int],
    selection: Mapping[str, Sequence[str] | None],
    mapper: Mapper,
    destination: Path,
    *,
    project: str,
    extract: str,
    definition: CohortDefinition | None = None,
    title: str = "",
    purpose: str = "",
    ethics_number: str = "",
    expires_on: str = "",
    key_id: str = "",
    check: Check | None = None,
) -> Extract:
    """Write ``<destination>/<project>/extracts/<extract>/`` and publish it by one rename.

    The rows are those of ``people`` only; every person id, row id and reference is replaced by
    ``mapper``; rows are ordered by their new ids, so their order tells nothing of the release's.
    ``key_id`` names the key that the mapper draws from.
    ``check`` sees the staged folder (all but the manifest) before it is published: what it raises
    stops the extract, and documents it returns (``{"risk.json": ...}``) become part of it.

    Raises:
        SelectionError: for a table or column that cannot be delivered.
        ExtractAlreadyExists: if an extract of that name was delivered; extracts never change.
        ExtractError: if the mapper is not one-to-one or leaves an id as it was, if the cohort was
            run over another source, or if nobody is left.
    """
    if isinstance(people, CohortResult) and people.source != release.name:
        raise ExtractError(f"the cohort was not run over release {release.name}")
    chosen = check_selection(release, selection)
    project_folder = Path(destination).absolute() / check_folder_name("project", project)
    folder = project_folder / EXTRACTS
    final = folder / check_folder_name("extract", extract)
    if final.exists():
        raise ExtractAlreadyExists(f"extract {extract} of project {project} exists already")
    if project_folder.is_symlink() or folder.is_symlink():
        raise ExtractError(f"the folder of project {project} is a link; nothing is written there")
    folder.mkdir(parents=True, exist_ok=True)
    staging = folder / f"{STAGING_PREFIX}{extract}"
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(mode=0o700)
    try:
        ids = _person_ids(people)
        tables = _read_tables(release, ids, chosen)
        if isinstance(people, CohortResult):
            tables[COHORT_TABLE] = people.rows
        persons = len(np.unique(_known_people(release, ids)))
        if not persons:
            raise ExtractError("the cohort holds no person of this release")
        mapped = _map_ids(tables, mapper)
        files = [_write_table(staging, name, rows) for name, rows in sorted(mapped.items())]
        documents = {
            DICTIONARY_FILE: _dictionary(release, mapped).to_json(),
            COHORT_FILE: _cohort_document(definition, people),
        }
        for name, data in sorted(documents.items()):
            (staging / name).write_bytes(data)
        if check is not None:
            for name, data in sorted((check(staging) or {}).items()):
                (staging / check_folder_name("document", name)).write_bytes(data)
                documents[name] = data
        files += [file_entry(staging / name, staging) for name in sorted(documents)]
        manifest = ExtractManifest(
            project=project,
            extract=extract,
            release=release.name,
            release_manifest_sha256=hashlib.sha256(release.manifest.to_json()).hexdigest(),
            cohort_sha256=definition.sha256 if definition else "",
            title=title,
            purpose=purpose,
            ethics_number=ethics_number,
            expires_on=expires_on,
            key_id=key_id,
            persons=persons,
            tables={name: tuple(rows.column_names) for name, rows in sorted(mapped.items())},
            files=tuple(sorted(files, key=lambda entry: entry.path)),
        )
        (staging / MANIFEST_FILE).write_bytes(manifest.to_json())
        try:
            publish_folder(staging, final)
        except OSError:
            if not final.exists():
                raise
            raise ExtractAlreadyExists(
                f"extract {extract} of project {project} was delivered meanwhile"
            ) from None
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return Extract(final, manifest)


def _kind_of(table: str, columns: Sequence[str]) -> str | None:
    if table in VOCABULARY_TABLES:
        return "vocabulary"
    if table in REFERRED_TABLES:
        return "referred"
    if table == RELATIONSHIP_TABLE:
        return "relationship"
    # The release's own cohort table, if any, holds other studies' people.
    return "person" if "person_id" in columns and table != COHORT_TABLE else None


def _person_ids(people: CohortResult | pa.Array | Sequence[int]) -> Ids:
    if isinstance(people, CohortResult):
        people = people.person_ids
    if isinstance(people, (pa.Array, pa.ChunkedArray)):
        people = people.to_numpy(zero_copy_only=False) if len(people) else []
    return np.unique(np.asarray(people, dtype=np.int64))


def _known_people(release: Release, ids: Ids) -> Ids:
    with release.connect() as connection:
        people = connection.sql("SELECT person_id FROM person").to_arrow_table()
    known = people["person_id"].to_numpy().astype(np.int64)
    return ids[np.isin(ids, known)]


def _read_tables(release: Release, ids: Ids, selection: Selection) -> dict[str, pa.Table]:
    """Rows of the people from the release, still with the release's ids."""
    tables: dict[str, pa.Table] = {}
    with release.connect() as connection:
        connection.register("cc_people_arrow", pa.table({"person_id": pa.array(ids)}))
        connection.execute("CREATE TEMP TABLE cc_people AS SELECT * FROM cc_people_arrow")
        for table, columns in selection.tables.items():
            kind = _kind_of(table, columns) or "person"
            if kind == "referred" or table == "concept":
                continue
            fields = ", ".join(f'"{column}"' for column in columns)
            where = {
                "vocabulary": "",
                "person": "WHERE person_id IN (SELECT person_id FROM cc_people)",
                "relationship": (
                    "WHERE fact_id_1 IN (SELECT person_id FROM cc_people) "
                    "AND fact_id_2 IN (SELECT person_id FROM cc_people) "
                    f"AND domain_concept_id_1 IN {PERSON_DOMAIN_CONCEPT_IDS} "
                    f"AND domain_concept_id_2 IN {PERSON_DOMAIN_CONCEPT_IDS}"
                ),
            }[kind]
            tables[table] = connection.sql(
                f'SELECT {fields} FROM "{table}" {where}'
            ).to_arrow_table()
        # A provider leads to a care site, a care site to a location: this order follows them.
        for table in ("provider", "care_site", "location"):
            if table in selection.tables:
                tables[table] = _rows_referred_to(
                    connection, table, REFERRED_TABLES[table], selection.tables[table], tables
                )
        if "concept" in selection.tables:
            tables["concept"] = _rows_referred_to(
                connection, "concept", "concept_id", selection.tables["concept"], tables
            )
    return tables


def _rows_referred_to(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    key: str,
    columns: Sequence[str],
    tables: Mapping[str, pa.Table],
) -> pa.Table:
    """Rows of ``table`` whose key occurs in the rows that are delivered already."""
    found: list[pa.Array] = [pa.array([], pa.int64())]
    for name, rows in tables.items():
        if name in VOCABULARY_TABLES:
            continue
        for column in rows.column_names:
            refers = is_concept_column(column) if table == "concept" else column == key
            if refers and pa.types.is_integer(rows.schema.field(column).type):
                found.append(pc.unique(rows[column].combine_chunks().cast(pa.int64())))
    keys = pa.table({"key": pc.drop_null(pc.unique(pa.concat_arrays(found)))})
    connection.register("cc_keys_arrow", keys)
    try:
        fields = ", ".join(f'"{column}"' for column in columns)
        return connection.sql(
            f'SELECT {fields} FROM "{table}" WHERE "{key}" IN (SELECT "key" FROM cc_keys_arrow)'
        ).to_arrow_table()
    finally:
        connection.unregister("cc_keys_arrow")


def _map_ids(tables: Mapping[str, pa.Table], mapper: Mapper) -> dict[str, pa.Table]:
    """Replace every id by the project's, and order the rows by their new content."""
    mapped: dict[str, pa.Table] = {}
    seen: dict[str, list[tuple[Ids, Ids]]] = {}
    for name, rows in tables.items():
        columns = []
        for field in rows.schema:
            entity = None if name in VOCABULARY_TABLES else entity_of(name, field.name)
            column = rows[field.name].combine_chunks()
            columns.append(_map_column(entity, column, mapper, seen) if entity else column)
        changed = pa.table(columns, names=rows.column_names).replace_schema_metadata(None)
        mapped[name] = _ordered(name, changed)
    for entity, pairs in seen.items():
        source = np.concatenate([pair[0] for pair in pairs])
        target = np.concatenate([pair[1] for pair in pairs])
        both = np.unique(np.stack([source, target]), axis=1)
        if both.shape[1] != len(np.unique(source)) or both.shape[1] != len(np.unique(target)):
            raise ExtractError(f"the pseudonyms of {entity} are not one-to-one")
        if np.any(source == target):
            raise ExtractError(f"an id of {entity} would be delivered as the release has it")
    return mapped


def _map_column(
    entity: str, column: pa.Array, mapper: Mapper, seen: dict[str, list[tuple[Ids, Ids]]]
) -> pa.Array:
    present = column.is_valid()
    source = column.drop_null().cast(pa.int64()).to_numpy(zero_copy_only=False)
    target = np.asarray(mapper(entity, source), dtype=np.int64)
    if target.shape != source.shape:
        raise ExtractError(f"the mapper returned another number of ids for {entity}")
    seen.setdefault(entity, []).append((source, target))
    values = np.zeros(len(column), dtype=np.int64)
    valid = present.to_numpy(zero_copy_only=False)
    values[valid] = target
    return pa.array(values, mask=~valid)


def _ordered(name: str, rows: pa.Table) -> pa.Table:
    """Rows ordered by their own new id first, then by all other columns."""
    key = f"{name}_id"
    first = [key] if key in rows.column_names else []
    names = [*first, *(column for column in rows.column_names if column not in first)]
    return rows.sort_by([(column, "ascending") for column in names])


def _write_table(staging: Path, name: str, rows: pa.Table) -> ExtractFile:
    path = staging / f"{name}.parquet"
    pq.write_table(rows, path, compression="zstd", version="2.6")
    return file_entry(path, staging, rows.num_rows)


def _dictionary(release: Release, tables: Mapping[str, pa.Table]) -> Dictionary:
    """The release's dictionary for the delivered columns, with the completeness found here."""
    source = {(entry.table, entry.name): entry for entry in release.dictionary.columns}
    meanings = {name: release.dictionary.tables.get(name, "") for name in tables}
    if COHORT_TABLE in tables:
        meanings[COHORT_TABLE] = "periods in which a person is in the approved cohort"
    entries = []
    for name, rows in sorted(tables.items()):
        for field in rows.schema:
            entry = source.get((name, field.name))
            if name == COHORT_TABLE or entry is None:
                meaning = _COHORT_MEANINGS.get(field.name, "") if name == COHORT_TABLE else ""
                entry = ColumnEntry(name, field.name, str(field.type), meaning, "keep")
            if name not in VOCABULARY_TABLES and entity_of(name, field.name):
                entry = replace(entry, treatment=_PROJECT_PSEUDONYM, rule="")
            complete = 1 - rows[field.name].null_count / rows.num_rows if rows.num_rows else None
            entries.append(replace(entry, type=str(field.type), completeness=complete))
    return Dictionary(meanings, tuple(entries))


def _cohort_document(
    definition: CohortDefinition | None, people: CohortResult | pa.Array | Sequence[int]
) -> bytes:
    document: dict[str, object] = {"definition": None, "description": "", "sha256": ""}
    if definition is not None:
        from cohorts.plain_language import describe

        document["definition"] = json.loads(definition.source.decode("utf-8-sig"))
        document["description"] = describe(definition)
        document["sha256"] = definition.sha256
    if isinstance(people, CohortResult):
        document["compiler"] = people.compiler
        document["columns"] = [field.name for field in COHORT_SCHEMA]
    return canonical_json(document)
