"""Marks on their way to learning platforms: found, kept, sent, tried again until they arrive.

A finished attempt of somebody who came from a course gives one grade a link: the best of their
attempts at the case so far. It is a row before it
is sent and stays one until the platform has taken it, so that a platform that is down for a week,
or a worker that is killed, loses nothing. Sending twice is harmless: the newest score counts.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import requests
from pylti1p3.assignments_grades import AssignmentsGradesService
from pylti1p3.exception import LtiException
from pylti1p3.grade import Grade
from pylti1p3.service_connector import ServiceConnector
from sqlalchemy import Select, and_, exists, func, select
from sqlalchemy.orm import Session

from app.audit import AuditEvent, record
from app.db.clock import is_due
from app.db.database import Database
from app.db.models import Attempt, CaseVersion, LtiAccount, LtiGrade, LtiLink, LtiPlatform
from app.db.types import utc_now
from app.errors import NotFound
from app.permissions import WORKER, Actor, Permission, check_permission
from app.services.lti_platforms import SigningKey, registration_of

SCORE_SCOPE: Final = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=6)
PATIENCE = timedelta(days=30)
"""After this long a grade is no longer tried by itself; an administrator can send it again."""
NO_MARK = "no mark"
"""State of what was looked at and has nothing to send."""
MOST_A_ROUND = 20
HOLD = timedelta(minutes=5)
"""For so long a grade that is being sent is left alone by other workers."""

MarkOf = Callable[[Session, Attempt], float | None]
"""The mark of a finished attempt, 0 to 1; None where nothing in it is marked."""


def collect(database: Database, mark_of: MarkOf) -> int:
    """Make grades of attempts that were finished since; how many."""
    with database.reading() as session:
        if session.execute(_without_grade().limit(1)).first() is None:
            return 0
    made = 0
    with database.writing() as session:
        for attempt, link in session.execute(_without_grade()).all():
            mark = mark_of(session, attempt)
            grade = LtiGrade(link_id=link.id, attempt_id=attempt.id, score=0.0, state=NO_MARK)
            if mark is not None:
                grade.score, grade.state = max(mark, _best(session, link)), "waiting"
                made += 1
            session.add(grade)
            session.flush()
    return made


def _best(session: Session, link: LtiLink) -> float:
    """The best mark so far: a platform keeps the newest score, and trying again costs nothing."""
    query = select(func.max(LtiGrade.score)).where(
        LtiGrade.link_id == link.id, LtiGrade.state != NO_MARK
    )
    return session.scalar(query) or 0.0


def _without_grade() -> Select[Attempt, LtiLink]:
    """Finished attempts of people who came from a course that takes marks, and were not seen."""
    return (
        select(Attempt, LtiLink)
        .join(CaseVersion, CaseVersion.id == Attempt.version_id)
        .join(LtiAccount, LtiAccount.user_id == Attempt.user_id)
        .join(
            LtiLink,
            and_(LtiLink.account_id == LtiAccount.id, LtiLink.case_id == CaseVersion.case_id),
        )
        .where(
            Attempt.finished_at.is_not(None),
            LtiLink.line_item != "",
            ~exists().where(LtiGrade.attempt_id == Attempt.id, LtiGrade.link_id == LtiLink.id),
        )
        .order_by(Attempt.finished_at)
    )


def send_regraded(session: Session, attempt_ids: Collection[int], mark_of: MarkOf) -> int:
    """After another key: send the best mark again where it changed; for how many links."""
    links = select(LtiGrade.link_id).where(
        LtiGrade.attempt_id.in_(attempt_ids), LtiGrade.state != NO_MARK
    )
    changed = 0
    for link_id in session.scalars(links.distinct()).all():
        query = select(LtiGrade).where(LtiGrade.link_id == link_id, LtiGrade.state != NO_MARK)
        grades = list(session.scalars(query.order_by(LtiGrade.id)))
        marks = (mark_of(session, session.get_one(Attempt, one.attempt_id)) for one in grades)
        best = max((mark for mark in marks if mark is not None), default=0.0)
        newest = grades[-1]
        if newest.score != best:
            newest.score, newest.state = best, "waiting"
            newest.next_try_at = newest.created_at = utc_now()
            changed += 1
    session.flush()
    return changed


def send_again(session: Session, actor: Actor, grade_id: int) -> None:
    """Send a grade once more, at once.

    Raises:
        PermissionDenied, NotFound: unless the actor manages users and the grade exists.
    """
    check_permission(actor, Permission.MANAGE_USERS)
    grade = session.get(LtiGrade, grade_id)
    if grade is None:
        raise NotFound("There is no such grade.")
    grade.state, grade.next_try_at, grade.created_at = "waiting", utc_now(), utc_now()
    record(session, actor, AuditEvent("lti_grade.requeued", "lti_grade", grade.id))


def unsent(session: Session, actor: Actor) -> list[LtiGrade]:
    """Grades that no platform has taken yet, oldest first.

    Raises:
        PermissionDenied: unless the actor manages users.
    """
    check_permission(actor, Permission.MANAGE_USERS)
    query = (
        select(LtiGrade)
        .where(LtiGrade.state.in_(("waiting", "given up")))
        .order_by(LtiGrade.created_at)
    )
    return list(session.scalars(query))


def send_due(
    database: Database, key: Callable[[], SigningKey], http: Callable[[], requests.Session]
) -> int:
    """Send grades whose time has come; how many were tried.

    A round is short, so that a platform that does not answer holds up neither other platforms nor
    other work: after a failure the platform's next grades wait for another round.
    """
    tried, failed = 0, set[int]()
    while tried < MOST_A_ROUND and (taken := _take(database, failed)) is not None:
        tried += 1
        with database.reading() as session:
            platform = session.get_one(LtiPlatform, taken.platform_id)
        try:
            with http() as connection:
                _send(platform, key(), taken, connection)
            failure = ""
        except (LtiException, requests.RequestException, KeyError, ValueError) as error:
            # Class and status alone: an answer's text may quote whom it is about.
            status = getattr(getattr(error, "response", None), "status_code", None)
            failure = type(error).__name__ + (f" {status}" if status else "")
            failed.add(taken.platform_id)
        _note(database, taken, failure)
    return tried


@dataclass(frozen=True)
class _Taken:
    grade_id: int
    tries: int
    platform_id: int
    subject: str
    line_item: str
    score: float


def _take(database: Database, failed: Collection[int]) -> _Taken | None:
    """The next grade that is due, of no platform that has failed, held for this worker."""
    now = utc_now()
    with database.writing() as session:
        query = (
            select(LtiGrade)
            .join(LtiLink, LtiLink.id == LtiGrade.link_id)
            .join(LtiAccount, LtiAccount.id == LtiLink.account_id)
            .join(LtiPlatform, LtiPlatform.id == LtiAccount.platform_id)
            .where(
                LtiGrade.state == "waiting",
                is_due(LtiGrade.next_try_at, now, LONGEST_WAIT),
                LtiPlatform.active.is_(True),
                LtiPlatform.id.not_in(failed),
            )
            .order_by(LtiGrade.next_try_at)
            .limit(1)
        )
        grade = session.scalar(query.with_for_update(skip_locked=True, of=LtiGrade))
        if grade is None:
            return None
        grade.tries += 1
        grade.next_try_at = now + HOLD
        account = grade.link.account
        return _Taken(
            grade.id,
            grade.tries,
            account.platform_id,
            account.subject,
            grade.link.line_item,
            grade.score,
        )


def _send(
    platform: LtiPlatform, key: SigningKey, taken: _Taken, connection: requests.Session
) -> None:
    connector = _Connector(registration_of(platform, key), connection)
    service = AssignmentsGradesService(
        connector, {"scope": [SCORE_SCOPE], "lineitem": taken.line_item}
    )
    grade = (
        Grade()
        .set_score_given(round(100 * taken.score, 2))
        .set_score_maximum(100)
        .set_activity_progress("Completed")
        .set_grading_progress("FullyGraded")
        .set_timestamp(_moment(utc_now()))
        .set_user_id(taken.subject)
    )
    service.put_grade(grade)


def _note(database: Database, taken: _Taken, failure: str) -> None:
    with database.writing() as session:
        grade = session.get_one(LtiGrade, taken.grade_id)
        now = utc_now()
        if grade.state != "waiting" or grade.tries != taken.tries:
            return
        grade.error = failure
        detail: dict[str, Any]
        if not failure:
            grade.state, grade.sent_at = "sent", now
            detail = {"attempt": grade.attempt_id, "tries": grade.tries}
            record(session, WORKER, AuditEvent("lti_grade.sent", "lti_grade", grade.id, detail))
        elif now - grade.created_at > PATIENCE:
            grade.state = "given up"
            detail = {"attempt": grade.attempt_id, "error": failure}
            record(session, WORKER, AuditEvent("lti_grade.given_up", "lti_grade", grade.id, detail))
        else:
            doublings = min(taken.tries - 1, 10)
            grade.next_try_at = now + min(FIRST_WAIT * 2**doublings, LONGEST_WAIT)


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")


class _Connector(ServiceConnector):
    """Asks for a token each time: grades are few, and a token is never kept."""

    def _get_cached_access_token(self, scope_key: str) -> None:
        return None

    def _cache_access_token(self, scope_key: str, access_token: str, expires_in: float) -> None:
        """None is kept."""
