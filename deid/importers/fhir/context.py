"""What the mappers of one import share: links, codes, and the rows gathered so far."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from deid.importers.fhir.bundles import Entry
from deid.importers.fhir.codes import Coded, Codes
from deid.importers.fhir.index import Index
from deid.importers.fhir.links import UNKNOWN_ROW, Held, Key, Links, Tally, content_sha256
from deid.importers.fhir.times import Moment
from deid.vault.arrival import PLACE
from deid.vault.report import ResourceReport
from deid.vault.rules import column_names, key_columns

Row = dict[str, Any]
CHANGED = "the vault holds another version of it; import with --update to replace that"


@dataclass
class _Current:
    """The resource at work: its rows wait until all of them are known."""

    entry: Entry
    key: Key
    content: str
    held: list[Held]
    rows: list[tuple[str, Row]] = field(default_factory=list)
    records: list[dict[str, Any]] = field(default_factory=list)
    codes: int = 0
    mapped: int = 0


@dataclass
class Gathering:
    """The rows of one part of an import, table by table, before they are loaded."""

    links: Links
    codes: Codes
    index: Index
    update: bool = False
    rows: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    # Rows of older versions of resources, each with the number of its source_record, if it has one.
    removed: dict[str, dict[int, int | None]] = field(default_factory=lambda: defaultdict(dict))
    left_out: Tally = field(default_factory=Tally)
    partial_dates: int = 0
    spans: dict[int, tuple[dt.date, dt.date]] = field(default_factory=dict)
    with_period: set[int] = field(default_factory=set)
    roles: dict[str, Row] = field(default_factory=dict)
    open_references: set[str] = field(default_factory=set)  # tables
    gathered: int = 0
    _counts: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    _current: _Current | None = None

    def begin(self, entry: Entry, key: Key | None = None) -> bool:
        """Begin with a resource; whether it may be mapped, or is another version of a known one."""
        key = key or self.links.key_of(entry)
        content = content_sha256(entry.resource)
        held = self.links.held(key)
        self._current = _Current(entry, key, content, held)
        # A row made of a mere name has no content yet.
        changed = any(h.content_sha256 not in {"", content} for h in held)
        known = any(h.content_sha256 for h in held)
        self._counts[entry.type]["changed" if changed else "unchanged" if known else "added"] += 1
        if changed and not self.update:
            self.left_out[f"changed {entry.type}", CHANGED] += 1
            self._current = None
        return self._current is not None

    def end(self) -> None:
        """Take over the rows of the resource that was begun."""
        current, self._current = self._current, None
        assert current is not None
        counts = self._counts[current.entry.type]
        counts["codes"] += current.codes
        counts["mapped"] += current.mapped
        if not current.records and not current.held:
            # Nothing came of it, as its mapper has said, or a row without a number of its own.
            counts["added"] -= 1
        kept = {(table, row[key_columns(table)[0]]) for table, row in current.rows}
        gone = [h for h in current.held if (h.table, h.row_id) not in kept]
        if gone and not self.update:
            self.left_out[
                f"{current.entry.type} whose codes have another meaning by now", CHANGED
            ] += 1
            return
        for held in gone:
            self.removed[held.table][held.row_id] = held.record_id
        if current.held and "death" not in {table for table, _ in current.rows}:
            for held in current.held:
                if held.table == "person" and self.update:
                    self.removed["death"][held.row_id] = None
        for table, row in current.rows:
            self.rows[table].append(row)
        self.links.new_records += current.records
        self.gathered += len(current.rows)

    def add(self, entry: Entry, table: str, row: Row, part: str = "") -> int:
        """Add a row of a resource; ``part`` tells several rows of one resource apart."""
        current = self._current
        assert current is not None
        row_id, record = self.links.give_row(
            current.key, part, table, current.content, current.held
        )
        if record:
            current.records.append(record)
        (id_column,) = key_columns(table)
        current.rows.append((table, {**row, id_column: row_id, PLACE: entry.place}))
        return row_id

    def add_keyed(self, entry: Entry, table: str, row: Row) -> None:
        """Add a row of a table whose key is that of another row, a person's death for example."""
        assert self._current is not None
        self._current.rows.append((table, {**row, PLACE: entry.place}))

    def code(self, codeable: Mapping[str, Any] | None, domain: str) -> Coded:
        """The meaning of a resource's main code, which counts in the share of mapped codes."""
        meant = self.codes.read(codeable, domain, count=True)
        if self._current is not None and meant.source_value is not None:
            self._current.codes += 1
            self._current.mapped += meant.concept_id != 0
        return meant

    def leave_out(self, what: str, reason: str, count: int = 1) -> None:
        """Count something that is not imported."""
        self.left_out[what, reason] += count

    def day(self, moment: Moment | None) -> dt.date | None:
        """The day of a moment; a day made whole is counted."""
        if moment is None:
            return None
        self.partial_dates += not moment.whole
        return moment.date

    def held_day(self, table: str) -> dt.date | None:
        """The day of the row that the vault holds of the resource at work, if it is unchanged."""
        assert self._current is not None
        for held in self._current.held:
            if held.table == table and held.content_sha256 == self._current.content:
                return self.links.day_of(table, held.row_id)
        return None

    def household(self, entry: Entry) -> int | None:
        """The household that names a patient as its member."""
        for name in (f"Patient/{entry.key}", entry.url or ""):
            value = self.index.get("household", name)
            if value:
                return int(value)
        return None

    def columns(self, table: str) -> frozenset[str]:
        """Names of a table's columns."""
        return frozenset(column_names(table))

    def person(self, reference: Any) -> int:
        """The person that a subject reference means."""
        row = self.row(reference, "Patient")
        return UNKNOWN_ROW if row is None else row

    def visit(self, reference: Any) -> int | None:
        """The visit that an encounter reference means."""
        return self.row(reference, "Encounter")

    def row(self, reference: Any, kind: str) -> int | None:
        """The row of the resource that a reference means, if it is of that type."""
        target = self.links.find(reference, kind)
        return target.row_id if target and target.key[0] == kind else None

    def provider(self, reference: Any) -> int | None:
        """The practitioner of a reference; one who is only named in it gets a row by that name."""
        return self._named(reference, "Practitioner", "provider")

    def care_site(self, reference: Any, kind: str = "Organization") -> int | None:
        """The organisation or place of a reference."""
        return self._named(reference, kind, "care_site")

    def span(self, person_id: int, *days: dt.date | None) -> None:
        """Widen the time in which something is recorded of a person."""
        for day in days:
            if day is not None and person_id != UNKNOWN_ROW:
                first, last = self.spans.get(person_id, (day, day))
                self.spans[person_id] = (min(first, day), max(last, day))

    def resources(self) -> list[ResourceReport]:
        """What became of the resources, by type."""
        return [
            ResourceReport(kind, n["added"], n["changed"], n["unchanged"], n["codes"], n["mapped"])
            for kind, n in sorted(self._counts.items())
        ]

    def _named(self, reference: Any, kind: str, table: str) -> int | None:
        target = self.links.find(reference, kind)
        if target is None or target.key[0] != kind:
            return None
        if target.row_id is not None or not reference.get("display"):
            return target.row_id
        row_id, record = self.links.give_row(target.key, "", table, "", [])
        if record:
            self.links.new_records.append(record)
        self.links.remember(target.key, row_id)
        self.rows[table].append(_named_row(table, row_id, target.key, reference["display"]))
        return row_id


def _named_row(table: str, row_id: int, key: Key, name: str) -> Row:
    system, _, number = key[1].partition("|")
    if table == "provider":
        return {
            "provider_id": row_id,
            "provider_name": name,
            "npi": number if system.endswith("/us-npi") else None,
            PLACE: f"references to {key[0]}",
        }
    return {"care_site_id": row_id, "care_site_name": name, PLACE: f"references to {key[0]}"}
