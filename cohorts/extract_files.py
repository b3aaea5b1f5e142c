"""Format of an extract: its manifest, its folder names, and how a folder is published once."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from cohorts.errors import ExtractChanged, ExtractError

FORMAT: Final = "care-commons-extract/1"
EXTRACTS: Final = "extracts"
WORKSPACE: Final = "workspace"
CSV_FOLDER: Final = "csv"
MANIFEST_FILE: Final = "manifest.json"
DICTIONARY_FILE: Final = "dictionary.json"
README_FILE: Final = "README.md"
COHORT_FILE: Final = "cohort.json"
STAGING_PREFIX: Final = ".staging-"
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_CHUNK = 1 << 20


@dataclass(frozen=True)
class ExtractFile:
    """One file of an extract; ``rows`` is ``None`` for documents."""

    path: str
    bytes: int
    sha256: str
    rows: int | None = None


@dataclass(frozen=True)
class ExtractManifest:
    """What an extract is and on what approval. It holds no time of day: equal inputs, equal bytes.

    ``expires_on`` is an ISO date, or empty if access does not end by itself; ``key_id`` names the
    master key generation of its pseudonyms. ``series`` is the first delivery, whose pseudonyms a
    later one keeps, and ``continues`` the delivery before. ``window`` has the days before and after
    each entry, ``shifted_days_max`` the greatest shift of dates that the extract has of its own.
    """

    project: str
    extract: str
    release: str
    release_manifest_sha256: str
    cohort_sha256: str
    title: str
    purpose: str
    ethics_number: str
    expires_on: str
    persons: int
    tables: Mapping[str, tuple[str, ...]] = field(repr=False)
    files: tuple[ExtractFile, ...] = field(default=(), repr=False)
    key_id: str = ""
    series: str = ""
    continues: str = ""
    window: tuple[int | None, int | None] = (None, None)
    frozen_sha256: str = ""
    shifted_days_max: int = 0
    row_limits: dict[str, tuple[str, ...]] = field(default_factory=dict)
    format: str = FORMAT

    @property
    def pseudonym_series(self) -> str:
        """The extract whose pseudonyms this one has: itself, or the first delivery."""
        return self.series or self.extract

    def to_json(self) -> bytes:
        """Canonical JSON."""
        return canonical_json(asdict(self))

    @classmethod
    def from_json(cls, data: bytes) -> ExtractManifest:
        """Parse a manifest.

        Raises:
            ExtractChanged: if it is damaged or of another format.
        """
        try:
            document: dict[str, Any] = json.loads(data)
            if document["format"] != FORMAT:
                raise ExtractChanged(f"the manifest is not of format {FORMAT}")
            files = tuple(ExtractFile(**entry) for entry in document.pop("files"))
            tables = {name: tuple(names) for name, names in document.pop("tables").items()}
            window = tuple(document.pop("window", (None, None)))
            limits = {table: tuple(n) for table, n in document.pop("row_limits", {}).items()}
            return cls(files=files, tables=tables, window=window, row_limits=limits, **document)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ExtractChanged(f"damaged manifest: {type(error).__name__}") from None


def canonical_json(document: Any) -> bytes:
    """Sorted keys, one trailing newline."""
    text = json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False)
    return (text + "\n").encode("utf-8")


def check_folder_name(kind: str, name: str) -> str:
    """Return ``name`` if it may name a project or an extract, which are also folders.

    Raises:
        ExtractError: otherwise.
    """
    if not _NAME.fullmatch(name):
        raise ExtractError(
            f"a name of a {kind} has 1 to 64 small letters, digits, '.', '_' or '-', "
            "and begins with a letter or digit"
        )
    return name


def file_entry(path: Path, folder: Path, rows: int | None = None) -> ExtractFile:
    """Size and hash of a file of ``folder``."""
    return ExtractFile(str(path.relative_to(folder)), path.stat().st_size, sha256_of(path), rows)


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def publish_folder(staging: Path, final: Path) -> None:
    """Flush ``staging`` to disk, make it read-only, and rename it to ``final`` in one step."""
    for path in sorted(staging.rglob("*")):
        flush(path)
        if path.is_file():
            path.chmod(0o444)
    flush(staging)
    for path in (staging, *staging.rglob("*")):
        if path.is_dir():
            path.chmod(0o755)
    os.rename(staging, final)
    flush(final.parent)


def flush(path: Path) -> None:
    """Force a file or folder to disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
