"""Parcels in the outboxes of projects: seen, sent on as a request for results, or taken out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import AuditEvent, record
from app.db.models import OutputRequest, Project
from app.errors import NotFound
from app.permissions import Actor
from app.services.outputs import check_files, own_project, submit
from app.services.projects import list_projects
from cohorts.disclosure import DisclosureRule
from cohorts.outputs.parcel import (
    Parcel,
    list_parcels,
    parcel_title,
    read_parcel,
    remove_parcel,
)
from cohorts.outputs.report import FileReport


@dataclass(frozen=True)
class Waiting:
    """A parcel in a project's outbox that nobody has sent on."""

    project: Project
    parcel: str
    title: str


def waiting_parcels(session: Session, actor: Actor, project_root: Path) -> list[Waiting]:
    """Parcels in the outboxes of the actor's projects that were not sent on."""
    found = []
    for project in list_projects(session, actor):
        sent = set(
            session.scalars(
                select(OutputRequest.parcel).where(OutputRequest.project_id == project.id)
            )
        )
        folder = project_root.absolute() / project.code
        found += [
            Waiting(project, name, parcel_title(folder, name) or "Untitled")
            for name in list_parcels(folder)
            if name not in sent
        ]
    return found


def look_at_parcel(
    session: Session,
    actor: Actor,
    project_id: int,
    parcel_id: str,
    project_root: Path,
    rule: DisclosureRule,
) -> tuple[Project, Parcel, list[FileReport]]:
    """A parcel of a project of the actor's, and what the check says of it.

    Raises:
        NotFound: if the project is not the actor's, or has no such parcel.
        OutputRefused: if a file does not leave in this form.
    """
    project = own_project(session, actor, project_id)
    folder = project_root.absolute() / project.code
    if parcel_id not in list_parcels(folder):
        raise NotFound("There is no such parcel in the outbox.")
    parcel = read_parcel(folder, parcel_id)
    return project, parcel, check_files(session, project.id, parcel.files, rule)


def submit_parcel(
    session: Session,
    actor: Actor,
    project_id: int,
    parcel_id: str,
    title: str,
    note: str,
    project_root: Path,
    rule: DisclosureRule,
) -> OutputRequest:
    """Send a parcel of the outbox on, as it lies there now.

    Raises:
        NotFound, PermissionDenied, BadInput, OutputRefused, TransitionRefused: as :func:`submit`.
    """
    project, parcel, _ = look_at_parcel(session, actor, project_id, parcel_id, project_root, rule)
    return submit(
        session, actor, project.id, title, note, parcel.files, rule, parcel.extract, parcel.id
    )


def discard_parcel(
    session: Session, actor: Actor, project_id: int, parcel_id: str, project_root: Path
) -> None:
    """Take a parcel out of the outbox without sending it on.

    Raises:
        NotFound: if the project is not the actor's.
    """
    project = own_project(session, actor, project_id)
    remove_parcel(project_root.absolute() / project.code, parcel_id)
    detail = {"parcel": parcel_id[:40]}
    record(session, actor, AuditEvent("output.discarded", "project", project.id, detail))
