"""Jobs of the worker, notifications and mail, and the audit trail."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db.models.base import Base
from app.db.models.people import User
from app.db.types import utc_now


class Job(Base):
    """Work for the worker. A lease that ran out lets another worker take it.

    ``step`` of ``steps`` and ``message`` tell how far it is; ``available_at`` is the earliest
    moment of the next attempt; ``cancel_asked_at`` asks the worker to stop before its next step.
    """

    __tablename__ = "job"
    __table_args__ = (Index("ix_job_state_lease_until", "state", "lease_until"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(30))
    payload: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(10), default="queued")
    attempts: Mapped[int] = mapped_column(default=0)
    leased_by: Mapped[str | None] = mapped_column(String(80))
    lease_until: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    finished_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    step: Mapped[int] = mapped_column(default=0)
    steps: Mapped[int] = mapped_column(default=0)
    message: Mapped[str] = mapped_column(default="")
    progress_at: Mapped[datetime | None]
    available_at: Mapped[datetime | None]
    cancel_asked_at: Mapped[datetime | None]


class WorkerSeen(Base):
    """A worker process and when it was last at work."""

    __tablename__ = "worker_seen"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]


class Notification(Base):
    """A line shown to one user: something changed, or waits for them.

    ``kind`` is one of ``app.services.notices.KINDS``, ``link`` a path of the portal. ``mail`` is
    ``new`` until the worker has looked at it, then ``sent`` (a mail was made), ``digest`` (it waits
    for the daily one) or ``none``.
    """

    __tablename__ = "notification"
    __table_args__ = (Index("ix_notification_mail", "mail"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("portal_user.id"), index=True)
    at: Mapped[datetime] = mapped_column(default=utc_now)
    text: Mapped[str]
    request_id: Mapped[int | None] = mapped_column(ForeignKey("data_request.id"))
    read_at: Mapped[datetime | None]
    kind: Mapped[str] = mapped_column(String(20), default="")
    link: Mapped[str] = mapped_column(default="")
    mail: Mapped[str] = mapped_column(String(10), default="new")


class Mail(Base):
    """A message on its way. The address is the account's at the moment of sending.

    ``state`` is ``waiting``, ``sent`` or ``given up``.
    """

    __tablename__ = "mail"
    __table_args__ = (Index("ix_mail_state_next_try_at", "state", "next_try_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("portal_user.id"))
    subject: Mapped[str]
    text: Mapped[str]
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    tries: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime] = mapped_column(default=utc_now)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    sent_at: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(default="")
    user: Mapped[User] = relationship()


class MailChoice(Base):
    """What one user wants by mail: ``how`` is ``each``, ``daily`` or ``never``; kinds left out.

    ``language`` is one of ``app.languages.LANGUAGES``; nothing until the user has signed in.
    """

    __tablename__ = "mail_choice"

    user_id: Mapped[int] = mapped_column(ForeignKey("portal_user.id"), primary_key=True)
    how: Mapped[str] = mapped_column(String(10), default="each")
    muted: Mapped[list[str]] = mapped_column(JSON, default=list)
    language: Mapped[str | None] = mapped_column(String(2))
    digest_at: Mapped[datetime | None]


class AuditRow(Base):
    """One audit event. ``hash`` covers the row and the hash before it; see ``app.audit``."""

    __tablename__ = "audit_event"
    __table_args__ = (
        Index("ix_audit_event_actor_id", "actor_id"),
        Index("ix_audit_event_action", "action"),
        Index("ix_audit_event_at", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    actor_id: Mapped[int | None]
    actor_name: Mapped[str]
    action: Mapped[str] = mapped_column(String(60))
    object_kind: Mapped[str] = mapped_column(String(30), index=True)
    object_id: Mapped[str] = mapped_column(String(80), index=True)
    detail: Mapped[dict[str, Any]]
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class AuditHead(Base):
    """A head of the audit log that the worker signed; see ``app.audit_heads``.

    ``events`` is how many events the chain had then; ``signer`` a public key in hexadecimal.
    """

    __tablename__ = "audit_head"

    events: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    statement: Mapped[dict[str, Any]]
    signer: Mapped[str] = mapped_column(String(64))
    signature: Mapped[str] = mapped_column(String(128))
