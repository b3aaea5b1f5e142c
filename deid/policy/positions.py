"""On which line each key of a TOML document stands.

``tomllib`` keeps no positions and neither does ``tomlkit``; an error must name the line all the
same. The text is known to be valid TOML when it is scanned here.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping

Path = tuple[str, ...]
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_SCALAR = re.compile(r"[^,\]}#\n]*")
_BETWEEN = re.compile(r"(?:[ \t\r\n,]|#[^\n]*)*")
_SPACES = re.compile(r"[ \t]*")
_STRINGS = tuple(
    (mark, re.compile(pattern, re.DOTALL))
    for mark, pattern in (
        ('"""', r'"""((?:[^\\]|\\.)*?)"""(?:"{0,2})'),
        ("'''", r"'''(.*?)'''(?:'{0,2})"),
        ('"', r'"((?:[^"\\]|\\.)*)"'),
        ("'", r"'([^']*)'"),
    )
)


def line_positions(text: str) -> Mapping[Path, int]:
    """Line of every table, key and array element of valid TOML, by path; indices are text."""
    return _Scanner(text).scan()


def line_of(positions: Mapping[Path, int], path: Path) -> int:
    """Line of a path, or of the deepest part of it that is written; 1 if none is."""
    while path and path not in positions:
        path = path[:-1]
    return positions.get(path, 1)


class _Scanner:
    """Reads the text from front to back."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._place = 0
        self._lines: dict[Path, int] = {}

    def scan(self) -> Mapping[Path, int]:
        """All positions."""
        section: Path = ()
        self._skip(_BETWEEN)
        while self._place < len(self._text):
            if self._at("["):
                while self._at("["):
                    self._place += 1
                section = self._key(())
                while self._at("]"):
                    self._place += 1
            else:
                self._pair(section)
            self._skip(_BETWEEN)
        return self._lines

    def _pair(self, inside: Path) -> None:
        path = self._key(inside)
        self._place = self._text.index("=", self._place) + 1
        self._value(path)

    def _key(self, inside: Path) -> Path:
        """A dotted key; every part of it is noted."""
        path = inside
        while True:
            self._skip(_SPACES)
            line = self._text.count("\n", 0, self._place) + 1
            path = (*path, self._part())
            self._lines.setdefault(path, line)
            self._skip(_SPACES)
            if not self._at("."):
                return path
            self._place += 1

    def _part(self) -> str:
        if self._at('"') or self._at("'"):
            start = self._place
            self._string()
            # The parser itself reads the escapes of a quoted key.
            return str(tomllib.loads(f"key = {self._text[start : self._place]}")["key"])
        match = _BARE.match(self._text, self._place)
        assert match is not None
        self._place = match.end()
        return match[0]

    def _value(self, path: Path) -> None:
        self._skip(_SPACES)
        if self._at('"') or self._at("'"):
            self._string()
        elif self._at("["):
            self._place += 1
            self._elements(path)
        elif self._at("{"):
            self._place += 1
            self._skip(_BETWEEN)
            while not self._at("}"):
                self._pair(path)
                self._skip(_BETWEEN)
            self._place += 1
        else:
            self._skip(_SCALAR)

    def _elements(self, path: Path) -> None:
        number = 0
        self._skip(_BETWEEN)
        while not self._at("]"):
            element = (*path, str(number))
            self._lines[element] = self._text.count("\n", 0, self._place) + 1
            self._value(element)
            self._skip(_BETWEEN)
            number += 1
        self._place += 1

    def _string(self) -> None:
        for mark, pattern in _STRINGS:
            if self._at(mark) and (match := pattern.match(self._text, self._place)):
                self._place = match.end()
                return
        raise AssertionError("the text is no valid TOML")

    def _skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self._text, self._place)
        assert match is not None
        self._place = match.end()

    def _at(self, mark: str) -> bool:
        return self._text.startswith(mark, self._place)
