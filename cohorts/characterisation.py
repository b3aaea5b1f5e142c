"""Table 1 of a cohort, computed in the source and shown only through disclosure control."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from cohorts.cdm import DataSource, prepare_cdm
from cohorts.compile import CDM_SCHEMA
from cohorts.disclosure import (
    DEFAULT_RULE,
    DisclosureRule,
    SafeCount,
    safe_count,
    safe_table,
)
from cohorts.engines.duckdb import watched
from cohorts.errors import CohortError
from cohorts.result import CohortResult

CHARACTERISE_SECONDS: Final = 60.0
BASELINE_DAYS: Final = 365
SIGNIFICANT_DIGITS: Final = 3
AGE_BANDS: Final = ((0, 18), (18, 40), (40, 65), (65, 80), (80, 200))
_TOP_SECTIONS: Final = (
    ("Conditions", "condition_occurrence", "condition_concept_id", "condition_start_date"),
    ("Drugs", "drug_exposure", "drug_concept_id", "drug_exposure_start_date"),
    ("Visits", "visit_occurrence", "visit_concept_id", "visit_start_date"),
)


@dataclass(frozen=True)
class Row:
    """People with one characteristic. ``percent`` is worked out from shown numbers."""

    label: str
    people: SafeCount
    percent: str
    concept_id: int | None = None


@dataclass(frozen=True)
class Section:
    """Rows under one heading."""

    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class MeasurementRow:
    """The last value of a measurement in the baseline, one a person; 3 significant digits."""

    label: str
    unit: str
    people: SafeCount
    mean: float
    sd: float
    concept_id: int


@dataclass(frozen=True)
class Characterisation:
    """Table 1. The baseline is the ``baseline_days`` up to and including the index date.

    The index date is a person's first cohort start. Lists of conditions, drugs, visits and
    measurements leave out what fewer than the minimum cell have; they are ordered by shown counts.
    """

    people: SafeCount
    baseline_days: int
    age_mean: float | None
    age_sd: float | None
    follow_up_days_mean: float | None
    sections: tuple[Section, ...]
    measurements: tuple[MeasurementRow, ...]


def characterise(
    source: DataSource,
    result: CohortResult,
    *,
    baseline_days: int = BASELINE_DAYS,
    top: int = 10,
    rule: DisclosureRule = DEFAULT_RULE,
) -> Characterisation:
    """Describe the people of ``result`` at their index date.

    A cohort of fewer people than the minimum cell gets no description at all.

    Raises:
        CohortError: if ``result`` was run over another source.
        EngineError: if the query fails or takes longer than its limit.
    """
    if result.source != source.name:
        raise CohortError(f"the cohort was not run over {source.name}")
    people = safe_count(result.persons, rule)
    if people.shown is None:
        return Characterisation(people, baseline_days, None, None, None, (), ())
    with source.connect() as connection, watched(connection, CHARACTERISE_SECONDS):
        prepare_cdm(connection)
        _load_cohort(connection, result)
        sections = [_ages(connection, rule), _sexes(connection, rule)]
        for title, table, column, date in _TOP_SECTIONS:
            query = _baseline(table, column, date, baseline_days)
            sections.append(_top(connection, title, query, people, top, rule))
        ages = _summary(connection, "SELECT age AS value FROM cc_index", rule)
        followed = _summary(connection, "SELECT follow_up AS value FROM cc_index", rule)
        measurements = _measurements(connection, baseline_days, top, rule)
    return Characterisation(
        people=people,
        baseline_days=baseline_days,
        age_mean=ages[0] if ages else None,
        age_sd=ages[1] if ages else None,
        follow_up_days_mean=followed[0] if followed else None,
        sections=tuple(sections),
        measurements=measurements,
    )


def _load_cohort(connection: duckdb.DuckDBPyConnection, result: CohortResult) -> None:
    rows = pa.table(
        {
            "person_id": result.rows["subject_id"],
            "start": result.rows["cohort_start_date"],
            "until": result.rows["cohort_end_date"],
        }
    )
    assert pc.all(pc.is_valid(rows["person_id"])).as_py()
    connection.register("cc_rows", rows)
    connection.execute(
        f"""
        CREATE TEMP TABLE cc_index AS
        SELECT person_id, index_date, follow_up, gender_concept_id,
               year(index_date) - year_of_birth AS age
        FROM (SELECT person_id, min(start) AS index_date, max(until) - min(start) AS follow_up
              FROM cc_rows GROUP BY person_id)
        JOIN {CDM_SCHEMA}.person USING (person_id)
        """
    )


def _ages(connection: duckdb.DuckDBPyConnection, rule: DisclosureRule) -> Section:
    labels = [f"{low}-{high - 1}" for low, high in AGE_BANDS[:-1]] + [f"{AGE_BANDS[-1][0]}+"]
    counts = [
        _one(connection, f"SELECT count(*) FROM cc_index WHERE age >= {low} AND age < {high}")
        for low, high in AGE_BANDS
    ]
    unknown = _one(connection, "SELECT count(*) FROM cc_index WHERE age IS NULL OR age < 0")
    return _divided("Age at index, years", [*labels, "unknown"], [*counts, unknown], rule)


def _sexes(connection: duckdb.DuckDBPyConnection, rule: DisclosureRule) -> Section:
    counts = connection.execute(
        """
        SELECT count(*) FILTER (gender_concept_id = 8532),
               count(*) FILTER (gender_concept_id = 8507),
               count(*) FILTER (coalesce(gender_concept_id, 0) NOT IN (8507, 8532))
        FROM cc_index
        """
    ).fetchone()
    assert counts is not None
    return _divided("Sex", ["female", "male", "other or unknown"], list(counts), rule)


def _divided(title: str, labels: list[str], counts: list[int], rule: DisclosureRule) -> Section:
    """A section whose rows add up to the cohort; rows of nobody at the end are left out."""
    safe = safe_table(counts, rule)
    rows = tuple(
        Row(label, cell, cell.percent_of(safe.total))
        for label, cell in zip(labels, safe.cells, strict=True)
    )
    return Section(title, rows)


def _baseline(table: str, column: str, date: str, days: int) -> str:
    return (
        f"SELECT i.person_id, r.{column} AS concept_id, r.* "
        f"FROM cc_index i JOIN {CDM_SCHEMA}.{table} r ON r.person_id = i.person_id "
        f"AND r.{date} BETWEEN i.index_date - {int(days)} AND i.index_date"
    )


def _top(
    connection: duckdb.DuckDBPyConnection,
    title: str,
    query: str,
    people: SafeCount,
    top: int,
    rule: DisclosureRule,
) -> Section:
    found = connection.execute(
        f"""
        SELECT b.concept_id, coalesce(any_value(c.concept_name), 'concept ' || b.concept_id),
               count(DISTINCT b.person_id) AS people
        FROM ({query}) b LEFT JOIN {CDM_SCHEMA}.concept c ON c.concept_id = b.concept_id
        WHERE b.concept_id <> 0
        GROUP BY b.concept_id HAVING people >= {rule.minimum_cell}
        """
    ).fetchall()
    rows = [
        Row(name, count, count.percent_of(people), concept_id)
        for concept_id, name, number in found
        if (count := safe_count(number, rule)).shown is not None
    ]
    rows.sort(key=lambda row: (-(row.people.shown or 0), row.label))
    return Section(f"{title} in the baseline", tuple(rows[:top]))


def _measurements(
    connection: duckdb.DuckDBPyConnection, days: int, top: int, rule: DisclosureRule
) -> tuple[MeasurementRow, ...]:
    query = _baseline("measurement", "measurement_concept_id", "measurement_date", days)
    found = connection.execute(
        f"""
        WITH last AS (
            SELECT person_id, concept_id, coalesce(unit_concept_id, 0) AS unit_id,
                   arg_max(value_as_number, (measurement_date, measurement_id)) AS value
            FROM ({query}) WHERE value_as_number IS NOT NULL AND concept_id <> 0
            GROUP BY ALL
        )
        SELECT concept_id, coalesce(any_value(c.concept_name), 'concept ' || last.concept_id),
               coalesce(any_value(u.concept_name), ''), count(*) AS people,
               avg(value), stddev_samp(value)
        FROM last
        LEFT JOIN {CDM_SCHEMA}.concept c USING (concept_id)
        LEFT JOIN {CDM_SCHEMA}.concept u ON u.concept_id = unit_id AND unit_id <> 0
        GROUP BY concept_id, unit_id HAVING people >= {rule.minimum_cell}
        """
    ).fetchall()
    rows = [
        MeasurementRow(
            label, unit, safe_count(number, rule), _significant(mean), _significant(sd), concept_id
        )
        for concept_id, label, unit, number, mean, sd in found
    ]
    rows.sort(key=lambda row: (-(row.people.shown or 0), row.label, row.unit))
    return tuple(rows[:top])


def _summary(
    connection: duckdb.DuckDBPyConnection, query: str, rule: DisclosureRule
) -> tuple[float, float] | None:
    """Mean and standard deviation, if enough people have a value."""
    row = connection.execute(f"SELECT count(value), avg(value), stddev_samp(value) FROM ({query})")
    found = row.fetchone()
    assert found is not None
    if found[0] < rule.minimum_cell:
        return None
    return _significant(found[1]), _significant(found[2])


def _significant(value: float) -> float:
    if not value or not math.isfinite(value):
        return 0.0
    return round(value, SIGNIFICANT_DIGITS - 1 - math.floor(math.log10(abs(value))))


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    row = connection.execute(query).fetchone()
    assert row is not None
    return int(row[0])
