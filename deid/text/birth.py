"""The patient's birth date in notes: made to say no more than the year that the release shows.

A release shows a year of birth, often only a band of years. A birth date in a note, even a shifted
one, would tell the age in days. It is therefore replaced by one surrogate birth date a person: the
released year, with month and day drawn under the release's key.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from deid.text.document import Document, SpanType
from deid.text.merge import Merged
from deid.text.packs.base import LanguagePack
from deid.text.people import KnownPerson
from deid.text.surrogates.dates import find_full_dates
from deid.text.surrogates.seed import Seed

_DAYS = 28
"""Days that every month has."""


def surrogate_birth_date(key: bytes, person: KnownPerson) -> datetime.date | None:
    """The same for all notes of a person; ``None`` if no released year is known."""
    if person.released_birth_year is None:
        return None
    seed = Seed.of(key, f"person:{person.key}", "birth date")
    attempt = 0
    while True:
        month, day = 1 + seed.number(12, "month", attempt), 1 + seed.number(_DAYS, "day", attempt)
        made = datetime.date(person.released_birth_year, month, day)
        if made != person.birth_date:
            return made
        attempt += 1


def is_birth_date(
    document: Document, found: Merged, person: KnownPerson, packs: Sequence[LanguagePack]
) -> bool:
    """Whether a date of the note is the person's own birth date, by value or by its label."""
    if found.type is not SpanType.DATE:
        return False
    plain = document.plain
    if person.birth_date is not None:
        if found.canonical == person.birth_date.isoformat():
            return True
        if person.birth_date in find_full_dates(plain[found.start : found.end]):
            return True
    return any(pack.says_birth(plain, found.start, found.end) for pack in packs)
