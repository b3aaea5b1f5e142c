"""What a cell says: each distinct text of a coded column is read once."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from deid.forms import Field
from deid.forms.model import normalised
from deid.forms.words import terms_by_key, terms_by_word
from deid.importers.forms.meanings import Meaning, Meanings

NOTHING = frozenset({"无", "none", "没有", "否认", "-", "—"})
_BETWEEN = re.compile(r"[,，、;；/|\n]+")
_NAMES = re.compile(r"[;；|\n]+")
_NAMES_LOOSE = re.compile(r"[;；|\n、,，]+")
_ITEMS = re.compile(r"(?:\n|[;；])\s*(?=[^;；=\n]+[=:：])")
_DATED = re.compile(
    r"(.*?)[\s(（:：]*((?:19|20)\d\d)(?:[-/.年]?(\d{1,2}))?(?:[-/.月]?(\d{1,2}))?日?[)）]?"
)
_QUANTITY = re.compile(r"([+-]?\d+(?:\.\d+)?)\s*(\S*)")


@dataclass(frozen=True)
class Said:
    """One thing that a cell says, or the ``fault`` for which it cannot be read.

    ``slot`` is where it belongs: measurement, observation, condition, history, drug, vaccine,
    procedure.
    """

    slot: str = ""
    concept_id: int = 0
    source_concept_id: int = 0
    source: str | None = None
    number: float | None = None
    value_id: int | None = None
    value_source: str | None = None
    qualifier_id: int | None = None
    text: str | None = None
    unit_id: int | None = None
    day: dt.date | None = None
    fault: str | None = None


Reader = Callable[[str], Iterable[Said]]


def reader_of(field: Field, meanings: Meanings) -> Reader:
    """The function that reads the cells of a coded field."""
    kind = field.kind
    if field.choices:
        return lambda cell: _chosen(field, cell)
    if kind == "diagnoses":
        return lambda cell: _named(cell, "Condition", "condition", meanings)
    if kind == "procedures":
        return lambda cell: _named(cell, "Procedure", "procedure", meanings)
    if kind == "vaccines":
        return lambda cell: _named(cell, "Drug", "vaccine", meanings)
    if kind == "drugs":
        return lambda cell: _named(cell, "Drug", "drug", meanings, one=True)
    if kind == "family":
        return lambda cell: _family(field, cell, meanings)
    if kind == "history":
        return lambda cell: _history(cell, meanings)
    return lambda cell: _items(cell, meanings)


def _chosen(field: Field, cell: str) -> Iterator[Said]:
    choices = {word: choice for choice in field.choices for word in choice.words()}
    whole = choices.get(normalised(cell))
    parts = [cell] if whole else [part for part in _BETWEEN.split(cell) if part.strip()]
    found = [choices.get(normalised(part)) for part in parts]
    if not all(found):
        yield Said(fault="not one of the form's choices")
        return
    if len(parts) > 1 and field.kind in {"answer", "mode"}:
        yield Said(fault="several answers to a question that has one")
        return
    keys = list(dict.fromkeys(choice.key for choice in found if choice))
    if len(keys) > 1 and "NONE" in keys:
        yield Said(fault="none, and something else too")
        return
    terms = terms_by_key()
    for key in keys:
        concept = terms[key].concept_id
        if field.kind == "problems":
            if key not in {"NONE", "OTHER"}:
                yield Said("condition", concept, source=key)
        elif field.kind == "findings":
            if key != "NONE":
                yield Said(
                    "observation",
                    concept,
                    source=key,
                    value_id=terms["PRESENT"].concept_id,
                    value_source="PRESENT",
                )
        else:
            question = "SYMPTOM" if field.kind == "symptoms" else field.term
            about = terms[question].concept_id if question in terms else 0
            yield Said("observation", about, source=question, value_id=concept, value_source=key)


def _names(cell: str, area: str, meanings: Meanings) -> list[str]:
    """The names in a cell; a comma separates them only if what it separates is known."""
    names = []
    for name in (part.strip() for part in _NAMES.split(cell)):
        if not name or normalised(name) in NOTHING:
            continue
        parts = [part.strip() for part in _NAMES_LOOSE.split(name) if part.strip()]
        whole = meanings.find(name, area)
        if len(parts) > 1 and (whole is None or all(meanings.find(p, area) for p in parts)):
            names += parts
        else:
            names.append(name)
    return names


def _named(
    cell: str, area: str, slot: str, meanings: Meanings, *, one: bool = False
) -> Iterator[Said]:
    names = [cell.strip()] if one else _names(cell, area, meanings)
    if not names:
        yield Said("nothing")
    for name in names:
        meaning = meanings.find(name, area) or Meaning(0)
        yield Said(slot, meaning.concept_id, meaning.source_concept_id, source=name)


def _family(field: Field, cell: str, meanings: Meanings) -> Iterator[Said]:
    concept = terms_by_key()[field.term].concept_id
    for name in _names(cell, "Condition", meanings):
        meaning = meanings.find(name, "Condition") or Meaning(0)
        yield Said(
            "observation",
            concept,
            source=field.term,
            value_id=meaning.concept_id,
            value_source=name,
            text=field.about,
        )


def _history(cell: str, meanings: Meanings) -> Iterator[Said]:
    for entry in (part.strip() for part in _NAMES_LOOSE.split(cell)):
        if not entry or normalised(entry) in NOTHING:
            continue
        dated = _DATED.fullmatch(entry)
        name, day = (dated[1].strip(), _day(dated)) if dated else (entry, None)
        if not name or (dated and day is None):
            yield Said(fault="a date of diagnosis that is no date")
            continue
        meaning = meanings.find(name, "Condition") or Meaning(0)
        yield Said("history", meaning.concept_id, meaning.source_concept_id, source=name, day=day)


def _day(dated: re.Match[str]) -> dt.date | None:
    """The first day of a year or month if no more is known."""
    try:
        return dt.date(int(dated[2]), int(dated[3] or 1), int(dated[4] or 1))
    except ValueError:
        return None


def _items(cell: str, meanings: Meanings) -> Iterator[Said]:
    for item in (part.strip() for part in _ITEMS.split(cell)):
        if not item:
            continue
        name, sign, value = item.partition("=")
        if not sign:
            name, sign, value = item.replace("：", ":").rpartition(":")
        if not sign or not name.strip() or not value.strip():
            yield Said(fault="an item that is not name=value")
            continue
        yield from _item(name.strip(), value.strip(), meanings)


def _item(name: str, value: str, meanings: Meanings) -> Iterator[Said]:
    name, _, about = name.partition(":")
    meaning = meanings.find(name, "Item") or Meaning(0)
    term = meaning.term
    slot = "measurement" if meaning.domain == "Measurement" else "observation"
    said = Said(slot, meaning.concept_id, meaning.source_concept_id, term.key if term else name)
    qualifier = terms_by_key().get(about)
    if qualifier:
        said = replace(said, qualifier_id=qualifier.concept_id)
    quantity = _QUANTITY.fullmatch(value)
    unit = terms_by_unit(quantity[2]) if quantity and quantity[2] else None
    if quantity and (unit or not quantity[2]):
        own = term.unit_concept_id if term else None
        if unit and own and unit != own:
            yield replace(said, fault="an item in another unit than that of its term")
            return
        yield replace(said, number=float(quantity[1]), unit_id=unit or own)
        return
    answers = terms_by_word("Meas Value", "Condition")
    parts = [answers.get(normalised(part)) for part in value.split("|")]
    if all(parts):
        # An answer is an observation, also where its question is a measured one.
        for answer in parts:
            if answer:
                yield replace(
                    said,
                    slot="observation",
                    value_id=answer.concept_id,
                    value_source=answer.key,
                )
        return
    about_id = said.qualifier_id
    yield replace(said, slot="observation", text=value, qualifier_id=None, value_id=about_id)


def terms_by_unit(word: str) -> int | None:
    """The concept of a unit by its code."""
    for term in terms_by_word("Unit").values():
        if normalised(term.concept_code) == normalised(word):
            return term.concept_id
    return None
