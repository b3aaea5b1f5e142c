"""One function per treatment: the DuckDB expression that gives a column of the release.

Expressions refer to the vault's row as ``v``, to the person's row of the map ``people`` as ``p``,
and to tables of the working database that :mod:`deid.build` makes. Names come from the schema,
never from data; values are only dates and policy constants, quoted here.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection

from deid.policy.model import ColumnRule, RareScope
from deid.structured.dates import DataWindow
from deid.structured.layout import LOCAL_CONCEPT_FLOOR


def quoted(name: str) -> str:
    """An SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """An SQL string."""
    return "'" + value.replace("'", "''") + "'"


def date(value: datetime.date) -> str:
    """An SQL date."""
    return f"DATE '{value.isoformat()}'"


def empty(kind: str, required: bool) -> str:
    """What a dropped column holds: nothing, or 0 where OMOP demands a number."""
    return f"0::{kind}" if required and kind == "BIGINT" else f"NULL::{kind}"


def kept(column: str) -> str:
    """The value as it is."""
    return f"v.{quoted(column)}"


def constant(rule: ColumnRule, kind: str, window: DataWindow) -> str:
    """A value of the policy."""
    value = rule.value
    if value == "@window-end":
        return f"{date(window.end)}::{kind}"
    return f"{text(value) if isinstance(value, str) else value}::{kind}"


def shifted_date(column: str, window: DataWindow) -> str:
    """The date with the person's offset, held inside the window and after its blind time."""
    moved = f"v.{quoted(column)} + p.shift_days::INTEGER"
    clipped = f"least(greatest({moved}, {date(window.start)}), {date(window.end)})"
    hidden = f"WHEN {in_blind_time(moved, window)} THEN {_opens(window)} "
    return f"CASE WHEN v.{quoted(column)} IS NULL THEN NULL {hidden}ELSE {clipped} END::DATE"


def shifted_datetime(column: str, window: DataWindow, truncate: bool) -> str:
    """The moment with the person's offset; at an edge of what is shown, or by policy, midnight."""
    moved = f"(v.{quoted(column)} + to_days(p.shift_days::INTEGER))"
    inside = f"date_trunc('day', {moved})" if truncate else moved
    return (
        f"CASE WHEN {moved}::DATE < {date(window.start)} THEN {date(window.start)}::TIMESTAMP "
        f"WHEN {moved}::DATE > {date(window.end)} THEN {date(window.end)}::TIMESTAMP "
        f"WHEN {in_blind_time(f'{moved}::DATE', window)} THEN {_opens(window)}::TIMESTAMP "
        f"ELSE {inside} END::TIMESTAMP"
    )


def year_only(column: str, window: DataWindow, kind: str) -> str:
    """1 January of the year of the date, with the person's offset and inside the window.

    It stands for the whole year: the order of a person's days within it, their intervals and
    weekdays are gone.
    """
    moved = f"v.{quoted(column)}::DATE + p.shift_days::INTEGER"
    clipped = f"least(greatest({moved}, {date(window.start)}), {date(window.end)})"
    hidden = f"WHEN {in_blind_time(moved, window)} THEN date_trunc('year', {_opens(window)})"
    return (
        f"CASE WHEN v.{quoted(column)} IS NULL THEN NULL {hidden} "
        f"ELSE date_trunc('year', {clipped}) END::DATE::{kind}"
    )


def zip3(value: str, over_20000: Collection[str]) -> str:
    """First three digits of a ZIP code if its area is listed, 000 if not; else nothing."""
    listed = ", ".join(text(code) for code in sorted(over_20000)) or "NULL"
    return (
        f"CASE WHEN {value} IS NULL OR NOT regexp_full_match({value}, '[0-9]{{5}}(-?[0-9]{{4}})?') "
        f"THEN NULL WHEN left({value}, 3) IN ({listed}) THEN left({value}, 3) ELSE '000' END"
    )


def in_blind_time(moved: str, window: DataWindow) -> str:
    """Condition: the shifted date falls where the window is blind."""
    if window.blind is None:
        return "false"
    closes, opens = window.blind
    return f"({moved} >= {date(closes)} AND {moved} < {date(opens)})"


def _opens(window: DataWindow) -> str:
    return date(window.blind[1] if window.blind else window.start)


def rare_removed(column: str, rule: ColumnRule, allowed: str, kind: str) -> str:
    """The value if ``allowed`` (a table with one column ``value``) has it, else nothing or 0."""
    value = f"v.{quoted(column)}"
    if rule.scope is RareScope.LOCAL_CONCEPTS:
        return (
            f"CASE WHEN {value} < {LOCAL_CONCEPT_FLOOR} OR {value} IN "
            f"(SELECT value FROM {allowed}) THEN {value} WHEN {value} IS NOT NULL THEN 0 END"
        )
    otherwise = f"WHEN {value} IS NOT NULL THEN 0::{kind}" if kind == "BIGINT" else ""
    return f"CASE WHEN {value} IN (SELECT value FROM {allowed}) THEN {value} {otherwise} END"


def reference(column: str, staying: str) -> str:
    """A pseudonym of another row if ``staying``, a query for ids, has it; else nothing."""
    return f"CASE WHEN v.{quoted(column)} IN ({staying}) THEN v.{quoted(column)} END"


def reference_unless(column: str, gone: str) -> str:
    """A pseudonym of another row unless ``gone``, a query for ids, has it."""
    return f"CASE WHEN v.{quoted(column)} NOT IN ({gone}) THEN v.{quoted(column)} END"
