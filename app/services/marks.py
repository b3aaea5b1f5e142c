"""Marks: always recomputed from committed answers and the key that holds now, never stored.

A key of a published version is corrected by a further key beside it, with its reason; marks by the
published key stay to be seen beside those by the newest one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.models import (
    Assignment,
    Attempt,
    AttemptEvent,
    CaseVersion,
    KeyCorrection,
    User,
)
from app.db.types import utc_now
from app.permissions import Actor
from app.services import assignments, classes
from app.services.case_documents import parse_lesson
from casebank.attempt import AttemptMark, mark_attempt
from casebank.lesson import Lesson, Wording

MARKED_MODES = frozenset({"learn", "exam", "whole"})
Answers = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Key:
    """A key of a version: ``number`` 0 is the published one. ``left_out`` does not count."""

    number: int
    lesson: Lesson
    left_out: frozenset[str] = frozenset()
    reason: str = ""

    def mark(self, answers: Answers) -> AttemptMark:
        """Marks of all exercises; the score is the mean over those that count."""
        found = mark_attempt(self.lesson, answers)
        scores = [
            mark.score
            for mark in found.marks
            if mark.score is not None and mark.exercise not in self.left_out
        ]
        return AttemptMark(
            sum(scores) / len(scores) if scores else None, found.marks, found.concordance
        )


@dataclass(frozen=True)
class Result:
    """An attempt with its mark. ``published`` is the score by the published key.

    ``mark`` is None while the attempt runs, and for modes in which nothing is marked.
    """

    row: Attempt
    case_id: int
    version: int
    key: Key
    answers: Answers
    last_at: datetime
    over: bool
    mark: AttemptMark | None
    published: float | None

    @property
    def score(self) -> float | None:
        """The score by the newest key."""
        return None if self.mark is None else self.mark.score


@dataclass(frozen=True)
class Column:
    """A case of an assignment. ``gone``: it was withdrawn or left the set after it was begun."""

    case_id: int
    title: Wording
    level: str
    minutes: int
    gone: bool


@dataclass(frozen=True)
class Cell:
    """One student's attempts at one case, and the one that counts."""

    attempts: tuple[Result, ...]
    counted: Result | None

    @property
    def finished(self) -> bool:
        """Whether any attempt has ended."""
        return any(one.over for one in self.attempts)


@dataclass(frozen=True)
class Marks:
    """Marks of a whole assignment, students by name and cases in the order of the set."""

    assignment: Assignment
    students: tuple[User, ...]
    columns: tuple[Column, ...]
    cells: Mapping[tuple[int, int], Cell]
    now: datetime
    due: Mapping[int, datetime | None]

    def cell(self, user_id: int, case_id: int) -> Cell:
        """The attempts of a student at a case."""
        return self.cells.get((user_id, case_id), Cell((), None))

    def is_over(self, user_id: int) -> bool:
        """Whether the assignment has ended for a student."""
        due = self.due[user_id]
        return due is not None and self.now >= due

    def total(self, user_id: int) -> float | None:
        """The mean over the cases that are marked so far; after the end, what is missing is 0."""
        scores: list[float] = []
        for column in self.columns:
            if column.gone:
                continue
            cell = self.cell(user_id, column.case_id)
            if cell.counted is not None and cell.counted.score is not None:
                scores.append(cell.counted.score)
            elif self.is_over(user_id) and not cell.finished:
                scores.append(0.0)
        return sum(scores) / len(scores) if scores else None

    def results(self) -> Iterable[Result]:
        """All attempts, by student and case."""
        for student in self.students:
            for column in self.columns:
                yield from self.cell(student.id, column.case_id).attempts


def keys_of(session: Session, version: CaseVersion) -> tuple[Key, ...]:
    """The keys of a version, the published one first."""
    query = (
        select(KeyCorrection)
        .where(KeyCorrection.version_id == version.id)
        .order_by(KeyCorrection.number)
    )
    return (
        Key(0, parse_lesson(version.lesson)),
        *(
            Key(one.number, parse_lesson(one.lesson), frozenset(one.left_out), one.reason)
            for one in session.scalars(query)
        ),
    )


def newest_key(session: Session, version: CaseVersion) -> Key:
    """The key by which a version is marked now."""
    return keys_of(session, version)[-1]


def answers_of(session: Session, attempt_ids: Collection[int]) -> dict[int, dict[str, Any]]:
    """Committed answers by attempt and exercise, of many attempts at once."""
    query = select(AttemptEvent.attempt_id, AttemptEvent.subject, AttemptEvent.answer).where(
        AttemptEvent.attempt_id.in_(attempt_ids), AttemptEvent.kind == "commit"
    )
    found: dict[int, dict[str, Any]] = {one: {} for one in attempt_ids}
    for attempt_id, exercise, answer in session.execute(query):
        found[attempt_id][exercise] = answer
    return found


def mark_of(session: Session, attempt: Attempt) -> float | None:
    """The score of an attempt that has ended, 0 to 1; None where nothing in it is marked."""
    if attempt.finished_at is None or attempt.mode not in MARKED_MODES:
        return None
    answers = answers_of(session, [attempt.id])[attempt.id]
    return newest_key(session, attempt.version).mark(answers).score


def results_of(
    session: Session, rows: Sequence[Attempt], ended: Collection[int] = ()
) -> list[Result]:
    """Attempts with their marks; ``ended`` are ids whose time is up though nobody came back."""
    ids = [row.id for row in rows]
    answers = answers_of(session, ids)
    last = _last_moments(session, ids)
    keys: dict[int, tuple[Key, ...]] = {}
    found = []
    for row in rows:
        if row.version_id not in keys:
            keys[row.version_id] = keys_of(session, row.version)
        over = row.finished_at is not None or row.id in ended
        counts = over and row.mode in MARKED_MODES
        newest = keys[row.version_id][-1]
        given = answers[row.id]
        mark = newest.mark(given) if counts else None
        published = mark
        if counts and newest.number:
            published = keys[row.version_id][0].mark(given)
        found.append(
            Result(
                row,
                row.version.case_id,
                row.version.number,
                newest,
                given,
                last.get(row.id, row.started_at),
                over,
                mark,
                None if published is None else published.score,
            )
        )
    return found


def counting(results: Sequence[Result], rule: str) -> Result | None:
    """The attempt that makes the mark: the first, the best (the earlier of equals) or the last."""
    marked = [one for one in results if one.score is not None]
    if not marked:
        return None
    if rule == "best":
        return max(marked, key=lambda one: (one.score or 0.0, -one.row.number))
    marked.sort(key=lambda one: one.row.number)
    return marked[0] if rule == "first" else marked[-1]


def of_assignment(
    session: Session, actor: Actor, assignment_id: int, now: datetime | None = None
) -> Marks:
    """All attempts of an assignment of the actor's, with marks; also of students who left.

    Raises:
        NotFound: if there is none, or somebody else teaches the class.
    """
    moment = now or utc_now()
    found = assignments.get_taught(session, actor, assignment_id)
    students = {one.id: one for one in classes.roll(session, actor, found.class_id).students}
    query = select(Attempt).where(Attempt.assignment_id == found.id).order_by(Attempt.id)
    teachers = {one.user_id for one in found.teaching_class.members if one.teaches}
    rows = [row for row in session.scalars(query) if row.user_id not in teachers]
    students |= {row.user_id: row.user for row in rows}
    due = {user_id: assignments.due_for(session, found, user_id) for user_id in students}
    ended = [row.id for row in rows if _is_over(due[row.user_id], moment)]
    results = results_of(session, rows, ended)
    cells: dict[tuple[int, int], list[Result]] = {}
    for one in results:
        cells.setdefault((one.row.user_id, one.case_id), []).append(one)
    return Marks(
        found,
        tuple(sorted(students.values(), key=lambda one: (one.name.casefold(), one.id))),
        _columns(session, found, results),
        {at: Cell(tuple(ones), counting(ones, found.counts)) for at, ones in cells.items()},
        moment,
        due,
    )


def _columns(
    session: Session, assignment: Assignment, results: Sequence[Result]
) -> tuple[Column, ...]:
    columns = {}
    for case in assignments.cases_of(session, assignment.set_id):
        lesson = parse_lesson(case.lesson)
        level = str(case.summary.get("level", ""))
        columns[case.id] = Column(case.id, lesson.title, level, lesson.minutes, gone=False)
    for one in results:
        if one.case_id not in columns:
            lesson = one.key.lesson
            level = str(one.row.version.case.summary.get("level", ""))
            columns[one.case_id] = Column(
                one.case_id, lesson.title, level, lesson.minutes, gone=True
            )
    return tuple(columns.values())


def _last_moments(session: Session, attempt_ids: Collection[int]) -> dict[int, datetime]:
    query = (
        select(AttemptEvent.attempt_id, AttemptEvent.at)
        .where(AttemptEvent.attempt_id.in_(attempt_ids))
        .order_by(AttemptEvent.sequence)
    )
    moments: dict[int, datetime] = {}
    for attempt_id, at in session.execute(query):
        moments[attempt_id] = at
    return moments


def _is_over(due: datetime | None, now: datetime) -> bool:
    return due is not None and now >= due
