"""Builders of tiny releases and OMOP people. All values are invented here."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from deid.build.certifying import sign
from deid.build.writer import ReleaseWriter
from deid.keys import Keyring
from deid.release import ColumnEntry, Dictionary, Manifest, Release

Rows = Sequence[Mapping[str, Any]]


def build_release(
    root: Path,
    tables: Mapping[str, pa.Table | Rows],
    name: str = "tiny-v1",
    key_id: str = "test",
    continues: str = "",
    line: str = "",
    statement: Mapping[str, Any] | None = None,
    risk: Mapping[str, Any] | None = None,
) -> Release:
    """Publish ``tables`` as a release, through the engine's own writer.

    ``statement`` adds to what the certificate states, ``risk`` to what ``risk.json`` holds.
    """
    arrow = {
        table: rows if isinstance(rows, pa.Table) else pa.Table.from_pylist(list(rows))
        for table, rows in tables.items()
    }
    dictionary = Dictionary(
        tables={table: f"test table {table}" for table in arrow},
        columns=tuple(
            ColumnEntry(table, field.name, str(field.type), "a test column", "keep")
            for table, rows in arrow.items()
            for field in rows.schema
        ),
    )
    with ReleaseWriter(root, name) as writer:
        for table, rows in arrow.items():
            writer.write_table(table, rows)
        writer.add_document("dictionary.json", dictionary.to_json())
        writer.add_document("risk.json", json.dumps({"thresholds": {}, **(risk or {})}).encode())
        writer.add_document("risk.html", b"<!doctype html><title>Risk</title>")
        writer.add_document("quality.html", b"<!doctype html><title>Quality</title>")
        return writer.publish(
            Manifest(
                release=name,
                title="A tiny release",
                cdm_version="5.4",
                engine_version="test",
                policy={"name": "test", "version": "1", "sha256": "0" * 64},
                key_id=key_id,
                vault_snapshot="0" * 64,
                data_window=("2015-01-01", "2024-12-31"),
                language_packs={},
                tables={},
                documents=(),
                continues=continues,
                line=line,
            ),
            lambda manifest: sign(
                Keyring("test", bytes(32)),
                {
                    **(statement or {}),
                    "release": name,
                    "manifest_sha256": hashlib.sha256(manifest).hexdigest(),
                },
            ),
        )
