"""What an installation must be before people beyond this machine use it."""

from __future__ import annotations

from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.addresses import is_loopback
from app.db.models import User
from app.settings import PortalSettings
from deid.errors import ConfigurationError

DEMONSTRATION_DOMAIN = "@demo.example.org"


def is_public(settings: PortalSettings) -> bool:
    """Whether others than this machine's own browser reach the portal."""
    return not is_loopback(settings.host) or bool(settings.public_address)


def check_production(settings: PortalSettings, session: Session) -> None:
    """Refuse to serve people with what belongs to a trial. A portal of this machine's own passes.

    Raises:
        ConfigurationError: with everything that is wrong, and what to do about it.
    """
    if not is_public(settings):
        return
    wrong = []
    address = urlsplit(settings.public_address)
    if address.scheme != "https" or not address.hostname:
        wrong.append(
            "people would send their passwords in plain text: put a server with TLS in front and "
            "set CARECOMMONS_PORTAL_PUBLIC_ADDRESS to its address, which begins with https://"
        )
    if not settings.trusted_proxy:
        wrong.append(
            "the portal cannot tell who asks: set CARECOMMONS_PORTAL_TRUSTED_PROXY to the address "
            "of the server in front"
        )
    invented = select(User.id).where(User.email.endswith(DEMONSTRATION_DOMAIN), User.active)
    if session.scalars(invented).first() is not None:
        wrong.append(
            "accounts of the demonstration, whose passwords lie in a file, are open: use another "
            "CARECOMMONS_HOME for people than for the demonstration"
        )
    if wrong:
        raise ConfigurationError("this portal is not fit for people yet:\n- " + "\n- ".join(wrong))
