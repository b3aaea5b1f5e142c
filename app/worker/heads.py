"""Signs the head of the audit log, after looking whether the log still holds."""

from __future__ import annotations

import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import func, select

from app.audit import ChainCheck, verify_chain
from app.audit_heads import (
    AuditHeadsInvalid,
    SignedHead,
    hashes_of,
    parse_head,
    read_heads,
    signed_bytes,
    statement_of,
)
from app.db.models import AuditHead, AuditRow, Notification
from app.db.types import utc_now
from app.permissions import Permission
from app.services.notices import OPERATION, notify, who_may
from app.worker.workshop import Workshop
from deid.keys import Keyring

logger = logging.getLogger(__name__)

EVERY: Final = timedelta(minutes=10)
EVERY_EVENTS: Final = 500
"""A head is signed after so many new events, or after so long if there is one."""
_USE: Final = ("audit", "head")


def signer_of(keyring: Keyring) -> str:
    """The public key, in hexadecimal, that heads of this installation are signed by."""
    return _key(keyring).public_key().public_bytes_raw().hex()


def sign_head(workshop: Workshop, now: datetime | None = None) -> SignedHead | None:
    """Sign the log's head if it is time; the new head, or ``None``.

    What came since the last head is verified first, and once a day the whole. A log that does not
    hold is not signed: who reads the audit log is told, once.
    """
    path, moment = workshop.audit_heads, now or utc_now()
    if path is None or not _is_due(workshop, path, moment):
        return None
    with _alone(path):
        try:
            heads = _heads(path, workshop.keyring)
        except AuditHeadsInvalid as error:
            _raise_alarm(workshop, str(error))
            return None
        check = _verify(workshop, heads, moment)
        if not check.intact:
            _raise_alarm(workshop, f"event {check.broken_at}: {check.why}")
            return None
        last = heads[-1] if heads else None
        if check.rows == 0 or (last and check.rows == last.events):
            return None
        statement = statement_of(check.rows, check.head, moment, workshop.keyring.key_id, last)
        key = _key(workshop.keyring)
        head = SignedHead(
            statement, signer_of(workshop.keyring), key.sign(signed_bytes(statement)).hex()
        )
        _append(path, head)
    with workshop.database.writing() as session:
        if session.get(AuditHead, head.events) is None:
            session.add(
                AuditHead(
                    events=head.events,
                    statement=statement,
                    signer=head.signer,
                    signature=head.signature,
                )
            )
    return head


def _is_due(workshop: Workshop, path: Path, now: datetime) -> bool:
    """By the file, since who can write the database could write there that it is not.

    A head from a time that has yet to come is old too: the clock was set back since.
    """
    last = _last(path)
    with workshop.database.reading() as session:
        newest = session.scalar(select(func.max(AuditRow.id))) or 0
    if last is None:
        return newest > 0
    new = newest - last.events
    return new < 0 or new >= EVERY_EVENTS or (new > 0 and abs(now - last.at) >= EVERY)


def _verify(workshop: Workshop, heads: list[SignedHead], now: datetime) -> ChainCheck:
    with workshop.database.reading() as session:
        known = hashes_of(heads)
        if not heads:
            # The file is new, or gone: heads that the portal was given still bind it.
            given = session.scalars(select(AuditHead).order_by(AuditHead.events))
            known = {row.events: str(row.statement.get("hash")) for row in given}
        whole = not heads or heads[-1].at.date() != now.date()
        return verify_chain(session, known, 0 if whole else heads[-1].events)


def _raise_alarm(workshop: Workshop, what: str) -> None:
    logger.error("the audit log does not hold: %s", what)
    text = f"The audit log does not hold ({what}). Nothing is signed until somebody has looked."
    with workshop.database.writing() as session:
        if session.scalar(select(Notification.id).where(Notification.text == text)) is None:
            notify(session, who_may(session, Permission.READ_AUDIT), OPERATION, text, "/audit")


def _last(path: Path) -> SignedHead | None:
    try:
        with path.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - 4096))
            lines = file.read().splitlines()
    except FileNotFoundError:
        return None
    return parse_head(lines[-1]) if lines else None


def _append(path: Path, head: SignedHead) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "ab") as file:
        file.write(head.to_line())
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Two workers do not append at once."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(path.with_name(path.name + ".lock"), os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _heads(path: Path, keyring: Keyring) -> list[SignedHead]:
    """The file's heads, signed by this keyring; those of a destroyed key by whom they name."""
    if not path.exists():
        return []
    own = {signer_of(keyring.of(one.key_id)) for one in keyring.generations if not one.destroyed}
    destroyed = {one.key_id for one in keyring.generations if one.destroyed}
    heads = read_heads(path)
    signed = {head.signer for head in heads if head.statement["key_id"] not in destroyed}
    if not signed <= own:
        raise AuditHeadsInvalid(f"{path}: a head was signed by somebody else")
    return heads


def _key(keyring: Keyring) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(keyring.derive(*_USE))
