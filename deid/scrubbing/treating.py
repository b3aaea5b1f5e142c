"""One line of notes at a time: read, scrubbed within limits, checked again, or withheld."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from deid.errors import TextRefused
from deid.risk.identifiers import Identifier, IdentifierIndex
from deid.scrubbing.lines import NoteReader, UnreadableLine, render_output
from deid.text.api import Mode, NoteInput, NoteOutput, TextEngine
from deid.text.guarded import GuardedEngine
from deid.text.limits import SECONDS
from deid.text.packs import DEFAULT_TAGS
from deid.text.people import KnownPerson
from deid.text.recognisers import load_recognisers

_PERSONS_HELD = 256
"""People whose identifiers are held ready: the notes of one stand together in most files."""


@dataclass(frozen=True)
class Recipe:
    """What a process needs to treat lines: keys travel, engines do not."""

    key: bytes = field(repr=False)
    mode: Mode = "surrogate"
    shift_days: int | None = None
    seconds: float = SECONDS
    packs: tuple[str, ...] = DEFAULT_TAGS
    recognisers: tuple[str, ...] = ()

    def make(self) -> TextEngine:
        """The engine.

        Raises:
            ConfigurationError: if a language pack or a recogniser is not there.
        """
        return TextEngine(
            self.key,
            mode=self.mode,
            packs=self.packs,
            annotators=load_recognisers(self.recognisers),
        )


@dataclass(frozen=True)
class Evidence:
    """One span of a note: where, what, found by whom and how surely; never its text."""

    start: int
    end: int
    type: str
    detectors: tuple[str, ...]
    confidence: float


@dataclass(frozen=True)
class Treated:
    """What became of one line: ``line`` of output, or the reason why the note is ``withheld``."""

    note_id: str | None
    line: str | None = field(default=None, repr=False)
    withheld: str | None = None
    evidence: tuple[Evidence, ...] = ()


class LineTreatment:
    """Treats lines with one engine."""

    def __init__(self, recipe: Recipe) -> None:
        self._reader = NoteReader(recipe.key, recipe.shift_days)
        self._engine = GuardedEngine(recipe.make, recipe.seconds)

    @property
    def versions(self) -> dict[str, str]:
        """Versions of everything that decides the output."""
        return self._engine.versions

    def treat(self, line: bytes) -> Treated:
        """Scrub the note of a line. A note that cannot be shown to be clean is withheld."""
        try:
            note = self._reader.read(line)
        except UnreadableLine as error:
            return Treated(error.note_id, withheld=str(error))
        try:
            output = self.scrub(note)
        except TextRefused as error:
            return Treated(note.note_id, withheld=str(error))
        return Treated(
            note.note_id,
            render_output(output),
            evidence=tuple(
                Evidence(s.start, s.end, str(s.type), s.detectors, s.confidence)
                for s in output.spans
            ),
        )

    def read(self, line: bytes) -> NoteInput:
        """The note of a line.

        Raises:
            UnreadableLine: if it is none.
        """
        return self._reader.read(line)

    def scrub(self, note: NoteInput) -> NoteOutput:
        """Scrub one note within its limits and look at the output again.

        Raises:
            TextRefused: if the note cannot be scrubbed, takes too long, or would still show an
                identifier of its patient.
        """
        output = self._engine.scrub(note)
        kinds = remaining_identifiers(note.person, output.text)
        if kinds:
            raise TextRefused(f"still shows of its patient: {', '.join(kinds)}")
        return output


def remaining_identifiers(person: KnownPerson | None, text: str) -> Sequence[str]:
    """Kinds of the person's identifiers that a scrubbed text still shows.

    The search shares no code with the engine (:mod:`deid.risk.identifiers`).
    """
    if person is None:
        return ()
    return sorted({hit.kind for hit in _index_of(person).find(text) if hit.strong})


@lru_cache(maxsize=_PERSONS_HELD)
def _index_of(person: KnownPerson) -> IdentifierIndex:
    return IdentifierIndex(_identifiers(person))


def _identifiers(person: KnownPerson) -> list[Identifier]:
    names = [
        name.full or " ".join(part for part in (name.given, name.family) if part)
        for name in person.names
    ]
    names += [*person.other_names, *(name for _, name, _ in person.relatives if name)]
    telephones = [value for kind, value in person.contacts if kind == "phone"]
    telephones += [phone for _, _, phone in person.relatives if phone]
    on_the_web = [value for kind, value in person.contacts if kind != "phone"]
    return [
        *(Identifier("full name", name) for name in names if name),
        *(Identifier("number", value) for _, value in person.identifiers),
        *(Identifier("telephone", value) for value in telephones),
        *(Identifier("e-mail or web", value) for value in on_the_web),
        *(Identifier("address", a.full_text) for a in person.addresses if a.full_text),
    ]
