"""Use cases of assignments: a set given to a class, with dates and rules.

All moments are kept in UTC. A teacher writes dates in a zone that the form names.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.audit import AuditEvent, record
from app.db.models import (
    Assignment,
    Attempt,
    CaseSet,
    CaseSetItem,
    CaseVersion,
    ClassMember,
    Extension,
    TeachingCase,
)
from app.db.types import utc_now
from app.errors import BadInput, NotFound, TransitionRefused
from app.permissions import Actor, Permission, check_permission
from app.services import classes
from app.services.cases import PUBLISHED
from app.services.notices import MY_WORK, TEACHING, notify
from casebank.attempt import MODES

COUNTS: Final[dict[str, str]] = {
    "first": "the first attempt",
    "best": "the best attempt",
    "last": "the last attempt",
}
ZONES: Final[dict[str, ZoneInfo]] = {
    name: ZoneInfo(name) for name in ("UTC", "Asia/Shanghai", "Europe/Berlin", "America/New_York")
}
MOST_ATTEMPTS, MOST_MINUTES = 20, 480


@dataclass(frozen=True)
class Rules:
    """What a teacher lays down. ``attempts`` 0 is any number; ``minutes`` None is no limit."""

    title: str
    mode: str
    opens_at: datetime
    due_at: datetime | None = None
    attempts: int = 0
    counts: str = "best"
    minutes: int | None = None

    def check(self) -> None:
        """Refuse what cannot be.

        Raises:
            BadInput: saying what to change.
        """
        if not self.title.strip():
            raise BadInput("Give the assignment a title.")
        if self.mode not in MODES:
            raise BadInput("Choose how the cases are gone through.")
        if self.counts not in COUNTS:
            raise BadInput("Choose which attempt counts: the first, the best or the last.")
        if not 0 <= self.attempts <= MOST_ATTEMPTS:
            raise BadInput(f"Allow 1 to {MOST_ATTEMPTS} attempts, or 0 for any number.")
        if self.minutes is not None and not 1 <= self.minutes <= MOST_MINUTES:
            raise BadInput(f"Give 1 to {MOST_MINUTES} minutes, or leave the field empty.")
        if self.due_at is not None and self.due_at <= self.opens_at:
            raise BadInput("An assignment is due after it opens. Look at the two dates.")


@dataclass(frozen=True)
class Opening:
    """That a case is open to a student through an assignment, until ``due_at`` if it ends."""

    assignment: Assignment
    due_at: datetime | None


def parse_moment(text: str, zone: str) -> datetime | None:
    """A moment of a form, ``2027-03-02T09:00`` in ``zone``; None for an empty field.

    Raises:
        BadInput: if it cannot be read, or does not exist in the zone (a clock put forward).
    """
    if not text.strip():
        return None
    if zone not in ZONES:
        raise BadInput("Choose the time zone of the dates.")
    try:
        naive = datetime.fromisoformat(text.strip())
    except ValueError:
        raise BadInput("Write a date and time as 2027-03-02T09:00.") from None
    if naive.tzinfo is not None or not 2000 <= naive.year <= 2200:
        raise BadInput("Write a date and time as 2027-03-02T09:00.")
    moment = naive.replace(tzinfo=ZONES[zone]).astimezone(UTC)
    if moment.astimezone(ZONES[zone]).replace(tzinfo=None) != naive:
        raise BadInput("The clock is put forward then; choose a time an hour later.")
    return moment


def assign(session: Session, actor: Actor, class_id: int, set_id: int, rules: Rules) -> Assignment:
    """Give a set to a class, and tell its students.

    Raises:
        NotFound, TransitionRefused: if the class is not the actor's, or is closed.
        BadInput: if the rules cannot be, or the set holds no published case with a lesson.
    """
    group = classes.get_taught(session, actor, class_id, to_change=True)
    rules.check()
    found = session.get(CaseSet, set_id)
    if found is None:
        raise BadInput("Choose a set.")
    if not cases_of(session, set_id):
        raise BadInput("This set holds no published case that can be attempted yet.")
    assert actor.user_id is not None
    made = Assignment(
        class_id=group.id,
        set_id=set_id,
        title=rules.title.strip()[:200],
        mode=rules.mode,
        attempts=rules.attempts,
        counts=rules.counts,
        minutes=rules.minutes,
        opens_at=rules.opens_at,
        due_at=rules.due_at,
        created_by=actor.user_id,
    )
    session.add(made)
    session.flush()
    students = [member.user_id for member in group.members if not member.teaches]
    text = f"New in {group.title}: “{made.title}”. You find it under My work."
    notify(session, students, TEACHING, text, MY_WORK)
    detail = {"class": group.id, "set": set_id, "mode": rules.mode}
    record(session, actor, AuditEvent("assignment.made", "assignment", made.id, detail))
    return made


def of_class(session: Session, actor: Actor, class_id: int) -> list[Assignment]:
    """Assignments of a class of the actor's, the newest first."""
    classes.get_taught(session, actor, class_id)
    query = select(Assignment).where(Assignment.class_id == class_id).order_by(Assignment.id.desc())
    return list(session.scalars(query))


def get_taught(
    session: Session, actor: Actor, assignment_id: int, *, to_change: bool = False
) -> Assignment:
    """An assignment of a class that the actor teaches.

    Raises:
        NotFound: if there is none, or somebody else teaches the class.
        TransitionRefused: if it is to be changed and its class is closed.
    """
    check_permission(actor, Permission.WRITE_CASES)
    found = session.get(Assignment, assignment_id)
    if found is None:
        raise NotFound("There is no such assignment.")
    try:
        classes.get_taught(session, actor, found.class_id, to_change=to_change)
    except NotFound:
        raise NotFound("There is no such assignment.") from None
    return found


def change_dates(
    session: Session,
    actor: Actor,
    assignment_id: int,
    opens_at: datetime,
    due_at: datetime | None,
) -> None:
    """Other dates for everybody. Mode and attempts stay: work was begun by them."""
    found = get_taught(session, actor, assignment_id, to_change=True)
    if due_at is not None and due_at <= opens_at:
        raise BadInput("An assignment is due after it opens. Look at the two dates.")
    found.opens_at, found.due_at = opens_at, due_at
    record(session, actor, AuditEvent("assignment.dates", "assignment", found.id))


def close(session: Session, actor: Actor, assignment_id: int) -> None:
    """End an assignment now, for everybody, extensions too."""
    found = get_taught(session, actor, assignment_id, to_change=True)
    if found.closed_at is not None:
        raise TransitionRefused("This assignment is closed already.")
    found.closed_at = utc_now()
    record(session, actor, AuditEvent("assignment.closed", "assignment", found.id))


def reopen(session: Session, actor: Actor, assignment_id: int) -> None:
    """Open an assignment again that was closed early."""
    found = get_taught(session, actor, assignment_id, to_change=True)
    found.closed_at = None
    record(session, actor, AuditEvent("assignment.opened", "assignment", found.id))


def extend(
    session: Session,
    actor: Actor,
    assignment_id: int,
    user_id: int,
    due_at: datetime | None,
    reason: str,
) -> None:
    """Give one student a later due date; a second one replaces the first.

    Raises:
        NotFound: if the assignment is not the actor's, or the student is not in its class.
        BadInput: without a reason, or unless it is later than everybody's.
    """
    found = get_taught(session, actor, assignment_id, to_change=True)
    if not _is_student(session, found.class_id, user_id):
        raise NotFound("This person is not a student of the class.")
    if found.due_at is None:
        raise BadInput("This assignment has no due date that could be extended.")
    if due_at is None or due_at <= found.due_at:
        raise BadInput("An extension ends later than the due date of the others.")
    if not reason.strip():
        raise BadInput("Give the reason for the extension.")
    assert actor.user_id is not None
    row = session.get(Extension, (found.id, user_id))
    if row is None:
        row = Extension(assignment_id=found.id, user_id=user_id)
        session.add(row)
    row.due_at, row.reason, row.given_by, row.given_at = (
        due_at,
        reason.strip()[:500],
        actor.user_id,
        utc_now(),
    )
    session.flush()
    notify(session, [user_id], TEACHING, f"You have more time for “{found.title}”.", MY_WORK)
    detail = {"user": user_id}
    record(session, actor, AuditEvent("assignment.extended", "assignment", found.id, detail))


def extensions_of(session: Session, assignment_id: int) -> dict[int, Extension]:
    """Extensions of an assignment by student."""
    query = select(Extension).where(Extension.assignment_id == assignment_id)
    return {one.user_id: one for one in session.scalars(query)}


def due_for(session: Session, assignment: Assignment, user_id: int | None) -> datetime | None:
    """When an assignment ends for a student; None while it has no end.

    Closing it, or its class, ends it for everybody; an extension only moves the due date.
    """
    extension = session.get(Extension, (assignment.id, user_id))
    due = assignment.due_at
    if due is not None and extension is not None:
        due = max(due, extension.due_at)
    ends = [due, assignment.closed_at, assignment.teaching_class.closed_at]
    known = [end for end in ends if end is not None]
    return min(known) if known else None


def sealed_until(session: Session, assignment_id: int | None, now: datetime) -> datetime | None:
    """When the results of an exam are opened: once nobody sits it any more, with more time or not.

    None if they are open: it is no exam, it is over, or it has no end.
    """
    found = session.get(Assignment, assignment_id) if assignment_id is not None else None
    if found is None or found.mode != "exam" or found.due_at is None:
        return None
    extended = [one.due_at for one in extensions_of(session, found.id).values()]
    ends = [max([found.due_at, *extended]), found.closed_at, found.teaching_class.closed_at]
    end = min(one for one in ends if one is not None)
    return end if now < end else None


def find_for(session: Session, actor: Actor, assignment_id: int, case_id: int) -> Assignment:
    """An assignment of a class of the actor's whose set holds the case, whether open or not.

    Raises:
        NotFound: if there is none.
    """
    query = (
        select(Assignment)
        .join(ClassMember, ClassMember.class_id == Assignment.class_id)
        .join(CaseSetItem, CaseSetItem.set_id == Assignment.set_id)
        .where(
            Assignment.id == assignment_id,
            ClassMember.user_id == actor.user_id,
            CaseSetItem.case_id == case_id,
        )
    )
    found = session.scalar(query)
    if found is None:
        raise NotFound("There is no such case.")
    return found


def open_for(
    session: Session,
    actor: Actor,
    assignment_id: int,
    case_id: int,
    now: datetime | None = None,
) -> Opening:
    """The assignment through which the actor may begin one more attempt at a case now.

    Raises:
        NotFound: if the case is not assigned to the actor by it, or was withdrawn.
        TransitionRefused: if it is not open yet, is over, or all attempts are used.
    """
    moment = now or utc_now()
    found = find_for(session, actor, assignment_id, case_id)
    case = session.get_one(TeachingCase, case_id)
    if case.state != PUBLISHED:
        raise NotFound("There is no such case.")
    due = due_for(session, found, actor.user_id)
    if moment < found.opens_at:
        raise TransitionRefused(f"This opens on {_day(found.opens_at)}.")
    if due is not None and moment >= due:
        closed = found.closed_at or found.teaching_class.closed_at
        if closed is not None and closed <= due:
            raise TransitionRefused("This assignment was closed.")
        raise TransitionRefused(f"This was due on {_day(due)}.")
    made = _attempts_made(session, found.id, actor.user_id, case_id)
    if found.attempts and made >= found.attempts:
        raise TransitionRefused(f"You have used all your attempts at this case ({found.attempts}).")
    return Opening(found, due)


def cases_of(session: Session, set_id: int) -> list[TeachingCase]:
    """Published cases of a set that have a lesson, in the order of the set."""
    query = (
        select(TeachingCase)
        .join(CaseSetItem, CaseSetItem.case_id == TeachingCase.id)
        .where(
            CaseSetItem.set_id == set_id,
            TeachingCase.state == PUBLISHED,
            TeachingCase.lesson != "",
        )
        .order_by(CaseSetItem.position, TeachingCase.id)
    )
    return list(session.scalars(query))


def _attempts_made(session: Session, assignment_id: int, user_id: int | None, case_id: int) -> int:
    query = (
        select(func.count())
        .select_from(Attempt)
        .join(CaseVersion, CaseVersion.id == Attempt.version_id)
        .where(
            Attempt.assignment_id == assignment_id,
            Attempt.user_id == user_id,
            CaseVersion.case_id == case_id,
        )
    )
    return session.scalar(query) or 0


def _is_student(session: Session, class_id: int, user_id: int) -> bool:
    member = session.get(ClassMember, (class_id, user_id))
    return member is not None and not member.teaches


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%b %Y, %H:%M} UTC"
