"""Parses one line of a grammar into nodes (:mod:`deid.synth.notes.grammar` says what it means)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from deid.errors import GrammarError

TEXT, WORDS, CALL, SLOT, CHOICE, OPTIONAL, IF, RAISED, SHUFFLED = range(9)
Node = tuple[int, Any]
Nodes = tuple[Node, ...]

NAME = re.compile(r"[A-Za-z0-9_.*\u4e00-\u9fff-]+")
_GUARD = re.compile(r"<([^<>]*)>\s*")
_PERCENT = re.compile(r"(\d{1,2})\s")
_CONDITION = re.compile(r"(!?)([A-Za-z0-9_.=-]+)\s")


@dataclass(frozen=True)
class Alternative:
    weight: float
    needs: frozenset[str]
    excludes: frozenset[str]
    nodes: Nodes


class Parser:
    """One line of a grammar."""

    def __init__(
        self,
        line: str,
        place: str,
        slots: frozenset[str],
        facts: frozenset[str],
        calls: set[str],
    ) -> None:
        self._line, self._place = line, place
        self._slots, self._facts, self._calls = slots, facts, calls
        self.slots_asked: set[str] = set()

    def alternative(self) -> Alternative:
        weight, needs, excludes = 1.0, set(), set()
        text = self._line
        guard = _GUARD.match(text)
        if guard is not None:
            text = text[guard.end() :]
            for word in guard[1].split():
                if word.startswith("*"):
                    weight = self._weight(word[1:])
                elif word.startswith("!"):
                    excludes.add(self._fact(word[1:]))
                else:
                    needs.add(self._fact(word))
        nodes = () if text == "-" else self._nodes(text)
        return Alternative(weight, frozenset(needs), frozenset(excludes), nodes)

    def _weight(self, text: str) -> float:
        try:
            weight = float(text)
        except ValueError:
            weight = 0.0
        if weight <= 0:
            raise self._error(f"{text!r} is no weight")
        return weight

    def _fact(self, name: str) -> str:
        if name not in self._facts:
            raise self._error(f"there is no fact {name!r}")
        return name

    def _error(self, reason: str) -> GrammarError:
        return GrammarError(f"{self._place}: {reason}")

    def _nodes(self, text: str) -> Nodes:
        nodes: list[Node] = []
        place = 0
        while place < len(text):
            opening = text.find("{", place)
            literal = text[place:] if opening < 0 else text[place:opening]
            if "}" in literal:
                raise self._error("a brace is closed that was not opened")
            if literal:
                nodes.append((TEXT, _unescaped(literal)))
            if opening < 0:
                break
            closing = self._closing(text, opening)
            nodes.append(self._node(text[opening + 1 : closing]))
            place = closing + 1
        return tuple(nodes)

    def _closing(self, text: str, opening: int) -> int:
        depth = 0
        for place in range(opening, len(text)):
            depth += (text[place] == "{") - (text[place] == "}")
            if depth == 0:
                return place
        raise self._error("a brace is not closed")

    def _node(self, inner: str) -> Node:
        if inner.startswith("@"):
            if not NAME.fullmatch(inner[1:]):
                raise self._error(f"{inner!r} names no production")
            self._calls.add(inner[1:])
            return CALL, inner[1:]
        if inner.startswith("?"):
            percent = _PERCENT.match(inner, 1)
            share = int(percent[1]) / 100 if percent else 0.5
            return OPTIONAL, (share, self._nodes(inner[percent.end() if percent else 1 :]))
        if inner.startswith("%"):
            condition = _CONDITION.match(inner, 1)
            if condition is None:
                raise self._error("a condition without a fact")
            wanted = condition[1] != "!"
            nodes = self._nodes(inner[condition.end() :])
            return IF, (self._fact(condition[2]), wanted, nodes)
        if inner.startswith("&"):
            return SHUFFLED, tuple(self._nodes(part) for part in _split(inner[1:], "&"))
        parts = list(_split(inner, "|"))
        if len(parts) > 1:
            if not any("{" in part or "}" in part for part in parts):
                words = tuple(_unescaped(part) for part in parts)
                return WORDS, (crc32(inner.encode()), words)
            return CHOICE, tuple(self._nodes(part) for part in parts)
        raised = inner.startswith("^")
        slot = inner.removeprefix("^")
        if slot not in self._slots:
            raise self._error(f"there is no slot {slot!r}")
        self.slots_asked.add(slot)
        return (RAISED if raised else SLOT), slot


def _unescaped(literal: str) -> str:
    return literal.replace("\\n", "\n").replace("\\s", " ")


def _split(inner: str, separator: str) -> Iterator[str]:
    depth = start = 0
    for place, character in enumerate(inner):
        depth += (character == "{") - (character == "}")
        if character == separator and depth == 0:
            yield inner[start:place]
            start = place + 1
    yield inner[start:]
