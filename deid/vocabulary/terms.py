"""The curated bilingual table of what synthetic residents, cases and importers speak of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from deid.vocabulary.loading import source_terms

NAMES = Path(__file__).with_name("names.py")


@dataclass(frozen=True)
class Term:
    """One concept of the shipped vocabulary in both languages; absent codes are ``None``.

    The reference range is in the unit of ``unit_concept_id``; for a LOINC concept ``concept_code``
    is the LOINC code. A term that is not ``standard`` is a class, or a concept of another kind.
    ``parents`` are keys of broader terms.
    """

    concept_id: int
    key: str
    en: str
    zh: str
    icd10: str | None
    atc: str | None
    unit_concept_id: int | None
    range_low: float | None
    range_high: float | None
    domain_id: str
    vocabulary_id: str
    concept_code: str
    standard: bool
    parents: tuple[str, ...] = ()


@cache
def load_terms() -> tuple[Term, ...]:
    """All terms, by concept id.

    Raises:
        VocabularyError: if the source files contradict each other, with file and line.
    """
    return tuple(
        Term(
            concept_id=term.concept_id,
            key=term.key,
            en=term.en,
            zh=term.zh,
            icd10=term.icd10,
            atc=term.atc,
            unit_concept_id=term.unit_concept_id,
            range_low=term.range_low,
            range_high=term.range_high,
            domain_id=term.domain_id,
            vocabulary_id=term.vocabulary_id,
            concept_code=term.concept_code,
            standard=term.standard_concept == "S",
            parents=term.parents,
        )
        for term in source_terms()
    )


def render_names(terms: Iterable[Term]) -> str:
    """Source text of ``deid/vocabulary/names.py``: one constant a term."""
    lines = [f"{term.key} = {term.concept_id}" for term in sorted(terms, key=lambda t: t.key)]
    head = '"""Concept ids by name; written from data/terms by `python -m deid.vocabulary`."""'
    return "\n".join([head, "", *lines, ""])
