"""What somebody belongs to: projects, and classes taught or attended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.models import ClassMember, Project, ProjectMember, TeachingClass
from app.permissions import Actor


@dataclass(frozen=True)
class Membership:
    """One project or class; ``leads`` if the person leads or teaches it."""

    id: int
    title: str
    leads: bool
    since: datetime | None


def projects_of(session: Session, actor: Actor) -> list[Membership]:
    """The actor's projects by title."""
    rows = session.execute(
        select(Project.id, Project.title, ProjectMember.lead, ProjectMember.since)
        .join(ProjectMember, ProjectMember.project_id == Project.id)
        .where(ProjectMember.user_id == actor.user_id)
        .order_by(Project.title)
    )
    return [Membership(*row) for row in rows]


def classes_of(session: Session, actor: Actor) -> list[Membership]:
    """Open classes that the actor teaches or attends, by title."""
    rows = session.execute(
        select(TeachingClass.id, TeachingClass.title, ClassMember.teaches)
        .join(ClassMember, ClassMember.class_id == TeachingClass.id)
        .where(ClassMember.user_id == actor.user_id, TeachingClass.closed_at.is_(None))
        .order_by(TeachingClass.title)
    )
    return [Membership(*row, since=None) for row in rows]
