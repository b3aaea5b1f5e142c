"""Whether somebody may open a project's lab, and how: the one answer for page and link."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from urllib.parse import quote

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import AuditEvent, record
from app.db.models import DataRequest, Project
from app.errors import PermissionDenied, TransitionRefused
from app.permissions import Actor, Permission, can
from app.services.projects import get_project, is_member
from app.services.readiness import in_force, refusal_of
from app.services.workflow import State

_NOT_YOURS = "Only researchers of the project open its lab."


@dataclass(frozen=True)
class Delivered:
    """An extract that may be analysed now."""

    request_id: int
    title: str
    extract: str
    release: str
    ends: date | None


@dataclass(frozen=True)
class Lab:
    """A project's lab. ``refusal`` says why it cannot be opened; empty if it can."""

    extracts: tuple[Delivered, ...]
    command: str
    refusal: str


def can_analyse(actor: Actor, project: Project) -> bool:
    """Researchers of the project, and nobody else."""
    return can(actor, Permission.ANALYSE_DATA) and is_member(project, actor)


def lab_of(session: Session, actor: Actor, project: Project, today: date) -> Lab:
    """What the actor can analyse in a project that they see, and how."""
    found = session.scalars(
        select(DataRequest)
        .where(DataRequest.project_id == project.id, DataRequest.state == State.ACTIVE)
        .order_by(DataRequest.id)
    ).all()
    extracts = tuple(
        Delivered(item.id, item.title, item.extract or "", item.release, item.end_date)
        for item in found
        if in_force(item, today)
    )
    own = [refusal_of(actor, item, today) for item in found if in_force(item, today)]
    return Lab(
        extracts,
        f"carecommons lab --project {project.code}",
        _refusal(actor, project, extracts, min(own, key=len, default="")),
    )


def open_lab(session: Session, actor: Actor, project_id: int, address: str, today: date) -> str:
    """The address of the project's lab where the installation runs labs; each opening is recorded.

    Raises:
        NotFound: if the project is not the actor's to see.
        PermissionDenied: unless the actor is a researcher of the project.
        TransitionRefused: if there is nothing to analyse, or labs are started by a command.
    """
    project = get_project(session, actor, project_id)
    if not can_analyse(actor, project):
        raise PermissionDenied(_NOT_YOURS)
    lab = lab_of(session, actor, project, today)
    if lab.refusal or not address:
        raise TransitionRefused(lab.refusal or f"Here a lab is started by: {lab.command}")
    record(session, actor, AuditEvent("lab.opened", "project", project.id))
    return address.replace("{project}", quote(project.code, safe=""))


def _refusal(
    actor: Actor, project: Project, extracts: tuple[Delivered, ...], of_the_actor: str
) -> str:
    if not can_analyse(actor, project):
        return _NOT_YOURS
    return of_the_actor if extracts else "No extract has been delivered, or its time has ended."
