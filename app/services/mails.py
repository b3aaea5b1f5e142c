"""Notices on their way by mail: made, kept, sent, tried again until they arrive or are given up.

A message is a row before it is sent and stays one, so that a server that is down, or a worker that
is killed, loses nothing. A worker that is killed between sending and noting it sends once more: a
message twice is better than none.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, selectinload

from app.audit import AuditEvent, record
from app.db.clock import is_due
from app.db.database import Database
from app.db.models import Mail, MailChoice, Notification, User
from app.db.types import utc_now
from app.errors import NotFound
from app.languages import say
from app.mail import MailFailed
from app.permissions import Actor, Permission, check_permission
from app.services.listing import Asked, Columns, Listed, anywhere, listed
from app.services.notices import DAILY, NEVER, choice_of, kind_of, link_of
from deid.errors import ConfigurationError

logger = logging.getLogger(__name__)

FIRST_WAIT: Final = timedelta(minutes=1)
LONGEST_WAIT: Final = timedelta(hours=6)
PATIENCE: Final = timedelta(days=3)
"""After this long a message is no longer tried by itself; an administrator can send it again."""
HOLD: Final = timedelta(minutes=5)
"""For so long a message that is being sent is left alone by other workers."""
DIGEST_EVERY: Final = timedelta(days=1)
MOST_A_ROUND: Final = 20
MOST_NOTICES: Final = 500
STATES: Final = ("waiting", "sent", "given up")
WAITING, SENT, GIVEN_UP = STATES
NO_MAILBOX: Final = ".invalid"
"""Accounts of learning platforms have addresses that no mail reaches (RFC 2606)."""

Sender = Callable[[str, str, str], None]
"""``(address, subject, text)``; raises :class:`app.mail.MailFailed`."""


def collect(database: Database, address: str) -> int:
    """Make messages of notices that are new, as each receiver chose; how many."""
    with database.reading() as session:
        if session.scalar(select(Notification.id).where(_open()).limit(1)) is None:
            return 0
    with database.writing() as session:
        new = select(Notification).where(Notification.mail == "new").order_by(Notification.id)
        made = sum(
            _make(session, notice, address) for notice in session.scalars(new.limit(MOST_NOTICES))
        )
        session.flush()
        return made + _make_digests(session, address)


def send_due(database: Database, send: Sender) -> int:
    """Send messages whose time has come; how many were tried. After a failure the rest waits."""
    tried = 0
    while tried < MOST_A_ROUND and (taken := _take(database)) is not None:
        tried += 1
        failure, permanent = "", False
        try:
            send(taken.address, taken.subject, taken.text)
        except (MailFailed, ConfigurationError) as error:
            failure, permanent = str(error), getattr(error, "permanent", False)
        _note(database, taken, failure, permanent)
        if failure and not permanent:
            break
    return tried


@dataclass(frozen=True)
class MailPage:
    """One page of messages, newest first, and how many there are in each state."""

    found: Listed[Mail]
    states: dict[str, int]


MAILS: Final = Columns(
    {"number": Mail.id, "to": func.lower(User.name), "state": Mail.state, "tries": Mail.tries},
    anywhere(User.name, Mail.error),
    "-number",
    Mail.id,
)


def mails(session: Session, actor: Actor, asked: Asked, state: str = "") -> MailPage:
    """Messages and how far they are; never what they say.

    Raises:
        PermissionDenied: unless the actor manages users.
    """
    check_permission(actor, Permission.MANAGE_USERS)
    counted = select(Mail.state, func.count()).group_by(Mail.state)
    states = {row[0]: int(row[1]) for row in session.execute(counted)}
    query = select(Mail).join(User).options(selectinload(Mail.user))
    if state:
        query = query.where(Mail.state == state)
    return MailPage(listed(session, query, MAILS, asked), states)


def send_again(session: Session, actor: Actor, mail_id: int) -> None:
    """Send a message once more, at once.

    Raises:
        PermissionDenied, NotFound: unless the actor manages users and there is such a message.
    """
    check_permission(actor, Permission.MANAGE_USERS)
    mail = session.get(Mail, mail_id)
    if mail is None:
        raise NotFound("There is no such message.")
    mail.state, mail.error, mail.tries = WAITING, "", 0
    mail.next_try_at = mail.created_at = utc_now()
    record(session, actor, AuditEvent("mail.requeued", "mail", mail.id, {"user": mail.user_id}))


def _open() -> ColumnElement[bool]:
    return Notification.mail.in_(("new", "digest"))


def _make(session: Session, notice: Notification, address: str) -> int:
    user = session.get_one(User, notice.user_id)
    choice = choice_of(session, user.id)
    unwanted = choice.how == NEVER or kind_of(notice) in choice.muted
    if unwanted or notice.read_at or not user.active or user.email.endswith(NO_MAILBOX):
        notice.mail = "none"
        return 0
    if choice.how == DAILY:
        notice.mail = "digest"
        return 0
    notice.mail = "sent"
    session.add(_message(session, user, [notice], address))
    return 1


def _make_digests(session: Session, address: str) -> int:
    now = utc_now()
    waiting: dict[int, list[Notification]] = defaultdict(list)
    query = select(Notification).where(Notification.mail == "digest").order_by(Notification.id)
    for notice in session.scalars(query):
        waiting[notice.user_id].append(notice)
    made = 0
    for user_id, notices in waiting.items():
        user, choice = session.get_one(User, user_id), session.get(MailChoice, user_id)
        last = choice.digest_at if choice is not None else None
        daily = choice is not None and choice.how == DAILY
        if daily and last is not None and last > now - DIGEST_EVERY:
            continue
        unread = [notice for notice in notices if notice.read_at is None]
        for notice in notices:
            notice.mail = "sent" if notice in unread else "none"
        if choice is not None:
            choice.digest_at = now
        if unread and user.active:
            session.add(_message(session, user, unread, address))
            made += 1
    return made


def _message(session: Session, user: User, notices: list[Notification], address: str) -> Mail:
    """The message in the language that its receiver reads."""
    language = choice_of(session, user.id).language
    lines = [say(f"Good day {user.name},", language), ""]
    for notice in notices:
        lines += [say(notice.text, language)]
        if address and link_of(notice):
            lines += [address.rstrip("/") + link_of(notice)]
        lines += [""]
    lines += [say("You choose what comes by mail in the portal, under Notices.", language)]
    if address:
        lines += [address.rstrip("/") + "/notices/choice"]
    count = len(notices)
    subject = say(
        "Care Commons: news for you" if count == 1 else f"Care Commons: {count} news for you",
        language,
    )
    return Mail(user_id=user.id, subject=subject, text="\n".join(lines))


@dataclass(frozen=True)
class _Taken:
    id: int
    tries: int
    address: str
    subject: str
    text: str


def _take(database: Database) -> _Taken | None:
    now = utc_now()
    due = (Mail.state == WAITING, is_due(Mail.next_try_at, now, LONGEST_WAIT))
    with database.reading() as session:
        if session.scalar(select(Mail.id).where(*due).limit(1)) is None:
            return None
    with database.writing() as session:
        query = select(Mail).where(*due).order_by(Mail.next_try_at, Mail.id).limit(1)
        mail = session.scalar(query.with_for_update(skip_locked=True, of=Mail))
        if mail is None:
            return None
        mail.tries += 1
        mail.next_try_at = now + HOLD
        return _Taken(mail.id, mail.tries, mail.user.email, mail.subject, mail.text)


def _note(database: Database, taken: _Taken, failure: str, permanent: bool) -> None:
    now = utc_now()
    with database.writing() as session:
        mail = session.get(Mail, taken.id, with_for_update=True)
        if mail is None or mail.tries != taken.tries or mail.state != WAITING:
            return  # sent again by hand, or by another worker meanwhile
        mail.error = failure
        if not failure:
            mail.state, mail.sent_at = SENT, now
        elif permanent or now - mail.created_at > PATIENCE:
            mail.state = GIVEN_UP
            logger.warning("mail %s was given up", mail.id)
        else:
            mail.next_try_at = now + min(FIRST_WAIT * 2 ** (taken.tries - 1), LONGEST_WAIT)
