"""Users and their roles."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.db.models import User
from app.errors import NotFound
from app.permissions import ROLE_MEANING, Permission
from app.portal.access import page
from app.portal.freshness import fresh
from app.portal.pages.invitations import send as send_invitation
from app.portal.paging import asked, table
from app.portal.security_tools import send_mail
from app.portal.sign_in import signed_in_actor
from app.portal.translation import speaking
from app.portal.wiring import wiring
from app.services import accounts, invitations
from app.services.notices import choice_of
from app.services.passwords import generate_password
from app.services.second_factor import PROOFS, protected_users, take_away

blueprint = Blueprint("administration", __name__)

INVITED = "An invitation is on its way by mail. Its link is good once, for three days."
TAKEN_SUBJECT = "Your second factor at Care Commons was taken away"


@page(blueprint, "/users", Permission.MANAGE_USERS)
def users() -> str:
    """Users with their roles, a page at a time, and a form for a new one."""
    actor = signed_in_actor()
    with wiring().database.reading() as session:
        return render_template(
            "administration/users.html",
            users=table(accounts.find_users(session, actor, asked())),
            protected=protected_users(session),
            waiting=invitations.waiting_until(session),
            roles=ROLE_MEANING,
            proofs=PROOFS,
        )


@page(blueprint, "/users", Permission.MANAGE_USERS, methods=("POST",))
@fresh
def add() -> str | Response:
    """Add a user, who is invited by mail or gets a first password that is shown once."""
    actor = signed_in_actor()
    email, name = request.form.get("email", "")[:255], request.form.get("name", "")[:200]
    roles = accounts.parse_roles(request.form.getlist("role"))
    if request.form.get("way") != "password":
        with wiring().database.writing() as session:
            user, secret = invitations.create_invited(session, actor, email, name, roles)
        send_invitation(user, secret)
        flash(INVITED, "success")
        return redirect(url_for("administration.users"))
    password = generate_password()
    with wiring().database.writing() as session:
        user = accounts.create_user(session, actor, email, name, roles, password)
    return render_template("administration/password.html", user=user, password=password)


@page(blueprint, "/users/<int:user_id>/invitation", Permission.MANAGE_USERS, methods=("POST",))
@fresh
def invite(user_id: int) -> Response:
    """Send a new invitation; the one before opens nothing any more."""
    with wiring().database.writing() as session:
        user = _user(session, user_id)
        secret = invitations.invite(session, signed_in_actor(), user)
    send_invitation(user, secret)
    flash(INVITED, "success")
    return redirect(url_for("administration.users"))


@page(blueprint, "/users/<int:user_id>/second-factor", Permission.MANAGE_USERS, methods=("POST",))
@fresh
def take_second_factor(user_id: int) -> Response:
    """Take away a second factor that was lost; its owner is told by mail."""
    with wiring().database.writing() as session:
        user = _user(session, user_id)
        take_away(session, signed_in_actor(), user, request.form.get("proof", ""))
        spoken = choice_of(session, user.id).language
    with speaking(spoken):
        text = render_template("ways_in/second_factor_taken.txt")
        send_mail(user.email, TAKEN_SUBJECT, text)
    flash("The second factor is taken away, and all sessions of the account ended.", "success")
    return redirect(url_for("administration.users"))


@page(blueprint, "/users/<int:user_id>/roles", Permission.MANAGE_USERS, methods=("POST",))
@fresh
def set_roles(user_id: int) -> Response:
    """Give a user exactly these roles."""
    with wiring().database.writing() as session:
        user = _user(session, user_id)
        roles = accounts.parse_roles(request.form.getlist("role"))
        accounts.set_roles(session, signed_in_actor(), user, roles)
    flash("The roles are set.", "success")
    return redirect(url_for("administration.users"))


@page(blueprint, "/users/<int:user_id>/account", Permission.MANAGE_USERS, methods=("POST",))
@fresh
def set_active(user_id: int) -> Response:
    """Open or close an account."""
    with wiring().database.writing() as session:
        user = _user(session, user_id)
        active = request.form.get("active") == "yes"
        accounts.set_active(session, signed_in_actor(), user, active)
    flash("The account is open." if active else "The account is closed.", "success")
    return redirect(url_for("administration.users"))


def _user(session: Session, user_id: int) -> User:
    user = session.get(User, user_id)
    if user is None:
        raise NotFound("There is no such user.")
    return user
