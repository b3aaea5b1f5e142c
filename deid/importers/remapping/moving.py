"""Moves records to the table of their concept's domain, where nothing of them would be lost.

OMOP files a record by the domain of its standard concept: a code for "problem with housing" that
came as a diagnosis belongs to ``observation``. A record can move if every value that it has finds a
column there, if nothing but ``source_record`` names it, and if its importer would find it again:
one of FHIR by its ``source_record``, one of a form by its number, which it keeps.
"""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
import pyarrow as pa
from sqlalchemy import Connection, bindparam, func, select, update

from deid.importers.forms.ids import FIRST_ID
from deid.vault.arrow import arrow_schema
from deid.vault.digests import digest_of
from deid.vault.loading import keep_digest
from deid.vault.rows import rows_within
from deid.vault.rules import column_names, quoted
from deid.vault.schema import metadata
from deid.vault.writing import delete_keys, insert_batches
from deid.vocabulary import names

TABLE_OF_DOMAIN = {
    "Condition": "condition_occurrence",
    "Procedure": "procedure_occurrence",
    "Observation": "observation",
    "Measurement": "measurement",
}
LOST = "of another domain, and a value would be lost there"
NAMED = "of another domain, and other rows refer to them"
NOT_FOUND_AGAIN = "of another domain; their import would bring them in again where they were"
NO_TABLE = "of another domain, whose table holds what this one has not"
_STEMS = {
    "condition_occurrence": ("condition", "condition_start_date", "condition_start_datetime"),
    "procedure_occurrence": ("procedure", "procedure_date", "procedure_datetime"),
    "observation": ("observation", "observation_date", "observation_datetime"),
    "measurement": ("measurement", "measurement_date", "measurement_datetime"),
}
_ENDS = {
    "condition_occurrence": ("condition_end_date", "condition_end_datetime"),
    "procedure_occurrence": ("procedure_end_date", "procedure_end_datetime"),
}


def counterparts(source: str, target: str) -> dict[str, str]:
    """Column of ``source`` -> the column of ``target`` that says the same."""
    stem, *days = _STEMS[source]
    other, *other_days = _STEMS[target]
    pairs = dict(zip(days, other_days, strict=True))
    if source in _ENDS and target in _ENDS:
        pairs |= dict(zip(_ENDS[source], _ENDS[target], strict=True))
    for part in ("concept_id", "type_concept_id", "source_value", "source_concept_id"):
        pairs[f"{stem}_{part}"] = f"{other}_{part}"
    pairs[f"{source}_id"] = f"{target}_id"
    shared = set(column_names(source)) & set(column_names(target))
    return pairs | {name: name for name in shared}


def loss(source: str, target: str) -> str:
    """SQL condition of a row of ``source`` that has a value for which ``target`` has no column.

    0 is no concept, a quantity of 1 goes without saying, and so does an end on the day of the start
    where the target knows no end.
    """
    start = _STEMS[source][1]
    conditions = ["false"]
    for name in column_names(source):
        if name in counterparts(source, target):
            continue
        column = quoted(name)
        if name in _ENDS.get(source, ()):
            conditions.append(f"CAST({column} AS DATE) <> {quoted(start)}")
        elif name.endswith("concept_id"):
            conditions.append(f"coalesce({column}, 0) <> 0")
        elif name == "quantity":
            conditions.append(f"coalesce({column}, 1) <> 1")
        else:
            conditions.append(f"{column} IS NOT NULL")
    return f"({' OR '.join(conditions)})"


def named_elsewhere(connection: Connection, ids: list[int]) -> set[int]:
    """Rows that other rows refer to in a way that moving them would break.

    OMOP's free references (costs, episodes, events of notes and measurements, relationships of
    facts) may mean a row of any table: a number among them counts as named.
    """
    found: set[int] = set()
    for other, column in (
        ("cost", "cost_event_id"),
        ("episode_event", "event_id"),
        ("fact_relationship", "fact_id_1"),
        ("fact_relationship", "fact_id_2"),
        ("measurement", "measurement_event_id"),
        ("note", "note_event_id"),
        ("observation", "observation_event_id"),
    ):
        target = metadata.tables[other].columns[column]
        for start in range(0, len(ids), 5_000):
            some = ids[start : start + 5_000]
            rows = select(target).where(target.in_(some))
            if other == "fact_relationship":
                # People have numbers of their own.
                domain = metadata.tables[other].c[f"domain_concept_id_{column[-1]}"]
                rows = rows.where(domain != names.PERSON_DOMAIN)
            found.update(connection.execute(rows).scalars())
    return found


def recorded(connection: Connection, table: str, ids: list[int]) -> set[int]:
    """Rows of a table that a resource of an import is known to have given."""
    record = metadata.tables["source_record"].c
    found: set[int] = set()
    for start in range(0, len(ids), 5_000):
        some = ids[start : start + 5_000]
        found.update(
            connection.execute(
                select(record.row_id).where(record.table_name == table, record.row_id.in_(some))
            ).scalars()
        )
    return found


def taken(connection: Connection, table: str, ids: list[int]) -> set[int]:
    """Numbers among these that rows of a table have."""
    (key,) = metadata.tables[table].primary_key.columns
    found: set[int] = set()
    for start in range(0, len(ids), 5_000):
        some = ids[start : start + 5_000]
        found.update(connection.execute(select(key).where(key.in_(some))).scalars())
    return found


def may_be_found_again(ids: list[int], known: set[int], there: set[int]) -> set[int]:
    """Rows whose importer finds them again: by source_record, or by a number that is free."""
    return {i for i in ids if i in known or (i >= FIRST_ID and i not in there)}


def move(
    connection: Connection,
    staging: duckdb.DuckDBPyConnection,
    source: str,
    target: str,
    rows: pa.Table,
) -> None:
    """Move rows (of ``source``, with their new concepts) to ``target``, digests included."""
    key = f"{source}_id"
    ids = rows[key].to_pylist()
    numbers = _numbers(connection, target, ids)
    pairs = counterparts(source, target)
    back = {new: old for old, new in pairs.items()}
    moved = pa.table(
        {
            field.name: (
                pa.array([numbers[i] for i in ids], pa.int64())
                if field.name == f"{target}_id"
                else rows[back[field.name]].cast(field.type)
                if field.name in back
                else pa.nulls(rows.num_rows, field.type)
            )
            for field in arrow_schema(target)
        }
    )
    (column,) = metadata.tables[source].primary_key.columns
    for start in range(0, len(ids), 5_000):
        gone = select(*metadata.tables[source].columns).where(
            column.in_(ids[start : start + 5_000])
        )
        for batch in rows_within(connection).fetch(gone, 5_000):
            staging.register("gone", pa.Table.from_batches([batch]))
            change = digest_of(staging, source, "SELECT * FROM gone")
            staging.unregister("gone")
            delete_keys(connection, source, pa.table({key: batch.column(key)}))
            keep_digest(connection, source, -change)
    insert_batches(connection, target, moved.to_batches())
    staging.register("arrived", moved)
    keep_digest(connection, target, digest_of(staging, target, "SELECT * FROM arrived"))
    staging.unregister("arrived")
    record = metadata.tables["source_record"]
    connection.execute(
        update(record)
        .where(record.c.table_name == source, record.c.row_id == bindparam("old"))
        .values(table_name=target, row_id=bindparam("new")),
        [{"old": old, "new": new} for old, new in numbers.items()],
    )


def _numbers(connection: Connection, target: str, ids: list[int]) -> Mapping[int, int]:
    """The number of each row in the target: its own if that is free, else the next."""
    there = taken(connection, target, ids)
    (key,) = metadata.tables[target].primary_key.columns
    most = connection.execute(select(func.max(key)).where(key < FIRST_ID)).scalar_one()
    beyond = max(int(most or 0), max((i for i in ids if i < FIRST_ID), default=0)) + 1
    numbers: dict[int, int] = {}
    for number in ids:
        if number in there:
            numbers[number], beyond = beyond, beyond + 1
        else:
            numbers[number] = number
    return numbers
