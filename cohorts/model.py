"""The frozen cohort definition, read strictly from Circe JSON.

Whatever could not be compiled into correct SQL is refused here, with the JSON path. What can be
compiled but is probably not what its author meant is left to :mod:`cohorts.checks`.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from cohorts.errors import DefinitionError, UnsupportedExpression
from cohorts.schema import (
    GROUP_MEMBERS,
    GROUP_TYPES,
    LIMIT_TYPES,
    OBJECTS,
    UNSUPPORTED_CRITERIA,
    UNSUPPORTED_PROPERTIES,
    WRAPPERS,
    Fields,
)

MAX_BYTES: Final = 8 * 1024 * 1024
MAX_DEPTH: Final = 100
# Real definitions have tens; a compiler should not be kept busy for hours by one of thousands.
MAX_CRITERIA: Final = 2000
# Rule masks pass through POWER(), a double in every engine: exact to 2**53.
MAX_INCLUSION_RULES: Final = 52
_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(T.*)?")
_INTEGER = re.compile(r"[+-]?\d{1,18}")
_UNWRITABLE = re.compile(r"[\x00\ud800-\udfff]")
_NUMERIC = frozenset({"int", "long", "codeset", "number"})
"""Kinds that web forms export as an empty text when nothing was entered."""
_BOOLEANS = {"true": True, "false": False, 0: False, 1: True}
_NUMBER = re.compile(r"[+-]?\d{1,18}(\.\d{1,12})?")

Node = Mapping[str, Any]


@dataclass(frozen=True)
class ConceptSet:
    """One concept set of a definition; ``items`` are Circe ConceptSetItems."""

    id: int
    name: str
    items: tuple[Node, ...]


@dataclass(frozen=True)
class CohortDefinition:
    """A valid cohort expression. ``source`` is the text it was read from, byte for byte.

    ``sha256`` is that of the canonical JSON, so that indentation and key order do not matter.
    ``unknown`` holds the paths of properties that Circe does not know and that have no effect.
    """

    source: bytes = field(repr=False)
    expression: Node = field(repr=False)
    sha256: str
    title: str = ""
    unknown: tuple[str, ...] = field(default=(), repr=False)

    @property
    def concept_sets(self) -> tuple[ConceptSet, ...]:
        """Concept sets in the order of the definition."""
        return tuple(
            ConceptSet(int(entry["id"]), str(entry.get("name") or ""), entry["expression"]["items"])
            for entry in self.expression.get("ConceptSets", ())
        )

    @property
    def inclusion_rule_names(self) -> tuple[str, ...]:
        """One name for each inclusion rule; an unnamed one is called by its number."""
        rules = self.expression.get("InclusionRules", ())
        return tuple(str(r.get("name") or f"Rule {i}") for i, r in enumerate(rules, 1))

    @property
    def criteria_types(self) -> frozenset[str]:
        """Names of all criteria that occur anywhere in it."""
        return frozenset(name for _, name, _ in walk_criteria(self.expression))


def load(data: bytes | str) -> CohortDefinition:
    """Read a cohort definition from Circe JSON.

    An export that wraps the expression (``{"name": ..., "expression": {...}}``, as ATLAS's web
    service returns it) is unwrapped; ``expression`` may also be a string of JSON.

    Raises:
        DefinitionError: naming the JSON path of the first thing that is wrong.
        UnsupportedExpression: for valid Circe that no engine here answers correctly.
    """
    try:
        source = data.encode("utf-8") if isinstance(data, str) else bytes(data)
    except UnicodeEncodeError:
        raise DefinitionError("$", "not text in UTF-8") from None
    title, document = _unwrapped(parse_json(source))
    reader = _Reader()
    expression = reader.object(document, OBJECTS["CohortExpression"], "$")
    _refuse_too_many_criteria(expression)
    _refuse_unsupported(expression)
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return CohortDefinition(
        source=source,
        expression=expression,
        sha256=hashlib.sha256(canonical.encode("utf-8")).hexdigest(),
        title=str(expression.get("Title") or title),
        unknown=tuple(reader.unknown),
    )


def read_part(value: Any, kind: str, path: str) -> Any:
    """A part of an expression, read as strictly as the whole; ``kind`` is one of the schema.

    Raises:
        DefinitionError: naming the JSON path of the first thing that is wrong.
    """
    return _Reader().value(value, kind, path, 0)


def parse_document(data: bytes | str) -> tuple[str, dict[str, Any]]:
    """The name and the expression of a document, valid or not; ATLAS's wrapping is taken off.

    Raises:
        DefinitionError: if it is not JSON, or holds no expression.
    """
    try:
        source = data.encode("utf-8") if isinstance(data, str) else bytes(data)
    except UnicodeEncodeError:
        raise DefinitionError("$", "not text in UTF-8") from None
    title, document = _unwrapped(parse_json(source))
    if not isinstance(document, dict):
        raise DefinitionError("$", f"expected an object, found {_kind_of(document)}")
    return title, document


def _unwrapped(document: Any) -> tuple[str, Any]:
    if isinstance(document, dict) and "PrimaryCriteria" not in document:
        inner = document.get("expression")
        if isinstance(inner, str):
            inner = parse_json(inner.encode("utf-8"))
        if isinstance(inner, dict) and "PrimaryCriteria" in inner:
            return str(document.get("name") or ""), inner
    return "", document


def walk(node: Any, path: str = "$") -> Iterator[tuple[str, Node]]:
    """Every object of an expression with its path, parents first."""
    if isinstance(node, Mapping):
        yield path, node
        for key, value in node.items():
            yield from walk(value, f"{path}.{key}")
    elif isinstance(node, tuple):
        for index, value in enumerate(node):
            yield from walk(value, f"{path}[{index}]")


def walk_criteria(node: Node) -> Iterator[tuple[str, str, Node]]:
    """Every criterion as ``(path, type, body)``."""
    for path, found in walk(node):
        if len(found) == 1 and not path.endswith(".EndStrategy"):
            ((name, body),) = found.items()
            if name in WRAPPERS["Criteria"] and isinstance(body, Mapping):
                yield f"{path}.{name}", name, body


def parse_json(source: bytes) -> Any:
    """JSON as strictly as a definition needs it: no duplicate property, no NaN, no NUL, no bomb.

    Raises:
        DefinitionError: saying what is wrong.
    """
    if len(source) > MAX_BYTES:
        raise DefinitionError("$", f"longer than {MAX_BYTES} bytes")
    try:
        return json.loads(
            source.decode("utf-8-sig"),
            object_pairs_hook=_unique_object,
            parse_constant=_refuse_constant,
        )
    except UnicodeDecodeError:
        raise DefinitionError("$", "not UTF-8 text") from None
    except json.JSONDecodeError as error:
        raise DefinitionError(
            "$", f"not JSON: line {error.lineno}, column {error.colno}: {error.msg}"
        ) from None
    except RecursionError:
        raise DefinitionError("$", "nested too deeply") from None
    except ValueError:
        # Python refuses to read integers of thousands of digits.
        raise DefinitionError("$", "holds a number that is too long") from None


def _unique_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise DefinitionError("$", f"an object holds the property {twice[:60]!r} twice")
    if any(_unwritable(text) for pair in pairs for text in pair):
        raise DefinitionError("$", "holds half a character or a NUL, which no database keeps")
    return document


def _unwritable(value: Any) -> bool:
    """JSON may escape what UTF-8 and databases cannot hold: lone surrogates and NUL."""
    if isinstance(value, list):
        return any(_unwritable(entry) for entry in value)
    return isinstance(value, str) and _UNWRITABLE.search(value) is not None


def _refuse_constant(name: str) -> Any:
    raise DefinitionError("$", f"{name} is not a number of JSON")


class _Reader:
    """Validates a parsed JSON value against the schema table and freezes it."""

    def __init__(self) -> None:
        self.unknown: list[str] = []

    def object(self, value: Any, fields: Fields, path: str, depth: int = 0) -> Node:
        if depth > MAX_DEPTH:
            raise DefinitionError(path, f"nested more than {MAX_DEPTH} levels deep")
        if not isinstance(value, dict):
            raise DefinitionError(path, f"expected an object, found {_kind_of(value)}")
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
        if kind.startswith("["):
            if not isinstance(value, list):
                raise DefinitionError(path, f"expected a list, found {_kind_of(value)}")
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
            raise DefinitionError(path, f"expected a whole number, found {_kind_of(value)}")
        bits = 64 if kind == "long" else 32
        if not -(2 ** (bits - 1)) <= value < 2 ** (bits - 1):
            raise DefinitionError(path, f"is beyond {bits} bits")
        return value
    if kind == "number":
        if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
            value = float(value) if "." in value else int(value)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise DefinitionError(path, f"expected a number, found {_kind_of(value)}")
        if not abs(value) <= 1e15:
            raise DefinitionError(path, "is too large a number")
        return value
    if kind == "bool":
        if not isinstance(value, bool) and isinstance(value, (str, int)):
            value = _BOOLEANS.get(value.lower() if isinstance(value, str) else value, value)
        if not isinstance(value, bool):
            raise DefinitionError(path, f"expected true or false, found {_kind_of(value)}")
        return value
    if not isinstance(value, str):
        if kind == "text" and isinstance(value, (int, float)) and not isinstance(value, bool):
            return str(value)
        raise DefinitionError(path, f"expected text, found {_kind_of(value)}")
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


def _refuse_too_many_criteria(expression: Node) -> None:
    for number, (path, _, _) in enumerate(walk_criteria(expression), start=1):
        if number > MAX_CRITERIA:
            raise DefinitionError(path, f"is one of more than {MAX_CRITERIA} criteria")


def _refuse_unsupported(expression: Node) -> None:
    for path, name, body in walk_criteria(expression):
        if name in UNSUPPORTED_CRITERIA:
            raise UnsupportedExpression(path, UNSUPPORTED_CRITERIA[name])
        for property_name in body:
            if property_name in UNSUPPORTED_PROPERTIES:
                raise UnsupportedExpression(
                    f"{path}.{property_name}", UNSUPPORTED_PROPERTIES[property_name]
                )


def _kind_of(value: Any) -> str:
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
