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
``{& a & b & c}``  all of them, in any order, with spaces kept
``\\n``, ``\\s``   end of line; a space at an edge
=================  ==========================================================================

Everything is parsed and checked when the grammar is made: a slot, production or fact that there is
not is an error with file and line.

Authors have habits: of several words, one that each author takes more often than the others, the
same one at the same place each time.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from random import Random

from deid.errors import GrammarError
from deid.synth.notes.parsing import (
    CALL,
    CHOICE,
    IF,
    NAME,
    OPTIONAL,
    SHUFFLED,
    SLOT,
    TEXT,
    WORDS,
    Alternative,
    Node,
    Nodes,
    Parser,
)
from deid.synth.notes.text import Mark, Pieces

Slots = Mapping[str, "str | Mark | Pieces"]

_NOTHING: frozenset[str] = frozenset()
Habit = int
"""A large number that stands for an author."""
_TILT = 0.2
"""How often an author's favourite word is taken outright."""
_CAPITALIZED = re.compile(r"[A-Z][a-z]+")
DEEPEST = 40
"""Productions within productions; deeper is an endless grammar."""


@dataclass
class _Production:
    """Alternatives, and which of them hold for each set of the facts that they ask for."""

    place: str
    alternatives: list[Alternative] = field(default_factory=list)
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
        self._slots_asked: set[str] = set()
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

    def slots_asked(self) -> frozenset[str]:
        """Slots that some production asks for."""
        return frozenset(self._slots_asked)

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

    @cached_property
    def names_in_words(self) -> frozenset[str]:
        """Words with a capital letter that stand literally in the grammar; some are names."""
        text = " ".join(self.wordings(("",)))
        return frozenset(_CAPITALIZED.findall(text))

    def wordings(self, prefixes: tuple[str, ...]) -> set[str]:
        """All words that stand literally in productions whose names begin with a prefix."""
        found: set[str] = set()
        waiting: list[Node] = [
            node
            for name, production in self._productions.items()
            if name.startswith(prefixes)
            for alternative in production.alternatives
            for node in alternative.nodes
        ]
        while waiting:
            code, what = waiting.pop()
            if code == TEXT:
                found.add(what.strip(" :,.：，。"))
            elif code == WORDS:
                found |= {word.strip(" :,.：，。") for word in what[1]}
            elif code in {CHOICE, SHUFFLED}:
                waiting += [node for nodes in what for node in nodes]
            elif code in {OPTIONAL, IF}:
                waiting += what[-1]
        return found

    def expand(
        self,
        name: str,
        stream: Random,
        slots: Slots,
        facts: Collection[str],
        habit: Habit | None = None,
    ) -> list[str | Mark]:
        """One text of a production, in pieces; nothing if no alternative's guard holds."""
        out: list[str | Mark] = []
        _Expansion(self._productions, stream, slots, frozenset(facts), out, habit).call(name, 0)
        return out

    def _read(self, file: str, text: str) -> None:
        current: str | None = None
        for number, line in enumerate(text.splitlines(), 1):
            place = f"{file}, line {number}"
            if not line.strip() or line.startswith("#"):
                continue
            if line.startswith("= "):
                current = line[2:].strip()
                if not NAME.fullmatch(current):
                    raise GrammarError(f"{place}: {current!r} is no name of a production")
                if current in self._productions:
                    raise GrammarError(f"{place}: production {current} is defined a second time")
                self._productions[current] = _Production(place)
                self._calls[current] = set()
            elif current is None:
                raise GrammarError(f"{place}: an alternative without a production")
            else:
                parser = Parser(line.strip(), place, self._slots, self._facts, self._calls[current])
                self._productions[current].alternatives.append(parser.alternative())
                self._slots_asked |= parser.slots_asked


class _Expansion:
    """One walk through a grammar."""

    __slots__ = ("_facts", "_habit", "_out", "_productions", "_random", "_slots", "_stream")

    def __init__(
        self,
        productions: Mapping[str, _Production],
        stream: Random,
        slots: Slots,
        facts: frozenset[str],
        out: list[str | Mark],
        habit: Habit | None,
    ) -> None:
        self._productions, self._random, self._stream = productions, stream.random, stream
        self._slots, self._facts, self._out, self._habit = slots, facts, out, habit

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
        out, random, habit = self._out, self._random, self._habit
        for code, what in nodes:
            if code == TEXT:
                out.append(what)
            elif code == WORDS:
                place, words = what
                draw = random()
                if habit is not None:
                    if draw < _TILT:
                        out.append(words[(habit ^ place) % 65_521 % len(words)])
                        continue
                    draw = (draw - _TILT) / (1 - _TILT)
                out.append(words[int(draw * len(words))])
            elif code == CALL:
                self.call(what, depth + 1)
            elif code == SLOT:
                slot = self._slots[what]
                if type(slot) is tuple:
                    out.extend(slot)
                else:
                    out.append(slot)  # type: ignore[arg-type]
            elif code == CHOICE:
                self._write(what[int(random() * len(what))], depth)
            elif code == OPTIONAL:
                if random() < what[0]:
                    self._write(what[1], depth)
            elif code == IF:
                if (what[0] in self._facts) is what[1]:
                    self._write(what[2], depth)
            elif code == SHUFFLED:
                parts = list(what)
                self._stream.shuffle(parts)
                for part in parts:
                    self._write(part, depth)
            else:
                out.extend(raised(self._slots[what]))


def raised(slot: str | Mark | Pieces) -> list[str | Mark]:
    """The pieces of a slot, the first letter a capital."""
    pieces = list(slot) if isinstance(slot, tuple) else [slot]
    for i, piece in enumerate(pieces):
        text = piece.text if isinstance(piece, Mark) else piece
        if text:
            capital = text[0].upper() + text[1:]
            pieces[i] = (
                Mark(capital, piece.type, piece.role) if isinstance(piece, Mark) else capital
            )
            break
    return pieces
