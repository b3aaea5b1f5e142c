"""The frozen cohort definition, read strictly from Circe JSON.

Whatever could not be compiled into correct SQL is refused here, with the JSON path. What can be
compiled but is probably not what its author meant is left to :mod:`cohorts.checks`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from cohorts.errors import DefinitionError, UnsupportedExpression
from cohorts.schema import OBJECTS, UNSUPPORTED_CRITERIA, UNSUPPORTED_PROPERTIES, WRAPPERS
from cohorts.strict_json import parse_json
from cohorts.validation import Node, Reader, kind_of

__all__ = [
    "CohortDefinition",
    "ConceptSet",
    "Node",
    "load",
    "parse_document",
    "read_part",
    "walk",
    "walk_criteria",
]
# Real definitions have tens; a compiler should not be kept busy for hours by one of thousands.
MAX_CRITERIA: Final = 2000


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
    reader = Reader()
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
    return Reader().value(value, kind, path, 0)


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
        raise DefinitionError("$", f"expected an object, found {kind_of(document)}")
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
