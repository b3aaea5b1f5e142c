"""What a later delivery of the same project has that the one before had not.

Rows are known by their ids, which a project keeps over the releases of a line. All counts are made
safe: who holds only the later delivery learns of no small number of people who left.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from html import escape
from pathlib import Path
from typing import Any, Final

import duckdb

from cohorts.disclosure import DEFAULT_RULE, DisclosureRule, SafeCount, safe_count
from cohorts.extract_files import canonical_json
from cohorts.identifiers import VOCABULARY_TABLES
from cohorts.selection import COHORT_TABLE

CHANGES_FILE: Final = "changes.json"
CHANGES_PAGE: Final = "changes.html"


@dataclass(frozen=True)
class TableChanges:
    """Rows of one table. ``changed`` rows have their id in both and another value in a column."""

    table: str
    added: SafeCount
    changed: SafeCount
    gone: SafeCount
    new_columns: tuple[str, ...]
    gone_columns: tuple[str, ...]


@dataclass(frozen=True)
class Changes:
    """Two deliveries compared. ``entered`` and ``left`` are people."""

    earlier: str
    later: str
    entered: SafeCount
    left: SafeCount
    tables: tuple[TableChanges, ...]
    new_tables: tuple[str, ...]
    gone_tables: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        """With every count as it may be shown."""
        return {
            "earlier": self.earlier,
            "later": self.later,
            "entered": str(self.entered),
            "left": str(self.left),
            "new_tables": list(self.new_tables),
            "gone_tables": list(self.gone_tables),
            "tables": [
                {
                    **asdict(table),
                    "added": str(table.added),
                    "changed": str(table.changed),
                    "gone": str(table.gone),
                }
                for table in self.tables
            ],
        }

    def to_json(self) -> bytes:
        """Canonical JSON."""
        return canonical_json(self.document())


def compare_deliveries(
    earlier: Path, later: Path, names: tuple[str, str], rule: DisclosureRule = DEFAULT_RULE
) -> Changes:
    """Compare two folders of ``TABLE.parquet`` with the same pseudonyms."""
    before, after = _tables(earlier), _tables(later)
    both = sorted(before & after)
    with duckdb.connect() as connection:
        tables = tuple(_compare(connection, earlier, later, name, rule) for name in both)
        entered = left = safe_count(0, rule)
        if "person" in both:
            entered, left = (
                safe_count(_missing(connection, one, other), rule)
                for one, other in ((later, earlier), (earlier, later))
            )
    return Changes(
        *names,
        entered,
        left,
        tables,
        tuple(sorted(after - before)),
        tuple(sorted(before - after)),
    )


def changes_page(title: str, changes: Changes) -> bytes:
    """A page that needs nothing else."""
    lines = [
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Changes: {escape(title)}</title><style>body{{font:16px/1.5 system-ui,sans-serif;"
        "max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}"
        "table{border-collapse:collapse;width:100%}th,td{border:1px solid #bbb;padding:.35rem "
        ".6rem;text-align:left}th{background:#f1f3f5}</style></head><body>",
        f"<h1>Changes: {escape(title)}</h1>",
        f"<p>What <code>{escape(changes.later)}</code> has beside <code>{escape(changes.earlier)}"
        "</code>. People and rows have the same ids in both. Small counts are not shown, "
        "others are rounded.</p>",
        f"<p>People who entered: {escape(str(changes.entered))}. People who left: "
        f"{escape(str(changes.left))}.</p>",
        '<table><thead><tr><th scope="col">Table</th><th scope="col">Rows added</th>'
        '<th scope="col">Rows changed</th><th scope="col">Rows gone</th>'
        '<th scope="col">Columns</th></tr></thead><tbody>',
    ]
    for table in changes.tables:
        columns = [f"new: {name}" for name in table.new_columns]
        columns += [f"gone: {name}" for name in table.gone_columns]
        cells = (table.added, table.changed, table.gone, ", ".join(columns) or "the same")
        lines.append(
            f'<tr><th scope="row"><code>{escape(table.table)}</code></th>'
            + "".join(f"<td>{escape(str(cell))}</td>" for cell in cells)
            + "</tr>"
        )
    lines.append("</tbody></table>")
    for words, names in (("New tables", changes.new_tables), ("Gone", changes.gone_tables)):
        if names:
            lines.append(f"<p>{words}: {escape(', '.join(names))}.</p>")
    lines.append("</body></html>\n")
    return "\n".join(lines).encode("utf-8")


def _tables(folder: Path) -> set[str]:
    return {path.stem for path in folder.glob("*.parquet")} - VOCABULARY_TABLES


def _compare(
    connection: duckdb.DuckDBPyConnection,
    earlier: Path,
    later: Path,
    table: str,
    rule: DisclosureRule,
) -> TableChanges:
    a, b = (_source(folder, table) for folder in (earlier, later))
    before, after = (
        [row[0] for row in connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()]
        for source in (a, b)
    )
    common = [name for name in after if name in before]
    key = _key(table, common)
    fields = ", ".join(f'"{name}"' for name in common)
    if key is None:  # without an id a row is what it says: it is there or not
        added, gone = (
            _count(connection, f"SELECT {fields} FROM {x} EXCEPT ALL SELECT {fields} FROM {y}")
            for x, y in ((b, a), (a, b))
        )
        changed = 0
    else:
        added, gone = (
            _count(connection, f'SELECT 1 FROM {x} WHERE "{key}" NOT IN (SELECT "{key}" FROM {y})')
            for x, y in ((b, a), (a, b))
        )
        differs = " OR ".join(
            f'a."{name}" IS DISTINCT FROM b."{name}"' for name in common if name != key
        )
        changed = _count(
            connection,
            f'SELECT 1 FROM {a} a JOIN {b} b ON a."{key}" = b."{key}" WHERE {differs or "false"}',
        )
    return TableChanges(
        table,
        safe_count(added, rule),
        safe_count(changed, rule),
        safe_count(gone, rule),
        tuple(name for name in after if name not in before),
        tuple(name for name in before if name not in after),
    )


def _key(table: str, columns: list[str]) -> str | None:
    if table == COHORT_TABLE:
        return None
    for name in (f"{table}_id", "person_id" if table == "death" else ""):
        if name in columns:
            return name
    return None


def _missing(connection: duckdb.DuckDBPyConnection, one: Path, other: Path) -> int:
    return _count(
        connection,
        f"SELECT 1 FROM {_source(one, 'person')} WHERE person_id NOT IN "
        f"(SELECT person_id FROM {_source(other, 'person')})",
    )


def _count(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    found = connection.execute(f"SELECT count(*) FROM ({query})").fetchone()
    return int(found[0]) if found else 0


def _source(folder: Path, table: str) -> str:
    return "read_parquet('" + str(folder / f"{table}.parquet").replace("'", "''") + "')"
