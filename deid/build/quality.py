"""Data quality: of the records in a vault, and of the Parquet files that were written."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow as pa
from sqlalchemy import Engine

from deid.build.workspace import private_folder, working_database
from deid.policy.model import Policy, Treatment
from deid.quality import QualityAssessment, assess
from deid.structured.expressions import quoted, text
from deid.vault.check import QualityReport, check_vault
from deid.vault.schema import IDENTITY_TABLES

Progress = Callable[[str, int], None]

_EMPTIED = frozenset({Treatment.DROP, Treatment.CONSTANT})


def assess_release(
    working: duckdb.DuckDBPyConnection, staging: Path, policy: Policy
) -> QualityAssessment:
    """The checks that apply to the tables under ``staging``; emptied columns are left out."""
    # A cursor of its own: what it uses as its schema is not what the build goes on with.
    cursor = working.cursor()
    try:
        cursor.execute("CREATE SCHEMA released")
        tables = {}
        for folder in sorted(path for path in staging.iterdir() if path.name in policy.tables):
            files = text(str(folder / "*.parquet"))
            cursor.execute(
                f"CREATE VIEW released.{quoted(folder.name)} AS FROM read_parquet({files})"
            )
            rules = policy.tables[folder.name]
            tables[folder.name] = [
                column for column, rule in rules.items() if rule.treatment not in _EMPTIED
            ]
        cursor.execute("USE released")
        return assess(cursor, tables, births_exact=False)
    finally:
        cursor.close()


def examine_vault(
    engine: Engine, work_root: Path, processes: int, progress: Progress | None = None
) -> tuple[QualityReport, QualityAssessment]:
    """The rules of import and all checks, asked of one snapshot of the vault that is read once.

    The checks do not look at identity tables. The rows that they look at wait in a private folder
    under ``work_root`` that is removed in every case, so that memory is bounded.

    Raises:
        VaultError: if the vault cannot be read.
    """
    with (
        private_folder(work_root, f"check-{os.getpid()}") as folder,
        working_database(folder, processes) as working,
    ):
        tables: dict[str, list[str]] = {}

        def keep(table: str, rows: pa.RecordBatchReader) -> None:
            if table in IDENTITY_TABLES:
                return
            working.register("arriving", rows)
            working.execute(f"CREATE TABLE {quoted(table)} AS FROM arriving")
            working.unregister("arriving")
            tables[table] = rows.schema.names

        report = check_vault(engine, progress=progress, keep=keep)
        if progress:
            progress("quality checks", 0)
        return report, assess(working, tables)
