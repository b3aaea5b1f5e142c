"""Names of cookies: where people come from elsewhere, a browser takes them by TLS alone."""

from __future__ import annotations

from flask import current_app


def cookie_name(name: str) -> str:
    """The name, where cookies ask for TLS with ``__Host-``: for this host alone and all paths."""
    return f"__Host-{name}" if is_secure() else name


def is_secure() -> bool:
    """Whether cookies ask for TLS."""
    return bool(current_app.config.get("SESSION_COOKIE_SECURE"))
