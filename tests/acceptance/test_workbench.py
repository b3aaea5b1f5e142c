"""An instructor's way from a record to a case that is handed over, by pages and by the clock."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.acceptance.conftest import Demo
from tests.acceptance.portal import PHONE, Pictures, fits, signed_in
from tests.acceptance.walk import Hand

pytestmark = pytest.mark.browser

ALLOWED_SECONDS = 1800
WORDS_A_MINUTE, CHARACTERS_A_MINUTE = 200, 260
"""Reading: the mean for English non-fiction is 238 (Brysbaert 2019); the Chinese is assumed."""
JUDGED = 20.0
"""Seconds to judge whether a question and its key are right, beside reading them: assumed too."""

# What stands in a part of a page to be read: texts and values, not the labels of a form.
CONTENT = """
node => {
  const copy = node.cloneNode(true);
  const labels = "label:not(.form-check-label), legend, button, select, datalist, textarea, .hint, "
    + ".visually-hidden, .source-link, .code, details:not([open]) > :not(summary)";
  copy.querySelectorAll(labels).forEach(one => one.remove());
  const fields = "textarea, input:not([type=hidden]):not([type=checkbox]):not(.place)";
  const values = [...node.querySelectorAll(fields)]
    .filter(one => !one.closest("details:not([open])"))
    .map(one => one.value);
  return copy.textContent + "\\n" + values.join("\\n");
}
"""

VOICE_EN = "I am worried that I will end up like my father, who had a stroke."
VOICE_ZH = "我担心会像父亲那样中风。"
EXPLANATION = " Compare it with the visit before."


def read(hand: Hand, what: Locator) -> None:
    """Read parts of the page, carefully; a line that was read before is only recognised."""
    for one in what.all():
        for line in str(one.evaluate(CONTENT)).splitlines():
            text = " ".join(line.split())
            if text and text not in hand.seen:
                hand.seen.add(text)
                characters = len(re.findall("[\u4e00-\u9fff]", text))
                words = len(re.sub("[\u4e00-\u9fff]+", " ", text).split())
                hand.seconds += 60 * (words / WORDS_A_MINUTE + characters / CHARACTERS_A_MINUTE)


def walk(hand: Hand) -> None:
    """From the desk to a draft that waits for a colleague."""
    page = hand.page

    def button(name: str) -> Locator:
        return page.get_by_role("button", name=name, exact=True)

    def go(what: Locator) -> None:
        """Press what opens another page; the page before must not be taken for it."""
        with page.expect_event("load"):
            hand.press(what)

    def tab(name: str) -> None:
        go(page.get_by_label("Parts of the case").get_by_role("link", name=name))

    # A record that teaches something.
    go(page.get_by_role("link", name="Teaching"))
    go(page.get_by_role("link", name="Synthetic county, for teaching"))
    hand.choose(page.get_by_label("Problem group"), "hypertension")
    hand.choose(page.get_by_label("Kind of problem"), "psychological")
    hand.choose(page.get_by_label("Notes in"), "en")
    go(button("Find"))
    hand.picture("workbench-1-finder", page.get_by_label("What you look for"))
    for place in range(3):
        read(hand, page.locator("li.record").nth(place))
    go(page.get_by_role("button", name="Draft a case from Record 1", exact=True))

    # The whole of it, once, as it was drafted.
    go(page.get_by_role("link", name="Edit the case and its lesson"))
    read(hand, page.locator(".desk"))
    tab("Problem list")
    read(hand, page.locator(".desk"))
    tab("Stages")
    stages = page.locator(".desk > section").count() - 1
    read(hand, page.locator(".desk > section"))
    hand.picture("workbench-2-stages")

    # One datum looked up in the release and moved where it teaches more.
    go(page.locator(".desk .source-link").nth(3))
    expect(page.locator(".record-panel .source").first).to_be_visible()
    read(hand, page.locator(".record-panel .source").first)
    hand.picture("workbench-3-source")
    hand.press(page.locator(".desk input[name=datum]").nth(1))
    hand.choose(page.locator("#move-to"), "stage:2")
    hand.press(button("Move"))
    expect(page.get_by_role("status")).to_contain_text("stage 2")

    # The person's voice, which only the teacher can write, in both languages.
    tab("Heading and voices")
    voice = page.get_by_role("group", name=re.compile("The person's voice .*new")).first
    hand.write(voice.get_by_label("English"), VOICE_EN)
    hand.write(voice.get_by_label("中文"), VOICE_ZH)
    hand.press(button("Keep"))
    expect(page.get_by_role("status")).to_contain_text("Kept")

    # A draft asks for every decision that the record has; one is enough for a lesson. Each exercise
    # that stays is read with its key; one explanation is made better.
    tab("Exercises")
    names = page.locator(".exercise-line a[href*='name=']")
    decisions = page.locator(".exercise-line a[href*='name=management-']")
    while (left := decisions.count()) > 1:
        go(decisions.last)
        go(button("Take this exercise away"))
        expect(decisions).to_have_count(left - 1)
    assert names.count() > 0
    for place in range(names.count()):
        hand.press(names.nth(place))
        expect(names.nth(place)).to_have_attribute("aria-current", "true")
        read(hand, page.locator(".editor").first)
        hand.seconds += JUDGED
    hand.picture("workbench-4-exercise", page.locator("#exercise"))
    explanation = page.get_by_label("Explanation, English")
    old = explanation.input_value()
    hand.write(explanation, EXPLANATION)
    explanation.fill(old + EXPLANATION)
    hand.press(button("Keep the exercise"))
    expect(page.get_by_role("status")).to_contain_text("Kept")
    for name in ("Objectives", "Expert view"):
        tab(name)
        read(hand, page.locator(".desk"))
    tab("De-identification")
    read(hand, page.locator("[aria-labelledby=deid-look], [aria-labelledby=deid-case]"))

    # As a student, stage by stage; then to a colleague.
    tab("As a student")
    for place in range(1, stages + 1):
        hand.choose(page.locator("#preview-stage"), str(place))
        go(button("Show"))
        read(hand, page.locator("article.preview .fresh, .exercise-preview"))
    hand.picture("workbench-5-preview")
    tab("Overview")
    read(hand, page.locator(".checks"))
    hand.press(button("Hand over for review"))
    expect(page.locator("main")).to_contain_text("waits for a colleague")


def test_from_record_to_a_case_handed_over_in_half_an_hour(browser: Browser, served: Demo) -> None:
    with signed_in(browser, served, "instructor") as page:
        hand = Hand(page, Pictures())
        walk(hand)
    assert hand.seconds < ALLOWED_SECONDS


def test_the_workbench_fits_a_phone_and_works_without_a_script(
    browser: Browser, served: Demo
) -> None:
    with signed_in(browser, served, "instructor", javascript=False) as page:
        page.goto(f"{served.address}/teaching/candidates/county-teaching-v1?group=hypertension")
        page.get_by_role("button", name="Draft a case from Record 1", exact=True).click()
        page.get_by_role("link", name="Edit the case and its lesson").click()
        page.get_by_label("Title of the record").fill("Somebody who is tired")
        page.get_by_role("button", name="Keep", exact=True).click()
        assert "Somebody who is tired" in page.inner_text("h1")
        page.get_by_role("button", name="Undo").click()
        assert "Somebody who is tired" not in page.inner_text("h1")
        address = page.url.partition("?")[0]
    with signed_in(browser, served, "instructor", **PHONE) as page:
        for part in ("problems", "stages", "exercises", "preview", "deid"):
            page.goto(f"{address}?part={part}&datum=d9")
            assert fits(page), part
