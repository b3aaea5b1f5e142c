"""A researcher who has never seen the portal: from sign-in to a submitted request, by its pages."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

import cohorts
from cohorts.templates import list_templates
from deid.release import open_release
from tests.acceptance.conftest import Demo, Walked
from tests.acceptance.portal import PHONE, fits, signed_in

pytestmark = pytest.mark.browser

ALLOWED_SECONDS = 600
RARE = {"tuberculosis_newly_treated"}
"""Of six hundred residents nobody has it newly."""


def test_from_sign_in_to_a_submitted_request_in_under_ten_minutes(walked: Walked) -> None:
    assert walked.seconds < ALLOWED_SECONDS, walked


def test_the_builder_fits_a_phone_and_works_without_a_script(
    browser: Browser, served: Demo
) -> None:
    with signed_in(browser, served, "researcher", javascript=False) as page:
        page.goto(f"{served.address}/cohorts/new")
        card = page.locator("li", has_text="Type 2 diabetes with HbA1c above target")
        card.get_by_role("button").click()
        page.get_by_role("button", name="Count", exact=True).click()
        assert "People left after each step" in page.inner_text("#counts")
        page.get_by_role("link", name="18 years or older:", exact=True).click()
        page.get_by_label("name: name").fill("Grown up")
        page.get_by_role("button", name="Apply").click()
        assert "Grown up:" in page.inner_text("main")
        page.get_by_role("button", name="Undo").click()
        assert "18 years or older:" in page.inner_text("main")
        page.get_by_role("link", name="Add an entry event").click()
        page.locator("#find").fill("diabetes")
        page.get_by_role("button", name="Search").click()
        assert page.locator("#found table").count() == 1
        address = page.url
    with signed_in(browser, served, "researcher", **PHONE) as page:
        for where in (address, f"{served.address}/cohorts/new", f"{served.address}/cohorts/"):
            page.goto(where)
            assert fits(page), where


@pytest.mark.parametrize("name", list_templates())
def test_every_template_but_that_of_a_rare_disease_finds_people_in_the_demonstration(
    prepared: Demo, name: str
) -> None:
    release = open_release(prepared.home / "releases", "county-research-v1")
    template = cohorts.load_template(name)
    ids = {item["concept"]["CONCEPT_ID"] for s in template.concept_sets for item in s.items}
    assert {hit.concept_id for hit in cohorts.find_concepts(release, ids)} == ids
    assert (cohorts.run(template, release).persons > 0) is (name not in RARE)
