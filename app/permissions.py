"""Who may do what: roles, permissions and the one table between them.

A service asks :func:`check_permission` before it acts; a page asks :func:`can` to know what to
show. Both read the same table, so a page never offers what the service refuses.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.errors import PermissionDenied


class Role(StrEnum):
    """What a person is in the portal. One person may have several."""

    RESEARCHER = "researcher"
    STUDENT = "student"
    INSTRUCTOR = "instructor"
    STEWARD = "steward"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


class Permission(StrEnum):
    """One thing a role may do."""

    SEE_CATALOGUE = "see the catalogue of releases"
    SEE_COMMUNITY_PROFILE = "see the community profile"
    DEFINE_COHORTS = "define cohorts and see safe counts"
    REQUEST_DATA = "ask for data"
    REVIEW_REQUESTS = "decide requests of others"
    ANALYSE_DATA = "analyse delivered data in a project's lab"
    CHECK_OUTPUTS = "decide which results of others leave a workspace"
    READ_CASES = "read published cases"
    WRITE_CASES = "draft cases and case sets"
    REVIEW_CASES = "publish cases that somebody else drafted"
    MANAGE_USERS = "add users and give roles"
    READ_AUDIT = "read the audit log"
    ASK_REIDENTIFICATION = "ask who a person of a release or an extract is"
    APPROVE_REIDENTIFICATION = "approve that somebody else learns who a person is"


ROLE_MEANING: dict[Role, str] = {
    Role.RESEARCHER: "defines cohorts, asks for data and analyses them",
    Role.STUDENT: "reads published teaching cases",
    Role.INSTRUCTOR: "drafts, reviews and publishes teaching cases",
    Role.STEWARD: "decides who receives which data, and for what",
    Role.AUDITOR: "reads what everybody did, and decides nothing",
    Role.ADMINISTRATOR: "adds users and gives roles",
}

ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.RESEARCHER: frozenset(
        {
            Permission.SEE_CATALOGUE,
            Permission.SEE_COMMUNITY_PROFILE,
            Permission.DEFINE_COHORTS,
            Permission.REQUEST_DATA,
            Permission.ANALYSE_DATA,
            Permission.ASK_REIDENTIFICATION,
        }
    ),
    Role.STUDENT: frozenset({Permission.READ_CASES}),
    Role.INSTRUCTOR: frozenset(
        {
            Permission.SEE_CATALOGUE,
            Permission.SEE_COMMUNITY_PROFILE,
            Permission.READ_CASES,
            Permission.WRITE_CASES,
            Permission.REVIEW_CASES,
        }
    ),
    Role.STEWARD: frozenset(
        {
            Permission.SEE_CATALOGUE,
            Permission.SEE_COMMUNITY_PROFILE,
            Permission.DEFINE_COHORTS,
            Permission.REVIEW_REQUESTS,
            Permission.CHECK_OUTPUTS,
            Permission.READ_CASES,
            Permission.REVIEW_CASES,
            Permission.READ_AUDIT,
            Permission.ASK_REIDENTIFICATION,
            Permission.APPROVE_REIDENTIFICATION,
        }
    ),
    Role.AUDITOR: frozenset({Permission.SEE_CATALOGUE, Permission.READ_AUDIT}),
    # Whoever gives rights is watched by the log, and does not watch it.
    Role.ADMINISTRATOR: frozenset({Permission.MANAGE_USERS, Permission.SEE_COMMUNITY_PROFILE}),
}


@dataclass(frozen=True)
class Actor:
    """Who acts. ``user_id`` is ``None`` for the command line and the worker.

    ``limit`` is what a token allows of what its owner may do; ``None`` where no token is used.
    """

    user_id: int | None
    name: str
    roles: frozenset[Role]
    limit: frozenset[Permission] | None = None

    @property
    def permissions(self) -> frozenset[Permission]:
        """Union of what the roles allow, within the limit."""
        allowed: frozenset[Permission] = frozenset().union(
            *(ROLE_PERMISSIONS[role] for role in self.roles)
        )
        return allowed if self.limit is None else allowed & self.limit


WORKER = Actor(None, "worker", frozenset())
COMMAND_LINE = Actor(None, "command line", frozenset({Role.ADMINISTRATOR, Role.AUDITOR}))


def can(actor: Actor, permission: Permission) -> bool:
    """Whether one of the actor's roles allows it."""
    return permission in actor.permissions


def check_permission(actor: Actor, permission: Permission) -> None:
    """Refuse unless :func:`can`.

    Raises:
        PermissionDenied: naming what would be needed.
    """
    if not can(actor, permission):
        raise PermissionDenied(f"Your account may not {permission.value}.")
