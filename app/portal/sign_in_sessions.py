"""Ties a browser's cookie to a session in the database, and keeps the audit log of sign-ins."""

from __future__ import annotations

from typing import Any

from flask import Flask, current_app, flash, g, request, session
from flask_login import user_logged_out
from flask_security import (
    password_changed,
    password_reset,
    tf_disabled,
    tf_profile_changed,
    user_authenticated,
    wan_deleted,
    wan_registered,
)
from sqlalchemy.orm import Session as DatabaseSession
from sqlalchemy.orm import scoped_session

from app.audit import AuditEvent, record
from app.db.database import Database
from app.db.models import User
from app.db.types import utc_now
from app.portal.translation import language
from app.services import sessions as sign_in_sessions
from app.services.accounts import actor_of
from app.services.notices import keep_language

KEY = "sid"
"""Where the cookie holds the session's number."""


def session_is_alive() -> bool:
    """Whether the cookie of this request belongs to a session that is open."""
    return bool(g.get("session_alive"))


def session_key() -> str:
    """The number that this browser's cookie holds."""
    return str(session.get(KEY, ""))


def end_dead_session() -> None:
    """Empty the cookie of a session that was ended or ran out; before every request."""
    if request.endpoint in {None, "static", "bootstrap.static"} or request.blueprint == "api":
        return  # the API knows no cookies
    if "_user_id" not in session:
        return
    database: Database = current_app.extensions["care_commons"].database
    now, idle = utc_now(), current_app.config["PERMANENT_SESSION_LIFETIME"]
    with database.reading() as reading:
        row = sign_in_sessions.find_alive(
            reading, session_key(), str(session["_user_id"]), now, idle
        )
    if row is None:
        session.clear()
        if request.method == "GET":
            flash("Your session has ended. Sign in again.", "info")
        return
    g.session_alive = True
    if now - row.seen_at > sign_in_sessions.SEEN_EVERY:
        with database.writing() as writing:
            sign_in_sessions.note_seen(writing, row.id, now)


def init_sign_in_sessions(
    app: Flask, database: Database, library: scoped_session[DatabaseSession]
) -> None:
    """Begin and end sessions with what Flask-Security tells; ``library`` is its own session.

    The library's transaction is committed before ours begins, so that neither waits for the other.
    """

    @user_authenticated.connect_via(app)
    def _signed_in(sender: Flask, user: Any, authn_via: list[str] | None, **extra: Any) -> None:
        way = "+".join(authn_via or ["second factor"])
        library.commit()
        with database.writing() as writing:
            if way == "change":
                sign_in_sessions.end_all(writing, user.id)
            agent = request.headers.get("User-Agent", "")
            key = sign_in_sessions.begin(writing, user.id, way, agent)
            keep_language(writing, user.id, language(), first_only=True)
            if way != "change":  # the library signs in anew after a changed password
                account = writing.get_one(User, user.id)
                record(
                    writing,
                    actor_of(account),
                    AuditEvent("user.signed_in", "user", user.id, {"way": way}),
                )
        session[KEY] = key
        session.permanent = True
        g.session_alive = True
        g.pop("actor", None)

    @user_logged_out.connect_via(app)
    def _signed_out(sender: Flask, user: Any, **extra: Any) -> None:
        key = session.pop(KEY, None)
        g.session_alive = False
        g.pop("actor", None)
        if key is None or user is None or not user.is_authenticated:
            return
        library.commit()
        with database.writing() as writing:
            sign_in_sessions.end_by_key(writing, str(key))
            account = writing.get_one(User, user.id)
            record(writing, actor_of(account), AuditEvent("user.signed_out", "user", user.id))

    def _tell(action: str, user: Any, **detail: Any) -> None:
        """One row in the library's own transaction."""
        record(library(), actor_of(user), AuditEvent(action, "user", user.id, detail))

    @password_changed.connect_via(app)
    def _changed(sender: Flask, user: Any, **extra: Any) -> None:
        _tell("user.password_changed", user)
        library.commit()

    @password_reset.connect_via(app)
    def _recovered(sender: Flask, user: Any, **extra: Any) -> None:
        sign_in_sessions.end_all(library(), user.id)
        _tell("user.password_recovered", user)

    @tf_profile_changed.connect_via(app)
    def _second_factor_set(sender: Flask, user: Any, method: str, **extra: Any) -> None:
        _tell("user.second_factor_set", user, method=method)

    @tf_disabled.connect_via(app)
    def _second_factor_ended(sender: Flask, user: Any, **extra: Any) -> None:
        _tell("user.second_factor_ended", user)

    @wan_registered.connect_via(app)
    def _passkey_added(sender: Flask, user: Any, name: str, **extra: Any) -> None:
        _tell("user.passkey_added", user)

    @wan_deleted.connect_via(app)
    def _passkey_removed(sender: Flask, user: Any, name: str, **extra: Any) -> None:
        _tell("user.passkey_removed", user)
