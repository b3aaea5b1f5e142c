"""Turtle of what we write as JSON-LD ourselves: one context of prefixes, no lists, no graphs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def turtle(document: Mapping[str, Any]) -> str:
    """The same statements in Turtle. Every key is ``prefix:name`` of the document's context."""
    prefixes = "".join(
        f"@prefix {prefix}: <{address}> .\n" for prefix, address in document["@context"].items()
    )
    blocks: list[str] = []
    _node({key: value for key, value in document.items() if key != "@context"}, blocks)
    return prefixes + "\n" + "\n".join(reversed(blocks))


def _node(node: Mapping[str, Any], blocks: list[str]) -> str:
    """A node as it is referred to; one with an address gets a block of its own."""
    if set(node) <= {"@value", "@type"}:
        kind = f"^^{node['@type']}" if "@type" in node else ""
        return _text(node["@value"]) + kind
    address = node.get("@id")
    said = [
        f"{'a' if key == '@type' else key} {_objects(value, key, blocks)}"
        for key, value in node.items()
        if key != "@id"
    ]
    if address is None:
        return "[ " + " ; ".join(said) + " ]"
    if said:
        blocks.append(f"<{address}> " + " ;\n    ".join(said) + " .\n")
    return f"<{address}>"


def _objects(value: Any, key: str, blocks: list[str]) -> str:
    if isinstance(value, list):
        return ", ".join(_objects(one, key, blocks) for one in value)
    if isinstance(value, Mapping):
        return _node(value, blocks)
    return str(value) if key == "@type" else _text(value)


def _text(value: Any) -> str:
    # The escapes of JSON are escapes of Turtle too.
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007F")
