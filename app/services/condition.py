"""Whether the installation is in working order, in numbers that tell nothing of anybody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.db.database import Database
from app.db.models import AuditRow, Job, Mail, WorkerSeen
from app.db.types import utc_now

WORKER_SILENT = timedelta(minutes=2)


@dataclass(frozen=True)
class Condition:
    """What answers. ``worker`` is whether one was at work within the last two minutes."""

    database: bool
    schema: bool
    releases: bool
    worker: bool

    @property
    def ready(self) -> bool:
        """Whether pages can be served; without a worker they can, and approved requests wait."""
        return self.database and self.schema and self.releases


@dataclass(frozen=True)
class Load:
    """What waits and what is kept."""

    jobs: dict[str, int]
    mails: dict[str, int]
    audit_rows: int
    worker_seen: datetime | None


def condition_of(database: Database, release_root: Path) -> Condition:
    """Ask everything that the portal stands on; never raises."""
    try:
        with database.reading() as session:
            seen = session.scalar(select(func.max(WorkerSeen.seen_at)))
            current = database.is_current(session.connection())
    except SQLAlchemyError:
        return Condition(False, False, release_root.is_dir(), False)
    worker = seen is not None and utc_now() - seen < WORKER_SILENT
    return Condition(True, current, release_root.is_dir(), worker)


def load_of(session: Session) -> Load:
    """Counts of jobs and mails by state."""
    jobs = session.execute(select(Job.state, func.count()).group_by(Job.state))
    mails = session.execute(select(Mail.state, func.count()).group_by(Mail.state))
    return Load(
        dict(iter(jobs)),
        dict(iter(mails)),
        session.scalar(select(func.max(AuditRow.id))) or 0,
        session.scalar(select(func.max(WorkerSeen.seen_at))),
    )
