"""What every column of OMOP CDM v5.4 holds: its *kind*, from ``data/columns.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from deid.policy.model import Treatment


@dataclass(frozen=True)
class Kind:
    """A kind of column, and the treatments that make sense for it."""

    name: str
    meaning: str
    may: tuple[Treatment, ...]


@dataclass(frozen=True)
class Column:
    """One column. ``domain`` or ``domain_from`` says which table its ids belong to."""

    kind: str
    domain: str | None = None
    domain_from: str | None = None


@dataclass(frozen=True)
class Classification:
    """All kinds, and the columns of all tables in the order of OMOP."""

    kinds: Mapping[str, Kind]
    columns: Mapping[str, Mapping[str, Column]]

    def kind(self, table: str, column: str) -> Kind | None:
        """The kind of a column, or ``None`` if OMOP has no such column."""
        found = self.columns.get(table, {}).get(column)
        return self.kinds[found.kind] if found else None


@cache
def classification() -> Classification:
    """The shipped classification."""
    file = resources.files("deid.policy.data") / "columns.toml"
    document = tomllib.loads(file.read_text(encoding="utf-8"))
    kinds = {
        name: Kind(name, entry["meaning"], tuple(map(Treatment, entry["may"])))
        for name, entry in document["kinds"].items()
    }
    columns = {
        table: {
            name: Column(entry) if isinstance(entry, str) else Column(**entry)
            for name, entry in entries.items()
        }
        for table, entries in document["columns"].items()
    }
    return Classification(kinds, columns)
