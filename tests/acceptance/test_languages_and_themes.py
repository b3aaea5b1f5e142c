"""Pages in both languages and themes: axe finds nothing; a telephone and paper show all of them.

A few pages in every run; all that any role can open, in all four ways, where
``CARECOMMONS_ALL_PAGES`` is set (``make campaign``).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from threading import Thread
from typing import Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from werkzeug.serving import make_server

from app.portal import create_app
from app.portal.access import declared_access, may_use
from app.portal.translation import LANGUAGE_COOKIE
from app.services import case_sets
from app.services.workflow import State
from tests.acceptance.portal import violations
from tests.integration.portal.addresses import routes
from tests.integration.portal.world import PASSWORD, World, make_world

pytestmark = pytest.mark.browser

ALL = bool(os.environ.get("CARECOMMONS_ALL_PAGES"))
SAMPLE = {
    "researcher": ["/requests/2/edit"],
    "administrator": ["/users"],
}
WAYS: list[tuple[str, Literal["light", "dark"]]] = [("zh", "dark"), ("en", "light")]
if ALL:
    WAYS += [("zh", "light"), ("en", "dark")]
ENDS_SESSION = {"security.logout", "security.login"}
TELEPHONE = 360
DARKEST_HALF = 127


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    made = make_world(tmp_path_factory.mktemp("pages"), people=20, ill=12)
    made.request_in(State.SUBMITTED)
    made.request_in(State.DRAFT)
    with made.database.writing() as session:
        case_sets.create_set(session, made.actors["instructor"], "Set", "")
    return made


@pytest.fixture(scope="module")
def address(world: World) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, create_app(world.settings, world.database), threaded=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


def pages_by_role(world: World) -> dict[str, list[str]]:
    """Each page once, under the first role that may open it."""
    if not ALL:
        return SAMPLE
    app = create_app(world.settings, world.database)
    found: dict[str, list[str]] = {}
    for endpoint, method, path in routes(app):
        roles = [
            role
            for role, actor in world.actors.items()
            if may_use(actor, declared_access(endpoint))
        ]
        if method == "GET" and roles and endpoint not in ENDS_SESSION:
            found.setdefault(roles[0], []).append(path)
    return found


def is_page(context: BrowserContext, url: str) -> bool:
    answer = context.request.get(url)
    return answer.ok and answer.headers.get("content-type", "").startswith("text/html")


def faults(page: Page, language: str) -> list[str]:
    """What is wrong with the page that is open, at full width, on a telephone and printed."""
    found = violations(page)
    if (page.locator("html").get_attribute("lang") or "")[:2] != language:
        found.append(f"{page.url}: not in {language}")
    page.set_viewport_size({"width": TELEPHONE, "height": 800})
    wide = page.evaluate("document.documentElement.scrollWidth")
    if wide > TELEPHONE:
        found.append(f"{page.url}: {wide} px wide on a telephone")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.emulate_media(media="print")
    ink = page.evaluate("getComputedStyle(document.querySelector('main')).color")
    if max(int(part) for part in re.findall(r"\d+", ink)[:3]) > DARKEST_HALF:
        found.append(f"{page.url}: printed in {ink} on white")
    page.emulate_media(media="screen")
    return found


@pytest.mark.parametrize(("language", "theme"), WAYS)
def test_pages_are_accessible_in_both_languages_and_themes(
    browser: Browser, world: World, address: str, language: str, theme: Literal["light", "dark"]
) -> None:
    found = []
    for role, paths in pages_by_role(world).items():
        context = browser.new_context(color_scheme=theme, viewport={"width": 1280, "height": 900})
        context.add_cookies([{"name": LANGUAGE_COOKIE, "value": language, "url": address}])
        page = context.new_page()
        page.goto(f"{address}/sign-in")
        page.fill("[name=email]", f"{role}@example.org")
        page.fill("[name=password]", PASSWORD)
        page.click("main form button")
        seen = [path for path in paths if not ALL or is_page(context, address + path)]
        for path in seen:
            answer = page.goto(address + path)
            assert answer is not None, path
            assert answer.ok, path
            found += faults(page, language)
        context.close()
    assert found == []
