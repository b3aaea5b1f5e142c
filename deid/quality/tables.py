"""Checks of whole tables: who has rows in them, and whether they agree with one another."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from deid.quality.model import EXAMPLES, Category, Check, CheckResult, Level
from deid.quality.thresholds import threshold_of
from deid.structured.layout import LAYOUTS, RowKind
from deid.vault.rules import key_columns, quoted


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
    row = records.connection.execute(
        f"SELECT count(*), count(*) - count(DISTINCT ({keys})) FROM {quoted(table)}"
    ).fetchall()[0]
    return CheckResult(asked, int(row[0]), int(row[1]))
