"""Rules for what is rare: diseases that few people have, areas in which few people live.

The numbers are the policy's (``[risk.rare]``). A disease is any concept of a condition; an area is
any value of a column of ``location`` that people of the release are linked to.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from deid.risk.events import has_table, parquet
from deid.structured.expressions import text
from deid.structured.queries import one_row

DISEASE_TABLES = {
    "condition_occurrence": "condition_concept_id",
    "condition_era": "condition_concept_id",
    "death": "cause_concept_id",
}
AREA_COLUMNS = ("county", "state", "zip", "city")


@dataclass(frozen=True)
class Rarity:
    """One rule: values that fewer than ``below`` people of the release share.

    ``share`` is that of the release's people who have one of the ``rare`` values.
    """

    rule: str
    below: int
    values: int
    rare: int
    people: int
    share: float
    by_column: dict[str, int] = field(default_factory=dict)
    """Rare values in each ``table.column``."""


def rare_diseases(connection: duckdb.DuckDBPyConnection, folder: Path, below: int) -> Rarity:
    """Diseases that fewer than ``below`` people of the release have."""
    sources = {
        f"{table}.{column}": f"SELECT person_id, {column}::VARCHAR AS value FROM "
        f"{parquet(folder, table)} WHERE {column} <> 0"
        for table, column in DISEASE_TABLES.items()
        if has_table(folder, table)
    }
    return _rarity(connection, folder, "rare diseases", below, sources)


def small_areas(connection: duckdb.DuckDBPyConnection, folder: Path, below: int) -> Rarity:
    """Areas in which fewer than ``below`` people of the release live."""
    sources = {}
    if has_table(folder, "location"):
        sources = {
            f"location.{column}": f"SELECT p.person_id, l.{column} AS value FROM "
            f"{parquet(folder, 'person')} p JOIN {parquet(folder, 'location')} l USING "
            f"(location_id) WHERE l.{column} IS NOT NULL"
            for column in AREA_COLUMNS
        }
    return _rarity(connection, folder, "small areas", below, sources)


def _rarity(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    rule: str,
    below: int,
    sources: dict[str, str],
) -> Rarity:
    (everybody,) = one_row(connection, f"SELECT count(*) FROM {parquet(folder, 'person')}")
    if not sources or not everybody:
        return Rarity(rule, below, 0, 0, 0, 0.0)
    union = " UNION ".join(
        f"SELECT DISTINCT {text(name)} AS source, person_id, value FROM ({statement})"
        for name, statement in sources.items()
    )
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE shared AS SELECT source, value, count(*) AS n "
        f"FROM ({union}) GROUP BY ALL"
    )
    values, rare = one_row(
        connection,
        "SELECT count(DISTINCT value), count(DISTINCT value) FILTER (n < $1) FROM shared",
        [below],
    )
    (people,) = one_row(
        connection,
        f"SELECT count(DISTINCT u.person_id) FROM ({union}) u JOIN shared s USING (source, value) "
        "WHERE s.n < $1",
        [below],
    )
    by_column = connection.execute(
        "SELECT source, count(*) FROM shared WHERE n < $1 GROUP BY 1 ORDER BY 1", [below]
    ).fetchall()
    connection.execute("DROP TABLE shared")
    return Rarity(
        rule,
        below,
        int(values),
        int(rare),
        int(people),
        round(people / everybody, 6),
        dict(by_column),
    )
