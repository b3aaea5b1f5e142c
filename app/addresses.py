"""Addresses of other sites: which of them we speak to, and how a browser's policy names them."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit


def is_loopback(host: str) -> bool:
    """Whether a host is this machine itself."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_safe_address(address: str) -> bool:
    """HTTPS, or plain HTTP on this machine; no user name in it, nothing a header could break on."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return False
    if any(not letter.isprintable() or letter in " ;,'\"" for letter in address):
        return False
    if not host or parts.username is not None:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))


def origin_of(address: str) -> str:
    """Scheme and host of an address, as a content security policy names it."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
