"""The way to the installation's identity provider and back, and tying one's account to it."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, session, url_for
from werkzeug.wrappers import Response

from app.db.models import User
from app.errors import SignInRefused
from app.portal import single_sign_on
from app.portal.access import Open, page
from app.portal.freshness import fresh
from app.portal.public_address import public_url
from app.portal.security_tools import send_mail
from app.portal.sign_in import current_actor, enter_by_provider, signed_in_actor
from app.portal.wiring import wiring
from app.services import outside_identities

blueprint = Blueprint("single_sign_on", __name__)

TYING = "tying_for"
"""Where the browser's session holds whose account is to be tied when it comes back."""
TIED_SUBJECT = "Another way to sign in to Care Commons"


@page(blueprint, "/sign-in/institution", Open.EVERYBODY)
def begin() -> Response:
    """To the provider, to sign in."""
    session.pop(TYING, None)
    return single_sign_on.begin(public_url("single_sign_on.finish"))


@page(blueprint, "/account/institution", Open.SIGNED_IN)
@fresh
def begin_tie() -> Response:
    """To the provider, to tie one's account to what one is there."""
    answer = single_sign_on.begin(public_url("single_sign_on.finish"))
    session[TYING] = signed_in_actor().user_id
    return answer


@page(blueprint, "/sign-in/institution/back", Open.EVERYBODY)
def finish() -> Response:
    """Back from the provider: sign in, or tie the account that asked for it."""
    tying = session.pop(TYING, None)
    person = outside_identities.vouched(single_sign_on.finish())
    settings = wiring().settings
    if tying is None:
        with wiring().database.writing() as writing:
            user, new = outside_identities.account_of(writing, person, settings)
        if new:
            _tell(user)
        return enter_by_provider(user.id)
    actor = current_actor()
    if actor is None or actor.user_id != tying:
        raise SignInRefused("Your session ended meanwhile. Sign in and begin again.")
    with wiring().database.writing() as writing:
        outside_identities.tie(writing, actor, person)
        user = writing.get_one(User, actor.user_id)
    _tell(user)
    flash("Your account is tied. From now on you can sign in there.", "success")
    return redirect(url_for("account.security"))


def _tell(user: User) -> None:
    text = render_template("ways_in/account_tied.txt", provider=wiring().settings.oidc_title)
    send_mail(user.email, TIED_SUBJECT, text)
