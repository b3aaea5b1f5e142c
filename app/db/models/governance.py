"""What a request's people, purpose and data are bound by: documents, training, agreement, terms."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Date,
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


class PrivateDocument(Base):
    """A document that somebody gave, PDF or PNG. Append-only: what was judged is what is kept.

    It lies in the database and not in a folder, so that it comes and goes with the row that names
    it and is in every backup. Who may open it is decided by what names it.
    """

    __tablename__ = "private_document"

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("portal_user.id"), index=True)
    media_type: Mapped[str] = mapped_column(String(40))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)


class TrainingCertificate(Base):
    """A certificate of training; it counts from a steward's verification until its last day."""

    __tablename__ = "training_certificate"
    __table_args__ = (
        CheckConstraint("state in ('waiting','verified','refused')", name="state"),
        Index("ix_training_certificate_state", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("portal_user.id"), index=True)
    kind: Mapped[str] = mapped_column(String(30))
    issuer: Mapped[str]
    issued_on: Mapped[date] = mapped_column(Date)
    expires_on: Mapped[date] = mapped_column(Date)
    document_id: Mapped[int] = mapped_column(ForeignKey("private_document.id"))
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("portal_user.id"))
    decided_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    user: Mapped[User] = relationship(foreign_keys=[user_id])
    document: Mapped[PrivateDocument] = relationship()


class AgreementSignature(Base):
    """Somebody's signature under a version of the data use agreement, for one request. Append-only.

    ``sha256`` is that of the text as it was read, in ``language``.
    """

    __tablename__ = "agreement_signature"
    __table_args__ = (UniqueConstraint("request_id", "user_id", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("data_request.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("portal_user.id"))
    version: Mapped[str] = mapped_column(String(20))
    language: Mapped[str] = mapped_column(String(10))
    sha256: Mapped[str] = mapped_column(String(64))
    name: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=utc_now)
    user: Mapped[User] = relationship()


class ReleaseTerms(Base):
    """What a release may be used for, by terms of DUO, and how many stewards have to agree."""

    __tablename__ = "release_terms"

    release: Mapped[str] = mapped_column(String(64), primary_key=True)
    permission: Mapped[str] = mapped_column(String(20), default="")
    modifiers: Mapped[list[str]] = mapped_column(JSON, default=list)
    approvals: Mapped[int] = mapped_column(default=0, server_default="0")
    stated_by: Mapped[int] = mapped_column(ForeignKey("portal_user.id"))
    stated_at: Mapped[datetime] = mapped_column(default=utc_now)
