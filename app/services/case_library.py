"""Cases as they stand on the shelf: for a student nothing there gives a diagnosis away."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.models import CaseVersion, TeachingCase
from app.permissions import Actor
from app.services import cases as case_service
from app.services.case_documents import parse_lesson
from casebank.lesson import Lesson, Wording


@dataclass(frozen=True)
class ShelfEntry:
    """A case in a list. ``attempted``: a student reaches it through an attempt only.

    ``facts`` are what is told beside the title; the number of problems is not.
    """

    id: int
    title: Wording
    language: str
    level: str
    facts: Wording
    attempted: bool
    words: str


def shelf(session: Session, actor: Actor, words: str = "") -> list[ShelfEntry]:
    """Published cases that the actor may see and that hold every word, the newest first.

    Those who teach search titles and problems. A student searches what the shelf tells: title,
    setting and level, in both languages.

    Raises:
        PermissionDenied: unless the actor reads cases.
    """
    if case_service.teaches(actor):
        return entries(session, actor, case_service.library(session, actor, words))
    wanted = words.casefold().split()
    found = entries(session, actor, case_service.library(session, actor))
    return [one for one in found if all(word in one.words for word in wanted)]


def entries(session: Session, actor: Actor, cases: Iterable[TeachingCase]) -> list[ShelfEntry]:
    """Cases as they stand in a list."""
    listed = list(cases)
    lessons = _newest_lessons(session, [case.id for case in listed])
    return [_entry(actor, case, lessons.get(case.id)) for case in listed]


def _entry(actor: Actor, case: TeachingCase, lesson: Lesson | None) -> ShelfEntry:
    level, language = str(case.summary.get("level", "")), str(case.summary.get("language", "en"))
    if lesson is None:
        problems = case.summary.get("problems", ())
        contacts = case.summary.get("contacts", 0)
        told = f"{len(problems)} problems · {contacts} contacts"
        return ShelfEntry(
            case.id,
            Wording(case.title),
            language,
            level,
            Wording(told),
            attempted=False,
            words=" ".join((case.title, *problems)).casefold(),
        )
    searched = (lesson.title, lesson.setting)
    words = " ".join((level, *(text for one in searched for text in (one.en, one.zh))))
    facts = Wording(
        f"{lesson.setting.text('en')} · about {lesson.minutes} minutes",
        f"{lesson.setting.text('zh')} · 约{lesson.minutes}分钟",
    )
    return ShelfEntry(
        case.id,
        lesson.title,
        language,
        level,
        facts,
        attempted=not case_service.teaches(actor),
        words=words.casefold(),
    )


def _newest_lessons(session: Session, case_ids: Collection[int]) -> dict[int, Lesson]:
    """The lesson of the newest version of each of the cases that has one."""
    query = (
        select(CaseVersion.case_id, CaseVersion.lesson)
        .where(CaseVersion.case_id.in_(case_ids), CaseVersion.lesson != "")
        .order_by(CaseVersion.number)
    )
    newest = {row.case_id: row.lesson for row in session.execute(query)}
    return {case_id: parse_lesson(lesson) for case_id, lesson in newest.items()}
