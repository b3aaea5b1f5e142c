"""Cases and lessons as the portal keeps them: published versions in JSON, parsed once for all.

A document is its own key: the frozen case or lesson that it makes is shared by every use.
"""

from __future__ import annotations

from functools import cache, lru_cache

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.models import CaseVersion
from casebank import Case, terms
from casebank.attempt import Entry, Lexicon, Listing
from casebank.lesson import Lesson, Wording

KEPT_CASES = 64
KEPT_LESSONS = 128


@lru_cache(maxsize=KEPT_CASES)
def parse_case(document: str) -> Case:
    """The case of a document.

    Raises:
        CaseFormatError: if it is none.
    """
    return Case.from_json(document.encode("utf-8"))


@lru_cache(maxsize=KEPT_LESSONS)
def parse_lesson(document: str) -> Lesson:
    """The lesson of a document that is not empty.

    Raises:
        CaseFormatError: if it is none.
    """
    return Lesson.from_json(document.encode("utf-8"))


def newest_version(session: Session, case_id: int) -> CaseVersion | None:
    """The newest published version of a case that has a lesson."""
    query = (
        select(CaseVersion)
        .where(CaseVersion.case_id == case_id, CaseVersion.lesson != "")
        .order_by(CaseVersion.number.desc())
        .limit(1)
    )
    return session.scalar(query)


def has_version(session: Session, case_id: int) -> bool:
    """Whether there is one: then a student meets the case in an attempt only."""
    query = select(CaseVersion.id).where(CaseVersion.case_id == case_id, CaseVersion.lesson != "")
    return session.scalar(query.limit(1)) is not None


def content(version: CaseVersion) -> tuple[Case, Lesson]:
    """Case and lesson of a version."""
    return parse_case(version.document), parse_lesson(version.lesson)


def lexicon_of(lesson: Lesson) -> Lexicon:
    """What diagnoses and problems of a lesson are chosen from."""
    return Lexicon.of(lesson, _listed())


@cache
def _listed() -> Listing:
    """The code list that every lesson shares."""
    return Listing(
        Entry(term.code, Wording(term.en, term.zh), term.also)
        for term in terms.all_terms().values()
    )
