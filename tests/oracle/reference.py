"""The SQL that duckcdm renders as the reference does, over a generated world in memory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from cohorts import load
from cohorts.cdm import prepare_cdm
from cohorts.compile import compile_circe
from tests.oracle.cohort import Outcome
from tests.oracle.world import Json


class Reference:
    """One world, read once, that answers definitions by the reference's SQL."""

    def __init__(self, folder: Path) -> None:
        self._database = duckdb.connect()
        for path in sorted(folder.glob("*.parquet")):
            self._database.execute(f"CREATE TABLE {path.stem} AS FROM '{path}'")
        prepare_cdm(self._database)

    def outcome(self, document: Json) -> Outcome:
        """What the SQL gives; it leaves nothing behind."""
        compiled = compile_circe(load(json.dumps(document)))
        with self._undone() as cursor:
            for statement in compiled.statements:
                cursor.execute(statement)
            rows = cursor.execute(compiled.answers.rows).fetchall()
            masks = cursor.execute(compiled.answers.masks).fetchall()
            ((_, entry),) = cursor.execute(compiled.answers.entry).fetchall()
        return Outcome(tuple(sorted(rows)), tuple(sorted(masks)), entry)

    @contextmanager
    def _undone(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with self._database.cursor() as cursor:
            cursor.execute("BEGIN")
            try:
                yield cursor
            finally:
                cursor.execute("ROLLBACK")
