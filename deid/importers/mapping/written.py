"""The forms in which a code is written, and the codes above it.

ICD-10 has many hands: with and without dot, with dagger and asterisk, in the four characters of
WHO, in the six of GB/T 14396 (``E11.900``, ``I10.x00``) and with the clinical extensions of China
behind them (``I10.x00x002``), and in the longer codes of ICD-10-CM.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

ICD10_VOCABULARIES = ("ICD10CN", "ICD10", "ICD10CM")
_ICD10 = re.compile(
    r"(?P<category>[A-Z]\d[0-9A-Z])\.?(?P<rest>[0-9A-Z]{0,4}?)(?P<extension>X\d{3})?[*†+!]?"
)
_BEFORE, _BEHIND = r"(?:^|(?<=[\s(\[【,;:]))", r"(?=$|[\s)\]】,;:\u4e00-\u9fff])"
_ICD10_IN_TEXT = re.compile(
    _BEFORE + r"([A-Z]\d[0-9A-Z](?:\.[0-9A-Z]{1,4}?(?:X\d{3})?)?)[*†+!]?" + _BEHIND
)
_ATC = re.compile(r"[A-Z](?:\d{2}(?:[A-Z](?:[A-Z](?:\d{2})?)?)?)?")
_ATC_IN_TEXT = re.compile(_BEFORE + r"([A-Z]\d{2}(?:[A-Z](?:[A-Z](?:\d{2})?)?)?)" + _BEHIND)
_LOINC = re.compile(_BEFORE + r"(\d{1,7}-\d)" + _BEHIND)


@dataclass(frozen=True)
class Written:
    """A code to look for; not ``same`` if it is wider than what was written."""

    code: str
    same: bool = True


def tidy(text: str) -> str:
    """A code in half-width capitals without blanks."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).upper()


def icd10_forms(text: str) -> Iterator[Written]:
    """The codes by which an ICD-10 code may stand in a vocabulary, the narrowest first.

    ``I10.x00x002`` gives itself, ``I10.x00`` and ``I10``; ``E11.900`` is ``E11.9`` under another
    name, for GB/T 14396 fills codes up to six characters. Nothing for what is no code of ICD-10.
    """
    match = _ICD10.fullmatch(tidy(text))
    if match is None:
        return
    category, rest, extension = match["category"], match["rest"], match["extension"]
    seen: set[str] = set()

    def form(code: str, same: bool) -> Iterator[Written]:
        if code not in seen:
            seen.add(code)
            yield Written(code, same)

    same = True
    if extension:
        yield from form(f"{category}.{rest}{extension}", True)
        yield from form(f"{category}.{rest}{extension}".replace("X", "x"), True)
        same = False
    if rest:
        yield from form(f"{category}.{rest}", same)
        yield from form(f"{category}.{rest}".replace("X", "x"), same)
        if rest in {"X00", "X"}:  # a category without subdivisions, filled up
            yield from form(category, same)
            return
        filled = len(rest) == 3 and rest.endswith("00")
        if len(rest) > 1 and rest[0] != "X":
            yield from form(f"{category}.{rest[0]}", same and filled)
        yield from form(category, False)
    else:
        yield from form(category, same)
        # Where a vocabulary has the filled form only.
        yield from form(f"{category}.x00", same)


def codes_in(text: str, area: str) -> list[str]:
    """Codes of an area (Condition, Drug, Item) that stand in a text, alone or beside words."""
    pattern = {"Condition": _ICD10_IN_TEXT, "Drug": _ATC_IN_TEXT, "Item": _LOINC}.get(area)
    if pattern is None:
        return []
    plain = unicodedata.normalize("NFKC", text).upper()
    return [match[1] for match in pattern.finditer(plain)]


@lru_cache(maxsize=100_000)
def forms_of(vocabularies: tuple[str, ...], code: str) -> tuple[Written, ...]:
    """The codes to look for in the vocabularies of a system, the narrowest first."""
    plain = code.strip()
    if set(vocabularies) & set(ICD10_VOCABULARIES):
        return tuple(icd10_forms(plain)) or (Written(plain),)
    if vocabularies == ("ATC",):
        return (Written(tidy(plain)),)
    return (Written(plain),)


def shown(vocabularies: tuple[str, ...], code: str) -> bool:
    """Whether a code may stand in a report: no number of anybody has its form."""
    plain = tidy(code)
    if set(vocabularies) & set(ICD10_VOCABULARIES):
        return _ICD10.fullmatch(plain) is not None
    if vocabularies == ("ATC",):
        return _ATC.fullmatch(plain) is not None
    if vocabularies == ("LOINC",):
        return _LOINC.fullmatch(plain) is not None
    if vocabularies == ("ICPC",):
        return re.fullmatch(r"[A-Z-]\d{2}", plain) is not None
    # Shorter than a telephone number.
    return bool(vocabularies) and re.fullmatch(r"[A-Z]?\d{2,10}", plain) is not None


_UNITS = {
    "mmhg": "mm[Hg]",
    "bpm": "/min",
    "beats/min": "/min",
    "次/分": "/min",
    "次/分钟": "/min",
    "℃": "Cel",
    "°c": "Cel",
    "°f": "[degF]",
    "kg/m²": "kg/m2",
    "岁": "a",
    "years": "a",
    "厘米": "cm",
    "千克": "kg",
    "公斤": "kg",
    "×10^9/l": "10*9/L",
    "10^9/l": "10*9/L",
    "×10^12/l": "10*12/L",
    "10^12/l": "10*12/L",
    "iu": "[iU]",
}
"""Units as they are commonly written, in lower case, and the code of UCUM."""


def unit_forms(unit: str) -> list[str]:
    """Codes of UCUM that a written unit may be: itself, without blanks, a common spelling."""
    plain = unit.strip()
    close = re.sub(r"\s+", "", plain).replace("μ", "u").replace("µ", "u")
    return list(dict.fromkeys([plain, close, _UNITS.get(close.casefold(), close)]))
