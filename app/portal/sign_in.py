"""Flask-Security on the portal's user tables: sign-in, sign-out, change of password."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Flask, current_app, g, has_request_context, request, session
from flask_login import user_logged_in, user_logged_out
from flask_security import (
    RoleMixin,
    Security,
    SQLAlchemySessionUserDatastore,
    UserMixin,
    current_user,
    login_user,
    password_changed,
)
from flask_security.forms import LoginForm
from sqlalchemy import Engine
from sqlalchemy.orm import Mapped, configure_mappers, relationship, scoped_session, sessionmaker
from sqlalchemy.orm import Session as DatabaseSession

from app.audit import AuditEvent, record
from app.db.database import Database
from app.db.models import Base, RoleRow, User, user_role
from app.errors import PermissionDenied
from app.permissions import Actor
from app.services.accounts import PASSWORD_MINIMUM, actor_of


class SignInRole(RoleMixin, Base):
    """The role table as Flask-Security sees it."""

    __table__ = RoleRow.__table__


class SignInUser(UserMixin, Base):
    """The user table as Flask-Security sees it.

    A second mapping of the same table keeps the web framework out of ``app.db``.
    """

    __table__ = User.__table__
    roles: Mapped[list[SignInRole]] = relationship(  # type: ignore[assignment]
        secondary=user_role, lazy="selectin", overlaps="roles"
    )


configure_mappers()


class PortalLoginForm(LoginForm):
    """Sign-in without a 'remember me' cookie, which would outlive the idle timeout."""

    remember = None


def init_sign_in(app: Flask, database: Database) -> None:
    """Configure Flask-Security on ``database``."""
    app.config.update(
        SECURITY_PASSWORD_HASH="argon2",  # noqa: S106
        SECURITY_PASSWORD_SCHEMES=["argon2"],
        # Argon2 alone, so that the command line can add users without this web application.
        SECURITY_PASSWORD_SINGLE_HASH=True,
        SECURITY_PASSWORD_LENGTH_MIN=PASSWORD_MINIMUM,
        SECURITY_CHANGEABLE=True,
        SECURITY_SEND_PASSWORD_CHANGE_EMAIL=False,
        SECURITY_CHANGE_URL="/account/password",
        SECURITY_LOGIN_URL="/sign-in",
        SECURITY_LOGOUT_URL="/sign-out",
        SECURITY_POST_CHANGE_VIEW="/",
        SECURITY_POST_LOGOUT_VIEW="/sign-in",
        # One answer to a wrong address and to a wrong password.
        SECURITY_RETURN_GENERIC_RESPONSES=True,
        SECURITY_EMAIL_VALIDATOR_ARGS={"check_deliverability": False},
        SECURITY_MSG_LOGIN=("You need to sign in to open this page.", "info"),
        SECURITY_MSG_GENERIC_AUTHN_FAILED=(
            "The address or the password is not right. Try again.",
            "error",
        ),
    )
    immediate = database.engine.execution_options(begin_immediate=True)

    class SignInSession(DatabaseSession):
        """Takes the write lock from the beginning where a password is changed."""

        def get_bind(self, *arguments: Any, **named: Any) -> Engine:
            return immediate if _changes_password() else database.engine

    sessions = scoped_session(sessionmaker(class_=SignInSession))
    datastore = SQLAlchemySessionUserDatastore(sessions, SignInUser, SignInRole)
    Security(app, datastore, login_form=PortalLoginForm)

    @app.teardown_appcontext
    def _close(error: BaseException | None) -> None:
        sessions.remove()

    def _audit(action: str, user: Any, end_sessions: bool = False) -> None:
        sessions.commit()  # ends the transaction that read the user, so that none waits
        with database.writing() as writing:
            account = writing.get_one(User, user.id)
            if end_sessions:
                account.fs_uniquifier = secrets.token_hex(32)
            record(writing, actor_of(account), AuditEvent(action, "user", user.id))

    @user_logged_in.connect_via(app)
    def _signed_in(sender: Flask, user: Any, **extra: Any) -> None:
        session.permanent = True
        g.pop("actor", None)
        if not _changes_password():  # which signs in anew by itself
            _audit("user.signed_in", user)

    @user_logged_out.connect_via(app)
    def _signed_out(sender: Flask, user: Any, **extra: Any) -> None:
        if user is not None and user.is_authenticated:
            # The session lies in the cookie: only a new mark in the account makes copies useless.
            _audit("user.signed_out", user, end_sessions=True)

    @password_changed.connect_via(app)
    def _changed(sender: Flask, user: Any, **extra: Any) -> None:
        event = AuditEvent("user.password_changed", "user", user.id)
        record(sessions(), actor_of(user), event)
        sessions.commit()


def sign_in_as(user_id: int) -> None:
    """Sign in somebody whom a learning platform has vouched for.

    Raises:
        PermissionDenied: if the account is closed.
    """
    datastore = current_app.extensions["security"].datastore
    user = datastore.find_user(id=user_id)
    if user is None or not login_user(user, authn_via=["lti"]):
        raise PermissionDenied("Your account here is closed; ask the administrator.")


def _changes_password() -> bool:
    return (
        has_request_context()
        and request.endpoint == "security.change_password"
        and request.method == "POST"
    )


def current_actor() -> Actor | None:
    """Who is signed in, or ``None``. Read anew in every request, so a role taken is gone."""
    if "actor" not in g:
        g.actor = actor_of(current_user) if current_user.is_authenticated else None
    return g.actor


def signed_in_actor() -> Actor:
    """Who is signed in; only for views whose access asks for that."""
    actor = current_actor()
    assert actor is not None
    return actor
