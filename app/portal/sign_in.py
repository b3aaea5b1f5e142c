"""Flask-Security on the portal's user tables: who is signed in, and how one gets there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final, cast

from flask import (
    Flask,
    Request,
    current_app,
    g,
    has_request_context,
    redirect,
    request,
    session,
    url_for,
)
from flask_security import (
    RoleMixin,
    Security,
    SQLAlchemySessionUserDatastore,
    UserMixin,
    WebAuthnMixin,
    current_user,
    login_user,
)
from flask_security.forms import ForgotPasswordForm, LoginForm
from sqlalchemy import Engine
from sqlalchemy.orm import Mapped, configure_mappers, relationship, scoped_session, sessionmaker
from sqlalchemy.orm import Session as DatabaseSession
from werkzeug.wrappers import Response

from app.db.database import Database
from app.db.models import Base, Passkey, RoleRow, User, user_role
from app.db.types import utc_now
from app.errors import PermissionDenied
from app.permissions import Actor
from app.portal.recovery_codes import PortalRecoveryCodes
from app.portal.security_tools import (
    PortalMail,
    PortalPasskeys,
    PortalPasswords,
    PortalTotp,
    derived_fernet_key,
    derived_secret,
    mailed_url,
)
from app.portal.sign_in_sessions import init_sign_in_sessions, session_is_alive
from app.services.accounts import actor_of
from app.services.passwords import PASSWORD_MINIMUM
from app.services.second_factor import has_second_factor, is_obliged
from app.settings import PortalSettings

FRESH: Final = timedelta(minutes=15)
"""How long after signing in, or confirming, the delicate steps ask for nothing."""
RECOVERY_LINK: Final = timedelta(hours=2)
RECOVERY_CODES: Final = 10
# Endpoints of Flask-Security that write what they have read.
_WRITING: Final = {
    f"security.{name}"
    for name in (
        "change_password",
        "reset_password",
        "two_factor_setup",
        "two_factor_setup_validate",
        "two_factor_token_validation",
        "mf_recovery",
        "mf_recovery_codes",
        "wan_register",
        "wan_register_response",
        "wan_signin_response",
        "wan_verify_response",
        "wan_delete",
    )
}


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
    webauthn: Mapped[list[SignInPasskey]] = relationship(  # type: ignore[assignment]
        back_populates="user", lazy="selectin", cascade="all, delete-orphan"
    )

    def check_tf_required(
        self, tf_setup_methods: list[tuple[str, str]], tf_fresh: bool
    ) -> tuple[bool, list[tuple[str, str]]]:
        """Whoever has a second factor is asked for it; whoever has to have one sets it up."""
        return bool(tf_setup_methods) or self.check_tf_required_setup(), tf_setup_methods

    def check_tf_required_setup(self) -> bool:
        """Whether the installation asks this person for a second factor."""
        return is_obliged(
            actor_of(cast(User, self)), current_app.extensions["care_commons"].settings
        )


class SignInPasskey(WebAuthnMixin, Base):
    """The passkey table as Flask-Security sees it."""

    __table__ = Passkey.__table__
    user: Mapped[SignInUser] = relationship(back_populates="webauthn")


configure_mappers()


class SignInDatastore(SQLAlchemySessionUserDatastore):
    """The library's store; a recovery code that was used is taken from a list made anew.

    A list changed in its place would not be written.
    """

    def mf_delete_recovery_code(self, user: UserMixin, idx: int) -> bool:
        """Take one code away; whether it was there."""
        codes = list(user.mf_recovery_codes or ())
        if not 0 <= idx < len(codes):
            return False
        del codes[idx]
        self.mf_set_recovery_codes(user, codes)
        return True


class PortalLoginForm(LoginForm):
    """Sign-in without a 'remember me' cookie, which would outlive the idle timeout."""

    remember = None


class PortalForgotPasswordForm(ForgotPasswordForm):
    """Recovery for those who have a password: who signs in elsewhere does not gain one."""

    def validate(self, **kwargs: Any) -> bool:
        """As the library, and the account has a password."""
        valid: bool = super().validate(**kwargs)
        if valid and self.user is not None and not self.user.password:
            self.email.errors = ["no password"]  # replaced by the one general answer
            return False
        return valid


def init_sign_in(app: Flask, database: Database, settings: PortalSettings) -> None:
    """Configure Flask-Security on ``database``."""
    app.config.update(
        SECURITY_PASSWORD_HASH="argon2",  # noqa: S106  # nosec B106 # names
        SECURITY_PASSWORD_SCHEMES=["argon2"],
        # Argon2 alone, so that the command line can add users without this web application.
        SECURITY_PASSWORD_SINGLE_HASH=True,
        SECURITY_PASSWORD_LENGTH_MIN=PASSWORD_MINIMUM,
        SECURITY_CHANGEABLE=True,
        SECURITY_SEND_PASSWORD_CHANGE_EMAIL=False,
        SECURITY_RECOVERABLE=True,
        SECURITY_SEND_PASSWORD_RESET_NOTICE_EMAIL=True,
        SECURITY_RESET_PASSWORD_WITHIN=RECOVERY_LINK,
        SECURITY_RESET_URL="/sign-in/forgotten",
        SECURITY_EMAIL_HTML=False,
        SECURITY_EMAIL_SUBJECT_PASSWORD_RESET="A new password for Care Commons",  # noqa: S106
        SECURITY_EMAIL_SUBJECT_PASSWORD_NOTICE="Your password was changed",  # noqa: S106
        SECURITY_CHANGE_URL="/account/password",
        SECURITY_VERIFY_URL="/account/confirm",
        SECURITY_LOGIN_URL="/sign-in",
        SECURITY_LOGOUT_URL="/sign-out",
        SECURITY_POST_CHANGE_VIEW="/account/security",
        SECURITY_POST_LOGOUT_VIEW="/sign-in",
        SECURITY_TWO_FACTOR=True,
        SECURITY_TWO_FACTOR_ENABLED_METHODS=["authenticator"],
        SECURITY_TWO_FACTOR_SETUP_URL="/account/second-factor",
        SECURITY_TWO_FACTOR_TOKEN_VALIDATION_URL="/sign-in/code",  # noqa: S106
        SECURITY_TWO_FACTOR_RESCUE_URL="/sign-in/help",
        SECURITY_TWO_FACTOR_SELECT_URL="/sign-in/way",
        SECURITY_TWO_FACTOR_POST_SETUP_VIEW="/account/security",
        SECURITY_TWO_FACTOR_RESCUE_EMAIL=False,
        SECURITY_TOTP_SECRETS={"1": derived_secret(app, b"one-time codes")},
        SECURITY_TOTP_ISSUER="Care Commons",
        SECURITY_MULTI_FACTOR_RECOVERY_CODES=True,
        SECURITY_MULTI_FACTOR_RECOVERY_CODES_N=RECOVERY_CODES,
        SECURITY_MULTI_FACTOR_RECOVERY_CODES_KEYS=[derived_fernet_key(app, b"recovery codes")],
        SECURITY_MULTI_FACTOR_RECOVERY_CODES_URL="/account/recovery-codes",
        SECURITY_MULTI_FACTOR_RECOVERY_URL="/sign-in/recovery-code",
        SECURITY_WEBAUTHN=True,
        SECURITY_WAN_RP_NAME="Care Commons",
        SECURITY_WAN_ALLOW_USER_HINTS=False,  # a hint would tell whose account exists
        SECURITY_WAN_REGISTER_URL="/account/passkeys",
        SECURITY_WAN_POST_REGISTER_VIEW="/account/security",
        SECURITY_WAN_DELETE_URL="/account/passkeys/remove",
        SECURITY_WAN_SIGNIN_URL="/sign-in/passkey",
        SECURITY_WAN_VERIFY_URL="/account/confirm/passkey",
        SECURITY_FRESHNESS=FRESH,
        SECURITY_FRESHNESS_GRACE_PERIOD=timedelta(minutes=5),
        # A session in the browser is the only way into a page; programs have tokens of ours.
        SECURITY_API_ENABLED_METHODS=["session"],
        SECURITY_DATETIME_FACTORY=utc_now,
        # One answer to a wrong address and to a wrong password.
        SECURITY_RETURN_GENERIC_RESPONSES=True,
        SECURITY_EMAIL_VALIDATOR_ARGS={"check_deliverability": False},
        SECURITY_MSG_LOGIN=("You need to sign in to open this page.", "info"),
        SECURITY_MSG_GENERIC_AUTHN_FAILED=(
            "The address or the password is not right. Try again.",
            "error",
        ),
        SECURITY_MSG_PASSWORD_RESET_REQUEST=(
            "If %(email)s has an account with a password, a mail with a link is on its way to it.",
            "info",
        ),
        SECURITY_MSG_PASSWORD_RESET_NO_LOGIN=(
            "The new password is set, and all your sessions ended. Sign in with it now.",
            "success",
        ),
        SECURITY_MSG_INVALID_RESET_PASSWORD_TOKEN=(
            "This link opens nothing: it was used, or is not whole. Ask for another one.",
            "error",
        ),
        SECURITY_MSG_PASSWORD_RESET_EXPIRED=(
            "This link was good for %(within)s, which are over. Ask for another one.",
            "error",
        ),
    )
    immediate = database.engine.execution_options(begin_immediate=True)

    class SignInDatabase(DatabaseSession):
        """Takes the write lock from the beginning where the library writes what it has read."""

        def get_bind(self, *arguments: Any, **named: Any) -> Engine:
            return immediate if _writes() else database.engine

    sessions: scoped_session[DatabaseSession] = scoped_session(
        sessionmaker(class_=SignInDatabase, expire_on_commit=False)
    )
    datastore = SignInDatastore(sessions, SignInUser, SignInRole, SignInPasskey)
    security = Security(
        app,
        datastore,
        login_form=PortalLoginForm,
        forgot_password_form=PortalForgotPasswordForm,
        password_util_cls=PortalPasswords,
        mail_util_cls=PortalMail,
        totp_cls=PortalTotp,
        webauthn_util_cls=PortalPasskeys,
        mf_recovery_codes_util_cls=PortalRecoveryCodes,
    )

    @security.want_json
    def _never(request: Request) -> bool:
        # The library's JSON answers would hand out tokens that no page shows and no one revokes.
        return False

    @security.mail_context_processor
    def _in_mail() -> dict[str, Any]:
        return {"mailed_url": mailed_url}

    @app.before_request
    def _stay_signed_in() -> Response | None:
        return _away_from_a_code_not_asked_for()

    @app.teardown_appcontext
    def _close(error: BaseException | None) -> None:
        sessions.remove()

    init_sign_in_sessions(app, database, sessions)


def sign_in_as(user_id: int, way: str) -> None:
    """Sign in somebody whom a learning platform or an identity provider has vouched for.

    Raises:
        PermissionDenied: if the account is closed.
    """
    user = sign_in_user(user_id)
    if user is None or not login_user(user, authn_via=[way]):
        raise PermissionDenied("Your account here is closed; ask the administrator.")


def enter_by_provider(user_id: int) -> Response:
    """Sign in whom an identity provider vouches for, after the second factor if there is one.

    Raises:
        PermissionDenied: if the account is closed.
    """
    user = sign_in_user(user_id)
    if user is None:
        raise PermissionDenied("Your account here is closed; ask the administrator.")
    library = current_app.extensions["security"]
    more: Response | None = library.two_factor_plugins.tf_enter(user, False, "oidc", next_loc=None)
    if more is not None:
        return more
    sign_in_as(user_id, "oidc")
    return redirect(url_for("home.index"))


def sign_in_user(user_id: int) -> SignInUser | None:
    """An open account as the library sees it."""
    user: SignInUser | None = current_app.extensions["security"].datastore.find_user(id=user_id)
    return user if user is not None and user.active else None


def _away_from_a_code_not_asked_for() -> Response | None:
    """To one's own page, whoever is signed in and opens the page for a code that nobody sent.

    The library takes that for an attack and ends the session: a mistyped address, or a form sent
    twice, would sign people out.
    """
    if request.endpoint != "security.two_factor_token_validation" or current_actor() is None:
        return None
    begun = all(session.get(key) for key in ("tf_primary_method", "tf_totp_secret"))
    if begun and session.get("tf_state") == "validating_profile":
        return None
    return redirect(url_for("account.security"))


def _writes() -> bool:
    return has_request_context() and request.method == "POST" and request.endpoint in _WRITING


def current_actor() -> Actor | None:
    """Who is signed in, or ``None``. Read anew in every request, so a role taken is gone."""
    if "actor" not in g:
        known = session_is_alive() and current_user.is_authenticated
        g.actor = actor_of(current_user) if known else None
    return g.actor


def lacks_second_factor() -> bool:
    """Whether who is signed in has to set up a second factor before anything else."""
    actor = current_actor()
    settings = current_app.extensions["care_commons"].settings
    return (
        actor is not None
        and is_obliged(actor, settings)
        and not has_second_factor(current_user, current_user.webauthn)
    )


def signed_in_actor() -> Actor:
    """Who is signed in; only for views whose access asks for that."""
    actor = current_actor()
    assert actor is not None
    return actor
