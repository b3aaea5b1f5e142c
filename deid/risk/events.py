"""What an intruder may know of the people of a release, as temporary tables of DuckDB.

``known_person`` has one row a person (``person BIGINT, class BIGINT``: the number of the class over
the quasi-identifiers); ``known_event`` one row for each person, concept and day.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb

from deid.risk.quasi_identifiers import released_people, shown_columns
from deid.structured.expressions import quoted, text

EVENT_TABLES: dict[str, tuple[str, str]] = {
    "condition_occurrence": ("condition_concept_id", "condition_start_date"),
    "drug_exposure": ("drug_concept_id", "drug_exposure_start_date"),
    "procedure_occurrence": ("procedure_concept_id", "procedure_date"),
    "visit_occurrence": ("visit_concept_id", "visit_start_date"),
}
"""Events that other people may know of; results of tests they rarely do."""


@contextmanager
def known_of_people(
    connection: duckdb.DuckDBPyConnection, folder: Path, quasi_identifiers: Sequence[str]
) -> Iterator[None]:
    """Make both tables from the Parquet files under ``folder``; they are dropped at the end."""
    names = ", ".join(f"coalesce({quoted(name)}, -1)" for name in shown_columns(quasi_identifiers))
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE known_person AS SELECT person_id AS person, "
        f"dense_rank() OVER (ORDER BY {names or '0'}) AS class FROM {released_people(folder)}"
    )
    parts = [
        f"SELECT person_id AS person, {concept} AS concept, {start} AS day FROM "
        f"{parquet(folder, table)} WHERE {concept} <> 0 AND {start} IS NOT NULL"
        for table, (concept, start) in EVENT_TABLES.items()
        if has_table(folder, table)
    ] or ["SELECT 0::BIGINT AS person, 0::BIGINT AS concept, DATE '2000-01-01' AS day LIMIT 0"]
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE known_event AS SELECT DISTINCT e.person, p.class, "
        "e.concept, e.day - DATE '1970-01-05' AS day "
        f"FROM ({' UNION ALL '.join(parts)}) e JOIN known_person p USING (person)"
    )
    try:
        yield
    finally:
        for table in ("known_person", "known_event"):
            connection.execute(f"DROP TABLE IF EXISTS {table}")


def rolled_up(connection: duckdb.DuckDBPyConnection, folder: Path, levels: int) -> None:
    """Make the table ``rolled_up``: each concept of ``known_event`` and what it is rolled up to.

    That is the ancestor ``levels`` steps above it by ``concept_ancestor``, or the highest below
    that; of several the one with the fewest descendants, then the smallest id. An ancestor over
    which nothing stands (the root of a vocabulary) says too little and is not taken.
    """
    if levels == 0 or not has_table(folder, "concept_ancestor"):
        connection.execute(
            "CREATE OR REPLACE TEMP TABLE rolled_up AS SELECT DISTINCT concept, concept AS known "
            "FROM known_event"
        )
        return
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE rolled_up AS "
        "WITH ancestor AS (SELECT ancestor_concept_id AS above, descendant_concept_id AS below, "
        f"min_levels_of_separation AS steps FROM {parquet(folder, 'concept_ancestor')} "
        "WHERE min_levels_of_separation > 0), "
        "wide AS (SELECT above, count(*) AS width FROM ancestor GROUP BY 1), "
        "fit AS (SELECT a.below, a.above FROM ancestor a JOIN wide w USING (above) "
        "WHERE a.steps <= $1 AND a.above IN (SELECT below FROM ancestor) "
        "QUALIFY row_number() OVER (PARTITION BY a.below ORDER BY a.steps DESC, w.width, a.above) "
        "= 1) SELECT e.concept, coalesce(f.above, e.concept) AS known FROM "
        "(SELECT DISTINCT concept FROM known_event) e LEFT JOIN fit f ON f.below = e.concept",
        [levels],
    )


def has_table(folder: Path, table: str) -> bool:
    """Whether the release has files of this table."""
    return (folder / table).is_dir()


def parquet(folder: Path, table: str) -> str:
    """SQL source of a table's files."""
    return f"read_parquet({text(str(folder / table / '*.parquet'))})"
