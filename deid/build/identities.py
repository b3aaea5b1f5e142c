"""What the vault knows of people and staff, for finding it in notes and in the output.

Read from the working database, where people already go by pseudonyms.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import duckdb

from deid.risk.identifiers import Identifier
from deid.text.people import AddressParts, KnownPerson, PersonName, StaffDirectory

LANGUAGES = {4180186: "en", 4182948: "zh"}
"""SNOMED's language concepts in OMOP: English and Chinese."""

_SHARED_KINDS = frozenset({"name", "place"})
_SEX = {8507: "M", 8532: "F"}


@dataclass(frozen=True)
class Person:
    """One person's identity, in plain values."""

    household_id: int | None
    names: tuple[PersonName, ...] = field(repr=False)
    other_names: tuple[str, ...] = field(repr=False)
    birth_date: datetime.date | None = field(repr=False)
    sex: str | None
    language: str | None


class Identities:
    """Identity tables grouped by person; values are kept out of every ``repr``."""

    def __init__(self, working: duckdb.DuckDBPyConnection) -> None:
        self._people: dict[int, Person] = {}
        self._households: defaultdict[int, list[int]] = defaultdict(list)
        for row in working.execute(
            "SELECT v.person_id, i.household_id, i.family_name, i.given_name, i.full_name, "
            "i.other_names, i.birth_date, i.language, v.gender_concept_id, v.year_of_birth, "
            "v.month_of_birth, v.day_of_birth "
            "FROM vault.person v LEFT JOIN identity.person_identity i USING (person_id) "
            "ORDER BY v.person_id"
        ).fetchall():
            self._add_person(*row)
        self.identifiers = _pairs(working, "identifier")
        self.contacts = _pairs(working, "contact")
        self.addresses: defaultdict[int, list[AddressParts]] = defaultdict(list)
        for person_id, *parts in working.execute(
            "SELECT person_id, line, village, township, district, city, state, postal_code, "
            "country, full_text FROM identity.address ORDER BY person_id, address_id"
        ).fetchall():
            self.addresses[person_id].append(AddressParts(*parts))
        self.relatives: defaultdict[int, list[tuple[str | None, str | None, str | None]]] = (
            defaultdict(list)
        )
        for person_id, relationship, name, phone, relative_id in working.execute(
            "SELECT person_id, relationship, full_name, phone, relative_person_id "
            "FROM identity.relative ORDER BY person_id, relative_id"
        ).fetchall():
            self.relatives[person_id].append(
                (relationship, name or self._full_name(relative_id), phone)
            )
        self.staff = _staff(working)
        self._numbers = [
            *_texts(working, "provider", ("npi", "dea", "provider_source_value")),
            *_texts(working, "person", ("person_source_value",)),
            *_texts(working, "household", ("household_code",), schema="identity"),
        ]

    def __repr__(self) -> str:
        return f"Identities({len(self._people)} people)"

    @property
    def people(self) -> dict[int, Person]:
        """Every person, by pseudonym."""
        return self._people

    def language(self, person_id: int) -> str | None:
        """The language a person's notes are mostly in, if known."""
        return self._people[person_id].language

    def forbidden_surrogates(self) -> frozenset[str]:
        """Full names, numbers, telephones and addresses of all people, their relatives and staff.

        No surrogate may equal one of them. Single names are not among them: too few would be left.
        """
        return frozenset(
            identifier.value
            for identifier in self.identifiers_of_all()
            if identifier.kind not in _SHARED_KINDS
        )

    def identifiers_of_all(self) -> Iterator[Identifier]:
        """Everything that must not be found in a release."""
        for person_id, person in self._people.items():
            for name in person.names:
                yield from _name_forms(name, person_id)
            for other in person.other_names:
                yield Identifier("full name" if " " in other else "name", other, person_id)
        for person_id, kind, value in self._values():
            yield Identifier(kind, value, person_id)
        for provider in self.staff.providers:
            yield Identifier("full name", provider)
        for place in (*self.staff.care_sites, *self.staff.places):
            yield Identifier("place", place)
        for number in self._numbers:
            yield Identifier("number", number)

    def _values(self) -> Iterator[tuple[int, str, str]]:
        for person_id, numbers in self.identifiers.items():
            yield from ((person_id, "number", value) for _, value in numbers)
        for person_id, contacts in self.contacts.items():
            for kind, value in contacts:
                is_phone = kind in {"phone", "fax", "sms", "pager", "mobile"}
                yield person_id, "telephone" if is_phone else "e-mail or web", value
        for person_id, addresses in self.addresses.items():
            for parts in addresses:
                for line in (parts.line, parts.full_text):
                    if line:
                        yield person_id, "address", line
                for place in (parts.village, parts.township):
                    if place:
                        yield person_id, "place", place
        for person_id, relatives in self.relatives.items():
            for _, full, phone in relatives:
                if full:
                    yield person_id, "full name", full
                if phone:
                    yield person_id, "telephone", phone

    def known_person(self, person_id: int, released_birth_year: int | None = None) -> KnownPerson:
        """All that the vault knows of a person, the rest of the household as relatives.

        ``released_birth_year`` is the year that the release shows, perhaps the middle of a band.
        """
        person = self._people[person_id]
        relatives = list(self.relatives.get(person_id, ()))
        for other in self._households.get(person.household_id or -1, ()):
            if other == person_id:
                continue
            phones = [value for kind, value in self.contacts.get(other, ()) if kind == "phone"]
            for name in self._people[other].names:
                relatives.append(("household", name.full, phones[0] if phones else None))
            relatives += [("household", None, phone) for phone in phones[1:]]
        return KnownPerson(
            key=str(person_id),
            names=person.names,
            other_names=person.other_names,
            birth_date=person.birth_date,
            released_birth_year=released_birth_year,
            sex=person.sex,
            identifiers=tuple(self.identifiers.get(person_id, ())),
            contacts=tuple(self.contacts.get(person_id, ())),
            addresses=tuple(self.addresses.get(person_id, ())),
            relatives=tuple(relatives),
        )

    def _full_name(self, person_id: int | None) -> str | None:
        person = self._people.get(person_id) if person_id is not None else None
        return next((name.full for name in person.names), None) if person else None

    def _add_person(
        self,
        person_id: int,
        household_id: int | None,
        family: str | None,
        given: str | None,
        full: str | None,
        others: str | None,
        birth_date: datetime.date | None,
        language: str | None,
        gender_concept_id: int,
        year: int,
        month: int | None,
        day: int | None,
    ) -> None:
        if household_id is not None:
            self._households[household_id].append(person_id)
        named = family or given or full
        whole = full or " ".join(part for part in (given, family) if part) or None
        self._people[person_id] = Person(
            household_id=household_id,
            names=(PersonName(family, given, whole),) if named else (),
            other_names=tuple(line.strip() for line in (others or "").splitlines() if line.strip()),
            birth_date=birth_date or _birth_date(year, month, day),
            sex=_SEX.get(gender_concept_id),
            language=language.split("-")[0].lower() if language else None,
        )


def language_tag(language_concept_id: int | None) -> str | None:
    """The language of a note by its concept, if it is one that we know."""
    return LANGUAGES.get(language_concept_id or 0)


def _birth_date(year: int, month: int | None, day: int | None) -> datetime.date | None:
    if month is None or day is None:
        return None
    try:
        return datetime.date(year, month, day)
    except ValueError:
        return None


def _pairs(
    working: duckdb.DuckDBPyConnection, table: str
) -> defaultdict[int, list[tuple[str, str]]]:
    found: defaultdict[int, list[tuple[str, str]]] = defaultdict(list)
    for person_id, kind, value in working.execute(
        f"SELECT person_id, kind, value FROM identity.{table} ORDER BY person_id, {table}_id"
    ).fetchall():
        found[person_id].append((kind, value))
    return found


def _staff(working: duckdb.DuckDBPyConnection) -> StaffDirectory:
    places = _texts(
        working, "location", ("address_1", "address_2", "city", "county", "location_source_value")
    )
    return StaffDirectory(
        providers=tuple(_texts(working, "provider", ("provider_name",))),
        care_sites=tuple(_texts(working, "care_site", ("care_site_name",))),
        places=tuple(places),
    )


def _name_forms(name: PersonName, person_id: int) -> Iterator[Identifier]:
    if name.full:
        yield Identifier("full name", name.full, person_id)
    if name.given and name.family:
        for form in (f"{name.given} {name.family}", f"{name.family}, {name.given}"):
            yield Identifier("full name", form, person_id)
    for part in (name.family, name.given):
        if part:
            yield Identifier("name", part, person_id)


def _texts(
    working: duckdb.DuckDBPyConnection,
    table: str,
    columns: Iterable[str],
    schema: str = "vault",
) -> list[str]:
    union = " UNION ".join(f"SELECT {column} AS value FROM {schema}.{table}" for column in columns)
    rows = working.execute(
        f"SELECT DISTINCT trim(value) FROM ({union}) "
        "WHERE value IS NOT NULL AND trim(value) <> '' ORDER BY 1"
    ).fetchall()
    return [str(row[0]) for row in rows]
