"""Decides which rows stay, and counts those that do not, by reason.

For every table of people and events the view ``staying.<table>`` has the rows that stay, and
``stays.<table>`` their pseudonyms; ``gone.<table>`` has the pseudonyms of the others if rows of
another table may name them. ``allowed.<table>__<column>`` holds the values of a column that enough
people share. Pseudonyms are written down only where another table names them: a long table would
fill the memory with them, and its rows are decided as quickly as they are read.
"""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from deid.policy.model import Policy, RareScope, Treatment
from deid.risk.identifiers import IdentifierIndex
from deid.structured.dates import DataWindow
from deid.structured.expressions import date, in_blind_time, quoted
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
    """Make the schemas of the rows; gives the rows left out of each table, by reason."""
    for schema in ("staying", "stays", "gone"):
        working.execute(f"CREATE SCHEMA {schema}")
    left_out: dict[str, dict[str, int]] = {}
    decided: list[str] = []
    named = _named_elsewhere(policy)
    for table, layout in LAYOUTS.items():
        if table not in policy.tables or layout.kind not in _DECIDED:
            continue
        if layout.kind is RowKind.CHILD and "stays.any_row" not in decided:
            _make_any_row(working, decided)
            decided.append("stays.any_row")
        left_out[table] = _decide(working, table, layout, window, table in named)
        if layout.kind is not RowKind.CHILD:
            decided.append(table)
    for table in ("provider", "care_site", "location"):
        if table in policy.tables:
            left_out[table] = _decide_resource(working, policy, table, decided)
            decided.append(table)
    return left_out


def rows_that_stay(table: str, window: DataWindow) -> str:
    """The ``FROM`` and ``WHERE`` of the rows ``v`` that stay, with their person's ``people p``."""
    layout = LAYOUTS[table]
    conditions = [f"({condition}) IS NOT TRUE" for condition, _ in _reasons(table, layout, window)]
    return f"{_source(table, layout)} WHERE {' AND '.join(conditions)}"


def ids_that_stay(table: str, column: str, domain: str | None) -> str:
    """Query for ids of the rows that stay and that ``column`` may name.

    ``domain`` is the table that they belong to; None if it may be any. Then those alone are looked
    for that are named, so that what is kept in memory is not the ids of everything.
    """
    if domain is not None:
        return f"SELECT id FROM stays.{quoted(domain)}"
    return (
        f"SELECT id FROM stays.any_row WHERE id IN (SELECT {quoted(column)} "
        f"FROM vault.{quoted(table)} WHERE {quoted(column)} IS NOT NULL)"
    )


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
        if layout.kind is not RowKind.EVENT or not _has_rows(working, table):
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
        if not columns or not _has_rows(working, table):
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


_DECIDED = (RowKind.PERSON, RowKind.EVENT, RowKind.CHILD)


def _named_elsewhere(policy: Policy) -> set[str]:
    """Tables whose rows are named by others, and notes, which are asked for again and again."""
    return {"note"} | {
        rule.domain
        for table, rules in policy.tables.items()
        for column, rule in rules.items()
        if rule.treatment is Treatment.PSEUDONYM
        and rule.domain
        and column not in LAYOUTS[table].key
    }


def _source(table: str, layout: Layout) -> str:
    join = "" if layout.kind is RowKind.CHILD else " JOIN people p USING (person_id)"
    return f"vault.{quoted(table)} v{join}"


def _id(layout: Layout) -> str:
    return "v.rowid" if layout.kind is RowKind.CHILD else f"v.{quoted(layout.key[0])}"


def _reasons(table: str, layout: Layout, window: DataWindow) -> list[tuple[str, str]]:
    """Conditions under which a row is left out, and what each is called; the first that holds."""
    reasons: list[tuple[str, str]] = []
    if layout.kind is not RowKind.CHILD:
        reasons.append(("NOT p.kept", SUPPRESSED))
    if layout.start is not None:
        reasons.append((_outside(layout, window), OUTSIDE))
        reasons.append((_unseen(layout, window), BLIND))
    for column, domain in layout.parents:
        ids = ids_that_stay(table, column, None if domain == "*" else domain)
        what = "the row it belongs to" if domain == "*" else f"its {domain}"
        reasons.append(
            (
                f"v.{quoted(column)} IS NULL OR v.{quoted(column)} NOT IN ({ids})",
                f"{what} was left out",
            )
        )
    return reasons


def _decide(
    working: duckdb.DuckDBPyConnection,
    table: str,
    layout: Layout,
    window: DataWindow,
    is_named: bool,
) -> dict[str, int]:
    """Make the table's rows in all schemas, and count those left out, by reason."""
    name = quoted(table)
    rows = rows_that_stay(table, window)
    working.execute(f"CREATE VIEW staying.{name} AS SELECT v.* FROM {rows}")
    if not _has_rows(working, table):
        for schema in ("stays", "gone"):
            working.execute(f"CREATE TABLE {schema}.{name} (id BIGINT)")
        return {}
    of_row = _id(layout)
    if layout.kind is RowKind.EVENT and not is_named:
        working.execute(f"CREATE VIEW stays.{name} AS SELECT {of_row} AS id FROM {rows}")
    else:
        working.execute(f"CREATE TABLE stays.{name} AS SELECT {of_row} AS id FROM {rows}")
        working.execute(
            f"CREATE TABLE gone.{name} AS SELECT {of_row} AS id FROM vault.{name} v "
            f"ANTI JOIN stays.{name} s ON s.id = {of_row}"
        )
    reasons = _reasons(table, layout, window)
    cases = " ".join(f"WHEN {condition} THEN {n}" for n, (condition, _) in enumerate(reasons))
    counts = working.execute(
        f"SELECT CASE {cases} END::TINYINT AS number, count(*) FROM {_source(table, layout)} "
        "GROUP BY 1 HAVING number IS NOT NULL"
    ).fetchall()
    return dict(sorted((reasons[number][1], rows) for number, rows in counts))


def _has_rows(working: duckdb.DuckDBPyConnection, table: str) -> bool:
    return bool(working.execute(f"SELECT 1 FROM vault.{quoted(table)} LIMIT 1").fetchall())


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
        if layout is None or not _has_rows(working, other):
            continue
        for column, rule in policy.tables[other].items():
            is_link = rule.domain == table or (table == "location" and column == "location_id")
            if not is_link or rule.treatment is Treatment.DROP:
                continue
            if (other, column) == ("person", "location_id"):
                rows = "people WHERE kept"
            elif layout.kind in _DECIDED:
                rows = f"staying.{quoted(other)}"
            else:
                key = quoted(layout.key[0])
                rows = (
                    f"vault.{quoted(other)} WHERE {key} IN (SELECT id FROM stays.{quoted(other)})"
                )
            sources.append(f"SELECT DISTINCT {quoted(column)} AS id FROM {rows}")
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
        if local and layout.kind is RowKind.EVENT and _has_rows(working, table):
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
