"""Every command that README and documents show is one, with the options that it has."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from app.cli import cli

ROOT = Path(__file__).resolve().parents[2]
_MEANT = re.compile(r"^(?:\$ )?(?:sudo )?(?:-u \S+ )?(?:\S+/)?carecommons(?: |$)")
_INLINE = re.compile(r"`([^`\n]*)`")
_END_OF_COMMAND = re.compile(r"\s{2,}|\s[|>&;#]|\s<|\\$")


def shown_commands() -> Iterator[tuple[str, str]]:
    """File and text of each command; in a block, what stands after two spaces explains it."""
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        inside = False
        text = path.read_text("utf-8").replace("\\\n", "")
        for line in text.splitlines():
            if line.startswith("```"):
                inside = not inside
            for part in [line] if inside else _INLINE.findall(line):
                found = _MEANT.match(part.strip())
                if found:
                    yield path.name, _END_OF_COMMAND.split(part.strip()[found.end() :])[0]


def unknown_part(words: list[str]) -> str:
    """The first command or option that there is not; empty if all are there."""
    command: click.Command = cli
    context = click.Context(cli)
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        name = words.pop(0)
        if not re.fullmatch(r"[a-z-]+", name):
            return ""
        inner = command.get_command(context, name)
        if inner is None:
            return name
        command = inner
    known = {"-h", "--help", "--version"}
    for parameter in command.params:
        known.update(parameter.opts, parameter.secondary_opts)
    given = [word.split("=")[0] for word in words if word.startswith("-") and word != "-"]
    return next((option for option in given if option.strip("[]") not in known), "")


def test_the_documents_show_no_command_or_option_that_there_is_not() -> None:
    shown = list(shown_commands())
    assert len(shown) > 100
    wrong = [(name, text) for name, text in shown if unknown_part(shlex.split(text))]
    assert wrong == []


@pytest.mark.parametrize("text", ["vaults", "vault chek", "release build --nmae x"])
def test_a_command_that_there_is_not_is_found(text: str) -> None:
    assert unknown_part(shlex.split(text))
