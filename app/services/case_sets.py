"""Use cases of sets: published cases in an order, shown to students or hidden."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import AuditEvent, record
from app.db.models import Assignment, CaseSet, CaseSetItem, TeachingCase
from app.errors import BadInput, NotFound, TransitionRefused
from app.permissions import Actor, Permission, can, check_permission
from app.services.cases import PUBLISHED, WITHDRAWN, content, get_case
from casebank.finding import Coverage, Dimension, coverage, place_of_case


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
        last = max((item.position for item in found.items), default=0)
        found.items.append(CaseSetItem(case_id=case.id, position=last + 1))
        session.flush()
        detail = {"case": case.id}
        record(session, actor, AuditEvent("case_set.case_added", "case_set", found.id, detail))
    return found


def describe(session: Session, actor: Actor, set_id: int, title: str, description: str) -> CaseSet:
    """Another title and description.

    Raises:
        PermissionDenied, NotFound, BadInput: unless the actor writes cases and gives a title.
    """
    found = _to_change(session, actor, set_id)
    if not title.strip():
        raise BadInput("Give the set a title.")
    found.title, found.description = title.strip()[:200], description.strip()[:2000]
    record(session, actor, AuditEvent("case_set.described", "case_set", found.id))
    return found


def reorder(session: Session, actor: Actor, set_id: int, places: Mapping[int, float]) -> CaseSet:
    """Put the cases in the order of ``places``, by case; what is not named keeps its place.

    Equal places keep their order among each other, so that "2" put before "2" is no riddle: the
    case that moved comes first.

    Raises:
        PermissionDenied, NotFound: unless the actor writes cases and the set exists.
    """
    found = _to_change(session, actor, set_id)

    def key(item: CaseSetItem) -> tuple[float, bool, int]:
        place = places.get(item.case_id, float(item.position))
        return place, place == item.position, item.position

    for number, item in enumerate(sorted(found.items, key=key), 1):
        item.position = number
    session.flush()
    session.expire(found, ["items"])
    record(session, actor, AuditEvent("case_set.ordered", "case_set", found.id))
    return found


def move(session: Session, actor: Actor, set_id: int, case_id: int, by: int) -> CaseSet:
    """Move a case up (-1) or down (1); at the end of the set it stays where it is."""
    found = _to_change(session, actor, set_id)
    _renumber(found)
    item = next((one for one in found.items if one.case_id == case_id), None)
    if item is None or by not in (-1, 1):
        raise NotFound("The set has no such case.")
    place = item.position + by
    # Half a place beyond the neighbour: no two cases then have the same place.
    return reorder(session, actor, set_id, {case_id: place + by / 2})


def take_out(session: Session, actor: Actor, set_id: int, case_id: int) -> CaseSet:
    """Take a case out of a set; attempts made through it keep their marks.

    Raises:
        PermissionDenied, NotFound: unless the actor writes cases and the set has the case.
    """
    found = _to_change(session, actor, set_id)
    item = next((one for one in found.items if one.case_id == case_id), None)
    if item is None:
        raise NotFound("The set has no such case.")
    found.items.remove(item)
    _renumber(found)
    session.flush()
    detail = {"case": case_id}
    record(session, actor, AuditEvent("case_set.case_removed", "case_set", found.id, detail))
    return found


def remove(session: Session, actor: Actor, set_id: int) -> None:
    """Remove a set; its cases stay.

    Raises:
        PermissionDenied, NotFound: unless the actor writes cases and the set exists.
        TransitionRefused: if it was ever assigned, as marks rest on it.
    """
    found = _to_change(session, actor, set_id)
    if session.scalar(select(Assignment.id).where(Assignment.set_id == found.id).limit(1)):
        raise TransitionRefused("This set was given to a class. Hide it instead.")
    session.delete(found)
    record(session, actor, AuditEvent("case_set.removed", "case_set", set_id))


def coverage_of(
    session: Session, actor: Actor, set_id: int, rows: Dimension, columns: Dimension
) -> Coverage:
    """How many published cases of a set stand at each pair of values, and what none has.

    Raises:
        PermissionDenied, NotFound: unless the actor writes cases and the set exists.
    """
    check_permission(actor, Permission.WRITE_CASES)
    found = get_set(session, actor, set_id)
    cases = [content(actor, item.case) for item in found.items if item.case.state == PUBLISHED]
    return coverage([place_of_case(case) for case in cases], rows, columns)


def withdrawn_from(found: CaseSet) -> list[TeachingCase]:
    """Cases that left a set because they were withdrawn: nobody meets them there any more."""
    return [item.case for item in found.items if item.case.state == WITHDRAWN]


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


def _to_change(session: Session, actor: Actor, set_id: int) -> CaseSet:
    check_permission(actor, Permission.WRITE_CASES)
    found = session.scalar(select(CaseSet).where(CaseSet.id == set_id).with_for_update())
    if found is None:
        raise NotFound("There is no such set.")
    return found


def _renumber(found: CaseSet) -> None:
    for number, item in enumerate(sorted(found.items, key=lambda one: one.position), 1):
        item.position = number
