"""The data dictionary of a release: what every OMOP column means and what was done to it."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

import pyarrow.parquet as pq

from deid.build.intake import Intake
from deid.policy.explaining import treatment_text
from deid.policy.model import ColumnRule, Policy, Treatment
from deid.release import BIRTH_YEARS, BIRTH_YEARS_SCHEMA, ColumnEntry, Dictionary


@dataclass(frozen=True)
class Meaning:
    """What a column holds, and in which unit."""

    text: str
    unit: str = ""


def describe(policy: Policy, intake: Intake, staging: Path) -> Dictionary:
    """The dictionary of the Parquet files in ``staging``; completeness is counted there."""
    columns: list[ColumnEntry] = []
    tables: dict[str, str] = {}
    for table in sorted(intake.types):
        tables[table] = table_meaning(table)
        complete = _completeness(staging / table)
        for column, kind in intake.types[table].items():
            rule = policy.tables[table][column]
            meaning = column_meaning(table, column)
            columns.append(
                ColumnEntry(
                    table=table,
                    name=column,
                    type=kind,
                    meaning=meaning.text,
                    treatment=treatment_text(rule) + _in_notes(policy, rule),
                    rule=rule.rule,
                    unit=meaning.unit,
                    completeness=complete.get(column),
                )
            )
    tables[BIRTH_YEARS] = table_meaning(BIRTH_YEARS)
    complete = _completeness(staging / BIRTH_YEARS)
    for field in BIRTH_YEARS_SCHEMA:
        meaning = column_meaning(BIRTH_YEARS, field.name)
        columns.append(
            ColumnEntry(
                table=BIRTH_YEARS,
                name=field.name,
                type="BIGINT",
                meaning=meaning.text,
                treatment="pseudonym (person)" if field.name == "person_id" else "year-of-birth",
                unit=meaning.unit,
                completeness=complete.get(field.name),
            )
        )
    return Dictionary(tables, tuple(columns))


def _in_notes(policy: Policy, rule: ColumnRule) -> str:
    """What is generalised in notes beyond identifiers."""
    if rule.treatment is not Treatment.SCRUB_TEXT:
        return ""
    births = "birth dates agree with the released year of birth"
    band = policy.text.age_band
    years = "; dates become their years" if policy.text.dates == "year" else ""
    return f"; {births}{years}" + (f"; ages in bands of {band} years" if band else "")


def table_meaning(table: str) -> str:
    """What a table holds."""
    return _meanings()[table, ""].text


def column_meaning(table: str, column: str) -> Meaning:
    """What a column holds: its own entry, or that of its name in all tables."""
    known = _meanings()
    return known.get((table, column)) or known["*", column]


@cache
def _meanings() -> Mapping[tuple[str, str], Meaning]:
    file = resources.files("deid.build") / "meanings.csv"
    lines = file.read_text(encoding="utf-8").splitlines()
    return {
        (row["table"], row["column"]): Meaning(row["meaning"], row["unit"])
        for row in csv.DictReader(lines)
    }


def _completeness(folder: Path) -> dict[str, float]:
    """Share of rows that hold a value, from the Parquet statistics."""
    rows = 0
    absent: dict[str, int] = {}
    for path in sorted(folder.glob("*.parquet")):
        metadata = pq.read_metadata(path)
        rows += metadata.num_rows
        for group in range(metadata.num_row_groups):
            for index in range(metadata.num_columns):
                column = metadata.row_group(group).column(index)
                missing = column.statistics.null_count if column.statistics else 0
                absent[column.path_in_schema] = absent.get(column.path_in_schema, 0) + missing
    if not rows:
        return {}
    return {name: round(1 - missing / rows, 6) for name, missing in absent.items()}
