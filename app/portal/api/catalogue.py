"""Releases, their dictionary and their change log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from app.errors import NotFound
from app.portal.api.bearer import api_actor
from app.portal.api.counts import Count, count_of
from app.portal.api.operations import Paging, listing, operation
from app.portal.api.schemas import Limit, Listing
from app.portal.wiring import wiring
from app.services.catalogue import find_columns, people_of, table_summaries
from app.services.release_changes import changes_between, line_of, versions_of
from app.services.tokens import Scope
from deid.release import ColumnEntry, Release


@dataclass(frozen=True)
class ReleaseSummary:
    """A release: its line, policy, window of data (two days, not before and not after), people."""

    name: str
    title: str
    line: str
    continues: str
    cdm_version: str
    policy: str
    first_day: str
    last_day: str
    people: Count | None


@dataclass(frozen=True)
class TableOfRelease:
    """A table; its rows are shown as people are, since a row may be all that tells of one."""

    name: str
    meaning: str
    rows: Count
    columns: int


@dataclass(frozen=True)
class ReleaseDetail:
    """A release with its tables."""

    release: ReleaseSummary
    tables: tuple[TableOfRelease, ...]


@dataclass(frozen=True)
class Column:
    """A column of the dictionary; `completeness` is a share from 0 to 1 that may be shown."""

    table: str
    name: str
    type: str
    meaning: str
    treatment: str
    rule: str
    unit: str
    completeness: float | None


@dataclass(frozen=True)
class DictionarySearch(Paging):
    """Words that are all looked for, and a table."""

    q: Annotated[str, Limit(longest=200)] = ""
    table: Annotated[str, Limit(longest=80)] = ""


@dataclass(frozen=True)
class Since:
    """The version to compare with; by default the one before."""

    SENT = True
    since: Annotated[str, Limit(longest=80)] = ""


@dataclass(frozen=True)
class Difference:
    """One difference; an empty side means that it was not there."""

    subject: str
    what: str
    before: str
    after: str


@dataclass(frozen=True)
class ChangeLog:
    """What a release changes against an earlier version of its line."""

    earlier: str
    later: str
    people_before: Count | None
    people_after: Count | None
    differences: tuple[Difference, ...]


@operation("GET", "/releases", Scope.READ_CATALOGUE, Listing[ReleaseSummary], query=Paging)
def list_releases(query: Paging) -> Listing[ReleaseSummary]:
    """All releases, by name."""
    return listing(wiring().catalogue.list(api_actor()), query, _summary)


@operation("GET", "/releases/<name>", Scope.READ_CATALOGUE, ReleaseDetail)
def get_release(name: str) -> ReleaseDetail:
    """One release with its tables."""
    found = wiring().catalogue.get(api_actor(), name)
    return ReleaseDetail(
        _summary(found),
        tuple(
            TableOfRelease(one.name, one.meaning, count_of(one.rows), one.columns)
            for one in table_summaries(found, wiring().answers.rule)
        ),
    )


@operation(
    "GET",
    "/releases/<name>/dictionary",
    Scope.READ_CATALOGUE,
    Listing[Column],
    query=DictionarySearch,
)
def search_dictionary(name: str, query: DictionarySearch) -> Listing[Column]:
    """The data dictionary of a release, searched."""
    found = wiring().catalogue.get(api_actor(), name)
    columns = find_columns(found, query.q, wiring().answers.rule, query.table)
    return listing(columns, query, _column)


@operation("GET", "/releases/<name>/changes", Scope.READ_CATALOGUE, ChangeLog, query=Since)
def get_changes(name: str, query: Since) -> ChangeLog:
    """What differs from an earlier version of the same line.

    Numbers of people are equal where the difference is of a few.
    """
    later = wiring().catalogue.get(api_actor(), name)
    others = [
        one for one in versions_of(later, wiring().catalogue.list(api_actor())) if one.name != name
    ]
    chosen = query.since or later.manifest.continues or (others[0].name if others else "")
    earlier = next((one for one in others if one.name == chosen), None)
    if earlier is None:
        raise NotFound("There is no such version of the same line.")
    changes = changes_between(earlier, later, wiring().answers.rule)
    before, after = changes.people or (None, None)
    return ChangeLog(
        earlier.name,
        later.name,
        count_of(before) if before else None,
        count_of(after) if after else None,
        tuple(
            Difference(subject, one.what, one.before, one.after)
            for subject in ("tables", "columns", "treatments", "making")
            for one in getattr(changes, subject)
        ),
    )


def _summary(release: Release) -> ReleaseSummary:
    manifest, people = release.manifest, people_of(release, wiring().answers.rule)
    return ReleaseSummary(
        release.name,
        manifest.title,
        line_of(release),
        manifest.continues,
        manifest.cdm_version,
        manifest.policy["name"],
        *manifest.data_window,
        count_of(people) if people else None,
    )


def _column(one: ColumnEntry) -> Column:
    return Column(
        one.table,
        one.name,
        one.type,
        one.meaning,
        one.treatment,
        one.rule,
        one.unit,
        one.completeness,
    )
