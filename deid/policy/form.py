"""The form of a policy file: what each key may hold, checked on reading and told to editors.

One declaration serves both: :func:`mistakes_of_form` says what is wrong and what to write instead,
:func:`json_schema` gives the same as JSON Schema (draft 2020-12).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from deid.policy.columns import classification
from deid.policy.model import (
    CONSTANTS,
    COUNTS,
    HIERARCHIES,
    OPTIONS,
    POLICY_FORMAT,
    QUASI_IDENTIFIERS,
    THRESHOLDS,
    RareScope,
    Treatment,
)
from deid.policy.positions import Path
from deid.policy.standards import standards

Mistake = tuple[Path, str]
"""Where it is, and what is wrong with what to write instead."""


@dataclass(frozen=True)
class Field:
    """What a key may hold: as a test, in words, and as JSON Schema."""

    fits: Callable[[Any], bool]
    words: str
    schema: Mapping[str, Any]


def _text() -> Field:
    return Field(
        lambda v: isinstance(v, str) and bool(v.strip()),
        "text",
        {"type": "string", "pattern": r"\S"},
    )


def _whole(low: int, high: int) -> Field:
    return Field(
        lambda v: isinstance(v, int) and not isinstance(v, bool) and low <= v <= high,
        f"a whole number from {low} to {high}",
        {"type": "integer", "minimum": low, "maximum": high},
    )


def _number(low: float, high: float | None) -> Field:
    words = f"a number from {low:g} to {high:g}" if high is not None else f"{low:g} or more"
    top = {} if high is None else {"maximum": high}
    return Field(
        lambda v: (
            isinstance(v, int | float)
            and not isinstance(v, bool)
            and v >= low
            and (high is None or v <= high)
        ),
        words,
        {"type": "number", "minimum": low, **top},
    )


def _choice(*values: str) -> Field:
    return Field(
        lambda v: isinstance(v, str) and v in values,
        "one of " + ", ".join(f'"{value}"' for value in values),
        {"enum": list(values)},
    )


def _pattern(pattern: str, words: str) -> Field:
    return Field(
        lambda v: isinstance(v, str) and re.fullmatch(pattern, v) is not None,
        words,
        {"type": "string", "pattern": f"^(?:{pattern})$"},
    )


def _list_of(item: Field, least: int = 0) -> Field:
    return Field(
        lambda v: (
            isinstance(v, list)
            and all(map(item.fits, v))
            and len(set(v)) == len(v)
            and len(v) >= least
        ),
        f"a list, each once, of {item.words.removeprefix('one of ')}",
        {"type": "array", "items": item.schema, "uniqueItems": True, "minItems": least},
    )


_OTHERS = [name for name in QUASI_IDENTIFIERS if name != "year_of_birth"]
_STEP = _pattern(
    rf"year_of_birth:[1-9]\d*|(?:{'|'.join(_OTHERS)}):none",
    '"year_of_birth:WIDTH" with a width in years, or "COLUMN:none" with a quasi-identifier',
)

SECTIONS: Mapping[str, Mapping[str, Field]] = {
    "": {
        "format": _choice(POLICY_FORMAT),
        "name": _text(),
        "version": _text(),
        "title": _text(),
        "description": _text(),
        "extends": _text(),
        "purpose": _text(),
        "recipient": _text(),
        "adversary": _text(),
        "claims": _list_of(_choice(*standards())),
        "pool_ages_over": _whole(1, 89),
    },
    "dates": {
        "shift": _choice("household", "none"),
        "max_weeks": _whole(1, 520),
        "min_weeks": _whole(1, 520),
        "max_share": _number(0.001, 0.4),
        "time_of_day": _choice("keep", "truncate"),
    },
    "text": {
        "dates": _choice("shift", "year"),
        "ages": _choice("keep", "band"),
        "age_band_years": _whole(2, 90),
    },
    "places": {
        "zip3_over_20000": _list_of(_pattern(r"\d{3}", "three digits as text")),
    },
    "risk": {
        "k": _whole(2, 1_000_000),
        "quasi_identifiers": _list_of(_choice(*QUASI_IDENTIFIERS), 1),
        "birth_year_band": _whole(1, 200),
        "steps": _list_of(_STEP),
    },
    "risk.rare": {
        "diseases_below": _whole(1, 1_000_000),
        "areas_below": _whole(1, 1_000_000),
    },
    "risk.knowledge": {"levels": _whole(0, 10), "days": _whole(1, 366)},
    "risk.population": {"name": _text(), "people": _whole(1, 10_000_000_000)},
}
"""Keys of each section that hold plain values."""

REQUIRED = ("format", "name", "version", "title", "description")
NESTED: Mapping[str, frozenset[str]] = {
    "": frozenset({"dates", "text", "places", "risk", "dropped", "kinds", "tables"}),
    "risk": frozenset({"thresholds", "rare", "knowledge", "population"}),
}
"""Keys of a section that hold tables of their own."""

_OPTION_FIELDS: Mapping[str, Field] = {
    "rule": _text(),
    "domain": _text(),
    "domain_from": _text(),
    "hierarchy": _choice(*HIERARCHIES),
    "scope": _choice(*RareScope),
    "value": Field(
        lambda v: (
            isinstance(v, str | int | float)
            and not isinstance(v, bool)
            and (not isinstance(v, str) or v[:1] != "@" or v in CONSTANTS)
        ),
        f"text, a number or {', '.join(sorted(CONSTANTS))}",
        {"type": ["string", "number"]},
    ),
}


def threshold_field(name: str) -> Field:
    """What a threshold may be set to."""
    return _number(1 if name == "smallest_class" else 0, None if name in COUNTS else 1)


def mistakes_of_form(document: Mapping[str, Any]) -> Iterator[Mistake]:
    """Every mistake of form in one file, in the order of its sections."""
    for name in REQUIRED:
        if name not in document:
            yield (name,), f"is missing; write {name} = {_example(name)}"
    for section in SECTIONS:
        body = section_of(document, section)
        if isinstance(body, dict):
            yield from _section(section, body)
        else:
            yield tuple(section.split(".")), f"must be a table; write [{section}]"
    yield from _tables_of_rules(document)


def section_of(document: Mapping[str, Any], section: str) -> Any:
    """What stands under a section's name (``risk.rare``); empty if nothing does."""
    found: Any = document
    for part in section.split(".") if section else ():
        found = found.get(part, {}) if isinstance(found, dict) else {}
    return found


def _example(name: str) -> str:
    return f'"{POLICY_FORMAT}"' if name == "format" else '"..."'


def _section(section: str, body: Mapping[str, Any]) -> Iterator[Mistake]:
    path: Path = tuple(section.split(".")) if section else ()
    fields, nested = SECTIONS[section], NESTED.get(section, frozenset())
    for key, value in body.items():
        if key in nested:
            continue
        if key not in fields:
            yield (*path, key), f"is unknown; known are {', '.join(sorted({*fields, *nested}))}"
        elif not fields[key].fits(value):
            yield (*path, key), f"must be {fields[key].words}"


def _tables_of_rules(document: Mapping[str, Any]) -> Iterator[Mistake]:
    risk = document.get("risk", {})
    for name, value in _entries(risk if isinstance(risk, dict) else {}, "thresholds"):
        path = ("risk", "thresholds", name)
        if name not in THRESHOLDS:
            yield path, f"is no threshold; there are {', '.join(THRESHOLDS)}"
        elif not threshold_field(name).fits(value):
            yield path, f"must be {threshold_field(name).words}"
    for name, value in _entries(document, "dropped"):
        if not (isinstance(value, str) and value.strip()):
            yield ("dropped", name), "needs the reason as text"
        elif name in dict(_entries(document, "tables")):
            yield (
                ("dropped", name),
                f"is treated under [tables.{name}] as well; take one of the two away",
            )
    for name, value in _entries(document, "kinds"):
        if name not in classification().kinds:
            yield (
                ("kinds", name),
                f"is no kind of column; there are {', '.join(classification().kinds)}",
            )
        else:
            yield from _rule(("kinds", name), value, of_kind=True)
    for table, columns in _entries(document, "tables"):
        if not isinstance(columns, dict) or not columns:
            yield ("tables", table), "must be a table of columns"
            continue
        for column, value in columns.items():
            yield from _rule(("tables", table, column), value, of_kind=False)
    for key in ("dropped", "kinds", "tables"):
        if not isinstance(document.get(key, {}), dict):
            yield (key,), f"must be a table; write [{key}]"
    if isinstance(risk, dict) and not isinstance(risk.get("thresholds", {}), dict):
        yield ("risk", "thresholds"), "must be a table; write [risk.thresholds]"


def _entries(document: Mapping[str, Any], key: str) -> Iterator[tuple[str, Any]]:
    found = document.get(key, {})
    return iter(found.items() if isinstance(found, dict) else ())


def _rule(path: Path, value: Any, of_kind: bool) -> Iterator[Mistake]:
    options = {"treatment": value} if isinstance(value, str) else value
    if not isinstance(options, dict) or options.get("treatment") not in list(Treatment):
        yield path, f"needs a treatment, one of {', '.join(Treatment)}"
        return
    treatment = Treatment(options["treatment"])
    for option, given in options.items():
        if option == "treatment":
            continue
        if option != "rule" and option not in OPTIONS[treatment]:
            known = ", ".join(sorted({*OPTIONS[treatment], "rule"}))
            yield (*path, option), f"is no option of {treatment.value}; known are {known}"
        elif not _OPTION_FIELDS[option].fits(given):
            yield (*path, option), f"must be {_OPTION_FIELDS[option].words}"
    if treatment is Treatment.CONSTANT and "value" not in options:
        yield path, 'constant needs a value; write { treatment = "constant", value = "..." }'
    if treatment is Treatment.GENERALISE and "hierarchy" not in options:
        yield path, f"generalise needs a hierarchy, one of {', '.join(HIERARCHIES)}"
    if treatment is Treatment.PSEUDONYM and {"domain", "domain_from"} <= set(options):
        yield path, "a pseudonym has domain or domain_from, not both"
    if of_kind and {"domain", "domain_from"} & set(options):
        yield path, "the domain of an id belongs to its column, not to its kind; leave it out"


def json_schema() -> dict[str, Any]:
    """The form as JSON Schema, for editors that know TOML."""
    rule = {
        "anyOf": [
            {"enum": [item.value for item in Treatment if item is not Treatment.CONSTANT]},
            {
                "type": "object",
                "required": ["treatment"],
                "properties": {
                    "treatment": {"enum": [item.value for item in Treatment]},
                    **{name: dict(field.schema) for name, field in _OPTION_FIELDS.items()},
                },
                "additionalProperties": False,
            },
        ]
    }
    sections = {
        name: _object({key: dict(field.schema) for key, field in fields.items()})
        for name, fields in SECTIONS.items()
        if name
    }
    for name in [name for name in sections if "." in name]:
        above, _, own = name.partition(".")
        sections[above]["properties"][own] = sections.pop(name)
    sections["risk"]["properties"]["thresholds"] = _object(
        {name: dict(threshold_field(name).schema) for name in THRESHOLDS}
    )
    schema = _object({key: dict(field.schema) for key, field in SECTIONS[""].items()})
    schema["properties"] |= {
        **sections,
        "dropped": {"type": "object", "additionalProperties": {"type": "string"}},
        "kinds": _object(dict.fromkeys(classification().kinds, rule)),
        "tables": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "minProperties": 1,
                "additionalProperties": rule,
            },
        },
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Care Commons de-identification policy",
        "required": list(REQUIRED),
        **schema,
    }


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "additionalProperties": False}
