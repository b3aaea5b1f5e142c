"""Use cases of sets: published cases in an order, shown to students or hidden."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import AuditEvent, record
from app.db.models import CaseSet, CaseSetItem
from app.errors import BadInput, NotFound
from app.permissions import Actor, Permission, can, check_permission
from app.services.cases import PUBLISHED, get_case


def create_set(session: Session, actor: Actor, title: str, description: str) -> CaseSet:
    """A new, hidden set.

    Raises:
        PermissionDenied, BadInput: unless the actor writes cases and gives a title.
    """
    check_permission(actor, Permission.WRITE_CASES)
    if not title.strip() or actor.user_id is None:
        raise BadInput("Give the set a title.")
    made = CaseSet(title=title.strip(), description=description.strip(), created_by=actor.user_id)
    session.add(made)
    session.flush()
    record(session, actor, AuditEvent("case_set.created", "case_set", made.id))
    return made


def add_to_set(session: Session, actor: Actor, set_id: int, case_id: int) -> CaseSet:
    """Put a published case at the end of a set; twice is once.

    Raises:
        PermissionDenied, NotFound, BadInput: unless the actor writes cases and both exist.
    """
    found = get_set(session, actor, set_id)
    check_permission(actor, Permission.WRITE_CASES)
    case = get_case(session, actor, case_id)
    if case.state != PUBLISHED:
        raise BadInput("Only published cases go into a set.")
    if all(item.case_id != case.id for item in found.items):
        found.items.append(CaseSetItem(case_id=case.id, position=len(found.items) + 1))
        session.flush()
        detail = {"case": case.id}
        record(session, actor, AuditEvent("case_set.case_added", "case_set", found.id, detail))
    return found


def show_set(session: Session, actor: Actor, set_id: int, visible: bool) -> CaseSet:
    """Show a set to students, or hide it."""
    found = get_set(session, actor, set_id)
    check_permission(actor, Permission.WRITE_CASES)
    found.visible = visible
    action = "case_set.shown" if visible else "case_set.hidden"
    record(session, actor, AuditEvent(action, "case_set", found.id))
    return found


def get_set(session: Session, actor: Actor, set_id: int) -> CaseSet:
    """A set that the actor may see.

    Raises:
        NotFound: if there is none, or it is hidden from the actor.
    """
    found = session.get(CaseSet, set_id)
    if found is None or not (found.visible or can(actor, Permission.WRITE_CASES)):
        raise NotFound("There is no such set.")
    check_permission(actor, Permission.READ_CASES)
    return found


def list_sets(session: Session, actor: Actor) -> list[CaseSet]:
    """Sets that the actor may see, by title."""
    sets = session.scalars(select(CaseSet).order_by(CaseSet.title))
    teaches = can(actor, Permission.WRITE_CASES)
    return [one for one in sets if one.visible or teaches]
