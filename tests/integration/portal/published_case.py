"""A published case with a lesson, written as rows: for tests of what happens to it afterwards."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from app.db.models import Attempt, AttemptEvent, CaseSet, CaseSetItem, CaseVersion, TeachingCase
from app.db.types import utc_now
from app.services import cases as case_service
from casebank import Case
from casebank.attempt import END
from casebank.lesson import Lesson
from tests.integration.portal.world import World
from tests.unit.casebank import residents
from tests.unit.casebank.lessons import lesson_for

REPORT = {"findings": [], "risk": {"release": "tiny-v1", "k": 5}}


def farmer() -> tuple[Case, Lesson]:
    """The farmer's case and a lesson over it."""
    case = residents.farmer_case()
    return case, lesson_for(case)


def add_case(world: World, *, published: bool = True, with_lesson: bool = True) -> int:
    """Id of the farmer's case, in a visible set and with version 1 if published."""
    case, lesson = farmer()
    document = case.to_json().decode()
    written = lesson.to_json().decode() if with_lesson else ""
    author, reviewer = world.actors["instructor"].user_id, world.actors["steward"].user_id
    assert author is not None
    assert reviewer is not None
    with world.database.writing() as session:
        row = TeachingCase(
            release="tiny-v1",
            title="Dizzy on rising",
            state=case_service.PUBLISHED if published else case_service.DRAFT,
            document=document,
            lesson=written,
            summary=case_service.summary_of(case),
            author_id=author,
        )
        session.add(row)
        session.flush()
        if published:
            row.published_at = utc_now()
            shown = CaseSet(title="Set", visible=True, created_by=author)
            shown.items.append(CaseSetItem(case_id=row.id, position=1))
            session.add(shown)
            session.add(
                CaseVersion(
                    case_id=row.id,
                    number=1,
                    title="Dizzy on rising",
                    document=document,
                    lesson=written,
                    sha256="0" * 64,
                    report=REPORT,
                    published_by=reviewer,
                )
            )
        return row.id


def add_attempt(
    world: World, case_id: int, *, finished: bool, mode: str = "learn", user: str = "student"
) -> int:
    """Id of an attempt at the case's version."""
    user_id = world.actors[user].user_id
    assert user_id is not None
    with world.database.writing() as session:
        version = session.scalars(select(CaseVersion).where(CaseVersion.case_id == case_id)).one()
        attempt = Attempt(
            version_id=version.id,
            user_id=user_id,
            mode=mode,
            started_at=utc_now() - timedelta(minutes=9),
            finished_at=utc_now() if finished else None,
        )
        session.add(attempt)
        session.flush()
        if finished:
            end = AttemptEvent(
                attempt_id=attempt.id,
                sequence=99,
                kind="advance",
                subject=END,
                answer={"reason": "given up"},
            )
            session.add(end)
        return attempt.id
