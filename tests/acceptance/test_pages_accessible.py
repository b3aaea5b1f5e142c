"""No page of cases breaks a rule of axe; the other pages that people meet: ``test_roles``."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser

from tests.acceptance.conftest import Demo
from tests.acceptance.portal import signed_in, violations

pytestmark = pytest.mark.browser


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
