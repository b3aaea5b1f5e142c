"""What a class makes of an assignment: missed cues, items, confidence, time, who needs help."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import median
from typing import Final

from app.db.models import User
from app.services.marks import Column, Marks, Result
from casebank.attempt import Element, forecasts, missed
from casebank.scoring import (
    Calibration,
    ItemStatistics,
    calibrate,
    cronbach_alpha,
    item_statistics,
)
from casebank.scoring.items import MEASURED_AFTER

WEAK: Final = 0.5
WEAK_CASES: Final = 2
STUCK_AFTER: Final = timedelta(days=3)
MOST_MISSED: Final = 8
LEVELS: Final = {"preclinical": "easy", "clerkship": "middling", "residency": "hard"}
"""What an author's choice of level guesses of a difficulty."""


@dataclass(frozen=True)
class Help:
    """A student who may need help, with the reasons in words."""

    student: User
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Missed:
    """An element of a key, and how many of those who ended the case did not name it."""

    element: Element
    missed: int
    attempts: int

    @property
    def share(self) -> float:
        """Share of attempts without it."""
        return self.missed / self.attempts


@dataclass(frozen=True)
class CaseReport:
    """One case over the first attempt of each student that has ended.

    ``difficulty`` is the mean score, ``measured`` after enough attempts; before that the page shows
    ``guess``, the author's. ``minutes`` is the median; ``stated`` what the lesson says.
    """

    column: Column
    attempts: int
    difficulty: float | None
    measured: bool
    guess: str
    minutes: float | None
    missed: tuple[Missed, ...]
    items: tuple[ItemStatistics, ...]
    alpha: float | None

    @property
    def slow(self) -> bool:
        """Whether it takes more than half as long again as stated."""
        return self.minutes is not None and self.minutes > 1.5 * self.column.minutes


@dataclass(frozen=True)
class Dashboard:
    """All that a teacher sees of an assignment."""

    marks: Marks
    cases: tuple[CaseReport, ...]
    calibration: Calibration | None
    help: tuple[Help, ...]


def dashboard(marks: Marks) -> Dashboard:
    """The dashboard over marks that the actor may see."""
    firsts = _first_attempts(marks)
    stated = [
        (one.confidence, one.right)
        for result in firsts
        for one in forecasts(result.key.lesson, result.answers)
    ]
    reports = tuple(
        _report(column, [one for one in firsts if one.case_id == column.case_id])
        for column in marks.columns
    )
    return Dashboard(marks, reports, calibrate(stated), tuple(_who_needs_help(marks)))


def _first_attempts(marks: Marks) -> list[Result]:
    """The first marked attempt of each student at each case: later ones know the answers."""
    found = []
    for student in marks.students:
        for column in marks.columns:
            ended = [
                one
                for one in marks.cell(student.id, column.case_id).attempts
                if one.mark is not None
            ]
            if ended:
                found.append(min(ended, key=lambda one: one.row.number))
    return found


def _report(column: Column, results: Sequence[Result]) -> CaseReport:
    scores = [one.score for one in results if one.score is not None]
    times = [
        (one.row.finished_at - one.row.started_at).total_seconds() / 60
        for one in results
        if one.row.finished_at is not None
    ]
    tables = [_item_scores(one) for one in results]
    whole = [table for table in tables if len(table) == max(map(len, tables), default=0)]
    return CaseReport(
        column=column,
        attempts=len(results),
        difficulty=sum(scores) / len(scores) if scores else None,
        measured=len(scores) >= MEASURED_AFTER,
        guess=LEVELS.get(column.level, "not said"),
        minutes=median(times) if times else None,
        missed=_most_missed(results),
        items=item_statistics(tables),
        alpha=cronbach_alpha([list(table.values()) for table in whole]) if whole else None,
    )


def _item_scores(result: Result) -> dict[str, float]:
    assert result.mark is not None
    return {
        mark.exercise: mark.score
        for mark in result.mark.marks
        if mark.score is not None and mark.exercise not in result.key.left_out
    }


def _most_missed(results: Sequence[Result]) -> tuple[Missed, ...]:
    """What was missed most, of exercises that were committed; whole exercises are not cues."""
    elements: dict[tuple[str, str], Element] = {}
    lost: Counter[tuple[str, str]] = Counter()
    asked: Counter[str] = Counter()
    for result in results:
        for exercise in result.key.lesson.exercises:
            answer = result.answers.get(exercise.name)
            if answer is None or exercise.name in result.key.left_out:
                continue
            asked[exercise.name] += 1
            for one in missed(exercise, answer):
                elements[one.exercise, one.code] = one
                lost[one.exercise, one.code] += 1
    found = [Missed(elements[at], count, asked[at[0]]) for at, count in lost.items()]
    found.sort(key=lambda one: (-one.share, -one.missed, one.element.exercise, one.element.code))
    return tuple(found[:MOST_MISSED])


def _who_needs_help(marks: Marks) -> list[Help]:
    open_cases = [column for column in marks.columns if not column.gone]
    found = []
    for student in marks.students:
        cells = [marks.cell(student.id, column.case_id) for column in open_cases]
        reasons = []
        overdue = sum(not cell.finished for cell in cells) if marks.is_over(student.id) else 0
        if overdue:
            reasons.append(f"{overdue} overdue")
        weak = sum(
            cell.counted is not None
            and cell.counted.score is not None
            and cell.counted.score < WEAK
            for cell in cells
        )
        if weak >= WEAK_CASES:
            reasons.append(f"{weak} cases under {WEAK:.0%}")
        stuck = sum(
            not one.over and marks.now - one.last_at >= STUCK_AFTER
            for cell in cells
            for one in cell.attempts
        )
        if stuck:
            reasons.append(f"{stuck} begun and left for {STUCK_AFTER.days} days")
        if reasons:
            found.append(Help(student, tuple(reasons)))
    return found
