"""Use cases of the catalogue: what releases there are and what they hold."""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.models import DataRequest
from app.errors import NotFound
from app.permissions import Actor, Permission, can, check_permission
from app.services.workflow import State
from cohorts.disclosure import DisclosureRule, SafeCount, safe_count
from cohorts.release_profile import ReleaseProfile, release_profile
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


@dataclass(frozen=True)
class ApprovedProject:
    """One line of the register: who works on it is told by number only."""

    project: str
    title: str
    purpose: str
    duo_code: str
    release: str
    workers: int
    ends: date | None
    in_force: bool


IN_FORCE: Final = (State.APPROVED, State.PROVISIONING, State.ACTIVE)
ENDED: Final = (State.EXPIRED, State.REVOKED, State.CLOSED)


class Catalogue:
    """The releases under one folder; ``public`` if part of it may be read without an account.

    What was counted of a release is kept under the hash of its manifest: it never changes.
    """

    def __init__(self, root: Path, public: bool = False) -> None:
        self._root = root
        self._public = public
        self._profiles: dict[tuple[str, DisclosureRule], ReleaseProfile] = {}
        self._lock = threading.Lock()

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

    def public_list(self, actor: Actor | None) -> Sequence[Release]:
        """All releases for somebody who may have no account.

        Raises:
            NotFound: unless the catalogue is public or the actor may see it.
        """
        self._check_public(actor)
        return list_releases(self._root)

    def public_get(self, actor: Actor | None, name: str) -> Release:
        """One release for somebody who may have no account.

        Raises:
            NotFound: unless the catalogue is public or the actor may see it.
            ReleaseNotFound: if there is none of that name.
        """
        self._check_public(actor)
        try:
            check_release_name(name)
        except ReleaseError:
            raise ReleaseNotFound("no release of that name") from None
        return open_release(self._root, name)

    def profile(self, release: Release, rule: DisclosureRule) -> ReleaseProfile | None:
        """Who is in a release; ``None`` if it has no table of people."""
        if "person" not in release.tables:
            return None
        key = (release.certificate.statement["manifest_sha256"], rule)
        with self._lock:
            if key not in self._profiles:
                self._profiles[key] = release_profile(release, rule)
            return self._profiles[key]

    def _check_public(self, actor: Actor | None) -> None:
        if not self._public and (actor is None or not can(actor, Permission.SEE_CATALOGUE)):
            raise NotFound("There is no public catalogue here.")


@dataclass(frozen=True)
class Search:
    """What is looked for among releases: words, a policy, a year with data, a use."""

    words: str = ""
    policy: str = ""
    year: str = ""
    use: str = ""

    def finds(self, release: Release, uses: Collection[str]) -> bool:
        """Whether a release has all of it. Dates of releases lie within their window."""
        manifest = release.manifest
        text = f"{manifest.title} {release.name} {' '.join(manifest.language_packs)}".casefold()
        first, last = (day[:4] for day in manifest.data_window)
        return (
            all(word in text for word in self.words.casefold().split())
            and self.policy in ("", manifest.policy["name"])
            and (not self.year or first <= self.year <= last)
            and (not self.use or self.use in uses)
        )


def uses_of(name: str, data_use: Sequence[tuple[str, tuple[str, ...]]]) -> tuple[str, ...]:
    """Terms of use of a release; those of ``*`` if it has none of its own."""
    said = dict(data_use)
    return said.get(name, said.get("*", ()))


def approved_projects(session: Session) -> list[ApprovedProject]:
    """Requests that were approved and are in force or were, newest first, without any name.

    The public register of uses of data, as SATRE 1.7.02 asks: what for, which release, how many
    people work on it, and whether access has ended. People here are users and not residents.
    """
    found = session.scalars(
        select(DataRequest)
        .where(DataRequest.state.in_([state.value for state in (*IN_FORCE, *ENDED)]))
        .order_by(DataRequest.id.desc())
    )
    return [
        ApprovedProject(
            one.project.title,
            one.title,
            one.purpose,
            one.duo_code,
            one.release,
            len(one.people),
            one.end_date,
            State(one.state) in IN_FORCE,
        )
        for one in found
    ]


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
