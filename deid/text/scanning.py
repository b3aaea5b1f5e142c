"""Runs many linear-time expressions over one note: encoded once, skipped where nothing fits.

Expressions are compiled over UTF-8 bytes; offsets of the bytes become offsets of the note at the
end. A dozen expressions together are one set of re2, which tells in one pass over the note which of
them match anywhere; only those are run one by one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import re2

from deid.text.document import Document

_TOGETHER = 12
_SET_MEMORY = 16 << 20
"""Bytes that the states of one set may take; a set that needs more is refused when it is made."""


@dataclass(frozen=True)
class _Group:
    any: Any = field(repr=False)
    members: tuple[tuple[int, Any], ...] = field(repr=False)


class Scanner:
    """Expressions by number. The first group that took part is what a match is, else the whole."""

    def __init__(self, expressions: Sequence[str]) -> None:
        self._groups = tuple(
            _Group(
                _set_of(tuple(expressions[i : i + _TOGETHER])),
                tuple((i + k, _compiled(e)) for k, e in enumerate(expressions[i : i + _TOGETHER])),
            )
            for i in range(0, len(expressions), _TOGETHER)
        )

    def matches(self, document: Document) -> Iterator[tuple[int, int, int]]:
        """Number of the expression, start and end of each match, expression by expression."""
        data, offsets = document.encoded
        for group in self._groups:
            for member in sorted(group.any.Match(data) or ()):
                number, expression = group.members[member]
                for match in expression.finditer(data):
                    start, end = match.span(match.lastindex or 0)
                    if start < 0 or start == end:
                        continue
                    if offsets is None:
                        yield number, start, end
                    else:
                        yield number, int(offsets[start]), int(offsets[end])


@cache
def _compiled(expression: str) -> Any:
    return re2.compile(expression.encode("utf-8"))


@cache
def _set_of(expressions: tuple[str, ...]) -> Any:
    options = re2.Options()
    options.max_mem = _SET_MEMORY
    found = re2.Set.SearchSet(options)
    for expression in expressions:
        found.Add(expression.encode("utf-8"))
    found.Compile()
    return found
