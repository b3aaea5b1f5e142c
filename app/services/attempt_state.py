"""An attempt as it is now: its events folded over the lesson, what is shown of it, when it ends."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.models import Assignment, Attempt, AttemptEvent
from app.db.types import utc_now
from app.errors import NotFound
from app.permissions import Actor
from app.services import cases as case_service
from app.services.assignments import due_for, sealed_until
from app.services.case_documents import content
from app.services.marks import newest_key
from casebank import Case
from casebank.attempt import MODES, AttemptState, Event, fold, in_order, shown_progress
from casebank.errors import StepRefused
from casebank.lesson import Exercise, Lesson, disclose


@dataclass(frozen=True)
class Running:
    """An attempt with what it is made of. ``deadline`` is None where time has no end.

    ``seen`` is all that any answer to a student may be made from. ``sealed_until`` is when an exam
    that others may still sit is opened to those who have ended it.
    """

    row: Attempt
    case: Case
    lesson: Lesson
    state: AttemptState
    events: tuple[AttemptEvent, ...]
    deadline: datetime | None
    sealed_until: datetime | None = None

    @property
    def shown_state(self) -> AttemptState:
        """The state by which data and keys are shown: not as ended while the end is sealed."""
        return self.state if self.sealed_until is None else replace(self.state, done=False)

    @property
    def seen(self) -> Case:
        """The case as far as it is disclosed now."""
        return disclose(self.case, self.lesson, shown_progress(self.lesson, self.shown_state))

    def exercise(self, number: int) -> Exercise:
        """The exercise at a place, from 1; names do not leave the server.

        Raises:
            NotFound: if there is none.
        """
        exercises = in_order(self.lesson)
        if not 1 <= number <= len(exercises):
            raise NotFound("There is no such question.")
        return exercises[number - 1]


@dataclass(frozen=True)
class Receipt:
    """That a step is kept for good. ``again`` tells that it was there before."""

    sequence: int
    at: datetime
    code: str
    again: bool = False


def receipt_of(event: AttemptEvent, again: bool = False) -> Receipt:
    """The receipt of an event; its code covers all that is kept of it."""
    document = json.dumps(
        [event.attempt_id, event.sequence, event.kind, event.subject, event.answer],
        sort_keys=True,
        ensure_ascii=False,
    )
    digest = hashlib.sha256(f"{document}{event.at.isoformat()}".encode()).hexdigest()
    return Receipt(event.sequence, event.at, f"{digest[:4]}-{digest[4:8]}-{digest[8:12]}", again)


def load(
    session: Session,
    actor: Actor,
    attempt_id: int,
    *,
    lock: bool = False,
    now: datetime | None = None,
) -> Running:
    """An attempt of the actor's own, as it is ``now``.

    Raises:
        NotFound: if there is none, it is somebody else's, or its case was withdrawn.
    """
    query = select(Attempt).where(Attempt.id == attempt_id)
    row = session.scalar(query.with_for_update() if lock else query)
    if row is None or row.user_id != actor.user_id:
        raise NotFound("There is no such attempt.")
    if row.version.case.state == case_service.WITHDRAWN:
        raise NotFound("This case was withdrawn.")
    return running(session, row, now)


def running(session: Session, row: Attempt, now: datetime | None = None) -> Running:
    """An attempt with case, lesson under its newest key, and the state that its events make."""
    case, _ = content(row.version)
    lesson = newest_key(session, row.version).lesson
    query = (
        select(AttemptEvent)
        .where(AttemptEvent.attempt_id == row.id)
        .order_by(AttemptEvent.sequence)
    )
    events = tuple(session.scalars(query))
    steps = (Event(one.kind, one.subject, one.answer) for one in events)  # type: ignore[arg-type]
    state = fold(lesson, row.mode, steps)  # type: ignore[arg-type]
    at = now or utc_now()
    sealed = sealed_until(session, row.assignment_id, at) if state.done else None
    return Running(row, case, lesson, state, events, _deadline(session, row, lesson), sealed)


def is_over(found: Running, now: datetime) -> bool:
    """Whether the time of an attempt that has not ended is up."""
    return (
        not found.state.done and found.deadline is not None and moment(found, now) >= found.deadline
    )


def locked(session: Session, actor: Actor, attempt_id: int, now: datetime) -> Running:
    """An attempt of the actor's under its lock, to be changed.

    Raises:
        NotFound: as :func:`load`.
        StepRefused: if its time is up.
    """
    found = load(session, actor, attempt_id, lock=True, now=now)
    if is_over(found, now):
        raise StepRefused("The time of this attempt is up. What you committed before counts.")
    return found


def last_moment(found: Running) -> datetime:
    """When the last thing of the attempt happened."""
    return max([found.row.started_at, *(event.at for event in found.events)])


def moment(found: Running, now: datetime) -> datetime:
    """Now, but never before what happened already: a clock may be set back."""
    return max(now, last_moment(found))


def minutes_end(session: Session, row: Attempt, lesson: Lesson) -> datetime | None:
    """When the minutes that are allowed are over; None if they have no end."""
    minutes = None
    if row.assignment_id is not None:
        minutes = session.get_one(Assignment, row.assignment_id).minutes
    elif MODES[row.mode].timed:  # type: ignore[index]
        minutes = lesson.minutes
    return None if minutes is None else row.started_at + timedelta(minutes=minutes)


def _deadline(session: Session, row: Attempt, lesson: Lesson) -> datetime | None:
    ends = [minutes_end(session, row, lesson)]
    if row.assignment_id is not None:
        assignment = session.get_one(Assignment, row.assignment_id)
        ends.append(due_for(session, assignment, row.user_id))
    known = [end for end in ends if end is not None]
    return min(known) if known else None
