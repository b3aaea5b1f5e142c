"""Text that knows where its identifiers are."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

Pieces = tuple["str | Mark", ...]


@dataclass(frozen=True)
class Mark:
    """A stretch of text that identifies somebody.

    ``type`` and ``role`` are those of the annotated notes that the scrubber is measured on: NAME
    with PATIENT, RELATIVE, CLINICIAN or OTHER; ID with MRN, SSN, PLATE and so on.
    """

    text: str
    type: str
    role: str = ""

    def __repr__(self) -> str:
        return f"Mark({self.type}, {self.role or None})"


@dataclass(frozen=True)
class Span:
    """Half-open range of code points that holds an identifier."""

    start: int
    end: int
    type: str
    role: str = ""


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
        """``{"id", "text", "spans": [{"start", "end", "type", "role"}]}``, as the scorer reads it.

        ``role`` is left out where there is none.
        """
        return {
            "id": str(self.note_id),
            "text": self.text,
            "spans": [
                {"start": span.start, "end": span.end, "type": span.type}
                | ({"role": span.role} if span.role else {})
                for span in self.spans
            ],
        }


def assemble(title: str, pieces: Iterable[str | Mark]) -> Note:
    """The note that pieces make, and where its identifiers stand.

    Spaces that optional parts left behind are taken away: double ones, those at the beginning of a
    line and those at its end.
    """
    parts: list[str] = []
    spans: list[Span] = []
    run: list[str] = []
    length, last = 0, "\n"
    for piece in (*pieces, _END):
        if isinstance(piece, str):
            run.append(piece)
            continue
        text = _tidy("".join(run), last)
        run.clear()
        if text:
            parts.append(text)
            length += len(text)
            last = text[-1]
        if piece.text:
            parts.append(piece.text)
            end = length + len(piece.text)
            spans.append(Span(length, end, piece.type, piece.role))
            length, last = end, piece.text[-1]
    return Note(title, "".join(parts).rstrip(), tuple(spans))


def _tidy(text: str, last: str) -> str:
    if "  " in text or " \n" in text or "\n " in text or " ." in text or " ," in text:
        text = _AT_AN_EDGE.sub("", _BEFORE_STOP.sub("", _SPACES.sub(" ", text)))
    return text.lstrip(" ") if last in " \n" else text


_END = Mark("", "")
_SPACES = re.compile(r"(?<=[.:;,]) {2,}(?=\S)")
_BEFORE_STOP = re.compile(r" +(?=[.,](?:\s|$))")
_AT_AN_EDGE = re.compile(r" +(?=\n)|(?<=\n) +")
