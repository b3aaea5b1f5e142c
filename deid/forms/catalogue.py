"""Reads the forms from ``data/``: one CSV file a form, one line a field.

``forms.csv`` lists the forms; ``<form>.csv`` has what a form asks; ``head.csv`` and ``tail.csv``
are the fields that every form about a contact begins and ends with; ``choices.csv`` has the lists
of answers, ``units.csv`` the units and ``conversions.csv`` the other units that a field may be in.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import get_args

from deid.errors import FormError
from deid.forms.model import (
    CHOSEN,
    NUMBERS,
    Choice,
    Column,
    Conversion,
    Field,
    Kind,
    ResidentForm,
    Unit,
    normalised,
)
from deid.vocabulary import Term, load_terms

_FIELD_COLUMNS = ("key", "zh", "en", "kind", "unit", "low", "high", "choices", "also")
_COLUMNS = {
    "forms.csv": ("key", "zh", "en", "chapter", "note_class", "problem", "mode", "contact"),
    "choices.csv": ("list", "number", "key", "zh", "en", "also"),
    "units.csv": ("code", "zh", "en", "concept"),
    "conversions.csv": ("key", "unit", "to", "factor", "offset"),
}
_NAMED: frozenset[Kind] = frozenset(
    {"reading", "amount", "answer", "answers", "text", "day", "due", "family"}
)
"""Kinds of fields whose key is a term; choices name the terms of the other coded ones."""

SEPARATORS = ",，、;；/|"
"""Between several answers in one cell."""


@cache
def load_forms() -> tuple[ResidentForm, ...]:
    """All shipped forms, in the order of the standard.

    Raises:
        FormError: for the first fault, with file and line.
    """
    return read_forms(files("deid.forms") / "data", load_terms())


def find_form(name: str) -> ResidentForm | None:
    """The form of a key or title, in either language and however it is written; None if none."""
    wanted = normalised(name.replace("_", " "))
    for form in load_forms():
        if wanted in {normalised(form.key), normalised(form.zh), normalised(form.en)}:
            return form
    return None


def read_forms(folder: Traversable, terms: tuple[Term, ...]) -> tuple[ResidentForm, ...]:
    """The forms of a folder, checked against the vocabulary and against each other.

    Raises:
        FormError: for the first fault, with file and line: a wrong header, a key that is no term,
            an unknown kind, unit or list of choices, a choice or a header that comes twice.
    """
    reader = _Reader(folder, {term.key: term for term in terms})
    forms = []
    for line in reader.lines("forms.csv"):
        line.unique("key")
        forms.append(reader.form(line))
    return tuple(forms)


@dataclass(frozen=True)
class _Line:
    """One line of a file; ``seen`` is shared by the lines of the file."""

    place: str
    values: Mapping[str, str]
    seen: dict[tuple[str, str], str]

    def __getitem__(self, column: str) -> str:
        return self.values[column]

    def fault(self, what: str) -> FormError:
        return FormError(f"{self.place}: {what}")

    def unique(self, *columns: str) -> None:
        value = "\t".join(self[column] for column in columns)
        first = self.seen.setdefault((columns[0], value), self.place)
        if first != self.place:
            raise self.fault(f"{columns[-1]} {self[columns[-1]]} comes twice, first in {first}")

    def required(self, *columns: str) -> None:
        for column in columns:
            if not self[column]:
                raise self.fault(f"{column} is empty")

    def number(self, column: str) -> float | None:
        if not self[column]:
            return None
        try:
            number = float(self[column])
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            raise self.fault(f"{column} is not a number")
        return number


class _Reader:
    """Reads the files of one folder; lists of choices and units are read first."""

    def __init__(self, folder: Traversable, terms: Mapping[str, Term]) -> None:
        self._folder, self._terms = folder, terms
        self._units = {line["code"]: self._unit(line) for line in self.lines("units.csv")}
        self._choices: dict[str, list[Choice]] = {}
        for line in self.lines("choices.csv"):
            self._choices.setdefault(line["list"], []).append(self._choice(line))
        self._conversions: dict[str, list[Conversion]] = {}
        for line in self.lines("conversions.csv"):
            self._conversions.setdefault(line["key"], []).append(self._conversion(line))
        self._head = [self._field(line) for line in self.lines("head.csv", _FIELD_COLUMNS)]
        self._tail = [self._field(line) for line in self.lines("tail.csv", _FIELD_COLUMNS)]

    def lines(self, name: str, columns: tuple[str, ...] | None = None) -> Iterator[_Line]:
        """The lines of a file under its header."""
        columns = columns or _COLUMNS[name]
        file = self._folder / name
        if not file.is_file():
            raise FormError(f"{name}: no such file")
        try:
            text = file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            raise FormError(f"{name}: not UTF-8") from None
        rows = csv.reader(io.StringIO(text, newline=""))
        if tuple(next(rows, [])) != columns:
            raise FormError(f"{name} line 1: the header is not {','.join(columns)}")
        seen: dict[tuple[str, str], str] = {}
        for values in rows:
            place = f"{name} line {rows.line_num}"
            if len(values) != len(columns):
                raise FormError(f"{place}: {len(values)} values, {len(columns)} columns")
            yield _Line(place, dict(zip(columns, values, strict=True)), seen)

    def form(self, line: _Line) -> ResidentForm:
        """A form with its fields."""
        line.required("key", "zh", "en", "chapter", "note_class", "mode")
        for column in ("note_class", "problem"):
            if line[column]:
                self._known(line, line[column], column)
        if line["contact"] not in {"yes", "no"}:
            raise line.fault("contact is neither yes nor no")
        name = f"{line['key'].replace(' ', '_')}.csv"
        own = [self._field(each) for each in self.lines(name, _FIELD_COLUMNS)]
        keys = {field.key for field in own}
        if line["contact"] == "yes":
            # A form's own line of a common field stands for it.
            own = [
                *(field for field in self._head if field.key not in keys),
                *own,
                *(field for field in self._tail if field.key not in keys),
            ]
        form = ResidentForm(
            key=line["key"],
            zh=line["zh"],
            en=line["en"],
            chapter=line["chapter"],
            note_class=line["note_class"],
            problem=line["problem"] or None,
            mode=line["mode"],
            fields=tuple(own),
        )
        _check_headers(name, form)
        return form

    def _field(self, line: _Line) -> Field:
        line.required("key", "zh", "en", "kind")
        line.unique("key")
        kind: Kind = line["kind"]  # type: ignore[assignment]
        if kind not in get_args(Kind):
            raise line.fault(f"unknown kind {line['kind']}")
        if kind in _NAMED:
            self._known(line, line["key"].partition(":")[0], "key")
        if kind != "person" and bool(line["choices"]) != (kind in CHOSEN):
            raise line.fault("choices belong to fields that are chosen, and only to those")
        choices = tuple(self._choices.get(line["choices"], ()))
        if line["choices"] and not choices:
            raise line.fault(f"unknown list of choices {line['choices']}")
        low, high = line.number("low"), line.number("high")
        if kind == "drugs":
            low = None
        elif kind not in NUMBERS and (low is not None or high is not None):
            raise line.fault("only numbers have limits")
        if low is not None and high is not None and low >= high:
            raise line.fault("low is not below high")
        return Field(
            key=line["key"],
            zh=line["zh"],
            en=line["en"],
            kind=kind,
            units=self._field_units(line, kind),
            low=low,
            high=None if kind == "drugs" else high,
            choices=choices,
            lines=int(high or 1) if kind == "drugs" else 1,
            also=_several(line["also"]),
        )

    def _field_units(self, line: _Line, kind: Kind) -> tuple[Conversion, ...]:
        if kind not in NUMBERS:
            if line["unit"]:
                raise line.fault("only numbers have a unit")
            return ()
        unit = self._units.get(line["unit"]) if line["unit"] else None
        if line["unit"] and unit is None:
            raise line.fault(f"unknown unit {line['unit']}")
        own = Conversion(unit, line["key"])
        return (own, *self._conversions.get(line["key"], ()))

    def _unit(self, line: _Line) -> Unit:
        line.required("code", "zh", "en")
        line.unique("code")
        if line["concept"]:
            self._known(line, line["concept"], "concept")
        return Unit(line["code"], line["zh"], line["en"], line["concept"] or None)

    def _choice(self, line: _Line) -> Choice:
        line.required("list", "number", "key", "zh", "en")
        if not line["number"].isdecimal():
            raise line.fault("number is not a whole number")
        line.unique("list", "number")
        self._known(line, line["key"], "key")
        choice = Choice(
            int(line["number"]), line["key"], line["zh"], line["en"], _several(line["also"])
        )
        for word in set(choice.words()):
            if any(separator in word for separator in SEPARATORS):
                raise line.fault("a word of a choice holds a sign that separates answers")
            first = line.seen.setdefault((f"word of {line['list']}", word), line.place)
            if first != line.place:
                raise line.fault(f"the word {word} is also that of {first}")
        return choice

    def _conversion(self, line: _Line) -> Conversion:
        line.required("key", "unit", "to", "factor")
        self._known(line, line["key"], "key")
        self._known(line, line["to"], "to")
        if line["unit"] not in self._units:
            raise line.fault(f"unknown unit {line['unit']}")
        return Conversion(
            self._units[line["unit"]],
            line["to"],
            line.number("factor") or 1.0,
            line.number("offset") or 0.0,
        )

    def _known(self, line: _Line, key: str, column: str) -> None:
        if key not in self._terms:
            raise line.fault(f"{column} {key} is not a term of the vocabulary")


def _several(text: str) -> tuple[str, ...]:
    return tuple(text.split("|")) if text else ()


def _check_headers(name: str, form: ResidentForm) -> None:
    """Refuse a form of which one header could be two columns."""
    seen: dict[str, Column] = {}
    for column in form.columns:
        for header in set(column.headers()):
            first = seen.setdefault(header, column)
            if first is not column:
                raise FormError(
                    f"{name}: the header {header} is of {first.field.key} and {column.field.key}"
                )
