"""Marks that go back to learning platforms: found and sent in each round of the worker."""

from __future__ import annotations

from app.services import lti_grades
from app.services.lti_platforms import PatientSession
from app.services.marks import mark_of
from app.worker.workshop import Workshop


def send_grades(workshop: Workshop) -> int:
    """Send what is due; how many grades were tried."""
    if workshop.signing_key is None:
        return 0
    lti_grades.collect(workshop.database, mark_of)
    return lti_grades.send_due(workshop.database, workshop.signing_key, PatientSession)
