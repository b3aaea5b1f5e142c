"""Verifies a published release: that it is what its manifest says, is sound, and leaks nothing."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import pyarrow.parquet as pq

from deid.build.identities import Identities
from deid.build.intake import take_in_identities
from deid.build.line import line_of
from deid.checker import recount
from deid.errors import LeakFound, ManifestMismatch
from deid.keys import Keyring
from deid.pseudonyms import Pseudonymiser
from deid.release import BIRTH_YEARS, BIRTH_YEARS_SCHEMA, Release
from deid.risk.identifiers import IdentifierIndex
from deid.risk.leaks import LeakScan, scan_release
from deid.structured.expressions import quoted
from deid.structured.layout import LAYOUTS, RowKind
from deid.structured.queries import one_row
from deid.vault.arrow import arrow_schema
from deid.vault.store import open_vault, read_tables
from deid.vocabulary import load_base_vocabulary

LINKS = {
    "visit_occurrence_id": "visit_occurrence",
    "preceding_visit_occurrence_id": "visit_occurrence",
    "visit_detail_id": "visit_detail",
    "preceding_visit_detail_id": "visit_detail",
    "parent_visit_detail_id": "visit_detail",
    "provider_id": "provider",
    "care_site_id": "care_site",
    "location_id": "location",
    "person_id": "person",
    "episode_id": "episode",
    "episode_parent_id": "episode",
}


@dataclass(frozen=True)
class Verified:
    """What was checked, for the person who asked."""

    tables: int
    rows: int
    links: int
    leaks: LeakScan | None = None


def verify_release(release: Release) -> Verified:
    """Check files, schema, row counts, keys, links, order and measured risk of a release.

    The release was opened, hence its certificate is valid.

    Raises:
        ManifestMismatch: naming the first thing that is not as it should be.
    """
    release.check_files()
    stated = release.certificate.statement
    counted = recount(release.path, stated["quasi_identifiers"], stated["k_asked"])
    for wrong in counted.differences(release.risk):
        raise ManifestMismatch(f"release {release.name}: {wrong}")
    rows = 0
    for table in release.tables:
        _check_schema(release, table)
        rows += _check_counts(release, table)
    links = 0
    with release.connect() as connection:
        for table in release.tables:
            _check_order(release, connection, table)
            links += _check_links(release, connection, table)
    return Verified(len(release.tables), rows, links)


def scan_against_vault(release: Release, vault_url: str, keyring: Keyring) -> LeakScan:
    """Look for every identifier that the vault holds now in every text of the release.

    The key is that of the release, which need not be the newest of the keyring.

    Raises:
        KeyDestroyed: if the release's key was destroyed.
        LeakFound: naming columns, kinds and counts.
    """
    engine = open_vault(vault_url)
    try:
        pseudonyms = Pseudonymiser(line_of(release.manifest, keyring).key("pseudonyms"))
        with duckdb.connect() as working, read_tables(engine) as snapshot:
            take_in_identities(snapshot, pseudonyms, working)
            index = IdentifierIndex(Identities(working).identifiers_of_all())
            shipped = load_base_vocabulary()["concept"]["concept_id"].to_pylist()
            scan = scan_release(working, release.path, index, shipped)
    finally:
        engine.dispose()
    if scan.leaks:
        found = "; ".join(f"{place} {count}" for place, count in scan.strong.items())
        raise LeakFound(f"release {release.name} holds identifiers of the vault: {found}")
    return scan


def _check_schema(release: Release, table: str) -> None:
    entry = release.manifest.tables[table]
    for path in release.parquet_paths(table):
        schema = pq.read_schema(path)
        written = tuple((field.name, str(field.type)) for field in schema)
        if written != entry.columns:
            raise ManifestMismatch(
                f"release {release.name}: columns of {table} are not those of the manifest"
            )
    known = BIRTH_YEARS_SCHEMA if table == BIRTH_YEARS else arrow_schema(table)
    for name, kind in entry.columns:
        if name not in known.names:
            raise ManifestMismatch(f"release {release.name}: OMOP has no column {table}.{name}")
        if kind != str(known.field(name).type):
            raise ManifestMismatch(
                f"release {release.name}: {table}.{name} is {kind}, "
                f"OMOP asks for {known.field(name).type}"
            )
    missing = sorted(set(known.names) - {name for name, _ in entry.columns})
    if missing:
        raise ManifestMismatch(f"release {release.name}: {table} lacks column {', '.join(missing)}")


def _check_counts(release: Release, table: str) -> int:
    entry = release.manifest.tables[table]
    counted = 0
    for path, file in zip(release.parquet_paths(table), entry.files, strict=True):
        rows = pq.read_metadata(path).num_rows
        if rows != file.rows:
            raise ManifestMismatch(f"release {release.name}: {file.path} has {rows} rows")
        counted += rows
    left_out = sum(entry.left_out.values())
    if counted != entry.rows_out or entry.rows_in != counted + left_out:
        raise ManifestMismatch(
            f"release {release.name}: {table}: {entry.rows_in} rows in, {counted} out, "
            f"{left_out} left out do not add up"
        )
    return counted


def _check_order(release: Release, connection: duckdb.DuckDBPyConnection, table: str) -> None:
    """Rows are sorted, and no key comes twice."""
    layout = LAYOUTS["person" if table == BIRTH_YEARS else table]
    if layout.kind is RowKind.DESCRIPTION:
        return
    by_person = layout.kind is RowKind.EVENT and layout.key != ("person_id",)
    key = ("person_id", *layout.key) if by_person else layout.key
    row = f"row({', '.join(quoted(column) for column in key)})"
    files = [str(path) for path in release.parquet_paths(table)]
    found = one_row(
        connection,
        f"SELECT count(*) FROM (SELECT {row} AS this, "
        f"lag({row}) OVER (ORDER BY filename, file_row_number) AS before "
        "FROM read_parquet($1, filename = true, file_row_number = true)) WHERE before >= this",
        [files],
    )
    if found and found[0]:
        raise ManifestMismatch(
            f"release {release.name}: {table} is not sorted by {', '.join(key)} without repeats"
        )


def _check_links(release: Release, connection: duckdb.DuckDBPyConnection, table: str) -> int:
    checked = 0
    columns = [name for name, _ in release.manifest.tables[table].columns]
    for column in columns:
        target = LINKS.get(column)
        if target is None or (target == table and column in LAYOUTS[table].key):
            continue
        if target not in release.tables:
            continue
        key = quoted(LAYOUTS[target].key[0])
        found = one_row(
            connection,
            f"SELECT count(*) FROM {quoted(table)} WHERE {quoted(column)} IS NOT NULL "
            f"AND {quoted(column)} NOT IN (SELECT {key} FROM {quoted(target)})",
        )
        if found and found[0]:
            raise ManifestMismatch(
                f"release {release.name}: {found[0]} rows of {table} name a row of {target} "
                f"that is not there ({column})"
            )
        checked += 1
    return checked
