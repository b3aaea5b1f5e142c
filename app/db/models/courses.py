"""What stands around attempts: extensions, corrected keys, notes, and talk about a case."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Boolean, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db.models.base import Base
from app.db.models.people import User
from app.db.types import utc_now


class Extension(Base):
    """A later due date of an assignment for one student, with the reason."""

    __tablename__ = "assignment_extension"

    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignment.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("portal_user.id"), primary_key=True)
    due_at: Mapped[datetime]
    reason: Mapped[str]
    given_by: Mapped[int] = mapped_column(ForeignKey("portal_user.id"))
    given_at: Mapped[datetime] = mapped_column(default=utc_now)


class KeyCorrection(Base):
    """A corrected key of a published version, by which marks are made from then on. Append-only.

    ``lesson`` is the whole lesson with the new key; ``left_out`` names exercises that do not count.
    """

    __tablename__ = "key_correction"
    __table_args__ = (UniqueConstraint("version_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("case_version.id"), index=True)
    number: Mapped[int]
    lesson: Mapped[str]
    left_out: Mapped[list[str]] = mapped_column(JSON)
    changed: Mapped[dict[str, Any]]
    reason: Mapped[str]
    made_by: Mapped[int] = mapped_column(ForeignKey("portal_user.id"))
    made_at: Mapped[datetime] = mapped_column(default=utc_now)
    author: Mapped[User] = relationship()


class Annotation(Base):
    """A student's own note on a datum, or a bookmark; ``datum`` "" is the case as a whole.

    It belongs to an attempt, so that what was noted in one does not help in the next.
    """

    __tablename__ = "annotation"

    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempt.id"), primary_key=True)
    datum: Mapped[str] = mapped_column(String(40), primary_key=True)
    text: Mapped[str] = mapped_column(default="")
    bookmarked: Mapped[bool] = mapped_column(Boolean, default=False)
    changed_at: Mapped[datetime] = mapped_column(default=utc_now)


class DiscussionPost(Base):
    """A question or a thought on a version of a case, or a reply to one.

    ``blanked_at`` tells that its text was taken away, by its author or by a moderator.
    """

    __tablename__ = "discussion_post"

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("case_version.id"), index=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("discussion_post.id"))
    author_id: Mapped[int] = mapped_column(ForeignKey("portal_user.id"))
    text: Mapped[str]
    posted_at: Mapped[datetime] = mapped_column(default=utc_now)
    answers: Mapped[bool] = mapped_column(Boolean, default=False)
    blanked_at: Mapped[datetime | None]
    blanked_by: Mapped[int | None] = mapped_column(ForeignKey("portal_user.id"))
    author: Mapped[User] = relationship(foreign_keys=[author_id])
