"""The administrator's page of learning platforms: register, close, and grades that wait."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.errors import BadInput
from app.permissions import Permission
from app.portal.access import page
from app.portal.pages.lti import tool_addresses
from app.portal.sign_in import signed_in_actor
from app.portal.wiring import wiring
from app.services import lti_grades, lti_platforms
from app.services.lti_platforms import PlatformFields

blueprint = Blueprint("learning_platforms", __name__, url_prefix="/learning-platforms")

_FIELDS = ("title", "issuer", "client_id", "login_url", "token_url", "keys_url", "deployments")


@page(blueprint, "/", Permission.MANAGE_USERS)
def index() -> str:
    """Platforms, the addresses that they need of us, and grades that no platform has taken."""
    return _page({}, "")


@page(blueprint, "/", Permission.MANAGE_USERS, methods=("POST",))
def add() -> Response | tuple[str, int]:
    """Register a platform; what was typed stays if it cannot be used."""
    typed = {name: request.form.get(name, "").strip()[:2000] for name in _FIELDS}
    fields = PlatformFields(
        **{name: typed[name] for name in _FIELDS if name != "deployments"},
        deployments=tuple(
            line.strip() for line in typed["deployments"].split("\n") if line.strip()
        ),
    )
    try:
        with wiring().database.writing() as session:
            lti_platforms.add_platform(session, signed_in_actor(), fields)
    except BadInput as error:
        return _page(typed, str(error)), 400
    flash("The platform is registered; its courses can open cases now.", "success")
    return redirect(url_for("learning_platforms.index"))


@page(blueprint, "/<int:platform_id>", Permission.MANAGE_USERS, methods=("POST",))
def set_active(platform_id: int) -> Response:
    """Trust a platform's launches, or no longer."""
    active = request.form.get("active") == "yes"
    with wiring().database.writing() as session:
        lti_platforms.set_active(session, signed_in_actor(), platform_id, active)
    flash("Its launches are trusted." if active else "Its launches are refused now.", "success")
    return redirect(url_for("learning_platforms.index"))


@page(blueprint, "/grades/<int:grade_id>", Permission.MANAGE_USERS, methods=("POST",))
def send_again(grade_id: int) -> Response:
    """Try a grade again now."""
    with wiring().database.writing() as session:
        lti_grades.send_again(session, signed_in_actor(), grade_id)
    flash("The grade is tried again within a few seconds.", "success")
    return redirect(url_for("learning_platforms.index"))


def _page(typed: dict[str, str], refused: str) -> str:
    actor = signed_in_actor()
    with wiring().database.reading() as session:
        return render_template(
            "administration/learning_platforms.html",
            platforms=lti_platforms.list_platforms(session, actor),
            grades=lti_grades.unsent(session, actor),
            addresses=tool_addresses(),
            typed=typed,
            refused=refused,
        )
