"""Opens published releases, read-only."""

from __future__ import annotations

import hashlib
import json
import logging
import re
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from deid.errors import ManifestMismatch, ReleaseError, ReleaseNotFound
from deid.release.certificate import CERTIFICATE_FILE, Certificate, read_certificate
from deid.release.dictionary import DICTIONARY_FILE, Dictionary
from deid.release.manifest import MANIFEST_FILE, FileEntry, Manifest

RISK_FILE = "risk.json"
RISK_REPORT_FILE = "risk.html"
QUALITY_REPORT_FILE = "quality.html"
RELEASE_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_HASH_CHUNK = 1 << 20
_LOG = logging.getLogger(__name__)


def check_release_name(name: str) -> str:
    """Return ``name`` if it may name a release.

    Raises:
        ReleaseError: otherwise; a name is also a folder, so dots and slashes matter.
    """
    if not RELEASE_NAME.fullmatch(name) or name in {".", ".."}:
        raise ReleaseError(
            "a release name has 1 to 64 small letters, digits, '.', '_' or '-', "
            "and begins with a letter or digit"
        )
    return name


@dataclass(frozen=True)
class Release:
    """One published release. Nothing in it ever changes."""

    path: Path
    manifest: Manifest
    certificate: Certificate

    @property
    def name(self) -> str:
        """The release's name, which is also its folder's."""
        return self.manifest.release

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of its tables, sorted."""
        return tuple(sorted(self.manifest.tables))

    @cached_property
    def dictionary(self) -> Dictionary:
        """Meaning, treatment and completeness of every column."""
        return Dictionary.from_json((self.path / DICTIONARY_FILE).read_bytes())

    @cached_property
    def risk(self) -> dict[str, Any]:
        """The measured risk, as ``risk.json`` has it."""
        return json.loads((self.path / RISK_FILE).read_bytes())

    @property
    def risk_report(self) -> str:
        """The risk report as an HTML page."""
        return (self.path / RISK_REPORT_FILE).read_text(encoding="utf-8")

    @property
    def quality_report(self) -> str:
        """The report on the quality of its records as an HTML page."""
        return (self.path / QUALITY_REPORT_FILE).read_text(encoding="utf-8")

    def parquet_paths(self, table: str) -> list[Path]:
        """Parquet files of a table.

        Raises:
            ReleaseNotFound: if the release has no such table.
        """
        try:
            entry = self.manifest.tables[table]
        except KeyError:
            raise ReleaseNotFound(f"release {self.name} has no table {table}") from None
        return [self.path / file.path for file in entry.files]

    def connect(self) -> duckdb.DuckDBPyConnection:
        """A private in-memory DuckDB in which every table of the release is a view.

        It reads this release's folder and nothing else of the machine; temporary tables work.
        """
        connection = duckdb.connect()
        for table in self.tables:
            files = ", ".join(_sql_text(str(path)) for path in self.parquet_paths(table))
            connection.execute(f'CREATE VIEW "{table}" AS SELECT * FROM read_parquet([{files}])')
        connection.execute(f"SET allowed_directories = [{_sql_text(str(self.path))}]")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        return connection

    def read(self, table: str) -> pa.Table:
        """A whole table in memory; meant for small tables."""
        with self.connect() as connection:
            if table not in self.manifest.tables:
                raise ReleaseNotFound(f"release {self.name} has no table {table}")
            return connection.sql(f'SELECT * FROM "{table}"').to_arrow_table()

    def check_files(self) -> None:
        """Compare every file with the manifest.

        Raises:
            ManifestMismatch: naming the first missing, extra or changed file.
        """
        expected = {entry.path: entry for entry in self._entries()}
        found = {
            str(path.relative_to(self.path))
            for path in self.path.rglob("*")
            if path.is_file() and path.name not in {MANIFEST_FILE, CERTIFICATE_FILE}
        }
        for path in sorted(set(expected) ^ found):
            what = "is missing" if path in expected else "is not in the manifest"
            raise ManifestMismatch(f"release {self.name}: {path} {what}")
        for path, entry in sorted(expected.items()):
            if file_sha256(self.path / path) != entry.sha256:
                raise ManifestMismatch(f"release {self.name}: {path} was changed")

    def _entries(self) -> list[FileEntry]:
        tables = self.manifest.tables.values()
        return [*self.manifest.documents, *(file for table in tables for file in table.files)]


def open_release(root: Path, name: str) -> Release:
    """The release ``name`` under ``root``.

    Raises:
        ReleaseNotFound: if none of that name is published.
        ManifestMismatch: if its manifest is damaged or is another release's.
        CertificateInvalid: if it has no valid certificate.
    """
    path = Path(root) / check_release_name(name)
    try:
        data = (path / MANIFEST_FILE).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise ReleaseNotFound(f"no release named {name}") from None
    try:
        manifest = Manifest.from_json(data)
    except ManifestMismatch as error:
        raise ManifestMismatch(f"release {name}: {error}") from None
    if manifest.release != name:
        raise ManifestMismatch(f"the folder {name} holds release {manifest.release}")
    return Release(path.absolute(), manifest, read_certificate(path, name, data))


def list_releases(root: Path) -> list[Release]:
    """All published releases under ``root``, by name; what is being staged is not seen.

    One that cannot be trusted is left out, so that it hides none of the others; the log tells of
    it, once a process and reason.
    """
    found, damaged = survey_releases(root)
    for error in damaged.values():
        _tell_once(str(error))
    return found


def survey_releases(root: Path) -> tuple[list[Release], dict[str, ReleaseError]]:
    """The published releases under ``root``, and why others there are not trusted, by name."""
    if not Path(root).is_dir():
        return [], {}
    found: list[Release] = []
    damaged: dict[str, ReleaseError] = {}
    for path in sorted(Path(root).iterdir()):
        if RELEASE_NAME.fullmatch(path.name) and (path / MANIFEST_FILE).is_file():
            try:
                found.append(open_release(root, path.name))
            except ReleaseError as error:
                damaged[path.name] = error
    return found, damaged


@cache
def _tell_once(reason: str) -> None:
    _LOG.warning("a release is left out: %s", reason)


def is_continued(root: Path, later: Release, earlier: str) -> bool:
    """Whether ``later`` continues the release ``earlier``, directly or over others in between."""
    seen: set[str] = set()
    name = later.manifest.continues
    while name and name not in seen:
        if name == earlier:
            return True
        seen.add(name)
        try:
            name = open_release(root, name).manifest.continues
        except ReleaseError:
            return False
    return False


def has_the_same_ids(root: Path, later: Release, earlier: str) -> bool:
    """Whether people and rows of the release ``earlier`` have their ids and dates in ``later``."""
    return later.name == earlier or is_continued(root, later, earlier)


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_HASH_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _sql_text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
