"""What I was told, and what of it comes by mail."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.languages import LANGUAGES
from app.portal.access import Open, page
from app.portal.paging import page_number
from app.portal.sign_in import signed_in_actor
from app.portal.wiring import wiring
from app.services import notices
from app.services.listing import pages_of

blueprint = Blueprint("notices", __name__, url_prefix="/notices")


@page(blueprint, "/", Open.SIGNED_IN)
def index() -> str:
    """My notices, newest first."""
    number = page_number()
    unread_only = request.args.get("show") == "unread"
    with wiring().database.reading() as session:
        found = notices.notices_of(session, signed_in_actor(), number, unread_only)
    return render_template(
        "notices/index.html",
        found=found,
        number=number,
        total=pages_of(found.total, notices.PAGE),
        unread_only=unread_only,
        link_of=notices.link_of,
    )


@page(blueprint, "/read", Open.SIGNED_IN, methods=("POST",))
def read() -> Response:
    """Mark one of my notices as read, or all."""
    with wiring().database.writing() as session:
        notices.mark_read(session, signed_in_actor(), request.form.get("notice", type=int))
    return redirect(url_for("home.index" if request.form.get("back") == "home" else ".index"))


@page(blueprint, "/choice", Open.SIGNED_IN)
def choice() -> str:
    """What comes by mail."""
    with wiring().database.reading() as session:
        mine = notices.choice_of(session, signed_in_actor().user_id)
    return render_template(
        "notices/choice.html",
        mine=mine,
        kinds=notices.KINDS,
        ways=notices.HOW,
        languages=LANGUAGES,
    )


@page(blueprint, "/choice", Open.SIGNED_IN, methods=("POST",))
def choose() -> Response:
    """Keep what I chose."""
    how, wanted = request.form.get("how", ""), request.form.getlist("kind")
    spoken = request.form.get("language", "")
    with wiring().database.writing() as session:
        notices.choose(session, signed_in_actor(), how, wanted, spoken)
    flash("Your choice is kept.", "success")
    return redirect(url_for(".choice"))
