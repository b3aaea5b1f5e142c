"""What is an identifier and what is not: cases by language and category, with exact spans.

A line of a case file is a note; ``[[TYPE|text]]`` marks what must be found, to the letter, and
nothing else may be. ``\\n`` is a line break. Lines that begin with # are comments.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from deid.text.api import NoteInput, TextEngine

CASES = Path(__file__).parent / "cases"
MARK = re.compile(r"\[\[([A-Z_0-9]+)\|(.*?)\]\]")
ENGINE = TextEngine(b"k" * 32)


def read_case(line: str) -> tuple[str, list[tuple[str, str, int]]]:
    """The note of a line, and its marked spans as (type, text, offset)."""
    line = line.replace("\\n", "\n")
    text, spans, place = "", [], 0
    for mark in MARK.finditer(line):
        text += line[place : mark.start()]
        spans.append((mark[1], mark[2], len(text)))
        text += mark[2]
        place = mark.end()
    return text + line[place:], spans


def all_cases() -> list[object]:
    found = []
    for path in sorted(CASES.glob("*/*.txt")):
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            if line.strip() and not line.startswith("#"):
                name = f"{path.parent.name}/{path.stem}:{number}"
                found.append(pytest.param(path.parent.name, line, id=name))
    return found


@pytest.mark.parametrize(("language", "line"), all_cases())
def test_what_is_marked_is_found_and_nothing_else(language: str, line: str) -> None:
    text, expected = read_case(line)
    spans = ENGINE.find(NoteInput("case", text, language, None, 70))
    found = [(str(span.type), text[span.start : span.end], span.start) for span in spans]
    assert found == expected
