"""The steward's queue: what waits, since when, until when it is to be decided."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.db.models import DataRequest
from app.services.request_states import State


@dataclass(frozen=True)
class Waiting:
    """A request in the queue; ``days`` since it was submitted, ``left`` until its target."""

    request: DataRequest
    days: int
    left: int

    @property
    def overdue(self) -> bool:
        """Whether the target has passed."""
        return self.left < 0


def in_order(requests: Iterable[DataRequest], now: datetime, target_days: int) -> list[Waiting]:
    """The queue with what is most overdue first."""
    rows = []
    for request in requests:
        # A renewal waits since it was asked for, which was the last change.
        began = (
            request.changed_at
            if State(request.state) in {State.ACTIVE, State.EXPIRED}
            else request.submitted_at or request.changed_at
        )
        left = (began + timedelta(days=target_days) - now).days
        rows.append(Waiting(request, (now - began).days, left))
    return sorted(rows, key=lambda row: (row.left, row.request.id))


def filtered(rows: Iterable[Waiting], state: str, words: str) -> list[Waiting]:
    """Those in a state and with words in their title or their project's, where these are given."""
    wanted = words.casefold().strip()
    return [
        row
        for row in rows
        if (not state or row.request.state == state)
        and (wanted in f"{row.request.title} {row.request.project.title}".casefold())
    ]
