"""Rows of an extract: the people's rows of a release, then the same with the project's own ids."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TypeAlias

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cohorts.errors import ExtractError
from cohorts.identifiers import (
    PERSON_DOMAIN_CONCEPT_IDS,
    REFERRED_TABLES,
    VOCABULARY_TABLES,
    entity_of,
    is_concept_column,
)
from cohorts.result import CohortResult
from cohorts.row_limits import RowLimit
from cohorts.selection import RowsOf, Selection, rows_of
from cohorts.window import TimeWindow, make_piece_ids, make_windows, windowed
from deid.release import Release

Ids = npt.NDArray[np.int64]
Mapper = Callable[[str, Ids], Ids]
People: TypeAlias = CohortResult | pa.Array | Sequence[int]


def person_ids(people: People) -> Ids:
    """The different people, ascending."""
    if isinstance(people, CohortResult):
        people = people.person_ids
    if isinstance(people, (pa.Array, pa.ChunkedArray)):
        people = people.to_numpy(zero_copy_only=False) if len(people) else []
    return np.unique(np.asarray(people, dtype=np.int64))


def known_people(release: Release, ids: Ids) -> Ids:
    """Those of ``ids`` that the release has."""
    with release.connect() as connection:
        people = connection.sql("SELECT person_id FROM person").to_arrow_table()
    return ids[np.isin(ids, people["person_id"].to_numpy().astype(np.int64))]


def read_tables(
    release: Release,
    people: People,
    selection: Selection,
    window: TimeWindow,
    limits: Mapping[str, RowLimit] = MappingProxyType({}),
) -> dict[str, pa.Table]:
    """Rows of the people from the release, still with the release's ids and dates.

    Of a table in ``limits`` only the rows whose concept is one of the limit's.

    Raises:
        ExtractError: if there is a window and no day of entry to lay it around.
        SelectionError: for a table that a window cannot be applied to.
    """
    tables: dict[str, pa.Table] = {}
    with release.connect() as connection:
        connection.register(
            "cc_people_arrow", pa.table({"person_id": pa.array(person_ids(people))})
        )
        connection.execute("CREATE TEMP TABLE cc_people AS SELECT * FROM cc_people_arrow")
        if not window.whole:
            if not isinstance(people, CohortResult):
                raise ExtractError("a time window needs a cohort with days of entry")
            make_windows(connection, people, window)
            make_piece_ids(connection)
        for table, columns in selection.tables.items():
            kind = rows_of(table, columns) or RowsOf.PERSON
            if kind is RowsOf.REFERRED or table == "concept":
                continue
            query = _query(release, table, columns, kind, window)
            if table in limits:
                query = _limited(connection, query, limits[table])
            tables[table] = connection.sql(query).to_arrow_table()
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


def map_ids(tables: Mapping[str, pa.Table], mapper: Mapper) -> dict[str, pa.Table]:
    """Replace every id by the project's, and order the rows by their new content.

    Raises:
        ExtractError: if the mapper is not one-to-one or leaves an id as it was.
    """
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


def _query(
    release: Release, table: str, columns: tuple[str, ...], kind: RowsOf, window: TimeWindow
) -> str:
    if kind is RowsOf.PERSON and table != "person" and not window.whole:
        present = tuple(name for name, _ in release.manifest.tables[table].columns)
        return windowed(table, columns, present)
    fields = ", ".join(f'"{column}"' for column in columns)
    where = {
        RowsOf.VOCABULARY: "",
        RowsOf.PERSON: "WHERE person_id IN (SELECT person_id FROM cc_people)",
        RowsOf.RELATIONSHIP: (
            "WHERE fact_id_1 IN (SELECT person_id FROM cc_people) "
            "AND fact_id_2 IN (SELECT person_id FROM cc_people) "
            f"AND domain_concept_id_1 IN {PERSON_DOMAIN_CONCEPT_IDS} "
            f"AND domain_concept_id_2 IN {PERSON_DOMAIN_CONCEPT_IDS}"
        ),
    }[kind]
    return f'SELECT {fields} FROM "{table}" {where}'


def _limited(connection: duckdb.DuckDBPyConnection, query: str, limit: RowLimit) -> str:
    concepts = pa.table({"concept": pa.array(limit.concepts, pa.int64())})
    connection.register("cc_concepts_arrow", concepts)
    return (
        f'SELECT * FROM ({query}) r WHERE r."{limit.column}" IN '
        "(SELECT concept FROM cc_concepts_arrow)"
    )


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
