"""Writes the tables of a release: one SQL statement a table, straight into sorted Parquet.

Rows are sorted by the person's pseudonym and then the row's own; DuckDB keeps that order in its
Parquet writer whatever the number of threads, so equal inputs give equal bytes.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from deid.build.intake import Intake
from deid.build.selection import local_filter
from deid.policy.model import ColumnRule, Policy, RareScope, Treatment
from deid.structured import expressions as express
from deid.structured.dates import DataWindow
from deid.structured.expressions import quoted
from deid.structured.layout import LAYOUTS, Layout, RowKind

ROW_GROUP_ROWS = 122_880

_FROM_PEOPLE = frozenset(
    {
        ("person", "year_of_birth"),
        ("person", "gender_concept_id"),
        ("person", "race_concept_id"),
        ("person", "ethnicity_concept_id"),
        ("person", "location_id"),
    }
)


def write_table(
    working: duckdb.DuckDBPyConnection,
    policy: Policy,
    intake: Intake,
    window: DataWindow,
    table: str,
    path: Path,
) -> None:
    """Write one table of the release to ``path``."""
    working.execute(
        f"COPY ({select_table(policy, intake, window, table)}) TO {express.text(str(path))} "
        f"(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP_ROWS})"
    )


def write_birth_years(working: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Write the bands of the years of birth of those who stay."""
    working.execute(
        "COPY (SELECT person_id, first_year, last_year FROM people WHERE person_id IN "
        f"(SELECT id FROM stays.person) ORDER BY person_id) TO {express.text(str(path))} "
        "(FORMAT parquet, COMPRESSION zstd)"
    )


def select_table(policy: Policy, intake: Intake, window: DataWindow, table: str) -> str:
    """The statement that gives a table of the release, sorted."""
    layout = LAYOUTS[table]
    rules = policy.tables[table]
    columns = ", ".join(
        f"{_expression(policy, intake, window, table, column)} AS {quoted(column)}"
        for column in intake.types[table]
    )
    source = f"vault.{quoted(table)} v"
    if layout.kind in {RowKind.PERSON, RowKind.EVENT}:
        source += " JOIN people p USING (person_id)"
    distinct = "DISTINCT " if layout.kind is RowKind.DESCRIPTION else ""
    where = _where(table, layout, list(rules))
    order = ", ".join(quoted(name) for name in _order(table, layout))
    return f"SELECT {distinct}{columns} FROM {source} WHERE {where} ORDER BY {order}"


def _expression(policy: Policy, intake: Intake, window: DataWindow, table: str, column: str) -> str:
    rule = policy.tables[table][column]
    kind = intake.types[table][column]
    if rule.treatment is Treatment.DROP:
        return express.empty(kind, column in intake.required[table])
    if rule.treatment is Treatment.CONSTANT:
        return express.constant(rule, kind, window)
    if (table, column) in _FROM_PEOPLE:
        return f"p.{quoted(column)}::{kind}"
    if rule.treatment is Treatment.SHIFT_DATE:
        return express.shifted_date(column, window)
    if rule.treatment is Treatment.SHIFT_DATETIME:
        return express.shifted_datetime(column, window, policy.dates.time_of_day == "truncate")
    if rule.treatment is Treatment.YEAR_ONLY:
        return express.year_only(column, window, kind)
    if rule.hierarchy == "zip3-or-000":
        shown = express.zip3(f"v.{quoted(column)}", policy.places.zip3_over_20000)
        allowed = _allowed(table, column, rule)
        return f"CASE WHEN {shown} IN (SELECT value FROM {allowed}) THEN {shown} END"
    if rule.treatment is Treatment.SUPPRESS_RARE:
        return express.rare_removed(column, rule, _allowed(table, column, rule), kind)
    if rule.treatment is Treatment.SCRUB_TEXT:
        return "(SELECT s.text FROM scrubbed s WHERE s.note_id = v.note_id)"
    if rule.treatment is Treatment.PSEUDONYM and column not in LAYOUTS[table].key:
        return _reference(policy, column, rule)
    return express.kept(column)


def _reference(policy: Policy, column: str, rule: ColumnRule) -> str:
    if rule.domain_from is not None:
        return express.reference(column, "stays.any_row")
    assert rule.domain is not None
    if rule.domain == "person" or rule.domain not in policy.tables:
        return express.kept(column)
    return express.reference(column, f"stays.{quoted(rule.domain)}")


def _allowed(table: str, column: str, rule: ColumnRule) -> str:
    if rule.scope is RareScope.LOCAL_CONCEPTS:
        return "allowed.local_concepts"
    return f"allowed.{quoted(f'{table}__{column}')}"


def _where(table: str, layout: Layout, columns: list[str]) -> str:
    if layout.kind is RowKind.VOCABULARY:
        return local_filter(table, columns)
    if layout.kind is RowKind.DESCRIPTION:
        return "true"
    key = "v.rowid" if layout.kind is RowKind.CHILD else f"v.{quoted(layout.key[0])}"
    return f"{key} IN (SELECT id FROM stays.{quoted(table)})"


def _order(table: str, layout: Layout) -> tuple[str, ...]:
    if layout.kind is RowKind.EVENT and layout.key != ("person_id",):
        return ("person_id", *layout.key)
    return layout.key
