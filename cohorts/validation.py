"""Parsed JSON held against the schema, value by value, and frozen.

Text where a number is wanted and the like is converted as the reference's reader converts it;
whatever could not be compiled into correct SQL is refused with the JSON path.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from cohorts.errors import DefinitionError
from cohorts.schema import GROUP_MEMBERS, GROUP_TYPES, LIMIT_TYPES, OBJECTS, WRAPPERS, Fields

MAX_DEPTH: Final = 100
# Rule masks pass through POWER(), a double in every engine: exact to 2**53.
MAX_INCLUSION_RULES: Final = 52
_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(T.*)?")
_INTEGER = re.compile(r"[+-]?\d{1,18}")
_NUMBER = re.compile(r"[+-]?\d{1,18}(\.\d{1,12})?")
_NUMERIC = frozenset({"int", "long", "codeset", "number"})
"""Kinds that web forms export as an empty text when nothing was entered."""
_BOOLEANS = {"true": True, "false": False, 0: False, 1: True}

Node = Mapping[str, Any]


class Reader:
    """Validates a parsed JSON value against the schema table and freezes it."""

    def __init__(self) -> None:
        self.unknown: list[str] = []

    def object(self, value: Any, fields: Fields, path: str, depth: int = 0) -> Node:
        """An object whose properties are those of ``fields``; others are noted and left out."""
        if depth > MAX_DEPTH:
            raise DefinitionError(path, f"nested more than {MAX_DEPTH} levels deep")
        if not isinstance(value, dict):
            raise DefinitionError(path, f"expected an object, found {kind_of(value)}")
        frozen: dict[str, Any] = {}
        for name, entry in value.items():
            if name not in fields:
                self.unknown.append(f"{path}.{name}")
                continue
            kind = fields[name].rstrip("!")
            if entry is None or (entry == "" and kind in _NUMERIC):
                if kind == "limit":
                    # The reference fails on the first of these, and reads the others as All.
                    if path.endswith(".PrimaryCriteriaLimit"):
                        raise DefinitionError(f"{path}.{name}", f"expected {_one_of(LIMIT_TYPES)}")
                    frozen[name] = "All"
                continue
            frozen[name] = self.value(entry, kind, f"{path}.{name}", depth + 1)
        for name, kind in fields.items():
            if kind.endswith("!") and name not in frozen:
                raise DefinitionError(f"{path}.{name}", "is missing")
        _check_object(fields, frozen, path)
        return MappingProxyType(frozen)

    def value(self, value: Any, kind: str, path: str, depth: int) -> Any:
        """A value of a kind, as the schema names kinds."""
        if kind.startswith("["):
            if not isinstance(value, list):
                raise DefinitionError(path, f"expected a list, found {kind_of(value)}")
            return tuple(
                self.value(entry, kind[1:-1], f"{path}[{index}]", depth)
                for index, entry in enumerate(value)
            )
        if kind in OBJECTS:
            return self.object(value, OBJECTS[kind], path, depth)
        if kind in WRAPPERS:
            return self.wrapper(value, kind, path, depth)
        return _scalar(value, kind, path)

    def wrapper(self, value: Any, kind: str, path: str, depth: int) -> Node:
        """An object whose one property names the type of what it holds."""
        choices = WRAPPERS[kind]
        if not isinstance(value, dict) or len(value) != 1:
            raise DefinitionError(path, f"expected an object with one property, the {kind}'s type")
        ((name, body),) = value.items()
        if name not in choices:
            raise DefinitionError(path, f"unknown {kind} {name[:60]!r}; known are {_list(choices)}")
        if body is None:
            raise DefinitionError(f"{path}.{name}", "expected an object, found null")
        return MappingProxyType(
            {name: self.object(body, choices[name], f"{path}.{name}", depth + 1)}
        )


def _scalar(value: Any, kind: str, path: str) -> Any:
    if kind == "any":
        return value if isinstance(value, (str, int, float, bool)) else None
    if kind in {"int", "codeset", "long"}:
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, str) and _INTEGER.fullmatch(value.strip()):
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            raise DefinitionError(path, f"expected a whole number, found {kind_of(value)}")
        bits = 64 if kind == "long" else 32
        if not -(2 ** (bits - 1)) <= value < 2 ** (bits - 1):
            raise DefinitionError(path, f"is beyond {bits} bits")
        return value
    if kind == "number":
        if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
            value = float(value) if "." in value else int(value)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise DefinitionError(path, f"expected a number, found {kind_of(value)}")
        if not abs(value) <= 1e15:
            raise DefinitionError(path, "is too large a number")
        return value
    if kind == "bool":
        if not isinstance(value, bool) and isinstance(value, (str, int)):
            value = _BOOLEANS.get(value.lower() if isinstance(value, str) else value, value)
        if not isinstance(value, bool):
            raise DefinitionError(path, f"expected true or false, found {kind_of(value)}")
        return value
    if not isinstance(value, str):
        if kind == "text" and isinstance(value, (int, float)) and not isinstance(value, bool):
            return str(value)
        raise DefinitionError(path, f"expected text, found {kind_of(value)}")
    if kind == "text":
        return value
    if kind == "date":
        return _date(value, path)
    if kind == "limit":
        return _choice(value, LIMIT_TYPES, path)
    if kind == "group":
        return _choice(value, GROUP_TYPES, path)
    choices = tuple(kind.split("|"))
    if value not in choices:
        raise DefinitionError(path, f"expected {_one_of(choices)}")
    return value


def _date(value: str, path: str) -> str:
    found = _DATE.fullmatch(value)
    try:
        if found is None:
            raise ValueError
        return datetime.date(*(int(found[part]) for part in (1, 2, 3))).isoformat()
    except ValueError:
        raise DefinitionError(path, "expected a date such as 2020-01-31") from None


def _choice(value: str, choices: tuple[str, ...], path: str) -> str:
    if value.upper() not in choices:
        raise DefinitionError(path, f"expected {_one_of(choices)}")
    return value


def _check_object(fields: Fields, frozen: dict[str, Any], path: str) -> None:
    """Rules that tie several properties of one object together."""
    if fields is OBJECTS["CriteriaGroup"]:
        if any(frozen.get(members) for members in GROUP_MEMBERS):
            if "Type" not in frozen:
                raise DefinitionError(f"{path}.Type", f"expected {_one_of(GROUP_TYPES)}")
            if frozen["Type"].upper().startswith("AT_") and "Count" not in frozen:
                raise DefinitionError(
                    f"{path}.Count", "is missing, and AT_LEAST or AT_MOST needs it"
                )
    elif fields in (OBJECTS["NumericRange"], OBJECTS["DateRange"]):
        if frozen["Op"].endswith("bt") and "Extent" not in frozen:
            raise DefinitionError(f"{path}.Extent", "is missing, and the operator bt needs it")
    elif fields is OBJECTS["Occurrence"]:
        if frozen["Type"] not in (0, 1, 2):
            raise DefinitionError(
                f"{path}.Type", "expected 0 (exactly), 1 (at most) or 2 (at least)"
            )
        if frozen["Count"] < 0:
            raise DefinitionError(f"{path}.Count", "is below zero")
    elif fields is OBJECTS["Endpoint"]:
        if frozen["Coeff"] not in (-1, 1):
            raise DefinitionError(f"{path}.Coeff", "expected -1 (before) or 1 (after)")
    elif fields is OBJECTS["PrimaryCriteria"]:
        if not frozen["CriteriaList"]:
            raise DefinitionError(f"{path}.CriteriaList", "is empty: no event enters the cohort")
    elif fields is WRAPPERS["Criteria"]["CustomEra"]:
        if not frozen["CriteriaList"]:
            raise DefinitionError(f"{path}.CriteriaList", "is empty: the era has no events")
    elif fields is OBJECTS["CohortExpression"]:
        if len(frozen.get("InclusionRules", ())) > MAX_INCLUSION_RULES:
            raise DefinitionError(
                f"{path}.InclusionRules", f"more than {MAX_INCLUSION_RULES} rules"
            )
        if "ConceptSets" in frozen:
            frozen["ConceptSets"] = _one_set_of_each_id(frozen["ConceptSets"], path)


def _one_set_of_each_id(entries: tuple[Node, ...], path: str) -> tuple[Node, ...]:
    """Concept sets without repetitions of the same set, which the reference would count twice."""
    kept: dict[int, Node] = {}
    for index, entry in enumerate(entries):
        first = kept.setdefault(entry["id"], entry)
        if first["expression"] != entry["expression"]:
            raise DefinitionError(
                f"{path}.ConceptSets[{index}].id",
                f"concept set {entry['id']} is there twice, with different concepts",
            )
    return tuple(kept.values())


def kind_of(value: Any) -> str:
    """What a parsed JSON value is, in words."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, (int, float)):
        return "a number"
    if isinstance(value, str):
        return "text"
    return "a list" if isinstance(value, list) else "an object"


def _one_of(choices: tuple[str, ...]) -> str:
    return "one of " + ", ".join(choices)


def _list(names: Mapping[str, Any]) -> str:
    return ", ".join(sorted(names))
