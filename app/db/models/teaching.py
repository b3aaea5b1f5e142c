"""Teaching cases and their versions, sets, classes, assignments and attempts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db.models.base import Base
from app.db.models.people import User
from app.db.types import utc_now


class TeachingCase(Base):
    """A case drafted from one person of a release; ``document`` is ``casebank.Case`` as JSON.

    ``lesson`` is ``casebank.lesson.Lesson`` as JSON, empty while there is none.
    A draft with ``revises_id`` becomes the next version of that published case.
    ``summary`` holds what lists show of it: level, language, problems, number of contacts.
    ``position`` is the step of editing that it stands at, 0 before it was edited.
    """

    __tablename__ = "teaching_case"

    id: Mapped[int] = mapped_column(primary_key=True)
    release: Mapped[str] = mapped_column(String(64))
    title: Mapped[str]
    state: Mapped[str] = mapped_column(String(20), default="draft")
    version: Mapped[int] = mapped_column(default=1)
    document: Mapped[str]
    lesson: Mapped[str] = mapped_column(default="", server_default="")
    position: Mapped[int] = mapped_column(default=0, server_default="0")
    summary: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    author_id: Mapped[int] = mapped_column(ForeignKey("portal_user.id"))
    reviewer_id: Mapped[int | None] = mapped_column(ForeignKey("portal_user.id"))
    revises_id: Mapped[int | None] = mapped_column(ForeignKey("teaching_case.id"))
    review_note: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    published_at: Mapped[datetime | None]
    author: Mapped[User] = relationship(foreign_keys=[author_id], lazy="selectin")


class CaseEdit(Base):
    """A case after one edit: title, document and lesson, compressed, and what was done.

    Undoing and doing again move the case's position between its steps.
    """

    __tablename__ = "case_edit"

    case_id: Mapped[int] = mapped_column(ForeignKey("teaching_case.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    state: Mapped[bytes] = mapped_column(LargeBinary)
    said: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime] = mapped_column(default=utc_now)


class PanelAnswer(Base):
    """What a panellist answered to a script concordance item, -2 to 2; ``user_id`` recorded it."""

    __tablename__ = "panel_answer"
    __table_args__ = (CheckConstraint("option between -2 and 2", name="option"),)

    case_id: Mapped[int] = mapped_column(ForeignKey("teaching_case.id"), primary_key=True)
    exercise: Mapped[str] = mapped_column(String(40), primary_key=True)
    panellist: Mapped[str] = mapped_column(String(80), primary_key=True)
    option: Mapped[int]
    user_id: Mapped[int] = mapped_column(ForeignKey("portal_user.id"))
    at: Mapped[datetime] = mapped_column(default=utc_now)


class CaseSet(Base):
    """Cases in an order, shown to students when ``visible``."""

    __tablename__ = "case_set"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    visible: Mapped[bool] = mapped_column(Boolean, default=False)
    created_by: Mapped[int] = mapped_column(ForeignKey("portal_user.id"))
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    items: Mapped[list[CaseSetItem]] = relationship(
        order_by="CaseSetItem.position", cascade="all, delete-orphan"
    )


class CaseSetItem(Base):
    """One case of a set."""

    __tablename__ = "case_set_item"

    set_id: Mapped[int] = mapped_column(ForeignKey("case_set.id"), primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("teaching_case.id"), primary_key=True)
    position: Mapped[int]
    case: Mapped[TeachingCase] = relationship()


class CaseRead(Base):
    """That a user opened a case, and when first and last."""

    __tablename__ = "case_read"

    user_id: Mapped[int] = mapped_column(ForeignKey("portal_user.id"), primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("teaching_case.id"), primary_key=True)
    first_at: Mapped[datetime] = mapped_column(default=utc_now)
    last_at: Mapped[datetime] = mapped_column(default=utc_now)


class CaseSignature(Base):
    """A reviewer's signature under a case as it was: ``sha256`` is the hash of its content.

    Append-only. A change of the case voids it without touching it. ``ratings`` are Kim's five
    attributes of a clinical reviewer, ``opted_in`` the sensitive categories that a privacy
    reviewer allowed, each with its reason.
    """

    __tablename__ = "case_signature"
    __table_args__ = (CheckConstraint("kind in ('clinical','privacy')", name="kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("teaching_case.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    user_id: Mapped[int] = mapped_column(ForeignKey("portal_user.id"))
    sha256: Mapped[str] = mapped_column(String(64))
    ratings: Mapped[dict[str, Any]]
    opted_in: Mapped[dict[str, Any]]
    note: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime] = mapped_column(default=utc_now)
    user: Mapped[User] = relationship(lazy="selectin")


class CaseVersion(Base):
    """A published version of a case. Append-only: what a student attempts never changes.

    ``report`` is what the publication gate found, with the risk sheet.
    """

    __tablename__ = "case_version"
    __table_args__ = (UniqueConstraint("case_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("teaching_case.id"), index=True)
    number: Mapped[int]
    title: Mapped[str]
    document: Mapped[str]
    lesson: Mapped[str]
    sha256: Mapped[str] = mapped_column(String(64))
    report: Mapped[dict[str, Any]]
    published_by: Mapped[int] = mapped_column(ForeignKey("portal_user.id"))
    published_at: Mapped[datetime] = mapped_column(default=utc_now)
    case: Mapped[TeachingCase] = relationship()


class TeachingClass(Base):
    """Students who are taught together."""

    __tablename__ = "teaching_class"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    created_by: Mapped[int] = mapped_column(ForeignKey("portal_user.id"))
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    closed_at: Mapped[datetime | None]
    members: Mapped[list[ClassMember]] = relationship(
        order_by="ClassMember.user_id", cascade="all, delete-orphan"
    )


class ClassMember(Base):
    """A student of a class, or one who teaches it."""

    __tablename__ = "class_member"

    class_id: Mapped[int] = mapped_column(ForeignKey("teaching_class.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("portal_user.id"), primary_key=True)
    teaches: Mapped[bool] = mapped_column(Boolean, default=False)
    user: Mapped[User] = relationship()


class Assignment(Base):
    """A set given to a class, with its rules.

    ``attempts`` is how many a student has for each case, 0 for any number; ``counts`` tells which
    of them makes the mark.
    """

    __tablename__ = "assignment"
    __table_args__ = (CheckConstraint("counts in ('first','best','last')", name="counts"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    class_id: Mapped[int] = mapped_column(ForeignKey("teaching_class.id"), index=True)
    set_id: Mapped[int] = mapped_column(ForeignKey("case_set.id"), index=True)
    title: Mapped[str]
    mode: Mapped[str] = mapped_column(String(10))
    attempts: Mapped[int] = mapped_column(default=0)
    counts: Mapped[str] = mapped_column(String(5), default="best")
    minutes: Mapped[int | None]
    opens_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    created_by: Mapped[int] = mapped_column(ForeignKey("portal_user.id"))
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    closed_at: Mapped[datetime | None]
    teaching_class: Mapped[TeachingClass] = relationship()
    case_set: Mapped[CaseSet] = relationship()


class Attempt(Base):
    """One student's way through one version of a case; what was done stands in its events.

    ``number`` counts the student's attempts at the case, within the assignment if there is one.
    """

    __tablename__ = "attempt"
    __table_args__ = (Index("ix_attempt_user_id_version_id", "user_id", "version_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("case_version.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("portal_user.id"))
    assignment_id: Mapped[int | None] = mapped_column(ForeignKey("assignment.id"), index=True)
    mode: Mapped[str] = mapped_column(String(10))
    number: Mapped[int] = mapped_column(default=1)
    started_at: Mapped[datetime] = mapped_column(default=utc_now)
    finished_at: Mapped[datetime | None]
    version: Mapped[CaseVersion] = relationship()
    user: Mapped[User] = relationship()
    events: Mapped[list[AttemptEvent]] = relationship(
        order_by="AttemptEvent.sequence", viewonly=True
    )


class AttemptEvent(Base):
    """Something a student did in an attempt. Append-only.

    ``kind`` is ``open`` (an order), ``commit`` (an answer to an exercise) or ``advance`` (the next
    stage); ``subject`` names the order, exercise or stage. Each happens once in an attempt, so
    that a form sent twice counts once.
    """

    __tablename__ = "attempt_event"
    __table_args__ = (UniqueConstraint("attempt_id", "kind", "subject"),)

    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempt.id"), primary_key=True)
    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(10))
    subject: Mapped[str] = mapped_column(String(40))
    answer: Mapped[dict[str, Any]]
    at: Mapped[datetime] = mapped_column(default=utc_now)


class AttemptDraft(Base):
    """What a student has not committed yet, as typed; the newest stands.

    ``subject`` is ``answer:`` with the name of an exercise, ``pin:`` with the id of a datum, or
    ``reflection``.
    """

    __tablename__ = "attempt_draft"

    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempt.id"), primary_key=True)
    subject: Mapped[str] = mapped_column(String(60), primary_key=True)
    fields: Mapped[dict[str, Any]]
    saved_at: Mapped[datetime] = mapped_column(default=utc_now)
