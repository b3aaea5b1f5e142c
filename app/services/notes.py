"""A student's own notes and bookmarks on data of a case, on data that are shown only."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.models import Annotation, Attempt
from app.db.types import utc_now
from app.errors import BadInput, NotFound
from casebank import Case

LONGEST_NOTE = 4000
WHOLE = ""
"""The datum of a note on the case as a whole."""


@dataclass(frozen=True)
class NoteLine:
    """A note with what it is on; ``said`` is empty for the case as a whole.

    ``number`` is that of the attempt in which it was written.
    """

    datum: str
    said: str
    text: str
    bookmarked: bool
    number: int


def notes_of(session: Session, attempt: Attempt) -> dict[str, Annotation]:
    """Annotations made in an attempt, by datum."""
    query = select(Annotation).where(Annotation.attempt_id == attempt.id)
    return {one.datum: one for one in session.scalars(query)}


def lines_of(session: Session, attempt: Attempt, seen: Case) -> list[NoteLine]:
    """Annotations on what is shown, in the order of the case; those on the whole stand first.

    After the end, those of the student's other attempts at the version that have ended are there
    too; before it, they could give the answer away.
    """
    rows = [attempt]
    if attempt.finished_at is not None:
        query = select(Attempt).where(
            Attempt.user_id == attempt.user_id,
            Attempt.version_id == attempt.version_id,
            Attempt.finished_at.is_not(None),
        )
        rows = list(session.scalars(query.order_by(Attempt.id)))
    notes = [(row.number, notes_of(session, row)) for row in rows]
    said = {WHOLE: ""} | {one.id: one.text for one in seen.statements()}
    return [
        NoteLine(datum, text, found[datum].text, found[datum].bookmarked, number)
        for datum, text in said.items()
        for number, found in notes
        if datum in found
    ]


def annotate(
    session: Session,
    attempt: Attempt,
    seen: Case,
    datum: str,
    text: str,
    bookmarked: bool,
) -> None:
    """Keep a note or bookmark; an empty one without bookmark is deleted.

    Raises:
        NotFound: if the datum is not shown.
        BadInput: if the note is too long.
    """
    if datum != WHOLE and all(one.id != datum for one in seen.statements()):
        raise NotFound("There is no such finding.")
    written = text.replace("\x00", "").strip()
    if len(written) > LONGEST_NOTE:
        raise BadInput(f"A note has up to {LONGEST_NOTE} characters; this has {len(written)}.")
    row = session.get(Annotation, (attempt.id, datum))
    if not written and not bookmarked:
        if row is not None:
            session.delete(row)
        return
    if row is None:
        row = Annotation(attempt_id=attempt.id, datum=datum)
        session.add(row)
    row.text, row.bookmarked, row.changed_at = written, bookmarked, utc_now()
    session.flush()


def as_text(title: str, lines: list[NoteLine]) -> str:
    """All notes as plain text."""
    parts = [title, ""]
    for one in lines:
        if one.said:
            parts.append(f"{'* ' if one.bookmarked else '- '}{one.said}")
        if one.text:
            indent = "    " if one.said else ""
            parts += [f"{indent}{line}" for line in one.text.splitlines()]
        parts.append("")
    return "\n".join(parts)
