"""What a cell says: each distinct text of a coded column is read once."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache

from deid.forms import Choice, Field, load_forms
from deid.forms.model import normalised
from deid.forms.words import terms_by_key, terms_by_word
from deid.importers.forms.meanings import Meaning, Meanings
from deid.vocabulary import Term

NOTHING = frozenset({"无", "none", "没有", "否认", "-", "—"})
_SLOT_OF_DOMAIN = {
    "Condition": "condition",
    "Procedure": "procedure",
    "Measurement": "measurement",
    "Observation": "observation",
}
_BETWEEN = re.compile(r"[,，、;；/|\n]+")
_NAMES = re.compile(r"[;；|\n]+")
_NAMES_LOOSE = re.compile(r"[;；|\n、,，]+")
_ITEMS = re.compile(r"(?:\n|[;；])\s*(?=[^;；=\n]+[=:：])")
_DAY = r"((?:19|20)\d\d)(?:[-/.年]?(\d{1,2}))?(?:[-/.月]?(\d{1,2}))?[年月日]?"
_DATED = re.compile(rf"(.*?)[\s(（:：]*{_DAY}(?:\s*[~～至]\s*{_DAY})?[)）]?")
_QUANTITY = re.compile(r"([+-]?\d+(?:\.\d+)?)\s*(\S*)")


@dataclass(frozen=True)
class Said:
    """One thing that a cell says, or the ``fault`` for which it cannot be read.

    ``slot`` is where it belongs: measurement, observation, condition, history, drug, vaccine,
    procedure. ``asked`` is the slot of its column, where its concept belongs elsewhere.
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
    end_day: dt.date | None = None
    asked: str | None = None
    fault: str | None = None

    def __repr__(self) -> str:
        return f"Said({self.slot or self.fault})"


Reader = Callable[[str], Iterable[Said]]


def reader_of(field: Field, meanings: Meanings) -> Reader:
    """The function that reads the cells of a coded field."""
    kind = field.kind
    if field.choices:
        choices = {word: choice for choice in field.choices for word in choice.words()}
        return lambda cell: _chosen(field, choices, cell)
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


def _chosen(field: Field, choices: Mapping[str, Choice], cell: str) -> Iterator[Said]:
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
                yield Said("condition", concept, concept, source=key)
        elif field.kind == "findings":
            if key != "NONE":
                yield Said(
                    "observation",
                    concept,
                    concept,
                    source=key,
                    value_id=terms["PRESENT"].concept_id,
                    value_source="PRESENT",
                )
        else:
            question = terms.get("SYMPTOM" if field.kind == "symptoms" else field.term)
            yield Said(
                _slot(question),
                question.concept_id if question else 0,
                question.concept_id if question else 0,
                source=question.key if question else None,
                value_id=concept,
                value_source=key,
            )


def _slot(question: Term | None) -> str:
    """A test with an answer, as 1+ or negative, is a measurement."""
    measured = question is not None and question.domain_id == "Measurement"
    return "measurement" if measured else "observation"


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
    alone = [] if normalised(cell) in NOTHING else [cell.strip()]
    names = alone if one else _names(cell, area, meanings)
    if not names:
        yield Said("nothing")
    for name in names:
        meaning = meanings.find(name, area) or Meaning(0)
        belongs = _SLOT_OF_DOMAIN.get(meaning.domain or "", slot)
        # What a diagnosis or procedure is filed as, the domain of its concept says.
        moved = belongs != slot and slot in {"condition", "procedure"} and meaning.concept_id != 0
        yield Said(
            belongs if moved else slot,
            meaning.concept_id,
            meaning.source_concept_id,
            source=name,
            asked=slot if moved else None,
        )


def _family(field: Field, cell: str, meanings: Meanings) -> Iterator[Said]:
    concept = terms_by_key()[field.term].concept_id
    for name in _names(cell, "Condition", meanings):
        meaning = meanings.find(name, "Condition") or Meaning(0)
        yield Said(
            "observation",
            concept,
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
        name, day, end = (dated[1].strip(), _day(dated, 2), _day(dated, 5)) if dated else (
            entry, None, None)  # fmt: skip
        if not name or (dated and day is None) or (dated and dated[5] and end is None):
            yield Said(fault="a date of diagnosis that is no date")
            continue
        meaning = meanings.find(name, "Condition") or Meaning(0)
        said = Said("history", meaning.concept_id, meaning.source_concept_id, source=name)
        yield replace(said, day=day, end_day=end)


def _day(dated: re.Match[str], group: int) -> dt.date | None:
    """The first day of a year or month if no more is known."""
    year, month, day = dated.group(group, group + 1, group + 2)
    try:
        return dt.date(int(year), int(month or 1), int(day or 1)) if year else None
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
    said = Said(
        slot,
        meaning.concept_id,
        meaning.source_concept_id or meaning.concept_id,
        term.key if term else name,
    )
    qualifier = terms_by_key().get(about)
    if qualifier:
        said = replace(said, qualifier_id=qualifier.concept_id)
    if len(value) > 1 and value[0] == value[-1] == '"':
        yield replace(
            said,
            slot="observation",
            text=value[1:-1],
            qualifier_id=None,
            value_id=said.qualifier_id,
        )
        return
    quantity = _QUANTITY.fullmatch(value)
    unit = unit_concept(quantity[2]) if quantity and quantity[2] else None
    if quantity and (unit or not quantity[2]):
        own = (term.unit_concept_id or _units_told().get(term.key)) if term else None
        if unit and own and unit != own:
            yield replace(said, fault="an item in another unit than that of its term")
            return
        yield replace(said, number=float(quantity[1]), unit_id=unit or own)
        return
    answers = terms_by_word("Meas Value", "Condition")
    parts = [answers.get(normalised(part)) for part in value.split("|")]
    if all(parts):
        for answer in parts:
            if answer:
                yield replace(said, value_id=answer.concept_id, value_source=answer.key)
        return
    yield replace(said, slot="observation", text=value)


@cache
def _units_told() -> Mapping[str, int]:
    """The unit that the forms give to what is told or counted, by term."""
    return {
        field.key: terms_by_key()[conversion.unit.concept].concept_id
        for form in load_forms()
        for field in form.fields
        for conversion in field.units[:1]
        if field.kind == "amount" and conversion.unit and conversion.unit.concept
    }


@cache
def unit_concept(word: str) -> int | None:
    """The concept of a unit by its code."""
    for term in terms_by_word("Unit").values():
        if normalised(term.concept_code) == normalised(word):
            return term.concept_id
    return None
