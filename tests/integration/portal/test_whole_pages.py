"""Every page as it is sent: what it weighs, and that in Chinese no sentence of it is English."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient

from app.portal.translation import LANGUAGE_COOKIE
from tests.integration.portal.addresses import (
    MARK,
    SIGNS_IN_OR_OUT,
    addresses,
    furnished,
)

LIMIT = 300_000  # bytes
ROLES = ("researcher", "student", "instructor", "steward", "administrator", "auditor")
ENGLISH = re.compile(r"[A-Za-z]{2,}[ ,.’]+[a-z]{2,}|^[A-Z]?[a-z]{3,}$|about [\d<]")
"""Two words in a row, or one that is all there is."""
WRITTEN = re.compile(
    rf"{MARK}|Blood pressure after sixty|A tiny release|tiny-v1|Dizzy on rising"
    r"|\w+@(example|place)\.org|\w+_\w+|\w+:\w+|CITATION\.cff|\w+\.(csv|txt)\b|https?://\S+"
    r"|JSON-LD|schema\.org|Care Commons|Moodle|Canvas|OMOP Common Data Model|.*’s .*"
)
"""What the world's people and its release wrote; names of columns, files, addresses, standards."""
TYPED = {
    "To learn how hypertension is followed up.", "Ethics committee of the institute",
    "The institute's secure room", "One table.", "Follow-up is lifelong.", "age and sex",
    "time of diagnosis", "first version", "18 years or older", "1. 18 years or older",
    "Hypertension", "Hypertensive disorder", "a test column", "keep", "test", "concept", "person",
    "area", "people", "north", "south", "hypertension", "second project", "test table",
    "Classmate", "Colleague", "observation, measurement",
    ".csv, .png, .txt, .md, .py, .r, .sql, .ipynb", "contradicts itself",
}  # fmt: skip
"""Words of the world: typed by its people, or of the tables of its release."""
OF_THE_ENGINE = ("catalogue.risk_report", "catalogue.quality_report")
"""Reports that the engine wrote with a release, in English."""
LINKED = re.compile(r'<(?:link|script)[^>]+(?:href|src)="([^"]+\.(?:css|js)[^"]*)"')
VOID = {"br", "img", "input", "meta", "link", "hr", "wbr", "path", "circle", "line", "rect"}
SILENT = {"code", "style", "script", "title", "textarea", "pre"}
SHOWN = ("alt", "title", "aria-label", "placeholder", "data-label")


class Words(HTMLParser):
    """The words of a page in its own language, those of attributes too."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._open: list[tuple[str, bool]] = []

    @property
    def _silent(self) -> bool:
        return bool(self._open) and self._open[-1][1]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        foreign = given.get("lang", "").startswith("en") or "code" in given.get("class", "").split()
        if tag not in VOID:
            self._open.append((tag, self._silent or foreign or tag in SILENT))
        if not self._silent:
            self.found += [given[name] for name in SHOWN if given.get(name)]

    def handle_endtag(self, tag: str) -> None:
        while tag not in VOID and self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.found.append(" ".join(data.split()))


def english(page: str) -> set[str]:
    """Words of a page that are English and nobody's own."""
    reader = Words()
    reader.feed(page)
    return {
        text
        for text in reader.found
        if ENGLISH.search(WRITTEN.sub("", text))
        and not any(typed in text for typed in TYPED if len(typed) > 8)
        and text.strip(":：，, ") not in TYPED
    }


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """A browser of nobody's, for style sheets and scripts."""
    world = furnished(tmp_path_factory.mktemp("pages")).world
    with closing(world.database):
        yield world.client()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Every page in Chinese by its endpoint, as the first role gets it that may open it."""
    place = furnished(tmp_path_factory.mktemp("chinese"))
    found: dict[str, str] = {}
    for who in ROLES:
        client = place.world.client(who)
        client.set_cookie(LANGUAGE_COOKIE, "zh")
        for one in addresses(client.application, place.objects):
            silent = SIGNS_IN_OR_OUT | found.keys()
            if one.method != "GET" or one.endpoint in silent or one.is_api:
                continue
            answer = client.get(one.path)
            if answer.status_code == 200 and answer.mimetype == "text/html":
                found[one.endpoint] = answer.get_data(as_text=True)
    place.world.database.close()
    return found


def test_a_page_in_chinese_has_no_english_sentence(pages: dict[str, str]) -> None:
    left: dict[str, str] = {}
    for endpoint, page in pages.items():
        if not endpoint.startswith(OF_THE_ENGINE):
            left |= dict.fromkeys(english(page), endpoint)
    said = [f"{endpoint}: {text}" for text, endpoint in left.items()]
    assert said == []
    assert len(pages) > 70


def test_no_page_sends_more_than_300_kilobytes(client: FlaskClient, pages: dict[str, str]) -> None:
    sizes: dict[str, int] = {}

    def size_of(address: str) -> int:
        """A style sheet or script as it is sent, compressed."""
        if address not in sizes:
            parts = urlsplit(address)
            target = f"{parts.path}?{parts.query}"
            answer = client.get(target, headers={"Accept-Encoding": "gzip"})
            assert answer.status_code == 200, address
            sizes[address] = len(answer.data)
        return sizes[address]

    weighed = {
        endpoint: len(page.encode()) + sum(map(size_of, set(LINKED.findall(page))))
        for endpoint, page in pages.items()
    }
    assert {endpoint: size for endpoint, size in weighed.items() if size > LIMIT} == {}


def test_what_a_page_names_is_kept_until_its_content_changes(
    client: FlaskClient, pages: dict[str, str]
) -> None:
    linked = re.findall(r'<link[^>]+href="(/[^"]+\.(?:css|svg)\?[^"]+)"', pages["catalogue.index"])
    assert len(linked) >= 3
    for address in linked:
        assert "immutable" in client.get(address).headers["Cache-Control"]
        # Another content than the named one is asked for again.
        for other in (address.partition("?")[0], f"{address}0"):
            assert client.get(other).headers["Cache-Control"] == "no-cache"
