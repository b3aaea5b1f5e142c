"""A further language is added without touching the engine."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Sequence

import pytest

from deid.errors import ConfigurationError
from deid.text.api import AddressParts, PersonName, TextEngine
from deid.text.document import Document, Mention, SpanType, Strength
from deid.text.packs import load_pack, register
from deid.text.packs.base import Annotator, Form
from deid.text.surrogates.seed import Scene
from tests.unit.deid.text.builders import KEY, note


class CyrillicNames:
    """Annotator of the example pack: a word with a capital after the Russian for patient."""

    name = "ru.names"

    def annotate(self, document: Document) -> Iterable[Mention]:
        for match in re.finditer(r"пациент (\w+)", document.plain):
            yield Mention(*match.span(1), SpanType.NAME, Strength.LABELLED, self.name)


class ExamplePack:
    """The smallest pack: one annotator, one surrogate name, nothing known."""

    tag = "ru"
    version = "0"

    @property
    def annotators(self) -> Sequence[Annotator]:
        return (CyrillicNames(),)

    @property
    def birth_years(self) -> Sequence[Annotator]:
        return ()

    @property
    def ages(self) -> Sequence[Annotator]:
        return ()

    def says_birth(self, plain: str, start: int, end: int) -> bool:
        return False

    def applies(self, document: Document) -> bool:
        return any("а" <= c <= "я" for c in document.text.casefold())

    def name_forms(self, name: PersonName) -> Iterable[Form]:
        return ()

    def combinations(self, name: str) -> Iterable[str]:
        return ()

    def date_forms(self, date: datetime.date) -> Iterable[Form]:
        return ()

    def address_forms(self, address: AddressParts) -> Iterable[Form]:
        return ()

    def fits(self, document: Document, start: int, end: int, form: Form) -> bool:
        return True

    def is_ordinary(self, word: str) -> bool:
        return False

    def sex_of_kin(self, relationship: str) -> str | None:
        return None

    def surrogate(self, text: str, kind: SpanType, scene: Scene) -> str | None:
        return "Сидоров" if kind is SpanType.NAME else None


def test_a_third_pack_works_beside_the_shipped_ones() -> None:
    register("ru", ExamplePack)
    scrubber = TextEngine(KEY, packs=("ru", "en", "zh"))
    output = scrubber.scrub(note("пациент Иванов, seen by Dr. Halvorsen"))
    assert output.text.startswith("пациент Сидоров, seen by Dr. ")
    assert "Halvorsen" not in output.text
    assert scrubber.versions["pack.ru"] == "0"


def test_an_unknown_language_pack_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="no language pack xx"):
        load_pack("xx")


def test_a_note_of_two_languages_is_read_in_both() -> None:
    text = "Seen by Dr. Halvorsen today. 姓名：陈国平，电话13852740918。"
    spans = TextEngine(KEY).find(note(text))
    assert [text[s.start : s.end] for s in spans] == ["Halvorsen", "陈国平", "13852740918"]


def test_a_further_annotator_runs_on_every_note() -> None:
    scrubber = TextEngine(KEY, annotators=(CyrillicNames(),))
    text = "пациент Иванов"
    assert [text[s.start : s.end] for s in scrubber.find(note(text))] == ["Иванов"]
    assert scrubber.versions["annotator.ru.names"] == "1"
