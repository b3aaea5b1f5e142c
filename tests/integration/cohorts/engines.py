"""Every engine behind one method: the rows of a definition over a folder of OMOP tables."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cohorts import CohortDefinition, CohortResult, open_cdm_folder
from cohorts.engines import duckdb, postgresql, spark

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

LIMIT_SECONDS = 600.0


class Duckdb:
    """Reads the folder as it is."""

    def run(self, definition: CohortDefinition, folder: Path) -> CohortResult:
        return duckdb.run(definition, open_cdm_folder(folder), LIMIT_SECONDS)


class Spark:
    """Reads the folder as it is, in one session for all tests."""

    def __init__(self, session: SparkSession) -> None:
        self.session = session

    def run(self, definition: CohortDefinition, folder: Path) -> CohortResult:
        source = open_cdm_folder(folder)
        return spark.run(definition, source, LIMIT_SECONDS, session=self.session)


class Postgresql:
    """Copies a folder into a schema of its own the first time it is asked for."""

    def __init__(self, url: str) -> None:
        self.url = url.replace("postgresql+psycopg:", "postgresql:")
        self._schemas: dict[Path, str] = {}

    def schema(self, folder: Path) -> str:
        if folder not in self._schemas:
            self._schemas[folder] = f"cdm_{secrets.token_hex(4)}"
            with psycopg.connect(self.url) as connection:
                connection.execute(f"CREATE SCHEMA {self._schemas[folder]}".encode())
                for path in sorted(folder.glob("*.parquet")):
                    _copy(connection, f"{self._schemas[folder]}.{path.stem}", pq.read_table(path))
        return self._schemas[folder]

    def drop(self) -> None:
        with psycopg.connect(self.url) as connection:
            for schema in self._schemas.values():
                connection.execute(f"DROP SCHEMA {schema} CASCADE".encode())

    def run(self, definition: CohortDefinition, folder: Path) -> CohortResult:
        source = postgresql.PostgresCdm(self.url, self.schema(folder))
        return postgresql.run(definition, source, LIMIT_SECONDS)


def _copy(connection: psycopg.Connection, table: str, rows: pa.Table) -> None:
    columns = ", ".join(f"{field.name} {_type(field.type)}" for field in rows.schema)
    connection.execute(f"CREATE TABLE {table} ({columns})".encode())
    texts = [pc.cast(column, pa.string()).to_pylist() for column in rows.columns]
    with connection.cursor().copy(f"COPY {table} FROM STDIN".encode()) as copy:
        for row in zip(*texts, strict=True):
            copy.write_row(row)


def _type(kind: pa.DataType) -> str:
    if pa.types.is_int64(kind):
        return "bigint"
    if pa.types.is_integer(kind):
        return "integer"
    if pa.types.is_floating(kind):
        return "double precision"
    if pa.types.is_date(kind):
        return "date"
    return "timestamp" if pa.types.is_timestamp(kind) else "text"
