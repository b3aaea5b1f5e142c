"""What a contact's note and its rows say twice, so that a reader meets it once.

A doctor writes "BP 152/94, weight 78 kg" and the same numbers are rows of the measurement table;
the diagnosis and the prescription stand in both too. Measured values are kept as rows, which have a
unit and feed the flow sheets; diagnoses and prescriptions are kept in the words of the note.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from casebank.record import Event

_NUMBER = re.compile(r"\d+(?:\.\d+)?")
# Digits that are part of a test's name are no values.
_NAMES_WITH_DIGITS = re.compile(r"\b(PHQ|GAD)-?\d|\bHbA1c|\bA1C", re.IGNORECASE)
_CLAUSE = re.compile(r"[,，;；、。]|\.(?!\d)")
_MOST_WORDS = 4
"""A clause of more words than label and unit says more than a value."""

# The first word of a product's name in English; what stands before the form in Chinese.
_INGREDIENT = re.compile(
    r"[a-z]{5,}(?![a-z])|[\u4e00-\u9fff]{2,}?(?=缓释|控释|肠溶|分散|片|胶囊|颗粒|口服|注射|吸入|\d)"
)


def repeats_values(sentence: str, values: frozenset[float]) -> bool:
    """Whether a sentence is nothing but labelled numbers that all are among ``values``.

    >>> repeats_values("BP 152/94, pulse 70.", frozenset({152.0, 94.0, 70.0}))
    True
    >>> repeats_values("BP 152/94 after resting for a while.", frozenset({152.0, 94.0}))
    False
    """
    plain = _NAMES_WITH_DIGITS.sub("", sentence)
    clauses = [clause for clause in _CLAUSE.split(plain) if clause.strip()]
    return bool(clauses) and all(_is_value(clause, values) for clause in clauses)


def _is_value(clause: str, values: frozenset[float]) -> bool:
    numbers = [float(number) for number in _NUMBER.findall(clause)]
    words = re.findall(r"[^\W\d_]+", clause)
    return bool(numbers) and len(words) <= _MOST_WORDS and all(one in values for one in numbers)


def says(event: Event, text: str, sentences: Iterable[str]) -> int | None:
    """Place of the first of ``sentences`` that says what an event says, shown as ``text``.

    A condition or drug is said by any of its names, a drug also by ingredient and strength.
    """
    names = {text.casefold()}
    if event.table in {"condition_occurrence", "drug_exposure"}:
        names |= {re.sub(r"\s*\(\w+\)$", "", name).casefold() for name in event.names}
    for place, sentence in enumerate(sentences):
        folded = sentence.casefold()
        if any(name in folded for name in names):
            return place
        if event.table == "drug_exposure" and any(_is_drug(name, folded) for name in names):
            return place
    return None


def _is_drug(name: str, sentence: str) -> bool:
    """Whether a product's ingredient (its name before the form) and its strength are named."""
    ingredient = _INGREDIENT.match(name)
    if ingredient is None or ingredient.group() not in sentence:
        return False
    said = {float(number) for number in _NUMBER.findall(sentence)}
    return all(float(number) in said for number in _NUMBER.findall(name))
