"""Which part of a long list is asked for, and the addresses of its other parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from flask import request, url_for

from app.services.listing import Asked, Listed

Row = TypeVar("Row")
LAST_PAGE: Final = 1_000_000
"""Further on there is nothing that a database could count to."""
LONGEST_WORDS: Final = 200


def page_number() -> int:
    """The page that the address names, from 1."""
    return min(max(1, request.args.get("page", 1, type=int)), LAST_PAGE)


def asked() -> Asked:
    """What the address asks of a list: ``find``, ``sort`` (``-name``: downwards) and ``page``."""
    sort = request.args.get("sort", "")[:40]
    words = request.args.get("find", "").replace("\x00", "")[:LONGEST_WORDS].strip()
    return Asked(words, sort.removeprefix("-"), sort.startswith("-"), page_number())


@dataclass(frozen=True)
class Table(Generic[Row]):
    """A page of a list as a table shows it; ``kept`` is what its address says besides."""

    found: Listed[Row]
    endpoint: str
    kept: dict[str, str]

    @property
    def rows(self) -> list[Row]:
        """What this page shows."""
        return self.found.rows

    @property
    def sort(self) -> str:
        """The order as the address says it."""
        return f"{'-' if self.found.asked.down else ''}{self.found.asked.sort}"

    def at(self, page: int) -> str:
        """The address of another page, in the same order."""
        return self._address(sort=self.sort, page=page)

    def by(self, key: str) -> str:
        """The address of the first page sorted by a column, the other way if it is already."""
        down = self.found.asked.sort == key and not self.found.asked.down
        return self._address(sort=f"-{key}" if down else key)

    def direction(self, key: str) -> str:
        """What ``aria-sort`` says of a column."""
        if self.found.asked.sort != key:
            return "none"
        return "descending" if self.found.asked.down else "ascending"

    def _address(self, **more: Any) -> str:
        find = {"find": self.found.asked.find} if self.found.asked.find else {}
        kept = {name: text for name, text in self.kept.items() if text}
        return url_for(self.endpoint, **{**kept, **find, **more})


def table(found: Listed[Row], **kept: str) -> Table[Row]:
    """The table of the page that is being made."""
    return Table(found, request.endpoint or "", kept)
