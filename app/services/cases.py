"""Use cases of teaching cases: draft from a release, read, and the steps of the workflow."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import timedelta
from typing import Final

from sqlalchemy import Exists, exists, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session, defer

import casebank
from app.audit import AuditEvent, record
from app.db.models import CaseRead, CaseSet, CaseSetItem, TeachingCase, User
from app.db.types import utc_now
from app.errors import BadInput, NotFound, PermissionDenied, TransitionRefused
from app.hashes import sha256_of
from app.permissions import Actor, Permission, can, check_permission
from app.services.case_documents import parse_case, parse_lesson
from app.services.listing import Asked, Columns, Listed, anywhere, listed
from casebank import Action, Case, CaseState, Finding
from casebank.errors import CaseFormatError
from casebank.lesson import Lesson
from casebank.lesson.drafting import draft_case_and_lesson
from deid.release import Release

DRAFT, REVIEW, PUBLISHED, MERGED, WITHDRAWN = (
    CaseState.DRAFT.value,
    CaseState.REVIEW.value,
    CaseState.PUBLISHED.value,
    CaseState.MERGED.value,
    CaseState.WITHDRAWN.value,
)
CASE_STATES = {
    DRAFT: "Draft",
    REVIEW: "In review",
    PUBLISHED: "Published",
    MERGED: "Merged into its case",
    WITHDRAWN: "Withdrawn",
}
LISTED: Final = (defer(TeachingCase.document), defer(TeachingCase.lesson))
"""How a list reads cases: a document may have a million characters, and no list shows one."""
READ_EVERY: Final = timedelta(minutes=1)
"""How exactly the last opening is known; noting each one would make every reading a writing."""
# What the audit trail calls each action of the workflow.
_AUDITED = {
    Action.SUBMIT: "case.submitted",
    Action.RETURN: "case.sent_back",
    Action.PUBLISH: "case.published",
    Action.MERGE: "case.published",
    Action.WITHDRAW: "case.withdrawn",
}


def draft(
    session: Session, actor: Actor, release: Release, person_id: int, language: str = ""
) -> TeachingCase:
    """A new draft from one record of a release, with a lesson over it where the record gives one.

    By default it is in the language of the record's notes.

    Raises:
        PermissionDenied: unless the actor writes cases.
        RecordNotFound, RecordUnusable: from ``casebank``.
    """
    check_permission(actor, Permission.WRITE_CASES)
    if actor.user_id is None:
        raise PermissionDenied("A case needs a person as its author.")
    if language not in {"", "en", "zh"}:
        raise BadInput("A case is in English or Chinese.")
    drafted, lesson = draft_case_and_lesson(
        release,
        person_id,
        case_id=new_case_id(),
        language="zh" if language == "zh" else "en" if language == "en" else None,
    )
    return keep_draft(session, actor, drafted, lesson)


def new_case_id() -> str:
    """An id that tells nothing."""
    return f"case-{secrets.token_hex(6)}"


def keep_draft(
    session: Session, actor: Actor, drafted: Case, lesson: Lesson | None
) -> TeachingCase:
    """Enter what was drafted from a release as the actor's draft.

    Raises:
        PermissionDenied: unless the actor writes cases.
        CaseFormatError: if the case was stripped of its sources.
    """
    check_permission(actor, Permission.WRITE_CASES)
    if actor.user_id is None:
        raise PermissionDenied("A case needs a person as its author.")
    if drafted.sources is None:
        raise CaseFormatError("a draft has its sources")
    case = TeachingCase(
        release=drafted.sources.release,
        title=drafted.title,
        state=DRAFT,
        document=drafted.to_json().decode("utf-8"),
        lesson=lesson.to_json().decode("utf-8") if lesson is not None else "",
        summary=summary_of(drafted),
        author_id=actor.user_id,
    )
    session.add(case)
    session.flush()
    detail = {"release": case.release, "sha256": sha256_of(case.document)}
    record(session, actor, AuditEvent("case.drafted", "case", case.id, detail))
    return case


def summary_of(case: Case) -> dict[str, object]:
    """What lists show of a case."""
    return {
        "level": case.level,
        "language": case.language,
        "problems": [problem.title for problem in case.problems],
        "contacts": len(case.contacts),
    }


def rename(session: Session, actor: Actor, case_id: int, title: str) -> TeachingCase:
    """Give a draft another title.

    Raises:
        NotFound, PermissionDenied, TransitionRefused, BadInput: if it is not the actor's draft, or
            the title is empty.
    """
    case = get_case(session, actor, case_id)
    if case.author_id != actor.user_id:
        raise PermissionDenied("Only its author changes a case.")
    if case.state != DRAFT:
        raise TransitionRefused("Only drafts are changed.")
    if not title.strip():
        raise BadInput("A case has a title.")
    case.title = title.strip()
    record(session, actor, AuditEvent("case.renamed", "case", case.id))
    return case


def teaches(actor: Actor) -> bool:
    """Whether the actor sees whole cases anyway."""
    return can(actor, Permission.WRITE_CASES) or can(actor, Permission.REVIEW_CASES)


def can_see(session: Session, actor: Actor, case: TeachingCase) -> bool:
    """Authors and reviewers see every state; others see what is published in a visible set."""
    if teaches(actor):
        return True
    if case.state != PUBLISHED or not can(actor, Permission.READ_CASES):
        return False
    return is_in_visible_set(session, case)


def is_in_visible_set(session: Session, case: TeachingCase) -> bool:
    """Whether a set that students see holds the case."""
    return bool(session.scalar(select(_in_visible_set(case.id))))


def _in_visible_set(case_id: InstrumentedAttribute[int] | int) -> Exists:
    return exists().where(
        CaseSetItem.case_id == case_id, CaseSet.id == CaseSetItem.set_id, CaseSet.visible
    )


def get_case(session: Session, actor: Actor, case_id: int) -> TeachingCase:
    """A case that the actor may see.

    Raises:
        NotFound: if there is none, or it is not theirs to see.
    """
    case = session.get(TeachingCase, case_id)
    if case is None or not can_see(session, actor, case):
        raise NotFound("There is no such case.")
    return case


def content(actor: Actor, case: TeachingCase) -> Case:
    """The case itself; sources are there only for those who write or review cases."""
    full = document_of(case)
    return full if teaches(actor) else full.for_student()


def findings(actor: Actor, case: TeachingCase) -> list[Finding]:
    """What stops the case from publication and what a person should look at.

    Raises:
        PermissionDenied: unless the actor writes or reviews cases.
    """
    if not can(actor, Permission.WRITE_CASES):
        check_permission(actor, Permission.REVIEW_CASES)
    return casebank.find_findings(document_of(case), lesson_of(case))


def document_of(case: TeachingCase) -> Case:
    """The case under the title that its author gave it last."""
    parsed = parse_case(case.document)
    return parsed if parsed.title == case.title else replace(parsed, title=case.title)


def lesson_of(case: TeachingCase) -> Lesson | None:
    """The lesson over the case, if there is one."""
    return parse_lesson(case.lesson) if case.lesson else None


def library(session: Session, actor: Actor, words: str = "") -> list[TeachingCase]:
    """Published cases that the actor may see and that hold every word in title or problems.

    Raises:
        PermissionDenied: unless the actor reads cases.
    """
    check_permission(actor, Permission.READ_CASES)
    query = (
        select(TeachingCase)
        .options(*LISTED)
        .where(TeachingCase.state == PUBLISHED)
        .order_by(TeachingCase.published_at.desc())
    )
    if not teaches(actor):
        query = query.where(_in_visible_set(TeachingCase.id))
    wanted = words.casefold().split()
    found = []
    for case in session.scalars(query):
        haystack = " ".join((case.title, *case.summary.get("problems", ()))).casefold()
        if all(word in haystack for word in wanted):
            found.append(case)
    return found


DESK: Final = Columns(
    {
        "title": func.lower(TeachingCase.title),
        "author": func.lower(User.name),
        "state": TeachingCase.state,
        "made": TeachingCase.id,
    },
    anywhere(TeachingCase.title, User.name),
    "-made",
    TeachingCase.id,
)


def desk(session: Session, actor: Actor, asked: Asked) -> Listed[TeachingCase]:
    """A page of all cases, for those who write or review them.

    Raises:
        PermissionDenied: unless the actor reviews cases.
    """
    check_permission(actor, Permission.REVIEW_CASES)
    query = select(TeachingCase).join(User, User.id == TeachingCase.author_id).options(*LISTED)
    return listed(session, query.where(TeachingCase.state != MERGED), DESK, asked)


def actions(actor: Actor, case: TeachingCase) -> tuple[Action, ...]:
    """What the actor may do to the case in its present state."""
    if not can(actor, Permission.REVIEW_CASES):
        return ()
    is_author = case.author_id == actor.user_id
    ways = casebank.actions_from(CaseState(case.state), is_author=is_author)
    hidden = {Action.PUBLISH if case.revises_id else Action.MERGE}
    if not is_author:
        hidden.add(Action.SUBMIT)
    return tuple(way for way in ways if way not in hidden)


def reading_is_noted(session: Session, actor: Actor, case: TeachingCase) -> bool:
    """Whether the actor opened the case just now, so that there is nothing to note."""
    seen = session.get(CaseRead, (actor.user_id, case.id))
    return seen is not None and utc_now() - seen.last_at < READ_EVERY


def note_reading(session: Session, actor: Actor, case: TeachingCase) -> None:
    """Keep that the actor opened the case; the first opening is audited."""
    assert actor.user_id is not None
    seen = session.get(CaseRead, (actor.user_id, case.id))
    if seen is not None:
        seen.last_at = utc_now()
        return
    session.add(CaseRead(user_id=actor.user_id, case_id=case.id))
    record(session, actor, AuditEvent("case.opened", "case", case.id))


def read_ids(session: Session, actor: Actor) -> set[int]:
    """Ids of the cases that the actor has opened."""
    query = select(CaseRead.case_id).where(CaseRead.user_id == actor.user_id)
    return set(session.scalars(query))


def advance(
    session: Session,
    actor: Actor,
    case_id: int,
    action: Action,
    reason: str = "",
    **detail: object,
) -> TeachingCase:
    """One step of ``casebank.workflow``, under a lock, with its audit event."""
    query = select(TeachingCase).where(TeachingCase.id == case_id).with_for_update()
    case = session.scalar(query)
    if case is None or not can_see(session, actor, case):
        raise NotFound("There is no such case.")
    is_author = case.author_id == actor.user_id
    if action is Action.SUBMIT and not is_author:
        raise PermissionDenied("Only its author hands a case over.")
    if action in {Action.PUBLISH, Action.MERGE} and is_author:
        raise PermissionDenied("Nobody publishes a case of their own.")
    source = CaseState(case.state)
    target = casebank.check_advance(source, action, is_author=is_author, reason=reason)
    case.state = target.value
    case.version += 1
    session.flush()
    detail = {"from": source.value, "to": target.value, **{k: v for k, v in detail.items() if v}}
    record(session, actor, AuditEvent(_AUDITED[action], "case", case.id, detail))
    return case
