"""The names, keys and codes by which a cell may call a term of the shipped vocabulary."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
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


_STRENGTH = re.compile(
    r"[\s(（]*\d[\d.,:/%*×]*\s*(?:mg|g|ug|μg|mcg|ml|iu|u|毫克|克|毫升|单位|万单位|%).*$",
    re.IGNORECASE,
)
_FORM = re.compile(
    r"(?:缓释|控释|肠溶|分散|咀嚼|泡腾|口崩|薄膜衣|干混|混悬|舌下|吸入|粉雾|滴|口服|阴道)*"
    r"(?:片剂?|胶囊|软胶囊|颗粒剂?|冲剂|口服液|口服溶液|糖浆|注射液|注射剂|粉针|针剂?|气雾剂|粉雾剂|"
    r"喷雾剂|滴眼液|滴耳液|滴鼻液|软膏|乳膏|凝胶|栓剂?|贴剂?|混悬液|混悬剂|滴丸|丸)$"
)
_SALT_BEFORE = re.compile(
    r"^(?:盐酸|硫酸氢|硫酸|磷酸|苯磺酸|甲磺酸|马来酸|富马酸|重酒石酸|酒石酸|枸橼酸|琥珀酸|氢溴酸|草酸|注射用)"
)
_SALT_BEHIND = re.compile(r"(?:钠|钾|钙|镁|酯)$")
_ENGLISH = re.compile(
    r"\b(?:hydrochloride|hcl|besylate|mesylate|maleate|tartrate|succinate|fumarate|sodium|"
    r"potassium|calcium|tablets?|capsules?|oral|extended release|er|xr|sr|injection|solution|"
    r"suspension|cream|inhaler)\b",
    re.IGNORECASE,
)


def plain_drugs(text: str) -> Iterator[str]:
    """Shorter names of a drug, without strength, dosage form and salt, the longest first.

    ``苯磺酸氨氯地平片5mg`` gives ``苯磺酸氨氯地平片``, ``苯磺酸氨氯地平`` and ``氨氯地平``.
    """
    seen = {text}
    name = text.strip()
    for shorten in (_STRENGTH, _FORM, _FORM, _SALT_BEFORE, _SALT_BEHIND, _ENGLISH):
        name = re.sub(r"\s+", " ", shorten.sub("", name)).strip(" ()（）,，")
        if len(name) > 1 and name not in seen:
            seen.add(name)
            yield name


def word_for(key: str, language: Language, *domains: str) -> str:
    """What to write for a term: its name, or its key where the name would not be understood."""
    term = terms_by_key()[key]
    name = term.zh if language == "zh" else term.en
    found = terms_by_word(*domains).get(normalised(name))
    if found is not term or any(separator in name for separator in NAME_SEPARATORS):
        return key
    return name
