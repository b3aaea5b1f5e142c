"""What students of a teacher's own classes did at a case, as xAPI statements under pseudonyms."""

from __future__ import annotations

import hashlib
import hmac

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.audit import AuditEvent, record
from app.db.database import Database
from app.db.models import Assignment, Attempt, CaseVersion, ClassMember, TeachingClass
from app.permissions import Actor, Permission, check_permission
from app.services import cases as case_service
from app.services import marks
from app.services.attempt_state import running
from app.services.case_exports import ExportedFile
from casebank.attempt import END
from casebank.exports.xapi import RecordedAttempt, RecordedEvent, to_xapi
from casebank.lesson import Lesson


def statements(
    database: Database, actor: Actor, case_id: int, home: str, secret: str
) -> ExportedFile:
    """All attempts at the case in assignments of classes that the actor teaches.

    ``secret`` makes the pseudonyms: the same person has the same one in every export of this
    installation, and nobody without the secret can tell whose it is.

    Raises:
        NotFound, PermissionDenied: unless the actor writes cases.
    """
    check_permission(actor, Permission.WRITE_CASES)
    with database.reading() as session:
        case = case_service.get_case(session, actor, case_id)
        language = case_service.content(actor, case).language
        found = [_recorded(session, row, secret) for row in _attempts(session, actor, case_id)]
    data = to_xapi(found, home, language)
    detail = {"format": "xapi", "attempts": len(found)}
    with database.writing() as session:
        record(session, actor, AuditEvent("case.attempts_exported", "case", case_id, detail))
    return ExportedFile(f"case-{case_id}-xapi.json", "application/json", data)


def _attempts(session: Session, actor: Actor, case_id: int) -> list[Attempt]:
    teaches = select(ClassMember.class_id).where(
        ClassMember.user_id == actor.user_id, ClassMember.teaches.is_(True)
    )
    query = (
        select(Attempt)
        .join(CaseVersion, CaseVersion.id == Attempt.version_id)
        .join(Assignment, Assignment.id == Attempt.assignment_id)
        .join(TeachingClass, TeachingClass.id == Assignment.class_id)
        .where(
            CaseVersion.case_id == case_id,
            or_(TeachingClass.created_by == actor.user_id, TeachingClass.id.in_(teaches)),
        )
        .order_by(Attempt.id)
    )
    return list(session.scalars(query))


def _recorded(session: Session, row: Attempt, secret: str) -> tuple[Lesson, RecordedAttempt]:
    found = running(session, row)
    mark = marks.newest_key(session, row.version).mark(found.state.answers)
    ended = row.finished_at is not None and row.mode in marks.MARKED_MODES
    events = tuple(
        RecordedEvent(one.sequence, one.kind, one.subject, one.answer, one.at)  # type: ignore[arg-type]
        for one in found.events
        if one.subject != END
    )
    return found.lesson, RecordedAttempt(
        key=f"attempt-{row.id}",
        learner=_pseudonym(row.user_id, secret),
        version=row.version.number,
        mode=row.mode,
        started_at=row.started_at,
        finished_at=row.finished_at,
        events=events,
        scores={one.exercise: one.score for one in mark.marks},
        score=mark.score if ended else None,
    )


def _pseudonym(user_id: int, secret: str) -> str:
    made = hmac.new(secret.encode("utf-8"), f"xapi/{user_id}".encode(), hashlib.sha256)
    return f"learner-{made.hexdigest()[:16]}"
