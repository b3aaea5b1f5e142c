"""Use cases around projects and their members."""

from __future__ import annotations

import re

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.audit import AuditEvent, record
from app.db.models import Project, ProjectMember, User
from app.errors import BadInput, NotFound, PermissionDenied
from app.permissions import Actor, Permission, can, check_permission

# The code names a folder under the project root and goes into the project's key.
PROJECT_CODE = re.compile(r"[a-z0-9][a-z0-9-]{1,38}[a-z0-9]")


def create_project(session: Session, actor: Actor, code: str, title: str) -> Project:
    """A new project whose lead is the actor.

    Raises:
        PermissionDenied: unless the actor may ask for data.
        BadInput: for a malformed or taken code, or an empty title.
    """
    check_permission(actor, Permission.REQUEST_DATA)
    if actor.user_id is None:
        raise PermissionDenied("A project needs a person as its lead.")
    code = code.strip()
    if not PROJECT_CODE.fullmatch(code):
        raise BadInput("A project code has 3 to 40 small letters, digits or hyphens inside.")
    if not title.strip():
        raise BadInput("Give the project a title.")
    if session.scalar(select(Project.id).where(Project.code == code)):
        raise BadInput("This project code is taken.")
    project = Project(code=code, title=title.strip(), created_by=actor.user_id)
    project.members = [ProjectMember(user_id=actor.user_id, lead=True)]
    session.add(project)
    session.flush()
    record(session, actor, AuditEvent("project.created", "project", project.id, {"code": code}))
    return project


def is_member(project: Project, actor: Actor) -> bool:
    """Whether the actor belongs to the project."""
    return actor.user_id is not None and any(m.user_id == actor.user_id for m in project.members)


def can_see_project(actor: Actor, project: Project) -> bool:
    """Members see their projects; stewards see all."""
    return is_member(project, actor) or can(actor, Permission.REVIEW_REQUESTS)


def get_project(session: Session, actor: Actor, project_id: int) -> Project:
    """A project that the actor may see.

    Raises:
        NotFound: if there is none, or it is not theirs to see.
    """
    project = session.get(Project, project_id)
    if project is None or not can_see_project(actor, project):
        raise NotFound("There is no such project.")
    return project


def get_own_project(
    session: Session, actor: Actor, project_id: int, refusal: str
) -> tuple[Project, int]:
    """A project that the actor belongs to, and the actor's user id.

    Raises:
        NotFound: if the project is not the actor's to see.
        PermissionDenied: with the words ``refusal``, for who only looks at it.
    """
    project = get_project(session, actor, project_id)
    if actor.user_id is None or not is_member(project, actor):
        raise PermissionDenied(refusal)
    return project, actor.user_id


def projects_of(actor: Actor) -> Select[int]:
    """Ids of the projects that the actor belongs to, for queries of what is theirs."""
    return select(ProjectMember.project_id).where(ProjectMember.user_id == actor.user_id)


def list_projects(session: Session, actor: Actor) -> list[Project]:
    """The projects that the actor belongs to, newest first."""
    mine = projects_of(actor)
    query = select(Project).where(Project.id.in_(mine)).order_by(Project.created_at.desc())
    return list(session.scalars(query))


def add_member(session: Session, actor: Actor, project_id: int, email: str) -> None:
    """Take a user with the right to ask for data into a project one belongs to.

    Raises:
        NotFound: if there is no such project.
        PermissionDenied: unless the actor belongs to it.
        BadInput: if nobody suitable has this address.
    """
    project = get_project(session, actor, project_id)
    if not is_member(project, actor):
        raise PermissionDenied("Only members take others into a project.")
    user = session.scalar(select(User).where(User.email == email.strip().casefold()))
    if user is None or not user.active or "researcher" not in {r.name for r in user.roles}:
        raise BadInput("No active researcher has this e-mail address.")
    if any(member.user_id == user.id for member in project.members):
        raise BadInput("This person is a member already.")
    project.members.append(ProjectMember(user_id=user.id))
    session.flush()
    detail = {"user": user.id}
    record(session, actor, AuditEvent("project.member_added", "project", project.id, detail))
