"""How many people stand out by one or two events that somebody knows of them.

Shifted dates do not hide the distance between two events. An adversary who knows the demographics
of a person and one event (a concept), or two events and the days between them, matches everybody of
the same class who has the same. This is k^m-anonymity (Terrovitis et al., VLDB 2008) with the
interval added. Two cases are reported: the *worst* event of a person, and one drawn at *random*.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from deid.risk.quasi_identifiers import released_people, shown_columns
from deid.structured.expressions import quoted
from deid.structured.queries import one_row

EVENT_TABLES: dict[str, tuple[str, str]] = {
    "condition_occurrence": ("condition_concept_id", "condition_start_date"),
    "drug_exposure": ("drug_concept_id", "drug_exposure_start_date"),
    "procedure_occurrence": ("procedure_concept_id", "procedure_date"),
    "visit_occurrence": ("visit_concept_id", "visit_start_date"),
}
"""Events that other people may know of; results of tests they rarely do."""


@dataclass(frozen=True)
class TraceRisk:
    """Shares of people matched by fewer than ``k`` people, 0 to 1.

    ``one_*``: one concept known; ``two_*``: two events that follow each other, with their interval.
    """

    k: int
    people_with_events: int
    one_worst: float
    one_random: float
    two_worst: float
    two_random: float


def trace_risk(
    connection: duckdb.DuckDBPyConnection, folder: Path, quasi_identifiers: Sequence[str], k: int
) -> TraceRisk | None:
    """Measure the Parquet files under ``folder``; None if nobody has an event."""
    parts = [
        f"SELECT person_id, {concept} AS concept, {start} AS day FROM "
        f"read_parquet('{_sql(folder / table)}/*.parquet') WHERE {concept} <> 0"
        for table, (concept, start) in EVENT_TABLES.items()
        if (folder / table).is_dir()
    ]
    if not parts:
        return None
    columns = shown_columns(quasi_identifiers)
    names = ", ".join(f"coalesce({quoted(name)}, -1)" for name in columns)
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE trace_event AS SELECT DISTINCT e.*, p.class FROM "
        f"({' UNION ALL '.join(parts)}) e JOIN (SELECT person_id, hash({names}) AS class FROM "
        f"{released_people(folder)}) p USING (person_id)"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE trace_pair AS SELECT person_id, class, concept, "
        "lead(concept) OVER following AS next, lead(day) OVER following - day AS days "
        "FROM trace_event WINDOW following AS (PARTITION BY person_id ORDER BY day, concept) "
        "QUALIFY next IS NOT NULL"
    )
    one = _shares(connection, "trace_event", "concept", k)
    two = _shares(connection, "trace_pair", "concept, next, days", k)
    connection.execute("DROP TABLE trace_event")
    connection.execute("DROP TABLE trace_pair")
    if one is None:
        return None
    people, one_worst, one_random = one
    _, two_worst, two_random = two or (0, 0.0, 0.0)
    return TraceRisk(k, people, one_worst, one_random, two_worst, two_random)


def _shares(
    connection: duckdb.DuckDBPyConnection, table: str, known: str, k: int
) -> tuple[int, float, float] | None:
    row = one_row(
        connection,
        f"WITH what AS (SELECT DISTINCT person_id, class, {known} FROM {table}), "
        f"matched AS (SELECT person_id, count(*) OVER (PARTITION BY class, {known}) AS n "
        "FROM what), person AS (SELECT person_id, min(n) < $1 AS worst, "
        "avg((n < $1)::INTEGER) AS random FROM matched GROUP BY 1) "
        "SELECT count(*), avg(worst::INTEGER), sum(random ORDER BY random) / count(*) FROM person",
        [k],
    )
    if row is None or not row[0]:
        return None
    return int(row[0]), round(float(row[1]), 6), round(float(row[2]), 6)


def _sql(path: Path) -> str:
    return str(path).replace("'", "''")
