"""Learning platforms (Moodle, Canvas) that open cases by LTI 1.3, and the marks they get back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db.models.base import Base
from app.db.types import utc_now


class LtiPlatform(Base):
    """A platform that an administrator registered; its launches are trusted while ``active``.

    ``deployments`` holds the deployment ids that count, under the key ``ids``.
    """

    __tablename__ = "lti_platform"
    __table_args__ = (UniqueConstraint("issuer", "client_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    issuer: Mapped[str] = mapped_column(String(255))
    client_id: Mapped[str] = mapped_column(String(255))
    login_url: Mapped[str]
    token_url: Mapped[str]
    keys_url: Mapped[str]
    deployments: Mapped[dict[str, Any]]
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("portal_user.id"))
    created_at: Mapped[datetime] = mapped_column(default=utc_now)


class LtiLogin(Base):
    """A launch that was begun: state and nonce as digests, each good once.

    ``hints`` are what the platform sent to begin with, to begin again in a window of its own.
    """

    __tablename__ = "lti_login"

    state_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    nonce_sha256: Mapped[str] = mapped_column(String(64))
    platform_id: Mapped[int] = mapped_column(ForeignKey("lti_platform.id"))
    hints: Mapped[dict[str, Any]]
    made_at: Mapped[datetime] = mapped_column(default=utc_now, index=True)
    used_at: Mapped[datetime | None]


class LtiAccount(Base):
    """The portal's account of a platform's user, known by the platform's own id for them."""

    __tablename__ = "lti_account"
    __table_args__ = (UniqueConstraint("platform_id", "subject"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    platform_id: Mapped[int] = mapped_column(ForeignKey("lti_platform.id"))
    subject: Mapped[str] = mapped_column(String(255))
    user_id: Mapped[int] = mapped_column(ForeignKey("portal_user.id"), unique=True)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    platform: Mapped[LtiPlatform] = relationship()


class LtiLink(Base):
    """A case in a course, as one user opens it. ``line_item`` is where its marks go, or empty."""

    __tablename__ = "lti_link"
    __table_args__ = (
        UniqueConstraint("account_id", "resource_link"),
        Index("ix_lti_link_case_id", "case_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("lti_account.id"))
    resource_link: Mapped[str] = mapped_column(String(255))
    case_id: Mapped[int] = mapped_column(ForeignKey("teaching_case.id"))
    line_item: Mapped[str] = mapped_column(default="")
    opened_at: Mapped[datetime] = mapped_column(default=utc_now)
    account: Mapped[LtiAccount] = relationship()


class LtiGrade(Base):
    """A mark (0 to 1) on its way: kept until the platform has taken it.

    ``state`` is ``waiting``, ``sent``, ``given up``, or ``no mark`` where the attempt has nothing
    to send; ``error`` says why the last try failed.
    """

    __tablename__ = "lti_grade"
    __table_args__ = (
        UniqueConstraint("link_id", "attempt_id"),
        Index("ix_lti_grade_state_next_try_at", "state", "next_try_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    link_id: Mapped[int] = mapped_column(ForeignKey("lti_link.id"))
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempt.id"))
    score: Mapped[float]
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    tries: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime] = mapped_column(default=utc_now)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    sent_at: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(default="")
    link: Mapped[LtiLink] = relationship()
