"""What a student keeps beside the events of an attempt: unfinished answers, pins, reflections.

None of it is marked. It may be written over, unlike an event, and is gone when its answer is
committed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.models import AttemptDraft
from app.errors import BadInput, NotFound, TransitionRefused
from app.permissions import Actor
from app.services.attempt_state import locked

LARGEST_DRAFT = 60_000
"""Characters of a draft, as JSON."""


def keep(
    session: Session,
    actor: Actor,
    attempt_id: int,
    number: int,
    fields: Mapping[str, Sequence[str]],
    now: datetime,
) -> datetime:
    """Keep an unfinished answer as typed; when it was kept.

    Raises:
        TransitionRefused: if the question is committed or the attempt has ended.
        BadInput: if it is too long.
    """
    found = locked(session, actor, attempt_id, now)
    exercise = found.exercise(number)
    if found.state.done or exercise.name in found.state.committed:
        raise TransitionRefused("This question is closed; what you typed now was not kept.")
    if exercise.stage > found.state.stage:
        raise NotFound("There is no such question.")
    return _keep(session, attempt_id, f"answer:{exercise.name}", dict(fields), now)


def pin(
    session: Session, actor: Actor, attempt_id: int, datum: str, sign: str, now: datetime
) -> None:
    """Mark a datum that is shown as a key finding, "+" or "-"; "" takes the mark away.

    Raises:
        NotFound: if the datum is not shown.
    """
    found = locked(session, actor, attempt_id, now)
    if all(one.id != datum for one in found.seen.statements()):
        raise NotFound("There is no such finding.")
    if sign not in {"+", "-", ""}:
        raise BadInput("A finding speaks for (+) or against (-).")
    _keep(session, attempt_id, f"pin:{datum}", {"sign": sign}, now)


def reflect(
    session: Session,
    actor: Actor,
    attempt_id: int,
    fields: Mapping[str, Sequence[str]],
    now: datetime,
) -> None:
    """Keep the reflections on an attempt that has ended.

    Raises:
        TransitionRefused: while it has not.
    """
    found = locked(session, actor, attempt_id, now)
    if not found.shown_state.done:
        raise TransitionRefused("Reflection comes after the end of the attempt.")
    _keep(session, attempt_id, "reflection", dict(fields), now)


def drafts_of(session: Session, attempt_id: int) -> dict[str, Mapping[str, Any]]:
    """What is kept beside the events, by subject."""
    query = select(AttemptDraft).where(AttemptDraft.attempt_id == attempt_id)
    return {one.subject: one.fields for one in session.scalars(query)}


def pins_of(session: Session, attempt_id: int) -> dict[str, str]:
    """Sign of each pinned datum."""
    drafts = drafts_of(session, attempt_id)
    return {
        subject.removeprefix("pin:"): fields["sign"]
        for subject, fields in drafts.items()
        if subject.startswith("pin:") and fields["sign"]
    }


def _keep(
    session: Session, attempt_id: int, subject: str, fields: dict[str, Any], now: datetime
) -> datetime:
    if len(json.dumps(fields)) > LARGEST_DRAFT:
        raise BadInput("This is too long to be kept. Shorten it.")
    draft = session.get(AttemptDraft, (attempt_id, subject))
    if draft is None:
        session.add(
            AttemptDraft(attempt_id=attempt_id, subject=subject, fields=fields, saved_at=now)
        )
    else:
        draft.fields, draft.saved_at = fields, now
    session.flush()
    return now
