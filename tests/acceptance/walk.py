"""A researcher who has never seen the portal, by its pages and by the clock of a model."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Locator, Page, expect

from tests.acceptance.portal import PAPER, Pictures

# Operators of the keystroke-level model (Card, Moran and Newell 1980), in seconds: a key of an
# average typist, pointing and pressing, a moment of thought; and our own for a page that is new.
KEY, POINT, THINK, NEW_PAGE = 0.28, 1.3, 1.35, 20.0
PAGE = 0.2
"""For a page to come: of twenty, nineteen are there by then (docs/benchmarks.md). The clock of the
machine that tests on two processors says nothing of that."""
READ = 70.0 - NEW_PAGE
"""For the 233 words of the agreement at 200 words a minute, looking at the page included."""
COUNTED = 60_000


@dataclass
class Hand:
    """Does what a person does, adds up the time that it takes them, and takes pictures."""

    page: Page
    pictures: Pictures
    password: str = ""
    seconds: float = 0.0
    seen: set[str] = field(default_factory=set)

    def press(self, what: Locator) -> None:
        self._look()
        what.click()
        self.seconds += THINK + POINT + PAGE

    def write(self, where: Locator, text: str) -> None:
        self._look()
        where.fill(text)
        self.seconds += THINK + POINT + KEY * len(text)

    def choose(self, where: Locator, option: str) -> None:
        self._look()
        where.select_option(option)
        self.seconds += THINK + 2 * POINT

    def picture(self, name: str, of: Locator | None = None) -> None:
        self.pictures.take(self.page, name, of)

    def _look(self) -> None:
        place = re.sub(r"\d+|\?.*", "", self.page.url)
        if place not in self.seen:
            self.seen.add(place)
            self.seconds += NEW_PAGE


def walk(hand: Hand) -> str:
    """From the first page to a submitted request; its address."""
    page = hand.page

    def button(name: str) -> Locator:
        return page.get_by_role("button", name=name, exact=True)

    def link(name: str) -> Locator:
        return page.get_by_role("link", name=name)

    # A project of one's own.
    hand.press(link("Projects"))
    hand.write(page.locator("#title"), "New users of metformin")
    hand.write(page.locator("#code"), "metformin-start")
    hand.press(button("Make the project"))

    # The cohort, sentence by sentence.
    hand.press(link("Cohorts").first)
    hand.press(link("New cohort"))
    by_hand = page.get_by_role("region", name="By hand")
    hand.choose(by_hand.get_by_label("Project"), "New users of metformin")
    hand.write(by_hand.get_by_label("Name"), "New users of metformin")
    hand.press(by_hand.get_by_role("button", name="Begin"))
    hand.press(link("Add an entry event"))
    hand.write(page.locator("#find"), "metformin")
    hand.press(button("Search"))
    expect(page.locator("#found table")).to_be_visible()
    hand.press(page.get_by_role("button", name="Add metformin", exact=True).first)
    hand.press(page.get_by_label("only the first in the person's history"))
    hand.press(button("Apply"))
    entry = page.get_by_role("region", name="Who enters, and when")
    expect(entry).to_contain_text('a drug exposure of "metformin", the first in the person')
    expect(page.locator("#counts")).to_contain_text("about", timeout=COUNTED)
    hand.press(
        entry.get_by_role("link", name="The event lies within a period of observation.", exact=True)
    )
    hand.write(page.get_by_label("days of observation before: "), "180")
    hand.press(button("Apply"))
    expect(entry).to_contain_text("at least 180 days before")

    rules = page.get_by_role("region", name="Inclusion rules")
    hand.write(page.locator("#rule-name"), "Adults")
    hand.press(button("Add a rule"))
    expect(rules).to_contain_text("Adults:")
    hand.press(rules.get_by_role("link", name="+ add to this rule"))
    hand.press(page.get_by_role("button", name="Add a demand on age, sex"))
    hand.choose(page.get_by_label("age at the event: is"), "at least")
    hand.write(page.get_by_label("age at the event: value"), "18")
    hand.press(button("Apply"))
    expect(rules).to_contain_text("age at the event at least 18")

    hand.write(page.locator("#rule-name"), "Type 2 diabetes by then")
    hand.press(button("Add a rule"))
    expect(rules).to_contain_text("Type 2 diabetes by then:")
    hand.press(rules.get_by_role("link", name="+ add to this rule").last)
    hand.write(page.locator("#find"), "2型糖尿病")
    hand.press(button("Search"))
    hand.press(page.get_by_role("button", name="Add Type 2 diabetes mellitus", exact=True).first)
    when = page.get_by_role("group", name="to", exact=True)
    hand.write(when.get_by_label("to: days"), "0")
    hand.choose(when.get_by_label("to: before or after"), "days after")
    hand.picture("cohort-sentence", page.get_by_role("region", name="Inclusion rules"))
    hand.press(button("Apply"))
    expect(rules).to_contain_text("from any time before to 0 days after the entry event's start")
    expect(page.locator("#counts")).to_contain_text("2. Type 2 diabetes by then", timeout=COUNTED)
    expect(page.locator("#counts")).not_to_have_class(re.compile("counting"), timeout=COUNTED)
    hand.picture("cohort-counts")
    hand.write(page.locator("#note"), "First version for the request")
    hand.press(button("Keep as version 1"))
    expect(page.get_by_text("Version 1 is kept.")).to_be_visible()
    expect(page.get_by_text("Attrition: people left after each rule")).to_be_visible()
    hand.picture("cohort-kept")

    # The request.
    hand.press(button("Ask for data"))
    hand.write(page.locator("#purpose"), "How HbA1c changes in the year after metformin begins.")
    hand.choose(page.locator("#duo_code"), "DUO:0000007")
    hand.write(page.locator("#ethics_number"), "WALK-1")
    hand.write(page.locator("#ethics_expires"), f"{datetime.now(UTC).year + 2}-12-31")
    page.set_input_files("#ethics_document", PAPER)
    hand.seconds += 2 * (THINK + POINT)
    expect(page.locator("#place_of_work")).not_to_be_empty()  # as in the request before
    hand.choose(page.locator("#release"), "county-research-v1")
    hand.press(button("Save, then read and sign the agreement"))
    hand.seconds += READ
    hand.write(page.locator("#name"), "Rosa Researcher")
    hand.write(page.locator("#password"), hand.password)
    hand.press(button("Sign"))
    hand.choose(page.locator("#cohort_version"), "New users of metformin, version 1")
    hand.write(page.locator("#planned_outputs"), "A table and a curve.")
    hand.write(
        page.locator("#end_date"), (datetime.now(UTC).date() + timedelta(days=200)).isoformat()
    )
    for table in ("person", "measurement"):
        details = page.locator(f"details:has(#reason-{table})")
        if not details.get_attribute("open"):
            hand.press(details.locator("summary"))
        hand.write(page.locator(f"#reason-{table}"), "Age, sex, and HbA1c over time.")
        for box in page.locator(f"input[name=column][value^='{table}.']").all():
            box.check()
            hand.seconds += POINT
    hand.press(page.get_by_label("Around each entry into the cohort"))
    hand.write(page.locator("#window_before"), "180")
    hand.write(page.locator("#window_after"), "365")
    hand.write(page.locator("#window_reason"), "The outcome is the change in the first year.")
    hand.press(button("Save the draft"))
    hand.press(page.get_by_role("button", name=re.compile("Leave out all")))
    hand.picture("request-form", page.locator("#part-data"))
    hand.press(button("Save and submit"))
    expect(page.locator("main")).to_contain_text("Submitted")
    return page.url
