"""Users and their roles."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.db.models import User
from app.errors import NotFound
from app.permissions import ROLE_MEANING, Permission
from app.portal.access import page
from app.portal.freshness import fresh
from app.portal.sign_in import signed_in_actor
from app.portal.wiring import wiring
from app.services import accounts
from app.services.passwords import generate_password

blueprint = Blueprint("administration", __name__)


@page(blueprint, "/users", Permission.MANAGE_USERS)
def users() -> str:
    """All users with their roles, and a form for a new one."""
    actor = signed_in_actor()
    with wiring().database.reading() as session:
        return render_template(
            "administration/users.html",
            users=accounts.list_users(session, actor),
            roles=ROLE_MEANING,
        )


@page(blueprint, "/users", Permission.MANAGE_USERS, methods=("POST",))
@fresh
def add() -> str:
    """Add a user; the first password is shown once, on the page that answers."""
    actor = signed_in_actor()
    password = generate_password()
    with wiring().database.writing() as session:
        user = accounts.create_user(
            session,
            actor,
            request.form.get("email", "")[:255],
            request.form.get("name", "")[:200],
            accounts.parse_roles(request.form.getlist("role")),
            password,
        )
    return render_template("administration/password.html", user=user, password=password)


@page(blueprint, "/users/<int:user_id>/roles", Permission.MANAGE_USERS, methods=("POST",))
@fresh
def set_roles(user_id: int) -> Response:
    """Give a user exactly these roles."""
    with wiring().database.writing() as session:
        user = session.get(User, user_id)
        if user is None:
            raise NotFound("There is no such user.")
        roles = accounts.parse_roles(request.form.getlist("role"))
        accounts.set_roles(session, signed_in_actor(), user, roles)
    flash("The roles are set.", "success")
    return redirect(url_for("administration.users"))


@page(blueprint, "/users/<int:user_id>/account", Permission.MANAGE_USERS, methods=("POST",))
@fresh
def set_active(user_id: int) -> Response:
    """Open or close an account."""
    with wiring().database.writing() as session:
        user = session.get(User, user_id)
        if user is None:
            raise NotFound("There is no such user.")
        active = request.form.get("active") == "yes"
        accounts.set_active(session, signed_in_actor(), user, active)
    flash("The account is open." if active else "The account is closed.", "success")
    return redirect(url_for("administration.users"))
