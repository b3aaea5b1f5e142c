"""The people of a cohort at their index date, loaded into a connection for every analysis.

The index date is a person's first cohort start; the person's time in the cohort is that of the
first period. Age is the year of the index date less the released year of birth, and not below 0:
a released year may be the middle of a band.

Rows of a table are the ages, sexes and areas that the whole source has, whoever is in the cohort: a
row that came and went with the cohort would tell whether somebody is there. Who has no released
value, most often because de-identification suppressed it, is counted as unknown.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import duckdb
import numpy as np
import pyarrow as pa

from cohorts.cdm import DataSource, prepare_cdm
from cohorts.characterisation.answer import Ids
from cohorts.characterisation.bands import merged
from cohorts.compile import CDM_SCHEMA
from cohorts.disclosure import DisclosureRule
from cohorts.engines.duckdb import watched
from cohorts.errors import CohortError
from cohorts.result import CohortResult

CHARACTERISE_SECONDS: Final = 60.0
AGE_BANDS: Final = ((0, 18), (18, 40), (40, 65), (65, 80), (80, 200))
AGE_LABELS: Final = tuple(
    f"{low}-{high - 1}" if high < 200 else f"{low}+" for low, high in AGE_BANDS
)
UNKNOWN: Final = "unknown"
SEXES: Final = {8532: "female", 8507: "male"}
OTHER_SEX: Final = "other"
NO_SEX: Final = (0, 8551)  # no matching concept, which is also what suppression leaves; UNKNOWN
AREA_SQL: Final = (
    f"coalesce(nullif(l.county, ''), nullif(l.city, ''), nullif(l.state, ''), '{UNKNOWN}')"
)


@contextmanager
def characterising(
    source: DataSource,
    *results: CohortResult,
    limit_seconds: float = CHARACTERISE_SECONDS,
    cancel: threading.Event | None = None,
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with the CDM's views and ``cc_index``, the people of the first cohort.

    Raises:
        CohortError: if a cohort was run over another source.
        EngineError: if a query inside fails, takes longer than the limit or is cancelled.
    """
    if any(result.source != source.name for result in results):
        raise CohortError(f"the cohort was not run over {source.name}")
    with source.connect() as connection, watched(connection, limit_seconds, cancel):
        prepare_cdm(connection)
        _load(connection, results[0])
        yield connection


def _load(connection: duckdb.DuckDBPyConnection, result: CohortResult) -> None:
    connection.register("cc_rows", periods_of(result))
    bands = " ".join(
        f"WHEN age >= {low} AND age < {high} THEN '{label}'"
        for (low, high), label in zip(AGE_BANDS, AGE_LABELS, strict=True)
    )
    sexes = " ".join(
        f"WHEN gender_concept_id = {concept} THEN '{sex}'" for concept, sex in SEXES.items()
    )
    connection.execute(
        f"""
        CREATE TEMP TABLE cc_index AS
        WITH first AS (
            SELECT person_id, min("start") AS index_date, arg_min("until", "start") AS cohort_end
            FROM cc_rows GROUP BY person_id
        ), observed AS (
            SELECT person_id, max(observation_period_end_date) AS observed_until
            FROM first JOIN {CDM_SCHEMA}.observation_period USING (person_id)
            WHERE index_date BETWEEN observation_period_start_date AND observation_period_end_date
            GROUP BY person_id
        ), described AS (
            SELECT person_id, index_date, cohort_end,
                   greatest(coalesce(observed_until, cohort_end), index_date) AS observed_until,
                   CASE {sexes} WHEN coalesce(gender_concept_id, 0) IN {NO_SEX}
                        THEN '{UNKNOWN}' ELSE '{OTHER_SEX}' END AS sex,
                   greatest(year(index_date) - year_of_birth, 0) AS age,
                   {AREA_SQL} AS area
            FROM first JOIN {CDM_SCHEMA}.person USING (person_id)
            LEFT JOIN observed USING (person_id)
            LEFT JOIN {CDM_SCHEMA}.location l USING (location_id)
        )
        SELECT *, CASE {bands} ELSE '{UNKNOWN}' END AS age_band FROM described
        """
    )


def periods_of(result: CohortResult) -> pa.Table:
    """The periods of a cohort as ``person_id``, ``start`` and ``until``."""
    rows = result.rows
    return pa.table(
        {
            "person_id": rows["subject_id"],
            "start": rows["cohort_start_date"],
            "until": rows["cohort_end_date"],
        }
    )


def people_by(connection: duckdb.DuckDBPyConnection, query: str) -> dict[str, Ids]:
    """Ids of people, ascending, by the value of a query of ``value`` and ``person_id``."""
    table = connection.sql(
        "SELECT CAST(value AS VARCHAR) AS value, "
        "list(DISTINCT person_id ORDER BY person_id) AS ids "
        f"FROM ({query}) GROUP BY 1"
    ).to_arrow_table()
    lists = table["ids"].combine_chunks()
    return {
        name: np.asarray(lists[place].values.to_numpy(zero_copy_only=False), dtype=np.int64)
        for place, name in enumerate(table["value"].to_pylist())
    }


def ages_of(connection: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    """Age bands, and unknown if the source lacks a year of birth."""
    missing = _any(connection, "year_of_birth IS NULL")
    return (*AGE_LABELS, UNKNOWN) if missing else AGE_LABELS


def age_rows(
    connection: duckdb.DuckDBPyConnection, rule: DisclosureRule
) -> tuple[tuple[str, ...], ...]:
    """Age bands put together until each row has enough people of the cohort; unknown is left out.

    All divisions of this cohort by age are made of these rows.
    """
    counted = dict(
        connection.execute("SELECT age_band, count(*) FROM cc_index GROUP BY 1").fetchall()
    )
    rows = merged([[counted.get(label, 0)] for label in AGE_LABELS], rule.minimum_cell)
    return tuple(tuple(AGE_LABELS[place] for place in row) for row in rows)


def sexes_of(connection: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    """Female and male, and other and unknown if somebody of the source is there."""
    known = ", ".join(str(concept) for concept in (*SEXES, *NO_SEX))
    other = _any(connection, f"gender_concept_id NOT IN ({known})")
    unknown = _any(connection, f"coalesce(gender_concept_id, 0) IN {NO_SEX}")
    return (*SEXES.values(), *[OTHER_SEX] * other, *[UNKNOWN] * unknown)


def places_of_unknown(labels: Sequence[str]) -> tuple[int, ...]:
    """Where people without a released value are counted; see ``disclosure.safe_table``."""
    return tuple(place for place, label in enumerate(labels) if label == UNKNOWN)


def areas_of(connection: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    """Areas of the source by name, and unknown if somebody of it has none."""
    rows = connection.execute(
        f"SELECT DISTINCT {AREA_SQL} FROM {CDM_SCHEMA}.person "
        f"LEFT JOIN {CDM_SCHEMA}.location l USING (location_id)"
    ).fetchall()
    return tuple(sorted((area for (area,) in rows), key=lambda area: (area == UNKNOWN, area)))


def _any(connection: duckdb.DuckDBPyConnection, condition: str) -> bool:
    ((found,),) = connection.execute(
        f"SELECT coalesce(bool_or({condition}), false) FROM {CDM_SCHEMA}.person"
    ).fetchall()
    return bool(found)
