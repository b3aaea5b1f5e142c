"""Who is who: references between resources, and the rows that each resource has in the vault.

Rows get sequential numbers. ``source_record`` keeps which resource of which source got which row,
so that a second import of the same resource finds the same row.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, func, select

from deid.importers.fhir.bundles import Entry, Resource
from deid.importers.fhir.index import Index
from deid.vault.rules import key_columns
from deid.vault.schema import metadata
from deid.vault.staging import RENUMBERED_FROM

Key = tuple[str, str]  # resource type, and its id within the source
_BATCH_ROWS = 10_000
UNKNOWN_ROW = -1  # an id that no row has, so that the loader refuses with its reason
# The table of the row that a reference to a resource of a type means.
REFERRED_TABLE = {
    "Patient": "person",
    "Encounter": "visit_occurrence",
    "Practitioner": "provider",
    "Organization": "care_site",
    "Location": "care_site",
    "Coverage": "payer_plan_period",
}
# These are often referred to by number rather than by id, so the number is their key.
_KEYED_BY_NUMBER = frozenset({"Practitioner", "Organization", "Location"})
_REFERENCE = re.compile(r"([A-Z][A-Za-z]+)/([A-Za-z0-9\-.]{1,64})(?:/_history/.*)?$")


@dataclass(frozen=True)
class Target:
    """What a reference means: a resource, and its row if it has one."""

    key: Key
    row_id: int | None


@dataclass(frozen=True)
class Held:
    """One row that an earlier import made of a resource."""

    record_id: int
    part: str
    table: str
    row_id: int
    content_sha256: str


class Links:
    """References by every name a resource has, and the rows of this and earlier imports."""

    def __init__(self, connection: Connection, source: str, index: Index) -> None:
        self._connection = connection
        self._source = source
        self._index = index
        self._record = metadata.tables["source_record"]
        self._earlier = self._has_records()
        self._ordered_by_sign = connection.dialect.name == "sqlite"
        self._types_read: set[str] = set()
        record = self._record
        self._every_record = select(
            record.c.source_record_id,
            record.c.record_key,
            record.c.table_name,
            record.c.row_id,
            record.c.content_sha256,
        ).where(record.c.source == source, record.c.record_type == bindparam("kind"))
        self._some_records = self._every_record.where(
            record.c.record_key >= bindparam("first"), record.c.record_key < bindparam("beyond")
        )
        self._next: dict[str, int] = {}
        self.new_records: list[dict[str, Any]] = []

    def _has_records(self) -> bool:
        found = select(self._record.c.source_record_id).where(self._record.c.source == self._source)
        return self._connection.execute(found.limit(1)).first() is not None

    def key_of(self, entry: Entry) -> Key:
        """The key under which a resource's rows are kept."""
        if entry.type in _KEYED_BY_NUMBER:
            for identifier in entry.resource.get("identifier", []):
                number = number_of(identifier)
                if number:
                    return entry.type, number
        return entry.type, entry.key

    def register(self, entry: Entry, row_id: int, table: str | None = None) -> None:
        """Learn all names of one resource that has a row."""
        key = self.key_of(entry)
        names = {f"{entry.type}/{entry.key}", f"{key[0]}?{key[1]}", f"{key[0]}/{key[1]}"}
        for identifier in entry.resource.get("identifier", []):
            number = number_of(identifier)
            if number:
                names.add(f"{entry.type}?{number}")
        if entry.url:
            names.add(entry.url)
        value = f"{row_id} {entry.type} {table or REFERRED_TABLE[entry.type]}".encode()
        for name in names:
            self._index.put("name", name, value=value)

    def remember(self, key: Key, row_id: int) -> None:
        """Learn the row of a resource that is only named in references."""
        value = f"{row_id} {key[0]} {REFERRED_TABLE[key[0]]}".encode()
        for mark in "?/":
            self._index.put("name", f"{key[0]}{mark}{key[1]}", value=value)

    def find(self, reference: Mapping[str, Any] | None, kind: str) -> Target | None:
        """The resource that a reference means; ``kind`` where the reference does not say.

        ``urn:uuid:``, relative, absolute and conditional (``Type?identifier=system|value``)
        references are understood, and logical ones by identifier.
        """
        names = list(_names_of(reference or {}, kind))
        for name, _key in names:
            value = self._index.get("name", name)
            if value:
                number, found, _table = value.decode().split(" ")
                # The key is needed only of resources that have no row.
                return Target((found, ""), int(number))
        if not names:
            return None
        key = names[0][1]
        row_id = self._earlier_row(key)
        if row_id is not None:
            self.remember(key, row_id)
        return Target(key, row_id)

    def find_fact(self, reference: Mapping[str, Any], table: str | None) -> int | None:
        """The row of a table that a resource of any type has, once its part is loaded.

        Without a table, the id says it, as those of our own exports do: ``drug-exposure-17``.
        """
        found = _REFERENCE.search(str(reference.get("reference") or ""))
        if not found:
            return None
        table = table or found[2].rpartition("-")[0].replace("-", "_")
        value = self._index.get("name", f"{found[1]}/{found[2]}")
        if value:
            row_id, _kind, held_in = value.decode().split(" ")
            return int(row_id) if held_in == table else None
        rows = [h for h in self.held((found[1], found[2]), always=True) if h.table == table]
        return rows[0].row_id if len(rows) == 1 else None

    def held(self, key: Key, *, always: bool = False) -> list[Held]:
        """Rows that the vault holds of a resource, of all its parts."""
        if not (self._earlier or always):
            return []
        found = self._records(key) if self._ordered_by_sign else self._records_of_type(key)
        return [
            Held(record_id, record_key[len(key[1]) + 1 :], table, row_id, content)
            for record_id, record_key, table, row_id, content in found
            if record_key == key[1] or record_key.startswith(key[1] + "#")
        ]

    def _records(self, key: Key) -> Iterable[Sequence[Any]]:
        """By one range of the index: a part's key is the resource's, "#" and the part."""
        return self._connection.execute(
            self._some_records, {"kind": key[0], "first": key[1], "beyond": key[1] + "$"}
        ).all()

    def _records_of_type(self, key: Key) -> Iterable[Sequence[Any]]:
        """From the import's own index, into which all records of a type are read once.

        Servers order text by language, so that no range of theirs holds just one resource.
        """
        if key[0] not in self._types_read:
            self._types_read.add(key[0])
            rows = self._connection.execute(
                self._every_record.execution_options(yield_per=_BATCH_ROWS), {"kind": key[0]}
            )
            for row in rows:
                whole: str = row[1]
                cuts = [i for i, sign in enumerate(whole) if sign == "#"]
                for name in (whole, *(whole[:cut] for cut in cuts)):
                    known = json.loads(self._index.get("held", key[0], name) or b"[]")
                    value = json.dumps([*known, list(row)]).encode()
                    self._index.put("held", key[0], name, value=value)
        found: list[list[Any]] = json.loads(self._index.get("held", *key) or b"[]")
        return found

    def held_row(self, key: Key, table: str) -> int | None:
        """The row of exactly this key in a table, from an earlier import."""
        return next((h.row_id for h in self.held(key) if h.table == table and not h.part), None)

    def give_row(
        self, key: Key, part: str, table: str, content_sha256: str, held: list[Held]
    ) -> tuple[int, dict[str, Any] | None]:
        """The row of a part of a resource, that of ``held`` or a new one, and its new record."""
        known = next((h for h in held if h.part == part and h.table == table), None)
        if known and known.content_sha256 == content_sha256:
            return known.row_id, None
        row_id = known.row_id if known else self.next_id(table)
        return row_id, {
            "source_record_id": known.record_id if known else self.next_id("source_record"),
            "source": self._source,
            "record_type": key[0],
            "record_key": f"{key[1]}#{part}" if part else key[1],
            "table_name": table,
            "row_id": row_id,
            "content_sha256": content_sha256,
        }

    def day_of(self, table: str, row_id: int) -> dt.date | None:
        """The day of a clinical row of the vault."""
        columns = metadata.tables[table].columns
        (key,) = key_columns(table)
        day: dt.date | None = self._connection.execute(
            select(columns[f"{table.split('_')[0]}_date"]).where(columns[key] == row_id)
        ).scalar_one_or_none()
        return day

    def next_id(self, table: str) -> int:
        """The next free number of a table, from 1."""
        if table not in self._next:
            (name,) = key_columns(table)
            column = metadata.tables[table].columns[name]
            largest = self._connection.execute(
                select(func.max(column)).where(column < RENUMBERED_FROM)
            ).scalar_one()
            self._next[table] = max(int(largest or 0), 0) + 1
        number = self._next[table]
        self._next[table] += 1
        return number

    def _earlier_row(self, key: Key) -> int | None:
        table = REFERRED_TABLE.get(key[0])
        return self.held_row(key, table) if table else None


def _names_of(reference: Mapping[str, Any], kind: str) -> Iterator[tuple[str, Key]]:
    """Names to look a reference up by, each with the key that it says."""
    text = str(reference.get("reference") or "")
    if "?identifier=" in text:
        named, number = text.split("?identifier=", 1)
        named = named.rsplit("/", 1)[-1]
        yield f"{named}?{number}", (named, number)
    elif text.startswith("urn:"):
        key = text.split(":", 2)[-1]
        yield text, (kind, key)
    elif text and not text.startswith("#"):
        found = _REFERENCE.search(text)
        if found:
            yield text, (found[1], found[2])
            yield f"{found[1]}/{found[2]}", (found[1], found[2])
    logical = number_of(reference.get("identifier"))
    if logical and not text:
        kind = str(reference.get("type") or kind)
        yield f"{kind}?{logical}", (kind, logical)


def content_sha256(resource: Resource) -> str:
    """SHA-256 of a resource's canonical JSON."""
    text = json.dumps(resource, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def number_of(identifier: Any) -> str | None:
    """An identifier as ``system|value``; None if it has no value."""
    if isinstance(identifier, dict) and identifier.get("value"):
        return f"{identifier.get('system', '')}|{identifier['value']}"
    return None


class Tally(Counter[tuple[str, str]]):
    """Counts of what is left out, by ``(what, reason)``."""
