"""The first page: what waits for me, and the next step."""

from __future__ import annotations

from flask import Blueprint, render_template

from app.portal.access import Open, page
from app.portal.sign_in import signed_in_actor

blueprint = Blueprint("home", __name__)


@page(blueprint, "/", Open.SIGNED_IN)
def index() -> str:
    """What waits for this person."""
    return render_template("home.html", actor=signed_in_actor())
