"""Use cases of cohorts: definitions kept in versions."""

from __future__ import annotations

from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

import cohorts
from app.audit import AuditEvent, record
from app.db.models import CohortDefinition, CohortVersion, Project
from app.errors import BadInput, NotFound, PermissionDenied
from app.permissions import Actor, Permission, can, check_permission
from app.services.listing import Asked, Columns, Listed, anywhere, listed
from app.services.projects import get_own_project, get_project, is_member, projects_of


def create_cohort(
    session: Session,
    actor: Actor,
    project_id: int,
    name: str,
    description: str,
    expression: str,
    note: str = "",
) -> CohortDefinition:
    """A new definition with its first version.

    Raises:
        PermissionDenied: unless the actor defines cohorts and belongs to the project.
        BadInput: without a name.
        DefinitionError: if the expression is not valid Circe JSON.
    """
    check_permission(actor, Permission.DEFINE_COHORTS)
    project, user_id = get_own_project(
        session, actor, project_id, "Only members of a project define its cohorts."
    )
    title = name.strip() or cohorts.load(expression).title
    if not title:
        raise BadInput("Give the cohort a name.")
    cohort = CohortDefinition(
        project_id=project.id,
        name=title,
        description=description.strip(),
        created_by=user_id,
    )
    session.add(cohort)
    session.flush()
    add_version(session, actor, cohort.id, expression, note or "first version")
    return cohort


def add_version(
    session: Session, actor: Actor, cohort_id: int, expression: str, note: str
) -> CohortVersion:
    """The next version of a definition; an expression equal to the newest is not kept twice.

    Raises:
        NotFound: if the cohort is not the actor's to see.
        PermissionDenied: unless the actor belongs to its project.
        DefinitionError: if the expression is not valid Circe JSON.
    """
    cohort = get_cohort(session, actor, cohort_id)
    if not can_edit(actor, cohort) or actor.user_id is None:
        raise PermissionDenied("Only members of the project change its cohorts.")
    definition = cohorts.load(expression)
    session.refresh(cohort, ["versions"])
    newest = cohort.versions[-1] if cohort.versions else None
    if newest is not None and newest.sha256 == definition.sha256:
        return newest
    version = CohortVersion(
        cohort_id=cohort.id,
        number=newest.number + 1 if newest else 1,
        expression=definition.source.decode("utf-8"),
        sha256=definition.sha256,
        note=note.strip(),
        created_by=actor.user_id,
    )
    session.add(version)
    session.flush()
    detail = {"version": version.number, "sha256": version.sha256}
    record(session, actor, AuditEvent("cohort.version_added", "cohort", cohort.id, detail))
    return version


def can_see(actor: Actor, cohort: CohortDefinition) -> bool:
    """Members of the project, and stewards, who judge what the cohort is asked for."""
    return is_member(cohort.project, actor) or can(actor, Permission.REVIEW_REQUESTS)


def can_edit(actor: Actor, cohort: CohortDefinition) -> bool:
    """Members of the project who define cohorts."""
    return can(actor, Permission.DEFINE_COHORTS) and is_member(cohort.project, actor)


def get_cohort(session: Session, actor: Actor, cohort_id: int) -> CohortDefinition:
    """A cohort of a project that the actor may see.

    Raises:
        PermissionDenied: unless the actor may define cohorts or review requests.
        NotFound: if there is none, or it is not theirs to see.
    """
    check_permission(actor, Permission.DEFINE_COHORTS)
    cohort = session.get(CohortDefinition, cohort_id)
    if cohort is None or not can_see(actor, cohort):
        raise NotFound("There is no such cohort.")
    return cohort


def list_cohorts(session: Session, actor: Actor) -> list[CohortDefinition]:
    """The cohorts that the actor may see, newest first."""
    check_permission(actor, Permission.DEFINE_COHORTS)
    found = session.scalars(select(CohortDefinition).order_by(CohortDefinition.id.desc()))
    return [cohort for cohort in found if can_see(actor, cohort)]


COHORTS: Final = Columns(
    {
        "name": func.lower(CohortDefinition.name),
        "project": func.lower(Project.title),
        "made": CohortDefinition.id,
    },
    anywhere(CohortDefinition.name, CohortDefinition.description, Project.title),
    "-made",
    CohortDefinition.id,
)


def cohorts_listed(session: Session, actor: Actor, asked: Asked) -> Listed[CohortDefinition]:
    """A page of the cohorts that the actor may see.

    Raises:
        PermissionDenied: unless the actor may define cohorts or review requests.
    """
    check_permission(actor, Permission.DEFINE_COHORTS)
    query = select(CohortDefinition).join(Project)
    if not can(actor, Permission.REVIEW_REQUESTS):
        query = query.where(CohortDefinition.project_id.in_(projects_of(actor)))
    return listed(session, query, COHORTS, asked)


def list_of_project(session: Session, actor: Actor, project_id: int) -> list[CohortVersion]:
    """All versions of a project's cohorts, newest first.

    Raises:
        NotFound: if the project is not the actor's to see.
    """
    project = get_project(session, actor, project_id)
    query = (
        select(CohortVersion)
        .join(CohortDefinition)
        .where(CohortDefinition.project_id == project.id)
        .order_by(CohortVersion.id.desc())
    )
    return list(session.scalars(query))
