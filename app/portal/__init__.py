"""The Flask portal. It reads releases and its own database; it has no way to vault or keys."""

from app.portal.factory import create_app

__all__ = ["create_app"]
