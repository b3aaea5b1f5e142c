"""One form being told: what productions ask for, each slot written anew at every place."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from random import Random

from deid.synth.notes.facts import BRIEF, TERMS, is_acute, is_injury
from deid.synth.notes.grammar import Grammar, Habit
from deid.synth.notes.mentions import Mentions
from deid.synth.notes.text import Mark, Pieces
from deid.synth.people import Household
from deid.synth.streams import one_of
from deid.synth.visits import Form, Visit

Slot = str | Mark | Pieces
_IN_BRACKETS = re.compile(r"\s*[\[(].*?[\])]| in (?:Serum|Blood|Urine)\b.*")
"""What a laboratory adds to the name of a test."""
_WIDTHS = (2, 3, 4, 5, 7, 99, 99, 99, 99)
_BETWEEN = (", ", ", ", " + ", " | ", ", ", " / ", " - ", ", ", ", ")
_BETWEEN_ZH = ("，", "　", "，", "、", "  ", "，", " / ", "　")


class Telling(Mapping[str, Slot]):
    """Slots over one form: of the table that it is given, or said by who expands a production."""

    def __init__(
        self,
        stream: Random,
        grammar: Grammar,
        slots: Mapping[str, Callable[[Telling], Slot]],
        mentions: Mentions,
        facts: Collection[str],
        household: Household,
        visit: Visit,
        form: Form,
        prior: Visit | None,
        habit: Habit | None = None,
    ) -> None:
        self.stream, self.grammar, self.mentions = stream, grammar, mentions
        self.facts = frozenset(facts)
        self.household, self.visit, self.form, self.prior = household, visit, form, prior
        self.chinese = mentions.chinese
        longest = _longest(visit, form)
        # All forms of one visit tell of the same days.
        visit_stream = Random(f"{visit.resident.person_id}/{visit.day}")  # noqa: S311  # nosec B311 # synthetic residents
        self.days = (1 if longest < 13 else 2) + int(visit_stream.random() * longest)
        self._slots, self._habit = slots, habit
        self._said: dict[str, Slot] = {}
        self._separator, self._width = self._draw_layout()
        self._title: str | None = None
        self._minute = 0

    def __getitem__(self, slot: str) -> Slot:
        said = self._said.get(slot)
        return said if said is not None else self._slots[slot](self)

    def __iter__(self) -> Iterator[str]:
        return iter(self._slots)

    def __len__(self) -> int:
        return len(self._slots)

    def tell(self, production: str, **said: Slot) -> list[str | Mark]:
        """A production's text, with slots of its own."""
        before = self._said
        self._said = said
        pieces = self.grammar.expand(production, self.stream, self, self.facts, self._habit)
        self._said = before
        return pieces

    def told(self, *productions: str, **said: Slot) -> list[str | Mark]:
        """The text of the first of the productions that the grammar has."""
        name = next(name for name in productions if name in self.grammar)
        return self.tell(name, **said)

    @property
    def title(self) -> str:
        """The form's title in this note."""
        if self._title is None:
            kind = f"title.{self.form.kind.replace(' ', '_')}"
            self._title = "".join(str(piece) for piece in self.tell(kind))
        return self._title

    def clock(self) -> str:
        """A time of day; within one note each is later than the one before."""
        draw = self.stream.random()
        if not self._minute:
            self._minute = 8 * 60 + 5 * int(draw * 90)
        else:
            self._minute += 5 + 5 * int(draw * 5)
        return f"{self._minute // 60}:{self._minute % 60:02d}"

    # Lists

    def _draw_layout(self) -> tuple[str, int]:
        """What stands between the items of a list, and how many there are on a line."""
        facts, stream = self.facts, self.stream
        if "fields" in facts or "bullets" in facts:
            between = one_of(stream, _BETWEEN_ZH if self.chinese else _BETWEEN)
            return between, one_of(stream, _WIDTHS)
        choices: tuple[str, ...]
        choices = ("，", "，", "、", "，") if self.chinese else (", ", ", ", " + ", ", ")
        if "terse" in facts:
            choices = ("，", " ", "、") if self.chinese else (", ", ", ", " / ")
        return one_of(stream, choices), 0

    def joined(self, items: Iterable[Sequence[str | Mark]], separator: str) -> Pieces:
        """Items with something between each two."""
        out: list[str | Mark] = []
        for item in items:
            if out:
                out.append(separator)
            out += item
        return tuple(out)

    def listed(self, items: Iterable[Sequence[str | Mark]]) -> Pieces:
        """Items as this note lists things: in a row, or so many on a line."""
        if not self._width:
            return self.joined(items, self._separator)
        out: list[str | Mark] = []
        for i, item in enumerate(items):
            if i:
                out.append("\n" if i % self._width == 0 else self._separator)
            out += item
        return tuple(out)

    def name(self, key: str) -> str:
        """The name of a key of the vocabulary in the note's language."""
        term = TERMS.get(key)
        if term is None:
            return "" if not key else key.replace("_", " ").lower()
        if self.chinese:
            return term.zh
        name = _IN_BRACKETS.sub("", term.en)
        return name if name[:2].isupper() else name[:1].lower() + name[1:]


def _longest(visit: Visit, form: Form) -> int:
    """For how many days, at most, what brings somebody has lasted."""
    if is_injury(form) and "checked" not in form.hints:
        return 1
    if visit.mode in {"emergency", "hospital"}:
        return 2
    brief = min((BRIEF[d] for d in form.diagnoses[:1] if d in BRIEF), default=13)
    return min(brief, 4) if is_acute(visit, form) else brief
