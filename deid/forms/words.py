"""The names, keys and codes by which a cell may call a term of the shipped vocabulary."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

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

    A key goes before a name; of two terms with one name, the standard one of the lower id.
    """
    words: dict[str, Term] = {}
    terms = [term for term in load_terms() if not domains or term.domain_id in domains]
    for term in terms:
        words[normalised(term.key)] = term
    for term in terms:
        for word in (normalised(term.zh), normalised(term.en)):
            words.setdefault(word, term)
    return words


def word_for(key: str, language: Language, *domains: str) -> str:
    """What to write for a term: its name, or its key where the name would not be understood."""
    term = terms_by_key()[key]
    name = term.zh if language == "zh" else term.en
    found = terms_by_word(*domains).get(normalised(name))
    if found is not term or any(separator in name for separator in NAME_SEPARATORS):
        return key
    return name
