"""Who is missing or blurred in a release: suppression is not neutral, so it is told by group.

Counts are of people, so small ones are hidden by the rule of the release itself: a count from 1 to
k - 1 is None, and so is the smallest other one if a single hidden count would follow from the sum.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from deid.policy.model import Policy, Treatment
from deid.risk.events import EVENT_TABLES, has_table, parquet
from deid.structured.expressions import quoted
from deid.structured.layout import LAYOUTS, RowKind
from deid.structured.queries import one_row

_ALIKE = ("gender_concept_id", "race_concept_id", "ethnicity_concept_id", "location_id")


@dataclass(frozen=True)
class Group:
    """People of one group: in the vault, left out, and blurred (a quasi-identifier generalised
    beyond what everybody's is). None stands for fewer than k people.

    ``events_lost`` is the share of the group's conditions, drugs, procedures and visits that do not
    leave or have no concept any more; None without any.
    """

    by: str
    group: str
    in_vault: int
    left_out: int | None
    blurred: int | None
    events_lost: float | None


@dataclass(frozen=True)
class Suppression:
    """``losses`` is the normalised certainty penalty of each quasi-identifier, 0 (as it was) to 1
    (nothing left); a person who was left out counts 1."""

    groups: tuple[Group, ...]
    losses: dict[str, float]


@dataclass(frozen=True)
class TakenOut:
    """Rows of a column that had a value in the vault, and how many of them leave without it."""

    column: str
    rows: int
    taken_out: int


def suppression(
    working: duckdb.DuckDBPyConnection,
    staging: Path,
    quasi_identifiers: Sequence[str],
    band: int,
    k: int,
) -> Suppression:
    """Compare people and events of the release in ``staging`` with the vault.

    ``band`` is the width of the bands of birth years that all have.
    """
    named = [name for name in _ALIKE if name in quasi_identifiers]
    changes = [f"coalesce(p.{name}, -1) <> coalesce(v.{name}, -1)" for name in named]
    if "year_of_birth" in quasi_identifiers:
        changes.append(f"p.last_year - p.first_year >= {int(band)}")
    areas = [name for name in ("state", "county") if _is_shown(working, name)]
    parts = ", ".join(f"a_{name}.value" for name in areas)
    joins = " ".join(
        f"LEFT JOIN allowed.location__{name} a_{name} ON a_{name}.value = x.{name}"
        for name in areas
    )
    area = (
        f"SELECT x.location_id, nullif(concat_ws(', ', {parts}), '') AS area "
        f"FROM vault.location x {joins}"
        if areas
        else "SELECT NULL::BIGINT AS location_id, NULL::VARCHAR AS area"
    )
    working.execute(
        "CREATE OR REPLACE TEMP TABLE shown AS SELECT coalesce(e.before, 0) AS before, "
        "coalesce(e.after, 0) AS after, p.kept, "
        f"p.kept AND ({' OR '.join(changes) or 'false'}) AS blurred, "
        "coalesce(c.concept_name, 'not known') AS sex, "
        "(least(greatest((SELECT max(last_year) FROM people) - v.year_of_birth, 0), 90) // 10 * 10)"
        "::INTEGER AS age, coalesce(r.area, 'no area shown') AS area, "
        f"{', '.join(f'({change})::INTEGER AS c{i}' for i, change in enumerate(changes))}, "
        "p.last_year - p.first_year AS width FROM people p JOIN vault.person v USING (person_id) "
        "LEFT JOIN vault.concept c ON c.concept_id = v.gender_concept_id LEFT JOIN "
        f"({area}) r ON r.location_id = v.location_id "
        f"LEFT JOIN ({_events(working, staging)}) e ON e.person_id = p.person_id"
    )
    groups: list[Group] = []
    for by, label in (
        ("sex", "sex"),
        ("age", "CASE WHEN age >= 90 THEN '90+' ELSE age || ' to ' || age + 9 END"),
        *((("area", "area"),) if areas else ()),
    ):
        rows = working.execute(
            f"SELECT {label}, count(*), count(*) FILTER (NOT kept), count(*) FILTER (blurred), "
            "sum(before)::BIGINT, sum(after)::BIGINT "
            f"FROM shown GROUP BY {quoted(by)}, 1 ORDER BY {quoted(by)}"
        ).fetchall()
        groups += _told(by, [tuple(row) for row in rows], k)
    losses = {name: _loss(working, f"c{i}") for i, name in enumerate([*named])}
    if "year_of_birth" in quasi_identifiers:
        losses["year_of_birth"] = _loss(
            working,
            "width / greatest((SELECT max(last_year) - min(first_year) FROM people), 1)",
        )
    working.execute("DROP TABLE shown")
    return Suppression(tuple(groups), losses)


def taken_out(
    working: duckdb.DuckDBPyConnection, staging: Path, policy: Policy
) -> tuple[TakenOut, ...]:
    """What ``suppress-rare`` took out of rows that stay, for columns that lost anything."""
    of_table: dict[str, list[str]] = {}
    for table, column in policy.columns_with(Treatment.SUPPRESS_RARE):
        if LAYOUTS[table].kind is RowKind.EVENT and has_table(staging, table):
            of_table.setdefault(table, []).append(column)
    found: list[TakenOut] = []
    for table, columns in of_table.items():
        counts = ", ".join(f"count(*) FILTER ({_holds_a_value(column)})" for column in columns)
        before = one_row(working, f"SELECT {counts} FROM staying.{quoted(table)}")
        after = one_row(working, f"SELECT {counts} FROM {parquet(staging, table)}")
        found += [
            TakenOut(f"{table}.{column}", int(had), int(had - has))
            for column, had, has in zip(columns, before, after, strict=True)
            if had > has
        ]
    return tuple(found)


def _holds_a_value(column: str) -> str:
    concept = f" AND {quoted(column)} <> 0" if column.endswith("concept_id") else ""
    return f"{quoted(column)} IS NOT NULL{concept}"


def _events(working: duckdb.DuckDBPyConnection, staging: Path) -> str:
    """Query for each person's events with a concept, in the vault and in the release."""
    parts = ["SELECT 0::BIGINT AS person_id, 0 AS before, 0 AS after WHERE false"]
    for table, (concept, _) in EVENT_TABLES.items():
        (taken,) = one_row(
            working,
            "SELECT count(*) FROM duckdb_tables() WHERE schema_name = 'vault' AND table_name = $1",
            [table],
        )
        if taken:
            parts.append(f"SELECT person_id, 1, 0 FROM vault.{table} WHERE {concept} <> 0")
        if has_table(staging, table):
            parts.append(
                f"SELECT person_id, 0, 1 FROM {parquet(staging, table)} WHERE {concept} <> 0"
            )
    return (
        "SELECT person_id, sum(before) AS before, sum(after) AS after FROM "
        f"({' UNION ALL '.join(parts)}) GROUP BY 1"
    )


def _is_shown(working: duckdb.DuckDBPyConnection, column: str) -> bool:
    """Whether a release by this policy tells any value of a column of places."""
    (shown,) = one_row(working, f"SELECT count(*) FROM allowed.location__{column}")
    return bool(shown)


def _loss(working: duckdb.DuckDBPyConnection, cost: str) -> float:
    (value,) = one_row(working, f"SELECT avg(CASE WHEN kept THEN {cost} ELSE 1 END) FROM shown")
    return round(float(value), 6)


def _told(by: str, rows: list[tuple[Any, ...]], k: int) -> list[Group]:
    """The rows of one way to group, small groups together and small counts hidden."""
    shown = [row for row in rows if row[1] >= k]
    others = [row for row in rows if row[1] < k]
    if sum(row[1] for row in others) >= k:
        sums = [sum(column) for column in zip(*(row[1:] for row in others), strict=True)]
        shown.append(("all others", *sums))
    left_out = hidden([row[2] for row in shown], k)
    blurred = hidden([row[3] for row in shown], k)
    return [
        Group(by, name, people, out, blur, round(1 - after / before, 6) if before else None)
        for (name, people, _, _, before, after), out, blur in zip(
            shown, left_out, blurred, strict=True
        )
    ]


def hidden(counts: Sequence[int], k: int) -> list[int | None]:
    """Counts with the small ones hidden, and one more where a single one would follow from the
    sum; a sum that is itself small is not broken down at all."""
    if 0 < sum(counts) < k:
        return [None] * len(counts)
    told: list[int | None] = [None if 0 < count < k else count for count in counts]
    if sum(count is None for count in told) == 1:
        visible = [(count, i) for i, count in enumerate(told) if count]
        if visible:
            told[min(visible)[1]] = None
    return told
