"""Which values may leave: those that enough people share and that name nobody.

``allowed.<table>__<column>`` holds them for every ``suppress-rare`` column, and
``allowed.local_concepts`` the concepts of the vault's own that may.
"""

from __future__ import annotations

import duckdb

from deid.build.selection import has_rows
from deid.policy.model import Policy, RareScope, Treatment
from deid.risk.identifiers import IdentifierIndex
from deid.structured.expressions import quoted
from deid.structured.layout import LAYOUTS, LOCAL_CONCEPT_FLOOR, RowKind
from deid.structured.queries import one_row
from deid.vocabulary import load_base_vocabulary

LOCAL = "a local concept of too few people"


def collect_allowed_values(working: duckdb.DuckDBPyConnection, policy: Policy) -> list[str]:
    """Make ``allowed.*`` for every ``suppress-rare`` column; gives the names of those with text."""
    _collect_local_concepts(working, policy)
    of_text: list[str] = []
    for table, column in policy.columns_with(Treatment.SUPPRESS_RARE):
        rule = policy.tables[table][column]
        layout = LAYOUTS[table]
        if rule.scope is RareScope.LOCAL_CONCEPTS or table == "location":
            continue
        name = f"allowed.{quoted(f'{table}__{column}')}"
        if layout.kind is not RowKind.EVENT or not has_rows(working, table):
            # Without a person there is no number of people: nothing is allowed.
            working.execute(
                f"CREATE TABLE {name} AS SELECT {quoted(column)} AS value "
                f"FROM vault.{quoted(table)} WHERE false"
            )
            continue
        known = (
            "value IN (SELECT concept_code FROM vault.concept)"
            if rule.scope is RareScope.KNOWN_CODES
            else "true"
        )
        source = (
            f"SELECT {quoted(column)} AS value, person_id FROM staying.{quoted(table)} "
            f"WHERE {quoted(column)} IS NOT NULL"
        )
        working.execute(f"CREATE TABLE {name} AS {shared_values(source, policy.risk.k, known)}")
        if _column_type(working, table, column) == "VARCHAR":
            of_text.append(f"{table}__{column}")
    return of_text


def shared_values(source: str, k: int, condition: str = "true") -> str:
    """Query for the values that at least ``k`` people share and that meet a condition, in order.

    ``source`` is a query for ``value, person_id``. Pseudonyms are random, so they divide people
    into 64 groups; a value found in k groups has k people. Only people of the others are counted
    one by one, and those values are rare.
    """
    return (
        f"WITH pairs AS NOT MATERIALIZED ({source}), "
        "grouped AS MATERIALIZED (SELECT value, "
        "bit_count(bit_or(1::UBIGINT << (person_id & 63))::HUGEINT) AS groups "
        f"FROM pairs GROUP BY value HAVING count(*) >= {k:d}) "
        f"SELECT value FROM grouped WHERE {condition} AND (groups >= {k:d} OR value IN "
        f"(SELECT value FROM pairs WHERE value IN (SELECT value FROM grouped WHERE groups < {k:d}) "
        f"GROUP BY value HAVING count(DISTINCT person_id) >= {k:d})) ORDER BY value"
    )


def unrestricted_columns(
    working: duckdb.DuckDBPyConnection, policy: Policy
) -> frozenset[tuple[str, str]]:
    """Columns whose local concepts may all leave; asked when ``allowed.local_concepts`` is final.

    Most have none at all, and what is in them need not be looked up row by row.
    """
    found: set[tuple[str, str]] = set()
    for table, rules in policy.tables.items():
        columns = [
            column
            for column, rule in rules.items()
            if rule.treatment is Treatment.SUPPRESS_RARE
            and rule.scope is RareScope.LOCAL_CONCEPTS
            and LAYOUTS[table].kind is RowKind.EVENT
        ]
        if not columns or not has_rows(working, table):
            continue
        greatest = one_row(
            working,
            f"SELECT {', '.join(f'max({quoted(column)})' for column in columns)} "
            f"FROM vault.{quoted(table)}",
        )
        for column, concept in zip(columns, greatest, strict=True):
            if (
                concept is None
                or concept < LOCAL_CONCEPT_FLOOR
                or _all_allowed(working, table, column)
            ):
                found.add((table, column))
    return frozenset(found)


def _all_allowed(working: duckdb.DuckDBPyConnection, table: str, column: str) -> bool:
    (refused,) = one_row(
        working,
        f"SELECT count(*) FROM (SELECT DISTINCT {quoted(column)} AS value "
        f"FROM staying.{quoted(table)} WHERE {quoted(column)} >= {LOCAL_CONCEPT_FLOOR}) "
        "WHERE value NOT IN (SELECT value FROM allowed.local_concepts)",
    )
    return not refused


def count_vocabulary_left_out(
    working: duckdb.DuckDBPyConnection, policy: Policy
) -> dict[str, dict[str, int]]:
    """Vocabulary rows that do not leave; known once ``allowed.local_concepts`` is final."""
    left_out: dict[str, dict[str, int]] = {}
    for table, layout in LAYOUTS.items():
        if layout.kind is not RowKind.VOCABULARY or table not in policy.tables:
            continue
        condition = local_filter(table, list(policy.tables[table]))
        row = one_row(
            working, f"SELECT count(*) FROM vault.{quoted(table)} v WHERE NOT ({condition})"
        )
        if row and row[0]:
            left_out[table] = {LOCAL: int(row[0])}
    return left_out


def remove_identifying_values(
    working: duckdb.DuckDBPyConnection, index: IdentifierIndex, of_text: list[str]
) -> int:
    """Take values that hold an identifier out of ``allowed.*``; gives their number.

    Many people may share a value and it may still name somebody: the doctor of a whole village.
    Local concepts whose name does are taken out as well.
    """
    removed = 0
    for name in of_text:
        table = f"allowed.{quoted(name)}"
        values = [row[0] for row in working.execute(f"SELECT value FROM {table}").fetchall()]
        named = [value for value in values if index.find(value)]
        for value in named:
            working.execute(f"DELETE FROM {table} WHERE value = $1", [value])
        removed += len(named)
    concepts = working.execute(
        "SELECT concept_id, concept_name FROM vault.concept WHERE concept_id IN "
        "(SELECT value FROM allowed.local_concepts) AND concept_id NOT IN "
        "(SELECT value FROM shipped_concepts)"
    ).fetchall()
    for concept_id, concept_name in concepts:
        if any(hit.strong or hit.kind == "name" for hit in index.find(concept_name or "")):
            working.execute("DELETE FROM allowed.local_concepts WHERE value = $1", [concept_id])
            removed += 1
    return removed


def local_filter(table: str, columns: list[str]) -> str:
    """SQL condition that keeps vocabulary rows whose local concepts enough people have."""
    concepts = [c for c in columns if c.endswith("concept_id") or c.startswith("concept_id_")]
    if table in {"vocabulary", "domain", "concept_class", "relationship"}:
        return "true"
    return (
        " AND ".join(
            f"(v.{quoted(c)} IS NULL OR v.{quoted(c)} < {LOCAL_CONCEPT_FLOOR} OR v.{quoted(c)} IN "
            "(SELECT value FROM allowed.local_concepts))"
            for c in concepts
        )
        or "true"
    )


def _collect_local_concepts(working: duckdb.DuckDBPyConnection, policy: Policy) -> None:
    """Local concepts that at least k people have, in any column of any record that stays."""
    _keep_shipped_concepts(working)
    working.execute(
        "CREATE TABLE allowed.local_concepts AS SELECT value FROM shipped_concepts ORDER BY value"
    )
    parts = []
    for table, column in policy.columns_with(Treatment.SUPPRESS_RARE):
        layout = LAYOUTS[table]
        local = policy.tables[table][column].scope is RareScope.LOCAL_CONCEPTS
        if local and layout.kind is RowKind.EVENT and has_rows(working, table):
            parts.append(
                f"SELECT {quoted(column)} AS value, person_id FROM staying.{quoted(table)} "
                f"WHERE {quoted(column)} >= {LOCAL_CONCEPT_FLOOR}"
            )
    if parts:
        others = "value NOT IN (SELECT value FROM shipped_concepts)"
        shared = shared_values(" UNION ALL ".join(parts), policy.risk.k, others)
        working.execute(f"INSERT INTO allowed.local_concepts {shared}")


def _keep_shipped_concepts(working: duckdb.DuckDBPyConnection) -> None:
    """The software's own concepts are public, as long as the vault has them under their name."""
    working.register("shipped", load_base_vocabulary()["concept"])
    working.execute(
        "CREATE TABLE shipped_concepts AS SELECT v.concept_id AS value FROM vault.concept v "
        "JOIN shipped s ON s.concept_id = v.concept_id AND s.concept_name = v.concept_name "
        f"WHERE v.concept_id >= {LOCAL_CONCEPT_FLOOR} ORDER BY 1"
    )
    working.unregister("shipped")


def _column_type(working: duckdb.DuckDBPyConnection, table: str, column: str) -> str:
    row = one_row(
        working,
        "SELECT data_type FROM duckdb_columns() WHERE schema_name = 'vault' "
        "AND table_name = $1 AND column_name = $2",
        [table, column],
    )
    return str(row[0])
