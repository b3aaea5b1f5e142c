"""A further language is added without touching the engine."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.cli import cli
from deid.build.partition import EngineRecipe
from deid.errors import ConfigurationError
from deid.settings import EngineSettings
from deid.text.api import AddressParts, PersonName, StaffDirectory, TextEngine
from deid.text.document import Document, Mention, SpanType, Strength
from deid.text.packs import load_pack, register
from deid.text.packs.base import Annotator, Form
from deid.text.surrogates.seed import Scene
from tests.unit.deid.text.builders import KEY, install_entry_point, note


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


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that brings the example pack, as its installation leaves it."""
    install_entry_point(
        tmp_path / "site", "carecommons.language_packs", "kk", f"{__name__}:ExamplePack"
    )
    monkeypatch.syspath_prepend(tmp_path / "site")


@pytest.mark.usefixtures("installed")
def test_a_pack_of_another_package_is_named_on_the_command_line(tmp_path: Path) -> None:
    notes, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    notes.write_text(json.dumps({"id": "1", "text": "пациент Иванов, seen by Dr. Halvorsen"}))
    arguments = ["scrub", str(notes), "-o", str(out), "--pack", "kk", "--pack", "en"]
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 0, result.output
    text = json.loads(out.read_text("utf-8"))["text"]
    assert text.startswith("пациент Сидоров, seen by Dr. ")
    assert "Halvorsen" not in text


@pytest.mark.usefixtures("installed")
def test_a_release_build_takes_its_packs_from_the_settings_and_tells_their_versions() -> None:
    settings = EngineSettings.from_environ({"CARECOMMONS_ENGINE_LANGUAGE_PACKS": "kk en zh"})
    assert settings.language_packs == ("kk", "en", "zh")
    recipe = EngineRecipe(KEY, frozenset(), StaffDirectory(), packs=settings.language_packs)
    assert recipe.make().versions["pack.ru"] == "0"


@pytest.mark.usefixtures("installed")
def test_an_unknown_language_pack_is_refused_with_those_that_are_there() -> None:
    with pytest.raises(ConfigurationError, match=r"no language pack 'xx'; there are en, kk, .*zh"):
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
