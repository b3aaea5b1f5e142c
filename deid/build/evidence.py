"""What the text engine did to a release's notes, kept on the vault's side.

``evidence/<release>/`` holds ``spans.parquet`` (note_id, start, end, type, detectors, confidence;
offsets in characters of the vault's note) and ``withheld.parquet`` (note_id, reason). Note ids are
those of the release: who holds the key can join them to the vault's. No text is in it.
Beside them lie the sealed offsets (:mod:`deid.build.offsets`) and the sealed decisions about notes
(:mod:`deid.build.remembered`).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np

from deid.build.offsets import OFFSETS_FILE
from deid.build.remembered import NOTES_FILE
from deid.errors import ManifestMismatch, ReleaseNotFound
from deid.keys import Keyring
from deid.pseudonyms import Pseudonymiser
from deid.vault.store import open_vault, read_tables

SPANS, WITHHELD_NOTES, REMEMBERED = "evidence_spans", "withheld_notes", "remembered_notes"
"""Tables of the working database that :func:`deid.build.notes.scrub_notes` fills."""
_FILES = {SPANS: "spans.parquet", WITHHELD_NOTES: "withheld.parquet", REMEMBERED: NOTES_FILE}
_ORDERS = {REMEMBERED: "person_id, note_id"}


@dataclass(frozen=True)
class SpanCount:
    """Spans of one type: how many, in how many notes, and how sure they were."""

    type: str
    spans: int
    notes: int
    mean_confidence: float
    below_a_half: int


@dataclass(frozen=True)
class TextEvidence:
    """What is known of a release's notes; ``withheld`` has reasons by note id of the vault."""

    counts: tuple[SpanCount, ...]
    withheld: Mapping[int, str]


def store_evidence(
    working: duckdb.DuckDBPyConnection, root: Path, release: str, offsets: bytes
) -> None:
    """Write the evidence of a build, in place of what a failed build of that name left.

    ``offsets`` is what :func:`deid.build.offsets.sealed_offsets` gave.
    """
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    root.chmod(0o700)
    staged, final = root / f".staging-{release}", root / release
    for folder in (staged, final):
        shutil.rmtree(folder, ignore_errors=True)
    staged.mkdir(mode=0o700)
    for table, name in _FILES.items():
        path = staged / name
        working.execute(
            f"COPY (FROM {table} ORDER BY {_ORDERS.get(table, 'ALL')}) TO '{_quoted(path)}' "
            "(FORMAT parquet, CODEC zstd)"
        )
        path.chmod(0o600)
    sealed = staged / OFFSETS_FILE
    sealed.write_bytes(offsets)
    sealed.chmod(0o600)
    os.rename(staged, final)


def remembered_path(root: Path, release: str) -> Path:
    """Where the decisions about notes of a release are."""
    return root / release / _FILES[REMEMBERED]


def evidence_path(root: Path, release: str) -> Path:
    """Where the spans of a release are."""
    return root / release / _FILES[SPANS]


def read_evidence(
    root: Path, release: str, vault_url: str, keyring: Keyring, line: str = ""
) -> TextEvidence:
    """The evidence of a published release, with the vault's own ids of withheld notes.

    ``line`` is the first release of those that it continues.

    Raises:
        ReleaseNotFound: if there is no evidence of that name here.
        ManifestMismatch: if a withheld note is not in this vault under this key.
    """
    folder = root / release
    if not folder.is_dir():
        raise ReleaseNotFound(f"{root} holds no evidence of a release {release}")
    with duckdb.connect() as connection:
        counts = connection.execute(
            "SELECT type, count(*), count(DISTINCT note_id), avg(confidence), "
            "count(*) FILTER (confidence < 0.5) FROM read_parquet($1) GROUP BY type ORDER BY type",
            [str(folder / _FILES[SPANS])],
        ).fetchall()
        withheld = dict(
            connection.execute(
                "SELECT note_id, reason FROM read_parquet($1)",
                [str(folder / _FILES[WITHHELD_NOTES])],
            ).fetchall()
        )
    pseudonyms = Pseudonymiser(keyring.derive("release", line or release, "pseudonyms"))
    own = vault_ids(vault_url, "note", list(withheld), pseudonyms) if withheld else {}
    missing = len(withheld) - len(own)
    if missing:
        raise ManifestMismatch(
            f"{missing} withheld notes of {release} are not in this vault, or the key is another"
        )
    return TextEvidence(
        tuple(SpanCount(*row) for row in counts),
        dict(sorted((own[pseudonym], reason) for pseudonym, reason in withheld.items())),
    )


def vault_ids(
    vault_url: str, table: str, wanted: Sequence[int], pseudonyms: Pseudonymiser
) -> dict[int, int]:
    """The vault's own id of each wanted pseudonym of rows of ``note`` or ``person``."""
    found: dict[int, int] = {}
    pseudonymous = np.fromiter(wanted, dtype=np.int64, count=len(wanted))
    engine = open_vault(vault_url)
    try:
        with read_tables(engine) as snapshot:
            for batch in snapshot.batches(table, [f"{table}_id"]):
                own = batch.column(0).to_numpy()
                given = pseudonyms.ids(table, own)
                hits = np.isin(given, pseudonymous)
                found.update(zip(given[hits].tolist(), own[hits].tolist(), strict=True))
    finally:
        engine.dispose()
    return found


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
