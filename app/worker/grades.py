"""Marks that go back to learning platforms: found and sent in each round of the worker."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.db.models import Attempt
from app.services import attempts, lti_grades
from app.services.lti_platforms import PatientSession
from app.worker.workshop import Workshop
from casebank.attempt import MODES, mark_attempt


def send_grades(workshop: Workshop) -> int:
    """Send what is due; how many grades were tried."""
    if workshop.signing_key is None:
        return 0
    lti_grades.collect(workshop.database, mark_of)
    return lti_grades.send_due(workshop.database, workshop.signing_key, PatientSession)


def mark_of(session: Session, attempt: Attempt) -> float | None:
    """The mark of a finished attempt, 0 to 1; None where nothing was asked or is scored."""
    found = attempts.running(session, attempt)
    if not MODES[found.state.mode].answers:
        return None
    return mark_attempt(found.lesson, found.state.answers).score
