"""Tables of the portal. No table holds an identified value: people here are the portal's users."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from app.db.types import UtcDateTime, utc_now

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Root of the portal's mapped classes."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {datetime: UtcDateTime, dict[str, Any]: JSON, str: Text}  # noqa: RUF012


user_role = Table(
    "user_role",
    Base.metadata,
    Column("user_id", ForeignKey("portal_user.id", ondelete="CASCADE"), primary_key=True),
    Column("role_id", ForeignKey("role.id"), primary_key=True),
)


class RoleRow(Base):
    """A role; its name is one of ``app.permissions.Role``."""

    __tablename__ = "role"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40), unique=True)
    description: Mapped[str | None]


class User(Base):
    """A person with an account. ``password`` is an argon2id hash."""

    __tablename__ = "portal_user"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(255), unique=True)
    name: Mapped[str]
    password: Mapped[str | None]
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    fs_uniquifier: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    roles: Mapped[list[RoleRow]] = relationship(secondary=user_role, lazy="selectin")

    def __repr__(self) -> str:
        return f"<User {self.id}>"


class Project(Base):
    """A piece of research: its members share cohorts, requests and extracts."""

    __tablename__ = "project"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(64), unique=True)
    title: Mapped[str]
    created_by: Mapped[int] = mapped_column(ForeignKey("portal_user.id"))
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    members: Mapped[list[ProjectMember]] = relationship(
        back_populates="project", cascade="all, delete-orphan"
    )


class ProjectMember(Base):
    """Membership of a project."""

    __tablename__ = "project_member"

    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("portal_user.id"), primary_key=True, index=True)
    lead: Mapped[bool] = mapped_column(Boolean, default=False)
    since: Mapped[datetime] = mapped_column(default=utc_now)
    project: Mapped[Project] = relationship(back_populates="members")
    user: Mapped[User] = relationship()


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


class DataRequest(Base):
    """A request for data. ``state`` changes only through ``app.services.requests``.

    ``version`` grows by one with every change, so that a form sent twice, or sent after somebody
    else acted, is recognised. ``window_kind`` is ``whole`` or ``entry`` (then with days before and
    after), empty while nothing was chosen. ``continues`` is the request whose delivery this one
    brings up to date, and ``earlier`` whether that is then kept or replaced. ``frozen`` is the
    summary of :class:`cohorts.frozen.Frozen`; ``ended_at`` is when access to the extract ended.
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
    continues_id: Mapped[int | None] = mapped_column(ForeignKey("data_request.id"), index=True)
    earlier: Mapped[str] = mapped_column(String(10), default="", server_default="")
    renewal_until: Mapped[date | None] = mapped_column(Date)
    renewal_reason: Mapped[str] = mapped_column(default="", server_default="")
    ended_at: Mapped[datetime | None]
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
    """History of a request: transitions and comments. Append-only."""

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


class ReviewDecision(Base):
    """A reviewer's decision with its reason."""

    __tablename__ = "review_decision"
    __table_args__ = (CheckConstraint("decision in ('approve','return','reject')", name="kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("data_request.id"), index=True)
    reviewer_id: Mapped[int] = mapped_column(ForeignKey("portal_user.id"))
    decision: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime] = mapped_column(default=utc_now)
    reviewer: Mapped[User] = relationship()


class Job(Base):
    """Work for the worker. A lease that ran out lets another worker take it."""

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


class Notification(Base):
    """A line shown to one user: something changed, or waits for them."""

    __tablename__ = "notification"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("portal_user.id"), index=True)
    at: Mapped[datetime] = mapped_column(default=utc_now)
    text: Mapped[str]
    request_id: Mapped[int | None] = mapped_column(ForeignKey("data_request.id"))
    read_at: Mapped[datetime | None]


class TeachingCase(Base):
    """A case drafted from one person of a release; ``document`` is ``casebank.Case`` as JSON.

    ``summary`` holds what lists show of it: level, language, problems, number of contacts.
    """

    __tablename__ = "teaching_case"

    id: Mapped[int] = mapped_column(primary_key=True)
    release: Mapped[str] = mapped_column(String(64))
    title: Mapped[str]
    state: Mapped[str] = mapped_column(String(20), default="draft")
    version: Mapped[int] = mapped_column(default=1)
    document: Mapped[str]
    summary: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    author_id: Mapped[int] = mapped_column(ForeignKey("portal_user.id"))
    reviewer_id: Mapped[int | None] = mapped_column(ForeignKey("portal_user.id"))
    review_note: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    published_at: Mapped[datetime | None]
    author: Mapped[User] = relationship(foreign_keys=[author_id], lazy="selectin")


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


class AuditRow(Base):
    """One audit event. ``hash`` covers the row and the hash before it; see ``app.audit``."""

    __tablename__ = "audit_event"

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
    """A steward's decision on results, with the reason. Append-only."""

    __tablename__ = "output_decision"
    __table_args__ = (CheckConstraint("decision in ('approve','reject')", name="kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("output_request.id"), index=True)
    reviewer_id: Mapped[int] = mapped_column(ForeignKey("portal_user.id"))
    decision: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime] = mapped_column(default=utc_now)
    reviewer: Mapped[User] = relationship()


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


APPEND_ONLY = (
    "audit_event",
    "counted_set",
    "output_decision",
    "output_file",
    "request_event",
    "review_decision",
    "shown_lines",
)
