"""Pauses sign-in under an address after failures, at each page where something can be guessed."""

from __future__ import annotations

import logging

from flask import Flask, Response, abort, current_app, g, make_response, request, session
from flask_security import current_user, user_authenticated

from app.db.database import Database
from app.db.types import utc_now
from app.logs import FIELDS
from app.portal.sign_in_sessions import session_is_alive
from app.services import lockout

logger = logging.getLogger(__name__)

# Pages that answer a wrong guess with their form again, hence with status 200.
GUARDED = {
    f"security.{name}"
    for name in (
        "login",
        "verify",
        "change_password",
        "two_factor_token_validation",
        "mf_recovery",
    )
}


def init_lock_out(app: Flask) -> None:
    """Register the checks; called after those of sessions."""
    app.before_request(_refuse_while_paused)
    app.after_request(_count_failure)

    @user_authenticated.connect_via(app)
    def _forget(sender: Flask, user: object, **extra: object) -> None:
        current_app.extensions["security"].datastore.commit()  # so that none waits for the other
        with _database().writing() as writing:
            lockout.forget(writing, _key(str(getattr(user, "email", ""))))


def refuse_if_paused(address: str) -> None:
    """Answer 429, saying for how long, if nobody signs in under this address now."""
    now = utc_now()
    with _database().reading() as reading:
        until = lockout.paused_until(reading, _key(address), now)
    if until is not None:
        minutes = -(-int((until - now).total_seconds()) // 60)
        g.paused_minutes = max(1, minutes)
        abort(429)


def count_failure(address: str) -> None:
    """Count one wrong guess, and tell the log of it: at which page, never under which address."""
    fields = {"request": g.get("request_number", ""), "endpoint": request.endpoint}
    logger.warning("wrong guess", extra={FIELDS: fields})
    with _database().writing() as writing:
        lockout.note_failure(writing, _key(address), utc_now())


def _refuse_while_paused() -> None:
    if request.method == "POST" and request.endpoint in GUARDED:
        g.guessed_address = _address()
        if g.guessed_address:
            refuse_if_paused(g.guessed_address)


def _count_failure(response: Response) -> Response:
    address = g.pop("guessed_address", "")
    if address and response.status_code == 200:
        try:
            # The library's transaction failed with the attempt, and would hold ours up.
            current_app.extensions["security"].datastore.db.session.rollback()
            count_failure(address)
        except Exception:
            # An attempt that cannot be counted is not answered.
            return make_response("", 503)
    return response


def _address() -> str:
    """The address that this attempt is about; empty if there is none."""
    if request.endpoint == "security.login":
        return request.form.get("email", "").strip()[:255]
    if session_is_alive():
        return str(current_user.email) if current_user.is_authenticated else ""
    uniquifier = session.get("tf_user_id")
    if not uniquifier:
        return ""
    user = current_app.extensions["security"].datastore.find_user(fs_uniquifier=uniquifier)
    return str(user.email) if user is not None else ""


def _key(address: str) -> str:
    secret = current_app.config["SECRET_KEY"]
    return lockout.key_of(secret if isinstance(secret, bytes) else secret.encode(), address)


def _database() -> Database:
    return current_app.extensions["care_commons"].database
