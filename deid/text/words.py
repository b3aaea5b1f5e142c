"""Word lists that packs keep as data: words by white space, comment lines begin with #."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any


def read_lines(package: str, name: str) -> tuple[str, ...]:
    """Lines of ``words/<name>`` of a pack, without comments and blank lines."""
    text = files(package).joinpath("words", name).read_text(encoding="utf-8")
    lines = (line.strip() for line in text.splitlines())
    return tuple(line for line in lines if line and not line.startswith("#"))


@cache
def read_words(package: str, name: str) -> frozenset[str]:
    """Words of ``words/<name>`` of a pack, in small letters."""
    return frozenset(w for line in read_lines(package, name) for w in line.casefold().split())


def alternation(words: Iterable[str], gap: str = "") -> str:
    """An expression for any of ``words``, longer ones first, that fails at the first wrong letter.

    The words share their beginnings, so that an engine that backtracks looks at each only once.
    ``gap`` is an expression that may stand between two letters (`` {0,4}`` for 姓　　名).
    """
    tree: dict[str, Any] = {}
    for word in words:
        node = tree
        for character in word:
            node = node.setdefault(character, {})
        node[""] = {}
    return f"(?:{_branches(tree, gap)})"


def _branches(node: dict[str, Any], gap: str) -> str:
    # Alternatives that all begin with a letter, not a set: the engine then skips ahead to them.
    parts = [
        re.escape(character)
        if node[character].keys() == {""}
        else f"{re.escape(character)}{gap}(?:{_branches(node[character], gap)})"
        for character in sorted(node, reverse=True)
        if character
    ]
    return "|".join([*parts, ""] if "" in node else parts)


def longest_first(words: Iterable[str]) -> list[str]:
    """For an alternation: longer words first, in a fixed order."""
    return sorted(words, key=lambda word: (-len(word), word))
