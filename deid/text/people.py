"""What the vault knows of a person and of the staff, in the form that the text engine takes."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import astuple, dataclass, field

LONGEST = 1_000
"""Characters of a value. The forms that a name may take in a note grow with its square."""


@dataclass(frozen=True)
class PersonName:
    """A name in parts; ``full`` is as written, in the order of its culture."""

    family: str | None = field(default=None, repr=False)
    given: str | None = field(default=None, repr=False)
    full: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class AddressParts:
    """An address in the parts of the vault's table ``address``; any may be unknown."""

    line: str | None = field(default=None, repr=False)
    village: str | None = field(default=None, repr=False)
    township: str | None = field(default=None, repr=False)
    district: str | None = field(default=None, repr=False)
    city: str | None = field(default=None, repr=False)
    state: str | None = field(default=None, repr=False)
    postal_code: str | None = field(default=None, repr=False)
    country: str | None = field(default=None, repr=False)
    full_text: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class KnownPerson:
    """One patient. ``key`` is opaque and stable: surrogates are seeded with it, not with values.

    ``identifiers`` and ``contacts`` are pairs (kind, value); ``relatives`` are triples
    (relationship, full name, telephone number), any of which may be ``None``. ``sex`` is ``M`` or
    ``F``. ``released_birth_year`` is the year that the release shows; where it is known, no birth
    date in a note says more.
    """

    key: str = field(repr=False)
    names: tuple[PersonName, ...] = field(default=(), repr=False)
    other_names: tuple[str, ...] = field(default=(), repr=False)
    birth_date: datetime.date | None = field(default=None, repr=False)
    released_birth_year: int | None = field(default=None, repr=False)
    sex: str | None = field(default=None, repr=False)
    identifiers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    contacts: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    addresses: tuple[AddressParts, ...] = field(default=(), repr=False)
    relatives: tuple[tuple[str | None, str | None, str | None], ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class StaffDirectory:
    """Names that may stand in any note: providers, care sites, and places of the region."""

    providers: tuple[str, ...] = field(default=(), repr=False)
    care_sites: tuple[str, ...] = field(default=(), repr=False)
    places: tuple[str, ...] = field(default=(), repr=False)


def has_too_long(person: KnownPerson) -> bool:
    """Whether a value known of a person has more than ``LONGEST`` characters."""
    return any(value is not None and len(value) > LONGEST for value in _values(person))


def _values(person: KnownPerson) -> Iterator[str | None]:
    for name in person.names:
        yield from astuple(name)
    for address in person.addresses:
        yield from astuple(address)
    yield from person.other_names
    for row in (*person.identifiers, *person.contacts, *person.relatives):
        yield from row
