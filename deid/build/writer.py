"""Writes a release: stage, hash, flush to disk, then publish by one rename."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import TracebackType

import pyarrow as pa
import pyarrow.parquet as pq

from deid.build.workspace import claimed_folder, remove_abandoned
from deid.errors import ReleaseAlreadyExists, ReleaseError
from deid.release.certificate import CERTIFICATE_FILE, Certificate
from deid.release.manifest import MANIFEST_FILE, FileEntry, Manifest, TableEntry
from deid.release.reader import Release, check_release_name, file_sha256

STAGING_PREFIX = ".staging-"


def part_name(part: int) -> str:
    """The name of a table's file; names sort as the parts do."""
    return f"part-{part:05d}.parquet"


class ReleaseWriter:
    """Collects the files of one release in a staging folder beside the published ones.

    Used as a context manager: leaving it without :meth:`publish` removes the staging folder. A
    process that was killed leaves a staging folder that no reader sees; the next build removes it.
    """

    def __init__(self, root: Path, name: str) -> None:
        self._root = root.absolute()
        self._name = check_release_name(name)
        self._final = self._root / name
        self.staging = self._root / f"{STAGING_PREFIX}{name}"
        self._claim = ExitStack()
        self._tables: dict[str, TableEntry] = {}
        self._documents: list[FileEntry] = []

    def __enter__(self) -> ReleaseWriter:
        if self._final.exists():
            raise ReleaseAlreadyExists(
                f"release {self._name} is published and never changes; choose another name"
            )
        self._root.mkdir(parents=True, exist_ok=True)
        remove_abandoned(self._root, f"{STAGING_PREFIX}*")
        self._claim.enter_context(
            claimed_folder(self.staging, f"release {self._name} is being built already")
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._claim.close()

    @property
    def tables(self) -> dict[str, TableEntry]:
        """The tables recorded so far."""
        return dict(self._tables)

    def table_path(self, table: str, part: int = 0) -> Path:
        """Where part ``part`` of a table is to be written; its folder exists."""
        return self.table_folder(table) / part_name(part)

    def table_folder(self, table: str) -> Path:
        """The folder of a table's files; it exists."""
        folder = self.staging / table
        folder.mkdir(exist_ok=True)
        return folder

    def add_table(
        self,
        table: str,
        rows_in: int,
        left_out: Mapping[str, int] | None = None,
    ) -> TableEntry:
        """Record the Parquet files that were written for ``table``."""
        files: list[FileEntry] = []
        columns: tuple[tuple[str, str], ...] = ()
        for path in sorted((self.staging / table).glob("*.parquet")):
            metadata = pq.read_metadata(path)
            schema = pq.read_schema(path)
            columns = tuple((f.name, str(f.type)) for f in schema)
            files.append(self._entry(path, metadata.num_rows))
        if not files:
            raise ReleaseError(f"no file was written for table {table}")
        entry = TableEntry(
            rows_in=rows_in,
            rows_out=sum(file.rows or 0 for file in files),
            columns=columns,
            files=tuple(files),
            left_out=dict(left_out or {}),
        )
        self._tables[table] = entry
        return entry

    def write_table(
        self,
        table: str,
        rows: pa.Table,
        rows_in: int | None = None,
        left_out: dict[str, int] | None = None,
    ) -> TableEntry:
        """Write a table that is in memory."""
        pq.write_table(rows, self.table_path(table), compression="zstd", version="2.6")
        return self.add_table(table, rows.num_rows if rows_in is None else rows_in, left_out)

    def add_document(self, name: str, data: bytes) -> None:
        """Add a document such as ``risk.json``."""
        path = self.staging / name
        path.write_bytes(data)
        self._documents.append(self._entry(path, None))

    def publish(self, manifest: Manifest, certify: Callable[[bytes], Certificate]) -> Release:
        """Complete ``manifest`` with tables and documents, and make the release visible.

        ``certify`` makes the certificate for the manifest's bytes: without one there is no release.

        Raises:
            ReleaseAlreadyExists: if another process published the name meanwhile.
        """
        manifest = replace(
            manifest,
            release=self._name,
            tables=dict(sorted(self._tables.items())),
            documents=tuple(sorted(self._documents, key=lambda entry: entry.path)),
        )
        data = manifest.to_json()
        certificate = certify(data)
        (self.staging / MANIFEST_FILE).write_bytes(data)
        (self.staging / CERTIFICATE_FILE).write_bytes(certificate.to_json())
        for path in sorted(self.staging.rglob("*"), reverse=True):
            _flush(path)
            if path.is_file():
                path.chmod(0o444)
        _flush(self.staging)
        self.staging.chmod(0o755)
        try:
            os.rename(self.staging, self._final)
        except OSError as error:
            if not self._final.exists():
                raise
            raise ReleaseAlreadyExists(f"release {self._name} was published meanwhile") from error
        _flush(self._root)
        return Release(self._final, manifest, certificate)

    def _entry(self, path: Path, rows: int | None) -> FileEntry:
        return FileEntry(
            path=str(path.relative_to(self.staging)),
            bytes=path.stat().st_size,
            sha256=file_sha256(path),
            rows=rows,
        )


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
