"""Keys of the shipped vocabulary as the generator uses them."""

from __future__ import annotations

from deid.vocabulary import load_terms

TERMS = {term.key: term for term in load_terms()}


def concept_id(key: str) -> int:
    """The concept of a key of the shipped vocabulary."""
    return TERMS[key].concept_id


def source_code(key: str) -> str | None:
    """ICD-10 or ATC code, or the key itself for what has neither."""
    term = TERMS[key]
    return term.icd10 or term.atc or term.key
