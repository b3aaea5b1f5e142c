"""What was released of the residents: for everybody who sees the catalogue."""

from __future__ import annotations

from flask import Blueprint, render_template

from app.portal.access import page
from app.portal.sign_in import signed_in_actor
from app.portal.wiring import wiring
from app.services.released import READERS
from app.services.released import released as released_data

blueprint = Blueprint("released", __name__)


@page(blueprint, "/released", READERS)
def index() -> str:
    """By release: which groups went to how many projects, and for what."""
    with wiring().database.reading() as session:
        found = released_data(session, signed_in_actor(), wiring().answers.rule)
    return render_template("audit_log/released.html", found=found)
