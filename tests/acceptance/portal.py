"""What every test in a browser needs: somebody's page, and pictures of it for the documents."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, FilePayload, Locator, Page, StorageState, expect

from app.portal.translation import LANGUAGE_COOKIE

if TYPE_CHECKING:
    from tests.acceptance.conftest import Demo

PAPER: FilePayload = {
    "name": "approval.pdf",
    "mimeType": "application/pdf",
    "buffer": b"%PDF-1.4\n% an approval, made up\n%%EOF\n",
}
WAIT_MILLISECONDS = 30_000
expect.set_options(timeout=WAIT_MILLISECONDS)  # other tests run beside these
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
FITS = "document.documentElement.scrollWidth <= window.innerWidth"
COLOURS, LARGEST_PICTURE = 128, 150_000

_states: dict[tuple[str, str], StorageState] = {}
"""Who has signed in at which demonstration, and with which cookies."""


@dataclass
class View:
    """Somebody's page in a browser."""

    page: Page
    demo: Demo

    def open(self, path: str) -> Page:
        """A page by its address; it has to be there, and to fit a telephone."""
        answer = self.page.goto(self.demo.address + path)
        assert answer is not None, path
        assert answer.status == 200, path
        self.fits_a_phone()
        return self.page

    def fits_a_phone(self) -> None:
        """The page that is open needs no sideways scrolling on a telephone."""
        before = self.page.viewport_size
        self.page.wait_for_load_state()
        self.page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
        self.page.wait_for_function(FITS)
        if before is not None:
            self.page.set_viewport_size(before)

    def press(self, name: str) -> None:
        """A button by its name."""
        self.page.get_by_role("button", name=name, exact=True).click()

    def follow(self, name: str) -> None:
        """A link by its name."""
        self.page.get_by_role("link", name=name, exact=True).first.click()

    def says(self, text: str | re.Pattern[str]) -> None:
        """The page says so, sooner or later."""
        expect(self.page.locator("main")).to_contain_text(text)


@contextmanager
def signed_in(
    browser: Browser,
    demo: Demo,
    who: str,
    width: int = WIDE["width"],
    height: int = WIDE["height"],
    javascript: bool = True,
    colours: Literal["light", "dark"] = "light",
    language: str = "en",
) -> Iterator[Page]:
    """A page of somebody's; it fails if the page calls elsewhere or reports an error.

    Each person signs in once and stays so.
    """
    if (demo.address, who) not in _states:
        _states[demo.address, who] = _sign_in(browser, demo, who)
    context = browser.new_context(
        viewport={"width": width, "height": height},
        java_script_enabled=javascript,
        color_scheme=colours,
        storage_state=_states[demo.address, who],
    )
    context.add_cookies([{"name": LANGUAGE_COOKIE, "value": language, "url": demo.address}])
    context.set_default_timeout(WAIT_MILLISECONDS)
    page = context.new_page()
    elsewhere: list[str] = []
    complaints: list[str] = []
    page.on(
        "request",
        lambda request: (
            elsewhere.append(request.url)
            if urlsplit(request.url).hostname not in {"127.0.0.1", None}
            else None
        ),
    )
    page.on("console", lambda message: complaints.append(f"{message.type}: {message.text}"))
    page.goto(demo.address)
    yield page
    context.close()
    assert elsewhere == []
    # The browser reports each refused page too; which pages are refused is the tests' own matter.
    assert [line for line in complaints if "status of 403" not in line] == []


def _sign_in(browser: Browser, demo: Demo, who: str) -> StorageState:
    context = browser.new_context()
    context.set_default_timeout(WAIT_MILLISECONDS)
    page = context.new_page()
    page.goto(f"{demo.address}/sign-in")
    page.locator("#email").fill(f"{who}@demo.example.org")
    page.locator("#password").fill(demo.password)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Sign out").wait_for()
    state = context.storage_state()
    context.close()
    return state


@contextmanager
def view_of(
    browser: Browser,
    demo: Demo,
    who: str,
    colours: Literal["light", "dark"] = "light",
    language: str = "en",
) -> Iterator[View]:
    """The same as a :class:`View`."""
    with signed_in(browser, demo, who, colours=colours, language=language) as page:
        yield View(page, demo)


def fits(page: Page) -> bool:
    """Whether the page needs no sideways scrolling."""
    return bool(page.evaluate(FITS))


def violations(page: Page) -> list[str]:
    """What axe finds on the page with everything that can be unfolded open."""
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    found = Axe().run(page).response["violations"]
    return [
        f"{page.url}: {one['id']} ({one['help']}): {node['html'][:160]}"
        for one in found
        for node in one["nodes"]
    ]


@dataclass(frozen=True)
class Pictures:
    """Keeps pictures of pages in the folder that ``CARECOMMONS_SCREENSHOTS`` names, if any."""

    folder: Path | None = field(
        default_factory=lambda: (
            Path(os.environ["CARECOMMONS_SCREENSHOTS"])
            if os.environ.get("CARECOMMONS_SCREENSHOTS")
            else None
        )
    )

    def take(self, page: Page, name: str, at: Locator | None = None) -> None:
        """What is seen of the page, from its top or where ``at`` stands, in a few colours."""
        if self.folder is None:
            return
        # Without a mouse over something, a caret or a smooth way to where it scrolls.
        page.mouse.move(0, 0)
        if at is None:
            page.evaluate("window.scrollTo(0, 0)")
        else:
            at.evaluate("one => window.scrollTo(0, one.getBoundingClientRect().top + scrollY - 24)")
        taken = Image.open(BytesIO(page.screenshot(animations="disabled", caret="hide")))
        few = taken.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
        self.folder.mkdir(parents=True, exist_ok=True)
        kept = self.folder / f"{name}.png"
        few.save(kept, optimize=True)
        assert kept.stat().st_size < LARGEST_PICTURE, name
