"""Parts of a lesson as form fields and back, from their dataclasses: nothing is listed twice.

A value is laid flat as texts by name (``options.0.text.en``); a form shows these texts, sends them
back, and they are read strictly. A row of a list that is left blank, or whose ``drop`` is ticked,
goes; ``place`` orders the rows, so that no dragging is needed. What was typed and cannot be read is
shown again as it was typed.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from casebank import documents
from casebank.editing.forms import CODED, DATA, LONG, label_of
from casebank.errors import CaseFormatError, EditRefused
from casebank.lesson import Wording
from casebank.terms import all_terms

T = TypeVar("T")
Flat = Mapping[str, str]
NEW_ROWS = 2
MOST_ROWS = 60

FieldKind = Literal["line", "text", "number", "check", "choice", "lines", "data", "code"]


@dataclass(frozen=True)
class Field:
    """One field of a form.

    ``lines`` has a line an entry, ``data`` has ids of data, ``code`` a code of ``casebank.terms``.
    """

    name: str
    label: str
    kind: FieldKind
    value: str
    options: tuple[str, ...] = ()
    hint: str = ""
    language: str = ""


@dataclass(frozen=True)
class Pair:
    """A wording: the same text in English and Chinese, side by side."""

    label: str
    en: Field
    zh: Field
    hint: str = ""


@dataclass(frozen=True)
class Row:
    """An entry of a list. ``new`` rows are blank and may stay so."""

    prefix: str
    label: str
    parts: tuple[Field | Pair, ...]
    new: bool
    place: str
    drop: bool


@dataclass(frozen=True)
class Rows:
    """A list of entries of one kind."""

    name: str
    label: str
    hint: str
    rows: tuple[Row, ...]


Part = Field | Pair | Rows


def flatten(value: Any, prefix: str = "") -> dict[str, str]:
    """A value of one of the forms as texts by name."""
    flat: dict[str, str] = {}
    for one in dataclasses.fields(value):
        held = getattr(value, one.name)
        name = f"{prefix}{one.name}"
        if held is None:
            continue
        if dataclasses.is_dataclass(held):
            flat |= flatten(held, f"{name}.")
        elif isinstance(held, tuple) and held and dataclasses.is_dataclass(held[0]):
            for place, row in enumerate(held):
                flat |= flatten(row, f"{name}.{place}.")
        elif isinstance(held, tuple):
            separator = " " if one.name in DATA else "\n"
            flat[name] = separator.join(
                ", ".join(item) if isinstance(item, tuple) else item for item in held
            )
        elif isinstance(held, bool):
            flat |= {name: "yes"} if held else {}
        else:
            flat[name] = f"{held:g}" if isinstance(held, float) else str(held)
    return flat


def layout(kind: type, flat: Flat, prefix: str = "", new_rows: int = NEW_ROWS) -> list[Part]:
    """The fields of a form for a value of ``kind``, filled from texts by name."""
    parts: list[Part] = []
    for name, hint in _hints(kind).items():
        entry = _entry_of(hint)
        if entry is not None:
            parts.append(_rows(kind, name, entry, flat, prefix, new_rows))
        else:
            parts.append(_simple(kind, name, hint, flat, prefix))
    return parts


def parse(kind: type[T], flat: Flat, prefix: str = "", where: str = "") -> T:
    """A value of ``kind`` from texts by name.

    Raises:
        EditRefused: saying which field cannot be read, and what is expected there.
    """
    try:
        document = _document(kind, flat, prefix, where)
        return documents.decode(kind, document, where or "the form")
    except CaseFormatError as error:
        raise EditRefused(f"That was not kept. {error}".rstrip(".") + ".") from None


def _document(kind: Any, flat: Flat, prefix: str, where: str) -> dict[str, Any]:
    document: dict[str, Any] = {}
    flat = _with_names(kind, flat, prefix)
    for name, hint in _hints(kind).items():
        label = label_of(kind, name)[0]
        entry = _entry_of(hint)
        if entry is None:
            document[name] = _read(kind, name, hint, flat, f"{prefix}{name}", f"{where}{label}")
            continue
        rows = []
        for place in _places(flat, f"{prefix}{name}."):
            row = f"{prefix}{name}.{place}."
            if flat.get(f"{row}drop") or _blank(entry, flat, row):
                continue
            order = _number(flat.get(f"{row}place", ""))
            said = f"{where}{label}, row {place + 1}: "
            document_of_row = (
                _wording(flat, row) if entry is Wording else _document(entry, flat, row, said)
            )
            documents.decode(entry, document_of_row, said.rstrip(": "))
            rows.append((order if order is not None else place + 1, document_of_row))
        document[name] = [row for _, row in sorted(rows, key=lambda one: one[0])]
    return document


def _with_names(kind: Any, flat: Flat, prefix: str) -> Flat:
    """The row with the names that a known code has, where none were written."""
    found = all_terms().get(flat.get(f"{prefix}code", "").strip()) if kind in CODED else None
    if found is None or _wording(flat, f"{prefix}title.") != {"en": "", "zh": ""}:
        return flat
    return {**flat, f"{prefix}title.en": found.en, f"{prefix}title.zh": found.zh}


def _read(kind: Any, name: str, hint: Any, flat: Flat, full: str, said: str) -> Any:
    inner, optional = _inner(hint)
    if inner is Wording:
        wording = _wording(flat, f"{full}.")
        if optional and not (wording["en"] or wording["zh"]):
            return None
        documents.decode(Wording, wording, said)
        return wording
    text = " ".join(flat.get(full, "").split())
    if get_origin(inner) is tuple:
        return _listed(flat.get(full, ""), name, get_args(inner)[0])
    if inner is bool:
        return bool(text)
    if inner in {int, float}:
        if not text and optional:
            return None
        number = _number(text)
        if number is None or (inner is int and number != int(number)):
            raise EditRefused(f"{said}: give a number.")
        return int(number) if inner is int else float(number)
    if get_origin(inner) is Literal:
        if text not in get_args(inner):
            raise EditRefused(f"{said}: choose one of {', '.join(map(str, get_args(inner)))}.")
        return text
    if not text:
        raise EditRefused(f"{said}: write something here.")
    return text


def _listed(text: str, name: str, inner: Any) -> list[Any]:
    if get_origin(inner) is tuple:
        return [
            [one.strip() for one in line.split(",") if one.strip()]
            for line in text.splitlines()
            if line.strip()
        ]
    if name in DATA:
        return list(dict.fromkeys(text.replace(",", " ").split()))
    return [line.strip() for line in text.splitlines() if line.strip()]


def _rows(kind: Any, name: str, entry: Any, flat: Flat, prefix: str, new_rows: int) -> Rows:
    label, hint = label_of(kind, name)
    places = _places(flat, f"{prefix}{name}.")
    first_new = max(places, default=-1) + 1
    rows = []
    for place in [*places, *range(first_new, first_new + new_rows)]:
        row = f"{prefix}{name}.{place}."
        parts: list[Field | Pair] = []
        if entry is Wording:
            parts.append(_pair(label, "", flat, row, name in LONG))
        else:
            for inner_name, inner_hint in _hints(entry).items():
                parts.append(_simple(entry, inner_name, inner_hint, flat, row))
        new = place >= first_new
        rows.append(
            Row(
                row,
                f"{label} {place + 1}",
                tuple(parts),
                new,
                flat.get(f"{row}place", "" if new else str(place + 1)),
                bool(flat.get(f"{row}drop")),
            )
        )
    return Rows(f"{prefix}{name}", label, hint, tuple(rows))


def _simple(kind: Any, name: str, hint: Any, flat: Flat, prefix: str) -> Field | Pair:
    label, said = label_of(kind, name)
    full = f"{prefix}{name}"
    inner = _inner(hint)[0]
    if inner is Wording:
        return _pair(label, said, flat, f"{full}.", name in LONG)
    value = flat.get(full, "")
    if get_origin(inner) is tuple:
        return Field(full, label, "data" if name in DATA else "lines", value, hint=said)
    if inner is bool:
        return Field(full, label, "check", value, hint=said)
    if inner in {int, float}:
        return Field(full, label, "number", value, hint=said)
    if get_origin(inner) is Literal:
        return Field(full, label, "choice", value, tuple(map(str, get_args(inner))), said)
    coded = kind in CODED and name == "code"
    return Field(full, label, "code" if coded else "line", value, hint=said)


def _pair(label: str, hint: str, flat: Flat, prefix: str, long: bool) -> Pair:
    kind: FieldKind = "text" if long else "line"
    en, zh = f"{prefix}en", f"{prefix}zh"
    return Pair(
        label,
        Field(en, f"{label}, English", kind, flat.get(en, ""), language="en"),
        Field(zh, f"{label}, 中文", kind, flat.get(zh, ""), language="zh"),
        hint,
    )


def _wording(flat: Flat, prefix: str) -> dict[str, str]:
    return {language: flat.get(f"{prefix}{language}", "").strip() for language in ("en", "zh")}


def _blank(entry: Any, flat: Flat, row: str) -> bool:
    """Whether nobody wrote anything into a row; a choice alone is nothing written."""
    names = {"en": "", "zh": ""} if entry is Wording else _hints(entry)
    chosen = {name for name, hint in names.items() if get_origin(_inner(hint)[0]) is Literal}
    return not any(
        text.strip()
        for name, text in flat.items()
        if name.startswith(row)
        and (rest := name.removeprefix(row)) not in {"place", "drop"}
        and rest not in chosen
    )


def _places(flat: Flat, prefix: str) -> list[int]:
    found = {
        int(rest)
        for name in flat
        if name.startswith(prefix)
        and (rest := name.removeprefix(prefix).partition(".")[0]).isdigit()
        and len(rest) <= 3
    }
    return sorted(found)[:MOST_ROWS]


def _entry_of(hint: Any) -> Any:
    """The dataclass that a field is a list of, if it is one."""
    if get_origin(hint) is not tuple:
        return None
    entry = get_args(hint)[0]
    return entry if dataclasses.is_dataclass(entry) else None


def _inner(hint: Any) -> tuple[Any, bool]:
    if get_origin(hint) in (Union, types.UnionType):
        (inner,) = (one for one in get_args(hint) if one is not type(None))
        return inner, True
    return hint, False


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


@cache
def _hints(kind: Any) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {one.name: hints[one.name] for one in dataclasses.fields(kind)}
