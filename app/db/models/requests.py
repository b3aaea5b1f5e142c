"""Requests for data with their history and decisions, and results that leave a workspace."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    UniqueConstraint,
    false,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db.models.base import Base
from app.db.models.cohorts import CohortVersion
from app.db.models.governance import AgreementSignature, PrivateDocument
from app.db.models.people import Project, User
from app.db.types import utc_now


class DataRequest(Base):
    """A request for data. ``state`` changes only through ``app.services.requests``.

    ``version`` grows by one with every change, so that a form sent twice, or sent after somebody
    else acted, is recognised. ``window_kind`` is ``whole`` or ``entry`` (then with days before and
    after), empty while nothing was chosen. ``row_limits`` has, by table, the concept sets of the
    cohort version whose rows are asked for; a table that is not in it is asked for with all.
    ``continues`` is the request whose delivery this one brings up to date, and ``earlier`` whether
    that is then kept or replaced. ``frozen`` is the summary of :class:`cohorts.frozen.Frozen`;
    ``ended_at`` is when access to the extract ended, and until ``grace_until`` nobody has to have
    signed, since it was open before people did. ``approvals`` is how many stewards have to agree,
    and ``review_round`` counts their attempts.
    """

    __tablename__ = "data_request"
    __table_args__ = (Index("ix_data_request_state_changed_at", "state", "changed_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"), index=True)
    requester_id: Mapped[int] = mapped_column(ForeignKey("portal_user.id"), index=True)
    title: Mapped[str]
    state: Mapped[str] = mapped_column(String(30))
    version: Mapped[int] = mapped_column(Integer, default=1)
    purpose: Mapped[str] = mapped_column(default="")
    duo_code: Mapped[str] = mapped_column(String(20), default="")
    ethics_number: Mapped[str] = mapped_column(default="")
    ethics_body: Mapped[str] = mapped_column(default="", server_default="")
    ethics_expires: Mapped[date | None] = mapped_column(Date)
    ethics_document_id: Mapped[int | None] = mapped_column(ForeignKey("private_document.id"))
    place_of_work: Mapped[str] = mapped_column(default="", server_default="")
    use_traits: Mapped[list[str]] = mapped_column(JSON, default=list, server_default="[]")
    approvals: Mapped[int] = mapped_column(Integer, default=1, server_default="1")
    review_round: Mapped[int] = mapped_column(Integer, default=1, server_default="1")
    planned_outputs: Mapped[str] = mapped_column(default="")
    release: Mapped[str] = mapped_column(String(64), default="")
    cohort_version_id: Mapped[int | None] = mapped_column(ForeignKey("cohort_version.id"))
    end_date: Mapped[date | None] = mapped_column(Date)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    changed_at: Mapped[datetime] = mapped_column(default=utc_now)
    submitted_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    extract: Mapped[str | None] = mapped_column(String(80))
    extract_rows: Mapped[int | None]
    failure: Mapped[str | None]
    window_kind: Mapped[str] = mapped_column(String(10), default="", server_default="")
    window_before: Mapped[int | None]
    window_after: Mapped[int | None]
    window_reason: Mapped[str] = mapped_column(default="", server_default="")
    row_limits: Mapped[dict[str, list[int]]] = mapped_column(
        JSON, default=dict, server_default="{}"
    )
    continues_id: Mapped[int | None] = mapped_column(ForeignKey("data_request.id"), index=True)
    earlier: Mapped[str] = mapped_column(String(10), default="", server_default="")
    renewal_until: Mapped[date | None] = mapped_column(Date)
    renewal_reason: Mapped[str] = mapped_column(default="", server_default="")
    ended_at: Mapped[datetime | None]
    grace_until: Mapped[date | None] = mapped_column(Date)
    frozen: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    continues: Mapped[DataRequest | None] = relationship(remote_side=[id])
    project: Mapped[Project] = relationship()
    requester: Mapped[User] = relationship()
    cohort_version: Mapped[CohortVersion | None] = relationship()
    people: Mapped[list[RequestPerson]] = relationship(
        cascade="all, delete-orphan", order_by="RequestPerson.id"
    )
    columns: Mapped[list[RequestColumn]] = relationship(
        cascade="all, delete-orphan", order_by="RequestColumn.id"
    )
    events: Mapped[list[RequestEvent]] = relationship(order_by="RequestEvent.id", viewonly=True)
    decisions: Mapped[list[ReviewDecision]] = relationship(
        order_by="ReviewDecision.id", viewonly=True
    )
    signatures: Mapped[list[AgreementSignature]] = relationship(
        order_by="AgreementSignature.id", viewonly=True
    )
    ethics_document: Mapped[PrivateDocument | None] = relationship()


class RequestPerson(Base):
    """Somebody who would work with the data, account or not."""

    __tablename__ = "request_person"

    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("data_request.id"), index=True)
    name: Mapped[str]
    affiliation: Mapped[str] = mapped_column(default="")


class RequestColumn(Base):
    """One column wanted, with its table's reason and, where it tells much, one of its own."""

    __tablename__ = "request_column"
    __table_args__ = (UniqueConstraint("request_id", "table_name", "column_name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("data_request.id"), index=True)
    table_name: Mapped[str] = mapped_column(String(64))
    column_name: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(default="")
    own_reason: Mapped[str] = mapped_column(default="", server_default="")


class RequestEvent(Base):
    """History of a request: transitions and comments; ``internal`` for stewards. Append-only."""

    __tablename__ = "request_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("data_request.id"), index=True)
    at: Mapped[datetime] = mapped_column(default=utc_now)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("portal_user.id"))
    actor_name: Mapped[str]
    action: Mapped[str] = mapped_column(String(30))
    from_state: Mapped[str | None] = mapped_column(String(30))
    to_state: Mapped[str | None] = mapped_column(String(30))
    comment: Mapped[str] = mapped_column(default="")
    internal: Mapped[bool] = mapped_column(default=False, server_default=false())


class ReviewDecision(Base):
    """A reviewer's decision with its reason, in one round of votes. Append-only."""

    __tablename__ = "review_decision"
    __table_args__ = (CheckConstraint("decision in ('approve','return','reject')", name="kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("data_request.id"), index=True)
    reviewer_id: Mapped[int] = mapped_column(ForeignKey("portal_user.id"))
    decision: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(default="")
    round: Mapped[int] = mapped_column(Integer, default=1, server_default="1")
    at: Mapped[datetime] = mapped_column(default=utc_now)
    reviewer: Mapped[User] = relationship()


class OutputRequest(Base):
    """Results that a project wants to take out of its workspace; see ``app.services.outputs``.

    ``parcel`` names the parcel of the project's outbox that they came in, if they did.
    """

    __tablename__ = "output_request"
    __table_args__ = (
        UniqueConstraint("project_id", "parcel"),
        Index("ix_output_request_state_changed_at", "state", "changed_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"), index=True)
    requester_id: Mapped[int] = mapped_column(ForeignKey("portal_user.id"), index=True)
    title: Mapped[str]
    note: Mapped[str] = mapped_column(default="")
    extract: Mapped[str] = mapped_column(String(80), default="")
    parcel: Mapped[str | None] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(20))
    version: Mapped[int] = mapped_column(Integer, default=1)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    changed_at: Mapped[datetime] = mapped_column(default=utc_now)
    project: Mapped[Project] = relationship()
    requester: Mapped[User] = relationship()
    files: Mapped[list[OutputFile]] = relationship(order_by="OutputFile.id", viewonly=True)
    decisions: Mapped[list[OutputDecision]] = relationship(
        order_by="OutputDecision.id", viewonly=True
    )


class OutputFile(Base):
    """One file with what the check found. Append-only: what was judged is what leaves."""

    __tablename__ = "output_file"
    __table_args__ = (UniqueConstraint("request_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("output_request.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    report: Mapped[dict[str, Any]]
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)


class OutputDecision(Base):
    """A steward's decision on results, with the reason. Append-only.

    ``held_back`` are the ids of files that do not leave though the decision is to approve.
    """

    __tablename__ = "output_decision"
    __table_args__ = (CheckConstraint("decision in ('approve','reject')", name="kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("output_request.id"), index=True)
    reviewer_id: Mapped[int] = mapped_column(ForeignKey("portal_user.id"))
    decision: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(default="")
    held_back: Mapped[list[int]] = mapped_column(JSON, default=list, server_default="[]")
    at: Mapped[datetime] = mapped_column(default=utc_now)
    reviewer: Mapped[User] = relationship()
