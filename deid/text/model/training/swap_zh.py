"""Gives annotated Chinese notes other people, of the same number of characters."""

from __future__ import annotations

from random import Random

from deid.text.model.training.names_zh import given, surname
from deid.text.model.training.notes import Spans
from deid.text.packs.zh.lexicon import has_han


def swap_names(stream: Random, text: str, spans: Spans) -> tuple[str, Spans]:
    """Each name in Chinese characters replaced by one of its length; the spans stay."""
    letters = list(text)
    held: dict[str, str] = {}
    for start, end, label in spans:
        found = text[start:end]
        if label != "NAME" or not found or not all(map(has_han, found)):
            continue
        if found not in held:
            held[found] = _other(stream, len(found), found)
        letters[start:end] = held[found]
    return "".join(letters), spans


def _other(stream: Random, length: int, found: str) -> str:
    while True:
        family = surname(stream)
        if length == 1 and len(family) == 1:
            return family
        called = length == 2 and found[0] in "小阿老"
        name = (found[0] if called else family) + given(stream)
        if len(name) == length:
            return name
        if length > 4:
            return found
