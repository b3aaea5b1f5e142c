"""Patterns as data: a linear-time expression, the category it shows, and an optional check.

Expressions run on google-re2, which has no look-around and no catastrophic case; what look-around
would say is said by ``check``, which gets the plain text and the match's offsets.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from deid.text.document import Document, Mention, SpanType, Strength
from deid.text.scanning import Scanner

Check = Callable[[str, int, int], bool]


@dataclass(frozen=True)
class Pattern:
    """One expression. The first group that took part is the identifier, else the whole match."""

    name: str
    type: SpanType
    expression: str
    strength: int = Strength.LISTED
    check: Check | None = None


class PatternAnnotator:
    """Runs a pack's patterns over the plain view of a note."""

    def __init__(self, name: str, patterns: Sequence[Pattern]) -> None:
        self.name = name
        self._patterns = tuple(patterns)
        self._scanner = Scanner([pattern.expression for pattern in patterns])

    def __reduce__(self) -> tuple[object, ...]:
        return PatternAnnotator, (self.name, self._patterns)

    def annotate(self, document: Document) -> Iterator[Mention]:
        """All matches of all patterns that pass their checks."""
        plain = document.plain
        for number, start, end in self._scanner.matches(document):
            pattern = self._patterns[number]
            if pattern.check is None or pattern.check(plain, start, end):
                yield Mention(start, end, pattern.type, pattern.strength, pattern.name)


def not_inside_number(text: str, start: int, end: int) -> bool:
    """No letter or digit of ASCII, and no decimal point with a digit, touches the match."""
    if start and (_sticks(text[start - 1]) or (_is_point(text, start - 1, start - 2))):
        return False
    return not (end < len(text) and (_sticks(text[end]) or _is_point(text, end, end + 1)))


def not_within_digits(text: str, start: int, end: int) -> bool:
    """As :func:`not_inside_number`, but letters may follow: ``64yo``."""
    if start and (_sticks(text[start - 1]) or _is_point(text, start - 1, start - 2)):
        return False
    return not (end < len(text) and (text[end].isdigit() or _is_point(text, end, end + 1)))


def _sticks(character: str) -> bool:
    return character.isascii() and (character.isalnum() or character == "_")


def _is_point(text: str, at: int, beyond: int) -> bool:
    if text[at] not in ".,/" or not 0 <= beyond < len(text) or not text[beyond].isdigit():
        return False
    # `1,250` and `37,5` are one number, `No. 0099,2023-03-21` are two.
    return text[at] != "," or _GROUP.match(text, at + 1) is not None


_GROUP = re.compile(r"\d{1,3}(?![\d./-])")
