"""The history of a request, and the notices that people receive about it."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.models import DataRequest, Notification, RequestEvent, RoleRow, User
from app.permissions import Actor, Role
from app.services.workflow import State, Told


def request_event(
    request: DataRequest,
    actor: Actor,
    action: str,
    from_state: State | None = None,
    to_state: State | None = None,
    comment: str = "",
) -> RequestEvent:
    """A row of the history, not yet in the session."""
    return RequestEvent(
        request_id=request.id,
        actor_id=actor.user_id,
        actor_name=actor.name,
        action=action,
        from_state=from_state,
        to_state=to_state,
        comment=comment,
    )


def tell(
    session: Session, actor: Actor, request: DataRequest, told: Iterable[Told], notice: str
) -> None:
    """Notify the groups ``told``, except whoever acts."""
    receivers: set[int] = set()
    for group in told:
        if group is Told.PROJECT:
            receivers |= {member.user_id for member in request.project.members}
        elif request.submitted_at is not None:
            stewards = select(User.id).where(
                User.active, User.roles.any(RoleRow.name == Role.STEWARD.value)
            )
            receivers |= set(session.scalars(stewards))
    for user_id in sorted(receivers - {actor.user_id}):
        text = f"Request {request.id}, {request.title}, {notice}."
        session.add(Notification(user_id=user_id, text=text, request_id=request.id))
