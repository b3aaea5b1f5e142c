"""Use cases of classes: who is taught together, and by whom. Teachers know only their own."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import AuditEvent, record
from app.db.models import ClassMember, TeachingClass, User
from app.db.types import utc_now
from app.errors import BadInput, NotFound, PermissionDenied, TransitionRefused
from app.permissions import Actor, Permission, can, check_permission
from app.services.accounts import actor_of
from app.services.class_lists import ListLine, read_list

LONGEST_TITLE = 200


@dataclass(frozen=True)
class Roll:
    """A class with its people by name."""

    row: TeachingClass
    students: tuple[User, ...]
    teachers: tuple[User, ...]


def create(session: Session, actor: Actor, title: str) -> TeachingClass:
    """A new class that the actor teaches.

    Raises:
        PermissionDenied: unless the actor writes cases.
        BadInput: without a title.
    """
    check_permission(actor, Permission.WRITE_CASES)
    if actor.user_id is None:
        raise PermissionDenied("A class needs a person who teaches it.")
    made = TeachingClass(title=_title(title), created_by=actor.user_id)
    made.members.append(ClassMember(user_id=actor.user_id, teaches=True))
    session.add(made)
    session.flush()
    record(session, actor, AuditEvent("class.created", "class", made.id))
    return made


def taught(session: Session, actor: Actor) -> list[TeachingClass]:
    """Classes that the actor teaches, open ones first, by title.

    Raises:
        PermissionDenied: unless the actor writes cases.
    """
    check_permission(actor, Permission.WRITE_CASES)
    query = (
        select(TeachingClass)
        .join(ClassMember, ClassMember.class_id == TeachingClass.id)
        .where(ClassMember.user_id == actor.user_id, ClassMember.teaches)
        .order_by(TeachingClass.closed_at.is_not(None), TeachingClass.title)
    )
    return list(session.scalars(query))


def get_taught(
    session: Session, actor: Actor, class_id: int, *, to_change: bool = False
) -> TeachingClass:
    """A class that the actor teaches; ``to_change`` locks it.

    Raises:
        NotFound: if there is none, or somebody else teaches it.
        TransitionRefused: if it is to be changed and is closed.
    """
    check_permission(actor, Permission.WRITE_CASES)
    query = select(TeachingClass).where(TeachingClass.id == class_id)
    found = session.scalar(query.with_for_update() if to_change else query)
    if found is None or not any(
        one.user_id == actor.user_id and one.teaches for one in found.members
    ):
        raise NotFound("There is no such class.")
    if to_change and found.closed_at is not None:
        raise TransitionRefused("This class is closed. Open it again to change it.")
    return found


def roll(session: Session, actor: Actor, class_id: int) -> Roll:
    """A class of the actor's with its people.

    Raises:
        NotFound: if there is none, or somebody else teaches it.
    """
    found = get_taught(session, actor, class_id)
    members = sorted(found.members, key=lambda one: (one.user.name.casefold(), one.user_id))
    return Roll(
        found,
        tuple(one.user for one in members if not one.teaches),
        tuple(one.user for one in members if one.teaches),
    )


def rename(session: Session, actor: Actor, class_id: int, title: str) -> None:
    """Another title for a class."""
    found = get_taught(session, actor, class_id, to_change=True)
    found.title = _title(title)
    record(session, actor, AuditEvent("class.renamed", "class", found.id))


def plan_list(session: Session, actor: Actor, class_id: int, text: str) -> list[ListLine]:
    """What a class list would do, line by line; nothing is changed.

    Raises:
        NotFound: if the class is not the actor's.
        BadInput: if the list cannot be used at all.
    """
    found = get_taught(session, actor, class_id)
    return read_list(session, text, {one.user_id for one in found.members})


def add_list(session: Session, actor: Actor, class_id: int, text: str) -> int:
    """Add the people of a list's good lines; how many. The same list twice is once.

    Raises:
        NotFound, BadInput: as for :func:`plan_list`.
        TransitionRefused: if the class is closed.
    """
    found = get_taught(session, actor, class_id, to_change=True)
    lines = plan_list(session, actor, class_id, text)
    added = [line.user_id for line in lines if line.user_id is not None]
    found.members += [ClassMember(user_id=user_id) for user_id in added]
    session.flush()
    if added:
        detail = {"added": len(added)}
        record(session, actor, AuditEvent("class.members_added", "class", found.id, detail))
    return len(added)


def remove(session: Session, actor: Actor, class_id: int, user_id: int) -> None:
    """Take somebody out of a class; attempts stay. The last who teaches it stays.

    Raises:
        NotFound: if the class is not the actor's or the person is not in it.
        TransitionRefused: if nobody would teach it any more.
    """
    found = get_taught(session, actor, class_id, to_change=True)
    member = next((one for one in found.members if one.user_id == user_id), None)
    if member is None:
        raise NotFound("This person is not in the class.")
    if member.teaches and sum(one.teaches for one in found.members) == 1:
        raise TransitionRefused("Somebody teaches a class. Add another teacher first.")
    found.members.remove(member)
    session.flush()
    detail = {"user": user_id}
    record(session, actor, AuditEvent("class.member_removed", "class", found.id, detail))


def add_teacher(session: Session, actor: Actor, class_id: int, address: str) -> None:
    """Have somebody else teach the class too.

    Raises:
        NotFound, TransitionRefused: if the class is not the actor's, or is closed.
        BadInput: if nobody who writes cases signs in with that name.
    """
    found = get_taught(session, actor, class_id, to_change=True)
    user = session.scalar(select(User).where(User.email == address.strip().casefold()))
    if user is None or not can(actor_of(user), Permission.WRITE_CASES):
        raise BadInput(f"No instructor signs in as “{address.strip()}”. Look at the spelling.")
    member = next((one for one in found.members if one.user_id == user.id), None)
    if member is None:
        found.members.append(ClassMember(user_id=user.id, teaches=True))
    else:
        member.teaches = True
    session.flush()
    detail = {"user": user.id}
    record(session, actor, AuditEvent("class.teacher_added", "class", found.id, detail))


def close(session: Session, actor: Actor, class_id: int) -> None:
    """Close a class: its assignments are over, its marks stay to be read."""
    found = get_taught(session, actor, class_id, to_change=True)
    found.closed_at = utc_now()
    record(session, actor, AuditEvent("class.closed", "class", found.id))


def reopen(session: Session, actor: Actor, class_id: int) -> None:
    """Open a closed class again."""
    found = get_taught(session, actor, class_id)
    found.closed_at = None
    record(session, actor, AuditEvent("class.opened", "class", found.id))


def _title(title: str) -> str:
    if not title.strip():
        raise BadInput("Give the class a title, such as “Family medicine, spring 2027”.")
    return title.strip()[:LONGEST_TITLE]
