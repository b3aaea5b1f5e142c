"""``carecommons vault forms`` lists and explains the forms and writes empty files."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from deid.cli.vault import vault
from deid.forms import load_forms


def run(*arguments: str) -> Result:
    return CliRunner().invoke(vault, ["forms", *arguments])


@pytest.mark.parametrize("language", ["zh", "en"])
def test_all_forms_are_listed_with_file_name_and_title(language: str) -> None:
    result = run("--headers", language)
    assert result.exit_code == 0
    for form in load_forms():
        assert form.file_name in result.output
        assert (form.zh if language == "zh" else form.en) in result.output


def test_one_form_is_explained_in_the_language_asked_for() -> None:
    result = run("diabetes", "--headers", "en")
    assert result.exit_code == 0
    assert "Fasting glucose (mg/dL)" in result.output
    assert "1 controlled, 2 not controlled" in result.output


def test_a_template_is_written_once(tmp_path: Path) -> None:
    target = tmp_path / "empty.csv"
    assert run("高血压患者随访服务记录表", "--template", str(target)).exit_code == 0
    before = target.read_bytes()
    assert before.startswith("﻿档案编号".encode())
    again = run("hypertension", "--template", str(target))
    assert again.exit_code == 2
    assert "there is a file already" in again.output
    assert target.read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(("nothing",), "no such form"), (("--template", "x.csv"), "needs the name of a form")],
)
def test_wrong_usage_is_told(arguments: tuple[str, ...], message: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert message in result.output
