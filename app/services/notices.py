"""What people are told: made with the change it tells of, listed, read, and wanted by mail or not.

A notice says what changed and never a value of a record. Whether it also leaves as mail is decided
by the worker (:mod:`app.services.mails`), by what the person chose here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from app.db.models import MailChoice, Notification, RoleRow, User
from app.db.types import utc_now
from app.errors import BadInput, NotFound
from app.languages import LANGUAGES
from app.permissions import ROLE_PERMISSIONS, Actor, Permission, Role
from casebank.model import Language

REQUESTS: Final = "requests"
OUTPUTS: Final = "outputs"
TEACHING: Final = "teaching"
OPERATION: Final = "operation"
KINDS: Final = {
    REQUESTS: "Requests for data: every change of their state, and reminders",
    OUTPUTS: "Results that are to leave a workspace",
    TEACHING: "Classes, assignments, marks and discussions",
    OPERATION: "Accounts, jobs and the audit log",
}
"""Kinds of notices, and what they tell."""
EACH, DAILY, NEVER = "each", "daily", "never"
HOW: Final = {
    EACH: "At once, one message each",
    DAILY: "Once a day, all together",
    NEVER: "Not at all: only here",
}
MY_WORK: Final = "/my-work/"
PAGE: Final = 30


def notify(
    session: Session,
    receivers: Iterable[int],
    kind: str,
    text: str,
    link: str = "",
    request_id: int | None = None,
) -> None:
    """Tell users something, in the transaction of what it tells of; ``link`` is a portal path."""
    for user_id in sorted(set(receivers)):
        session.add(
            Notification(
                user_id=user_id, kind=kind, text=text, link=link, request_id=request_id, mail="new"
            )
        )


def who_may(session: Session, permission: Permission) -> set[int]:
    """Ids of the active users with a permission."""
    roles = [role.value for role in Role if permission in ROLE_PERMISSIONS.get(role, frozenset())]
    query = select(User.id).where(User.active, User.roles.any(RoleRow.name.in_(roles)))
    return set(session.scalars(query))


def kind_of(notice: Notification) -> str:
    """The kind; a notice about a request need not say its own."""
    return notice.kind or (REQUESTS if notice.request_id is not None else OPERATION)


def link_of(notice: Notification) -> str:
    """The path of what a notice is about; empty if there is none."""
    if notice.link.startswith("/") and not notice.link.startswith("//"):
        return notice.link
    return f"/requests/{notice.request_id}" if notice.request_id is not None else ""


@dataclass(frozen=True)
class NoticePage:
    """One page of somebody's notices, newest first."""

    rows: list[Notification]
    total: int
    unread: int


def notices_of(
    session: Session, actor: Actor, number: int = 1, unread_only: bool = False
) -> NoticePage:
    """A page of the actor's notices."""
    query = select(Notification).where(_own(actor))
    if unread_only:
        query = query.where(Notification.read_at.is_(None))
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    page = query.order_by(Notification.id.desc()).limit(PAGE).offset((number - 1) * PAGE)
    return NoticePage(list(session.scalars(page)), total, unread_count(session, actor))


def unread_count(session: Session, actor: Actor) -> int:
    """How many notices the actor has not read."""
    query = select(func.count()).where(_own(actor), Notification.read_at.is_(None))
    return session.scalar(query) or 0


def mark_read(session: Session, actor: Actor, notice_id: int | None = None) -> None:
    """Mark one of the actor's notices as read, or all.

    Raises:
        NotFound: if the one is not the actor's.
    """
    change = update(Notification).where(_own(actor), Notification.read_at.is_(None))
    if notice_id is not None:
        owned = select(Notification.id).where(_own(actor), Notification.id == notice_id)
        if session.scalar(owned) is None:
            raise NotFound("There is no such notice.")
        change = change.where(Notification.id == notice_id)
    session.execute(change.values(read_at=utc_now()))


@dataclass(frozen=True)
class Choice:
    """How somebody wants notices by mail, which kinds not, and in which language."""

    how: str = EACH
    muted: frozenset[str] = frozenset()
    language: Language = "en"


def choice_of(session: Session, user_id: int | None) -> Choice:
    """What a user chose; everything at once, in English, by default."""
    row = session.get(MailChoice, user_id) if user_id is not None else None
    if row is None:
        return Choice()
    return Choice(row.how, frozenset(row.muted), "zh" if row.language == "zh" else "en")


def choose(
    session: Session, actor: Actor, how: str, wanted: Collection[str], language: str
) -> None:
    """Keep how the actor wants notices by mail, of which kinds, and in which language.

    Raises:
        BadInput: for another way, another kind or another language.
    """
    if how not in HOW or not set(wanted) <= KINDS.keys() or language not in LANGUAGES:
        raise BadInput("Choose one of the ways, kinds and languages that the form offers.")
    assert actor.user_id is not None
    row = _choice_row(session, actor.user_id)
    row.how, row.muted, row.language = how, sorted(KINDS.keys() - set(wanted)), language


def keep_language(
    session: Session, user_id: int, language: Language, *, first_only: bool = False
) -> None:
    """Keep in which language a user reads, for mail; ``first_only`` where none is kept yet."""
    row = _choice_row(session, user_id)
    if row.language is None or not first_only:
        row.language = language


def _choice_row(session: Session, user_id: int) -> MailChoice:
    row = session.get(MailChoice, user_id)
    if row is None:
        row = MailChoice(user_id=user_id, how=EACH, muted=[])
        session.add(row)
    return row


def _own(actor: Actor) -> ColumnElement[bool]:
    return Notification.user_id == actor.user_id
