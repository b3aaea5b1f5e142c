"""Who is missing or blurred in a release: suppression is not neutral, so it is told by group.

Counts are of people, so small ones are hidden by the rule of the release itself: a count from 1 to
k - 1 is None, and so is the smallest other one if a single hidden count would follow from the sum.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from deid.structured.expressions import quoted
from deid.structured.queries import one_row

_ALIKE = ("gender_concept_id", "race_concept_id", "ethnicity_concept_id", "location_id")


@dataclass(frozen=True)
class Group:
    """People of one group: in the vault, left out, and blurred (a quasi-identifier generalised
    beyond what everybody's is). None stands for fewer than k people."""

    by: str
    group: str
    in_vault: int
    left_out: int | None
    blurred: int | None


@dataclass(frozen=True)
class Suppression:
    """``losses`` is the normalised certainty penalty of each quasi-identifier, 0 (as it was) to 1
    (nothing left); a person who was left out counts 1."""

    groups: tuple[Group, ...]
    losses: dict[str, float]


def suppression(
    working: duckdb.DuckDBPyConnection, quasi_identifiers: Sequence[str], band: int, k: int
) -> Suppression:
    """Compare ``people`` with the vault; ``band`` is the band of birth years that all have."""
    named = [name for name in _ALIKE if name in quasi_identifiers]
    changes = [f"coalesce(p.{name}, -1) <> coalesce(v.{name}, -1)" for name in named]
    if "year_of_birth" in quasi_identifiers:
        changes.append(f"p.last_year - p.first_year >= {int(band)}")
    areas = [name for name in ("state", "county") if _is_read(working, name)]
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
        "CREATE OR REPLACE TEMP TABLE shown AS SELECT p.kept, "
        f"p.kept AND ({' OR '.join(changes) or 'false'}) AS blurred, "
        "coalesce(c.concept_name, 'not known') AS sex, "
        "(least(greatest((SELECT max(last_year) FROM people) - v.year_of_birth, 0), 90) // 10 * 10)"
        "::INTEGER AS age, coalesce(r.area, 'no area shown') AS area, "
        f"{', '.join(f'({change})::INTEGER AS c{i}' for i, change in enumerate(changes))}, "
        "p.last_year - p.first_year AS width FROM people p JOIN vault.person v USING (person_id) "
        "LEFT JOIN vault.concept c ON c.concept_id = v.gender_concept_id LEFT JOIN "
        f"({area}) r ON r.location_id = v.location_id"
    )
    groups: list[Group] = []
    for by, label in (
        ("sex", "sex"),
        ("age", "CASE WHEN age >= 90 THEN '90+' ELSE age || ' to ' || age + 9 END"),
        *((("area", "area"),) if areas else ()),
    ):
        rows = working.execute(
            f"SELECT {label}, count(*), count(*) FILTER (NOT kept), count(*) FILTER (blurred) "
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


def _is_read(working: duckdb.DuckDBPyConnection, column: str) -> bool:
    """Whether the policy lets a column of places be read; one that is dropped is not."""
    (there,) = one_row(
        working,
        "SELECT count(*) FROM duckdb_columns() WHERE schema_name = 'vault' AND "
        "table_name = 'location' AND column_name = $1",
        [column],
    )
    return bool(there)


def _loss(working: duckdb.DuckDBPyConnection, cost: str) -> float:
    (value,) = one_row(working, f"SELECT avg(CASE WHEN kept THEN {cost} ELSE 1 END) FROM shown")
    return round(float(value), 6)


def _told(by: str, rows: list[tuple[str, int, int, int]], k: int) -> list[Group]:
    """The rows of one way to group, small groups together and small counts hidden."""
    shown = [row for row in rows if row[1] >= k]
    others = [row for row in rows if row[1] < k]
    if sum(row[1] for row in others) >= k:
        sums = [sum(column) for column in zip(*(row[1:] for row in others), strict=True)]
        shown.append(("all others", sums[0], sums[1], sums[2]))
    left_out = hidden([row[2] for row in shown], k)
    blurred = hidden([row[3] for row in shown], k)
    return [
        Group(by, name, people, out, blur)
        for (name, people, _, _), out, blur in zip(shown, left_out, blurred, strict=True)
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
