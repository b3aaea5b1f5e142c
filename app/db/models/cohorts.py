"""Cohort definitions, their versions, drafts and shares, and what was shown of their counts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    Boolean,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
    false,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db.models.base import Base
from app.db.models.people import Project, User
from app.db.types import utc_now


class CohortDefinition(Base):
    """A named cohort definition; what it says is in its versions."""

    __tablename__ = "cohort_definition"

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"), index=True)
    name: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    created_by: Mapped[int] = mapped_column(ForeignKey("portal_user.id"))
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    project: Mapped[Project] = relationship()
    versions: Mapped[list[CohortVersion]] = relationship(
        back_populates="cohort", order_by="CohortVersion.number"
    )


class CohortVersion(Base):
    """One version of a definition, as Circe JSON. It never changes."""

    __tablename__ = "cohort_version"
    __table_args__ = (UniqueConstraint("cohort_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohort_definition.id"))
    number: Mapped[int]
    expression: Mapped[str]
    sha256: Mapped[str] = mapped_column(String(64))
    note: Mapped[str] = mapped_column(default="")
    created_by: Mapped[int] = mapped_column(ForeignKey("portal_user.id"))
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    cohort: Mapped[CohortDefinition] = relationship(back_populates="versions")


class CohortOrigin(Base):
    """Where a definition was copied from: a version of another one, or a shipped template."""

    __tablename__ = "cohort_origin"

    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohort_definition.id"), primary_key=True)
    version_id: Mapped[int | None] = mapped_column(ForeignKey("cohort_version.id"))
    template: Mapped[str] = mapped_column(String(80), default="")
    version: Mapped[CohortVersion | None] = relationship()


class CohortDraft(Base):
    """What one person is editing: of a definition, or of one that is not kept yet.

    ``revision`` grows by one with every change, so that a form of another window is recognised.
    ``base_number`` is the version that it began from. The document is that of step ``position``.
    """

    __tablename__ = "cohort_draft"
    __table_args__ = (UniqueConstraint("cohort_id", "owner_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"), index=True)
    cohort_id: Mapped[int | None] = mapped_column(ForeignKey("cohort_definition.id"))
    owner_id: Mapped[int] = mapped_column(ForeignKey("portal_user.id"), index=True)
    base_number: Mapped[int | None]
    name: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    revision: Mapped[int] = mapped_column(default=1)
    position: Mapped[int] = mapped_column(default=1)
    copied_from_id: Mapped[int | None] = mapped_column(ForeignKey("cohort_version.id"))
    template: Mapped[str] = mapped_column(String(80), default="")
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    changed_at: Mapped[datetime] = mapped_column(default=utc_now)
    project: Mapped[Project] = relationship()
    cohort: Mapped[CohortDefinition | None] = relationship()
    owner: Mapped[User] = relationship()
    copied_from: Mapped[CohortVersion | None] = relationship()
    steps: Mapped[list[CohortDraftStep]] = relationship(
        cascade="all, delete-orphan", order_by="CohortDraftStep.number"
    )


class CohortDraftStep(Base):
    """A draft after one change: the document, Circe JSON that need not be valid, and what was done.

    Undoing and doing again move the draft's position between its steps.
    """

    __tablename__ = "cohort_draft_step"
    __table_args__ = (UniqueConstraint("draft_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    draft_id: Mapped[int] = mapped_column(ForeignKey("cohort_draft.id"))
    number: Mapped[int]
    document: Mapped[str]
    said: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime] = mapped_column(default=utc_now)


class CohortShare(Base):
    """A version that another project may read and copy, or everybody if no project is named."""

    __tablename__ = "cohort_share"

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("cohort_version.id"), index=True)
    project_id: Mapped[int | None] = mapped_column(ForeignKey("project.id"), index=True)
    note: Mapped[str] = mapped_column(default="")
    shared_by: Mapped[int] = mapped_column(ForeignKey("portal_user.id"))
    at: Mapped[datetime] = mapped_column(default=utc_now)
    ended_at: Mapped[datetime | None]
    version: Mapped[CohortVersion] = relationship()
    project: Mapped[Project | None] = relationship()
    author: Mapped[User] = relationship()


class CountedSet(Base):
    """A count that was shown: the question, and the people counted; see ``count_ledger``.

    ``people`` is encrypted. ``project_id`` is empty where somebody only looked at the project.
    ``coarse`` counts were shown in wide steps, of a draft.
    """

    __tablename__ = "counted_set"
    __table_args__ = (
        Index("ix_counted_set_release_user_id", "release", "user_id"),
        Index("ix_counted_set_release_project_id", "release", "project_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(default=utc_now)
    user_id: Mapped[int] = mapped_column(ForeignKey("portal_user.id"))
    project_id: Mapped[int | None] = mapped_column(ForeignKey("project.id"))
    release: Mapped[str] = mapped_column(String(64))
    question: Mapped[str] = mapped_column(String(64))
    coarse: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    people: Mapped[bytes] = mapped_column(LargeBinary)


class ShownLines(Base):
    """The lines of a characterisation that were shown; see ``line_ledger``. Encrypted."""

    __tablename__ = "shown_lines"
    __table_args__ = (
        Index("ix_shown_lines_release_user_id", "release", "user_id"),
        Index("ix_shown_lines_release_project_id", "release", "project_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(default=utc_now)
    user_id: Mapped[int] = mapped_column(ForeignKey("portal_user.id"))
    project_id: Mapped[int | None] = mapped_column(ForeignKey("project.id"))
    release: Mapped[str] = mapped_column(String(64))
    lines: Mapped[bytes] = mapped_column(LargeBinary)
