"""One partition of notes: all notes of some people, scrubbed together in one process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from deid.errors import TextRefused
from deid.text.document import gaps
from deid.text.guarded import GuardedEngine
from deid.text.packs import DEFAULT_TAGS

if TYPE_CHECKING:
    from deid.text.api import DateMode, Span, TextEngine
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
    ``spans`` are rows of (note_id, start, end, type, detectors, confidence).
    """

    ids: list[int] = field(default_factory=list)
    people: list[int] = field(default_factory=list)
    texts: list[str] = field(default_factory=list, repr=False)
    kept: list[str] = field(default_factory=list, repr=False)
    reasons: dict[int, str] = field(default_factory=dict)
    spans: list[tuple[int, int, int, str, str, float]] = field(default_factory=list)


class PartitionScrubber:
    """Scrubs partitions with one engine, which is made anew after a note that it failed at."""

    def __init__(self, recipe: EngineRecipe) -> None:
        self._engine = GuardedEngine(recipe.make)

    def scrub(self, part: Partition) -> ScrubbedNotes:
        """What became of the notes of one partition."""
        done = ScrubbedNotes()
        for person, rows in part.people:
            for row in rows:
                done.ids.append(row.note_id)
                done.people.append(row.person_id)
                try:
                    text, kept, spans = self._scrub(person, row)
                except TextRefused as error:
                    done.reasons[row.note_id] = str(error)
                    text, kept, spans = WITHHELD, "", ()
                done.texts.append(text)
                done.kept.append(kept)
                done.spans += [
                    (row.note_id, s.start, s.end, str(s.type), " ".join(s.detectors), s.confidence)
                    for s in spans
                ]
        return done

    def _scrub(self, person: KnownPerson, row: NoteRow) -> tuple[str, str, Sequence[Span]]:
        from deid.text.api import NoteInput

        output = self._engine.scrub(
            NoteInput(str(row.note_id), row.text, row.language, person, row.shift_days, row.year)
        )
        pieces = [row.text[start:end] for start, end in gaps(len(row.text), output.spans)]
        surrogates = [*(span.surrogate for span in output.spans), ""]
        rebuilt = "".join(
            piece + surrogate for piece, surrogate in zip(pieces, surrogates, strict=True)
        )
        if rebuilt != output.text:
            raise TextRefused("the engine changed more than it says")
        return output.text, REPLACED.join(pieces), output.spans
