"""Every word of the portal is said in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from markupsafe import Markup

from app import languages
from app.portal import formats, translation
from app.portal.translation_sources import (
    areas,
    messages_by_area,
    module_messages,
    template_messages,
    unmarked,
    untranslated,
)


@pytest.fixture(scope="module")
def app() -> Flask:
    made = Flask("app.portal", template_folder="templates")
    translation.init_translation(made)
    formats.init_formats(made)
    return made


@pytest.fixture
def in_chinese(app: Flask) -> Iterator[None]:
    with app.test_request_context("/", headers={"Accept-Language": "zh-CN,zh;q=0.9"}):
        yield


def test_every_message_has_a_translation() -> None:
    assert untranslated() == {}


def test_every_visible_word_of_a_template_is_marked() -> None:
    left = {
        path.name: found
        for paths in areas().values()
        for path in paths
        if (found := unmarked(path))
    }
    assert left == {}


def test_a_translation_has_the_places_and_the_markup_of_its_message() -> None:
    parts = re.compile(r"%\(\w+\)[sd]|\{\d+\}|</?\w+")
    chinese = languages.chinese()
    wrong = [
        message[0]
        for messages in messages_by_area().values()
        for message in messages
        if len(message) == 1
        and message[0] in languages.messages_in_chinese()
        and sorted(parts.findall(re.sub(r"(?<=[a-z])\{\d+\}", "", message[0])))  # an English s
        != sorted(parts.findall(str(chinese.ugettext(message[0]))))
    ]
    assert wrong == []


def test_two_areas_do_not_translate_one_message_differently() -> None:
    said: dict[str, set[str]] = {}
    for path in languages.catalogue_files():
        for entry in re.split(r"\n\n+", path.read_text(encoding="utf-8")):
            key, _, text = entry.partition("\nmsgstr")
            said.setdefault(key[key.find("msgid") :], set()).add(text.strip())
    assert {key: texts for key, texts in said.items() if len(texts) > 1} == {}


@pytest.mark.usefixtures("in_chinese")
def test_a_sentence_of_a_service_is_found_with_the_values_in_it() -> None:
    said = "The administrator can find it under the number 1f2e."
    assert translation.translate(said) == "管理员可凭编号1f2e查到原因。"


@pytest.mark.usefixtures("in_chinese")
def test_a_sentence_without_translation_is_shown_as_it_is() -> None:
    assert translation.translate("Somebody's own words {0}") == "Somebody's own words {0}"


def test_outside_of_a_page_everything_is_english() -> None:
    assert translation.translate("Projects") == "Projects"
    assert formats.format_share(0.5) == "50.0 %"


@pytest.mark.parametrize(
    ("header", "cookie", "expected"),
    [
        (None, None, "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", None, "zh"),
        ("fr-FR, de", None, "en"),
        ("en-GB,en;q=0.9,zh;q=0.1", None, "en"),
        ("zh-CN", "en", "en"),
        ("en", "zh", "zh"),
        ("en", "xx", "en"),
    ],
)
def test_the_reader_gets_the_language_switched_to_else_the_browsers_own(
    app: Flask, header: str | None, cookie: str | None, expected: str
) -> None:
    headers = {"Accept-Language": header} if header else {}
    if cookie:
        headers["Cookie"] = f"{translation.LANGUAGE_COOKIE}={cookie}"
    with app.test_request_context("/", headers=headers):
        assert translation.language() == expected


@pytest.mark.usefixtures("in_chinese")
def test_dates_and_shares_are_written_as_the_language_writes_them() -> None:
    late = datetime(2026, 11, 22, 18, 5, tzinfo=UTC)
    assert formats.format_day(late.date()) == "2026年11月22日"
    assert formats.format_moment(late) == "2026年11月22日 18:05 UTC"
    assert formats.format_local_moment(late) == "2026年11月22日 18:05 UTC（北京时间11月23日 02:05）"
    assert formats.format_share(0.9999) == "99.9%"


def test_a_message_of_a_template_may_hold_markup_and_its_values_are_escaped(app: Flask) -> None:
    with app.test_request_context("/"):
        made = app.jinja_env.from_string("{{ _('<b>%(name)s</b>', name=name) }}")
        made.environment.autoescape = True
        assert made.render(name="<i>") == Markup("<b>&lt;i&gt;</b>")


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("<p>{{ _('Marked') }}</p>", []),
        ("<p>Plain words</p>", ["Plain words"]),
        ('<img alt="A picture">', ["A picture"]),
        ("{{ 'Some words' if x else _('Others') }}", ["Some words"]),
        ("{{ empty('Nothing is here') }}", ["Nothing is here"]),
        ("<code>person_id</code> {{ name }} · 12", []),
    ],
)
def test_words_that_nobody_marked_are_seen(tmp_path: Path, written: str, found: list[str]) -> None:
    path = tmp_path / "page.html"
    path.write_text(written, encoding="utf-8")
    assert unmarked(path) == found


def test_a_module_says_what_it_raises_and_flashes(tmp_path: Path) -> None:
    module = languages.CATALOGUES.parent / "error_pages.py"
    assert "The administrator can find it under the number {0}." in module_messages(module)
    template = tmp_path / "page.html"
    template.write_text("{{ _('One') }}{{ ngettext('%(num)s case', '%(num)s cases', 3) }}")
    assert template_messages(template) == [("One",), ("%(num)s case", "%(num)s cases")]
