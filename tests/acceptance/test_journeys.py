"""What holds for everybody in the browser: who gets in and where, reading without a script."""

from __future__ import annotations

import re

import nbformat
import pytest
from nbclient import NotebookClient
from playwright.sync_api import Browser, expect

from app.demo.requests import PROJECT
from app.lab.workspace import shipped_notebooks
from tests.acceptance.conftest import Demo
from tests.acceptance.portal import signed_in

pytestmark = pytest.mark.browser


def test_a_wrong_password_says_so_and_lets_nobody_in(browser: Browser, served: Demo) -> None:
    page = browser.new_page()
    page.goto(f"{served.address}/sign-in")
    page.locator("#email").fill("researcher@demo.example.org")
    page.locator("#password").fill("not-the-password")
    page.get_by_role("button", name="Sign in").click()
    page.locator(".notice-error").wait_for()
    page.goto(f"{served.address}/requests/")
    expect(page).to_have_url(re.compile("/sign-in"))
    page.close()


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


def test_a_student_reads_the_whole_file_of_a_case_without_a_script(
    browser: Browser, served: Demo
) -> None:
    with signed_in(browser, served, "student", javascript=False) as page:
        page.goto(f"{served.address}/cases/")
        page.locator("main a[href^='/attempts/cases/']").nth(1).click()
        page.locator("#mode-reading").check()
        page.locator("form[action$='/begin'] button").click()
        page.locator("#problem-list").wait_for()
        assert page.locator("main svg").count() >= 2


def test_a_student_finds_no_door_to_research(browser: Browser, served: Demo) -> None:
    with signed_in(browser, served, "student") as page:
        for path in ("/requests/", "/cohorts/", "/review/", "/users", "/audit", "/teaching/"):
            answer = page.request.get(served.address + path)
            assert answer.status in {403, 404}, path
