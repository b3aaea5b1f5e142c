"""Requests for data: where they stand, and what still blocks them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from app.db.models import DataRequest
from app.db.types import utc_now
from app.errors import BadInput
from app.permissions import Permission
from app.portal.api.bearer import api_actor
from app.portal.api.operations import Paging, listing, operation
from app.portal.api.schemas import Limit, Listing
from app.portal.wiring import wiring
from app.services import requests as request_service
from app.services.blocked import blockers_of, five_safes
from app.services.request_states import STATE_MEANING, State
from app.services.tokens import Scope


@dataclass(frozen=True)
class RequestsOf(Paging):
    """`mine`: those of your projects; `queue`: those that wait for a steward."""

    of: Annotated[str, Limit(longest=5)] = "mine"


@dataclass(frozen=True)
class RequestSummary:
    """A request and its state."""

    id: int
    project_id: int
    title: str
    state: State
    meaning: str
    release: str
    changed_at: datetime


@dataclass(frozen=True)
class ToDo:
    """One thing that blocks; `yours` if it is for you to do."""

    text: str
    yours: bool


@dataclass(frozen=True)
class SafeAspect:
    """One of the Five Safes, and whether it is settled."""

    name: str
    settled: bool
    text: str


@dataclass(frozen=True)
class AskedColumn:
    """A column that is asked for, and why."""

    table: str
    column: str
    reason: str


@dataclass(frozen=True)
class HistoryEntry:
    """A step or a comment that you may read."""

    at: datetime
    who: str
    action: str
    from_state: str | None
    to_state: str | None
    comment: str


@dataclass(frozen=True)
class RequestDetail:
    """A request: what it says, what blocks it, its history."""

    request: RequestSummary
    purpose: str
    duo_code: str
    end_date: date | None
    columns: tuple[AskedColumn, ...]
    blocked_by: tuple[ToDo, ...]
    five_safes: tuple[SafeAspect, ...]
    history: tuple[HistoryEntry, ...]


@operation("GET", "/requests", Scope.READ_REQUESTS, Listing[RequestSummary], query=RequestsOf)
def list_requests(query: RequestsOf) -> Listing[RequestSummary]:
    """Requests of your projects, or the queue of a steward."""
    actor = api_actor()
    with wiring().database.reading() as session:
        if query.of == "mine":
            found = request_service.list_requests(session, actor)
        elif query.of == "queue" and Permission.REVIEW_REQUESTS in actor.permissions:
            found = request_service.review_queue(session, actor)
        elif query.of == "queue":
            found = []
        else:
            raise BadInput("of is mine or queue.")
        return listing(found, query, _summary)


@operation("GET", "/requests/<int:request_id>", Scope.READ_REQUESTS, RequestDetail)
def get_request(request_id: int) -> RequestDetail:
    """One request: its state, what still blocks it, its history."""
    actor, today = api_actor(), utc_now().date()
    with wiring().database.reading() as session:
        found = request_service.get_request(session, actor, request_id)
        blockers = blockers_of(actor, found, wiring().settings.release_root, today)
        return RequestDetail(
            _summary(found),
            found.purpose,
            found.duo_code,
            found.end_date,
            tuple(
                AskedColumn(one.table_name, one.column_name, one.own_reason or one.reason)
                for one in found.columns
            ),
            tuple(ToDo(one.text, one.yours) for one in blockers),
            tuple(SafeAspect(one.name, one.settled, one.text) for one in five_safes(found, today)),
            tuple(
                HistoryEntry(
                    one.at, one.actor_name, one.action, one.from_state, one.to_state, one.comment
                )
                for one in request_service.shown_events(actor, found)
            ),
        )


def _summary(found: DataRequest) -> RequestSummary:
    state = State(found.state)
    return RequestSummary(
        found.id,
        found.project_id,
        found.title,
        state,
        STATE_MEANING[state],
        found.release,
        found.changed_at,
    )
