"""The shipped vocabulary as a dataset of vault tables."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import pyarrow as pa
from pyarrow import csv

from deid.vocabulary.codes import SourceCode, read_codes
from deid.vocabulary.source import SourceTerm, read_terms
from deid.vocabulary.tables import DESCRIBED, derive_tables

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

    ``concept_ancestor`` is the closure of the shipped ``Is a`` relationships and of membership in
    the classes of ATC: its levels count steps within this subset, not within the whole of SNOMED CT
    or RxNorm.

    Raises:
        VocabularyError: if the source files contradict each other, with file and line.
    """
    return dict(_tables())


@cache
def source_terms() -> tuple[SourceTerm, ...]:
    """The lines of all term files, by concept id, checked."""
    return read_terms(files("deid.vocabulary") / "data" / "terms")


@cache
def source_codes() -> tuple[SourceCode, ...]:
    """The codes of ICD-10, ICPC-2 and ATC that lead to the shipped terms."""
    return read_codes(files("deid.vocabulary") / "data" / "codes", source_terms())


@cache
def _tables() -> dict[str, pa.Table]:
    described = {table: _read(table) for table in DESCRIBED}
    derived = derive_tables(source_terms(), described, source_codes())
    return {table: derived[table] for table in BASE_VOCABULARY_TABLES}


def _read(table: str) -> pa.Table:
    source = files("deid.vocabulary") / "data" / f"{table}.csv"
    with source.open("rb") as file:
        names = file.readline().decode("utf-8").strip().split(",")
    with source.open("rb") as file:
        return csv.read_csv(
            file,
            convert_options=csv.ConvertOptions(
                column_types={
                    # By name, as OMOP's naming allows: the vault itself reads this package.
                    name: pa.int64() if name.endswith("concept_id") else pa.string()
                    for name in names
                },
                # Only an empty field is no value: the vocabulary "None" is a name.
                null_values=[""],
                strings_can_be_null=True,
            ),
        )
