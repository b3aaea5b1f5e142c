"""Who is who: references between resources, and the row that each resource has in the vault.

Rows get sequential numbers. ``source_record`` keeps which resource of which source got which row,
so that a second import of the same resource finds the same row.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, func, select

from deid.importers.fhir.bundles import Entry, Resource
from deid.vault.rules import key_columns
from deid.vault.schema import metadata
from deid.vault.staging import RENUMBERED_FROM

Key = tuple[str, str]  # resource type, and its id within the source
UNKNOWN_ROW = -1  # an id that no row has, so that the loader refuses with its reason
# These are often referred to by number rather than by id, so the number is their key.
_KEYED_BY_NUMBER = frozenset({"Practitioner", "Organization", "Location"})
_REFERENCE = re.compile(r"([A-Z][A-Za-z]+)/([A-Za-z0-9\-.]{1,64})(?:/_history/.*)?$")


class Links:
    """All resources of one import by every name they have, and the rows of earlier imports."""

    def __init__(self, connection: Connection, source: str) -> None:
        self._connection = connection
        self._source = source
        self._by_url: dict[str, Key] = {}
        self._by_id: dict[Key, Key] = {}
        self._by_number: dict[Key, Key] = {}
        record = metadata.tables["source_record"]
        rows = connection.execute(
            select(
                record.c.record_type, record.c.record_key, record.c.table_name, record.c.row_id
            ).where(record.c.source == source)
        )
        self._rows: dict[Key, dict[str, int]] = defaultdict(dict)
        for kind, key, table, row_id in rows:
            self._rows[kind, key][table] = row_id
        self._next: dict[str, int] = {}
        self.new_records: list[dict[str, Any]] = []

    def register(self, entry: Entry) -> None:
        """Learn one resource's names."""
        key = (entry.type, entry.key)
        if entry.type in _KEYED_BY_NUMBER:
            for identifier in entry.resource.get("identifier", []):
                number = _number(identifier)
                if number:
                    key = (entry.type, number)
                    break
        for identifier in entry.resource.get("identifier", []):
            number = _number(identifier)
            if number:
                self._by_number[entry.type, number] = key
        self._by_id[entry.type, entry.key] = key
        if entry.url:
            self._by_url[entry.url] = key

    def key_of(self, entry: Entry) -> Key:
        """The key under which a resource's rows are kept."""
        return self._by_id.get((entry.type, entry.key), (entry.type, entry.key))

    def resolve(self, reference: Mapping[str, Any] | None, kind: str) -> Key | None:
        """The resource that a reference means; ``kind`` where the reference does not say.

        ``urn:uuid:``, relative, absolute and conditional (``Type?identifier=system|value``)
        references are understood, and logical ones by identifier.
        """
        if not reference:
            return None
        text = str(reference.get("reference") or "")
        if text in self._by_url:
            return self._by_url[text]
        if "?identifier=" in text:
            named, number = text.split("?identifier=", 1)
            key = (named.rsplit("/", 1)[-1], number)
            return self._by_number.get(key, key)
        if text.startswith("urn:"):
            return (kind, text.split(":", 2)[-1])
        found = _REFERENCE.search(text)
        if found:
            key = (found.group(1), found.group(2))
            return self._by_id.get(key, key)
        logical = _number(reference.get("identifier"))
        if logical:
            return self._by_number.get((kind, logical), (kind, logical))
        return None

    def row_of(self, key: Key | None, table: str) -> int | None:
        """The row of a resource that is known, from this import or an earlier one."""
        return None if key is None else self._rows.get(key, {}).get(table)

    def is_known(self, key: Key, table: str) -> bool:
        """Whether the resource has a row."""
        return table in self._rows.get(key, {})

    def give_row(self, key: Key, table: str, content_sha256: str) -> int:
        """The row of a resource, a new one if it has none yet."""
        known = self._rows[key].get(table)
        if known is not None:
            return known
        row_id = self.next_id(table)
        self._rows[key][table] = row_id
        self.new_records.append(
            {
                "source_record_id": self.next_id("source_record"),
                "source": self._source,
                "record_type": key[0],
                "record_key": key[1],
                "table_name": table,
                "row_id": row_id,
                "content_sha256": content_sha256,
            }
        )
        return row_id

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


def content_sha256(resource: Resource) -> str:
    """SHA-256 of a resource's canonical JSON."""
    text = json.dumps(resource, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _number(identifier: Any) -> str | None:
    if isinstance(identifier, dict) and identifier.get("value"):
        return f"{identifier.get('system', '')}|{identifier['value']}"
    return None


class Tally(Counter[tuple[str, str]]):
    """Counts of what is left out, by ``(what, reason)``."""
