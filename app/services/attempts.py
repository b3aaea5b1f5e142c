"""A student's attempts at cases: begin or go on, open, commit, enter the next stage, end.

Every step is one transaction under the attempt's lock and one append-only event. A step that was
taken already gives the receipt of the first time and changes nothing; another answer to what is
committed is refused. Time is the server's and never runs backwards within an attempt.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import get_args

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app.audit import AuditEvent, record
from app.db.models import (
    Assignment,
    Attempt,
    AttemptDraft,
    AttemptEvent,
    CaseSetItem,
    CaseVersion,
    ClassMember,
    TeachingCase,
    TeachingClass,
    User,
)
from app.errors import BadInput, ChangedMeanwhile, NotFound, TransitionRefused
from app.permissions import Actor, Permission, check_permission
from app.services import cases as case_service
from app.services.assignments import due_for, find_for, open_for, sealed_until
from app.services.attempt_state import (
    Receipt,
    Running,
    is_over,
    last_moment,
    locked,
    minutes_end,
    moment,
    receipt_of,
    running,
)
from app.services.case_documents import lexicon_of, newest_version
from app.services.returns import finished_before
from casebank.attempt import (
    END,
    Event,
    Mode,
    advance,
    happened,
    read_answer,
)
from casebank.errors import StepRefused
from casebank.model import Language


def attemptable(
    session: Session, actor: Actor, case_id: int, assignment_id: int | None = None
) -> CaseVersion:
    """The version that the actor would attempt.

    Raises:
        NotFound: if the case is neither shown nor assigned to the actor, nor was finished before,
            or has no lesson.
    """
    case = session.get(TeachingCase, case_id)
    if case is None or case.state == case_service.WITHDRAWN:
        raise NotFound("There is no such case.")
    if assignment_id is not None:
        find_for(session, actor, assignment_id, case_id)
    elif not (
        case_service.can_see(session, actor, case)
        or (case.state == case_service.PUBLISHED and finished_before(session, actor, case_id))
    ):
        raise NotFound("There is no such case.")
    version = newest_version(session, case_id)
    if version is None:
        raise NotFound("There is no such case.")
    return version


def find_assignment(
    session: Session, actor: Actor, assignment_id: int | None, case_id: int
) -> Assignment | None:
    """The assignment through which a case is reached; None if it is reached on one's own.

    Raises:
        NotFound: if it is not the actor's, or does not hold the case.
    """
    if assignment_id is None:
        return None
    return find_for(session, actor, assignment_id, case_id)


def start(
    session: Session,
    actor: Actor,
    case_id: int,
    mode: str,
    assignment_id: int | None = None,
    *,
    now: datetime,
) -> Attempt:
    """Begin an attempt, or go on with the one that runs: there is never a second one.

    Raises:
        NotFound: if the case is not the actor's to attempt.
        BadInput: if there is no such mode.
        TransitionRefused: if the rules of an assignment do not allow it now.
    """
    if not case_service.teaches(actor):
        check_permission(actor, Permission.READ_CASES)
    # One at a time for each person: two tabs that begin at once get the same attempt.
    session.scalars(select(User.id).where(User.id == actor.user_id).with_for_update()).one()
    version = attemptable(session, actor, case_id, assignment_id)
    mine = _attempts(session, actor, case_id, assignment_id)
    for row in mine:
        if row.finished_at is None and not end_if_over(session, actor, row, now):
            return row
    if assignment_id is not None:
        mode = open_for(session, actor, assignment_id, case_id, now).assignment.mode
    elif not case_service.teaches(actor):
        _check_not_assigned(session, actor, case_id, now)
    if mode not in get_args(Mode):
        raise BadInput("Choose one of the ways to go through the case.")
    assert actor.user_id is not None
    row = Attempt(
        version_id=version.id,
        user_id=actor.user_id,
        assignment_id=assignment_id,
        mode=mode,
        number=len(mine) + 1,
        started_at=now,
        finished_at=now if mode == "reading" else None,
    )
    session.add(row)
    session.flush()
    case_service.note_reading(session, actor, session.get_one(TeachingCase, case_id))
    detail = {"case": case_id, "version": version.number, "mode": mode, "number": row.number}
    record(session, actor, AuditEvent("attempt.started", "attempt", row.id, detail))
    return row


def mine(session: Session, actor: Actor, case_id: int) -> list[Attempt]:
    """The actor's attempts at a case, the newest first."""
    query = (
        select(Attempt)
        .join(CaseVersion, CaseVersion.id == Attempt.version_id)
        .where(Attempt.user_id == actor.user_id, CaseVersion.case_id == case_id)
        .order_by(Attempt.id.desc())
    )
    return list(session.scalars(query))


def end_if_over(session: Session, actor: Actor, row: Attempt, now: datetime) -> bool:
    """End an attempt whose time is up; whether it has ended."""
    found = running(session, session.get_one(Attempt, row.id, with_for_update=True))
    if is_over(found, now):
        _end_by_clock(session, actor, found)
        return True
    return found.state.done


def open_order(session: Session, actor: Actor, attempt_id: int, place: str, now: datetime) -> int:
    """Open the order at ``place`` ("2-1": the first of stage 2); the stage that it belongs to.

    Raises:
        NotFound, StepRefused: if it is not there to be opened now.
    """
    found = locked(session, actor, attempt_id, now)
    stage, _, index = place.partition("-")
    if not (stage.isdigit() and index.isdigit() and len(place) < 8):
        raise BadInput("Choose from what the page offers.")
    if not 1 <= int(stage) <= found.state.stage:
        raise StepRefused("This cannot be opened now. Go on with what the page offers.")
    orders = found.lesson.stages[int(stage) - 1].orders
    if not 1 <= int(index) <= len(orders):
        raise StepRefused("This cannot be opened now. Go on with what the page offers.")
    _take(session, actor, found, Event("open", orders[int(index) - 1].name), now)
    return int(stage)


def commit(
    session: Session,
    actor: Actor,
    attempt_id: int,
    number: int,
    fields: Mapping[str, Sequence[str]],
    language: Language,
    now: datetime,
) -> Receipt:
    """Commit an answer for good.

    The same answer sent again gives the receipt of the first time.

    Raises:
        AnswerRefused: naming what to change.
        StepRefused: if the question is not asked now.
        ChangedMeanwhile: if another answer is committed already; that one stays.
    """
    found = locked(session, actor, attempt_id, now)
    exercise = found.exercise(number)
    committed = exercise.name in found.state.committed
    if not committed:
        # Whether it may be answered comes before whether it can be read.
        advance(found.lesson, found.state, Event("commit", exercise.name))
    shown = {one.id for one in found.seen.statements()}
    answer = read_answer(exercise, fields, lexicon_of(found.lesson), language, shown)
    if committed and found.state.answers[exercise.name] != answer:
        raise ChangedMeanwhile(
            "You committed an answer to this question before. The first one stands and is shown "
            "below; this one was not kept."
        )
    receipt = _take(session, actor, found, Event("commit", exercise.name, answer), now)
    session.execute(
        delete(AttemptDraft).where(
            AttemptDraft.attempt_id == attempt_id,
            AttemptDraft.subject == f"answer:{exercise.name}",
        )
    )
    return receipt


def go_on(session: Session, actor: Actor, attempt_id: int, to: str, now: datetime) -> Receipt:
    """Enter stage ``to``, or end the attempt.

    Raises:
        StepRefused: if something is to be committed first.
    """
    found = locked(session, actor, attempt_id, now)
    return _take(session, actor, found, Event("advance", to), now)


def give_up(session: Session, actor: Actor, attempt_id: int, now: datetime) -> Receipt:
    """End an attempt although something is not committed; that scores nothing."""
    found = locked(session, actor, attempt_id, now)
    return _take(session, actor, found, Event("advance", END, {"reason": "given up"}), now)


def _take(session: Session, actor: Actor, found: Running, event: Event, now: datetime) -> Receipt:
    """Append an event, or find it if it happened already."""
    if happened(found.state, event):
        for stored in found.events:
            if (stored.kind, stored.subject) == (event.kind, event.subject):
                return receipt_of(stored, again=True)
        raise StepRefused("This stage is open already.")
    after = advance(found.lesson, found.state, event)
    stored = _append(session, found, event, moment(found, now))
    if after.done:
        _finish(session, actor, found.row, stored.at, after.ended_by)
    return receipt_of(stored)


def _append(session: Session, found: Running, event: Event, at: datetime) -> AttemptEvent:
    stored = AttemptEvent(
        attempt_id=found.row.id,
        sequence=len(found.events) + 1,
        kind=event.kind,
        subject=event.subject,
        answer=dict(event.answer),
        at=at,
    )
    session.add(stored)
    session.flush()
    return stored


def _end_by_clock(session: Session, actor: Actor, found: Running) -> None:
    assert found.deadline is not None
    by_minutes = minutes_end(session, found.row, found.lesson) == found.deadline
    reason = "time" if by_minutes else "due"
    at = max(found.deadline, last_moment(found))
    _append(session, found, Event("advance", END, {"reason": reason}), at)
    _finish(session, actor, found.row, at, reason)


def _finish(session: Session, actor: Actor, row: Attempt, at: datetime, by: str) -> None:
    row.finished_at = at
    session.flush()
    record(session, actor, AuditEvent("attempt.finished", "attempt", row.id, {"by": by}))


def _attempts(
    session: Session, actor: Actor, case_id: int, assignment_id: int | None
) -> list[Attempt]:
    return [one for one in mine(session, actor, case_id) if one.assignment_id == assignment_id]


def _check_not_assigned(session: Session, actor: Actor, case_id: int, now: datetime) -> None:
    """Nobody looks at a case on their own while it is an assignment that waits for them."""
    query = (
        select(Assignment)
        .join(TeachingClass, TeachingClass.id == Assignment.class_id)
        .join(ClassMember, ClassMember.class_id == Assignment.class_id)
        .join(CaseSetItem, CaseSetItem.set_id == Assignment.set_id)
        .where(
            ClassMember.user_id == actor.user_id,
            ClassMember.teaches.is_(False),
            CaseSetItem.case_id == case_id,
            Assignment.closed_at.is_(None),
            TeachingClass.closed_at.is_(None),
            Assignment.mode != "reading",
        )
    )
    for assignment in session.scalars(query):
        sealed = sealed_until(session, assignment.id, now) is not None
        due = due_for(session, assignment, actor.user_id)
        if due is not None and due <= now and not sealed:
            continue
        made = (
            select(func.count())
            .select_from(Attempt)
            .join(CaseVersion, CaseVersion.id == Attempt.version_id)
            .where(
                Attempt.user_id == actor.user_id,
                Attempt.assignment_id == assignment.id,
                Attempt.finished_at.is_not(None),
                CaseVersion.case_id == case_id,
            )
        )
        if sealed or not session.scalar(made):
            raise TransitionRefused(
                f"This case is part of “{assignment.title}”. Do it there first; "
                "then, or when it is over, it is open to you here."
            )
