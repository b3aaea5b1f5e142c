"""The audit log as auditors read it: filtered, in pages, exported, and checked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, String, and_, cast, func, or_, select
from sqlalchemy.orm import Session

from app.audit import AuditEvent, ChainCheck, record, verify_chain
from app.audit_heads import SignedHead, is_signed
from app.db.models import (
    AuditHead,
    AuditRow,
    CohortDefinition,
    DataRequest,
    OutputRequest,
    Project,
)
from app.errors import BadInput
from app.permissions import Actor, Permission, check_permission
from cohorts.spreadsheets import csv_text

PAGE: Final = 50
MOST_EXPORTED: Final = 100_000
CHECKED_AT_ONCE: Final = 20_000
"""So many of the newest events are verified whenever the page is opened; all of them if asked."""
SORTS: Final = {
    "newest": "newest first",
    "oldest": "oldest first",
    "who": "by who",
    "action": "by what",
}
FORMATS: Final = {"csv": "text/csv", "ndjson": "application/x-ndjson"}
HEADS: Final = (
    "event", "at", "actor", "actor name", "action", "object kind", "object", "detail", "hash",
)  # fmt: skip
# Kinds of objects that belong to a project, and where it says which.
_OF_PROJECT: Final = {
    "request": (DataRequest.id, DataRequest.project_id),
    "output": (OutputRequest.id, OutputRequest.project_id),
    "cohort": (CohortDefinition.id, CohortDefinition.project_id),
}


@dataclass(frozen=True)
class AuditFilter:
    """What is looked for; what is empty is not asked. ``until`` is the last day, in UTC."""

    who: str = ""
    action: str = ""
    kind: str = ""
    object_id: str = ""
    project: int | None = None
    since: date | None = None
    until: date | None = None

    def asked(self) -> dict[str, Any]:
        """What is asked, for addresses and for the log itself."""
        given = {one.name: getattr(self, one.name) for one in fields(self)}
        return {
            name: value.isoformat() if isinstance(value, date) else value
            for name, value in given.items()
            if value not in ("", None)
        }


@dataclass(frozen=True)
class AuditPage:
    """One page of the log; ``check`` is of the chain, ``head`` the newest signed head."""

    rows: list[AuditRow]
    total: int
    check: ChainCheck
    kinds: list[str]
    projects: list[Project]
    head: SignedHead | None


def read_audit(
    session: Session,
    actor: Actor,
    wanted: AuditFilter = AuditFilter(),
    number: int = 1,
    sort: str = "newest",
    whole: bool = False,
) -> AuditPage:
    """A page of the audit log; ``whole`` verifies the chain from its beginning.

    Raises:
        PermissionDenied: unless the actor reads the audit log.
    """
    check_permission(actor, Permission.READ_AUDIT)
    query = _selected(wanted)
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    page = query.order_by(*_order(sort)).limit(PAGE).offset((number - 1) * PAGE)
    kinds = session.scalars(select(AuditRow.object_kind).distinct().order_by(AuditRow.object_kind))
    projects = session.scalars(select(Project).order_by(Project.title))
    heads = signed_heads(session)
    newest = session.scalar(select(func.max(AuditRow.id))) or 0
    begin = 0 if whole else max(0, newest - CHECKED_AT_ONCE)
    check = verify_chain(session, {head.events: head.hash for head in heads}, begin)
    return AuditPage(
        list(session.scalars(page)),
        total,
        check,
        list(kinds),
        list(projects),
        heads[-1] if heads else None,
    )


def signed_heads(session: Session) -> list[SignedHead]:
    """The heads that the worker left in the database; one with a wrong signature is left out.

    They are a help to the page, and no proof: whoever can rewrite the log can take them away. The
    proof is the file on the worker's side.
    """
    rows = session.scalars(select(AuditHead).order_by(AuditHead.events))
    heads = [SignedHead(row.statement, row.signer, row.signature) for row in rows]
    return [head for head in heads if is_signed(head)]


def export_audit(session: Session, actor: Actor, wanted: AuditFilter, form: str) -> str:
    """The selected events, oldest first, as CSV or as JSON lines; that it was made is an event.

    Raises:
        PermissionDenied: unless the actor reads the audit log.
        BadInput: for another format, or more events than leave at once.
    """
    check_permission(actor, Permission.READ_AUDIT)
    if form not in FORMATS:
        raise BadInput("The log is exported as CSV or as JSON lines.")
    query = _selected(wanted)
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    if total > MOST_EXPORTED:
        raise BadInput(
            f"That is {total:,} events, and {MOST_EXPORTED:,} leave at once: narrow the time."
        )
    rows = list(session.scalars(query.order_by(AuditRow.id)))
    made = csv_text(HEADS, map(_line, rows)) if form == "csv" else "".join(_json_lines(rows))
    detail = {"format": form, "events": total, "asked": wanted.asked()}
    record(session, actor, AuditEvent("audit.exported", "audit", "log", detail))
    return made


def parse_day(text: str) -> date | None:
    """A day as a form sends it; ``None`` if empty.

    Raises:
        BadInput: if it is not one.
    """
    try:
        return date.fromisoformat(text.strip()) if text.strip() else None
    except ValueError:
        raise BadInput("A day looks like 2026-11-28.") from None


def _selected(wanted: AuditFilter) -> Select[AuditRow]:
    query = select(AuditRow)
    if wanted.who:
        query = query.where(AuditRow.actor_name.icontains(wanted.who, autoescape=True))
    if wanted.action:
        query = query.where(AuditRow.action.contains(wanted.action, autoescape=True))
    if wanted.kind:
        query = query.where(AuditRow.object_kind == wanted.kind)
    if wanted.object_id:
        query = query.where(AuditRow.object_id == wanted.object_id)
    if wanted.project is not None:
        query = query.where(_in_project(wanted.project))
    if wanted.since is not None:
        query = query.where(AuditRow.at >= _begin(wanted.since))
    if wanted.until is not None:
        query = query.where(AuditRow.at < _begin(wanted.until) + timedelta(days=1))
    return query


def _in_project(project_id: int) -> ColumnElement[bool]:
    itself = and_(AuditRow.object_kind == "project", AuditRow.object_id == str(project_id))
    return or_(
        itself,
        *(
            and_(
                AuditRow.object_kind == kind,
                AuditRow.object_id.in_(select(cast(key, String)).where(owner == project_id)),
            )
            for kind, (key, owner) in _OF_PROJECT.items()
        ),
    )


def _order(sort: str) -> tuple[ColumnElement[Any], ...]:
    newest = AuditRow.id.desc()
    return {
        "oldest": (AuditRow.id.asc(),),
        "who": (AuditRow.actor_name.asc(), newest),
        "action": (AuditRow.action.asc(), newest),
    }.get(sort, (newest,))


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _line(row: AuditRow) -> tuple[object, ...]:
    return (
        row.id,
        row.at.isoformat(),
        row.actor_id,
        row.actor_name,
        row.action,
        row.object_kind,
        row.object_id,
        json.dumps(row.detail, ensure_ascii=False, sort_keys=True),
        row.hash,
    )


def _json_lines(rows: list[AuditRow]) -> Iterator[str]:
    """All that the chain's hashes are over, so that a copy can be verified by itself."""
    for row in rows:
        document = {
            "id": row.id,
            "at": row.at.isoformat(timespec="microseconds"),
            "actor_id": row.actor_id,
            "actor_name": row.actor_name,
            "action": row.action,
            "object_kind": row.object_kind,
            "object_id": row.object_id,
            "detail": row.detail,
            "previous_hash": row.previous_hash,
            "hash": row.hash,
        }
        yield json.dumps(document, ensure_ascii=False, sort_keys=True) + "\n"
