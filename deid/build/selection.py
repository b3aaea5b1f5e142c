"""Decides which rows stay, and counts those that do not, by reason.

For every table of people and events the view ``staying.<table>`` has the rows that stay, and
``stays.<table>`` their pseudonyms; ``gone.<table>`` has the pseudonyms of the others, if rows of
another table may name them. Whether a row stays depends on its person's secret offset, yet most
rows are so far from the ends of the records that they stay whatever it is: the person is looked up
only for the rest. Of a long table hardly anything is written down: what is gone is little, and what
stays is decided as quickly as it is read.
"""

from __future__ import annotations

import datetime

import duckdb

from deid.policy.model import Policy, Treatment
from deid.structured.dates import DataWindow
from deid.structured.expressions import date, in_blind_time, quoted
from deid.structured.layout import LAYOUTS, Layout, RowKind
from deid.structured.queries import one_row

SUPPRESSED = "the person was suppressed"
OUTSIDE = "outside the data window"
BLIND = "near the day on which the records begin"
UNREFERENCED = "no row that stays refers to it"


def select_rows(
    working: duckdb.DuckDBPyConnection, policy: Policy, window: DataWindow
) -> dict[str, dict[str, int]]:
    """Make the schemas of the rows; gives the rows left out of each table, by reason."""
    for schema in ("staying", "stays", "gone"):
        working.execute(f"CREATE SCHEMA {schema}")
    left_out: dict[str, dict[str, int]] = {}
    decided: list[str] = []
    named = _named_elsewhere(policy)
    (suppressed,) = one_row(working, "SELECT count(*) FROM people WHERE NOT kept")
    for table, layout in LAYOUTS.items():
        if table not in policy.tables or layout.kind not in _DECIDED:
            continue
        if layout.kind is RowKind.CHILD and "stays.any_row" not in decided:
            _make_any_row(working, decided)
            decided.append("stays.any_row")
        sure = _stays_by_any_offset(layout, window, bool(suppressed))
        left_out[table] = _decide(working, table, window, sure, table in named)
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


def has_rows(working: duckdb.DuckDBPyConnection, table: str) -> bool:
    """Whether the vault has any row of a table."""
    return bool(working.execute(f"SELECT 1 FROM vault.{quoted(table)} LIMIT 1").fetchall())


_DECIDED = (RowKind.PERSON, RowKind.EVENT, RowKind.CHILD)
KEPT_AS_LIST = frozenset({"note"})
"""Tables whose rows that stay are asked for again and again."""


def _named_elsewhere(policy: Policy) -> set[str]:
    """Tables whose rows are named by others, and notes, which are asked for again and again."""
    return set(KEPT_AS_LIST) | {
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


def _stays_by_any_offset(layout: Layout, window: DataWindow, suppressed: bool) -> str | None:
    """Condition on a row ``v`` alone under which it stays, whoever its person is.

    It need not hold for every row that stays; None if there is none. ``suppressed`` says whether
    some people are left out.
    """
    if layout.kind is not RowKind.EVENT or layout.start is None or layout.parents:
        return None
    reach = datetime.timedelta(weeks=window.max_weeks)
    opens = window.blind[1] if window.blind else window.start
    first, last = max(window.start, opens) + reach, window.end - reach
    if first > last:
        return None
    start = f"v.{quoted(layout.start)}"
    conditions = [f"{start} BETWEEN {date(first)} AND {date(last)}"]
    if layout.clips:
        conditions.append(f"coalesce(v.{quoted(layout.end or '')}, {start}) >= {date(first)}")
    if suppressed:
        conditions.append("v.person_id NOT IN (SELECT person_id FROM people WHERE NOT kept)")
    return " AND ".join(conditions)


def _decide(
    working: duckdb.DuckDBPyConnection,
    table: str,
    window: DataWindow,
    sure: str | None,
    is_named: bool,
) -> dict[str, int]:
    """Make the table's rows in all schemas, and count those left out, by reason.

    ``sure`` is a condition on a row alone under which it stays.
    """
    layout, name = LAYOUTS[table], quoted(table)
    if not has_rows(working, table):
        working.execute(f"CREATE VIEW staying.{name} AS FROM vault.{name}")
        for schema in ("stays", "gone"):
            working.execute(f"CREATE TABLE {schema}.{name} (id BIGINT)")
        return {}
    reasons = _reasons(table, layout, window)
    of_row = _id(layout)
    unsure = f"({sure or 'false'}) IS NOT TRUE"
    looked_up = f"SELECT v.* FROM {rows_that_stay(table, window)} AND {unsure}"
    surely = f"SELECT v.* FROM vault.{name} v WHERE {sure} UNION ALL " if sure else ""
    working.execute(f"CREATE VIEW staying.{name} AS {surely}{looked_up}")
    left = f"FROM {_source(table, layout)} WHERE {unsure}"
    if is_named or layout.kind is not RowKind.EVENT:
        any_reason = " OR ".join(f"({condition})" for condition, _ in reasons)
        working.execute(
            f"CREATE TABLE gone.{name} AS SELECT {of_row} AS id {left} AND ({any_reason})"
        )
    if table in KEPT_AS_LIST or layout.kind is not RowKind.EVENT:
        rows = rows_that_stay(table, window)
        working.execute(f"CREATE TABLE stays.{name} AS SELECT {of_row} AS id FROM {rows}")
    else:
        key = quoted(layout.key[0])
        working.execute(f"CREATE VIEW stays.{name} AS SELECT {key} AS id FROM staying.{name}")
    cases = " ".join(f"WHEN {condition} THEN {n}" for n, (condition, _) in enumerate(reasons))
    counts = working.execute(
        f"SELECT CASE {cases} END::TINYINT AS number, count(*) {left} "
        "GROUP BY 1 HAVING number IS NOT NULL"
    ).fetchall()
    return dict(sorted((reasons[number][1], rows) for number, rows in counts))


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
        if layout is None or not has_rows(working, other):
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
