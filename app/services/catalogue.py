"""Use cases of the catalogue: what releases there are and what they hold."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from app.permissions import Actor, Permission, check_permission
from cohorts.disclosure import DisclosureRule, SafeCount, safe_count
from deid.errors import ReleaseError, ReleaseNotFound
from deid.release import ColumnEntry, Release, check_release_name, list_releases, open_release


@dataclass(frozen=True)
class TableSummary:
    """One table of a release: its meaning, rows and columns.

    A row may be all that tells of a person, as in ``death``; so rows are shown as people are.
    """

    name: str
    meaning: str
    rows: SafeCount
    columns: int
    empty: bool


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
        try:
            check_release_name(name)
        except ReleaseError:
            raise ReleaseNotFound("no release of that name") from None
        return open_release(self._root, name)


def people_of(release: Release, rule: DisclosureRule) -> SafeCount | None:
    """People of a release as they may be shown; ``None`` if it has no table of them."""
    table = release.manifest.tables.get("person")
    return None if table is None else safe_count(table.rows_out, rule)


def table_summaries(release: Release, rule: DisclosureRule) -> list[TableSummary]:
    """The tables of a release, by name."""
    return [
        TableSummary(
            name=name,
            meaning=release.dictionary.tables.get(name, ""),
            rows=safe_count(release.manifest.tables[name].rows_out, rule),
            columns=len(release.manifest.tables[name].columns),
            empty=not release.manifest.tables[name].rows_out,
        )
        for name in release.tables
    ]


def find_columns(
    release: Release, words: str, rule: DisclosureRule, table: str = ""
) -> tuple[ColumnEntry, ...]:
    """Columns of the dictionary that hold every word, of one table or of all."""
    found = release.dictionary.search(words)
    return tuple(
        safe_entry(release, column, rule) for column in found if not table or column.table == table
    )


def safe_entry(release: Release, column: ColumnEntry, rule: DisclosureRule) -> ColumnEntry:
    """The column with a completeness that tells of no small number of rows."""
    rows = release.manifest.tables[column.table].rows_out
    return replace(column, completeness=safe_share(column.completeness, rows, rule))


def safe_share(share: float | None, rows: int, rule: DisclosureRule) -> float | None:
    """A share of ``rows`` as it may be shown; a share of a known number would be a count.

    All and nothing are shown, since they tell of a column and not of people. Otherwise the share is
    that of a rounded number with at least the smallest shown count on either side; where there are
    too few rows for that, there is none.
    """
    if share is None or share in (0.0, 1.0):
        return share
    least = rule.smallest_shown
    if rows < 2 * least:
        return None
    filled = round(share * rows / rule.base) * rule.base
    return min(max(filled, least), rows - least) / rows


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
