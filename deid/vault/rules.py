"""The rules an imported row must meet, as data drawn from the schema, and as DuckDB SQL.

Each rule is one ``WHEN condition THEN 'reason'``; the first that holds refuses the row. Rules are
evaluated over whole columns; no row is looked at alone.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow as pa
from sqlalchemy import Column

from deid.vault.arrow import arrow_type
from deid.vault.schema import IDENTITY_TABLES, VOCABULARY_TABLES, metadata

# The concept that says what a row is about; the row means nothing without it. Source concepts,
# types, units and the like only describe it.
MAIN_CONCEPT = {
    "condition_occurrence": "condition_concept_id",
    "drug_exposure": "drug_concept_id",
    "procedure_occurrence": "procedure_concept_id",
    "device_exposure": "device_concept_id",
    "measurement": "measurement_concept_id",
    "observation": "observation_concept_id",
    "specimen": "specimen_concept_id",
    "visit_occurrence": "visit_concept_id",
    "visit_detail": "visit_detail_concept_id",
    "episode": "episode_concept_id",
    "condition_era": "condition_concept_id",
    "drug_era": "drug_concept_id",
    "dose_era": "drug_concept_id",
}

# Plans and supplies may lie ahead of today; what has happened may not.
MAY_BE_AHEAD = frozenset(
    {
        "payer_plan_period_end_date",
        "drug_exposure_end_date",
        "drug_exposure_end_datetime",
        "verbatim_end_date",
        "device_exposure_end_date",
        "device_exposure_end_datetime",
        "cohort_end_date",
    }
)
FIRST_YEAR_OF_BIRTH = 1850

_SQL_TYPES = {
    pa.int64(): ("BIGINT", "a whole number"),
    pa.float64(): ("DOUBLE", "a finite number"),
    pa.date32(): ("DATE", "a date"),
    pa.timestamp("us"): ("TIMESTAMP", "a date and time"),
    pa.bool_(): ("BOOLEAN", "true or false"),
    pa.string(): ("VARCHAR", "text"),
}


@dataclass(frozen=True)
class Reference:
    """A column that holds the key of a row of another table."""

    column: str
    table: str
    required: bool


def quoted(name: str) -> str:
    """An identifier of SQL."""
    return '"' + name.replace('"', '""') + '"'


def sql_text(value: str) -> str:
    """A text literal of SQL."""
    return "'" + value.replace("'", "''") + "'"


def column_names(table: str) -> tuple[str, ...]:
    """Names of a table's columns, in table order."""
    return tuple(column.name for column in metadata.tables[table].columns)


def sql_type(column: Column) -> str:
    """DuckDB's type for a vault column."""
    return _SQL_TYPES[arrow_type(column.type)][0]


def key_columns(table: str) -> tuple[str, ...]:
    """Names of the primary key's columns."""
    return tuple(column.name for column in metadata.tables[table].primary_key.columns)


def has_row_id(table: str) -> bool:
    """Whether the key is one whole number that rows of other tables may hold."""
    columns = list(metadata.tables[table].primary_key.columns)
    return table not in VOCABULARY_TABLES and len(columns) == 1 and sql_type(columns[0]) == "BIGINT"


def is_parent(table: str) -> bool:
    """Whether any table refers to this one."""
    return any(
        reference.table == table for other in metadata.tables for reference in references(other)
    )


def references(table: str) -> tuple[Reference, ...]:
    """References of a table to others and to itself."""
    return tuple(
        Reference(column.name, key.column.table.name, not column.nullable)
        for column in metadata.tables[table].columns
        for key in column.foreign_keys
    )


def concept_columns(table: str) -> tuple[str, ...]:
    """Columns that hold a concept, in tables where an unknown concept matters."""
    if table in VOCABULARY_TABLES or table in IDENTITY_TABLES:
        return ()
    return tuple(
        column.name
        for column in metadata.tables[table].columns
        if "concept_id" in column.name and arrow_type(column.type) == pa.int64()
    )


def cast_expression(column: Column, raw: str, raw_type: str) -> str:
    """SQL that reads ``raw`` as the column's type, NULL if it cannot.

    Dates may be written ``2020-01-31``, ``20200131`` (text or number) or with a time of day, of
    which a zone's offset is dropped: the wall clock of the place of care counts. Whole numbers may
    carry ``.0``, which spreadsheets add. Empty text and NaN are no value.
    """
    wanted = sql_type(column)
    is_text = raw_type == "VARCHAR"
    if wanted == "VARCHAR":
        return f"CAST({raw} AS VARCHAR)"
    text = f"nullif(trim(CAST({raw} AS VARCHAR)), '')"
    if wanted == "BIGINT":
        if is_text:
            return (
                f"CASE WHEN regexp_full_match({text}, '[+-]?[0-9]+([.]0*)?') "
                f"THEN TRY_CAST({text} AS BIGINT) END"
            )
        if raw_type in {"DOUBLE", "FLOAT"} or raw_type.startswith("DECIMAL"):
            return f"CASE WHEN {raw} = trunc({raw}) THEN TRY_CAST({raw} AS BIGINT) END"
    if wanted == "DOUBLE":
        number = f"TRY_CAST({text if is_text else raw} AS DOUBLE)"
        return f"CASE WHEN isfinite({number}) THEN {number} END"
    if wanted in {"DATE", "TIMESTAMP"} and (is_text or raw_type.endswith("INT")):
        return (
            f"CAST(coalesce(TRY_CAST({text} AS TIMESTAMP), "
            f"try_strptime({text}, '%Y%m%d')) AS {wanted})"
        )
    return f"TRY_CAST({raw} AS {wanted})"


def presence(column: Column, raw: str, raw_type: str) -> str:
    """SQL that says whether ``raw`` holds a value at all."""
    if raw_type == "VARCHAR" and sql_type(column) != "VARCHAR":
        return f"nullif(trim({raw}), '') IS NOT NULL"
    if raw_type in {"DOUBLE", "FLOAT"}:
        return f"({raw} IS NOT NULL AND NOT isnan({raw}))"
    return f"{raw} IS NOT NULL"


def cast_fault(column: Column) -> str:
    """Reason for a value that has not the column's type."""
    return f"{column.name} is not {_SQL_TYPES[arrow_type(column.type)][1]}"


def row_rules(table: str, today: dt.date, present: Iterable[str]) -> list[tuple[str, str]]:
    """``(condition, reason)`` for what a row shows by itself: missing, impossible or future."""
    columns = [c for c in metadata.tables[table].columns if c.name in set(present)]
    rules: list[tuple[str, str]] = []
    for column in columns:
        name = quoted(column.name)
        if not column.nullable:
            reason = f"{column.name} is missing"
            if (table, column.name) == ("person", "year_of_birth"):
                reason = "the person has no year of birth"
            rules.append((f"{name} IS NULL", reason))
        if sql_type(column) == "VARCHAR":
            rules.append(
                (f"contains({name}, chr(0))", f"{column.name} holds a character of code 0")
            )
    if table in VOCABULARY_TABLES:
        return rules
    if table == "person":
        rules.append(
            (
                f"year_of_birth NOT BETWEEN {FIRST_YEAR_OF_BIRTH} AND {today.year}",
                f"year_of_birth is before {FIRST_YEAR_OF_BIRTH} or in the future",
            )
        )
    rules += _order_rules([column.name for column in columns])
    for column in columns:
        if sql_type(column) in {"DATE", "TIMESTAMP"} and column.name not in MAY_BE_AHEAD:
            rules.append(
                (
                    f"CAST({quoted(column.name)} AS DATE) > DATE '{today.isoformat()}'",
                    f"{column.name} is in the future",
                )
            )
    return rules


def _order_rules(columns: list[str]) -> list[tuple[str, str]]:
    rules = []
    for end in columns:
        if "_end_date" not in end:
            continue
        for start in (end.replace("_end_date", "_start_date"), end.replace("_end_date", "_date")):
            if start in columns:
                rules.append((f"{quoted(start)} > {quoted(end)}", f"{start} is after {end}"))
    return rules
