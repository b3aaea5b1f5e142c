"""The curated bilingual table of what synthetic residents and cases speak of.

``data/term.csv`` gives each concept a key for program code, its English and Chinese name, its
ICD-10 or ATC code, and for a measurement its unit and reference range in that unit.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class Term:
    """One concept of the shipped vocabulary in both languages; absent codes are ``None``."""

    concept_id: int
    key: str
    en: str
    zh: str
    icd10: str | None
    atc: str | None
    unit_concept_id: int | None
    range_low: float | None
    range_high: float | None


@cache
def load_terms() -> tuple[Term, ...]:
    """All terms, by concept id."""
    with (files("deid.vocabulary") / "data" / "term.csv").open(encoding="utf-8") as file:
        return tuple(
            Term(
                concept_id=int(row["concept_id"]),
                key=row["key"],
                en=row["en"],
                zh=row["zh"],
                icd10=row["icd10"] or None,
                atc=row["atc"] or None,
                unit_concept_id=int(row["unit_concept_id"]) if row["unit_concept_id"] else None,
                range_low=float(row["range_low"]) if row["range_low"] else None,
                range_high=float(row["range_high"]) if row["range_high"] else None,
            )
            for row in csv.DictReader(file)
        )


def render_names(terms: Iterable[Term]) -> str:
    """Source text of ``deid/vocabulary/names.py``: one constant a term."""
    lines = [f"{term.key} = {term.concept_id}" for term in sorted(terms, key=lambda t: t.key)]
    head = (
        '"""Concept ids by name; written by `deid.vocabulary.render_names` from data/term.csv."""'
    )
    return "\n".join([head, "", *lines, ""])
