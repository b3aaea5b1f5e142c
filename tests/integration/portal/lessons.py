"""A published case with a lesson in the portal tests' world, put there without the workbench."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.db.models import (
    Assignment,
    AttemptEvent,
    CaseSet,
    CaseSetItem,
    CaseVersion,
    ClassMember,
    TeachingCase,
    TeachingClass,
)
from app.permissions import COMMAND_LINE, Actor, Role
from app.services.accounts import actor_of, create_user
from casebank import Case
from casebank.lesson import Lesson
from tests.integration.portal.world import PASSWORD, World, make_world, post, sign_in
from tests.unit.casebank import residents
from tests.unit.casebank.attempt.lessons import farmer_lesson

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

# Committed answers of the nine questions, in their order, as a form sends them.
ANSWERS: tuple[dict[str, Any], ...] = (
    {"text": "A 57-year-old man, a farmer, with chronic mild dizziness for 3 years."},
    {
        "diagnosis-1": "White coat hypertension",
        "rank-1": "1",
        "confidence-1": "60",
        "diagnosis-2": "原发性高血压",
        "rank-2": "2",
        "confidence-2": "30",
        "diagnosis-3": "Stroke",
        "rank-3": "3",
        "confidence-3": "5",
        "guard-3": "1",
    },
    {"chosen": ["0", "1"]},
    {
        "diagnosis-1": "Essential hypertension",
        "rank-1": "1",
        "confidence-1": "80",
        "diagnosis-2": "White coat hypertension",
        "rank-2": "2",
        "confidence-2": "10",
        "diagnosis-3": "Orthostatic hypotension",
        "rank-3": "3",
        "confidence-3": "10",
    },
    {"link-0-0": "for", "link-1-1": "against"},
    {"chosen": ["0", "2"]},
    {"problem-1": "Kidney disease", "problem-2": "Essential hypertension", "problem-3": ""},
    {"value": "1"},
    {"wrong": ["d65"], "why": "It was copied."},
)
STAGE_OF = (1, 1, 1, 2, 2, 2, 3, 3, 3)


def farmer() -> tuple[Case, Lesson]:
    """The farmer's case and the lesson over it."""
    case = residents.farmer_case()
    return case, farmer_lesson(case)


def school(tmp_path: Path, *, case: Case | None = None, lesson: Lesson | None = None) -> World:
    """The world with one published case (id 1) in a visible set."""
    world = make_world(tmp_path)
    if case is None or lesson is None:
        case, lesson = farmer()
    author = world.actors["instructor"].user_id
    document, taught = case.to_json().decode(), lesson.to_json().decode()
    with world.database.writing() as session:
        row = TeachingCase(
            release="county",
            title=case.title,
            state="published",
            document=document,
            lesson=taught,
            summary={
                "level": case.level,
                "language": case.language,
                "problems": [one.title for one in case.problems],
                "contacts": len(case.contacts),
            },
            author_id=author,
            published_at=NOW,
        )
        session.add(row)
        session.flush()
        session.add(
            CaseVersion(
                case_id=row.id,
                number=1,
                title=case.title,
                document=document,
                lesson=taught,
                sha256=hashlib.sha256((document + taught).encode()).hexdigest(),
                report={},
                published_by=author,
            )
        )
        made = CaseSet(title="Week 1", visible=True, created_by=author)
        made.items.append(CaseSetItem(case_id=row.id, position=1))
        session.add(made)
    return world


def hide_set(world: World) -> None:
    """The case is in no visible set any more."""
    with world.database.writing() as session:
        session.get_one(CaseSet, 1).visible = False


def assign(world: World, **rules: Any) -> int:
    """Give the set to a class of the one student; the assignment's id."""
    author = world.actors["instructor"].user_id
    with world.database.writing() as session:
        group = TeachingClass(title="Class A", created_by=author)
        group.members.append(ClassMember(user_id=world.actors["student"].user_id))
        session.add(group)
        session.flush()
        made = Assignment(
            class_id=group.id,
            set_id=1,
            title="Homework",
            created_by=author,
            **({"mode": "learn", "opens_at": NOW - timedelta(days=1)} | rules),
        )
        session.add(made)
        session.flush()
        return made.id


def add_student(world: World, name: str) -> Actor:
    """One more student."""
    with world.database.writing() as session:
        user = create_user(
            session, COMMAND_LINE, f"{name}@example.org", name.title(), [Role.STUDENT], PASSWORD
        )
        world.actors[name] = actor_of(user)
    return world.actors[name]


def another_student(world: World, name: str) -> FlaskClient:
    """A browser of one more student."""
    add_student(world, name)
    client = world.client()
    sign_in(client, f"{name}@example.org")
    return client


def begin(client: FlaskClient, mode: str = "learn", case_id: int = 1) -> str:
    """Begin an attempt through the page; the attempt's address."""
    where = f"/attempts/cases/{case_id}"
    answer = post(client, f"{where}/begin", where, mode=mode)
    assert answer.status_code == 302, answer.get_data(as_text=True)
    return answer.headers["Location"]


def commit(client: FlaskClient, address: str, number: int, **fields: Any) -> TestResponse:
    """Send the form of a question."""
    given = fields or ANSWERS[number - 1]
    return post(client, f"{address}/questions/{number}", address, do="commit", **given)


def go_on(client: FlaskClient, address: str, to: str) -> TestResponse:
    """Press the button that leads to the next stage or to the end."""
    return post(client, f"{address}/stage", address, to=to)


def finish(client: FlaskClient, address: str) -> None:
    """Answer everything and end."""
    for number, stage in enumerate(STAGE_OF, 1):
        if number > 1 and stage > STAGE_OF[number - 2]:
            assert go_on(client, address, str(stage)).status_code == 302
        assert commit(client, address, number).status_code == 302, number
    go_on(client, address, "end")


def events(world: World, attempt_id: int) -> list[tuple[str, str]]:
    """Kind and subject of what is kept of an attempt."""
    with world.database.reading() as session:
        query = (
            select(AttemptEvent)
            .where(AttemptEvent.attempt_id == attempt_id)
            .order_by(AttemptEvent.sequence)
        )
        return [(one.kind, one.subject) for one in session.scalars(query)]


def text_of(page: str) -> str:
    """What a page says, without its tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
