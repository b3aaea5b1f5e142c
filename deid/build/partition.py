"""One partition of notes: all notes of some people, scrubbed together in one process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from deid.errors import TextRefused
from deid.text.document import gaps
from deid.text.guarded import GuardedEngine
from deid.text.packs import DEFAULT_TAGS
from deid.text.people import LONGEST, has_too_long

if TYPE_CHECKING:
    from deid.text.api import DateMode, NoteInput, Seen, Span, TextEngine
    from deid.text.people import KnownPerson, StaffDirectory

REPLACED = "\u241f"
"""Stands for a replaced span in what was kept of a note: neither letter nor digit."""

WITHHELD = "[withheld]"
"""Stands for the whole of a note that could not be scrubbed."""


@dataclass(frozen=True)
class NoteRow:
    """One note on its way to the engine; its ids are the pseudonyms of the release.

    ``year`` is that of the note's date after its shift.
    """

    person_id: int
    note_id: int
    language: str | None
    shift_days: int
    text: str = field(repr=False)
    year: int | None = None

    def of(self, person: KnownPerson) -> NoteInput:
        """What the engine is given."""
        from deid.text.api import NoteInput

        return NoteInput(
            str(self.note_id), self.text, self.language, person, self.shift_days, self.year
        )


@dataclass(frozen=True)
class Partition:
    """All notes of some people, with what is known of each of them."""

    people: tuple[tuple[KnownPerson, tuple[NoteRow, ...]], ...] = field(repr=False)

    @property
    def notes(self) -> int:
        """Number of notes."""
        return sum(len(rows) for _, rows in self.people)


@dataclass(frozen=True)
class EngineRecipe:
    """What a process needs to make its own engine: keys travel, engines do not."""

    surrogate_key: bytes = field(repr=False)
    forbidden: frozenset[str] = field(repr=False)
    staff: StaffDirectory = field(repr=False)
    age_band: int | None = None
    dates: DateMode = "shift"
    packs: tuple[str, ...] = DEFAULT_TAGS
    recognisers: tuple[str, ...] = ()

    def make(self) -> TextEngine:
        """The engine."""
        from deid.text.api import TextEngine
        from deid.text.recognisers import load_recognisers

        return TextEngine(
            self.surrogate_key,
            staff=self.staff,
            forbidden=self.forbidden,
            packs=self.packs,
            annotators=load_recognisers(self.recognisers),
            age_band=self.age_band,
            dates=self.dates,
        )


@dataclass
class ScrubbedNotes:
    """Columns of what became of notes.

    ``kept`` is what the engine left of a note, with :data:`REPLACED` where it put something else.
    ``reasons`` has a note only where it was withheld; its text is then :data:`WITHHELD`.
    ``spans`` are rows of (note_id, start, end, type, detectors, confidence). ``decisions`` are
    the spans of each note with what the engine had seen, where the next release may use them.
    """

    ids: list[int] = field(default_factory=list)
    people: list[int] = field(default_factory=list)
    texts: list[str] = field(default_factory=list, repr=False)
    kept: list[str] = field(default_factory=list, repr=False)
    reasons: dict[int, str] = field(default_factory=dict)
    spans: list[tuple[int, int, int, str, str, float]] = field(default_factory=list)
    decisions: dict[int, tuple[tuple[Span, ...], Seen]] = field(default_factory=dict, repr=False)

    def add(
        self, row: NoteRow, spans: Sequence[Span], reason: str = "", seen: Seen | None = None
    ) -> None:
        """What became of one more note; with a ``reason`` it is withheld."""
        self.ids.append(row.note_id)
        self.people.append(row.person_id)
        if reason:
            self.reasons[row.note_id] = reason
            self.texts.append(WITHHELD)
            self.kept.append("")
            return
        pieces = [row.text[start:end] for start, end in gaps(len(row.text), spans)]
        self.texts.append(rebuilt(pieces, spans))
        self.kept.append(REPLACED.join(pieces))
        self.spans += [
            (row.note_id, s.start, s.end, str(s.type), " ".join(s.detectors), s.confidence)
            for s in spans
        ]
        if seen is not None:
            self.decisions[row.note_id] = (tuple(spans), seen)


_TOO_LONG = f"a value known of the person has more than {LONGEST:,} characters"


class PartitionScrubber:
    """Scrubs partitions with one engine, which is made anew after a note that it failed at."""

    def __init__(self, recipe: EngineRecipe) -> None:
        self._engine = GuardedEngine(recipe.make)

    def scrub(self, part: Partition) -> ScrubbedNotes:
        """What became of the notes of one partition."""
        done = ScrubbedNotes()
        for person, rows in part.people:
            refused = _TOO_LONG if has_too_long(person) else ""
            for row in rows:
                if refused:
                    done.add(row, (), refused)
                    continue
                try:
                    spans, seen = self._scrub(person, row)
                except TextRefused as error:
                    done.add(row, (), str(error))
                else:
                    done.add(row, spans, seen=seen)
        return done

    def _scrub(self, person: KnownPerson, row: NoteRow) -> tuple[Sequence[Span], Seen | None]:
        output = self._engine.scrub(row.of(person))
        pieces = [row.text[start:end] for start, end in gaps(len(row.text), output.spans)]
        if rebuilt(pieces, output.spans) != output.text:
            raise TextRefused("the engine changed more than it says")
        return output.spans, output.seen


def rebuilt(pieces: Sequence[str], spans: Sequence[Span]) -> str:
    """A scrubbed note: what was kept of it, with the surrogates of the spans between."""
    surrogates = [*(span.surrogate for span in spans), ""]
    return "".join(piece + surrogate for piece, surrogate in zip(pieces, surrogates, strict=True))
