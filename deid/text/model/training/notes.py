"""Annotated notes of the training corpora: made of pieces, read from files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path

Piece = tuple[str, str | None]
"""Text and the type of identifier it is, or ``None``."""
Spans = list[tuple[int, int, str]]
Note = tuple[str, Spans]


@cache
def templates(language: str) -> dict[str, tuple[str, ...]]:
    """Template lines by section."""
    text = files("deid.text.model.training").joinpath("templates", f"{language}.txt")
    sections: dict[str, list[str]] = {}
    held: list[str] = []
    for line in text.read_text("utf-8").splitlines():
        if line.startswith("[") and line.endswith("]") and line[1:-1].isalpha():
            held = sections.setdefault(line[1:-1], [])
        elif line and not line.startswith("#" if not sections else "\0"):
            held.append(line.replace("\\n", "\n"))
    return {name: tuple(lines) for name, lines in sections.items()}


def assemble(pieces: Sequence[Piece]) -> Note:
    """The text and its spans."""
    text: list[str] = []
    spans: Spans = []
    length = 0
    for piece, label in pieces:
        if label is not None:
            spans.append((length, length + len(piece), label))
        text.append(piece)
        length += len(piece)
    return "".join(text), spans


def read_notes(path: Path) -> list[Note]:
    """Annotated notes of a JSON-lines file, as the generator writes them."""
    notes = []
    with path.open(encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            notes.append((row["text"], [(s["start"], s["end"], s["type"]) for s in row["spans"]]))
    return notes
