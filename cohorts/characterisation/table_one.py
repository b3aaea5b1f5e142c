"""Table 1 of a cohort: who its people are at their index date."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Final, Self

import duckdb
import numpy as np

from cohorts.cdm import DataSource
from cohorts.characterisation.answer import Answer, Ids, Line, number, significant
from cohorts.characterisation.bands import age_label, common
from cohorts.characterisation.index import (
    AGE_LABELS,
    CHARACTERISE_SECONDS,
    UNKNOWN,
    age_rows,
    ages_of,
    areas_of,
    characterising,
    people_by,
    places_of_unknown,
    sexes_of,
)
from cohorts.characterisation.printed import PrintedTable
from cohorts.compile import CDM_SCHEMA
from cohorts.disclosure import DEFAULT_RULE, DisclosureRule, SafeCount, safe_count, safe_table
from cohorts.result import CohortResult

BASELINE_DAYS: Final = 365
TOP: Final = 15


@dataclass(frozen=True)
class Source:
    """Where the records of one section are: table, concept and day."""

    title: str
    key: str
    table: str
    concept: str
    day: str


RECORDS: Final = (
    Source("Conditions", "condition", "condition_occurrence", "condition_concept_id",
           "condition_start_date"),
    Source("Drugs", "drug", "drug_exposure", "drug_concept_id", "drug_exposure_start_date"),
    Source("Visits", "visit", "visit_occurrence", "visit_concept_id", "visit_start_date"),
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """People with one characteristic. ``percent`` is worked out from shown numbers."""

    key: str
    label: str
    people: SafeCount
    percent: str


@dataclass(frozen=True)
class Section:
    """Rows under one heading; ``divides`` if every person is in exactly one of them."""

    key: str
    title: str
    rows: tuple[Row, ...]
    divides: bool


@dataclass(frozen=True)
class ValueRow:
    """One number a person: how many have it, its mean and standard deviation, 3 digits each."""

    key: str
    label: str
    unit: str
    people: SafeCount
    mean: float | None
    sd: float | None


@dataclass(frozen=True)
class TableOne:
    """Table 1. The baseline is the ``baseline_days`` up to and including the index date.

    Lists leave out what fewer than the minimum cell have; they are ordered by shown counts. A
    measurement is a person's last value of the baseline, in one unit.
    """

    people: SafeCount
    baseline_days: int
    sections: tuple[Section, ...]
    values: tuple[ValueRow, ...]

    def without(self, aspects: Collection[str]) -> Self:
        """The table without some lines; a section that divides the cohort is hidden as a whole."""
        hidden = SafeCount(None, False, self.people.minimum_cell)

        def shown(section: Section) -> Section:
            gone = {row.key for row in section.rows} & set(aspects)
            if gone and section.divides:
                gone = {row.key for row in section.rows}
            rows = tuple(
                replace(row, people=hidden, percent="") if row.key in gone else row
                for row in section.rows
            )
            return replace(section, rows=rows)

        values = tuple(
            replace(row, people=hidden, mean=None, sd=None) if row.key in aspects else row
            for row in self.values
        )
        return replace(self, sections=tuple(map(shown, self.sections)), values=values)

    def tables(self) -> tuple[PrintedTable, ...]:
        """One table a section, and one of the values."""
        printed = [
            PrintedTable(
                section.key,
                section.title,
                (section.title, "People", "Share"),
                tuple((row.label, str(row.people), row.percent) for row in section.rows),
            )
            for section in self.sections
            if section.rows
        ]
        if self.values:
            printed.append(
                PrintedTable(
                    "values",
                    "Ages, times, visits and measurements: one number a person",
                    ("Value", "Unit", "People", "Mean", "SD"),
                    tuple(
                        (row.label, row.unit, str(row.people), number(row.mean), number(row.sd))
                        for row in self.values
                    ),
                    labels=2,
                )
            )
        return tuple(printed)


@dataclass(frozen=True)
class Baseline:
    """A connection with the people of a cohort and their records of the baseline."""

    connection: duckdb.DuckDBPyConnection
    days: int
    rule: DisclosureRule

    def frequent(self, key: str) -> list[tuple[int, str, int]]:
        """Concepts that at least the minimum cell have: ``(concept_id, label, people)``."""
        return self.connection.execute(
            f"""
            SELECT b.concept_id, coalesce(any_value(c.concept_name), 'concept ' || b.concept_id),
                   count(DISTINCT b.person_id) AS people
            FROM cc_{key} b LEFT JOIN {CDM_SCHEMA}.concept c ON c.concept_id = b.concept_id
            GROUP BY b.concept_id HAVING people >= {self.rule.minimum_cell}
            """
        ).fetchall()

    def top(self, key: str, number: int) -> list[int]:
        """The concepts most people have, by shown counts and then by name."""
        found = [
            (-(safe_count(people, self.rule).shown or 0), label, concept_id)
            for concept_id, label, people in self.frequent(key)
        ]
        return [concept_id for _, _, concept_id in sorted(found)[:number]]


def table_one(
    source: DataSource,
    cohort: CohortResult,
    *,
    baseline_days: int = BASELINE_DAYS,
    top: int = TOP,
    rule: DisclosureRule = DEFAULT_RULE,
    limit_seconds: float = CHARACTERISE_SECONDS,
    cancel: threading.Event | None = None,
) -> Answer[TableOne]:
    """Describe the people of a cohort at their index date.

    A cohort of fewer people than the minimum cell gets no description at all.

    Raises:
        CohortError: if the cohort was run over another source.
        EngineError: if a query fails, takes longer than its limit or is cancelled.
    """
    if safe_count(cohort.persons, rule).shown is None:
        return Answer(TableOne(safe_count(cohort.persons, rule), baseline_days, (), ()), {})
    with characterising(source, cohort, limit_seconds=limit_seconds, cancel=cancel) as connection:
        baseline = open_baseline(connection, baseline_days, rule)
        chosen = {key: baseline.top(key, top) for key in (*_keys(), "measurement")}
        return describe(baseline, chosen, common_ages([baseline]))


def _keys() -> list[str]:
    return [source.key for source in RECORDS]


def open_baseline(
    connection: duckdb.DuckDBPyConnection, days: int, rule: DisclosureRule
) -> Baseline:
    """Collect the records of the baseline; the connection holds ``cc_index`` already."""
    for source in RECORDS:
        connection.execute(
            f"""
            CREATE TEMP TABLE cc_{source.key} AS
            SELECT i.person_id, {_rolled_up(source)} AS concept_id, r.{source.day} AS day
            FROM cc_index i JOIN {CDM_SCHEMA}.{source.table} r ON r.person_id = i.person_id
             AND r.{source.day} BETWEEN i.index_date - {int(days)} AND i.index_date
            {_ingredients(source)}
            WHERE r.{source.concept} <> 0
            """
        )
    connection.execute(
        f"""
        CREATE TEMP TABLE cc_measurement AS
        SELECT r.person_id, r.measurement_concept_id AS concept_id,
               coalesce(r.unit_concept_id, 0) AS unit_id,
               arg_max(r.value_as_number, (r.measurement_date, r.measurement_id)) AS value
        FROM cc_index i JOIN {CDM_SCHEMA}.measurement r ON r.person_id = i.person_id
         AND r.measurement_date BETWEEN i.index_date - {int(days)} AND i.index_date
        WHERE r.value_as_number IS NOT NULL AND r.measurement_concept_id <> 0
        GROUP BY ALL
        """
    )
    return Baseline(connection, days, rule)


def _rolled_up(source: Source) -> str:
    if source.key == "drug":
        return f"coalesce(part.ingredient_id, r.{source.concept})"
    return f"r.{source.concept}"


def _ingredients(source: Source) -> str:
    """Drugs are counted by ingredient where the vocabulary tells it, else as they are recorded."""
    if source.key != "drug":
        return ""
    return f"""
        LEFT JOIN (
            SELECT a.descendant_concept_id AS drug_id, c.concept_id AS ingredient_id
            FROM {CDM_SCHEMA}.concept_ancestor a
            JOIN {CDM_SCHEMA}.concept c ON c.concept_id = a.ancestor_concept_id
            WHERE c.concept_class_id = 'Ingredient' AND c.domain_id = 'Drug'
        ) part ON part.drug_id = r.drug_concept_id
    """


def common_ages(baselines: Sequence[Baseline]) -> tuple[tuple[str, ...], ...]:
    """Rows of ages that have enough people in every cohort; those of each cohort add up to them."""
    rows = [age_rows(one.connection, one.rule) for one in baselines]
    places = [tuple(tuple(AGE_LABELS.index(label) for label in row) for row in one) for one in rows]
    return tuple(tuple(AGE_LABELS[place] for place in group) for group in reduce(common, places))


def describe(
    baseline: Baseline, chosen: Mapping[str, Sequence[int]], ages: Sequence[Sequence[str]]
) -> Answer[TableOne]:
    """Table 1 with the given rows of ages, and the concepts chosen for each section."""
    connection, rule = baseline.connection, baseline.rule
    lines: dict[Line, Ids] = {}
    unknown = [(UNKNOWN,)] if UNKNOWN in ages_of(connection) else []
    sections = [
        _divided(
            connection, "age", "Age at index, years", "age_band", [*ages, *unknown], rule, lines
        ),
        _divided(
            connection, "sex", "Sex", "sex", [(sex,) for sex in sexes_of(connection)], rule, lines
        ),
        _divided(
            connection,
            "area",
            "Area",
            "area",
            [(area,) for area in areas_of(connection)],
            rule,
            lines,
        ),
    ]
    (number_of_people,) = connection.execute("SELECT count(*) FROM cc_index").fetchall()[0]
    people = safe_count(number_of_people, rule)
    for source in RECORDS:
        sections.append(_listed(baseline, source, chosen.get(source.key, ()), people, lines))
    values = [
        _value(connection, "age", "Age at index", "years",
               "SELECT age AS value FROM cc_index", rule),
        _value(connection, "in cohort", "Time in the cohort", "days",
               "SELECT cohort_end - index_date AS value FROM cc_index", rule),
        _value(connection, "follow-up", "Follow-up: observed after the index date", "days",
               "SELECT observed_until - index_date AS value FROM cc_index", rule),
        _value(connection, "visits", "Visits in the baseline", "visits",
               "SELECT count(v.person_id) AS value FROM cc_index i "
               "LEFT JOIN cc_visit v USING (person_id) GROUP BY i.person_id", rule),
    ]  # fmt: skip
    values += _measurements(baseline, chosen.get("measurement", ()), lines)
    return Answer(TableOne(people, baseline.days, tuple(sections), tuple(values)), lines)


def _divided(
    connection: duckdb.DuckDBPyConnection,
    key: str,
    title: str,
    column: str,
    rows: Sequence[Sequence[str]],
    rule: DisclosureRule,
    lines: dict[Line, Ids],
) -> Section:
    """A section whose rows, each of one value of a column or of some, add up to the cohort."""
    found = people_by(connection, f"SELECT {column} AS value, person_id FROM cc_index")
    nobody = np.empty(0, dtype=np.int64)
    members = [np.concatenate([found.get(value, nobody) for value in row]) for row in rows]
    labels = [row[0] if len(row) == 1 else age_label(row) for row in rows]
    safe = safe_table([len(ids) for ids in members], rule, places_of_unknown(labels))
    shown = []
    for label, ids, cell in zip(labels, members, safe.cells, strict=True):
        aspect = f"{key}:{label}"
        shown.append(Row(aspect, label, cell, cell.percent_of(safe.total)))
        if len(ids):
            lines[Line(aspect)] = np.sort(ids)
    return Section(key, title, tuple(shown), divides=True)


def _listed(
    baseline: Baseline,
    source: Source,
    concepts: Sequence[int],
    people: SafeCount,
    lines: dict[Line, Ids],
) -> Section:
    """A section of concepts, each with the people who have a record of it in the baseline."""
    names = _names(baseline.connection, concepts)
    found = people_by(
        baseline.connection,
        f"SELECT concept_id AS value, person_id FROM cc_{source.key} "
        f"WHERE concept_id IN ({_in(concepts)})",
    )
    rows = []
    for concept_id in concepts:
        aspect = f"{source.key}:{concept_id}"
        ids = found.get(str(concept_id))
        count = safe_count(0 if ids is None else len(ids), baseline.rule)
        rows.append(Row(aspect, names[concept_id], count, count.percent_of(people)))
        if ids is not None:
            lines[Line(aspect, f"{baseline.days} days")] = ids
    return Section(source.key, f"{source.title} in the baseline", tuple(rows), divides=False)


def _measurements(
    baseline: Baseline, concepts: Sequence[int], lines: dict[Line, Ids]
) -> list[ValueRow]:
    """Last values, by concept and unit; units that too few have are left out."""
    names = _names(baseline.connection, concepts)
    found = baseline.connection.execute(
        f"""
        SELECT m.concept_id, unit_id, coalesce(any_value(u.concept_name), ''), count(*),
               avg(value), stddev_samp(value)
        FROM cc_measurement m
        LEFT JOIN {CDM_SCHEMA}.concept u ON u.concept_id = unit_id AND unit_id <> 0
        WHERE m.concept_id IN ({_in(concepts)})
        GROUP BY m.concept_id, unit_id ORDER BY count(*) DESC, unit_id
        """
    ).fetchall()
    members = people_by(
        baseline.connection,
        "SELECT concept_id || ':' || unit_id AS value, person_id FROM cc_measurement "
        f"WHERE concept_id IN ({_in(concepts)})",
    )
    rows = []
    for wanted in concepts:
        for concept_id, unit_id, unit, count, mean, sd in found:
            if concept_id != wanted or count < baseline.rule.minimum_cell:
                continue
            aspect = f"measurement:{concept_id}:{unit_id}"
            rows.append(
                ValueRow(
                    aspect,
                    names[concept_id],
                    unit,
                    safe_count(count, baseline.rule),
                    significant(mean),
                    significant(sd),
                )
            )
            lines[Line(aspect, f"{baseline.days} days")] = members[f"{concept_id}:{unit_id}"]
    return rows


def _value(
    connection: duckdb.DuckDBPyConnection,
    key: str,
    label: str,
    unit: str,
    query: str,
    rule: DisclosureRule,
) -> ValueRow:
    """A number that everybody of the cohort has, if enough people have it."""
    ((people, mean, sd),) = connection.execute(
        f"SELECT count(value), avg(value), stddev_samp(value) FROM ({query})"
    ).fetchall()
    count = safe_count(people, rule)
    if count.shown is None:
        return ValueRow(key, label, unit, count, None, None)
    return ValueRow(key, label, unit, count, significant(mean), significant(sd))


def _names(connection: duckdb.DuckDBPyConnection, concepts: Sequence[int]) -> dict[int, str]:
    found = connection.execute(
        f"SELECT concept_id, concept_name FROM {CDM_SCHEMA}.concept "
        f"WHERE concept_id IN ({_in(concepts)})"
    ).fetchall()
    return {concept: f"concept {concept}" for concept in concepts} | dict(found)


def _in(concepts: Sequence[int]) -> str:
    return ", ".join(str(int(concept)) for concept in concepts) or "NULL"
