"""What a release says of itself: tables, row counts, hashes, policy, key and model versions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from deid.errors import ManifestMismatch

MANIFEST_FILE = "manifest.json"
MANIFEST_FORMAT = "care-commons-release/1"


@dataclass(frozen=True)
class FileEntry:
    """One Parquet file or document; ``path`` is relative to the release directory."""

    path: str
    bytes: int
    sha256: str
    rows: int | None = None


@dataclass(frozen=True)
class TableEntry:
    """One table: rows read from the vault, rows written, and rows left out by reason."""

    rows_in: int
    rows_out: int
    columns: tuple[tuple[str, str], ...]
    files: tuple[FileEntry, ...]
    left_out: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Manifest:
    """The frozen description of a release. It holds no time of day: equal inputs, equal bytes.

    ``date_resolution`` is ``day``, or ``year`` where 1 January stands for each year.
    """

    release: str
    title: str
    cdm_version: str
    engine_version: str
    policy: Mapping[str, str]
    key_id: str
    vault_snapshot: str
    data_window: tuple[str, str]
    language_packs: Mapping[str, str]
    tables: Mapping[str, TableEntry]
    documents: tuple[FileEntry, ...]
    date_resolution: str = "day"
    amended: tuple[str, ...] = ()
    """What the build tightened in the policy, because as written it would have been refused."""
    continues: str = ""
    """The release of whose people this one has newer data, under the same pseudonyms."""
    line: str = ""
    """The first release of those that continue each other; empty for a first one."""
    format: str = MANIFEST_FORMAT

    def to_json(self) -> bytes:
        """Canonical JSON: sorted keys, one trailing newline."""
        text = json.dumps(asdict(self), indent=1, sort_keys=True, ensure_ascii=False)
        return (text + "\n").encode("utf-8")

    @classmethod
    def from_json(cls, data: bytes) -> Manifest:
        """Parse a manifest.

        Raises:
            ManifestMismatch: if it is not a manifest of this format.
        """
        try:
            document: dict[str, Any] = json.loads(data)
            if document["format"] != MANIFEST_FORMAT:
                raise ManifestMismatch(f"the manifest is not of format {MANIFEST_FORMAT}")
            tables = {
                name: TableEntry(
                    rows_in=entry["rows_in"],
                    rows_out=entry["rows_out"],
                    columns=tuple((c[0], c[1]) for c in entry["columns"]),
                    files=tuple(FileEntry(**file) for file in entry["files"]),
                    left_out=entry["left_out"],
                )
                for name, entry in document.pop("tables").items()
            }
            documents = tuple(FileEntry(**file) for file in document.pop("documents"))
            window = document.pop("data_window")
            amended = tuple(document.pop("amended", ()))
            return cls(
                tables=tables,
                documents=documents,
                data_window=(window[0], window[1]),
                amended=amended,
                **document,
            )
        except (ValueError, KeyError, TypeError, IndexError) as error:
            raise ManifestMismatch(f"damaged manifest: {type(error).__name__}") from error
