"""What mapping again did, table by table."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from deid.vault.report import ImportReport, TableReport

SHOWN_CHANGES = 10


@dataclass(frozen=True)
class RemapChange:
    """Rows of one code that got another concept; ``code`` is "words" where no code was written."""

    code: str
    before: str
    after: str
    rows: int


@dataclass(frozen=True)
class RemapTable:
    """One table: how many of its rows have a concept other than 0, and what was changed.

    ``changed`` rows got another concept, ``sources`` only another source concept; ``moved`` went to
    the table of their new concept's domain; ``left`` are rows of another domain that could not,
    with the reason and their number.
    """

    table: str
    rows: int
    mapped_before: int
    rows_after: int
    mapped_after: int
    changed: int
    sources: int
    moved: int
    left: tuple[tuple[str, int], ...]
    changes: tuple[RemapChange, ...]


@dataclass(frozen=True)
class RemapReport:
    """The whole of one run."""

    tables: tuple[RemapTable, ...]
    notes: tuple[str, ...] = ()

    def table(self, name: str) -> RemapTable:
        """Report of one table; of an absent one, a report of no rows."""
        empty = RemapTable(name, 0, 0, 0, 0, 0, 0, 0, (), ())
        return next((table for table in self.tables if table.table == name), empty)

    def to_json(self) -> str:
        """The report as JSON."""
        return json.dumps(asdict(self), indent=1, ensure_ascii=False)

    def as_import(self) -> ImportReport:
        """The report as the vault keeps those of imports."""
        tables = tuple(
            TableReport(
                t.table,
                read=t.rows,
                loaded=0,
                updated=t.changed + t.sources + t.moved,
                already_there=t.rows - t.changed - t.sources - t.moved,
            )
            for t in self.tables
        )
        return ImportReport("vocabulary of the vault", "remap", tables, notes=self.notes)

    def render(self) -> str:
        """The report as text for a terminal."""
        head = ("table", "rows", "mapped before", "mapped after", "changed", "source only", "moved")
        body = [
            (
                t.table,
                f"{t.rows:,}",
                _share(t.mapped_before, t.rows),
                _share(t.mapped_after, t.rows_after),
                f"{t.changed:,}",
                f"{t.sources:,}",
                f"{t.moved:,}",
            )
            for t in self.tables
        ]
        widths = [max(len(row[i]) for row in (head, *body)) for i in range(len(head))]
        lines = ["records mapped again", ""]
        for row in (head, *body):
            numbers = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
            lines.append("  ".join([row[0].ljust(widths[0]), *numbers]))
        for t in self.tables:
            shown = [f"  {c.code}: {c.before} -> {c.after}, {c.rows:,} rows" for c in t.changes]
            if shown:
                lines += ["", f"{t.table}:", *shown[:SHOWN_CHANGES]]
            if len(shown) > SHOWN_CHANGES:
                lines.append(f"  and {len(shown) - SHOWN_CHANGES:,} more codes")
        left = [f"  {rows:,} of {t.table}: {why}" for t in self.tables for why, rows in t.left]
        if left:
            lines += ["", "left as they were:", *left]
        if self.notes:
            lines += ["", "notes:", *(f"  {note}" for note in self.notes)]
        return "\n".join(lines)


def _share(part: int, whole: int) -> str:
    return f"{part:,} ({part / whole:.1%})" if whole else "0"
