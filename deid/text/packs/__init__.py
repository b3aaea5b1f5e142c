"""Language packs: everything of a language in one folder, found by its tag.

A further pack is registered with :func:`register`, or by an entry point of the group
``carecommons.language_packs`` whose name is the tag and whose object makes the pack.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from importlib.metadata import entry_points

from deid.errors import ConfigurationError
from deid.text.packs.base import LanguagePack

ENTRY_POINT_GROUP = "carecommons.language_packs"
SHIPPED = {"zh": "deid.text.packs.zh.pack:ChinesePack", "en": "deid.text.packs.en.pack:EnglishPack"}
DEFAULT_TAGS = ("en", "zh")

_registered: dict[str, Callable[[], LanguagePack]] = {}


def register(tag: str, make: Callable[[], LanguagePack]) -> None:
    """Make a pack available to engines of this process under ``tag``."""
    _registered[tag] = make


def load_pack(tag: str) -> LanguagePack:
    """The pack of a language.

    Raises:
        ConfigurationError: if there is none.
    """
    if tag in _registered:
        return _registered[tag]()
    if tag in SHIPPED:
        module, attribute = SHIPPED[tag].split(":")
        pack: LanguagePack = getattr(importlib.import_module(module), attribute)()
        return pack
    further = {entry.name: entry for entry in entry_points(group=ENTRY_POINT_GROUP)}
    if tag in further:
        made: LanguagePack = further[tag].load()()
        return made
    known = ", ".join(sorted({*SHIPPED, *_registered, *further}))
    raise ConfigurationError(f"no language pack {tag!r}; there are {known}")
