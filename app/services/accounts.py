"""Use cases around users: adding them, giving roles, resetting passwords."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Final

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from app.audit import AuditEvent, record
from app.db.models import RoleRow, User
from app.errors import BadInput, NotFound
from app.permissions import ROLE_MEANING, Actor, Permission, Role, check_permission
from app.services import sessions
from app.services.listing import Asked, Columns, Listed, anywhere, listed
from app.services.passwords import hash_password, is_hash_of


def is_password(user: User, password: str) -> bool:
    """Whether this is the password of an open account."""
    return user.active and is_hash_of(user.password, password)


def parse_roles(names: Iterable[str]) -> frozenset[Role]:
    """Roles by name.

    Raises:
        BadInput: naming the roles there are.
    """
    try:
        return frozenset(Role(name) for name in names)
    except ValueError:
        raise BadInput(f"The roles are {', '.join(role.value for role in Role)}.") from None


def create_user(
    session: Session,
    actor: Actor,
    email: str,
    name: str,
    roles: Iterable[Role],
    password: str | None,
) -> User:
    """Add an active user; without a password it is one who is invited, or signs in elsewhere.

    Raises:
        PermissionDenied: unless the actor manages users.
        BadInput: for a malformed or known address, or a password against the rules.
    """
    check_permission(actor, Permission.MANAGE_USERS)
    address = parse_address(session, email)
    user = _new_user(session, address, name, frozenset(roles))
    if password is not None:
        user.password = hash_password(password, (user.name, user.email))
    detail = {"roles": sorted(role.name for role in user.roles)}
    record(session, actor, AuditEvent("user.created", "user", user.id, detail))
    return user


def parse_address(session: Session, email: str) -> str:
    """The address as it is kept.

    Raises:
        BadInput: if it is malformed or somebody's already.
    """
    address = email.strip().casefold()
    local, _, domain = address.partition("@")
    if not local or "." not in domain or any(letter.isspace() for letter in address):
        raise BadInput("An e-mail address looks like name@place.org.")
    if session.scalar(select(User.id).where(User.email == address)):
        raise BadInput("There is a user with this e-mail address already.")
    return address


def create_student_of_platform(session: Session, platform: str) -> User:
    """An account for whom a learning platform sends: a student, without a password or a real name.

    The address is one that no mail reaches (RFC 2606), so that nobody can recover a password by it.
    """
    token = secrets.token_hex(8)
    user = _new_user(
        session,
        f"{token}@learner.invalid",
        f"Learner {token[:6]} of {platform}"[:200],
        frozenset({Role.STUDENT}),
    )
    record(
        session,
        actor_of(user),
        AuditEvent(
            "user.created", "user", user.id, {"roles": ["student"], "by": "learning platform"}
        ),
    )
    return user


def create_by_identity_provider(session: Session, email: str, name: str) -> User:
    """An account for whom an identity provider vouches: without a password and without a role.

    Raises:
        BadInput: for a malformed address, or one that is somebody's already.
    """
    user = _new_user(session, parse_address(session, email), name, frozenset())
    detail = {"roles": [], "by": "identity provider"}
    record(session, actor_of(user), AuditEvent("user.created", "user", user.id, detail))
    return user


def set_roles(session: Session, actor: Actor, user: User, roles: Iterable[Role]) -> None:
    """Give a user exactly these roles.

    Raises:
        PermissionDenied: unless the actor manages users.
        BadInput: if administrators would take the role from themselves.
    """
    check_permission(actor, Permission.MANAGE_USERS)
    wanted = frozenset(roles)
    if user.id == actor.user_id and Role.ADMINISTRATOR not in wanted:
        raise BadInput("You cannot take the administrator role from yourself.")
    before = sorted(role.name for role in user.roles)
    user.roles = _role_rows(session, wanted)
    session.flush()
    detail = {"before": before, "after": sorted(role.value for role in wanted)}
    record(session, actor, AuditEvent("user.roles_changed", "user", user.id, detail))


def rename(session: Session, actor: Actor, name: str) -> None:
    """Change one's own name.

    Raises:
        BadInput: without a name.
    """
    user = session.get_one(User, actor.user_id)
    wanted = " ".join(name.split())[:200]
    if not wanted:
        raise BadInput("A name is not empty; the people you work with read it.")
    if wanted != user.name:
        user.name = wanted
        record(session, actor, AuditEvent("user.renamed", "user", user.id))


def set_active(session: Session, actor: Actor, user: User, active: bool) -> None:
    """Open or close an account; closing ends its sessions, tokens and invitations at once.

    Raises:
        PermissionDenied: unless the actor manages users.
        BadInput: if administrators would close their own account.
    """
    check_permission(actor, Permission.MANAGE_USERS)
    if user.id == actor.user_id:
        raise BadInput("You cannot close your own account.")
    user.active = active
    user.fs_uniquifier = secrets.token_hex(32)
    sessions.end_everything(session, user.id)
    action = "user.opened" if active else "user.closed"
    record(session, actor, AuditEvent(action, "user", user.id))


def reset_password(session: Session, actor: Actor, user: User, password: str) -> None:
    """Set a password and end all sessions of the user.

    Raises:
        PermissionDenied: unless the actor manages users.
        BadInput: if the password is against the rules.
    """
    check_permission(actor, Permission.MANAGE_USERS)
    user.password = hash_password(password, (user.name, user.email))
    user.fs_uniquifier = secrets.token_hex(32)
    sessions.end_all(session, user.id)
    record(session, actor, AuditEvent("user.password_reset", "user", user.id))


def get_user(session: Session, email: str) -> User:
    """The user with this address.

    Raises:
        NotFound: if there is none.
    """
    user = session.scalar(select(User).where(User.email == email.strip().casefold()))
    if user is None:
        raise NotFound("There is no user with this e-mail address.")
    return user


def list_users(session: Session, actor: Actor) -> list[User]:
    """All users by name.

    Raises:
        PermissionDenied: unless the actor manages users.
    """
    check_permission(actor, Permission.MANAGE_USERS)
    return list(session.scalars(select(User).order_by(User.name)))


def _finds(word: str) -> ColumnElement[bool]:
    role = User.roles.any(RoleRow.name.icontains(word, autoescape=True))
    return anywhere(User.name, User.email)(word) | role


USERS: Final = Columns(
    {"name": func.lower(User.name), "email": User.email, "account": User.active},
    _finds,
    "name",
    User.id,
)


def find_users(session: Session, actor: Actor, asked: Asked) -> Listed[User]:
    """A page of all users, found by words of their names, addresses and roles.

    Raises:
        PermissionDenied: unless the actor manages users.
    """
    check_permission(actor, Permission.MANAGE_USERS)
    return listed(session, select(User), USERS, asked)


def actor_of(user: User) -> Actor:
    """The user as one who acts; an unknown role name gives no right."""
    known = {role.value for role in Role}
    roles = frozenset(Role(role.name) for role in user.roles if role.name in known)
    return Actor(user.id, user.name, roles if user.active else frozenset())


def _new_user(session: Session, address: str, name: str, roles: frozenset[Role]) -> User:
    user = User(
        email=address,
        name=" ".join(name.split())[:200] or address.partition("@")[0],
        fs_uniquifier=secrets.token_hex(32),
    )
    session.add(user)
    user.roles = _role_rows(session, roles)
    session.flush()
    return user


def _role_rows(session: Session, roles: frozenset[Role]) -> list[RoleRow]:
    names = sorted(role.value for role in roles)
    rows = {row.name: row for row in session.scalars(select(RoleRow))}
    for role in roles:
        if role.value not in rows:
            rows[role.value] = RoleRow(name=role.value, description=ROLE_MEANING[role])
            session.add(rows[role.value])
    return [rows[name] for name in names]
