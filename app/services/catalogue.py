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
class RiskVerdict:
    """A threshold of the release's policy, what was measured, and whether it passed."""

    name: str
    measured: str
    limit: str
    passed: bool


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


def risk_verdicts(release: Release) -> list[RiskVerdict]:
    """The thresholds that the release was held to, as ``risk.json`` has them."""
    return [
        RiskVerdict(
            name=name.replace("_", " "),
            measured=_figure(threshold.get("value")),
            limit=f"{threshold.get('side', '')} {_figure(threshold.get('limit'))}".strip(),
            passed=bool(threshold.get("passed")),
        )
        for name, threshold in release.risk.get("thresholds", {}).items()
        if isinstance(threshold, dict)
    ]


def _figure(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return "does not apply" if value is None else str(value)
