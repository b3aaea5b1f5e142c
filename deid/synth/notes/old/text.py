"""Text that knows where its identifiers are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from string import Formatter

Pieces = tuple["str | Mark", ...]


@dataclass(frozen=True)
class Mark:
    """A stretch of text that identifies somebody; ``type`` as in the project's annotated notes."""

    text: str
    type: str


@dataclass(frozen=True)
class Span:
    """Half-open range of code points that holds an identifier."""

    start: int
    end: int
    type: str


@dataclass(frozen=True)
class Note:
    """A note with its gold spans, which are sorted and do not overlap."""

    title: str
    text: str
    spans: tuple[Span, ...]

    def __repr__(self) -> str:
        return f"Note({len(self.text)} characters, {len(self.spans)} spans)"


@dataclass(frozen=True)
class GoldNote:
    """A note of the vault, by its id, and its gold spans."""

    note_id: int
    text: str
    spans: tuple[Span, ...]

    def __repr__(self) -> str:
        return f"GoldNote({self.note_id})"

    def as_json(self) -> dict[str, object]:
        """``{"id", "text", "spans": [{"start", "end", "type"}]}``, as the scorer reads it."""
        return {
            "id": str(self.note_id),
            "text": self.text,
            "spans": [
                {"start": span.start, "end": span.end, "type": span.type} for span in self.spans
            ],
        }


@cache
def _parse(template: str) -> tuple[tuple[str, str | None], ...]:
    return tuple((literal, name) for literal, name, _, _ in Formatter().parse(template))


class Writer:
    """Appends templates whose slots hold text, marks, or sequences of both."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._spans: list[Span] = []
        self._length = 0

    def add(self, template: str, slots: Mapping[str, str | Mark | Pieces] | None = None) -> None:
        """Append one template; ``{name}`` stands for a slot."""
        for literal, name in _parse(template):
            if literal:
                self._append(literal)
            if name is None:
                continue
            slot = slots[name] if slots is not None else ""
            for piece in slot if isinstance(slot, tuple) else (slot,):
                self._append(piece)

    def _append(self, piece: str | Mark) -> None:
        text = piece.text if isinstance(piece, Mark) else piece
        if not text:
            return
        if isinstance(piece, Mark):
            self._spans.append(Span(self._length, self._length + len(text), piece.type))
        self._parts.append(text)
        self._length += len(text)

    def note(self, title: str) -> Note:
        """What has been written."""
        return Note(title, "".join(self._parts), tuple(self._spans))
