"""Use cases around users: adding them, giving roles, resetting passwords."""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Iterable

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import AuditEvent, record
from app.db.models import RoleRow, User
from app.errors import BadInput, NotFound
from app.permissions import ROLE_MEANING, Actor, Permission, Role, check_permission

PASSWORD_MINIMUM = 12
_hasher = PasswordHasher()


def hash_password(password: str) -> str:
    """Argon2id hash, of the password as the sign-in form normalises it (NFKD).

    Raises:
        BadInput: if it is shorter than 12 characters.
    """
    normal = unicodedata.normalize("NFKD", password)
    if len(normal) < PASSWORD_MINIMUM:
        raise BadInput(f"A password has at least {PASSWORD_MINIMUM} characters.")
    return _hasher.hash(normal)


def is_password(user: User, password: str) -> bool:
    """Whether this is the password of an open account."""
    try:
        return (
            user.active
            and user.password is not None
            and _hasher.verify(user.password, unicodedata.normalize("NFKD", password))
        )
    except (VerificationError, InvalidHashError):
        return False


def generate_password() -> str:
    """A random password of 96 bits that can be read out loud."""
    return "-".join(secrets.token_hex(3) for _ in range(4))


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
    session: Session, actor: Actor, email: str, name: str, roles: Iterable[Role], password: str
) -> User:
    """Add an active user.

    Raises:
        PermissionDenied: unless the actor manages users.
        BadInput: for a malformed or known address, or a short password.
    """
    check_permission(actor, Permission.MANAGE_USERS)
    address = email.strip().casefold()
    local, _, domain = address.partition("@")
    if not local or "." not in domain or any(letter.isspace() for letter in address):
        raise BadInput("An e-mail address looks like name@place.org.")
    if session.scalar(select(User.id).where(User.email == address)):
        raise BadInput("There is a user with this e-mail address already.")
    user = User(
        email=address,
        name=name.strip() or local,
        password=hash_password(password),
        fs_uniquifier=secrets.token_hex(32),
    )
    session.add(user)
    user.roles = _role_rows(session, frozenset(roles))
    session.flush()
    detail = {"roles": sorted(role.name for role in user.roles)}
    record(session, actor, AuditEvent("user.created", "user", user.id, detail))
    return user


def create_student_of_platform(session: Session, platform: str) -> User:
    """An account for whom a learning platform sends: a student, without a password or a real name.

    The address is one that no mail reaches (RFC 2606), so that nobody can recover a password by it.
    """
    token = secrets.token_hex(8)
    user = User(
        email=f"{token}@learner.invalid",
        name=f"Learner {token[:6]} of {platform}"[:200],
        password=None,
        fs_uniquifier=secrets.token_hex(32),
    )
    session.add(user)
    user.roles = _role_rows(session, frozenset({Role.STUDENT}))
    session.flush()
    record(
        session,
        actor_of(user),
        AuditEvent(
            "user.created", "user", user.id, {"roles": ["student"], "by": "learning platform"}
        ),
    )
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


def set_active(session: Session, actor: Actor, user: User, active: bool) -> None:
    """Open or close an account; closing ends its sessions at once.

    Raises:
        PermissionDenied: unless the actor manages users.
        BadInput: if administrators would close their own account.
    """
    check_permission(actor, Permission.MANAGE_USERS)
    if user.id == actor.user_id:
        raise BadInput("You cannot close your own account.")
    user.active = active
    user.fs_uniquifier = secrets.token_hex(32)
    action = "user.opened" if active else "user.closed"
    record(session, actor, AuditEvent(action, "user", user.id))


def reset_password(session: Session, actor: Actor, user: User, password: str) -> None:
    """Set a password and end all sessions of the user.

    Raises:
        PermissionDenied: unless the actor manages users.
        BadInput: if the password is too short.
    """
    check_permission(actor, Permission.MANAGE_USERS)
    user.password = hash_password(password)
    user.fs_uniquifier = secrets.token_hex(32)
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


def actor_of(user: User) -> Actor:
    """The user as one who acts; an unknown role name gives no right."""
    known = {role.value for role in Role}
    roles = frozenset(Role(role.name) for role in user.roles if role.name in known)
    return Actor(user.id, user.name, roles if user.active else frozenset())


def _role_rows(session: Session, roles: frozenset[Role]) -> list[RoleRow]:
    names = sorted(role.value for role in roles)
    rows = {row.name: row for row in session.scalars(select(RoleRow))}
    for role in roles:
        if role.value not in rows:
            rows[role.value] = RoleRow(name=role.value, description=ROLE_MEANING[role])
            session.add(rows[role.value])
    return [rows[name] for name in names]
