"""Keys of the shipped vocabulary as the generator uses them."""

from __future__ import annotations

from deid.vocabulary import load_terms
from deid.vocabulary.codes import ATC, ICD10
from deid.vocabulary.loading import source_codes

TERMS = {term.key: term for term in load_terms()}
_CODES = {(code.vocabulary_id, code.code): code.concept_id for code in source_codes()}


def concept_id(key: str) -> int:
    """The concept of a key of the shipped vocabulary."""
    return TERMS[key].concept_id


def source_code(key: str) -> str | None:
    """ICD-10 or ATC code, or the key itself for what has neither."""
    term = TERMS[key]
    return term.icd10 or term.atc or term.key


def _source_concept(key: str) -> int:
    term = TERMS[key]
    if term.icd10:
        return _CODES.get((ICD10, term.icd10), term.concept_id)
    return _CODES.get((ATC, term.atc or ""), term.concept_id)


SOURCE_CONCEPTS = {key: _source_concept(key) for key in TERMS}
"""Key -> the concept of its :func:`source_code`: of ICD-10 or ATC, or its own."""
