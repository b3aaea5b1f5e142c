"""Addresses as other sites know them: behind a server with TLS they differ from the request's."""

from __future__ import annotations

from urllib.parse import urljoin

from flask import request, url_for

from app.portal.wiring import wiring


def public_root() -> str:
    """The portal's own address, without a slash at its end."""
    return (wiring().settings.public_address or request.url_root).rstrip("/")


def public_url(endpoint: str) -> str:
    """The address of a page, to be told to another site."""
    return urljoin(public_root() + "/", url_for(endpoint).lstrip("/"))
