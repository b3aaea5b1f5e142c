"""Results as tables of text: the same for pages, CSV files and the command line."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

from cohorts.spreadsheets import harmless


@dataclass(frozen=True)
class PrintedTable:
    """A table as it is shown. ``name`` is for file names; the first ``labels`` columns are words.

    An empty cell is a number that is not shown or does not exist.
    """

    name: str
    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    labels: int = 1

    def to_csv(self) -> str:
        """The table as CSV, quoted as RFC 4180 says.

        Labels come from vocabularies and from people; one that a spreadsheet would run as a formula
        gets an apostrophe before it. Numbers lose their thousands separators.
        """
        buffer = io.StringIO()
        writer = csv.writer(buffer)
        writer.writerow(self.header)
        for row in self.rows:
            words, numbers = row[: self.labels], row[self.labels :]
            writer.writerow([*map(harmless, words), *(_plain(cell) for cell in numbers)])
        return buffer.getvalue()

    def to_text(self) -> str:
        """The table for a terminal: columns aligned, numbers to the right."""
        lines = [self.header, *self.rows]
        widths = [max(len(line[column]) for line in lines) for column in range(len(self.header))]
        printed = [
            "  ".join(
                cell.ljust(width) if column < self.labels else cell.rjust(width)
                for column, (cell, width) in enumerate(zip(line, widths, strict=True))
            ).rstrip()
            for line in lines
        ]
        return "\n".join([self.caption, *(f"  {line}" for line in printed)])


def _plain(cell: str) -> str:
    bare = cell.replace(",", "")
    try:
        float(bare)
    except ValueError:
        return harmless(cell)
    return bare
