"""Long lists a page at a time: looked through, put in order and cut by the database."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session

Row = TypeVar("Row")
PAGE: Final = 50
MOST_WORDS: Final = 8


@dataclass(frozen=True)
class Asked:
    """What a reader asks of a list: words to find, a column to sort by, which page from 1."""

    find: str = ""
    sort: str = ""
    down: bool = False
    page: int = 1


@dataclass(frozen=True)
class Columns:
    """What a list can be sorted by, and what ``finds`` a word in it.

    ``default`` is a key of ``sorts``, with ``-`` before it for the greatest first; ``last`` makes
    the order of equals definite.
    """

    sorts: Mapping[str, Any]
    finds: Callable[[str], ColumnElement[bool]]
    default: str
    last: Any


def pages_of(total: int, size: int = PAGE) -> int:
    """How many pages so many rows take, at least one."""
    return max(1, -(-total // size))


def anywhere(*searched: Any) -> Callable[[str], ColumnElement[bool]]:
    """That a word stands in one of these columns, in small letters or capitals."""
    return lambda word: or_(*(column.icontains(word, autoescape=True) for column in searched))


@dataclass(frozen=True)
class Listed(Generic[Row]):
    """One page of a list; ``asked`` is what was in force, ``total`` counts all rows found."""

    rows: list[Row]
    total: int
    asked: Asked

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return pages_of(self.total)


def listed(session: Session, query: Select[Row], columns: Columns, asked: Asked) -> Listed[Row]:
    """The page of ``query`` that is asked for; the last one if there are fewer."""
    for word in asked.find.split()[:MOST_WORDS]:
        query = query.where(columns.finds(word))
    total = session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    if asked.sort not in columns.sorts:
        name = columns.default
        asked = replace(asked, sort=name.removeprefix("-"), down=name.startswith("-"))
    asked = replace(asked, page=min(asked.page, pages_of(total)))
    by = columns.sorts[asked.sort]
    order = (by.desc(), columns.last.desc()) if asked.down else (by.asc(), columns.last.asc())
    page = query.order_by(None).order_by(*order).limit(PAGE).offset((asked.page - 1) * PAGE)
    return Listed(list(session.scalars(page)), total, asked)
