"""No page of cases, and none of the other pages that everybody meets, breaks a rule of axe."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.acceptance.conftest import Demo
from tests.acceptance.test_journeys import browser, signed_in

__all__ = ["browser"]
pytestmark = pytest.mark.browser


def violations(page: Page) -> list[str]:
    """What axe finds on the page with everything that can be unfolded open."""
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    found = Axe().run(page).response["violations"]
    return [
        f"{page.url}: {one['id']} ({one['help']}): {node['html'][:160]}"
        for one in found
        for node in one["nodes"]
    ]


@pytest.mark.parametrize(
    ("who", "paths"),
    [
        ("student", ["/", "/cases/"]),
        ("instructor", ["/", "/cases/", "/teaching/"]),
        ("researcher", ["/", "/projects/"]),
    ],
)
def test_axe_finds_nothing_on_the_pages_that_everybody_meets(
    browser: Browser, served: Demo, who: str, paths: list[str]
) -> None:
    with signed_in(browser, served, who) as page:
        found = []
        for path in paths:
            page.goto(served.address + path)
            found += violations(page)
    assert found == []


@pytest.mark.parametrize("width", [1280, 360])
def test_axe_finds_nothing_on_a_case_and_its_problems(
    browser: Browser, served: Demo, width: int
) -> None:
    with signed_in(browser, served, "instructor", width=width) as page:
        page.goto(f"{served.address}/cases/")
        links = page.locator("main a").evaluate_all("all => all.map(one => one.pathname)")
        where = next(path for path in links if re.fullmatch(r"/cases/\d+", path))
        page.goto(served.address + where)
        found = violations(page)
        page.goto(f"{served.address}{where}?problem=1")
        found += violations(page)
    assert found == []
