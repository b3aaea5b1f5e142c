"""Word lists that rules and models share: names, towns, drugs, words of diagnoses.

Each list is a text file of this folder; README.md says where it comes from. Reading one takes
milliseconds, and it is read when it is first asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

PACKAGE = "deid.text.lists"
NAMES = (
    "en_surnames", "en_given", "en_words", "en_towns", "en_drugs", "en_terms", "en_eponyms",
    "en_diagnoses", "zh_words", "zh_places",
)  # fmt: skip
_OF_LINES = ("en_towns", "en_diagnoses")


def read_list(name: str) -> tuple[str, ...]:
    """Entries of ``name`` in the order of the file: lines of towns and diagnoses, else words."""
    text = files(PACKAGE).joinpath(f"{name}.txt").read_text(encoding="utf-8")
    body = text.partition("\n")[2]
    return tuple(body.splitlines() if name in _OF_LINES else body.split())


@cache
def ranks(name: str) -> Mapping[str, int]:
    """Each entry with its place in the list, which is its rank where the list is by frequency."""
    return {word: place for place, word in enumerate(read_list(name))}


@cache
def listed(name: str) -> frozenset[str]:
    """The entries of a list."""
    return frozenset(read_list(name))


@cache
def town_words() -> frozenset[str]:
    """Every word of four letters or more that stands in the name of a town."""
    return frozenset(
        word for town in read_list("en_towns") for word in town.split() if len(word) > 3
    )
