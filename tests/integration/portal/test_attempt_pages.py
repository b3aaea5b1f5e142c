"""The page of an attempt as a screen reader, a keyboard and a browser without scripts meet it."""

from __future__ import annotations

from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from tests.integration.portal.lessons import (
    ANSWERS,
    STAGE_OF,
    another_student,
    begin,
    commit,
    go_on,
    school,
)
from tests.integration.portal.world import World

ALONE = {"input", "meta", "link", "img", "br", "hr", "wbr", "line", "path", "rect", "circle"}


class Outline(HTMLParser):
    """Headings, fields and buttons in the order of the document, and what labels what."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.headings: list[tuple[int, str]] = []
        self.fields: list[dict[str, str]] = []
        self.labelled: set[str] = set()
        self.ids: list[str] = []
        self.references: set[str] = set()
        self.order: list[str] = []
        self.inline: list[str] = []
        self._heading = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if "id" in given:
            self.ids.append(given["id"])
        for name in ("aria-labelledby", "aria-describedby"):
            self.references |= set(given.get(name, "").split())
        if len(tag) == 2 and tag[0] == "h" and tag[1].isdigit():
            self._heading = int(tag[1])
            self.headings.append((self._heading, ""))
        if tag in {"input", "select", "textarea"} and given.get("type") != "hidden":
            self.fields.append(given)
            self.order.append(f"field {given.get('name')}")
        if tag == "button" and "aria-hidden" not in given:
            self.order.append(f"button {given.get('value', '')}")
        if tag == "label":
            self.labelled.add(given.get("for", ""))
        if "style" in given or any(name.startswith("on") for name in given):
            self.inline.append(tag)
        if tag == "script" and "src" not in given:
            self.inline.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._heading and tag == f"h{self._heading}":
            self.order.append(f"heading {self.headings[-1][1].strip()}")
            self._heading = 0

    def handle_data(self, data: str) -> None:
        if self._heading:
            level, text = self.headings[-1]
            self.headings[-1] = (level, text + data)


def check(page: str) -> Outline:
    outline = Outline(page)
    levels = [level for level, _ in outline.headings]
    assert levels[0] == 1
    assert all(below - above <= 1 for above, below in pairwise(levels))
    for one in outline.fields:
        assert one.get("aria-label") or one.get("id") in outline.labelled, one
    assert len(set(outline.ids)) == len(outline.ids)
    assert outline.references <= set(outline.ids)
    assert outline.inline == []
    return outline


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> World:
    return school(Path(tmp_path_factory.mktemp("school")))


@pytest.fixture(scope="module")
def student(taught: World) -> FlaskClient:
    return taught.client("student")


def test_every_state_of_the_page_has_labels_headings_in_order_and_nothing_inline(
    student: FlaskClient,
) -> None:
    check(student.get("/attempts/cases/1").get_data(as_text=True))
    address = begin(student)
    for number, stage in enumerate(STAGE_OF, 1):
        if number > 1 and stage > STAGE_OF[number - 2]:
            go_on(student, address, str(stage))
        empty = commit(student, address, number, none="")
        assert empty.status_code == 422
        check(empty.get_data(as_text=True))
        commit(student, address, number, **ANSWERS[number - 1])
        check(student.get(f"{address}?lang=zh").get_data(as_text=True))
    go_on(student, address, "end")
    check(student.get(f"{address}?lang=en").get_data(as_text=True))
    for mode in ("reading", "worked"):
        check(student.get(begin(student, mode)).get_data(as_text=True))


def test_content_is_read_before_the_question_and_the_question_before_its_buttons(
    taught: World,
) -> None:
    client = another_student(taught, "olga")
    page = client.get(begin(client, "whole")).get_data(as_text=True)
    outline = check(page)
    # From the top of a long page one link leads to the question that is asked now.
    assert page.count(">To question 1</a>") == 1
    assert page.index('href="#question-1"') < page.index('id="person"')
    places = [
        outline.order.index(one)
        for one in (
            "heading Dizzy on rising",
            "heading Person",
            "heading Stage 1: The first visit",
            "heading Question 1",
            "field text",
            "button commit",
            "button keep",
            "heading My work",
        )
    ]
    assert places == sorted(places)
