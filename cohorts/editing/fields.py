"""Properties of a definition as the controls of a form, and back.

A control holds text. What was not touched in the form is not touched in the definition either,
however unusual it is written there: only text that differs from what was shown is read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cohorts.editing.paths import NOTHING, Document, fields_of, find_at, kind_at
from cohorts.errors import DefinitionError
from cohorts.model import read_part
from cohorts.schema import GROUP_TYPES, LIMIT_TYPES, OBJECTS, UNSUPPORTED_PROPERTIES
from cohorts.words import DATE_OPERATORS, OPERATORS, TEXT_OPERATORS, label_of

Texts = Mapping[str, Sequence[str]]
Choices = tuple[tuple[str, str], ...]

_SCALARS: Final = {"int", "long", "codeset", "number", "bool", "text", "date", "limit", "group"}
# Objects whose properties are all scalars are one control with several parts.
FLAT: Final = {
    name
    for name, fields in OBJECTS.items()
    if all(kind.rstrip("!") in _SCALARS or "|" in kind for kind in fields.values())
}
# Shown at once; everything else is one click away.
COMMON: Final = {
    "CodesetId", "First", "Age", "Gender", "AgeAtStart", "OccurrenceStartDate", "EraStartDate",
    "ValueAsNumber", "ValueAsConcept", "ValueAsString", "Unit", "EraLength", "OccurrenceCount",
    "VisitLength", "PeriodLength", "GapDays", "Duration", "PeriodStartDate", "Race", "Ethnicity",
}  # fmt: skip
_LONG: Final = {"description"}
_LABELS: Final = {
    "CodesetId": "concept set",
    "First": "only the first in the person's history",
    "PriorDays": "days of observation before",
    "PostDays": "days of observation after",
    "EraPad": "join periods less than this many days apart",
    "DrugCodesetId": "drugs, as a concept set",
    "DateField": "counted from",
    "Offset": "days added",
    "GapDays": "days between two that still belong together",
    "DaysSupplyOverride": "days that every exposure is taken to last",
    "RestrictVisit": "at the same visit",
    "IgnoreObservationPeriod": "also outside the period of observation",
    "UseIndexEnd": "counted from the end of the index event",
    "UseEventEnd": "by the end of this event",
    "IsDistinct": "count different ones only",
    "CountColumn": "different in",
    "Start": "from",
    "End": "to",
    "Days": "days",
    "Coeff": "before or after",
    "Type": "kind",
    "Value": "value",
    "Extent": "and",
    "IsExclusion": "not in it",
    "name": "name",
    "description": "description",
}
_CHOICES: Final[dict[tuple[str, str], Choices]] = {
    ("Endpoint", "Coeff"): (("-1", "days before"), ("1", "days after")),
    ("Occurrence", "Type"): (("2", "at least"), ("1", "at most"), ("0", "exactly")),
    ("EndStrategy.DateOffset", "DateField"): (
        ("StartDate", "the start of the event"),
        ("EndDate", "the end of the event"),
    ),
}


@dataclass(frozen=True)
class Control:
    """One input: ``kind`` is number, date, text, long, check, choice, set or concepts."""

    key: str
    kind: str
    label: str
    texts: tuple[str, ...]
    choices: Choices = ()


@dataclass(frozen=True)
class Field:
    """A property with its controls. ``common`` ones are shown at once."""

    path: str
    name: str
    label: str
    controls: tuple[Control, ...]
    common: bool

    @property
    def filled(self) -> bool:
        """Whether the definition has it."""
        return any(text for control in self.controls for text in control.texts)


def field_at(document: Document, path: str) -> Field:
    """The controls of one property of a definition.

    Raises:
        DefinitionError: if Circe has no such property, or it has no form.
    """
    kind = kind_at(path)
    name = path.rsplit(".", 1)[-1]
    parent = kind_at(path.rsplit(".", 1)[0])
    if not has_form(kind):
        raise DefinitionError(path, "has no form; edit it as JSON")
    value = find_at(document, path)
    texts = render(kind, value)
    controls = tuple(
        _control(sub, of_kind, parent if not sub else kind, name, texts[sub])
        for sub, of_kind in _parts(kind)
    )
    present = value is not NOTHING and value is not None
    return Field(path, name, _label(name), controls, common=name in COMMON or present)


def object_fields(document: Document, path: str) -> list[Field]:
    """A field for every property of an object that has a form, in the schema's order."""
    kind = kind_at(path)
    held = find_at(document, path)
    found = []
    for name, of_kind in fields_of(kind).items():
        refused = name in UNSUPPORTED_PROPERTIES and not (isinstance(held, dict) and name in held)
        if has_form(of_kind.rstrip("!")) and not refused:
            found.append(field_at(document, f"{path}.{name}"))
    return found


def has_form(kind: str) -> bool:
    """Whether a property of a kind is edited by controls and not as a part of its own."""
    return kind in _SCALARS or "|" in kind or kind in FLAT or kind == "[Concept]"


def render(kind: str, value: Any) -> dict[str, tuple[str, ...]]:
    """What the controls of a property show."""
    if kind == "[Concept]":
        entries = value if isinstance(value, list) else []
        ids = (entry.get("CONCEPT_ID") for entry in entries if isinstance(entry, dict))
        return {"": tuple(str(identifier) for identifier in ids if identifier is not None)}
    if kind in FLAT:
        held = value if isinstance(value, dict) else {}
        return {
            name: _texts(of_kind.rstrip("!"), held.get(name))
            for name, of_kind in OBJECTS[kind].items()
        }
    return {"": _texts(kind, None if value is NOTHING else value)}


def read(
    path: str, kind: str, old: Any, texts: Texts, known: Mapping[int, Document] | None = None
) -> Any:
    """The value that texts stand for, ``NOTHING`` if they are empty, or ``old`` if untouched.

    ``known`` are concepts by id, as Circe JSON has them.

    Raises:
        DefinitionError: saying what was expected.
    """
    shown = render(kind, old)
    given = {sub: _cleaned(texts.get(sub, ()), kind) for sub in shown}
    if all(_same(kind, given[sub], shown[sub]) for sub in shown):
        return old
    if kind == "[Concept]":
        return _concepts(path, old, given[""], known or {})
    if kind not in FLAT:
        made = _scalar_of(kind, given[""])
        return NOTHING if made is None else _thawed(read_part(made, kind, path))
    kept = old if isinstance(old, dict) else {}
    fields = {name: of_kind.rstrip("!") for name, of_kind in OBJECTS[kind].items()}
    raw = {}
    for name, of_kind in fields.items():
        if given[name] == shown[name]:
            if name in kept:
                raw[name] = kept[name]
            continue
        made = _scalar_of(of_kind, given[name])
        if made is not None:
            raw[name] = _thawed(read_part(made, of_kind, f"{path}.{name}"))
    if kind != "Endpoint" and all(
        fields[name] == "bool" or "|" in fields[name] for name in raw if raw[name] is not None
    ):
        return NOTHING
    read_part(raw, kind, path)
    # What the form does not know is kept.
    return {**{name: kept[name] for name in kept if name not in fields}, **raw}


def _control(sub: str, kind: str, parent: str, name: str, texts: tuple[str, ...]) -> Control:
    label = _label(sub) if sub else _label(name)
    of = (parent, sub or name)
    if of in _CHOICES:
        return Control(sub, "choice", label, texts, _CHOICES[of])
    if sub == "Op":
        operators = {"DateRange": DATE_OPERATORS, "TextFilter": TEXT_OPERATORS}.get(
            parent, OPERATORS
        )
        words = tuple(
            (op, re.sub(r" ?\{\d\}| to \{1\}", "", text)) for op, text in operators.items()
        )
        named = tuple((op, _OPERATOR_NAMES.get(op, text)) for op, text in words)
        return Control(sub, "choice", "is", texts, named)
    if kind == "limit":
        names = {"FIRST": "the earliest", "LAST": "the latest", "ALL": "all"}
        return Control(
            sub, "choice", label, texts, tuple((t.capitalize(), names[t]) for t in LIMIT_TYPES)
        )
    if kind == "group":
        names = {
            "ALL": "all of the following",
            "ANY": "any of the following",
            "AT_LEAST": "at least this many of the following",
            "AT_MOST": "at most this many of the following",
        }
        return Control(sub, "choice", label, texts, tuple((t, names[t]) for t in GROUP_TYPES))
    if "|" in kind:
        choices = tuple((value, value.replace("_", " ").lower()) for value in kind.split("|"))
        return Control(sub, "choice", label, texts, choices)
    controls = {
        "codeset": "set",
        "[Concept]": "concepts",
        "bool": "check",
        "int": "number",
        "long": "number",
        "number": "decimal",
        "date": "date",
    }
    long = "long" if (sub or name) in _LONG else "text"
    return Control(sub, controls.get(kind, long), label, texts)


_OPERATOR_NAMES: Final = {
    "eq": "exactly",
    "!eq": "other than",
    "bt": "between",
    "!bt": "not between",
}


def _parts(kind: str) -> list[tuple[str, str]]:
    if kind in FLAT:
        return [(name, of_kind.rstrip("!")) for name, of_kind in _ordered(kind)]
    return [("", kind)]


def _ordered(kind: str) -> list[tuple[str, str]]:
    """The operator comes before the values that it takes, as one reads it."""
    return sorted(OBJECTS[kind].items(), key=lambda field: field[0] != "Op")


def _label(name: str) -> str:
    return _LABELS.get(name) or label_of(name)


def _texts(kind: str, value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    if kind == "bool":
        return ("on",) if value is True else ()
    if kind == "limit":
        return (str(value).capitalize(),)
    if kind == "group":
        return (str(value).upper(),)
    if kind == "date":
        return (str(value)[:10],)
    text = str(value).strip() if kind in {"int", "long", "number", "codeset"} else str(value)
    return (text,) if text else ()


def _cleaned(texts: Sequence[str], kind: str) -> tuple[str, ...]:
    if kind == "[Concept]":
        ids = [part for text in texts for part in re.split(r"[\s,;]+", text) if part]
        return tuple(dict.fromkeys(ids))
    return tuple(text for text in texts if text.strip())


def _same(kind: str, given: tuple[str, ...], shown: tuple[str, ...]) -> bool:
    if kind == "[Concept]":
        return sorted(given) == sorted(shown)
    # A browser sends lines ended by CR LF.
    return [text.replace("\r\n", "\n") for text in given] == [
        text.replace("\r\n", "\n") for text in shown
    ]


def _scalar_of(kind: str, texts: tuple[str, ...]) -> Any:
    if kind == "bool":
        return bool(texts)
    if not texts:
        return None
    text = texts[-1]
    return text if kind == "text" else text.strip()


def _concepts(path: str, old: Any, ids: tuple[str, ...], known: Mapping[int, Document]) -> Any:
    if not ids:
        return NOTHING
    held = {
        str(entry.get("CONCEPT_ID")): entry
        for entry in (old if isinstance(old, list) else [])
        if isinstance(entry, dict)
    }
    made = []
    for text in ids:
        identifier = read_part(text, "int", path)
        made.append(held.get(text) or known.get(identifier) or {"CONCEPT_ID": identifier})
    return made


def _thawed(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _thawed(entry) for name, entry in value.items()}
    return [_thawed(entry) for entry in value] if isinstance(value, tuple) else value
