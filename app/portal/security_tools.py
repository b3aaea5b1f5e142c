"""What Flask-Security lets an installation replace: mail, password rules, codes, passkeys."""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
import threading
from typing import Any
from urllib.parse import urljoin

from flask import Flask, current_app, url_for
from flask_security import MailUtil, PasswordUtil, WebauthnUtil
from flask_security.totp import Totp
from passlib.exc import UsedTokenError
from sqlalchemy import or_, update
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from app import mail
from app.db.models import User
from app.portal.public_address import public_root
from app.portal.translation import translate
from app.portal.wiring import wiring
from app.services.passwords import normalise, what_is_wrong
from app.settings import PortalSettings
from deid.errors import CareCommonsError

logger = logging.getLogger(__name__)


def derived_key(app: Flask, purpose: bytes) -> bytes:
    """32 bytes of the portal's secret for one purpose alone."""
    secret = app.config["SECRET_KEY"]
    material = secret if isinstance(secret, bytes) else str(secret).encode()
    return hmac.new(material, b"care commons: " + purpose, hashlib.sha256).digest()


def derived_secret(app: Flask, purpose: bytes) -> str:
    """The same in hexadecimal."""
    return derived_key(app, purpose).hex()


def derived_fernet_key(app: Flask, purpose: bytes) -> bytes:
    """The same as a key of Fernet."""
    return base64.urlsafe_b64encode(derived_key(app, purpose))


def mailed_url(endpoint: str, **values: Any) -> str:
    """The address of a page as mail tells it: the installation's own, not what a request claims."""
    return urljoin(public_root() + "/", url_for(endpoint, **values).lstrip("/"))


def send_mail(to: str, subject: str, text: str) -> None:
    """Send one message; its subject is translated as the page is.

    A failure is logged without the address and told to nobody.
    Where a server takes it, that happens beside the request: how long an answer takes does not
    tell whether anything was sent.
    """
    settings, subject = wiring().settings, translate(subject)
    if settings.mail_server:
        threading.Thread(target=_send, args=(settings, to, subject, text), daemon=True).start()
    else:
        _send(settings, to, subject, text)


def _send(settings: PortalSettings, to: str, subject: str, text: str) -> None:
    try:
        mail.send(settings, to, subject, text)
    except CareCommonsError as error:
        logger.error("%s while sending mail", error.code)


class PortalMail(MailUtil):
    """The library's mail leaves in the portal's one way."""

    def send_mail(
        self,
        template: str,
        subject: str,
        recipient: Any,
        sender: Any,
        body: str | None,
        html: str | None,
        **kwargs: Any,
    ) -> None:
        """Send the text, which is in the language of the page that asked for it."""
        send_mail(str(recipient), str(subject), body or "")


class PortalPasswords(PasswordUtil):
    """The portal's own rules, the same as for the command line."""

    def normalize(self, password: str) -> str:
        """The form that is hashed."""
        return normalise(password)

    def validate(
        self, password: str, is_register: bool, **kwargs: Any
    ) -> tuple[list[str] | None, str]:
        """What is wrong, and the form that is hashed."""
        user = kwargs.get("user")
        wrong = what_is_wrong(password, (user.name, user.email) if user else ())
        return ([wrong] if wrong else None), normalise(password)


class PortalTotp(Totp):
    """One-time codes that are good one time."""

    def get_last_counter(self, user: Any) -> int | None:
        """The interval of the last code that was used."""
        return user.tf_counter

    def set_last_counter(self, user: Any, tmatch: Any) -> None:
        """Take it, unless somebody else has taken it meanwhile; the view's commit keeps it.

        The condition is part of the statement: of two processes that read the same row, the second
        finds it changed.

        Raises:
            UsedTokenError: if it was taken.
        """
        session = current_app.extensions["security"].datastore.db.session
        taken = session.execute(
            update(User)
            .where(
                User.id == user.id,
                or_(User.tf_counter.is_(None), User.tf_counter < tmatch.counter),
            )
            .values(tf_counter=tmatch.counter)
            .returning(User.id)
            .execution_options(synchronize_session=False)
        )
        if taken.first() is None:
            raise UsedTokenError
        user.tf_counter = tmatch.counter


class PortalPasskeys(WebauthnUtil):
    """Passkeys of this installation's address, that ask for a finger or a PIN."""

    def origin(self) -> str:
        """What a browser says where it is."""
        scheme, _, rest = public_root().partition("://")
        return f"{scheme}://{rest.partition('/')[0]}"

    def authenticator_selection(self, user: Any, usage: str) -> AuthenticatorSelectionCriteria:
        """Instead of a password a key has to know its person; after one, to be had is enough."""
        first = usage == "first"
        return AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED
            if first
            else ResidentKeyRequirement.PREFERRED,
            user_verification=UserVerificationRequirement.REQUIRED
            if first
            else UserVerificationRequirement.PREFERRED,
        )

    def user_verification(self, user: Any, usage: list[str]) -> UserVerificationRequirement:
        """As at registration."""
        if usage == ["first"]:
            return UserVerificationRequirement.REQUIRED
        return UserVerificationRequirement.PREFERRED
