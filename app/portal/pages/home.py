"""The first page: what waits for me, and the next step."""

from __future__ import annotations

from flask import Blueprint, render_template

from app.permissions import ROLE_MEANING, Role
from app.portal.access import Open, page
from app.portal.sign_in import signed_in_actor
from app.portal.wiring import wiring
from app.services.notices import link_of
from app.services.overview import notices_for, tasks_for

blueprint = Blueprint("home", __name__)


@page(blueprint, "/", Open.SIGNED_IN)
def index() -> str:
    """What waits for this person."""
    actor = signed_in_actor()
    with wiring().database.reading() as session:
        return render_template(
            "home.html",
            tasks=tasks_for(session, actor),
            notices=notices_for(session, actor),
            link_of=link_of,
            roles=[(role.value, ROLE_MEANING[role]) for role in Role if role in actor.roles],
        )
