"""The steward's queue."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, render_template

from app.permissions import Permission
from app.portal.access import page
from app.portal.sign_in import signed_in_actor
from app.portal.wiring import wiring
from app.services import requests as request_service
from app.services.request_states import STATE_LABELS, State

blueprint = Blueprint("review", __name__, url_prefix="/review")


@page(blueprint, "/", Permission.REVIEW_REQUESTS)
def queue() -> str:
    """What waits for a decision, and what was decided."""
    actor = signed_in_actor()
    with wiring().database.reading() as session:
        return render_template(
            "requests/queue.html",
            waiting=request_service.review_queue(session, actor),
            decided=request_service.decided_requests(session, actor),
            labels=STATE_LABELS,
            State=State,
            now=datetime.now(UTC),
        )
