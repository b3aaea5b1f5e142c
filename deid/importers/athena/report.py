"""What loading a vocabulary did, table by table."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from deid.vault.report import ImportReport, TableReport


@dataclass(frozen=True)
class VocabularyTableReport:
    """One table. ``read = added + changed + unchanged + repeated``, but for what is derived.

    ``changed`` rows are in the vault and the download with different content; ``invalidated``
    became invalid: those that the download marks so (they are part of ``changed``), and those that
    it no longer has. ``removed`` are rows of tables without a column for validity that it no longer
    has. ``derived`` rows join the installation's own concepts with those of the download, and
    ``repeated`` are rows that the file has more than once.
    """

    table: str
    read: int
    added: int
    changed: int
    unchanged: int
    invalidated: int
    removed: int
    derived: int = 0
    repeated: int = 0


@dataclass(frozen=True)
class VocabularyReport:
    """The whole of one load, in the order in which tables were loaded."""

    source: str
    tables: tuple[VocabularyTableReport, ...]
    notes: tuple[str, ...] = ()

    def table(self, name: str) -> VocabularyTableReport:
        """Report of one table."""
        return next(report for report in self.tables if report.table == name)

    def to_json(self) -> str:
        """The report as JSON."""
        return json.dumps(asdict(self), indent=1, ensure_ascii=False)

    def render(self) -> str:
        """The report as text for a terminal."""
        head = ("table", "read", "added", "changed", "unchanged", "invalidated", "removed")
        rows = [(t.table, *(f"{getattr(t, name):,}" for name in head[1:])) for t in self.tables]
        widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
        lines = [f"vocabulary of {self.source}", ""]
        for row in (head, *rows):
            numbers = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
            lines.append("  ".join([row[0].ljust(widths[0]), *numbers]))
        derived = sum(t.derived for t in self.tables)
        if derived:
            lines += ["", f"{derived:,} ancestors join local concepts with those of the download"]
        for t in self.tables:
            if t.repeated:
                lines += ["", f"{t.repeated:,} rows of {t.table} come more than once"]
        if self.notes:
            lines += ["", "notes:", *(f"  {note}" for note in self.notes)]
        return "\n".join(lines)

    def as_import(self) -> ImportReport:
        """The form in which imports are kept in the vault."""
        return ImportReport(
            self.source,
            "vocabulary",
            tuple(
                TableReport(
                    t.table,
                    t.read,
                    t.added,
                    t.changed,
                    t.unchanged + t.repeated,
                    warnings={
                        text: rows
                        for text, rows in (
                            ("invalidated", t.invalidated),
                            ("removed, the download no longer has it", t.removed),
                            ("ancestor joins local concepts with the download's", t.derived),
                        )
                        if rows
                    },
                )
                for t in self.tables
            ),
            notes=self.notes,
        )
