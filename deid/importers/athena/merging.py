"""Compares a table that arrived with the vault's rows of it, in DuckDB.

Three tables come of it: ``added`` (rows to insert), ``outdated`` (rows of the vault to delete) and
``renewed`` (rows to insert in their place). Rows of the installation's own concepts, those with an
id from 2,000,000,000 on, are never outdated.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

import duckdb

from deid.errors import ImportRefused
from deid.vault.rules import column_names, key_columns, quoted, sql_text
from deid.vocabulary import LOCAL_IDS

FIRST_LOCAL = LOCAL_IDS.start
DEPRECATED = "D"

_COVERED_IDS = {
    "concept_relationship": ("concept_id_1", "concept_id_2"),
    "concept_ancestor": ("ancestor_concept_id", "descendant_concept_id"),
    "concept_synonym": ("concept_id",),
    "drug_strength": ("drug_concept_id", "ingredient_concept_id"),
}
"""Columns whose concepts must be of the download for it to say that a row is gone: a download of
some vocabularies says nothing of the others."""

_OWN_IDS = {
    **_COVERED_IDS,
    "concept": ("concept_id",),
    "concept_synonym": ("concept_id", "language_concept_id"),
}
"""Columns that make a row the installation's own where one holds an id of it."""


@dataclass(frozen=True)
class Difference:
    """Numbers of rows of one table; see :class:`VocabularyTableReport`."""

    added: int
    changed: int
    unchanged: int
    invalidated: int
    removed: int
    repeated: int


def drop_repeated(working: duckdb.DuckDBPyConnection, table: str) -> int:
    """Keep one row of each key in ``arrived``; gives the number of rows left out.

    Equal rows are one. Of the strengths of one drug and ingredient, the vault holds the valid or
    latest.

    Raises:
        ImportRefused: with a key's columns, if different rows of another table have one key.
    """
    key = _list(key_columns(table))
    working.execute(
        f"CREATE OR REPLACE TABLE twice AS SELECT {key}, count(*) AS times FROM arrived "
        f"GROUP BY {key} HAVING count(*) > 1"
    )
    extra = _number(working, "SELECT coalesce(sum(times - 1), 0) FROM twice")
    if not extra:
        return 0
    columns = column_names(table)
    kept = f"SELECT DISTINCT {_list(columns)} FROM arrived SEMI JOIN twice USING ({key})"
    if table == "drug_strength":
        kept = (
            f"SELECT {_list(columns)} FROM arrived SEMI JOIN twice USING ({key}) QUALIFY "
            f"row_number() OVER (PARTITION BY {key} ORDER BY invalid_reason IS NOT NULL, "
            "valid_end_date DESC, valid_start_date DESC, hash(arrived)) = 1"
        )
    working.execute(f"CREATE OR REPLACE TABLE once AS {kept}")
    rest = f"SELECT {key} FROM once GROUP BY {key} HAVING count(*) > 1 ORDER BY {key} LIMIT 1"
    different = working.execute(rest).fetchone()
    if different:
        raise RepeatedKey(dict(zip(key_columns(table), different, strict=True)))
    working.execute(f"DELETE FROM arrived USING twice WHERE {_same(table, 'arrived', 'twice')}")
    working.execute("INSERT INTO arrived SELECT * FROM once")
    return extra


class RepeatedKey(ImportRefused):
    """Different rows of a file have one key; ``key`` names the columns and values."""

    code = "deid.vocabulary_key_repeated"

    def __init__(self, key: dict[str, object]) -> None:
        super().__init__("several different rows have one key")
        self.key = key


def compare(
    working: duckdb.DuckDBPyConnection, table: str, day: dt.date, repeated: int
) -> Difference:
    """Fill ``added``, ``outdated`` and ``renewed`` from ``arrived`` and ``held``."""
    columns = column_names(table)
    key = _list(key_columns(table))
    others = [name for name in columns if name not in key_columns(table)]
    differs = " OR ".join(f"arrived.{quoted(n)} IS DISTINCT FROM held.{quoted(n)}" for n in others)
    same = _same(table, "arrived", "held")
    working.execute("DROP VIEW IF EXISTS added")
    working.execute(
        f"CREATE VIEW added AS SELECT {_list(columns)} FROM arrived ANTI JOIN held USING ({key})"
    )
    working.execute(
        f"CREATE OR REPLACE TABLE outdated AS SELECT held.* FROM arrived JOIN held ON {same} "
        f"WHERE {differs or 'false'}"
    )
    working.execute(
        f"CREATE OR REPLACE TABLE renewed AS SELECT {_list(columns)} FROM arrived "
        f"SEMI JOIN outdated USING ({key})"
    )
    marked = 0
    if "invalid_reason" in columns:
        marked = _number(
            working,
            "SELECT count(*) FROM renewed JOIN outdated "
            f"ON {_same(table, 'renewed', 'outdated')} "
            "WHERE renewed.invalid_reason IS NOT NULL AND outdated.invalid_reason IS NULL",
        )
    changed = _number(working, "SELECT count(*) FROM outdated")
    arrived = _number(working, "SELECT count(*) FROM arrived")
    added = _number(working, "SELECT count(*) FROM added")
    lost = _take_out(working, table, day)
    keeps = "invalid_reason" in columns
    return Difference(
        added=added,
        changed=changed,
        unchanged=arrived - added - changed,
        invalidated=marked + (lost if keeps else 0),
        removed=0 if keeps else lost,
        repeated=repeated,
    )


def derive_ancestors(working: duckdb.DuckDBPyConnection) -> int:
    """Join our own concepts' places with those of the download, in ``arrived`` of the ancestors.

    What is below a concept of the download is below our own concept above it too, and the reverse.
    Levels are those of the shortest and the longest way. Gives the number of rows.
    """
    ours = f"held.ancestor_concept_id >= {FIRST_LOCAL}"
    below = f"held.descendant_concept_id >= {FIRST_LOCAL}"
    working.execute(
        "CREATE OR REPLACE TABLE derived AS "
        "SELECT a, d, min(least) AS least, max(most) AS most FROM ("
        "SELECT held.ancestor_concept_id AS a, arrived.descendant_concept_id AS d, "
        "held.min_levels_of_separation + arrived.min_levels_of_separation AS least, "
        "held.max_levels_of_separation + arrived.max_levels_of_separation AS most "
        "FROM held JOIN arrived ON arrived.ancestor_concept_id = held.descendant_concept_id "
        f"WHERE {ours} AND NOT ({below}) UNION ALL "
        "SELECT arrived.ancestor_concept_id, held.descendant_concept_id, "
        "held.min_levels_of_separation + arrived.min_levels_of_separation, "
        "held.max_levels_of_separation + arrived.max_levels_of_separation "
        "FROM held JOIN arrived ON arrived.descendant_concept_id = held.ancestor_concept_id "
        f"WHERE {below} AND NOT ({ours})) AS ways GROUP BY a, d"
    )
    working.execute("INSERT INTO arrived SELECT a, d, least, most FROM derived")
    return _number(working, "SELECT count(*) FROM derived")


def remember_concepts(working: duckdb.DuckDBPyConnection) -> None:
    """Keep which concepts and vocabularies the download speaks of, from ``arrived`` concepts."""
    working.execute("CREATE OR REPLACE TABLE covered AS SELECT concept_id AS id FROM arrived")
    working.execute(
        "CREATE OR REPLACE TABLE covered_vocabulary AS "
        "SELECT DISTINCT vocabulary_id AS id FROM arrived"
    )


def _take_out(working: duckdb.DuckDBPyConnection, table: str, day: dt.date) -> int:
    """Rows that the download no longer has: deprecated where the table can say so, else deleted."""
    if table not in _OWN_IDS:
        return 0
    key = _list(key_columns(table))
    conditions = [f"held.{quoted(name)} < {FIRST_LOCAL}" for name in _OWN_IDS[table]]
    if table == "concept":
        conditions += [
            "held.concept_id <> 0",
            "held.vocabulary_id IN (SELECT id FROM covered_vocabulary)",
        ]
    else:
        conditions += [
            f"held.{quoted(name)} IN (SELECT id FROM covered)" for name in _COVERED_IDS[table]
        ]
    columns = column_names(table)
    keeps = "invalid_reason" in columns
    if keeps:
        conditions.append("held.invalid_reason IS NULL")
    working.execute(
        f"CREATE OR REPLACE TABLE lost AS SELECT held.* FROM held ANTI JOIN arrived USING ({key}) "
        f"WHERE {' AND '.join(conditions)}"
    )
    working.execute("INSERT INTO outdated SELECT * FROM lost")
    if keeps:
        last = f"DATE '{(day - dt.timedelta(days=1)).isoformat()}'"
        new = {
            "invalid_reason": sql_text(DEPRECATED),
            "standard_concept": "NULL",
            "valid_end_date": f"greatest({last}, valid_start_date)",
        }
        values = ", ".join(new.get(name, quoted(name)) for name in columns)
        working.execute(f"INSERT INTO renewed SELECT {values} FROM lost")
    if table == "concept":
        working.execute("INSERT INTO covered SELECT concept_id FROM lost")
    return _number(working, "SELECT count(*) FROM lost")


def _same(table: str, one: str, other: str) -> str:
    return " AND ".join(f"{one}.{quoted(n)} = {other}.{quoted(n)}" for n in key_columns(table))


def _list(names: Iterable[str]) -> str:
    return ", ".join(quoted(name) for name in names)


def _number(working: duckdb.DuckDBPyConnection, query: str) -> int:
    ((number,),) = working.execute(query).fetchall()
    return int(number)
