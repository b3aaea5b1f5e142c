"""What differs between two definitions: in words, line by line, and in JSON, place by place."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from cohorts.errors import DefinitionError
from cohorts.model import load, parse_document
from cohorts.plain_language import describe
from cohorts.wording import Tell, as_written

_CONTEXT: Final = 1
_ABSENT: Final = object()


@dataclass(frozen=True)
class WordedLine:
    """A line of the description: ``kept``, ``old`` (only before), ``new``, or ``gap``."""

    kind: str
    text: str


@dataclass(frozen=True)
class Difference:
    """A place in the JSON where the two differ; ``None`` where one has nothing."""

    path: str
    old: str | None
    new: str | None


@dataclass(frozen=True)
class Comparison:
    """``words`` is empty if one of the two cannot be read; ``same`` if nothing differs at all."""

    words: tuple[WordedLine, ...]
    differences: tuple[Difference, ...]

    @property
    def same(self) -> bool:
        """Whether the two ask for exactly the same."""
        return not self.differences


def compare_definitions(old: str, new: str, tell: Tell = as_written) -> Comparison:
    """Compare two definitions given as JSON; the new one need not be valid yet.

    ``tell`` gives the words in the reader's language; without it, they are English.

    Raises:
        DefinitionError: if one of them is not JSON.
    """
    before, after = parse_document(old)[1], parse_document(new)[1]
    try:
        lines = tuple(_words(*(describe(load(text), tell) for text in (old, new))))
    except DefinitionError:
        lines = ()
    return Comparison(lines, tuple(_differences(before, after, "$")))


def _words(old: str, new: str) -> Iterator[WordedLine]:
    before, after = ([line for line in text.splitlines() if line.strip()] for text in (old, new))
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    for number, group in enumerate(matcher.get_grouped_opcodes(_CONTEXT)):
        if number:
            yield WordedLine("gap", "")
        for kind, a, b, c, d in group:
            if kind == "equal":
                yield from (WordedLine("kept", line) for line in before[a:b])
                continue
            yield from (WordedLine("old", line) for line in before[a:b])
            yield from (WordedLine("new", line) for line in after[c:d])


def _differences(old: Any, new: Any, path: str) -> Iterator[Difference]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in dict.fromkeys((*old, *new)):
            yield from _differences(old.get(key, _ABSENT), new.get(key, _ABSENT), f"{path}.{key}")
    elif isinstance(old, list) and isinstance(new, list):
        yield from _of_lists(old, new, path)
    elif _json(old) != _json(new):
        yield Difference(path, _json(old), _json(new))


def _of_lists(old: list[Any], new: list[Any], path: str) -> Iterator[Difference]:
    """Members are matched whole first, so that one that was put in between moves no other."""
    before, after = ([_json(entry) or "" for entry in entries] for entries in (old, new))
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            continue
        paired = min(b - a, d - c)
        for offset in range(paired):
            yield from _differences(old[a + offset], new[c + offset], f"{path}[{c + offset}]")
        for index in range(a + paired, b):
            yield Difference(f"{path}[{index}]", before[index], None)
        for index in range(c + paired, d):
            yield Difference(f"{path}[{index}]", None, after[index])


def _json(value: Any) -> str | None:
    if value is _ABSENT:
        return None
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
