"""What the mappers of one import share: links, codes, and the rows gathered so far."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from deid.importers.fhir.bundles import Entry
from deid.importers.fhir.codes import Codes
from deid.importers.fhir.links import UNKNOWN_ROW, Key, Links, Tally, content_sha256
from deid.importers.fhir.times import Moment
from deid.vault.arrival import PLACE
from deid.vault.rules import column_names, key_columns

Row = dict[str, Any]


@dataclass
class Gathering:
    """The rows of one import, table by table, before they are loaded."""

    links: Links
    codes: Codes
    rows: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    left_out: Tally = field(default_factory=Tally)
    partial_dates: int = 0
    spans: dict[int, tuple[dt.date, dt.date]] = field(default_factory=dict)
    documents: set[tuple[int, str]] = field(default_factory=set)

    def add(self, entry: Entry, table: str, row: Row, part: str = "") -> int:
        """Add a row of a resource; ``part`` tells several rows of one resource apart."""
        kind, key = self.links.key_of(entry)
        row_id = self.links.give_row(
            (kind, f"{key}#{part}" if part else key), table, content_sha256(entry.resource)
        )
        (id_column,) = key_columns(table)
        self.rows[table].append({**row, id_column: row_id, PLACE: entry.place})
        return row_id

    def leave_out(self, what: str, reason: str, count: int = 1) -> None:
        """Count something that is not imported."""
        self.left_out[what, reason] += count

    def day(self, moment: Moment | None) -> dt.date | None:
        """The day of a moment; a day made whole is counted."""
        if moment is None:
            return None
        self.partial_dates += not moment.whole
        return moment.date

    def columns(self, table: str) -> frozenset[str]:
        """Names of a table's columns."""
        return frozenset(column_names(table))

    def person(self, reference: Any) -> int:
        """The person that a subject reference means."""
        row = self.links.row_of(self.links.resolve(reference, "Patient"), "person")
        return UNKNOWN_ROW if row is None else row

    def visit(self, reference: Any) -> int | None:
        """The visit that an encounter reference means."""
        return self.links.row_of(self.links.resolve(reference, "Encounter"), "visit_occurrence")

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

    def _named(self, reference: Any, kind: str, table: str) -> int | None:
        key = self.links.resolve(reference, kind)
        if key is None or key[0] != kind:
            return None
        row = self.links.row_of(key, table)
        if row is None and reference.get("display"):
            row = self.links.give_row(key, table, "")
            self.rows[table].append(_named_row(table, row, key, reference["display"]))
        return row


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
