"""Decides which rows stay, and counts those that do not, by reason.

For every table ``stays.<table>`` holds the pseudonyms of the rows that stay; ``allowed.<table>__
<column>`` holds the values of a column that enough people share.
"""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from deid.policy.model import Policy, RareScope, Treatment
from deid.risk.identifiers import IdentifierIndex
from deid.structured.dates import DataWindow
from deid.structured.expressions import date, in_blind_time, quoted, text
from deid.structured.layout import LAYOUTS, LOCAL_CONCEPT_FLOOR, Layout, RowKind
from deid.structured.queries import one_row
from deid.vocabulary import load_base_vocabulary

SUPPRESSED = "the person was suppressed"
OUTSIDE = "outside the data window"
BLIND = "near the day on which the records begin"
UNREFERENCED = "no row that stays refers to it"
LOCAL = "a local concept of too few people"

LeftOut = Mapping[str, Mapping[str, int]]


def select_rows(
    working: duckdb.DuckDBPyConnection, policy: Policy, window: DataWindow
) -> dict[str, dict[str, int]]:
    """Make the schema ``stays``; gives the rows left out of each table, by reason."""
    working.execute("CREATE SCHEMA stays")
    left_out: dict[str, dict[str, int]] = {}
    decided: list[str] = []
    kinds = (RowKind.PERSON, RowKind.EVENT, RowKind.CHILD)
    for table, layout in LAYOUTS.items():
        if table not in policy.tables or layout.kind not in kinds:
            continue
        if layout.kind is RowKind.CHILD and "stays.any_row" not in decided:
            _make_any_row(working, decided)
            decided.append("stays.any_row")
        left_out[table] = _decide(working, table, layout, window)
        if layout.kind is not RowKind.CHILD:
            decided.append(table)
    for table in ("provider", "care_site", "location"):
        if table in policy.tables:
            left_out[table] = _decide_resource(working, policy, table, decided)
            decided.append(table)
    return left_out


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
        if layout.kind is not RowKind.EVENT:
            # Without a person there is no number of people: nothing is allowed.
            working.execute(
                f"CREATE TABLE {name} AS SELECT {quoted(column)} AS value "
                f"FROM vault.{quoted(table)} WHERE false"
            )
            continue
        known = (
            "AND v.value IN (SELECT concept_code FROM vault.concept)"
            if rule.scope is RareScope.KNOWN_CODES
            else ""
        )
        key = quoted(layout.key[0])
        working.execute(
            f"CREATE TABLE {name} AS SELECT v.value FROM (SELECT {quoted(column)} AS value, "
            f"person_id FROM vault.{quoted(table)} WHERE {key} IN "
            f"(SELECT id FROM stays.{quoted(table)})) v WHERE v.value IS NOT NULL {known} "
            "GROUP BY v.value HAVING count(DISTINCT v.person_id) >= $1 ORDER BY v.value",
            [policy.risk.k],
        )
        if _column_type(working, table, column) == "VARCHAR":
            of_text.append(f"{table}__{column}")
    return of_text


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


def _decide(
    working: duckdb.DuckDBPyConnection, table: str, layout: Layout, window: DataWindow
) -> dict[str, int]:
    cases: list[str] = []
    join = ""
    if layout.kind is not RowKind.CHILD:
        join = "JOIN people p USING (person_id)"
        cases.append(f"WHEN NOT p.kept THEN {text(SUPPRESSED)}")
    if layout.start is not None:
        cases.append(f"WHEN {_outside(layout, window)} THEN {text(OUTSIDE)}")
        cases.append(f"WHEN {_unseen(layout, window)} THEN {text(BLIND)}")
    for column, domain in layout.parents:
        stays = "stays.any_row" if domain == "*" else f"stays.{quoted(domain)}"
        what = "the row it belongs to" if domain == "*" else f"its {domain}"
        cases.append(
            f"WHEN v.{quoted(column)} IS NULL OR v.{quoted(column)} NOT IN "
            f"(SELECT id FROM {stays}) THEN {text(f'{what} was left out')}"
        )
    key = f"v.{quoted(layout.key[0])}" if layout.kind is not RowKind.CHILD else "v.rowid"
    working.execute(
        f"CREATE TEMP TABLE decided AS SELECT {key} AS id, CASE {' '.join(cases)} END AS reason "
        f"FROM vault.{quoted(table)} v {join}"
    )
    working.execute(
        f"CREATE TABLE stays.{quoted(table)} AS SELECT id FROM decided WHERE reason IS NULL"
    )
    counts = working.execute(
        "SELECT reason, count(*) FROM decided WHERE reason IS NOT NULL GROUP BY 1 ORDER BY 1"
    ).fetchall()
    working.execute("DROP TABLE decided")
    return dict(counts)


def _outside(layout: Layout, window: DataWindow) -> str:
    start = f"v.{quoted(layout.start or '')} + p.shift_days::INTEGER"
    if not layout.clips:
        return f"NOT ({start} BETWEEN {date(window.start)} AND {date(window.end)})"
    end = f"coalesce(v.{quoted(layout.end or '')}, v.{quoted(layout.start or '')})"
    return f"({start} > {date(window.end)} OR {end} + p.shift_days::INTEGER < {date(window.start)})"


def _unseen(layout: Layout, window: DataWindow) -> str:
    """Begins in the blind time and, for spans that are cut, does not reach out of it."""
    start = f"v.{quoted(layout.start or '')} + p.shift_days::INTEGER"
    unseen = in_blind_time(start, window)
    if not layout.clips:
        return unseen
    end = f"coalesce(v.{quoted(layout.end or '')}, v.{quoted(layout.start or '')})"
    return f"({unseen} AND {in_blind_time(f'{end} + p.shift_days::INTEGER', window)})"


def _make_any_row(working: duckdb.DuckDBPyConnection, decided: list[str]) -> None:
    union = " UNION ALL ".join(f"SELECT id FROM stays.{quoted(table)}" for table in decided)
    working.execute(f"CREATE VIEW stays.any_row AS {union}")


def _decide_resource(
    working: duckdb.DuckDBPyConnection, policy: Policy, table: str, decided: list[str]
) -> dict[str, int]:
    """A place, care site or provider stays if a row that stays names it."""
    sources: list[str] = []
    for other in decided:
        layout = LAYOUTS.get(other)
        if layout is None:
            continue
        for column, rule in policy.tables[other].items():
            is_link = rule.domain == table or (table == "location" and column == "location_id")
            if not is_link or rule.treatment is Treatment.DROP:
                continue
            source = (
                "people"
                if (other, column) == ("person", "location_id")
                else (f"vault.{quoted(other)}")
            )
            sources.append(
                f"SELECT {quoted(column)} AS id FROM {source} WHERE {quoted(layout.key[0])} IN "
                f"(SELECT id FROM stays.{quoted(other)})"
            )
    used = " UNION ".join(sources) or "SELECT NULL::BIGINT AS id WHERE false"
    key = quoted(LAYOUTS[table].key[0])
    working.execute(
        f"CREATE TABLE stays.{quoted(table)} AS SELECT {key} AS id FROM vault.{quoted(table)} "
        f"WHERE {key} IN (SELECT id FROM ({used}))"
    )
    row = one_row(
        working,
        f"SELECT (SELECT count(*) FROM vault.{quoted(table)}) - "
        f"(SELECT count(*) FROM stays.{quoted(table)})",
    )
    return {UNREFERENCED: int(row[0])} if row[0] else {}


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
        if local and layout.kind is RowKind.EVENT:
            parts.append(
                f"SELECT {quoted(column)} AS value, person_id FROM vault.{quoted(table)} "
                f"WHERE {quoted(column)} >= {LOCAL_CONCEPT_FLOOR} AND {quoted(layout.key[0])} IN "
                f"(SELECT id FROM stays.{quoted(table)})"
            )
    if parts:
        working.execute(
            "INSERT INTO allowed.local_concepts SELECT value FROM "
            f"({' UNION ALL '.join(parts)}) WHERE value NOT IN (SELECT value FROM "
            "shipped_concepts) GROUP BY 1 HAVING count(DISTINCT person_id) >= $1 ORDER BY 1",
            [policy.risk.k],
        )


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
