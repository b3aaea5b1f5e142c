"""What a lesson shows, and when."""

from __future__ import annotations

from casebank.gate.model import Submission
from casebank.lesson.disclosure import Progress, revealed
from casebank.lesson.model import Lesson


def shown_ids(submission: Submission) -> frozenset[str]:
    """Ids of the data that the lesson shows in any stage or order; all of a case without one."""
    if submission.lesson is None:
        return frozenset(item.id for item in submission.case.statements())
    return frozenset(shown_by(submission.lesson, len(submission.lesson.stages)))


def shown_by(lesson: Lesson, stage: int) -> frozenset[str]:
    """Ids shown by the end of ``stage``, every order opened."""
    return revealed(lesson, everything_of(lesson, stage))


def everything_of(lesson: Lesson, stage: int) -> Progress:
    """The furthest that a student can have come at the end of ``stage`` before committing."""
    orders = frozenset(order.name for one in lesson.stages[:stage] for order in one.orders)
    return Progress(stage, orders)
