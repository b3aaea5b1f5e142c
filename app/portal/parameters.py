"""Fields of forms and addresses: a number that no database can look for counts as none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from flask import Request
from werkzeug.datastructures import ImmutableMultiDict

LARGEST: Final = (1 << 63) - 1
"""People's pseudonyms have 63 bits; of everything that is kept they are the largest numbers."""


def whole_number(text: str) -> int:
    """The number that ``text`` is.

    Raises:
        ValueError: if it is none, or has more than 63 bits.
    """
    number = int(text)
    if abs(number) > LARGEST:
        raise ValueError("a number of more than 63 bits")
    return number


class Parameters(ImmutableMultiDict[str, str]):
    """Fields by name; ``get(name, type=int)`` gives the default for a number that is too large."""

    def get(  # type: ignore[override]
        self, key: str, default: Any = None, type: Callable[[str], Any] | None = None
    ) -> Any:
        """The first value of ``key``, made a ``type``; ``default`` if it is absent or cannot be."""
        made_by: Any = whole_number if type is int else type
        return super().get(key, default, made_by)


class PortalRequest(Request):
    """A request whose forms and addresses have such fields."""

    parameter_storage_class = Parameters
