"""Asks all checks of a set of OMOP tables in a DuckDB connection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb

from deid.quality.concepts import concept_checks
from deid.quality.consistency import consistency_checks
from deid.quality.continuity import continuity_checks
from deid.quality.digits import digit_checks
from deid.quality.fields import RowCheck, row_checks
from deid.quality.model import EXAMPLES, CheckResult, NotApplicable, QualityAssessment
from deid.quality.tables import Records, layout_checks, source_value_checks, table_checks
from deid.quality.values import laboratory_checks, value_checks
from deid.vault.rules import has_row_id, key_columns, quoted
from deid.vault.schema import VOCABULARY_TABLES


def assess(
    connection: duckdb.DuckDBPyConnection,
    tables: Mapping[str, Sequence[str]],
    *,
    births_exact: bool = True,
    examples: int = EXAMPLES,
) -> QualityAssessment:
    """Every check that applies to ``tables``, which are tables or views of the connection.

    ``tables`` gives the columns that hold what the source said: leave out those that were removed
    on purpose. Empty tables are not assessed. ``births_exact=False`` for releases, whose years of
    birth are bands and which leave tables and columns out: what compares with birth, with today or
    with the whole of OMOP CDM is not asked. Each check names at most ``examples`` rows.
    """
    filled = [
        name
        for name in sorted(tables)
        if connection.execute(f"SELECT 1 FROM {quoted(name)} LIMIT 1").fetchall()
    ]
    _days_of_people(connection, filled)
    asked = Records(connection, examples)
    records = [name for name in filled if name not in VOCABULARY_TABLES]
    results = layout_checks(asked, tables) if births_exact else []
    for table in records:
        checks = row_checks(table, tables[table], filled, births_exact=births_exact)
        results += _rows(asked, table, list(checks))
    results += table_checks(asked, records)
    results += source_value_checks(asked, {name: tables[name] for name in records})
    results += concept_checks(asked, filled)
    results += value_checks(asked, filled)
    results += laboratory_checks(asked, filled)
    results += digit_checks(asked, filled)
    results += consistency_checks(asked, filled, births_exact=births_exact)
    schedules = continuity_checks(asked, filled, births_exact=births_exact)
    results += [found for found in schedules if isinstance(found, CheckResult)]
    return QualityAssessment(
        tuple(results), tuple(one for one in schedules if isinstance(one, NotApplicable))
    )


def _days_of_people(connection: duckdb.DuckDBPyConnection, tables: Sequence[str]) -> None:
    """Births and deaths, one row a person; an unknown month or day counts as the earliest."""
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE person_day AS SELECT person_id, make_date(year_of_birth, "
        "coalesce(month_of_birth, 1), coalesce(day_of_birth, 1)) AS birth FROM person"
        if "person" in tables
        else "CREATE OR REPLACE TEMP TABLE person_day (person_id BIGINT, birth DATE)"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE death_day AS SELECT person_id, death_date FROM death"
        if "death" in tables
        else "CREATE OR REPLACE TEMP TABLE death_day (person_id BIGINT, death_date DATE)"
    )


def _rows(records: Records, table: str, checks: Sequence[RowCheck]) -> list[CheckResult]:
    """All checks of one table; examples are looked up where something was found.

    Those of a concept column are asked once for each concept in it, the others in one pass.
    """
    by_column: dict[str, list[RowCheck]] = {}
    for check in checks:
        by_column.setdefault(check.check.column if check.concept else "", []).append(check)
    found: dict[int, tuple[int, int]] = {}
    for column, asked in by_column.items():
        if column:
            grouped = f"SELECT {quoted(column)}, count(*) AS n FROM {quoted(table)} GROUP BY 1"
            found |= _count(records, f"({grouped})", "sum(n)", asked)
        else:
            found |= _count(records, quoted(table), "count(*)", asked)
    results = []
    for check in checks:
        rows, violated = found[id(check)]
        if rows:
            examples = _examples(records, table, check) if violated else ()
            results.append(CheckResult(check.check, rows, violated, examples))
    return results


def _count(
    records: Records, source: str, number: str, checks: Sequence[RowCheck]
) -> dict[int, tuple[int, int]]:
    """Rows that each check applies to and those that violate it, by the check's ``id()``.

    ``number`` is SQL for how many rows of the table the rows of ``source`` stand for.
    """
    counts = ", ".join(
        f"coalesce({number} FILTER ({c.applies}), 0), "
        f"coalesce({number} FILTER (({c.applies}) AND ({c.violated})), 0)"
        for c in checks
    )
    (row,) = records.connection.execute(
        f"SELECT {counts} FROM {source} t {' '.join(_joins(checks))}"
    ).fetchall()
    return {id(c): (int(row[2 * n]), int(row[2 * n + 1])) for n, c in enumerate(checks)}


def _joins(checks: Sequence[RowCheck]) -> list[str]:
    """Each join once."""
    wanted = (join for c in checks for join in (*c.joins, c.concept) if join)
    return list(dict.fromkeys(wanted))


def _examples(records: Records, table: str, check: RowCheck) -> tuple[int, ...]:
    if not has_row_id(table) or check.check.name == "measureValueCompleteness":
        return ()
    key = f"t.{quoted(key_columns(table)[0])}"
    rows = records.connection.execute(
        f"SELECT {key} FROM {quoted(table)} t {' '.join(_joins([check]))} "
        f"WHERE ({check.applies}) AND ({check.violated}) ORDER BY 1 LIMIT {records.examples}"
    ).fetchall()
    return tuple(int(row[0]) for row in rows)
