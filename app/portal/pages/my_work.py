"""A student's own work: what is assigned, and by when."""

from __future__ import annotations

from flask import Blueprint, render_template

from app.permissions import Permission
from app.portal.access import page
from app.portal.sign_in import signed_in_actor
from app.portal.wiring import wiring
from app.services.my_work import my_returns, my_work
from app.services.returns import RETURN_AFTER

blueprint = Blueprint("my_work", __name__, url_prefix="/my-work")


@page(blueprint, "/", Permission.READ_CASES)
def index() -> str:
    """Assignments, the next due first, and cases that come back."""
    actor = signed_in_actor()
    with wiring().database.reading() as session:
        return render_template(
            "my_work/index.html",
            work=my_work(session, actor),
            returns=my_returns(session, actor),
            pauses=[pause.days for pause in RETURN_AFTER],
        )
