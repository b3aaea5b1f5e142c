"""Calls of the API as programs make them, for its tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from werkzeug.test import TestResponse

from app.services import tokens
from tests.integration.portal.world import World

SOON = datetime.now(UTC).date() + timedelta(days=30)


_made: dict[tuple[str, str, tuple[str, ...]], str] = {}


def token(world: World, who: str, *scopes: str) -> str:
    """A token of somebody, with these scopes, or with all that they may have; made once."""
    actor = world.actors[who]
    wanted = scopes or tuple(tokens.scopes_open_to(actor))
    key = (world.settings.database_url, who, wanted)
    if key not in _made:
        with world.database.writing() as session:
            _made[key] = tokens.make_token(session, actor, "program", wanted, SOON).secret
    return _made[key]


def call(world: World, secret: str, address: str, method: str = "GET", **more: Any) -> TestResponse:
    """One call with a token, from a browser's client without a cookie."""
    headers = {"Authorization": f"Bearer {secret}"} | more.pop("headers", {})
    return world.client().open(f"/api/v1/{address}", method=method, headers=headers, **more)
