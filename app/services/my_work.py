"""What a student has to do: assignments with their cases, by the time when they are due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.models import Assignment, Attempt, CaseVersion, ClassMember, Extension
from app.db.types import utc_now
from app.permissions import Actor, Permission, check_permission
from app.services.assignments import cases_of, due_for, sealed_until
from app.services.case_documents import parse_lesson
from app.services.marks import counting, results_of
from app.services.returns import returns_of
from casebank.lesson import Wording

WorkState = Literal["to do", "running", "done", "overdue", "not open"]
KEPT_TITLES = 512


@dataclass(frozen=True)
class WorkLine:
    """One case of an assignment as its student finds it. ``attempt_id`` is the one that runs.

    ``score`` is the mark that counts, hidden while a later attempt runs or others sit the exam.

    ``title`` is the lesson's, which gives no diagnosis away.
    """

    case_id: int
    title: Wording
    state: WorkState
    finished: int
    attempt_id: int | None
    score: float | None = None


@dataclass(frozen=True)
class Work:
    """An assignment as its student finds it; ``due_at`` is the student's own."""

    assignment: Assignment
    class_title: str
    due_at: datetime | None
    extended: bool
    over: bool
    lines: tuple[WorkLine, ...]

    @property
    def left(self) -> int:
        """Cases without a finished attempt."""
        return sum(not line.finished for line in self.lines)


def my_work(session: Session, actor: Actor, now: datetime | None = None) -> list[Work]:
    """Assignments of the actor's classes: what is due first stands first, what is over last.

    Raises:
        PermissionDenied: unless the actor reads cases.
    """
    check_permission(actor, Permission.READ_CASES)
    moment = now or utc_now()
    query = (
        select(Assignment)
        .join(ClassMember, ClassMember.class_id == Assignment.class_id)
        .where(ClassMember.user_id == actor.user_id, ClassMember.teaches.is_(False))
    )
    found = [_work(session, actor, one, moment) for one in session.scalars(query)]
    latest = datetime.max.replace(tzinfo=UTC)
    return sorted(found, key=lambda one: (one.over, one.due_at or latest, -one.assignment.id))


@dataclass(frozen=True)
class ComesBack:
    """A finished case that comes back at ``at``; ``due`` when that is now or past."""

    case_id: int
    title: Wording
    at: datetime
    times: int
    due: bool


def my_returns(session: Session, actor: Actor, now: datetime | None = None) -> list[ComesBack]:
    """Cases of the actor that have come back or will, the soonest first.

    Raises:
        PermissionDenied: unless the actor reads cases.
    """
    check_permission(actor, Permission.READ_CASES)
    moment = now or utc_now()
    return [
        ComesBack(one.case.id, lesson_title(one.case.lesson), one.at, one.times, one.at <= moment)
        for one in returns_of(session, actor)
    ]


def _work(session: Session, actor: Actor, one: Assignment, moment: datetime) -> Work:
    due = due_for(session, one, actor.user_id)
    query = (
        select(Attempt, CaseVersion.case_id)
        .join(CaseVersion, CaseVersion.id == Attempt.version_id)
        .where(Attempt.assignment_id == one.id, Attempt.user_id == actor.user_id)
    )
    attempts = [(row, case_id) for row, case_id in session.execute(query)]
    over = due is not None and moment >= due
    lines = []
    for case in cases_of(session, one.set_id):
        mine = [row for row, case_id in attempts if case_id == case.id]
        finished = sum(row.finished_at is not None for row in mine)
        running = None if over else next((row for row in mine if row.finished_at is None), None)
        state: WorkState = "to do"
        if finished:
            state = "done"
        elif over:
            state = "overdue"
        elif running is not None:
            state = "running"
        elif moment < one.opens_at:
            state = "not open"
        ended = [row for row in mine if row.finished_at is not None]
        sealed = sealed_until(session, one.id, moment) is not None
        counted = None if sealed else counting(results_of(session, ended), one.counts)
        lines.append(
            WorkLine(
                case.id,
                lesson_title(case.lesson),
                state,
                finished,
                running.id if running is not None else None,
                counted.score if counted is not None and running is None else None,
            )
        )
    extended = session.get(Extension, (one.id, actor.user_id)) is not None
    return Work(one, one.teaching_class.title, due, extended, over, tuple(lines))


@lru_cache(maxsize=KEPT_TITLES)
def lesson_title(lesson: str) -> Wording:
    """The title of a lesson that is given as JSON."""
    return parse_lesson(lesson).title
