"""Use cases of the catalogue: what releases there are and what they hold."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.permissions import Actor, Permission, check_permission
from deid.release import ColumnEntry, Release, list_releases, open_release


@dataclass(frozen=True)
class TableSummary:
    """One table of a release: its meaning, rows and columns."""

    name: str
    meaning: str
    rows: int
    columns: int


@dataclass(frozen=True)
class RiskLine:
    """One measured figure of ``risk.json``, for people; nested names are joined by dots."""

    name: str
    value: str


class Catalogue:
    """The releases under one folder. Opened releases are kept: they never change."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def list(self, actor: Actor) -> list[Release]:
        """All releases, by name.

        Raises:
            PermissionDenied: unless the actor may see the catalogue.
        """
        check_permission(actor, Permission.SEE_CATALOGUE)
        return list_releases(self._root)

    def get(self, actor: Actor, name: str) -> Release:
        """One release.

        Raises:
            PermissionDenied: unless the actor may see the catalogue.
            ReleaseNotFound: if there is none of that name.
        """
        check_permission(actor, Permission.SEE_CATALOGUE)
        return open_release(self._root, name)


def table_summaries(release: Release) -> list[TableSummary]:
    """The tables of a release, by name."""
    return [
        TableSummary(
            name=name,
            meaning=release.dictionary.tables.get(name, ""),
            rows=release.manifest.tables[name].rows_out,
            columns=len(release.manifest.tables[name].columns),
        )
        for name in release.tables
    ]


def find_columns(release: Release, words: str, table: str = "") -> tuple[ColumnEntry, ...]:
    """Columns of the dictionary that hold every word, of one table or of all."""
    found = release.dictionary.search(words)
    return tuple(column for column in found if not table or column.table == table)


def risk_lines(release: Release) -> list[RiskLine]:
    """The figures of ``risk.json`` that are single values."""
    return list(_flatten(release.risk, ""))


def _flatten(value: Any, name: str) -> list[RiskLine]:
    if isinstance(value, dict):
        return [
            line
            for key, part in value.items()
            for line in _flatten(part, f"{name}.{key}" if name else str(key))
        ]
    if isinstance(value, bool):
        return [RiskLine(name, "yes" if value else "no")]
    if isinstance(value, float):
        return [RiskLine(name, f"{value:.4g}")]
    if isinstance(value, int | str):
        return [RiskLine(name, str(value))]
    return []
