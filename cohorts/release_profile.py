"""Who is in a release and what is recorded of them, as it may be shown to everybody.

The tables are fixed: nobody chooses what is counted, so that nothing is found out by asking again.
People by age and sex are one two-way table. Sets that overlap, as those of years and of diagnoses
do, are shown in wide steps, and stand in the order of what is shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import duckdb

from cohorts.cdm import DataSource, prepare_cdm
from cohorts.characterisation.index import AGE_BANDS, AGE_LABELS, UNKNOWN
from cohorts.compile import CDM_SCHEMA
from cohorts.disclosure import DisclosureRule, SafeCount, coarse_count
from cohorts.engines.duckdb import watched
from cohorts.linked_tables import safe_crosstab

PROFILE_SECONDS: Final = 60.0
TOP: Final = 15
SEXES: Final = ("female", "male", UNKNOWN)


@dataclass(frozen=True)
class ReleaseProfile:
    """``ages`` has women and men by age at the end of each record; the rest is in wide steps."""

    people: SafeCount
    ages: tuple[tuple[str, SafeCount, SafeCount], ...]
    years: tuple[tuple[int, SafeCount], ...]
    conditions: tuple[tuple[str, SafeCount], ...]
    drugs: tuple[tuple[str, SafeCount], ...]


def release_profile(source: DataSource, rule: DisclosureRule) -> ReleaseProfile:
    """The profile of a release.

    Raises:
        EngineError: if counting takes longer than a minute.
    """
    with source.connect() as connection, watched(connection, PROFILE_SECONDS):
        prepare_cdm(connection)
        labels, cells = _ages(connection)
        table = safe_crosstab(cells, rule)
        return ReleaseProfile(
            table.total,
            tuple((label, row[0], row[1])
                  for label, row in zip(labels, table.cells, strict=True)),
            _years(connection, rule),
            _top(connection, rule, "condition_occurrence", "condition"),
            _top(connection, rule, "drug_exposure", "drug"),
        )  # fmt: skip


def _ages(connection: duckdb.DuckDBPyConnection) -> tuple[list[str], list[list[int]]]:
    bands = " ".join(
        f"WHEN age >= {low} AND age < {high} THEN '{label}'"
        for (low, high), label in zip(AGE_BANDS, AGE_LABELS, strict=True)
    )
    rows = connection.execute(
        f"""
        WITH last AS (
            SELECT person_id, max(year(observation_period_end_date)) AS year
            FROM {CDM_SCHEMA}.observation_period GROUP BY person_id
        ), aged AS (
            SELECT greatest(year - year_of_birth, 0) AS age,
                   CASE gender_concept_id WHEN 8532 THEN 'female' WHEN 8507 THEN 'male'
                        ELSE '{UNKNOWN}' END AS sex
            FROM {CDM_SCHEMA}.person LEFT JOIN last USING (person_id)
        )
        SELECT CASE {bands} ELSE '{UNKNOWN}' END AS band, sex, count(*) FROM aged GROUP BY ALL
        """
    ).fetchall()
    found: Mapping[tuple[str, str], int] = {(band, sex): people for band, sex, people in rows}
    labels = [*AGE_LABELS, *[UNKNOWN] * any(band == UNKNOWN for band, _ in found)]
    sexes = SEXES if any(sex == UNKNOWN for _, sex in found) else SEXES[:2]
    return labels, [[found.get((label, sex), 0) for sex in sexes] for label in labels]


def _years(
    connection: duckdb.DuckDBPyConnection, rule: DisclosureRule
) -> tuple[tuple[int, SafeCount], ...]:
    rows = connection.execute(
        f"""
        SELECT y.year, count(DISTINCT person_id)
        FROM {CDM_SCHEMA}.observation_period
        JOIN (SELECT unnest(range(
                (SELECT min(year(observation_period_start_date))
                 FROM {CDM_SCHEMA}.observation_period),
                (SELECT max(year(observation_period_end_date)) + 1
                 FROM {CDM_SCHEMA}.observation_period))) AS year) y
          ON y.year BETWEEN year(observation_period_start_date)
                        AND year(observation_period_end_date)
        GROUP BY 1 ORDER BY 1
        """
    ).fetchall()
    return tuple((year, coarse_count(people, rule)) for year, people in rows)


def _top(
    connection: duckdb.DuckDBPyConnection, rule: DisclosureRule, table: str, kind: str
) -> tuple[tuple[str, SafeCount], ...]:
    rows = connection.execute(
        f"""
        SELECT any_value(c.concept_name), count(DISTINCT t.person_id)
        FROM {CDM_SCHEMA}.{table} t
        JOIN {CDM_SCHEMA}.concept c ON c.concept_id = t.{kind}_concept_id
        WHERE t.{kind}_concept_id <> 0 AND c.concept_name IS NOT NULL
        GROUP BY t.{kind}_concept_id
        """
    ).fetchall()
    shown = [(name, coarse_count(people, rule)) for name, people in rows]
    told = [(name, count) for name, count in shown if count.shown is not None]
    return tuple(sorted(told, key=lambda one: (-(one[1].shown or 0), one[0]))[:TOP])
