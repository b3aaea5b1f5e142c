"""Marks as CSV: one line an attempt, or one line an answer; nothing in it is run as a formula."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from sqlalchemy.orm import Session

from app.audit import AuditEvent, record
from app.permissions import Actor
from app.services.marks import Marks, of_assignment
from cohorts.spreadsheets import csv_text

MARK_HEADS = (
    "student", "sign-in name", "case", "title", "version", "key", "attempt", "mode", "started",
    "finished", "counts", "mark", "mark by the published key",
)  # fmt: skip
ANSWER_HEADS = (
    "student", "sign-in name", "case", "version", "key", "attempt", "question", "kind",
    "left out", "committed", "score", "answer",
)  # fmt: skip


def export_marks(session: Session, actor: Actor, assignment_id: int) -> str:
    """CSV of all attempts of an assignment of the actor's; students without one have a line too.

    Raises:
        NotFound: if there is none, or somebody else teaches the class.
    """
    marks = of_assignment(session, actor, assignment_id)
    _audit(session, actor, marks, "marks")
    return csv_text(MARK_HEADS, _mark_lines(marks))


def export_answers(session: Session, actor: Actor, assignment_id: int) -> str:
    """CSV of all questions of all attempts that have ended, with answer and score.

    Raises:
        NotFound: if there is none, or somebody else teaches the class.
    """
    marks = of_assignment(session, actor, assignment_id)
    _audit(session, actor, marks, "answers")
    return csv_text(ANSWER_HEADS, _answer_lines(marks))


def _mark_lines(marks: Marks) -> Iterable[Sequence[object]]:
    for student in marks.students:
        begun = False
        for column in marks.columns:
            cell = marks.cell(student.id, column.case_id)
            for one in cell.attempts:
                begun = True
                yield (
                    student.name,
                    student.email,
                    column.case_id,
                    column.title.text("en"),
                    one.version,
                    one.key.number,
                    one.row.number,
                    one.row.mode,
                    one.row.started_at.isoformat(),
                    one.row.finished_at.isoformat() if one.row.finished_at else None,
                    "yes" if one is cell.counted else "no",
                    _rounded(one.score),
                    _rounded(one.published),
                )
        if not begun:
            yield (student.name, student.email, *[None] * (len(MARK_HEADS) - 2))


def _answer_lines(marks: Marks) -> Iterable[Sequence[object]]:
    for one in marks.results():
        if one.mark is None:
            continue
        for mark in one.mark.marks:
            answer = one.answers.get(mark.exercise)
            yield (
                one.row.user.name,
                one.row.user.email,
                one.case_id,
                one.version,
                one.key.number,
                one.row.number,
                mark.exercise,
                mark.kind,
                "yes" if mark.exercise in one.key.left_out else "no",
                "yes" if mark.answered else "no",
                _rounded(mark.score),
                json.dumps(answer, ensure_ascii=False, sort_keys=True) if answer else None,
            )


def _rounded(score: float | None) -> float | None:
    return None if score is None else round(score, 6)


def _audit(session: Session, actor: Actor, marks: Marks, what: str) -> None:
    detail = {"what": what, "students": len(marks.students)}
    event = AuditEvent("assignment.exported", "assignment", marks.assignment.id, detail)
    record(session, actor, event)
