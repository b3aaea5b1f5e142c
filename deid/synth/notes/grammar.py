"""A small generative grammar: productions with weights, guards, optional parts, choices, slots.

A grammar is text, so that people who write notes can read it::

    # a comment
    = complaint
    S: {patient_short} {feels well|has no complaints}{?30 , sleeps well}.
    <ill *3> c/o {symptoms} x {days}d{%kin , says {kin}}.
    -

A line that begins with ``=`` names a production; each line below it is one alternative. ``<...>``
at the beginning of an alternative holds its guard: facts that must hold (``ill``) or must not
(``!ill``), and its weight (``*3``, otherwise 1). ``-`` is the empty alternative. Within the text:

=================  ==========================================================================
``{name}``         a slot; ``{^name}`` begins with a capital letter
``{@name}``        another production
``{a|b|c}``        one of several, each as likely
``{?30 text}``     the text with a probability of 30 percent; ``{?text}`` of 50
``{%fact text}``   the text if the fact holds; ``{%!fact text}`` if it does not
``\\n``, ``\\s``   end of line; a space at an edge
=================  ==========================================================================

Everything is parsed and checked when the grammar is made: a slot, production or fact that there is
not is an error with file and line.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Any

from deid.errors import GrammarError
from deid.synth.notes.text import Mark, Pieces

_TEXT, _WORDS, _CALL, _SLOT, _CHOICE, _OPTIONAL, _IF, _RAISED = range(8)
Node = tuple[int, Any]
Nodes = tuple[Node, ...]
Slots = Mapping[str, "str | Mark | Pieces"]

_NAME = re.compile(r"[A-Za-z0-9_.*-]+")
_GUARD = re.compile(r"<([^<>]*)>\s*")
_PERCENT = re.compile(r"(\d{1,2})\s")
_CONDITION = re.compile(r"(!?)([A-Za-z0-9_.=-]+)\s")
_NOTHING: frozenset[str] = frozenset()
DEEPEST = 40
"""Productions within productions; deeper is an endless grammar."""


@dataclass(frozen=True)
class _Alternative:
    weight: float
    needs: frozenset[str]
    excludes: frozenset[str]
    nodes: Nodes


@dataclass
class _Production:
    """Alternatives, and which of them hold for each set of the facts that they ask for."""

    place: str
    alternatives: list[_Alternative] = field(default_factory=list)
    asked: frozenset[str] = frozenset()
    drawn_from: dict[frozenset[str], tuple[list[float], list[Nodes]]] = field(default_factory=dict)

    def holding(self, facts: frozenset[str]) -> tuple[list[float], list[Nodes]]:
        """The alternatives whose guards hold, with running sums of their weights."""
        chosen = [a for a in self.alternatives if a.needs <= facts and not a.excludes & facts]
        return list(accumulate(a.weight for a in chosen)), [a.nodes for a in chosen]


class Grammar:
    """Productions by name.

    Args:
        sources: text of each grammar file, by the name that errors give it.
        slots: the slots that there are.
        facts: the facts that guards may ask for.

    Raises:
        GrammarError: with file and line, if the text cannot be parsed or names what is not.
    """

    def __init__(
        self, sources: Mapping[str, str], slots: Collection[str], facts: Collection[str]
    ) -> None:
        self._slots, self._facts = frozenset(slots), frozenset(facts)
        self._productions: dict[str, _Production] = {}
        self._calls: dict[str, set[str]] = {}
        for name, text in sources.items():
            self._read(name, text)
        for name, production in self._productions.items():
            if not production.alternatives:
                raise GrammarError(f"{production.place}: production {name} has no alternative")
            production.asked = frozenset().union(
                *(a.needs | a.excludes for a in production.alternatives)
            )
        for name, calls in self._calls.items():
            for called in sorted(calls - self._productions.keys()):
                place = self._productions[name].place
                raise GrammarError(f"{place}: {name} asks for production {called}: there is none")

    @classmethod
    def load(cls, folder: Path, slots: Collection[str], facts: Collection[str]) -> Grammar:
        """The grammar of all ``*.txt`` files in a folder.

        Raises:
            GrammarError: as the class does.
        """
        paths = sorted(folder.glob("*.txt"))
        sources = {f"{p.parent.name}/{p.name}": p.read_text(encoding="utf-8") for p in paths}
        return cls(sources, slots, facts)

    @property
    def names(self) -> list[str]:
        """Names of all productions, in the order of the files."""
        return list(self._productions)

    def __contains__(self, name: object) -> bool:
        return name in self._productions

    def unreachable(self, roots: Collection[str]) -> list[str]:
        """Productions that none of the roots leads to."""
        waiting, met = list(roots), set(roots)
        while waiting:
            for called in self._calls.get(waiting.pop(), ()):
                if called not in met:
                    met.add(called)
                    waiting.append(called)
        return [name for name in self._productions if name not in met]

    def expand(
        self, name: str, stream: Random, slots: Slots, facts: Collection[str]
    ) -> list[str | Mark]:
        """One text of a production, in pieces; nothing if no alternative's guard holds."""
        out: list[str | Mark] = []
        _Expansion(self._productions, stream, slots, frozenset(facts), out).call(name, 0)
        return out

    def _read(self, file: str, text: str) -> None:
        current: str | None = None
        for number, line in enumerate(text.splitlines(), 1):
            place = f"{file}, line {number}"
            if not line.strip() or line.startswith("#"):
                continue
            if line.startswith("= "):
                current = line[2:].strip()
                if not _NAME.fullmatch(current):
                    raise GrammarError(f"{place}: {current!r} is no name of a production")
                if current in self._productions:
                    raise GrammarError(f"{place}: production {current} is defined a second time")
                self._productions[current] = _Production(place)
                self._calls[current] = set()
            elif current is None:
                raise GrammarError(f"{place}: an alternative without a production")
            else:
                parser = _Parser(
                    line.strip(), place, self._slots, self._facts, self._calls[current]
                )
                self._productions[current].alternatives.append(parser.alternative())


class _Parser:
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

    def alternative(self) -> _Alternative:
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
        return _Alternative(weight, frozenset(needs), frozenset(excludes), nodes)

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
                nodes.append((_TEXT, _unescaped(literal)))
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
            if not _NAME.fullmatch(inner[1:]):
                raise self._error(f"{inner!r} names no production")
            self._calls.add(inner[1:])
            return _CALL, inner[1:]
        if inner.startswith("?"):
            percent = _PERCENT.match(inner, 1)
            share = int(percent[1]) / 100 if percent else 0.5
            return _OPTIONAL, (share, self._nodes(inner[percent.end() if percent else 1 :]))
        if inner.startswith("%"):
            condition = _CONDITION.match(inner, 1)
            if condition is None:
                raise self._error("a condition without a fact")
            wanted = condition[1] != "!"
            nodes = self._nodes(inner[condition.end() :])
            return _IF, (self._fact(condition[2]), wanted, nodes)
        parts = list(_split_choices(inner))
        if len(parts) > 1:
            if not any("{" in part or "}" in part for part in parts):
                return _WORDS, tuple(_unescaped(part) for part in parts)
            return _CHOICE, tuple(self._nodes(part) for part in parts)
        raised = inner.startswith("^")
        slot = inner.removeprefix("^")
        if slot not in self._slots:
            raise self._error(f"there is no slot {slot!r}")
        return (_RAISED if raised else _SLOT), slot


def _unescaped(literal: str) -> str:
    return literal.replace("\\n", "\n").replace("\\s", " ")


def _split_choices(inner: str) -> Iterator[str]:
    depth = start = 0
    for place, character in enumerate(inner):
        depth += (character == "{") - (character == "}")
        if character == "|" and depth == 0:
            yield inner[start:place]
            start = place + 1
    yield inner[start:]


class _Expansion:
    """One walk through a grammar."""

    __slots__ = ("_facts", "_out", "_productions", "_random", "_slots")

    def __init__(
        self,
        productions: Mapping[str, _Production],
        stream: Random,
        slots: Slots,
        facts: frozenset[str],
        out: list[str | Mark],
    ) -> None:
        self._productions, self._random = productions, stream.random
        self._slots, self._facts, self._out = slots, facts, out

    def call(self, name: str, depth: int) -> None:
        production = self._productions[name]
        if depth > DEEPEST:
            raise GrammarError(f"{production.place}: production {name} does not end")
        holding = production.asked & self._facts if production.asked else _NOTHING
        drawn = production.drawn_from.get(holding)
        if drawn is None:
            drawn = production.drawn_from[holding] = production.holding(holding)
        weights, alternatives = drawn
        if len(alternatives) > 1:
            self._write(alternatives[bisect(weights, self._random() * weights[-1])], depth)
        elif alternatives:
            self._write(alternatives[0], depth)

    def _write(self, nodes: Nodes, depth: int) -> None:
        out, random = self._out, self._random
        for code, what in nodes:
            if code == _TEXT:
                out.append(what)
            elif code == _WORDS:
                out.append(what[int(random() * len(what))])
            elif code == _CALL:
                self.call(what, depth + 1)
            elif code == _SLOT:
                slot = self._slots[what]
                if type(slot) is tuple:
                    out.extend(slot)
                else:
                    out.append(slot)  # type: ignore[arg-type]
            elif code == _CHOICE:
                self._write(what[int(random() * len(what))], depth)
            elif code == _OPTIONAL:
                if random() < what[0]:
                    self._write(what[1], depth)
            elif code == _IF:
                if (what[0] in self._facts) is what[1]:
                    self._write(what[2], depth)
            else:
                out.extend(raised(self._slots[what]))


def raised(slot: str | Mark | Pieces) -> list[str | Mark]:
    """The pieces of a slot, the first letter a capital."""
    pieces = list(slot) if isinstance(slot, tuple) else [slot]
    for i, piece in enumerate(pieces):
        text = piece.text if isinstance(piece, Mark) else piece
        if text:
            capital = text[0].upper() + text[1:]
            pieces[i] = Mark(capital, piece.type) if isinstance(piece, Mark) else capital
            break
    return pieces
