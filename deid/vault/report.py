"""What an import did: rows read, loaded and refused, with a reason for every refusal."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True)
class Refusal:
    """Rows refused for one reason; ``examples`` are places (row numbers, entries), never values."""

    reason: str
    rows: int
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class TableReport:
    """One table. ``read = loaded + updated + already_there + refused rows``."""

    table: str
    read: int
    loaded: int
    updated: int
    already_there: int
    refusals: tuple[Refusal, ...] = ()
    warnings: Mapping[str, int] = field(default_factory=dict)

    @property
    def refused(self) -> int:
        """Rows refused, for whatever reason."""
        return sum(refusal.rows for refusal in self.refusals)

    def joined(self, later: TableReport) -> TableReport:
        """This part of a table and a later one, as one report."""
        refusals = {refusal.reason: refusal for refusal in self.refusals}
        for more in later.refusals:
            first = refusals.get(more.reason, Refusal(more.reason, 0))
            refusals[more.reason] = Refusal(
                more.reason, first.rows + more.rows, first.examples or more.examples
            )
        warnings = dict(self.warnings)
        for warning, rows in later.warnings.items():
            warnings[warning] = warnings.get(warning, 0) + rows
        return TableReport(
            self.table,
            self.read + later.read,
            self.loaded + later.loaded,
            self.updated + later.updated,
            self.already_there + later.already_there,
            tuple(sorted(refusals.values(), key=lambda refusal: (-refusal.rows, refusal.reason))),
            warnings,
        )


@dataclass(frozen=True)
class Skipped:
    """Records that this program does not import, and why; FHIR resource types for example."""

    what: str
    count: int
    reason: str


@dataclass(frozen=True)
class ResourceReport:
    """Resources of one FHIR type, and how many of their main codes have a standard concept.

    ``changed`` are those of which the vault holds another version: replaced, or refused if the
    import was not told to update.
    """

    type: str
    added: int
    changed: int
    unchanged: int
    codes: int = 0
    mapped: int = 0


@dataclass(frozen=True)
class ImportReport:
    """The whole of one import, in the order in which tables were loaded."""

    source: str
    kind: str
    tables: tuple[TableReport, ...]
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()
    resources: tuple[ResourceReport, ...] = ()

    @property
    def read(self) -> int:
        """Rows read."""
        return sum(table.read for table in self.tables)

    @property
    def loaded(self) -> int:
        """Rows that were new to the vault."""
        return sum(table.loaded for table in self.tables)

    @property
    def updated(self) -> int:
        """Rows that replaced an older version of themselves."""
        return sum(table.updated for table in self.tables)

    @property
    def already_there(self) -> int:
        """Rows that the vault held already, equal in every column."""
        return sum(table.already_there for table in self.tables)

    @property
    def refused(self) -> int:
        """Rows refused."""
        return sum(table.refused for table in self.tables)

    def table(self, name: str) -> TableReport:
        """Report of one table; of an absent one, a report of no rows."""
        for report in self.tables:
            if report.table == name:
                return report
        return TableReport(name, 0, 0, 0, 0)

    def to_json(self) -> str:
        """The report as JSON, with the totals."""
        document = asdict(self)
        document["totals"] = {
            name: getattr(self, name)
            for name in ("read", "loaded", "updated", "already_there", "refused")
        }
        return json.dumps(document, indent=1, ensure_ascii=False)

    def render(self) -> str:
        """The report as text for a terminal."""
        head = ("table", "read", "loaded", "updated", "already there", "refused")
        counts = [
            (t.table, t.read, t.loaded, t.updated, t.already_there, t.refused)
            for t in self.tables
            if t.read
        ]
        counts.append(
            ("all", self.read, self.loaded, self.updated, self.already_there, self.refused)
        )
        rows = [head, *((row[0], *(f"{n:,}" for n in row[1:])) for row in counts)]
        widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
        lines = [f"{self.kind} import of {self.source}", ""]
        for row in rows:
            numbers = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
            lines.append("  ".join([row[0].ljust(widths[0]), *numbers]))
        lines += _section("resources", self._resource_lines())
        lines += _section("refused", self._refusal_lines())
        lines += _section("kept, with a warning", self._warning_lines())
        lines += _section(
            "not imported", [f"{s.count:,} {s.what}: {s.reason}" for s in self.skipped]
        )
        lines += _section("notes", list(self.notes))
        return "\n".join(lines)

    def _resource_lines(self) -> list[str]:
        return [
            f"{r.type}: {r.added:,} added, {r.changed:,} changed, {r.unchanged:,} unchanged"
            + (
                f"; {r.mapped:,} of {r.codes:,} codes are standard concepts "
                f"({r.mapped / r.codes:.0%})"
                if r.codes
                else ""
            )
            for r in self.resources
        ]

    def _refusal_lines(self) -> list[str]:
        return [
            f"{r.rows:,} of {t.table}: {r.reason} (for example {', '.join(r.examples)})"
            for t in self.tables
            for r in t.refusals
        ]

    def _warning_lines(self) -> list[str]:
        return [
            f"{rows:,} of {t.table}: {warning}"
            for t in self.tables
            for warning, rows in t.warnings.items()
        ]


def _section(title: str, lines: list[str]) -> list[str]:
    return ["", f"{title}:", *(f"  {line}" for line in lines)] if lines else []
