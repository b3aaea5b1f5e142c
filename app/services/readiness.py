"""Whether the people of a request may reach its data: trained, and bound by the agreement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session, object_session

from app.agreements import holding_versions
from app.db.models import AgreementSignature, DataRequest, User
from app.permissions import Actor, Permission, can
from app.services.projects import is_member
from app.services.request_states import State
from app.services.training import trained_until


@dataclass(frozen=True)
class Member:
    """A member of the project: training until, whether one waits, and a signature that holds.

    ``signed`` is the newest signature that holds; ``bound`` whether there ever was one.
    """

    user: User
    trained: date | None
    waiting: bool
    signed: AgreementSignature | None
    bound: bool

    @property
    def ready(self) -> bool:
        """Whether this person may reach the data."""
        return self.user.active and self.trained is not None and self.signed is not None

    @property
    def lacks(self) -> tuple[str, ...]:
        """What this person still has to do, or a steward for them."""
        found = []
        if self.trained is None:
            found.append(
                "a steward verifies the certificate of training"
                if self.waiting
                else "a certificate of training"
            )
        if self.signed is None:
            found.append("a signature under the agreement")
        return tuple(found)


def members_of(request: DataRequest, today: date) -> list[Member]:
    """Every member of the request's project, in the order of joining."""
    session = _session_of(request)
    valid = holding_versions(today)
    members = []
    for row in sorted(request.project.members, key=lambda one: (one.since, one.user_id)):
        mine = [one for one in request.signatures if one.user_id == row.user_id]
        trained = trained_until(session, row.user_id, today)
        waiting = trained is None and bool(trained_until(session, row.user_id, today, False))
        holding = [one for one in mine if one.version in valid]
        signed = holding[-1] if holding else None
        members.append(Member(row.user, trained, waiting, signed, bool(mine)))
    return members


def is_signed_by(request: DataRequest, user_id: int | None, today: date) -> bool:
    """Whether somebody has signed a version that holds today."""
    valid = holding_versions(today)
    return any(one.user_id == user_id and one.version in valid for one in request.signatures)


def all_ready(request: DataRequest, today: date) -> bool:
    """Whether data may be delivered: every member is ready."""
    return all(member.ready for member in members_of(request, today))


def still_ready(request: DataRequest, today: date) -> bool:
    """Whether delivered data may stay open: all who were ever bound still are, and are trained.

    Somebody who joined after the delivery holds up nobody; they reach nothing until they are ready.
    """
    if in_grace(request, today):
        return True
    members = members_of(request, today)
    bound = [member for member in members if member.bound]
    return bool(bound) and all(member.ready for member in bound)


def in_grace(request: DataRequest, today: date) -> bool:
    """Whether it was open before people were trained and signed here, and still may be so."""
    return request.grace_until is not None and today <= request.grace_until


def in_force(request: DataRequest, today: date) -> bool:
    """Whether a delivery may be used today: active, within its time, by people who are ready."""
    return (
        State(request.state) is State.ACTIVE
        and request.extract is not None
        and (request.end_date is None or request.end_date >= today)
        and still_ready(request, today)
    )


def can_use(actor: Actor, request: DataRequest, today: date) -> bool:
    """The one answer for page, list, interface and lab: whether the actor may use the delivery."""
    return refusal_of(actor, request, today) == ""


def refusal_of(actor: Actor, request: DataRequest, today: date) -> str:
    """Why the actor may not use the delivery; empty if they may."""
    if not (can(actor, Permission.ANALYSE_DATA) and is_member(request.project, actor)):
        return "Only researchers of the project use its data."
    if State(request.state) is not State.ACTIVE or request.extract is None:
        return "There is no delivery that is open."
    if request.end_date is not None and request.end_date < today:
        return "The last day has passed."
    mine = next(one for one in members_of(request, today) if one.user.id == actor.user_id)
    if not mine.ready and not in_grace(request, today):
        return "You still need: " + " and ".join(mine.lacks or ("an open account",)) + "."
    if not still_ready(request, today):
        return "Somebody's training or signature has lapsed."
    return ""


def _session_of(request: DataRequest) -> Session:
    session = object_session(request)
    assert session is not None, "the request was read in a session that has ended"
    return session
