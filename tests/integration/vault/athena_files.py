"""Writes small folders in the form of an Athena download; ids and names are invented or ours."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from copy import deepcopy
from itertools import pairwise
from pathlib import Path
from typing import Any

from deid.importers.athena.files import ATHENA_TABLES
from deid.vault.schema import metadata

Rows = list[dict[str, Any]]

DISEASE, DIABETES, TYPE_2, WITH_FOOT = 4_274_025, 201_820, 201_826, 4_999_001
SYRUP, SUGAR = 41_999_001, 41_999_002
DRUG = {"domain_id": "Drug", "vocabulary_id": "RxNorm", "concept_class_id": "Ingredient"}


def concept(concept_id: int, name: str, code: str, **more: Any) -> dict[str, Any]:
    """A standard condition of SNOMED, unless said otherwise."""
    return {
        "concept_id": concept_id,
        "concept_name": name,
        "domain_id": "Condition",
        "vocabulary_id": "SNOMED",
        "concept_class_id": "Disorder",
        "standard_concept": "S",
        "concept_code": code,
        "valid_start_date": dt.date(2002, 1, 31),
        "valid_end_date": dt.date(2099, 12, 31),
        "invalid_reason": None,
    } | more


def relation(one: int, two: int, kind: str) -> dict[str, Any]:
    """A valid relationship."""
    return {
        "concept_id_1": one,
        "concept_id_2": two,
        "relationship_id": kind,
        "valid_start_date": dt.date(2002, 1, 31),
        "valid_end_date": dt.date(2099, 12, 31),
        "invalid_reason": None,
    }


def ancestor(above: int, below: int, least: int, most: int | None = None) -> dict[str, Any]:
    """A place in the hierarchy."""
    return {
        "ancestor_concept_id": above,
        "descendant_concept_id": below,
        "min_levels_of_separation": least,
        "max_levels_of_separation": least if most is None else most,
    }


def download() -> dict[str, Rows]:
    """Four conditions in a line and two drugs, with names that hold quotation marks."""
    line = (DISEASE, DIABETES, TYPE_2, WITH_FOOT)
    return {
        "concept": [
            concept(DISEASE, "Disease", "64572001"),
            concept(DIABETES, "Diabetes mellitus", "73211009"),
            concept(TYPE_2, "Type 2 diabetes mellitus", "44054006"),
            concept(WITH_FOOT, 'Type 2 diabetes with "foot"', "999001"),
            concept(SYRUP, 'Sugar 5\' \\ "syrup', "999002", **DRUG),
            concept(SUGAR, "Sugar", "999003", **DRUG),
        ],
        "vocabulary": [
            {
                "vocabulary_id": "SNOMED",
                "vocabulary_name": "Systematic Nomenclature of Medicine - Clinical Terms (IHTSDO)",
                "vocabulary_reference": "http://example.org/snomed",
                "vocabulary_version": "2026-02-01",
                "vocabulary_concept_id": 44_819_097,
            }
        ],
        "domain": [
            {"domain_id": "Condition", "domain_name": "Condition", "domain_concept_id": 19}
        ],
        "concept_class": [
            {
                "concept_class_id": "Disorder",
                "concept_class_name": "Disorder",
                "concept_class_concept_id": 45_754_799,
            }
        ],
        "relationship": [
            {
                "relationship_id": "Is a",
                "relationship_name": "Is a",
                "is_hierarchical": "1",
                "defines_ancestry": "0",
                "reverse_relationship_id": "Subsumes",
                "relationship_concept_id": 44_818_821,
            }
        ],
        "concept_relationship": [
            *(relation(below, above, "Is a") for above, below in pairwise(line)),
            *(relation(above, below, "Subsumes")
              for above, below in pairwise(line)),
            relation(SYRUP, SUGAR, "Is a"),
        ],
        "concept_ancestor": [
            *(
                ancestor(above, below, place - start)
                for start, above in enumerate(line)
                for place, below in enumerate(line)
                if place >= start
            ),
            ancestor(SUGAR, SUGAR, 0),
            ancestor(SYRUP, SYRUP, 0),
            ancestor(SUGAR, SYRUP, 1),
        ],
        "concept_synonym": [
            {
                "concept_id": TYPE_2,
                "concept_synonym_name": "Adult-onset diabetes",
                "language_concept_id": 4_180_186,
            }
        ],
        "drug_strength": [
            {
                "drug_concept_id": SYRUP,
                "ingredient_concept_id": SUGAR,
                "amount_value": None,
                "amount_unit_concept_id": None,
                "numerator_value": 0.5,
                "numerator_unit_concept_id": 8_576,
                "denominator_value": 1.0,
                "denominator_unit_concept_id": 8_587,
                "box_size": None,
                "valid_start_date": dt.date(2002, 1, 31),
                "valid_end_date": dt.date(2099, 12, 31),
                "invalid_reason": None,
            }
        ],
    }  # fmt: skip


def changed(tables: Mapping[str, Rows], **changes: Iterable[dict[str, Any]]) -> dict[str, Rows]:
    """A copy with other rows for some tables."""
    return deepcopy(dict(tables)) | {name: list(rows) for name, rows in changes.items()}


def write_download(folder: Path, tables: Mapping[str, Rows]) -> Path:
    """Write the nine files: tabs, no quoting, dates as YYYYMMDD."""
    folder.mkdir(parents=True, exist_ok=True)
    for table in ATHENA_TABLES:
        names = list(metadata.tables[table].columns.keys())
        lines = ["\t".join(names)]
        lines += ["\t".join(_text(row[name]) for name in names) for row in tables[table]]
        (folder / f"{table.upper()}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def _text(value: object) -> str:
    if value is None:
        return ""
    return f"{value:%Y%m%d}" if isinstance(value, dt.date) else str(value)
