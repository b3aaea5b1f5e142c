"""Use cases of teaching cases: draft from a release, review, publish, read, gather into sets."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

import casebank
from app.audit import AuditEvent, record
from app.db.models import CaseRead, CaseSet, CaseSetItem, TeachingCase
from app.db.types import utc_now
from app.errors import BadInput, NotFound, PermissionDenied, TransitionRefused
from app.permissions import Actor, Permission, can, check_permission
from casebank import Case
from deid.release import Release

DRAFT, REVIEW, PUBLISHED, WITHDRAWN = "draft", "review", "published", "withdrawn"
CASE_STATES = {
    DRAFT: "Draft",
    REVIEW: "In review",
    PUBLISHED: "Published",
    WITHDRAWN: "Withdrawn",
}
CANDIDATES = 30

# Richest records first: many contacts with many different conditions teach most.
_CANDIDATES = """
WITH visits AS (
    SELECT person_id, count(*) AS visits,
           date_diff('day', min(visit_start_date), max(visit_start_date)) AS days
    FROM visit_occurrence GROUP BY person_id
), ills AS (
    SELECT person_id, count(DISTINCT condition_concept_id) AS conditions
    FROM condition_occurrence GROUP BY person_id
)
SELECT person_id, coalesce(visits, 0), coalesce(conditions, 0), coalesce(days, 0)
FROM person LEFT JOIN visits USING (person_id) LEFT JOIN ills USING (person_id)
WHERE coalesce(conditions, 0) > 0
ORDER BY least(coalesce(visits, 0), 40) * least(coalesce(conditions, 0), 12) DESC, person_id
LIMIT $limit
"""


@dataclass(frozen=True)
class Candidate:
    """A record that a case could be drafted from."""

    person_id: int
    contacts: int
    conditions: int
    days: int


def find_candidates(actor: Actor, release: Release, limit: int = CANDIDATES) -> list[Candidate]:
    """People of a release with much in their records.

    Raises:
        PermissionDenied: unless the actor writes cases.
        BadInput: if the release has no visits or conditions.
    """
    check_permission(actor, Permission.WRITE_CASES)
    for table in ("person", "visit_occurrence", "condition_occurrence"):
        if table not in release.tables:
            raise BadInput(f"Release {release.name} has no table {table}, which a case needs.")
    with release.connect() as connection:
        rows = connection.execute(_CANDIDATES, {"limit": limit}).fetchall()
    return [Candidate(*row) for row in rows]


def draft(
    session: Session, actor: Actor, release: Release, person_id: int, language: str = "en"
) -> TeachingCase:
    """A new draft from one record of a release.

    Raises:
        PermissionDenied: unless the actor writes cases.
        RecordNotFound, RecordUnusable: from ``casebank``.
    """
    check_permission(actor, Permission.WRITE_CASES)
    if actor.user_id is None:
        raise PermissionDenied("A case needs a person as its author.")
    if language not in {"en", "zh"}:
        raise BadInput("A case is in English or Chinese.")
    drafted = casebank.draft_case(
        release,
        person_id,
        case_id=f"case-{secrets.token_hex(6)}",
        language="zh" if language == "zh" else "en",
    )
    case = TeachingCase(
        release=release.name,
        title=drafted.title,
        state=DRAFT,
        document=drafted.to_json().decode("utf-8"),
        summary={
            "level": drafted.level,
            "language": drafted.language,
            "problems": [problem.title for problem in drafted.problems],
            "contacts": len(drafted.contacts),
        },
        author_id=actor.user_id,
    )
    session.add(case)
    session.flush()
    detail = {"release": release.name, "sha256": _sha256(case.document)}
    record(session, actor, AuditEvent("case.drafted", "case", case.id, detail))
    return case


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


def can_see(session: Session, actor: Actor, case: TeachingCase) -> bool:
    """Authors and reviewers see every state; others see what is published in a visible set."""
    if can(actor, Permission.WRITE_CASES) or can(actor, Permission.REVIEW_CASES):
        return True
    if case.state != PUBLISHED or not can(actor, Permission.READ_CASES):
        return False
    query = (
        select(CaseSetItem.set_id)
        .join(CaseSet, CaseSet.id == CaseSetItem.set_id)
        .where(CaseSetItem.case_id == case.id, CaseSet.visible)
        .limit(1)
    )
    return session.scalar(query) is not None


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
    full = Case.from_json(case.document.encode("utf-8"))
    teaches = can(actor, Permission.WRITE_CASES) or can(actor, Permission.REVIEW_CASES)
    return full if teaches else full.for_student()


def library(session: Session, actor: Actor, words: str = "") -> list[TeachingCase]:
    """Published cases that the actor may see and that hold every word in title or problems.

    Raises:
        PermissionDenied: unless the actor reads cases.
    """
    check_permission(actor, Permission.READ_CASES)
    query = (
        select(TeachingCase)
        .where(TeachingCase.state == PUBLISHED)
        .order_by(TeachingCase.published_at.desc())
    )
    wanted = words.casefold().split()
    found = []
    for case in session.scalars(query):
        if not can_see(session, actor, case):
            continue
        haystack = " ".join((case.title, *case.summary.get("problems", ()))).casefold()
        if all(word in haystack for word in wanted):
            found.append(case)
    return found


def desk(session: Session, actor: Actor) -> list[TeachingCase]:
    """All cases, newest first, for those who write or review them.

    Raises:
        PermissionDenied: unless the actor reviews cases.
    """
    check_permission(actor, Permission.REVIEW_CASES)
    return list(session.scalars(select(TeachingCase).order_by(TeachingCase.id.desc())))


def submit(session: Session, actor: Actor, case_id: int) -> TeachingCase:
    """Author: hand a draft over for review."""
    check_permission(actor, Permission.WRITE_CASES)
    return _move(session, actor, case_id, DRAFT, REVIEW, "submitted", own=True)


def publish(session: Session, actor: Actor, case_id: int, note: str = "") -> TeachingCase:
    """Reviewer, who is not the author: publish."""
    check_permission(actor, Permission.REVIEW_CASES)
    case = _move(session, actor, case_id, REVIEW, PUBLISHED, "published", own=False)
    case.reviewer_id, case.review_note, case.published_at = actor.user_id, note, utc_now()
    return case


def send_back(session: Session, actor: Actor, case_id: int, note: str) -> TeachingCase:
    """Reviewer, who is not the author: send back to the author with a note."""
    check_permission(actor, Permission.REVIEW_CASES)
    if not note.strip():
        raise BadInput("Say what should change.")
    case = _move(session, actor, case_id, REVIEW, DRAFT, "sent_back", own=False)
    case.review_note = note.strip()
    return case


def withdraw(session: Session, actor: Actor, case_id: int) -> TeachingCase:
    """Anybody who reviews cases: take a published case away from students, for good."""
    check_permission(actor, Permission.REVIEW_CASES)
    return _move(session, actor, case_id, PUBLISHED, WITHDRAWN, "withdrawn", own=None)


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


def create_set(session: Session, actor: Actor, title: str, description: str) -> CaseSet:
    """A new, hidden set.

    Raises:
        PermissionDenied, BadInput: unless the actor writes cases and gives a title.
    """
    check_permission(actor, Permission.WRITE_CASES)
    if not title.strip() or actor.user_id is None:
        raise BadInput("Give the set a title.")
    made = CaseSet(title=title.strip(), description=description.strip(), created_by=actor.user_id)
    session.add(made)
    session.flush()
    record(session, actor, AuditEvent("case_set.created", "case_set", made.id))
    return made


def add_to_set(session: Session, actor: Actor, set_id: int, case_id: int) -> CaseSet:
    """Put a published case at the end of a set; twice is once.

    Raises:
        PermissionDenied, NotFound, BadInput: unless the actor writes cases and both exist.
    """
    found = get_set(session, actor, set_id)
    check_permission(actor, Permission.WRITE_CASES)
    case = get_case(session, actor, case_id)
    if case.state != PUBLISHED:
        raise BadInput("Only published cases go into a set.")
    if all(item.case_id != case.id for item in found.items):
        found.items.append(CaseSetItem(case_id=case.id, position=len(found.items) + 1))
        session.flush()
        detail = {"case": case.id}
        record(session, actor, AuditEvent("case_set.case_added", "case_set", found.id, detail))
    return found


def show_set(session: Session, actor: Actor, set_id: int, visible: bool) -> CaseSet:
    """Show a set to students, or hide it."""
    found = get_set(session, actor, set_id)
    check_permission(actor, Permission.WRITE_CASES)
    found.visible = visible
    action = "case_set.shown" if visible else "case_set.hidden"
    record(session, actor, AuditEvent(action, "case_set", found.id))
    return found


def get_set(session: Session, actor: Actor, set_id: int) -> CaseSet:
    """A set that the actor may see.

    Raises:
        NotFound: if there is none, or it is hidden from the actor.
    """
    found = session.get(CaseSet, set_id)
    if found is None or not (found.visible or can(actor, Permission.WRITE_CASES)):
        raise NotFound("There is no such set.")
    check_permission(actor, Permission.READ_CASES)
    return found


def list_sets(session: Session, actor: Actor) -> list[CaseSet]:
    """Sets that the actor may see, by title."""
    sets = session.scalars(select(CaseSet).order_by(CaseSet.title))
    teaches = can(actor, Permission.WRITE_CASES)
    return [one for one in sets if one.visible or teaches]


def _move(
    session: Session,
    actor: Actor,
    case_id: int,
    source: str,
    target: str,
    action: str,
    own: bool | None,
) -> TeachingCase:
    query = select(TeachingCase).where(TeachingCase.id == case_id).with_for_update()
    case = session.scalar(query)
    if case is None or not can_see(session, actor, case):
        raise NotFound("There is no such case.")
    is_author = case.author_id == actor.user_id
    if own is True and not is_author:
        raise PermissionDenied("Only its author hands a case over.")
    if own is False and is_author:
        raise PermissionDenied("Nobody decides a case of their own.")
    if case.state != source:
        raise TransitionRefused("The case has moved on; look at its present state.")
    case.state = target
    case.version += 1
    session.flush()
    detail = {"from": source, "to": target}
    record(session, actor, AuditEvent(f"case.{action}", "case", case.id, detail))
    return case


def _sha256(document: str) -> str:
    return hashlib.sha256(document.encode("utf-8")).hexdigest()
