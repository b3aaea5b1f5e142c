"""Talk about a version of a case, open to a student after an own attempt has ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import AuditEvent, record
from app.db.models import Attempt, CaseVersion, DiscussionPost
from app.db.types import utc_now
from app.errors import BadInput, NotFound, PermissionDenied, TransitionRefused
from app.permissions import Actor, Permission, can
from app.services.assignments import sealed_until
from app.services.cases import WITHDRAWN
from app.services.marks import MARKED_MODES
from app.services.notices import TEACHING, notify

LONGEST_POST = 4000


@dataclass(frozen=True)
class Thread:
    """A post with its replies, oldest first."""

    post: DiscussionPost
    replies: tuple[DiscussionPost, ...]


def moderates(actor: Actor) -> bool:
    """Whether the actor marks answers and takes posts of others away."""
    return can(actor, Permission.WRITE_CASES)


def discussed(
    session: Session, actor: Actor, version_id: int, now: datetime | None = None
) -> CaseVersion:
    """A version that the actor may talk about.

    Raises:
        NotFound: if there is none, it was withdrawn, or the actor never attempted it.
        TransitionRefused: until an own attempt has ended, while a further one runs, and while
            others still sit an exam that the actor has ended.
    """
    version = session.get(CaseVersion, version_id)
    if version is None or version.case.state == WITHDRAWN:
        raise NotFound("There is no such discussion.")
    if moderates(actor) or can(actor, Permission.REVIEW_CASES):
        return version
    # Over all versions of the case: a newer one asks much the same.
    query = (
        select(Attempt)
        .join(CaseVersion, CaseVersion.id == Attempt.version_id)
        .where(Attempt.user_id == actor.user_id, CaseVersion.case_id == version.case_id)
    )
    mine = [one for one in session.scalars(query) if one.mode in MARKED_MODES]
    own = [one for one in mine if one.version_id == version_id]
    if not own:
        raise NotFound("There is no such discussion.")
    if any(one.finished_at is None for one in mine):
        raise TransitionRefused("The discussion opens when your own attempt has ended.")
    moment = now or utc_now()
    if any(sealed_until(session, one.assignment_id, moment) is not None for one in mine):
        raise TransitionRefused("The discussion opens when the exam is over for everybody.")
    return version


def threads(session: Session, actor: Actor, version_id: int) -> list[Thread]:
    """All posts on a version, oldest first, what answers the question marked.

    Raises:
        NotFound, TransitionRefused: as for :func:`discussed`.
    """
    discussed(session, actor, version_id)
    query = (
        select(DiscussionPost)
        .where(DiscussionPost.version_id == version_id)
        .order_by(DiscussionPost.id)
    )
    posts = list(session.scalars(query))
    replies: dict[int, list[DiscussionPost]] = {}
    for one in posts:
        if one.parent_id is not None:
            replies.setdefault(one.parent_id, []).append(one)
    return [Thread(one, tuple(replies.get(one.id, ()))) for one in posts if one.parent_id is None]


def post(
    session: Session, actor: Actor, version_id: int, text: str, parent_id: int | None = None
) -> DiscussionPost:
    """Say something, or reply; whoever asked is told of a reply.

    Raises:
        NotFound, TransitionRefused: as for :func:`discussed`, and for a post that is not there.
        BadInput: if it is empty or too long.
    """
    discussed(session, actor, version_id)
    assert actor.user_id is not None
    written = text.replace("\x00", "").strip()
    if not written:
        raise BadInput("Write something first.")
    if len(written) > LONGEST_POST:
        raise BadInput(f"A post has up to {LONGEST_POST} characters; this has {len(written)}.")
    parent = None if parent_id is None else _post(session, actor, parent_id, version_id)
    if parent is not None and parent.parent_id is not None:
        parent = session.get_one(DiscussionPost, parent.parent_id)
    made = DiscussionPost(
        version_id=version_id,
        parent_id=parent.id if parent else None,
        author_id=actor.user_id,
        text=written,
    )
    session.add(made)
    session.flush()
    if parent is not None and parent.author_id != actor.user_id:
        note = "Somebody replied to your post in the discussion of a case."
        notify(session, [parent.author_id], TEACHING, note, f"/discussions/{version_id}")
    record(session, actor, AuditEvent("discussion.posted", "discussion_post", made.id))
    return made


def mark_answer(session: Session, actor: Actor, post_id: int, answers: bool) -> DiscussionPost:
    """Instructor: mark a reply as what answers the question, or take the mark away.

    Raises:
        PermissionDenied: unless the actor writes cases.
        NotFound: if there is no such reply.
    """
    if not moderates(actor):
        raise PermissionDenied("Instructors mark what answers a question.")
    found = _post(session, actor, post_id)
    if found.parent_id is None or found.blanked_at is not None:
        raise NotFound("There is no such reply.")
    found.answers = answers
    record(session, actor, AuditEvent("discussion.marked", "discussion_post", found.id))
    return found


def blank(session: Session, actor: Actor, post_id: int) -> DiscussionPost:
    """Take a post's text away for good: its author, or an instructor; replies stay.

    Raises:
        NotFound: if there is none, or the actor may not see it.
        PermissionDenied: if it is somebody else's.
    """
    found = _post(session, actor, post_id)
    if found.author_id != actor.user_id and not moderates(actor):
        raise PermissionDenied("Only its author or an instructor takes a post away.")
    if found.blanked_at is None:
        found.text, found.answers = "", False
        found.blanked_at, found.blanked_by = utc_now(), actor.user_id
        detail = {"own": found.author_id == actor.user_id}
        record(
            session, actor, AuditEvent("discussion.blanked", "discussion_post", found.id, detail)
        )
    return found


def _post(
    session: Session, actor: Actor, post_id: int, version_id: int | None = None
) -> DiscussionPost:
    found = session.get(DiscussionPost, post_id)
    if found is None or version_id not in (None, found.version_id):
        raise NotFound("There is no such post.")
    discussed(session, actor, found.version_id)
    return found
