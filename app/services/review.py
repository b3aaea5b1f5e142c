"""What was asked, beside what the release holds: the steward's view of a request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from app.db.models import DataRequest
from app.services.catalogue import safe_entry
from app.services.minimisation import definition_of
from cohorts.disclosure import DisclosureRule, SafeCount, safe_count
from cohorts.row_limits import limit_in_words, set_names
from deid.release import ColumnEntry, Release


@dataclass(frozen=True)
class AskedColumn:
    """A column asked for; ``entry`` is its line of the dictionary, ``held`` if it is there."""

    name: str
    entry: ColumnEntry | None
    held: bool
    own_reason: str = ""


@dataclass(frozen=True)
class AskedTable:
    """A table asked for: which of its columns and rows, why, and how many there are altogether.

    ``limit`` says which rows are asked for, empty for all.
    """

    name: str
    meaning: str
    reason: str
    columns: tuple[AskedColumn, ...]
    not_asked: tuple[str, ...]
    rows: SafeCount | None
    limit: str = ""


def asked_tables(
    request: DataRequest, release: Release | None, rule: DisclosureRule
) -> list[AskedTable]:
    """The request's tables in the order asked, compared with ``release`` if it is published."""
    wanted: dict[str, list[str]] = {}
    reasons: dict[str, str] = {}
    own = {(c.table_name, c.column_name): c.own_reason for c in request.columns}
    for column in request.columns:
        wanted.setdefault(column.table_name, []).append(column.column_name)
        reasons[column.table_name] = column.reason
    names = set_names(definition_of(request)) if request.row_limits else {}
    limits = {
        table: limit_in_words([names.get(number, str(number)) for number in sets])
        for table, sets in request.row_limits.items()
        if sets
    }
    return [
        replace(
            _compare(table, columns, reasons[table], own, release, rule),
            limit=limits.get(table, ""),
        )
        for table, columns in wanted.items()
    ]


def delivered_rows(request: DataRequest, rule: DisclosureRule) -> SafeCount | None:
    """Rows of the delivered extract as they may be shown; stewards read this page as well."""
    return None if request.extract_rows is None else safe_count(request.extract_rows, rule)


def _compare(
    table: str,
    columns: list[str],
    reason: str,
    own: Mapping[tuple[str, str], str],
    release: Release | None,
    rule: DisclosureRule,
) -> AskedTable:
    held_table = release is not None and table in release.manifest.tables
    if release is None or not held_table:
        unknown = tuple(AskedColumn(name, None, False) for name in columns)
        return AskedTable(table, "", reason, unknown, (), None)
    manifest = release.manifest.tables[table]
    held = [name for name, _ in manifest.columns]
    entries = {
        entry.name: safe_entry(release, entry, rule) for entry in release.dictionary.of_table(table)
    }
    return AskedTable(
        name=table,
        meaning=release.dictionary.tables.get(table, ""),
        reason=reason,
        columns=tuple(
            AskedColumn(name, entries.get(name), name in held, own.get((table, name), ""))
            for name in columns
        ),
        not_asked=tuple(name for name in held if name not in columns),
        rows=safe_count(manifest.rows_out, rule),
    )
