"""The names, keys and codes by which a cell may call a term of the shipped vocabulary."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from deid.errors import FormError
from deid.forms.model import Language, normalised
from deid.vocabulary import Term, load_terms

NAME_SEPARATORS = ";；|\n、"
"""Between several names in one cell; a comma may be part of a name."""


@cache
def terms_by_key() -> Mapping[str, Term]:
    """All terms of the shipped vocabulary by key."""
    return {term.key: term for term in load_terms()}


@cache
def terms_by_word(*domains: str) -> Mapping[str, Term]:
    """The terms of these domains by normalised key, Chinese and English name.

    A key goes before a name, a name before an everyday word of ``data/synonyms.csv``; of two terms
    with one name, the one of the lower id is meant.
    """
    words: dict[str, Term] = {}
    terms = [term for term in load_terms() if not domains or term.domain_id in domains]
    for term in terms:
        words[normalised(term.key)] = term
    for term in terms:
        for word in (normalised(term.zh), normalised(term.en)):
            words.setdefault(word, term)
    for word, key in _synonyms().items():
        term = terms_by_key()[key]
        if not domains or term.domain_id in domains:
            words.setdefault(word, term)
    return words


@cache
def _synonyms() -> Mapping[str, str]:
    """Key by everyday word.

    Raises:
        FormError: for a word that comes twice or is of no term, with the line.
    """
    found: dict[str, str] = {}
    source = files("deid.forms") / "data" / "synonyms.csv"
    with source.open(encoding="utf-8") as file:
        reader = csv.DictReader(file)
        for row in reader:
            word = normalised(row["word"])
            if word in found or row["key"] not in terms_by_key():
                raise FormError(f"synonyms.csv line {reader.line_num}: known already, or no term")
            found[word] = row["key"]
    return found


def word_for(key: str, language: Language, *domains: str) -> str:
    """What to write for a term: its name, or its key where the name would not be understood."""
    term = terms_by_key()[key]
    name = term.zh if language == "zh" else term.en
    found = terms_by_word(*domains).get(normalised(name))
    if found is not term or any(separator in name for separator in NAME_SEPARATORS):
        return key
    return name
