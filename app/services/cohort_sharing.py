"""Use cases of sharing a version of a definition with another project or with everybody.

What is shared is the definition, never a count. A version does not change, so neither does what
was shared; whoever copies it has a definition of their own that tells where it came from.
"""

from __future__ import annotations

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.audit import AuditEvent, record
from app.db.models import (
    CohortDefinition,
    CohortOrigin,
    CohortShare,
    CohortVersion,
    Project,
    ProjectMember,
)
from app.db.types import utc_now
from app.errors import BadInput, NotFound, PermissionDenied
from app.permissions import Actor, Permission, check_permission
from app.services.cohort_drafts import Beginning
from app.services.cohorts import get_cohort
from app.services.projects import is_member
from cohorts.model import parse_document


def can_share(actor: Actor, cohort: CohortDefinition) -> bool:
    """Whoever made the definition, and the project's leads."""
    leads = {member.user_id for member in cohort.project.members if member.lead}
    author = actor.user_id == cohort.created_by or actor.user_id in leads
    return author and is_member(cohort.project, actor)


def share(
    session: Session, actor: Actor, cohort_id: int, number: int, project_code: str, note: str
) -> CohortShare:
    """Let another project read and copy a version; everybody if no code is given.

    Raises:
        NotFound: if the cohort or version is not the actor's to see.
        PermissionDenied: unless :func:`can_share`.
        BadInput: if there is no such project, or it has the definition already.
    """
    cohort = get_cohort(session, actor, cohort_id)
    if not can_share(actor, cohort) or actor.user_id is None:
        raise PermissionDenied("Whoever made a definition shares it, or a lead of its project.")
    version = next((one for one in cohort.versions if one.number == number), None)
    if version is None:
        raise NotFound("There is no such version.")
    project = None
    code = project_code.strip()
    if code:
        project = session.scalar(select(Project).where(Project.code == code))
        if project is None:
            raise BadInput("There is no project of this code.")
        if project.id == cohort.project_id:
            raise BadInput("Members of this project see the definition anyway.")
    held = session.scalar(
        select(CohortShare).where(
            CohortShare.version_id == version.id,
            CohortShare.ended_at.is_(None),
            CohortShare.project_id == (project.id if project else None),
        )
    )
    if held is not None:
        return held
    made = CohortShare(
        version_id=version.id,
        project_id=project.id if project else None,
        note=note.strip()[:1000],
        shared_by=actor.user_id,
    )
    session.add(made)
    session.flush()
    detail = {"version": number, "project": project.id if project else None}
    record(session, actor, AuditEvent("cohort.shared", "cohort", cohort.id, detail))
    return made


def end_share(session: Session, actor: Actor, share_id: int) -> int:
    """Take a share back; copies that were made stay. The id of its cohort.

    Raises:
        NotFound: if there is none.
        PermissionDenied: unless :func:`can_share`.
    """
    found = session.get(CohortShare, share_id)
    if found is None or not is_member(found.version.cohort.project, actor):
        raise NotFound("This definition is not shared.")
    if not can_share(actor, found.version.cohort):
        raise PermissionDenied("Whoever made a definition takes it back, or a lead of its project.")
    if found.ended_at is None:
        found.ended_at = utc_now()
        detail = {"version": found.version.number}
        cohort_id = found.version.cohort_id
        record(session, actor, AuditEvent("cohort.share_ended", "cohort", cohort_id, detail))
    return found.version.cohort_id


def shared_with(session: Session, actor: Actor) -> list[CohortShare]:
    """What other projects share with the actor's projects or with everybody, newest first."""
    check_permission(actor, Permission.REQUEST_DATA)
    mine = select(ProjectMember.project_id).where(ProjectMember.user_id == actor.user_id)
    query = (
        select(CohortShare)
        .where(
            CohortShare.ended_at.is_(None),
            or_(CohortShare.project_id.is_(None), CohortShare.project_id.in_(mine)),
        )
        .order_by(CohortShare.id.desc())
    )
    return [
        found
        for found in session.scalars(query)
        if not is_member(found.version.cohort.project, actor)
    ]


def get_shared(session: Session, actor: Actor, share_id: int) -> CohortShare:
    """A definition that is shared with the actor.

    Raises:
        NotFound: if there is none, or it is not shared with them.
    """
    found = next((one for one in shared_with(session, actor) if one.id == share_id), None)
    if found is None:
        raise NotFound("There is no such definition, or it is no longer shared.")
    return found


def shares_of(session: Session, cohort: CohortDefinition) -> list[CohortShare]:
    """With whom a definition is shared now."""
    query = (
        select(CohortShare)
        .join(CohortVersion, CohortShare.version_id == CohortVersion.id)
        .where(CohortVersion.cohort_id == cohort.id, CohortShare.ended_at.is_(None))
        .order_by(CohortShare.id)
    )
    return list(session.scalars(query))


def beginning_of(version: CohortVersion) -> Beginning:
    """What a copy of a version starts from."""
    document = parse_document(version.expression)[1]
    cohort = version.cohort
    return Beginning(document, cohort.name, cohort.description, copied_from_id=version.id)


def origin_of(session: Session, cohort: CohortDefinition) -> CohortOrigin | None:
    """Where a definition was copied from, if it was."""
    return session.get(CohortOrigin, cohort.id)
