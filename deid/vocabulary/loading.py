"""Reads the shipped vocabulary as a dataset of vault tables."""

from __future__ import annotations

from importlib.resources import files

import pyarrow as pa
from pyarrow import csv

LOCAL_VOCABULARY = "CareCommons"
LOCAL_IDS = range(2_000_000_000, 2_147_483_648)
"""Concept ids that OHDSI leaves to sites, as far as 32-bit readers can follow."""

BASE_VOCABULARY_TABLES = (
    "concept",
    "vocabulary",
    "domain",
    "concept_class",
    "relationship",
    "concept_relationship",
    "concept_ancestor",
    "concept_synonym",
)


def load_base_vocabulary() -> dict[str, pa.Table]:
    """All tables of the shipped vocabulary, with the vault's columns and types.

    ``concept_ancestor`` is the closure of the shipped ``Is a`` relationships: its levels count
    steps within this subset, not within the whole of SNOMED CT or RxNorm.
    """
    return {table: _read(table) for table in BASE_VOCABULARY_TABLES}


def _arrow_type(column: str) -> pa.DataType:
    """By name, as OMOP's naming allows: the vault itself reads this package, not the reverse."""
    if "concept_id" in column or column.endswith("_levels_of_separation"):
        return pa.int64()
    return pa.date32() if column.endswith("_date") else pa.string()


def _read(table: str) -> pa.Table:
    source = files("deid.vocabulary") / "data" / f"{table}.csv"
    with source.open("rb") as file:
        names = file.readline().decode("utf-8").strip().split(",")
    with source.open("rb") as file:
        return csv.read_csv(
            file,
            convert_options=csv.ConvertOptions(
                column_types={name: _arrow_type(name) for name in names},
                # Only an empty field is no value: the vocabulary "None" is a name.
                null_values=[""],
                strings_can_be_null=True,
            ),
        )
