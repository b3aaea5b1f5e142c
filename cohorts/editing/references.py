"""Which concept sets a document refers to, and where; the document need not be valid."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cohorts.editing.paths import ROOT, Document, fields_of, whole
from cohorts.schema import WRAPPERS


def references(document: Document) -> Iterator[tuple[str, int]]:
    """Every place that refers to a concept set, with the set's id."""
    for path, kind, value in walk_kinds(document):
        if kind == "codeset":
            identifier = whole(value)
            if identifier is not None:
                yield path, identifier


def walk_kinds(node: Any, kind: str = ROOT, path: str = "$") -> Iterator[tuple[str, str, Any]]:
    """Every part that the schema knows, valid or not, with its path and kind; parents first."""
    yield path, kind, node
    if kind.startswith("[") and isinstance(node, list):
        for index, entry in enumerate(node):
            yield from walk_kinds(entry, kind[1:-1], f"{path}[{index}]")
    elif isinstance(node, dict):
        inside = (
            {name: f"{kind}.{name}" for name in WRAPPERS[kind]}
            if kind in WRAPPERS
            else fields_of(kind)
        )
        for name, value in node.items():
            if name in inside and value is not None:
                yield from walk_kinds(value, inside[name].rstrip("!"), f"{path}.{name}")
