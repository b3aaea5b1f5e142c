"""Settings of the engine: the only ones that know where the vault and the keys are."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deid.configuration import Setting, read_settings
from deid.text.packs import DEFAULT_TAGS

PREFIX = "CARECOMMONS_ENGINE_"


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


ENGINE_SETTINGS = (
    Setting(
        "vault_url",
        str,
        lambda home: f"sqlite:///{home / 'vault' / 'vault.db'}",
        "SQLAlchemy URL of the vault",
    ),
    Setting(
        "keyring",
        Path,
        lambda home: home / "keys" / "keyring.json",
        "keyring file, mode 0600",
    ),
    Setting(
        "release_root", Path, lambda home: home / "releases", "folder of the published releases"
    ),
    Setting(
        "work_root",
        Path,
        lambda home: home / "work",
        "private folder for identified intermediate files; emptied after each build",
    ),
    Setting(
        "evidence_root",
        Path,
        lambda home: home / "evidence",
        "private folder for what was found in the notes of each release",
    ),
    Setting(
        "processes",
        int,
        0,
        "parallel processes for text; 0 means one a core",
    ),
    Setting(
        "language_packs",
        _words,
        DEFAULT_TAGS,
        "tags of the language packs for notes, by spaces; the first that fits a note leads",
    ),
    Setting(
        "recognisers",
        _words,
        (),
        "further recognisers for notes, by spaces: `NAME`, `NAME=MODEL` or `NAME=OPTIONS.toml`",
    ),
    Setting(
        "audit_heads",
        Path,
        lambda home: home / "keys" / "audit-heads.jsonl",
        "file of signed heads of the portal's audit log, which the worker appends to; keep a copy "
        "on another machine",
    ),
    Setting(
        "executor",
        str,
        "processes",
        "where notes are scrubbed: `processes` of this machine, or `spark` (extra `spark`)",
    ),
    Setting(
        "spark_master",
        str,
        "",
        "address of a Spark cluster (docs/scaling.md); empty for a Spark of this machine",
    ),
)


@dataclass(frozen=True)
class EngineSettings:
    """Where the vault, the keys and the releases are. Built once at the edge, then passed down."""

    vault_url: str
    keyring: Path
    release_root: Path
    work_root: Path
    evidence_root: Path
    processes: int
    language_packs: tuple[str, ...] = DEFAULT_TAGS
    recognisers: tuple[str, ...] = ()
    audit_heads: Path | None = None
    executor: str = "processes"
    spark_master: str = ""

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> EngineSettings:
        """Read ``CARECOMMONS_ENGINE_*``.

        Raises:
            ConfigurationError: for unknown or malformed settings.
        """
        values = read_settings(PREFIX, ENGINE_SETTINGS, environ)
        return cls(**{**values, "processes": values["processes"] or os.cpu_count() or 1})
