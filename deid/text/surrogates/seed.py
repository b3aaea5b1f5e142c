"""Keyed choices: the only source of randomness of surrogates.

Every choice is HMAC-SHA256 (RFC 2104) of what is replaced, under the release's surrogate key and
the person's opaque key. Without the key a surrogate says nothing of the original; with it the same
value always gets the same surrogate within a person.
"""

from __future__ import annotations

import datetime
import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from deid.text.normalise import fold

Choice = TypeVar("Choice")
TRIES = 64


@dataclass(frozen=True)
class Seed:
    """A stream of choices that depends on key, person, kind and value."""

    _digest: bytes = field(repr=False)

    @classmethod
    def of(cls, key: bytes, *parts: str) -> Seed:
        """The stream for one value."""
        message = "\x1f".join(parts).encode("utf-8", "surrogatepass")
        return cls(hmac.new(key, message, hashlib.sha256).digest())

    def number(self, below: int, *use: object) -> int:
        """A number in ``[0, below)``; ``use`` tells several choices of one value apart."""
        message = "\x1f".join(map(str, use)).encode("utf-8")
        digest = hmac.new(self._digest, message, hashlib.sha256).digest()
        return int.from_bytes(digest[:8], "big") % below

    def pick(self, options: Sequence[Choice], *use: object) -> Choice:
        """One of ``options``."""
        return options[self.number(len(options), "pick", *use)]


@dataclass(frozen=True)
class Scene:
    """What a surrogate may depend on besides the text it replaces.

    ``aliases`` maps a folded name form to the known value it stands for, ``sexes`` such a value
    to ``M`` or ``F``; ``reference`` is the date that the note itself tells, for dates that leave
    out the year or the month. ``birth`` is the surrogate of the person's birth date ``real_birth``;
    ``age_band`` is the width of a band of ages in years; ``skip`` passes
    over the first choices, which clashed with their neighbours.
    """

    key: bytes = field(repr=False)
    person: str = field(repr=False)
    shift_days: int = field(repr=False)
    canonical: str | None = field(default=None, repr=False)
    aliases: Mapping[str, str] = field(default_factory=dict, repr=False)
    sexes: Mapping[str, str] = field(default_factory=dict, repr=False)
    reference: datetime.date | None = field(default=None, repr=False)
    birth: datetime.date | None = field(default=None, repr=False)
    real_birth: datetime.date | None = field(default=None, repr=False)
    age_band: int = 5
    skip: int = 0
    forbidden: Callable[[str], bool] = field(default=lambda text: False, repr=False)

    def seed(self, kind: str, value: str) -> Seed:
        """The stream for ``value``, folded."""
        return Seed.of(self.key, self.person, kind, fold(value) or value)

    def first_free(self, original: str, make: Callable[[int], str]) -> str | None:
        """The first of ``make(0)``, ``make(1)``... that is no real value and not the original."""
        folded = fold(original)
        for attempt in range(self.skip, self.skip + TRIES):
            candidate = make(attempt)
            if fold(candidate) != folded and not self.forbidden(candidate):
                return candidate
        return None
