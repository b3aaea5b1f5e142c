"""One's own account: profile, what protects it, where one is signed in, tokens for programs."""

from __future__ import annotations

from datetime import date, timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_security import current_user
from werkzeug.wrappers import Response

from app.db.models import User
from app.db.types import utc_now
from app.errors import BadInput
from app.permissions import ROLE_MEANING, Role
from app.portal.access import Open, page
from app.portal.freshness import fresh
from app.portal.sign_in import signed_in_actor
from app.portal.sign_in_sessions import session_key
from app.portal.wiring import wiring
from app.services import accounts, memberships, sessions, tokens
from app.services.outside_identities import has_identity
from app.services.second_factor import has_second_factor, is_obliged, rule_of

blueprint = Blueprint("account", __name__, url_prefix="/account")

USUAL_DAYS = 90


@page(blueprint, "/", Open.SIGNED_IN)
def profile() -> str:
    """Name, address, roles, projects and classes."""
    actor = signed_in_actor()
    with wiring().database.reading() as session:
        return render_template(
            "account/profile.html",
            user=session.get_one(User, actor.user_id),
            roles=[(role.value, ROLE_MEANING[role]) for role in Role if role in actor.roles],
            projects=memberships.projects_of(session, actor),
            classes=memberships.classes_of(session, actor),
        )


@page(blueprint, "/", Open.SIGNED_IN, methods=("POST",))
def rename() -> Response:
    """Change the name that others see."""
    with wiring().database.writing() as session:
        accounts.rename(session, signed_in_actor(), request.form.get("name", "")[:400])
    flash("Your name is changed.", "success")
    return redirect(url_for("account.profile"))


@page(blueprint, "/security", Open.SIGNED_IN)
def security() -> str:
    """Password, second factor, passkeys and sessions."""
    actor, settings = signed_in_actor(), wiring().settings
    with wiring().database.reading() as session:
        own = sessions.list_own(session, actor, session_key())
        tied = has_identity(session, actor.user_id, settings.oidc_issuer)
    return render_template(
        "account/security.html",
        user=current_user,
        protected=has_second_factor(current_user, current_user.webauthn),
        obliged=is_obliged(actor, settings),
        rule=rule_of(settings),
        passkeys=current_user.webauthn,
        tied=tied,
        codes_left=len(current_user.mf_recovery_codes or ()),
        alive=[one for one in own if one.ended_at is None],
        ended=[one for one in own if one.ended_at is not None],
    )


@page(blueprint, "/sessions/<int:session_id>/end", Open.SIGNED_IN, methods=("POST",))
@fresh
def end_session(session_id: int) -> Response:
    """End one of one's sessions."""
    with wiring().database.writing() as session:
        sessions.end_one(session, signed_in_actor(), session_id)
    flash("That session is ended.", "success")
    return redirect(url_for("account.security"))


@page(blueprint, "/sessions/end-others", Open.SIGNED_IN, methods=("POST",))
@fresh
def end_other_sessions() -> Response:
    """End all of one's sessions but this one."""
    with wiring().database.writing() as session:
        ended = sessions.end_others(session, signed_in_actor(), session_key())
    flash("All other sessions are ended." if ended else "There is no other session.", "success")
    return redirect(url_for("account.security"))


@page(blueprint, "/tokens", Open.SIGNED_IN)
def token_list() -> str:
    """One's tokens, and a form for a new one."""
    return _tokens({}, "")


@page(blueprint, "/tokens", Open.SIGNED_IN, methods=("POST",))
@fresh
def make_token() -> str | tuple[str, int]:
    """Make a token, which the page that answers shows this once; what was typed stays."""
    typed: dict[str, str | list[str]] = {
        "name": request.form.get("name", "")[:200],
        "scopes": request.form.getlist("scope"),
        "until": request.form.get("until", "")[:10],
    }
    try:
        try:
            last_day = date.fromisoformat(str(typed["until"]))
        except ValueError:
            raise BadInput("Give the last day as year-month-day, such as 2027-03-31.") from None
        with wiring().database.writing() as session:
            made = tokens.make_token(
                session, signed_in_actor(), str(typed["name"]), list(typed["scopes"]), last_day
            )
    except BadInput as error:
        return _tokens(typed, str(error)), 400
    return render_template("account/new_token.html", token=made.row, secret=made.secret)


@page(blueprint, "/tokens/<int:token_id>/revoke", Open.SIGNED_IN, methods=("POST",))
def revoke_token(token_id: int) -> Response:
    """End a token at once."""
    with wiring().database.writing() as session:
        tokens.revoke(session, signed_in_actor(), token_id)
    flash("The token is revoked; what used it is refused from now on.", "success")
    return redirect(url_for("account.token_list"))


def _tokens(typed: dict[str, str | list[str]], refused: str) -> str:
    actor, now = signed_in_actor(), utc_now()
    with wiring().database.reading() as session:
        rows = tokens.own_tokens(session, actor)
    usual = (now + timedelta(days=USUAL_DAYS)).date().isoformat()
    return render_template(
        "account/tokens.html",
        tokens=[(row, tokens.is_open(row, now)) for row in rows],
        scopes=tokens.scopes_open_to(actor),
        typed={"name": "", "scopes": [], "until": usual} | typed,
        refused=refused,
        today=now.date().isoformat(),
        latest=(now + tokens.LONGEST).date().isoformat(),
    )
