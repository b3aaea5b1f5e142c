"""Mail on its way: what arrived, what did not and why, and sending again."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.permissions import Permission
from app.portal.access import page
from app.portal.paging import asked, table
from app.portal.sign_in import signed_in_actor
from app.portal.wiring import wiring
from app.services import mails

blueprint = Blueprint("mails", __name__, url_prefix="/mails")


@page(blueprint, "/", Permission.MANAGE_USERS)
def index() -> str:
    """Messages and how far they are."""
    state = request.args.get("state", "")
    state = state if state in mails.STATES else ""
    with wiring().database.reading() as session:
        found = mails.mails(session, signed_in_actor(), asked(), state)
    return render_template(
        "mails/index.html",
        found=found,
        table=table(found.found, state=state),
        state=state,
        states=mails.STATES,
        to_files=not wiring().settings.mail_server,
    )


@page(blueprint, "/<int:mail_id>/again", Permission.MANAGE_USERS, methods=("POST",))
def send_again(mail_id: int) -> Response:
    """Send a message once more."""
    with wiring().database.writing() as session:
        mails.send_again(session, signed_in_actor(), mail_id)
    flash("The worker sends it again in its next round.", "success")
    return redirect(url_for(".index"))
