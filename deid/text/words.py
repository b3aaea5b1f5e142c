"""Word lists that packs keep as data: words by white space, comment lines begin with #."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files


def read_lines(package: str, name: str) -> tuple[str, ...]:
    """Lines of ``words/<name>`` of a pack, without comments and blank lines."""
    text = files(package).joinpath("words", name).read_text(encoding="utf-8")
    lines = (line.strip() for line in text.splitlines())
    return tuple(line for line in lines if line and not line.startswith("#"))


@cache
def read_words(package: str, name: str) -> frozenset[str]:
    """Words of ``words/<name>`` of a pack, in small letters."""
    return frozenset(w for line in read_lines(package, name) for w in line.casefold().split())


def spaced(word: str) -> str:
    """An expression for a label that may be set with gaps between its characters: 姓　　名."""
    return " {0,4}".join(map(re.escape, word))


def longest_first(words: Iterable[str]) -> list[str]:
    """For an alternation: longer words first, in a fixed order."""
    return sorted(words, key=lambda word: (-len(word), word))
