"""The one way in which mail leaves: by an SMTP server, or as files in a folder where there is none.

A message is plain text to one person. Beyond their name and what changed it holds nothing about
anybody; what it speaks of is looked at in the portal, behind its sign-in. The server's password is
in a file, so that it stands neither in the environment nor in a process list.
"""

from __future__ import annotations

import os
import secrets
import smtplib
import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from app.addresses import is_loopback
from app.settings import PortalSettings
from deid.errors import CareCommonsError, ConfigurationError

SECONDS: Final = 20
"""How long a server may be silent."""
UNREACHABLE_DOMAINS: Final = (".invalid", ".example", ".test")
"""Domains that no mail reaches (RFC 2606); nothing is sent there by a server."""
_PORTS: Final = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
_SUBJECT_LONGEST: Final = 180


class MailFailed(CareCommonsError):
    """A message was not taken. ``permanent`` if trying again would not help."""

    code = "app.mail_failed"

    def __init__(self, message: str, permanent: bool = False) -> None:
        super().__init__(message)
        self.permanent = permanent


@dataclass(frozen=True)
class MailServer:
    """An SMTP server; ``security`` is ``none`` (this machine only), ``starttls`` or ``tls``."""

    host: str
    port: int
    security: str
    user: str = ""
    password: str = field(default="", repr=False)


def mail_server(settings: PortalSettings) -> MailServer | None:
    """The server that the settings name; ``None`` where mail is written to files.

    Raises:
        ConfigurationError: for an address of another form, plain text to another machine, or a
            user without a private file with the password.
    """
    if not settings.mail_server:
        return None
    try:
        parts = urlsplit(settings.mail_server)
        host, port = parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        host, port = "", 0
        parts = urlsplit("")
    if parts.scheme not in _PORTS or not host or parts.password is not None:
        raise ConfigurationError(
            "CARECOMMONS_PORTAL_MAIL_SERVER looks like smtp+starttls://USER@HOST:587 or "
            "smtps://USER@HOST; the password stands in the file "
            "CARECOMMONS_PORTAL_MAIL_PASSWORD_FILE"
        )
    if parts.scheme == "smtp" and not is_loopback(host):
        raise ConfigurationError(
            "CARECOMMONS_PORTAL_MAIL_SERVER: smtp:// is for this machine only; another one is "
            "reached by smtp+starttls:// or smtps://"
        )
    security = {"smtp": "none", "smtp+starttls": "starttls", "smtps": "tls"}[parts.scheme]
    user = unquote(parts.username or "")
    return MailServer(host, port, security, user, _password(settings) if user else "")


def send(settings: PortalSettings, to: str, subject: str, text: str) -> None:
    """Send one message now, or write it as a file where no server is set.

    Raises:
        ConfigurationError: if the settings of mail are wrong.
        MailFailed: if it was not taken; the text names neither address nor content.
    """
    message = compose(settings, to, subject, text)
    server = mail_server(settings)
    if server is None:
        _write(mail_folder(settings), message)
    elif to.casefold().endswith(UNREACHABLE_DOMAINS):
        raise MailFailed("the address is one that no mail reaches", permanent=True)
    else:
        _deliver(server, message)


def compose(settings: PortalSettings, to: str, subject: str, text: str) -> EmailMessage:
    """The message as it leaves.

    Raises:
        MailFailed: if the address cannot be one.
    """
    message = EmailMessage()
    sender = settings.mail_from or f"care-commons@{_own_domain(settings)}"
    message["From"] = Address("Care Commons", addr_spec=sender)
    try:
        message["To"] = Address(addr_spec=to)
    except (ValueError, IndexError):
        raise MailFailed("the address cannot be one", permanent=True) from None
    # A line break in a header would begin another header.
    message["Subject"] = " ".join(subject.split())[:_SUBJECT_LONGEST]
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Message-ID"] = f"<{secrets.token_hex(16)}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text.rstrip() + "\n", charset="utf-8")
    return message


def mail_folder(settings: PortalSettings) -> Path:
    """Where mail is written while no server is set."""
    return settings.mail_folder or settings.secret_file.parent / "mail"


def _own_domain(settings: PortalSettings) -> str:
    return urlsplit(settings.public_address).hostname or "localhost"


def _password(settings: PortalSettings) -> str:
    path = settings.mail_password_file
    if path is None:
        raise ConfigurationError("CARECOMMONS_PORTAL_MAIL_PASSWORD_FILE is not set")
    try:
        if path.stat().st_mode & 0o077:
            raise ConfigurationError(
                f"{path}: others can read the password; run `chmod 600 {path}`"
            )
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}") from None


def _write(folder: Path, message: EmailMessage) -> None:
    """One file a message, visible only when it is whole."""
    name = f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{secrets.token_hex(4)}.eml"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        staged = folder / f".{name}"
        with os.fdopen(os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(message.as_bytes())
        staged.rename(folder / name)
    except OSError as error:
        raise MailFailed(f"the folder for mail cannot be written ({error.strerror})") from None


def _deliver(server: MailServer, message: EmailMessage) -> None:
    context = ssl.create_default_context()
    try:
        with (
            smtplib.SMTP_SSL(server.host, server.port, timeout=SECONDS, context=context)
            if server.security == "tls"
            else smtplib.SMTP(server.host, server.port, timeout=SECONDS)
        ) as connection:
            if server.security == "starttls":
                connection.starttls(context=context)
            if server.user:
                connection.login(server.user, server.password)
            connection.send_message(message)
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        raise _refused(codes[0] if codes else 0) from None
    except smtplib.SMTPResponseException as error:
        raise _refused(error.smtp_code) from None
    except (OSError, smtplib.SMTPException) as error:
        # Only the kind: a server's words may quote the address.
        raise MailFailed(f"the mail server was not reached ({type(error).__name__})") from None


def _refused(code: int) -> MailFailed:
    # 5yz is for good, except about our own sign-in (RFC 4954), which an administrator can mend.
    return MailFailed(
        f"the mail server refused it ({code})",
        permanent=code >= 500 and code not in {530, 534, 535},
    )
