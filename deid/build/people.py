"""Decides, for every person, the date offset, the generalised quasi-identifiers, and who stays.

The result is the table ``people`` of the working database, one row a person:
``person_id, shift_days, kept``, one column for each quasi-identifier, and ``first_year`` and
``last_year`` of the band of birth.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa

from deid.build.offsets import Offsets
from deid.errors import GateRefused
from deid.policy.model import Policy, Treatment
from deid.structured.classes import (
    NONE,
    Generalised,
    YearRange,
    bands_of_years,
    generalise_to_average,
    middles_of_bands,
    years_of_bands,
)
from deid.structured.dates import (
    DataWindow,
    Month,
    data_window,
    oldest_year,
    records_kept,
    shift_days,
)
from deid.structured.expressions import quoted, zip3
from deid.structured.layout import LAYOUTS, RowKind

REGION_COLUMNS = ("state", "county", "zip")


@dataclass(frozen=True)
class People:
    """What was decided over all people."""

    window: DataWindow
    count: int
    suppressed: int
    steps: tuple[tuple[str, int], ...]


def decide_people(
    working: duckdb.DuckDBPyConnection,
    policy: Policy,
    date_key: bytes,
    known: Offsets | None = None,
) -> People:
    """Make the tables ``people``, ``regions`` and ``allowed.location__state``, ``county``, ``zip``.

    ``known`` are offsets that people have already, by an earlier release of the same line.

    Raises:
        GateRefused: if there are no people, no dated records, or too short a span of dates.
    """
    window = _window(working, policy, known.window.max_weeks if known else None)
    merge_regions(working, policy)
    rows = working.sql(
        "SELECT v.person_id, v.year_of_birth, v.month_of_birth, v.day_of_birth, i.household_id, "
        "v.gender_concept_id, v.race_concept_id, v.ethnicity_concept_id, "
        f"coalesce(v.location_id, {NONE}) AS location_id "
        "FROM vault.person v LEFT JOIN identity.person_identity i USING (person_id) "
        "ORDER BY v.person_id"
    ).to_arrow_table()
    if rows.num_rows == 0:
        raise GateRefused("the vault holds no person; there is nothing to release")
    ids = rows["person_id"].to_numpy()
    days = _offsets(rows, date_key, window.max_weeks, known)
    oldest = oldest_year(window.end, policy.pool_ages_over)
    shown = YearRange(oldest, window.end.year)
    years = np.clip(_shifted_years(rows, days), oldest, window.end.year)
    columns = {
        name: rows[name].to_numpy()
        for name in policy.risk.quasi_identifiers
        if name != "year_of_birth"
    }
    if "year_of_birth" in policy.risk.quasi_identifiers:
        columns["year_of_birth"] = bands_of_years(years, policy.risk.birth_year_band, shown)
    result = generalise_to_average(
        columns,
        policy.risk.steps,
        policy.risk.k,
        shown,
        policy.risk.thresholds.get("prosecutor_average", 1.0),
    )
    # A year that is no quasi-identifier is shown as it is: a band of one.
    bands = result.columns.get("year_of_birth", bands_of_years(years, 1, shown))
    _store(working, ids, days, bands, rows, result)
    return People(window, len(ids), int((~result.kept).sum()), result.steps)


def merge_regions(working: duckdb.DuckDBPyConnection, policy: Policy) -> None:
    """Let everybody of one region share one row of ``location``.

    A location row of one's own would be as good as an address. Rows that show the same after
    treatment become one; people whose region shows nothing have none.
    """
    working.execute("CREATE SCHEMA allowed")
    for table in ("person", "care_site"):
        working.execute(f"ALTER TABLE vault.{table} ADD COLUMN IF NOT EXISTS location_id BIGINT")
    shown_columns: list[str] = []
    for column in REGION_COLUMNS:
        value = _region_value(policy, column)
        working.execute(f"CREATE TABLE allowed.location__{column} (value VARCHAR)")
        if value is None:
            shown_columns.append(f"NULL::VARCHAR AS {column}")
            continue
        working.execute(
            f"INSERT INTO allowed.location__{column} SELECT {value} AS value FROM vault.location l "
            "JOIN vault.person p USING (location_id) WHERE value IS NOT NULL "
            "GROUP BY 1 HAVING count(DISTINCT p.person_id) >= $1 ORDER BY 1",
            [policy.risk.k],
        )
        allowed = f"(SELECT value FROM allowed.location__{column})"
        shown_columns.append(f"CASE WHEN {value} IN {allowed} THEN {value} END AS {column}")
    region = ", ".join(REGION_COLUMNS)
    working.execute(
        f"CREATE TABLE regions AS SELECT location_id, CASE WHEN coalesce({region}) IS NOT NULL "
        f"THEN min(location_id) OVER (PARTITION BY {region}, country_concept_id) END AS region_id "
        f"FROM (SELECT l.location_id, l.country_concept_id, {', '.join(shown_columns)} "
        "FROM vault.location l)"
    )
    for table in ("person", "care_site"):
        working.execute(
            f"UPDATE vault.{table} SET location_id = (SELECT r.region_id FROM regions r "
            f"WHERE r.location_id = vault.{table}.location_id)"
        )


def _region_value(policy: Policy, column: str) -> str | None:
    """What a region column shows of a row ``l`` of ``location`` if enough people share it."""
    rule = policy.tables["location"][column]
    if rule.treatment is Treatment.SUPPRESS_RARE:
        return f"l.{column}"
    if rule.hierarchy == "zip3-or-000":
        return zip3(f"l.{column}", policy.places.zip3_over_20000)
    return None


def _window(working: duckdb.DuckDBPyConnection, policy: Policy, weeks: int | None) -> DataWindow:
    parts = [
        f"SELECT {quoted(layout.start)} AS day FROM vault.{quoted(table)}"
        for table, layout in LAYOUTS.items()
        if layout.kind is RowKind.EVENT and layout.start and table in policy.tables
    ]
    months = [
        Month(first, last, rows)
        for first, last, rows in working.execute(
            f"SELECT min(day), max(day), count(*) FROM ({' UNION ALL '.join(parts)}) "
            "WHERE day IS NOT NULL GROUP BY year(day), month(day) ORDER BY 1"
        ).fetchall()
    ]
    if not months:
        raise GateRefused("the vault holds no dated record; there is nothing to release")
    return data_window(records_kept(months), policy.dates, policy.pool_ages_over, weeks)


def _offsets(rows: pa.Table, key: bytes, max_weeks: int, known: Offsets | None) -> np.ndarray:
    """One offset a household, or a person's own where no household is known; 0 without a shift.

    Whoever has one already keeps it: who moved to another household, too.
    """
    if max_weeks == 0:
        return np.zeros(rows.num_rows, dtype=np.int64)
    alone = shift_days(key, "person", rows["person_id"].to_numpy(), max_weeks)
    household = rows["household_id"].combine_chunks()
    together = shift_days(key, "household", household.fill_null(0).to_numpy(), max_weeks)
    days = np.where(np.asarray(household.is_null()), alone, together)
    if known is not None:
        ids = rows["person_id"].to_numpy()
        before = known.knows(ids)
        days[before] = known.of(ids[before])
    return days


def _shifted_years(rows: pa.Table, days: np.ndarray) -> np.ndarray:
    """Year of the shifted day of birth; an unknown month or day counts as the middle."""
    year = rows["year_of_birth"].to_numpy()
    month = rows["month_of_birth"].combine_chunks().fill_null(7).to_numpy()
    day = np.minimum(rows["day_of_birth"].combine_chunks().fill_null(1).to_numpy(), 28)
    months = (year - 1970) * 12 + np.clip(month, 1, 12) - 1
    born = months.astype("datetime64[M]").astype("datetime64[D]") + (day - 1) + days
    return born.astype("datetime64[Y]").astype(np.int64) + 1970


def _store(
    working: duckdb.DuckDBPyConnection,
    ids: np.ndarray,
    days: np.ndarray,
    bands: np.ndarray,
    rows: pa.Table,
    result: Generalised,
) -> None:
    columns: dict[str, object] = {"person_id": ids, "shift_days": days, "kept": result.kept}
    for name in ("gender_concept_id", "race_concept_id", "ethnicity_concept_id", "location_id"):
        columns[name] = result.columns.get(name, rows[name].to_numpy())
    columns["year_of_birth"] = middles_of_bands(bands)
    columns["first_year"], columns["last_year"] = years_of_bands(bands)
    working.register("incoming", pa.table(columns))
    working.execute(
        "CREATE TABLE people AS SELECT * REPLACE "
        f"(CASE WHEN location_id <> {NONE} THEN location_id END AS location_id) FROM incoming"
    )
    working.unregister("incoming")
