"""Checks of whole tables: who has rows in them, and whether they agree with one another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb

from deid.quality.model import EXAMPLES, Category, Check, CheckResult, Level
from deid.quality.thresholds import threshold_of
from deid.structured.layout import LAYOUTS, RowKind
from deid.vault.rules import has_row_id, key_columns, quoted, sql_type
from deid.vault.schema import metadata


@dataclass(frozen=True)
class Records:
    """OMOP tables in a connection, and how many rows a check names as examples."""

    connection: duckdb.DuckDBPyConnection
    examples: int = EXAMPLES

    def count(self, asked: Check, query: str) -> CheckResult:
        """Run a ``query`` that gives ``id`` and ``violated`` for each thing it applies to."""
        row = self.connection.execute(
            "SELECT count(*), count(*) FILTER (violated), "
            f"list_sort(list(DISTINCT id) FILTER (violated)) [1:{self.examples}] FROM ({query})"
        ).fetchall()[0]
        return CheckResult(asked, int(row[0]), int(row[1]), tuple(row[2] or ()))


DOMAIN_TABLES = (
    ("condition_occurrence", "condition"), ("drug_exposure", "drug"), ("visit_occurrence", "visit"),
    ("procedure_occurrence", "procedure"), ("measurement", "measurement"),
    ("observation", "observation"), ("device_exposure", "device"),
)  # fmt: skip
"""Tables and the prefix of their concept and source columns (sourceValueCompleteness)."""


def layout_checks(records: Records, tables: Mapping[str, Sequence[str]]) -> list[CheckResult]:
    """Tables, fields and types against OMOP CDM v5.4, for a store that should hold all of it."""
    wanted = [name for name in LAYOUTS if name in metadata.tables]
    results = [
        CheckResult(
            check("cdmTable", "TABLE", "Conformance", "Relational", "cdm_source",
                  "a table of OMOP CDM v5.4 is not there"),
            len(wanted), sum(name not in tables for name in wanted),
        )
    ]  # fmt: skip
    for name in wanted:
        if name not in tables:
            continue
        columns = metadata.tables[name].columns
        found = dict(
            records.connection.execute(
                f"SELECT column_name, column_type FROM (DESCRIBE {quoted(name)})"
            ).fetchall()
        )
        whole = [column for column in columns if sql_type(column) == "BIGINT"]
        results += [
            CheckResult(
                check("cdmField", "FIELD", "Conformance", "Relational", name,
                      "a field of the table is not there"),
                len(columns), sum(column.name not in found for column in columns),
            ),
            CheckResult(
                check("cdmDatatype", "FIELD", "Conformance", "Value", name,
                      "a field of whole numbers has another type"),
                len(whole),
                sum(found.get(c.name, "BIGINT") not in {"BIGINT", "INTEGER"} for c in whole),
            ),
        ]  # fmt: skip
    return results


def source_value_checks(records: Records, tables: Mapping[str, Sequence[str]]) -> list[CheckResult]:
    """Distinct source values without a standard concept; as free words they are no examples."""
    results = []
    for table, prefix in DOMAIN_TABLES:
        source, concept = f"{prefix}_source_value", f"{prefix}_concept_id"
        if not {source, concept} <= set(tables.get(table, ())):
            continue
        ((values, unmapped),) = records.connection.execute(
            f"SELECT count(*), count(*) FILTER (bare) FROM (SELECT bool_or({concept} = 0) AS bare "
            f"FROM {quoted(table)} WHERE {source} IS NOT NULL GROUP BY {source})"
        ).fetchall()
        if values:
            asked = check("sourceValueCompleteness", "FIELD", "Standardisation", "Mapping", table,
                          "a distinct source value is mapped to 0", source)  # fmt: skip
            results.append(CheckResult(asked, values, unmapped))
    return results


def table_checks(records: Records, tables: list[str]) -> list[CheckResult]:
    """All checks at table level of the ``tables`` that are there."""
    results = [_primary_key(records, table) for table in tables if table in LAYOUTS]
    if "person" in tables:
        results += [
            records.count(
                check("measurePersonCompleteness", "TABLE", "Completeness", "Completeness",
                      table, f"people without a row in {table}"),
                "SELECT person_id AS id, person_id NOT IN "
                f"(SELECT person_id FROM {quoted(table)}) AS violated FROM person",
            )
            for table in tables
            if LAYOUTS.get(table) and LAYOUTS[table].kind is RowKind.EVENT
        ]  # fmt: skip
    if {"condition_occurrence", "condition_era"} <= set(tables):
        results.append(
            records.count(
                check("measureConditionEraCompleteness", "TABLE", "Completeness", "Completeness",
                      "condition_era", "people with conditions and no condition era"),
                "SELECT DISTINCT person_id AS id, person_id NOT IN "
                "(SELECT person_id FROM condition_era) AS violated FROM condition_occurrence",
            )
        )  # fmt: skip
    if "observation_period" in tables:
        results.append(
            records.count(
                check("measureObservationPeriodOverlap", "TABLE", "Plausibility", "Temporal",
                      "observation_period", "observation periods of a person that overlap"),
                "SELECT person_id AS id, coalesce(bool_or(a.observation_period_start_date <= "
                "reached), false) AS violated FROM (SELECT *, max(observation_period_end_date) "
                "OVER (PARTITION BY person_id ORDER BY observation_period_start_date, "
                "observation_period_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) "
                "AS reached FROM observation_period) a GROUP BY person_id",
            )
        )  # fmt: skip
    return results


def check(
    name: str,
    level: Level,
    category: Category,
    subcategory: str,
    table: str,
    text: str,
    column: str = "",
    concept: str = "",
) -> Check:
    """A check with its threshold."""
    threshold = threshold_of(name, table, column)
    return Check(name, level, category, subcategory, table, text, column, concept, threshold)


def _primary_key(records: Records, table: str) -> CheckResult:
    keys = ", ".join(quoted(name) for name in key_columns(table))
    asked = check("isPrimaryKey", "FIELD", "Conformance", "Relational", table,
                  "another row has the same key", key_columns(table)[0])  # fmt: skip
    ((rows, again),) = records.connection.execute(
        f"SELECT count(*), count(*) - count(DISTINCT ({keys})) FROM {quoted(table)}"
    ).fetchall()
    examples: tuple[int, ...] = ()
    if again and has_row_id(table):
        examples = tuple(
            row[0]
            for row in records.connection.execute(
                f"SELECT {keys} FROM {quoted(table)} GROUP BY 1 HAVING count(*) > 1 "
                f"ORDER BY 1 LIMIT {records.examples}"
            ).fetchall()
        )
    return CheckResult(asked, int(rows), int(again), examples)
