"""How much a page sends to whoever opens it for the first time."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient

from app.portal.access import declared_access, may_use
from app.services.workflow import State
from tests.integration.portal.addresses import routes
from tests.integration.portal.world import World

LIMIT = 300_000  # bytes


def weight(client: FlaskClient, page: str) -> int:
    """The page as it is sent, with each style sheet and script that it names, compressed."""
    linked = re.findall(r'<(?:link|script)[^>]+(?:href|src)="([^"]+\.(?:css|js)[^"]*)"', page)
    sent = 0
    for address in set(linked):
        parts = urlsplit(address)
        answer = client.get(f"{parts.path}?{parts.query}", headers={"Accept-Encoding": "gzip"})
        assert answer.status_code == 200
        sent += len(answer.data)
    return len(page.encode()) + sent


@pytest.mark.parametrize("role", ["researcher", "instructor"])
def test_no_page_sends_more_than_300_kilobytes(world: World, role: str) -> None:
    world.request_in(State.SUBMITTED)
    client = world.client(role)
    weighed = {}
    for endpoint, method, address in routes(client.application):
        if method == "GET" and may_use(world.actors[role], declared_access(endpoint)):
            if endpoint.startswith("security."):
                continue
            answer = client.get(address)
            if answer.status_code == 200 and answer.mimetype == "text/html":
                weighed[address] = weight(client, answer.get_data(as_text=True))
    assert len(weighed) > 5
    assert {path: size for path, size in weighed.items() if size > LIMIT} == {}
