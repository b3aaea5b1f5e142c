"""Counts behind the community profile: one row a person and year, and what each row fulfils.

Calendar years are those of the release. Where dates are shifted, a year is the same stretch of
time for one person and about the same for all. Age is the year less the released year of birth.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import duckdb

from cohorts.cdm import DataSource, prepare_cdm
from cohorts.characterisation.index import AREA_SQL, UNKNOWN
from cohorts.community.indicators import DISEASES, INDICATORS, NOTIFIABLE, Indicator
from cohorts.compile import CDM_SCHEMA
from cohorts.engines.duckdb import watched

COUNT_SECONDS: Final = 120.0
MOST_AREAS: Final = 30
MG_PER_MMOL: Final = 18.016  # glucose, 180.16 g/mol, mg/dL for one mmol/L
AGES: Final = (*((low, low + 10) for low in range(0, 80, 10)), (80, 200))
AGE_NAMES: Final = tuple(f"{low}-{high - 1}" if high < 200 else f"{low}+" for low, high in AGES)
SEXES: Final = ("female", "male")


@dataclass(frozen=True)
class Counts:
    """True counts, never shown: by year, area and what is counted.

    ``residents`` are all people of the release, whenever they were on record.
    ``people`` has ``(year, area, sex, age band)``, of those on record on 1 July; ``shares`` has
    ``(indicator, year, area)`` with those who have it and those who have not; ``cases`` has
    ``(year, area, disease)``. ``missing`` tells why an indicator was not counted.
    """

    areas: tuple[str, ...]
    years: tuple[int, ...]
    residents: int
    people: Mapping[tuple[int, str, str, str], int] = field(repr=False)
    shares: Mapping[tuple[str, int, str], tuple[int, int]] = field(repr=False)
    cases: Mapping[tuple[int, str, str], int] = field(repr=False)
    missing: Mapping[str, str]


def count_person_years(source: DataSource, *, by_day: bool = True) -> Counts:
    """Count everything of the profile; ``by_day`` is false where all dates are 1 January.

    Raises:
        EngineError: if it takes longer than two minutes.
    """
    with source.connect() as connection, watched(connection, COUNT_SECONDS):
        prepare_cdm(connection)
        _load(connection, by_day)
        areas = tuple(
            area
            for (area,) in connection.execute(
                "SELECT DISTINCT area FROM cc_person_year ORDER BY area = ?, area", [UNKNOWN]
            ).fetchall()
        )
        years = tuple(
            year
            for (year,) in connection.execute(
                "SELECT DISTINCT year FROM cc_person_year WHERE mid_year ORDER BY 1"
            ).fetchall()
        )
        missing = _missing(connection, by_day)
        return Counts(
            areas,
            years,
            _everybody(connection),
            _people(connection),
            _shares(connection, [one for one in INDICATORS if one.key not in missing]),
            _cases(connection),
            missing,
        )


def _load(connection: duckdb.DuckDBPyConnection, by_day: bool) -> None:
    mid, whole = (
        (
            "bool_or(make_date(y.year, 7, 1) BETWEEN first AND last)",
            "bool_or(first <= make_date(y.year, 1, 1) AND last >= make_date(y.year, 12, 31))",
        )
        if by_day
        else ("true", "bool_or(year(first) < y.year AND year(last) > y.year)")
    )
    connection.execute(
        f"""
        CREATE TEMP TABLE cc_period AS
        SELECT person_id, observation_period_start_date AS first,
               observation_period_end_date AS last
        FROM {CDM_SCHEMA}.observation_period
        WHERE observation_period_start_date <= observation_period_end_date;
        CREATE TEMP TABLE cc_area AS
        WITH named AS (
            SELECT p.*, {AREA_SQL} AS small, coalesce(nullif(l.state, ''), '{UNKNOWN}') AS large
            FROM {CDM_SCHEMA}.person p LEFT JOIN {CDM_SCHEMA}.location l USING (location_id)
        )
        SELECT person_id, year_of_birth,
               CASE gender_concept_id WHEN 8532 THEN 'female' WHEN 8507 THEN 'male'
                    ELSE '{UNKNOWN}' END AS sex,
               CASE WHEN (SELECT count(DISTINCT small) FROM named) <= {MOST_AREAS} THEN small
                    ELSE large END AS area
        FROM named;
        """
    )
    for name, codes in DISEASES.items():
        connection.execute(
            f"CREATE TEMP TABLE cc_{name} AS SELECT person_id, "
            f"min(year(condition_start_date)) AS since FROM {CDM_SCHEMA}.condition_occurrence "
            f"WHERE condition_concept_id IN ({_concepts(codes)}) GROUP BY person_id"
        )
    _load_follow_up(connection)
    _load_services(connection)
    since = ", ".join(f"cc_{name}.since AS {name}_since" for name in DISEASES)
    joined = " ".join(f"LEFT JOIN cc_{name} USING (person_id)" for name in DISEASES)
    visits = ", ".join(
        f"coalesce(v_{name}.visits, 0) AS {name}_visits, "
        f"coalesce(v_{name}.face_to_face, 0) AS {name}_face_to_face"
        for name in _FOLLOWED
    )
    visited = " ".join(
        f"LEFT JOIN (SELECT * FROM cc_visits WHERE disease = '{name}') v_{name} "
        f"ON v_{name}.person_id = b.person_id AND v_{name}.year = b.year"
        for name in _FOLLOWED
    )
    connection.execute(
        f"""
        CREATE TEMP TABLE cc_person_year AS
        WITH base AS (
            SELECT person_id, y.year, {mid} AS mid_year, {whole} AS whole_year
            FROM cc_period
            JOIN (SELECT unnest(range((SELECT min(year(first)) FROM cc_period),
                                      (SELECT max(year(last)) + 1 FROM cc_period))) AS year) y
              ON y.year BETWEEN year(first) AND year(last)
            GROUP BY person_id, y.year
        )
        SELECT b.*, a.area, a.sex, greatest(b.year - a.year_of_birth, 0) AS age,
               a.year_of_birth = b.year AS born_on_record, {since}, {visits},
               pressure.systolic, pressure.diastolic, sugar.glucose,
               coalesce(s.examinations, 0) AS examinations,
               coalesce(s.child_visits, 0) AS child_visits,
               coalesce(s.newborn_visits, 0) AS newborn_visits,
               coalesce(m.births, 0) AS births, coalesce(m.births_followed, 0) AS births_followed
        FROM base b JOIN cc_area a USING (person_id) {joined} {visited}
        LEFT JOIN cc_pressure pressure
          ON pressure.person_id = b.person_id AND pressure.year = b.year
        LEFT JOIN cc_glucose sugar ON sugar.person_id = b.person_id AND sugar.year = b.year
        LEFT JOIN cc_service s ON s.person_id = b.person_id AND s.year = b.year
        LEFT JOIN cc_mother m ON m.person_id = b.person_id AND m.year = b.year
        """
    )


# Concepts that a follow-up form is about; forms on severe mental disorder name none.
_FOLLOWED: Final = ("hypertension", "diabetes", "severe_mental")


def _load_follow_up(connection: duckdb.DuckDBPyConnection) -> None:
    about = {name: _concepts(DISEASES[name]) for name in ("hypertension", "diabetes")}
    connection.execute(
        f"""
        CREATE TEMP TABLE cc_form AS
        SELECT o.person_id, o.observation_date AS day, year(o.observation_date) AS year,
               coalesce(v.visit_concept_id IN ({_concepts(("TELEPHONE_VISIT",))}), false)
                   AS by_telephone,
               CASE WHEN o.qualifier_concept_id IN ({about["hypertension"]}) THEN 'hypertension'
                    WHEN o.qualifier_concept_id IN ({about["diabetes"]}) THEN 'diabetes'
                    WHEN coalesce(o.qualifier_concept_id, 0) = 0 THEN 'severe_mental'
               END AS disease
        FROM {CDM_SCHEMA}.observation o
        LEFT JOIN {CDM_SCHEMA}.visit_occurrence v USING (visit_occurrence_id)
        WHERE o.observation_concept_id IN ({_concepts(("FOLLOW_UP_CLASS",))});
        CREATE TEMP TABLE cc_visits AS
        SELECT person_id, year, disease, count(DISTINCT day) AS visits,
               count(DISTINCT day) FILTER (NOT by_telephone) AS face_to_face
        FROM cc_form GROUP BY ALL;
        CREATE TEMP TABLE cc_pressure AS
        WITH last AS (
            SELECT person_id, year, max(day) AS day FROM cc_form
            WHERE disease = 'hypertension' GROUP BY person_id, year
        )
        SELECT l.person_id, l.year,
               avg(value_as_number) FILTER (measurement_concept_id IN ({_concepts(("8480-6",))}))
                   AS systolic,
               avg(value_as_number) FILTER (measurement_concept_id IN ({_concepts(("8462-4",))}))
                   AS diastolic
        FROM last l JOIN {CDM_SCHEMA}.measurement m
          ON m.person_id = l.person_id AND m.measurement_date = l.day
        GROUP BY l.person_id, l.year;
        CREATE TEMP TABLE cc_glucose AS
        WITH last AS (
            SELECT person_id, year, max(day) AS day FROM cc_form
            WHERE disease = 'diabetes' GROUP BY person_id, year
        )
        SELECT l.person_id, l.year,
               avg(CASE WHEN measurement_concept_id IN ({_concepts(("1558-6",))})
                   THEN value_as_number / {MG_PER_MMOL} ELSE value_as_number END) AS glucose
        FROM last l JOIN {CDM_SCHEMA}.measurement m
          ON m.person_id = l.person_id AND m.measurement_date = l.day
        WHERE measurement_concept_id IN ({_concepts(("1558-6", "14771-0"))})
        GROUP BY l.person_id, l.year;
        """
    )


def _load_services(connection: duckdb.DuckDBPyConnection) -> None:
    examination, child = _concepts(("162673000",)), _concepts(("410620009",))
    newborn, postpartum = _concepts(("NOTE_NEWBORN_VISIT",)), _concepts(("NOTE_POSTPARTUM",))
    connection.execute(
        f"""
        CREATE TEMP TABLE cc_service AS
        SELECT person_id, year, count(*) FILTER (kind = 'examination') AS examinations,
               count(*) FILTER (kind = 'child') AS child_visits,
               count(*) FILTER (kind = 'newborn') AS newborn_visits
        FROM (
            SELECT person_id, year(procedure_date) AS year,
                   CASE WHEN procedure_concept_id IN ({examination}) THEN 'examination'
                        ELSE 'child' END AS kind
            FROM {CDM_SCHEMA}.procedure_occurrence
            WHERE procedure_concept_id IN ({examination})
               OR procedure_concept_id IN ({child})
            UNION ALL
            SELECT person_id, year(note_date), 'newborn' FROM {CDM_SCHEMA}.note
            WHERE note_class_concept_id IN ({newborn})
        ) GROUP BY person_id, year;
        CREATE TEMP TABLE cc_mother AS
        SELECT c.person_id, year(c.condition_start_date) AS year, count(*) AS births,
               count(n.person_id) AS births_followed
        FROM (SELECT DISTINCT person_id, condition_start_date FROM {CDM_SCHEMA}.condition_occurrence
              WHERE condition_concept_id IN ({_concepts(("LIVE_BIRTH",))})) c
        LEFT JOIN (SELECT DISTINCT person_id, note_date FROM {CDM_SCHEMA}.note
                   WHERE note_class_concept_id IN ({postpartum})) n
          ON n.person_id = c.person_id
         AND n.note_date BETWEEN c.condition_start_date AND c.condition_start_date + 28
        GROUP BY ALL;
        """
    )


def _concepts(codes: Iterable[str]) -> str:
    """A query of the concepts of these codes and all below them."""
    listed = ", ".join(f"'{code}'" for code in codes)
    return (
        f"SELECT concept_id FROM {CDM_SCHEMA}.concept WHERE concept_code IN ({listed}) "
        "AND vocabulary_id IN ('SNOMED', 'LOINC', 'CareCommons') "
        f"UNION SELECT a.descendant_concept_id FROM {CDM_SCHEMA}.concept c "
        f"JOIN {CDM_SCHEMA}.concept_ancestor a ON a.ancestor_concept_id = c.concept_id "
        f"WHERE c.concept_code IN ({listed}) "
        "AND c.vocabulary_id IN ('SNOMED', 'LOINC', 'CareCommons')"
    )


def _missing(connection: duckdb.DuckDBPyConnection, by_day: bool) -> dict[str, str]:
    tables = {table for one in INDICATORS for table in one.tables}
    filled = {
        table
        for table in tables
        if connection.execute(f"SELECT 1 FROM {CDM_SCHEMA}.{table} LIMIT 1").fetchone()
    }
    missing = {}
    for one in INDICATORS:
        absent = [table for table in one.tables if table not in filled]
        if absent:
            missing[one.key] = f"The release has no rows of {', '.join(absent)}."
        elif one.by_day and not by_day:
            missing[one.key] = "The release shows years only, and days within a year matter."
    return missing


def _everybody(connection: duckdb.DuckDBPyConnection) -> int:
    ((people,),) = connection.execute("SELECT count(*) FROM cc_area").fetchall()
    return int(people)


def _people(connection: duckdb.DuckDBPyConnection) -> dict[tuple[int, str, str, str], int]:
    bands = " ".join(
        f"WHEN age >= {low} AND age < {high} THEN '{name}'"
        for (low, high), name in zip(AGES, AGE_NAMES, strict=True)
    )
    rows = connection.execute(
        f"SELECT year, area, sex, CASE {bands} ELSE '{UNKNOWN}' END, count(*) "
        "FROM cc_person_year WHERE mid_year GROUP BY ALL"
    ).fetchall()
    return {(year, area, sex, band): people for year, area, sex, band, people in rows}


def _shares(
    connection: duckdb.DuckDBPyConnection, indicators: Iterable[Indicator]
) -> dict[tuple[str, int, str], tuple[int, int]]:
    found = {}
    for one in indicators:
        rows = connection.execute(
            f"SELECT year, area, count(*) FILTER (coalesce({one.having}, false)), "
            f"count(*) FILTER (NOT coalesce({one.having}, false)) "
            f"FROM cc_person_year WHERE coalesce({one.among}, false) GROUP BY year, area"
        ).fetchall()
        found.update({(one.key, year, area): (yes, no) for year, area, yes, no in rows})
    return found


def _cases(connection: duckdb.DuckDBPyConnection) -> dict[tuple[int, str, str], int]:
    found = {}
    for disease in NOTIFIABLE:
        rows = connection.execute(
            f"SELECT year(c.condition_start_date) AS year, area, count(DISTINCT c.person_id) "
            f"FROM {CDM_SCHEMA}.condition_occurrence c JOIN cc_area USING (person_id) "
            f"WHERE c.condition_concept_id IN ({_concepts(disease.codes)}) GROUP BY 1, 2"
        ).fetchall()
        found.update({(year, area, disease.key): people for year, area, people in rows})
    return found
