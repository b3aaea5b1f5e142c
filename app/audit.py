"""The audit log: append-only, each row's hash covering the row before it.

A row is written in the transaction of the change it tells of, so neither exists without the other.
Changing, removing or inserting a row breaks the chain at that place; :func:`verify_chain` finds it.
The hash alone does not stop somebody who can rewrite the whole table, or cut off its end: for that
the worker signs the chain's head and keeps it outside the portal (:mod:`app.audit_heads`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import Row, select, text
from sqlalchemy.orm import Session

from app.db.models import AuditRow
from app.db.types import utc_now
from app.permissions import Actor

GENESIS = "0" * 64
# Any fixed number: the advisory lock that makes PostgreSQL's writers append one after another.
_CHAIN_LOCK = 7_204_113
_NO_HEADS: Final[Mapping[int, str]] = MappingProxyType({})


@dataclass(frozen=True)
class AuditEvent:
    """What happened to what. ``detail`` holds codes, states and counts, never values of people."""

    action: str
    object_kind: str
    object_id: str | int
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ChainCheck:
    """Result of :func:`verify_chain`; ``broken_at`` is the first event that does not fit, and why.

    ``rows`` is how many events the chain has up to there, ``begun_after`` how many of them were
    taken as they are.
    """

    rows: int
    head: str
    broken_at: int | None
    why: str = ""
    begun_after: int = 0

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


def row_hash(row: AuditRow | Row[Any]) -> str:
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


def verify_chain(
    session: Session, heads: Mapping[int, str] = _NO_HEADS, begin_after: int = 0
) -> ChainCheck:
    """Walk the log from event ``begin_after + 1`` on, by default the whole of it.

    ``heads`` are hashes that were kept elsewhere, by the number of events that the chain had then:
    a chain that was rewritten or cut off does not lead through them.
    """
    expected_hash, count = GENESIS, begin_after
    if begin_after:
        known = session.scalar(select(AuditRow.hash).where(AuditRow.id == begin_after))
        if known is None or heads.get(begin_after, known) != known:
            return ChainCheck(begin_after, known or "", begin_after, _why(known), begin_after)
        expected_hash = known
    walk = select(*AuditRow.__table__.columns).where(AuditRow.id > begin_after)
    for row in session.execute(walk.order_by(AuditRow.id).execution_options(yield_per=2000)):
        count += 1
        fits = row.id == count and row.previous_hash == expected_hash and row.hash == row_hash(row)
        if not fits:
            why = "it was changed, or an event before it was changed, removed or put in"
            return ChainCheck(count, expected_hash, row.id, why, begin_after)
        expected_hash = row.hash
        if heads.get(count, expected_hash) != expected_hash:
            return ChainCheck(count, expected_hash, count, _why(expected_hash), begin_after)
    longest = max(heads, default=0)
    if longest > count:
        why = f"a signed head says that there were {longest} events: the newest ones are gone"
        return ChainCheck(count, expected_hash, count + 1, why, begin_after)
    return ChainCheck(count, expected_hash, None, "", begin_after)


def _why(found: str | None) -> str:
    if found is None:
        return "a signed head speaks of it, and it is gone"
    return "it is not what a signed head says: the log was rewritten up to here, or further"


def chain_head(session: Session) -> str:
    """Hash of the newest row."""
    newest = select(AuditRow.hash).order_by(AuditRow.id.desc()).limit(1)
    return session.scalar(newest) or GENESIS


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="microseconds")
