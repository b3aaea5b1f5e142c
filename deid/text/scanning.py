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
    members: tuple[tuple[int, Any, int], ...] = field(repr=False)
    """Numbers of the expressions, the expressions, and how many groups they have."""


class Scanner:
    """Expressions by number. The first group that took part is what a match is, else the whole."""

    def __init__(self, expressions: Sequence[str]) -> None:
        self._groups = tuple(
            _Group(
                _set_of(tuple(expressions[i : i + _TOGETHER])),
                tuple(
                    (i + k, compiled, compiled.groups)
                    for k, compiled in enumerate(map(_compiled, expressions[i : i + _TOGETHER]))
                ),
            )
            for i in range(0, len(expressions), _TOGETHER)
        )

    def matches(self, document: Document) -> Iterator[tuple[int, int, int]]:
        """Number of the expression, start and end of each match, expression by expression."""
        data, offsets = document.encoded
        for group in self._groups:
            for member in sorted(group.any.Match(data) or ()):
                number, expression, groups = group.members[member]
                for match in expression.finditer(data):
                    start, end = _place(match, groups)
                    if start < 0 or start == end:
                        continue
                    if offsets is None:
                        yield number, start, end
                    else:
                        yield number, int(offsets[start]), int(offsets[end])


def _place(match: Any, groups: int) -> tuple[int, int]:
    """Where the last group that took part stands; the whole match if there is none."""
    which = groups if groups < 2 else match.lastindex or 0
    span: tuple[int, int] = match.span(which)
    return span if span[0] >= 0 else match.span()


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
