"""Writes the tables of a release: one SQL statement a file, straight into sorted Parquet.

Rows are sorted by the person's pseudonym and then the row's own; DuckDB keeps that order in its
Parquet writer whatever the number of threads, so equal inputs give equal bytes. Sorting is what
costs, so only columns that hold something are sorted; the others are put beside them afterwards.
A long table is written as several files, each of a range of people that can be sorted in memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from deid.build.allowed import local_filter
from deid.build.intake import Intake
from deid.build.selection import ids_that_stay, rows_that_stay
from deid.build.writer import part_name
from deid.policy.model import ColumnRule, Policy, RareScope, Treatment
from deid.pseudonyms import even_ranges
from deid.structured import expressions as express
from deid.structured.dates import DataWindow
from deid.structured.expressions import quoted
from deid.structured.layout import LAYOUTS, Layout, RowKind

ROW_GROUP_ROWS = 122_880
_FORMAT = (
    f"FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE {ROW_GROUP_ROWS}, "
    "DICTIONARY_SIZE_LIMIT 4096"
)
"""Values of more kinds than a dictionary takes are pseudonyms, measured values and texts: building
one costs more than it saves. Higher levels of compression save 1 % of them."""

PART_BYTES = 256 << 20
"""What a file holds, about, before compression: so much is sorted without going to disk."""

_FROM_PEOPLE = frozenset(
    {
        ("person", "year_of_birth"),
        ("person", "gender_concept_id"),
        ("person", "race_concept_id"),
        ("person", "ethnicity_concept_id"),
        ("person", "location_id"),
    }
)


@dataclass(frozen=True)
class Plan:
    """What is to be written, after all decisions.

    ``unrestricted`` are columns whose values may all leave, as
    :func:`deid.build.allowed.unrestricted_columns` found.
    """

    policy: Policy
    intake: Intake
    window: DataWindow
    unrestricted: frozenset[tuple[str, str]] = frozenset()


def write_table(working: duckdb.DuckDBPyConnection, plan: Plan, table: str, folder: Path) -> None:
    """Write one table of the release as the files of ``folder``."""
    for part, people in enumerate(_ranges_of_people(plan.intake, table)):
        working.execute(
            f"COPY ({select_table(plan, table, people)}) "
            f"TO {express.text(str(folder / part_name(part)))} ({_FORMAT})"
        )


def write_birth_years(working: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Write the bands of the years of birth of those who stay."""
    working.execute(
        "COPY (SELECT person_id, first_year, last_year FROM people WHERE person_id IN "
        f"(SELECT id FROM stays.person) ORDER BY person_id) TO {express.text(str(path))} "
        "(FORMAT parquet, COMPRESSION zstd)"
    )


def select_table(plan: Plan, table: str, people: range | None = None) -> str:
    """The statement that gives a table of the release, sorted, or its rows of some people."""
    layout = LAYOUTS[table]
    columns = {
        column: _expression(plan, table, column, people)
        for column in plan.intake.types[table]
        if not _is_constant(plan, table, column)
    }
    treated = ", ".join(f"{value} AS {quoted(column)}" for column, value in columns.items()) or "1"
    beside = ", ".join(
        quoted(column)
        if column in columns
        else f"{_constant(plan, table, column)} AS {quoted(column)}"
        for column in plan.intake.types[table]
    )
    order = ", ".join(quoted(name) for name in _order(table, layout))
    rows = _rows(plan, table, layout)
    if people is not None:
        rows += f" AND {_among('v', people)}"
    if layout.kind is RowKind.DESCRIPTION:
        # Rows that differed in what is taken out of them are one row.
        return f"SELECT DISTINCT {beside} FROM (SELECT {treated} FROM {rows}) ORDER BY {order}"
    return f"SELECT {beside} FROM (SELECT {treated} FROM {rows} ORDER BY {order})"


def _ranges_of_people(intake: Intake, table: str) -> list[range | None]:
    """Ranges of pseudonyms whose rows make a file each; one of everything for a short table."""
    parts = -(-intake.bytes[table] // PART_BYTES)
    if parts <= 1 or LAYOUTS[table].kind is not RowKind.EVENT:
        return [None]
    return list(even_ranges(parts))


def _is_constant(plan: Plan, table: str, column: str) -> bool:
    """Whether a column holds the same in every row, known before any is read."""
    treatment = plan.policy.tables[table][column].treatment
    if treatment in {Treatment.DROP, Treatment.CONSTANT}:
        return True
    return (
        LAYOUTS[table].kind is RowKind.EVENT
        and treatment is not Treatment.SCRUB_TEXT
        and column in plan.intake.empty[table]
    )


def _constant(plan: Plan, table: str, column: str) -> str:
    rule = plan.policy.tables[table][column]
    kind = plan.intake.types[table][column]
    if rule.treatment is Treatment.CONSTANT:
        return express.constant(rule, kind, plan.window)
    dropped = rule.treatment is Treatment.DROP
    return express.empty(kind, dropped and column in plan.intake.required[table])


def _among(rows: str, people: range) -> str:
    return f"{rows}.person_id BETWEEN {people.start} AND {people.stop - 1}"


def _expression(plan: Plan, table: str, column: str, people: range | None) -> str:
    rule = plan.policy.tables[table][column]
    kind = plan.intake.types[table][column]
    window = plan.window
    if (table, column) in _FROM_PEOPLE:
        return f"p.{quoted(column)}::{kind}"
    if rule.treatment is Treatment.SHIFT_DATE:
        return express.shifted_date(column, window)
    if rule.treatment is Treatment.SHIFT_DATETIME:
        return express.shifted_datetime(column, window, plan.policy.dates.time_of_day == "truncate")
    if rule.treatment is Treatment.YEAR_ONLY:
        return express.year_only(column, window, kind)
    if rule.hierarchy == "zip3-or-000":
        shown = express.zip3(f"v.{quoted(column)}", plan.policy.places.zip3_over_20000)
        allowed = _allowed(table, column, rule)
        return f"CASE WHEN {shown} IN (SELECT value FROM {allowed}) THEN {shown} END"
    if rule.treatment is Treatment.SUPPRESS_RARE and (table, column) not in plan.unrestricted:
        return express.rare_removed(column, rule, _allowed(table, column, rule), kind)
    if rule.treatment is Treatment.SCRUB_TEXT:
        # Texts of other people would be put into memory for nothing.
        of_them = f" AND {_among('s', people)}" if people else ""
        return f"(SELECT s.text FROM scrubbed s WHERE s.note_id = v.note_id{of_them})"
    if rule.treatment is Treatment.PSEUDONYM and column not in LAYOUTS[table].key:
        return _reference(plan.policy, table, column, rule)
    return express.kept(column)


def _reference(policy: Policy, table: str, column: str, rule: ColumnRule) -> str:
    """A pseudonym of another row that stays; the vault's foreign keys say that there is one."""
    domain = rule.domain
    if domain == "person" or (domain and domain not in policy.tables):
        return express.kept(column)
    if domain and LAYOUTS[table].kind in {RowKind.PERSON, RowKind.EVENT}:
        if LAYOUTS[domain].kind is RowKind.RESOURCE:
            # A place or provider stays because a row that stays names it.
            return express.kept(column)
        return express.reference_unless(column, f"SELECT id FROM gone.{quoted(domain)}")
    return express.reference(column, ids_that_stay(table, column, domain))


def _allowed(table: str, column: str, rule: ColumnRule) -> str:
    if rule.scope is RareScope.LOCAL_CONCEPTS:
        return "allowed.local_concepts"
    return f"allowed.{quoted(f'{table}__{column}')}"


def _rows(plan: Plan, table: str, layout: Layout) -> str:
    """``FROM`` and ``WHERE`` of the rows that leave."""
    if layout.kind in {RowKind.PERSON, RowKind.EVENT}:
        return rows_that_stay(table, plan.window)
    source = f"vault.{quoted(table)} v"
    if layout.kind is RowKind.DESCRIPTION:
        return source
    if layout.kind is RowKind.VOCABULARY:
        return f"{source} WHERE {local_filter(table, list(plan.policy.tables[table]))}"
    key = "v.rowid" if layout.kind is RowKind.CHILD else f"v.{quoted(layout.key[0])}"
    return f"{source} WHERE {key} IN (SELECT id FROM stays.{quoted(table)})"


def _order(table: str, layout: Layout) -> tuple[str, ...]:
    if layout.kind is RowKind.EVENT and layout.key != ("person_id",):
        return ("person_id", *layout.key)
    return layout.key
