"""The data dictionary of a release: every column's meaning, type, treatment and completeness."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

DICTIONARY_FILE = "dictionary.json"


@dataclass(frozen=True)
class ColumnEntry:
    """One column. ``completeness`` is the share of rows that hold a value, 0 to 1."""

    table: str
    name: str
    type: str
    meaning: str
    treatment: str
    rule: str = ""
    unit: str = ""
    completeness: float | None = None


@dataclass(frozen=True)
class Dictionary:
    """All columns of a release, and what each table holds."""

    tables: Mapping[str, str]
    columns: tuple[ColumnEntry, ...]

    def of_table(self, table: str) -> tuple[ColumnEntry, ...]:
        """The columns of one table, in table order."""
        return tuple(column for column in self.columns if column.table == table)

    def search(self, words: str) -> tuple[ColumnEntry, ...]:
        """Columns whose table, name or meaning holds every word, ignoring case."""
        wanted = words.casefold().split()
        return tuple(
            column
            for column in self.columns
            if all(
                word in f"{column.table} {column.name} {column.meaning}".casefold()
                for word in wanted
            )
        )

    def to_json(self) -> bytes:
        """Canonical JSON."""
        document = {"tables": dict(self.tables), "columns": [asdict(c) for c in self.columns]}
        text = json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False)
        return (text + "\n").encode("utf-8")

    @classmethod
    def from_json(cls, data: bytes) -> Dictionary:
        """Parse what :meth:`to_json` wrote."""
        document = json.loads(data)
        columns: Iterable[dict[str, object]] = document["columns"]
        return cls(document["tables"], tuple(ColumnEntry(**column) for column in columns))  # type: ignore[arg-type]
