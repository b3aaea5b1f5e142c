"""Checks of single rows: field by field, drawn from the schema, in one pass over a table."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa

from deid.quality.concepts import rows_of
from deid.quality.model import Category, Check
from deid.quality.thresholds import threshold_of
from deid.vault.arrow import arrow_type
from deid.vault.rules import (
    MAIN_CONCEPT,
    MAY_BE_AHEAD,
    concept_columns,
    key_columns,
    quoted,
    references,
)
from deid.vault.schema import metadata

DOMAINS = {
    "visit_detail_concept_id": "Visit",
    "specimen_concept_id": "Specimen",
    "route_concept_id": "Route",
    "place_of_service_concept_id": "Visit",
    "gender_concept_id": "Gender",
    "race_concept_id": "Race",
    "ethnicity_concept_id": "Ethnicity",
    "visit_concept_id": "Visit",
    "condition_concept_id": "Condition",
    "drug_concept_id": "Drug",
    "procedure_concept_id": "Procedure",
    "device_concept_id": "Device",
    "measurement_concept_id": "Measurement",
    "unit_concept_id": "Unit",
}
"""Domain that a column's concepts belong to (fkDomain)."""

CLASSES = {
    ("drug_era", "drug_concept_id"): "Ingredient",
    ("dose_era", "drug_concept_id"): "Ingredient",
}
"""Concept class that a column's concepts belong to (fkClass)."""

EARLIEST = "DATE '1950-01-01'"
"""Before this day nothing was recorded that a store of today holds."""

DAYS_AFTER_DEATH = 60
"""The Data Quality Dashboard's own grace: records are often closed some weeks after a death."""


@dataclass(frozen=True)
class RowCheck:
    """One check with its SQL over row ``t``: where it applies, and where it is violated.

    ``joins`` are those to what a row refers to; ``concept`` is that of a concept column, and then
    the check sees nothing else of the row.
    """

    check: Check
    applies: str
    violated: str
    joins: tuple[str, ...] = ()
    concept: str = ""


def row_checks(
    table: str, columns: Sequence[str], present: Collection[str], *, births_exact: bool
) -> Iterator[RowCheck]:
    """The checks of a table's ``columns``; ``present`` are the tables that hold rows.

    ``births_exact`` says that ``person.birth`` is the true day: without it nothing is compared
    with births.
    """
    have = set(columns)
    for column in metadata.tables[table].columns:
        name = column.name
        if name not in have:
            continue
        here = f"t.{quoted(name)}"
        if not column.nullable:
            yield _check(table, name, "isRequired", "Conformance", "Relational",
                         "a value is required", "true", f"{here} IS NULL")  # fmt: skip
        elif name not in key_columns(table):
            yield _check(table, name, "measureValueCompleteness", "Completeness", "Completeness",
                         "no value", "true", f"{here} IS NULL")  # fmt: skip
    if "concept" in present:
        yield from _concepts(table, have)
    yield from _references(table, have, present)
    yield from _numbers(table, have)
    yield from _dates(table, have, present, births_exact)


def _check(
    table: str,
    column: str,
    name: str,
    category: Category,
    subcategory: str,
    text: str,
    applies: str,
    violated: str,
    joins: tuple[str, ...] = (),
    concept: str = "",
) -> RowCheck:
    threshold = threshold_of(name, table, column)
    check = Check(name, "FIELD", category, subcategory, table, text, column, "", threshold)
    return RowCheck(check, applies, violated, joins, concept)


def _concepts(table: str, have: set[str]) -> Iterator[RowCheck]:
    main = MAIN_CONCEPT.get(table)
    for name in concept_columns(table):
        if name not in have:
            continue
        here, concept = f"t.{quoted(name)}", f"c_{name}"
        join = f"LEFT JOIN concept {concept} ON {here} = {concept}.concept_id"
        filled = f"{here} IS NOT NULL AND {here} <> 0"
        known = f"{filled} AND {concept}.concept_id IS NOT NULL"
        yield _check(table, name, "isForeignKey", "Conformance", "Relational",
                     "the vocabulary lacks the concept", filled,
                     f"{concept}.concept_id IS NULL", concept=join)  # fmt: skip
        yield from _mapping(table, name, have, mandatory=name == main)
        if "_source_" in name:
            continue
        wanted = "Type Concept" if name.endswith("_type_concept_id") else DOMAINS.get(name)
        if wanted is not None:
            yield _check(table, name, "fkDomain", "Conformance", "Value",
                         f"the concept is not of domain {wanted}", known,
                         f"{concept}.domain_id <> '{wanted}'", concept=join)  # fmt: skip
        if (table, name) in CLASSES:
            kind = CLASSES[table, name]
            yield _check(table, name, "fkClass", "Conformance", "Computational",
                         f"the concept is not of class {kind}", known,
                         f"{concept}.concept_class_id <> '{kind}'", concept=join)  # fmt: skip
        if table == "fact_relationship" and name.startswith("domain_concept_id"):
            continue  # concepts of the vocabulary "Domain" are not standard
        yield _check(table, name, "isStandardValidConcept", "Conformance", "Value",
                     "the concept is not a valid standard concept", known,
                     f"{concept}.standard_concept IS DISTINCT FROM 'S' "
                     f"OR {concept}.invalid_reason IS NOT NULL", concept=join)  # fmt: skip


def _mapping(table: str, name: str, have: set[str], *, mandatory: bool) -> Iterator[RowCheck]:
    """Concept 0, or none where the source had a value: what was written and could not be coded."""
    here = f"t.{quoted(name)}"
    source = name.replace("_source_concept_id", "_concept_id").replace(
        "_concept_id", "_source_value"
    )
    applies = "true" if mandatory else f"{here} IS NOT NULL"
    if not mandatory and source in have:
        applies += f" OR t.{quoted(source)} IS NOT NULL"
    check, text = (
        ("sourceConceptRecordCompleteness", "the source's code is not in the vocabulary (0)")
        if "_source_" in name
        else ("standardConceptRecordCompleteness", "not mapped to a standard concept (0)")
    )
    yield _check(table, name, check, "Standardisation", "Mapping", text, applies,
                 f"coalesce({here}, 0) = 0")  # fmt: skip


def _references(table: str, have: set[str], present: Collection[str]) -> Iterator[RowCheck]:
    for reference in references(table):
        if reference.column not in have or reference.table in {table, "concept"}:
            continue
        here, alias = f"t.{quoted(reference.column)}", f"r_{reference.column}"
        key = key_columns(reference.table)[0]
        join = f"LEFT JOIN {quoted(reference.table)} {alias} ON {here} = {alias}.{quoted(key)}"
        there = reference.table in present
        yield _check(table, reference.column, "isForeignKey", "Conformance", "Relational",
                     f"names no row of {reference.table}", f"{here} IS NOT NULL",
                     f"{alias}.{quoted(key)} IS NULL" if there else "true",
                     (join,) if there else ())  # fmt: skip


def _numbers(table: str, have: set[str]) -> Iterator[RowCheck]:
    for row in rows_of("limits.csv"):
        name = row["column"]
        if row["table"] != table or name not in have:
            continue
        here = f"t.{quoted(name)}"
        for check, limit, words, sign in (
            ("plausibleValueLow", row["low"], "below", "<"),
            ("plausibleValueHigh", row["high"], "above", ">"),
        ):
            if limit:
                yield _check(table, name, check, "Plausibility", "Atemporal",
                             f"{words} {float(limit):g}", f"{here} IS NOT NULL",
                             f"{here} {sign} {limit}")  # fmt: skip


def _dates(
    table: str, have: set[str], present: Collection[str], births_exact: bool
) -> Iterator[RowCheck]:
    days = [
        column.name
        for column in metadata.tables[table].columns
        if column.name in have and pa.types.is_date(arrow_type(column.type))
    ]
    for name in days:
        here = f"t.{quoted(name)}"
        yield _check(table, name, "plausibleValueLow", "Plausibility", "Atemporal",
                     "before 1950", f"{here} IS NOT NULL", f"{here} < {EARLIEST}")  # fmt: skip
        # Dates of a release are shifted, by a year at most, and may lie ahead for that.
        if births_exact and name not in MAY_BE_AHEAD:
            yield _check(table, name, "plausibleValueHigh", "Plausibility", "Atemporal",
                         "in the future", f"{here} IS NOT NULL",
                         f"{here} > current_date + 1")  # fmt: skip
    for name in sorted(have):
        start = name.replace("_end_", "_start_")
        if start != name and start in have:
            yield _check(table, name, "plausibleStartBeforeEnd", "Plausibility", "Temporal",
                         "ends before it starts",
                         f"t.{quoted(name)} IS NOT NULL AND t.{quoted(start)} IS NOT NULL",
                         f"t.{quoted(name)} < t.{quoted(start)}")  # fmt: skip
    if "person_id" not in have or table in {"person", "observation_period", "payer_plan_period"}:
        return
    for name in days:
        here = f"t.{quoted(name)}"
        if births_exact:
            yield _check(table, name, "plausibleAfterBirth", "Plausibility", "Temporal",
                         "before birth", f"{here} IS NOT NULL AND p.birth IS NOT NULL",
                         f"{here} < p.birth",
                         ("LEFT JOIN person_day p ON t.person_id = p.person_id",))  # fmt: skip
        if table != "death":
            yield _check(table, name, "plausibleBeforeDeath", "Plausibility", "Temporal",
                         f"more than {DAYS_AFTER_DEATH} days after death",
                         f"{here} IS NOT NULL AND d.death_date IS NOT NULL",
                         f"{here} > d.death_date + {DAYS_AFTER_DEATH}",
                         ("LEFT JOIN death_day d ON t.person_id = d.person_id",))  # fmt: skip
    in_visits = "visit_occurrence_id" in have and "visit_occurrence" in present
    if in_visits and table != "visit_occurrence" and days:
        here = f"t.{quoted(days[0])}"
        yield _check(table, days[0], "withinVisitDates", "Plausibility", "Temporal",
                     "more than a week outside its visit", "w.visit_occurrence_id IS NOT NULL",
                     f"{here} < w.visit_start_date - 7 OR {here} > w.visit_end_date + 7",
                     ("LEFT JOIN visit_occurrence w "
                      "ON t.visit_occurrence_id = w.visit_occurrence_id",))  # fmt: skip
