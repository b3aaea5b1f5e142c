"""Notes in JSON lines: ``{"id", "text", "lang"?, "patient"?: {...}?}`` in, scrubbed lines out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from deid.errors import TextRefused
from deid.text.api import NoteInput, NoteOutput
from deid.text.patients import MalformedPatient, person_key, person_of, shift_days_of


class UnreadableLine(TextRefused):
    """A line is no note. ``note_id`` is its id where that much could be read."""

    code = "deid.unreadable_line"

    def __init__(self, reason: str, note_id: str | None = None) -> None:
        super().__init__(reason)
        self.note_id = note_id


@dataclass(frozen=True)
class NoteReader:
    """Makes notes of lines. ``key`` chooses each patient's shift where ``shift_days`` is None."""

    key: bytes = field(repr=False)
    shift_days: int | None = None

    def read(self, line: bytes) -> NoteInput:
        """The note of one line.

        Raises:
            UnreadableLine: with a reason that quotes nothing of the line.
        """
        try:
            # Some programs put a byte order mark before the first line.
            row = json.loads(line.decode("utf-8-sig"))
        except UnicodeDecodeError:
            raise UnreadableLine("not UTF-8; convert the file, for example by iconv") from None
        except (ValueError, RecursionError):
            raise UnreadableLine("not JSON") from None
        if not isinstance(row, dict) or "id" not in row:
            raise UnreadableLine('a note is an object with "id" and "text"')
        if not isinstance(row["id"], str | int) or isinstance(row["id"], bool):
            raise UnreadableLine('"id" is neither text nor a whole number')
        return self._note(row, str(row["id"]))

    def _note(self, row: Mapping[str, Any], note_id: str) -> NoteInput:
        text, language, patient = row.get("text"), row.get("lang"), row.get("patient")
        if not isinstance(text, str):
            raise UnreadableLine('a note is an object with "id" and "text"', note_id)
        if language is not None and not isinstance(language, str):
            raise UnreadableLine('"lang" is no text', note_id)
        if patient is not None and not isinstance(patient, dict):
            raise UnreadableLine('"patient" is no object', note_id)
        key = person_key(patient, note_id) if patient else note_id
        try:
            person = person_of(patient, key) if patient else None
        except MalformedPatient as error:
            raise UnreadableLine(f'"patient": {error}', note_id) from None
        days = shift_days_of(self.key, key) if self.shift_days is None else self.shift_days
        return NoteInput(note_id, text, language, person, days)


def render_output(output: NoteOutput) -> str:
    """One line of output, without its end."""
    spans = [
        {"start": s.start, "end": s.end, "type": str(s.type), "surrogate": s.surrogate}
        for s in output.spans
    ]
    document = {"id": output.note_id, "text": output.text, "spans": spans}
    return json.dumps(document, ensure_ascii=False)
