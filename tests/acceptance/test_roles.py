"""Each role's whole way through the demonstration, once, in Chromium, with pictures of it.

``CARECOMMONS_SCREENSHOTS=docs/screenshots`` keeps the pictures that the documents show.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, expect

from casebank.gate import ATTRIBUTES
from tests.acceptance.conftest import Demo, Walked
from tests.acceptance.portal import PAPER, PHONE, Pictures, View, view_of, violations

pytestmark = pytest.mark.browser

DELIVERY_SECONDS = 240
PICTURES = Pictures()
LIKELY = {"Tension-type headache", "Migraine", "Essential hypertension"}
"""Of a headache, which the first case of the class begins with."""
COLLEAGUE = "nadia.nurse@demo.example.org"


@pytest.fixture(scope="module")
def approved(browser: Browser, served: Demo, walked: Walked) -> str:
    """The walk's request after its review; where it stands."""
    where = walked.request.removeprefix(served.address)
    with view_of(browser, served, "steward") as view:
        view.open("/review/")
        PICTURES.take(view.page, "steward-queue")
        assert violations(view.page) == []
        view.open(where)
        view.press("Begin the review")
        view.press("Approve")
        view.says(re.compile("approved|prepar|delivered", re.IGNORECASE))
    return where


def test_a_researcher_gets_what_was_asked_for_and_asks_for_results_to_leave(
    browser: Browser, served: Demo, approved: str
) -> None:
    """The way to the request is the walk's; here are training, delivery and results."""
    with view_of(browser, served, "researcher") as view:
        page = view.open("/training/")
        expect(page.locator("table")).to_contain_text("verified")
        page.locator("#issuer").fill("Graduate school of the university")
        today = datetime.now(UTC).date()
        page.locator("#issued_on").fill(today.isoformat())
        page.locator("#expires_on").fill((today + timedelta(days=365)).isoformat())
        page.set_input_files("#document", PAPER)
        view.press("Give the certificate")
        expect(page.locator("table")).to_contain_text("waits for a steward")
        view.open("/releases/")
        view.follow("Synthetic county, for research")
        view.says("Most frequent diagnoses")
        view.open(approved)
        for _ in range(DELIVERY_SECONDS):
            if page.locator("#extract").count():
                break
            page.wait_for_timeout(1000)
            page.reload()
        view.says("carecommons lab --project")
        PICTURES.take(page, "request-delivered")
        view.open("/outputs/")
        page.locator("main a[href^='/outputs/parcels/']").first.click()
        view.press("Send to the stewards")
        view.says("Sent.")
        view.open("/")
        assert violations(page) == []


def test_a_steward_votes_blinded_and_lets_no_small_cell_leave(
    browser: Browser, served: Demo
) -> None:
    with view_of(browser, served, "second-steward") as view:
        page = view.open("/review/")
        view.follow("Notes of nurses and adherence")
        expect(page.locator("main")).not_to_contain_text("Well argued.")
        PICTURES.take(page, "steward-decision")
        page.locator("#reason-approve").fill("The notes are needed for what is asked.")
        view.press("Approve")
        view.says("Well argued.")
        view.open("/outputs/")
        view.follow("Visits by sex and decade of birth")
        PICTURES.take(page, "output-review")
        page.locator("#reason").fill("Join decades until no cell is empty.")
        view.press("Reject")
        view.says("The results stay where they are.")


def test_an_auditor_filters_exports_and_sees_the_chain_hold(browser: Browser, served: Demo) -> None:
    with view_of(browser, served, "auditor", colours="dark") as view:
        page = view.open("/audit")
        view.says("no event was changed, removed or put in between")
        page.locator("#action").fill("request.")
        page.locator("#kind").select_option("request")
        view.press("Filter")
        expect(page.locator("tbody tr").first).to_contain_text("request.")
        PICTURES.take(page, "audit-log")
        with page.expect_download() as taken:
            view.press("Export these as CSV")
        assert "request." in taken.value.path().read_text(encoding="utf-8-sig")
        view.open("/released")
        view.says("Which groups of residents")
        assert violations(page) == []
    verified = served.run("audit", "verify")
    assert verified.returncode == 0, verified.stderr


def test_an_administrator_invites_gives_roles_and_looks_at_jobs(
    browser: Browser, served: Demo
) -> None:
    with view_of(browser, served, "administrator") as view:
        page = view.open("/users")
        page.locator("#name").fill("Nadia Nurse")
        page.locator("#email").fill(COLLEAGUE)
        page.locator("#new-student").check()
        view.press("Add the user")
        row = page.locator("tr", has_text=COLLEAGUE)
        expect(row).to_contain_text("student")
        row.locator("summary", has_text="roles of").click()
        row.get_by_label("instructor").check()
        row.get_by_role("button", name="Set these roles").click()
        expect(page.locator("tr", has_text=COLLEAGUE)).to_contain_text("instructor, student")
        PICTURES.take(page, "administrator-users")
        view.open("/jobs/")
        view.says("delivered")
        PICTURES.take(page, "administrator-jobs")
        assert page.request.get(f"{served.address}/health/ready").ok
        assert violations(page) == []


def test_two_reviewers_sign_a_case_and_it_is_published(browser: Browser, served: Demo) -> None:
    with view_of(browser, served, "reviewer") as view:
        page = view.open("/teaching/")
        assert violations(page) == []
        # The demonstration has handed one over; the workbench's draft may wait above it.
        page.locator("tr", has_text="In review").last.locator("th a").click()
        page.locator("#problems").wait_for()
        PICTURES.take(page, "case", page.locator("#problems"))
        view.follow("Review and sign")
        for name in ATTRIBUTES:
            page.locator(f"#{name}-3").check()
        page.locator("#note-clinical").fill("Read from the first contact to the last.")
        PICTURES.take(page, "case-gate")
        view.press("Sign as clinical reviewer")
        view.says("Clinical reviewer: Ravi Reviewer")
        gate = page.url.removeprefix(served.address)
        with view_of(browser, served, "steward") as other:
            other.open(gate)
            _allow_what_is_sensitive(other)
            other.press("Sign as privacy reviewer")
            other.says("Privacy reviewer: Stefan Steward")
        view.open(gate)
        view.press("Publish")
        view.says("Published")


def _allow_what_is_sensitive(view: View) -> None:
    boxes = view.page.locator("input[name=opted_in]").all()
    for box in boxes:
        box.check()
    if boxes:
        view.page.locator("#reason").fill("The case is about it.")


def test_a_student_commits_by_keyboard_before_anything_is_told(
    browser: Browser, served: Demo
) -> None:
    with view_of(browser, served, "student") as view:
        page = view.open("/my-work/")
        assert violations(page) == []
        first = page.locator("main a[href^='/attempts/cases/']").first.get_attribute("href") or ""
        # Labels are in the language switched to last, whatever the case is written in.
        view.open(f"{first}{'&' if '?' in first else '?'}lang=en")
        view.press("Begin")
        page.locator(".stage").first.wait_for()
        view.fits_a_phone()
        PICTURES.take(page, "student-attempt", page.locator(".stage").first)
        attempt = page.url
        _in_chinese_on_a_phone(browser, served, attempt.removeprefix(served.address))
        # Enter in a field keeps what was typed; only the button commits.
        _tab_to(view, ".ask input:not([type=hidden]), .ask textarea, .ask select")
        page.keyboard.press("Enter")
        page.locator("main .notice").first.wait_for()
        expect(page.locator(".given")).to_have_count(0)
        names = page.locator("#terms option").evaluate_all("all => all.map(one => one.value)")
        likely = sorted(names, key=lambda name: name not in LIKELY)
        for line, name in enumerate(likely[:3], 1):
            _tab_to(view, f"#diagnosis-{line}")
            page.keyboard.type(name)
            page.keyboard.press("Escape")
            _tab_to(view, f"#confidence-{line}")
            page.keyboard.type("20")
        expect(page.locator(".feedback")).to_have_count(0)
        _tab_to(view, ".ask button[value=commit]:not([aria-hidden])")
        page.keyboard.press("Enter")
        page.locator(".given").first.wait_for()
        assert page.locator(".given").first.inner_text().count("20 %") == 3
        _tab_to(view, ".pin")
        page.keyboard.press("Space")
        page.locator("li.pinned").first.wait_for()
        # A bookmark on a finding, then the end, the experts' view and the discussion.
        page.locator(".note-link").first.click()
        page.locator("#text").fill("Ask about this again.")
        page.locator("#bookmarked").check()
        view.press("Keep")
        page.goto(attempt)
        page.locator("summary", has_text="End this attempt now").click()
        view.press("End without answering the rest")
        page.locator("#result").wait_for()
        expect(page.locator(".feedback").first).to_be_visible()
        PICTURES.take(page, "student-feedback", page.locator(".feedback").first)
        view.follow("Discussion")
        page.locator("#text").fill("Why was the second thought not the first?")
        view.press("Post")
        view.says("Why was the second thought not the first?")


def _in_chinese_on_a_phone(browser: Browser, served: Demo, attempt: str) -> None:
    with view_of(browser, served, "student", language="zh") as view:
        page = view.open(f"{attempt}?lang=zh")
        expect(page.locator("h1")).to_have_text(re.compile("[\u4e00-\u9fff]"))
        PICTURES.take(page, "student-chinese")
        page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
        PICTURES.take(page, "student-phone", page.locator(".question"))


def _tab_to(view: View, selector: str) -> None:
    """Press Tab until what ``selector`` names has the focus."""
    for _ in range(300):
        if view.page.evaluate("s => document.activeElement.matches(s)", selector):
            return
        view.page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard does not reach {selector}")


def test_an_instructor_gives_a_set_to_a_class_and_sees_how_it_goes(
    browser: Browser, served: Demo
) -> None:
    """The way from a record to a case is the workbench's own test."""
    with view_of(browser, served, "instructor") as view:
        page = view.open("/teaching/classes/")
        page.locator("#title").fill("Family medicine, as the browser teaches it")
        view.press("Make the class")
        page.locator("#assignment-title").fill("Second week")
        view.press("Assign")
        view.says("Assigned. The students find it under My work.")
        view.open("/teaching/classes/1")
        page.get_by_role("link", name=re.compile("^First week")).first.click()
        view.follow("Results")
        view.says("Students by cases")
        view.fits_a_phone()
        PICTURES.take(page, "class-results")
        assert violations(page) == []
