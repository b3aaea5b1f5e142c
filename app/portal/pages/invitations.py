"""What an invited person opens from the mail: one page to choose a password on."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.db.models import User
from app.errors import BadInput
from app.portal.access import Open, page
from app.portal.security_tools import mailed_url, send_mail
from app.portal.wiring import wiring
from app.services import invitations

blueprint = Blueprint("invitations", __name__, url_prefix="/invitation")

SUBJECT = "Your account at Care Commons"


def send(user: User, secret: str) -> None:
    """Mail the link, in the language of who invites; called after the transaction that made it."""
    address = mailed_url("invitations.accept", secret=secret)
    text = render_template("ways_in/invitation.txt", address=address)
    send_mail(user.email, SUBJECT, text)


@page(blueprint, "/<secret>", Open.EVERYBODY)
def show(secret: str) -> str:
    """The form; opening it uses nothing up, since programs that check mail open links too."""
    with wiring().database.reading() as session:
        return _form(invitations.invited_user(session, secret), "")


@page(blueprint, "/<secret>", Open.EVERYBODY, methods=("POST",))
def accept(secret: str) -> Response | tuple[str, int]:
    """Set the password that was typed twice."""
    chosen = request.form.get("password", "")
    try:
        if chosen != request.form.get("again", ""):
            raise BadInput("The two passwords differ. Type the same one twice.")
        with wiring().database.writing() as session:
            invitations.accept(session, secret, chosen)
    except BadInput as error:
        with wiring().database.reading() as session:
            return _form(invitations.invited_user(session, secret), str(error)), 400
    flash("Your password is set. Sign in with it now.", "success")
    return redirect(url_for("security.login"))


def _form(user: User, refused: str) -> str:
    return render_template(
        "ways_in/invitation.html",
        user=user,
        refused=refused,
        days=invitations.LIFE.days,
        roles=sorted(role.name for role in user.roles),
    )
