"""The data use agreement, one file a version and language; a version that was signed never changes.

A new version is asked for from its first day on. The version before it holds for a while longer,
so that access does not end overnight for everybody.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib import resources
from typing import Final

LANGUAGES: Final = ("en", "zh")
GRACE: Final = timedelta(days=30)
"""How long a signature under the version before still holds."""
VERSIONS: Final = (("1", date(2026, 11, 1)),)
"""Every version with its first day, in order."""


@dataclass(frozen=True)
class Agreement:
    """The text of a version in a language, and its hash."""

    version: str
    language: str
    text: str

    @property
    def sha256(self) -> str:
        """Hash of the text as it is kept, in hexadecimal."""
        return hashlib.sha256(self.text.encode("utf-8")).hexdigest()

    @property
    def title(self) -> str:
        """The first line."""
        return self.text.split("\n", 1)[0]

    @property
    def clauses(self) -> tuple[str, ...]:
        """The numbered lines, without their numbers."""
        lines = (line.strip() for line in self.text.splitlines()[1:])
        return tuple(line.split(".", 1)[1].strip() for line in lines if line)


def current_version(today: date, versions: tuple[tuple[str, date], ...] = VERSIONS) -> str:
    """The version that is signed today: the newest that has begun, or the first."""
    begun = [version for version, first_day in versions if first_day <= today]
    return begun[-1] if begun else versions[0][0]


def holding_versions(
    today: date, versions: tuple[tuple[str, date], ...] = VERSIONS
) -> frozenset[str]:
    """Versions under which a signature holds today."""
    current = current_version(today, versions)
    names = [version for version, _ in versions]
    place = names.index(current)
    fresh = today < versions[place][1] + GRACE
    return frozenset({current, names[place - 1]} if place and fresh else {current})


@cache
def agreement(version: str, language: str) -> Agreement:
    """The text of a version.

    Raises:
        KeyError: if there is no such version or language.
    """
    if language not in LANGUAGES or version not in {name for name, _ in VERSIONS}:
        raise KeyError((version, language))
    path = resources.files(__name__) / f"{version}.{language}.txt"
    return Agreement(version, language, path.read_text(encoding="utf-8"))
