"""Brings a project's request to a wanted state through the services, as people would.

For demonstrations and tests: no rule is bypassed, every step is in the history and the audit log.
States that need the worker (``provisioning``, ``active``, ``failed``) are reached by running it
after the request was approved.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.agreements import LANGUAGES, agreement, current_version
from app.db.models import DataRequest
from app.permissions import Actor
from app.services.agreements import sign
from app.services.requests import (
    RequestFields,
    attach_ethics_document,
    create_request,
    save,
)
from app.services.transitions import Surroundings, transition
from app.services.workflow import State

_PATHS: dict[State, tuple[tuple[str, str], ...]] = {
    State.DRAFT: (),
    State.SUBMITTED: (("project", "submit"),),
    State.IN_REVIEW: (("project", "submit"), ("steward", "start")),
    State.RETURNED: (("project", "submit"), ("steward", "start"), ("steward", "return")),
    State.REJECTED: (("project", "submit"), ("steward", "start"), ("steward", "reject")),
    State.APPROVED: (("project", "submit"), ("steward", "start"), ("steward", "approve")),
    State.WITHDRAWN: (("project", "submit"), ("project", "withdraw")),
}


def seed_request(  # nosec B107 # no password is the default
    session: Session,
    requester: Actor,
    steward: Actor,
    project_id: int,
    fields: RequestFields,
    state: State,
    surroundings: Surroundings,
    reason: str = "",
    document: bytes = b"",
    password: str = "",
) -> DataRequest:
    """A request of ``requester``'s in ``state``, decided by ``steward``.

    ``document`` is that of the ethics approval; with the requester's ``password`` the agreement is
    signed.

    Raises:
        KeyError: for a state that only the worker or the clock brings about.
        BadInput, PermissionDenied: as the services refuse.
    """
    steps = _PATHS[state]
    request = create_request(session, requester, project_id, fields.title)
    request = save(session, requester, request.id, request.version, fields)
    if document:
        request = attach_ethics_document(session, requester, request.id, document)
    if password:
        text = agreement(current_version(surroundings.today), LANGUAGES[0])
        sign(session, requester, request.id, text, requester.name, password, surroundings.today)
    for side, name in steps:
        request = transition(
            session,
            requester if side == "project" else steward,
            request.id,
            name,
            request.version,
            surroundings,
            reason=reason if name in ("return", "reject") else "",
        )
    return request
