"""Whole journeys through the portal in Chromium: a researcher's data, a student's case."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import nbformat
import pytest
from nbclient import NotebookClient
from playwright.sync_api import Browser, FilePayload, Page, expect, sync_playwright

from app.demo.requests import PROJECT
from app.lab.workspace import shipped_notebooks
from tests.acceptance.conftest import Demo

pytestmark = pytest.mark.browser
PAPER: FilePayload = {
    "name": "approval.pdf",
    "mimeType": "application/pdf",
    "buffer": b"%PDF-1.4\n% an approval, made up\n%%EOF\n",
}

DELIVERY_SECONDS = 90
WAIT_MILLISECONDS = 15_000
expect.set_options(timeout=WAIT_MILLISECONDS)  # other tests run beside these
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )


@contextmanager
def signed_in(
    browser: Browser,
    demo: Demo,
    who: str,
    width: int = 1280,
    height: int = 900,
    javascript: bool = True,
) -> Iterator[Page]:
    """A page of somebody's; it fails if the page calls elsewhere or reports an error."""
    context = browser.new_context(
        viewport={"width": width, "height": height}, java_script_enabled=javascript
    )
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
    page.goto(f"{demo.address}/sign-in")
    page.locator("#email").fill(f"{who}@demo.example.org")
    page.locator("#password").fill(demo.password)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Sign out").or_(
        page.get_by_role("link", name="Sign out")
    ).wait_for()
    yield page
    context.close()
    assert elsewhere == []
    # The browser reports each refused page too; which pages are refused is the tests' own matter.
    assert [line for line in complaints if "status of 403" not in line] == []


def fits(page: Page) -> bool:
    """Whether the page needs no sideways scrolling."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def test_a_wrong_password_says_so_and_lets_nobody_in(browser: Browser, served: Demo) -> None:
    page = browser.new_page()
    page.goto(f"{served.address}/sign-in")
    page.locator("#email").fill("researcher@demo.example.org")
    page.locator("#password").fill("not-the-password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    page.goto(f"{served.address}/requests/")
    expect(page).to_have_url(re.compile("/sign-in"))
    page.close()


def test_from_a_cohort_to_the_notebook(browser: Browser, served: Demo) -> None:
    """Define, count, ask, approve, deliver, analyse: by the pages that people have."""
    with signed_in(browser, served, "researcher") as page:
        page.goto(f"{served.address}/cohorts/")
        page.get_by_role("link", name="Adults with type 2 diabetes", exact=True).click()
        page.get_by_role("button", name="Count").click()
        assert "people" in page.inner_text("main").lower()
        page.goto(f"{served.address}/requests/")
        page.get_by_label("What it is about").fill("Glucose control, as the browser asks")
        page.get_by_role("button", name="Begin a draft").click()
        page.get_by_role("button", name="Save and submit").click()
        assert "missing" in page.inner_text("main").lower()
        page.fill("#purpose", "Whether regular follow-up improves glucose control.")
        page.select_option("#duo_code", "DUO:0000007")
        page.fill("#ethics_number", "BROWSER-1")
        page.fill("#ethics_body", "Ethics committee of the university")
        page.fill("#ethics_expires", (datetime.now(UTC).date() + timedelta(days=700)).isoformat())
        page.set_input_files("#ethics_document", PAPER)
        page.fill("#place_of_work", "The university's secure room")
        page.get_by_role("button", name="Save, then read and sign").click()
        page.fill("#name", "Rosa Researcher")
        page.fill("#password", served.password)
        page.get_by_role("button", name="Sign", exact=True).click()
        page.select_option("#release", "county-research-v1")
        page.get_by_role("button", name="Save the draft").click()
        cohort = page.locator(
            "#cohort_version option", has_text="Adults with type 2 diabetes,"
        ).first
        page.select_option("#cohort_version", cohort.get_attribute("value"))
        page.fill("#planned_outputs", "A Table 1.")
        end = datetime.now(UTC).date() + timedelta(days=200)
        page.fill("#end_date", end.isoformat())
        for table in ("person", "measurement"):
            details = page.locator(f"details:has(#reason-{table})")
            if details.count() and not details.first.get_attribute("open"):
                details.first.locator("summary").click()
            page.fill(f"#reason-{table}", "Age, sex and values of HbA1c for Table 1.")
            for box in page.locator(f"input[name=column][value^='{table}.']").all():
                box.check()
        page.get_by_label("The whole record of each person").check()
        page.fill("#window_reason", "Follow-up is as long as the record.")
        page.get_by_role("button", name="Save the draft").click()
        assert "tell most of a person" in page.inner_text("main")
        page.get_by_role("button", name=re.compile("Leave out all")).click()
        assert "100 of 100" in page.inner_text("main")
        page.get_by_role("button", name="Save and submit").click()
        address = page.url
        assert "Submitted" in page.inner_text("main")

    with signed_in(browser, served, "steward") as page:
        page.goto(address)
        page.get_by_role("button", name="Begin the review").click()
        page.get_by_role("button", name="Approve").click()
        assert "approved" in page.inner_text("main").lower()

    with signed_in(browser, served, "researcher") as page:
        deadline = time.monotonic() + DELIVERY_SECONDS
        page.goto(address)
        while "Delivered" not in page.inner_text("main"):
            assert time.monotonic() < deadline, page.inner_text("main")
            time.sleep(1)
            page.reload()
        assert f"carecommons lab --project {PROJECT}" in page.inner_text("main")


def test_the_delivered_extract_runs_in_the_shipped_notebook(
    served: Demo, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = served.home / "projects" / PROJECT
    assert list((project / "extracts").iterdir())
    for name in [n for n in served.environment if n.startswith("CARECOMMONS_")]:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CARECOMMONS_LAB_PROJECT", str(project))
    notebook = nbformat.read(shipped_notebooks()[0], as_version=4)
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(project)}}).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert any("image/png" in output.get("data", {}) for output in outputs)
    assert not [output for output in outputs if output["output_type"] == "error"]


def begin_case(page: Page, served: Demo, mode: str, place: int = 0) -> None:
    """From the library into an attempt at a case, in one of the ways to go through it."""
    page.goto(f"{served.address}/cases/")
    page.locator("main a[href^='/attempts/cases/']").nth(place).click()
    page.locator(f"#mode-{mode}").check()
    page.locator("form[action$='/begin'] button").click()
    page.wait_for_url(re.compile(r"/attempts/\d+$"))


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until what ``selector`` names has the focus."""
    for _ in range(300):
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard does not reach {selector}")


def test_a_student_commits_and_goes_on_by_keyboard_alone(browser: Browser, served: Demo) -> None:
    with signed_in(browser, served, "student") as page:
        begin_case(page, served, "learn")
        assert page.locator("main svg").count() >= 1 or page.locator(".stage").count() == 1
        # Enter in a field keeps what was typed; only the button commits.
        field = ".ask input:not([type=hidden]), .ask textarea, .ask select"
        tab_to(page, field)
        page.keyboard.press("Enter")
        page.locator("main .notice").first.wait_for()
        assert page.locator(".given").count() == 0
        names = page.locator("#terms option").evaluate_all("all => all.map(one => one.value)")
        for line, name in enumerate(names[:3], 1):
            tab_to(page, f"#diagnosis-{line}")
            page.keyboard.type(name)
            page.keyboard.press("Escape")
            tab_to(page, f"#confidence-{line}")
            page.keyboard.type("20")
        tab_to(page, ".ask button[value=commit]:not([aria-hidden])")
        page.keyboard.press("Enter")
        page.locator(".given").first.wait_for()
        assert page.locator(".given").first.inner_text().count("20 %") == 3
        tab_to(page, ".pin")
        page.keyboard.press("Space")
        page.locator("li.pinned").first.wait_for()


def test_a_student_reads_the_whole_file_of_a_case(browser: Browser, served: Demo) -> None:
    with signed_in(browser, served, "student") as page:
        begin_case(page, served, "reading", 1)
        assert page.locator("main svg").count() >= 2
        assert page.locator("#problem-list").count() == 1


@pytest.mark.parametrize(
    ("who", "paths"),
    [
        (
            "researcher",
            ["/", "/releases/", "/releases/county-research-v1", "/cohorts/", "/requests/"],
        ),
        ("steward", ["/", "/review/", "/audit"]),
        ("student", ["/", "/cases/", "/cases/1"]),
        ("instructor", ["/", "/teaching/"]),
        ("administrator", ["/", "/users"]),
        ("auditor", ["/", "/audit"]),
    ],
)
def test_pages_fit_a_phone(browser: Browser, served: Demo, who: str, paths: list[str]) -> None:
    with signed_in(browser, served, who, **PHONE) as page:
        for path in paths:
            answer = page.goto(served.address + path)
            assert answer is not None
            assert answer.status == 200, path
            assert fits(page), path


def test_reading_needs_no_javascript(browser: Browser, served: Demo) -> None:
    with signed_in(browser, served, "student", javascript=False) as page:
        begin_case(page, served, "reading", 2)
        assert page.locator("main svg").count() >= 1
        assert page.locator("h1").inner_text()


def test_a_student_finds_no_door_to_research(browser: Browser, served: Demo) -> None:
    with signed_in(browser, served, "student") as page:
        for path in ("/requests/", "/cohorts/", "/review/", "/users", "/audit", "/teaching/"):
            answer = page.goto(served.address + path)
            assert answer is not None
            assert answer.status in {403, 404}, path
