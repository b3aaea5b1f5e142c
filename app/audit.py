"""The audit log: append-only, each row's hash covering the row before it.

A row is written in the transaction of the change it tells of, so neither exists without the other.
Changing, removing or inserting a row breaks the chain at that place; :func:`verify_chain` finds it.
The hash alone does not stop somebody who can rewrite the whole table; the head that
:func:`chain_head` gives is to be kept elsewhere for that.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.db.models import AuditRow
from app.db.types import utc_now
from app.permissions import Actor

GENESIS = "0" * 64
# Any fixed number: the advisory lock that makes PostgreSQL's writers append one after another.
_CHAIN_LOCK = 7_204_113


@dataclass(frozen=True)
class AuditEvent:
    """What happened to what. ``detail`` holds codes, states and counts, never values of people."""

    action: str
    object_kind: str
    object_id: str | int
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ChainCheck:
    """Result of :func:`verify_chain`; ``broken_at`` is the first row that does not fit."""

    rows: int
    head: str
    broken_at: int | None

    @property
    def intact(self) -> bool:
        """Whether every row fits."""
        return self.broken_at is None


def record(session: Session, actor: Actor, event: AuditEvent) -> AuditRow:
    """Append ``event`` within the session's transaction."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _CHAIN_LOCK})
    last = session.execute(
        select(AuditRow.id, AuditRow.hash).order_by(AuditRow.id.desc()).limit(1)
    ).first()
    row = AuditRow(
        id=last.id + 1 if last else 1,
        at=utc_now(),
        actor_id=actor.user_id,
        actor_name=actor.name,
        action=event.action,
        object_kind=event.object_kind,
        object_id=str(event.object_id),
        detail=event.detail,
        previous_hash=last.hash if last else GENESIS,
    )
    row.hash = row_hash(row)
    session.add(row)
    session.flush()
    return row


def row_hash(row: AuditRow) -> str:
    """SHA-256 over the row's canonical JSON, in hexadecimal."""
    content = {
        "id": row.id,
        "at": _moment(row.at),
        "actor_id": row.actor_id,
        "actor_name": row.actor_name,
        "action": row.action,
        "object_kind": row.object_kind,
        "object_id": row.object_id,
        "detail": row.detail,
        "previous_hash": row.previous_hash,
    }
    document = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(document.encode("utf-8")).hexdigest()


def verify_chain(session: Session) -> ChainCheck:
    """Walk the whole log."""
    expected_hash, count = GENESIS, 0
    for row in session.scalars(select(AuditRow).order_by(AuditRow.id)).yield_per(1000):
        count += 1
        fits = row.id == count and row.previous_hash == expected_hash and row.hash == row_hash(row)
        if not fits:
            return ChainCheck(count, expected_hash, row.id)
        expected_hash = row.hash
    return ChainCheck(count, expected_hash, None)


def chain_head(session: Session) -> str:
    """Hash of the newest row."""
    newest = select(AuditRow.hash).order_by(AuditRow.id.desc()).limit(1)
    return session.scalar(newest) or GENESIS


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="microseconds")
