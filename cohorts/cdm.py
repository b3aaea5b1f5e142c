"""OMOP tables as cohort SQL needs them: every table and column of the CDM, whatever the source has.

A source lacks tables (a vocabulary of a few thousand concepts has no ``concept_ancestor``) and
columns (a policy dropped them). Views over the source fill the gaps with empty tables and NULL.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final, Protocol

import duckdb

from cohorts.compile import CDM_SCHEMA
from cohorts.errors import DataSourceError

RESULT_TABLES: Final = frozenset({"cohort", "cohort_definition"})
ESSENTIAL: Final[Mapping[str, tuple[str, ...]]] = {
    "person": ("person_id",),
    "observation_period": (
        "person_id",
        "observation_period_start_date",
        "observation_period_end_date",
    ),
    "visit_occurrence": ("person_id", "visit_concept_id", "visit_start_date"),
    "visit_detail": ("person_id", "visit_detail_concept_id", "visit_detail_start_date"),
    "condition_occurrence": ("person_id", "condition_concept_id", "condition_start_date"),
    "condition_era": ("person_id", "condition_concept_id", "condition_era_start_date"),
    "drug_exposure": ("person_id", "drug_concept_id", "drug_exposure_start_date"),
    "drug_era": ("person_id", "drug_concept_id", "drug_era_start_date"),
    "dose_era": ("person_id", "drug_concept_id", "dose_era_start_date"),
    "procedure_occurrence": ("person_id", "procedure_concept_id", "procedure_date"),
    "device_exposure": ("person_id", "device_concept_id", "device_exposure_start_date"),
    "measurement": ("person_id", "measurement_concept_id", "measurement_date"),
    "observation": ("person_id", "observation_concept_id", "observation_date"),
    "specimen": ("person_id", "specimen_concept_id", "specimen_date"),
    "death": ("person_id", "death_date"),
}
"""Columns without which a row is no event: whose it is, of what, and when.

NULL in their place would find nobody, and nothing would say so.
"""


class DataSource(Protocol):
    """What cohorts run over: a release, or an opened CDM folder."""

    @property
    def name(self) -> str:
        """How messages call it."""
        ...

    def connect(self) -> duckdb.DuckDBPyConnection:
        """A private DuckDB connection with one view a table."""
        ...


class ParquetSource(Protocol):
    """What Spark runs over: a release, or a CDM folder whose files are Parquet."""

    @property
    def name(self) -> str:
        """How messages call it."""
        ...

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of the tables that are there."""
        ...

    def parquet_paths(self, table: str) -> list[Path]:
        """The files of one table."""
        ...


@cache
def cdm_columns() -> dict[str, tuple[tuple[str, str], ...]]:
    """Columns of OMOP CDM v5.4, and those of v5.3 that it left out: ``{table: ((name, type),)}``.

    Ids are ``BIGINT`` here: released person and row ids have 63 bits.
    """
    from duckcdm.omop import cdm_fields

    return {
        table: tuple((name, "BIGINT" if kind == "INTEGER" else kind) for name, kind in fields)
        for table, fields in cdm_fields().items()
        if table not in RESULT_TABLES
    }


@dataclass(frozen=True)
class ViewDialect:
    """How an engine writes the views over a source.

    ``types`` names a CDM type that the engine calls otherwise; ``kept`` are the types as found
    that need no cast, and what is not in ``kept`` is never cast.
    """

    types: Mapping[str, str]
    kept: Mapping[str, frozenset[str]]
    quote: str = '"'

    def name(self, identifier: str) -> str:
        """A quoted identifier."""
        return f"{self.quote}{identifier}{self.quote}"

    def query(
        self,
        table: str,
        source: str,
        found: Mapping[str, tuple[str, str]] | None,
        *,
        asked_for: bool = True,
    ) -> str:
        """SELECT of all CDM columns of ``table`` out of ``source``.

        ``found`` gives the name and type of each column that is there, by its name in lower case;
        None if the table is not there. A table that is ``asked_for`` by a definition has to have
        its :data:`ESSENTIAL` columns; who looks at whatever there is says itself what is missing.

        Raises:
            DataSourceError: if the table is there without such a column.
        """
        columns = cdm_columns()[table]
        if found is None:
            fields = ", ".join(self._field(name, kind, None) for name, kind in columns)
            return f"SELECT {fields} WHERE 1 = 0"
        for name in ESSENTIAL.get(table, ()) if asked_for else ():
            if name not in found:
                raise DataSourceError(
                    f"table {table} has no column {name}, without which it tells of no event"
                )
        fields = ", ".join(self._field(name, kind, found.get(name)) for name, kind in columns)
        return f"SELECT {fields} FROM {source}"

    def _field(self, name: str, kind: str, found: tuple[str, str] | None) -> str:
        as_name = f" AS {self.name(name)}"
        wanted = self.types.get(kind, kind)
        if found is None:
            return f"CAST(NULL AS {wanted}){as_name}"
        column, has = found
        if name == "invalid_reason":
            # CSV exports write the empty text where the CDM says NULL: a valid concept.
            text = self.types.get("VARCHAR", "VARCHAR")
            return f"NULLIF(CAST({self.name(column)} AS {text}), ''){as_name}"
        if kind in self.kept and has not in self.kept[kind]:
            return f"CAST({self.name(column)} AS {wanted}){as_name}"
        return f"{self.name(column)}{as_name}"


DUCKDB_VIEWS: Final = ViewDialect(
    types={},
    kept={
        # A cast would keep filters and joins from being pushed into the scan of the files.
        "BIGINT": frozenset({"BIGINT", "INTEGER", "SMALLINT", "TINYINT", "UINTEGER"}),
        "DATE": frozenset({"DATE"}),
        "DOUBLE": frozenset({"DOUBLE"}),
    },
)


def prepare_cdm(
    connection: duckdb.DuckDBPyConnection, tables: Collection[str] | None = None
) -> tuple[str, ...]:
    """Create the schema of views that compiled cohorts read; return the CDM tables that are absent.

    The views go to the connection's in-memory database, so nothing of the source is changed. There
    is one for each of ``tables``, or for all of the CDM.

    Raises:
        DataSourceError: if one of ``tables`` has no column that says whose, of what or when.
    """
    present: dict[str, dict[str, tuple[str, str]]] = {}
    rows = connection.execute(
        "SELECT table_name, column_name, data_type FROM information_schema.columns "
        "WHERE table_schema = 'main'"
    ).fetchall()
    for table, column, kind in rows:
        present.setdefault(table.lower(), {})[column.lower()] = (column, kind)
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {CDM_SCHEMA}")
    for table in cdm_columns() if tables is None else sorted(tables):
        query = DUCKDB_VIEWS.query(
            table, f'main."{table}"', present.get(table), asked_for=tables is not None
        )
        connection.execute(f'CREATE VIEW IF NOT EXISTS {CDM_SCHEMA}."{table}" AS {query}')
    return tuple(table for table in cdm_columns() if table not in present)


@dataclass(frozen=True)
class CdmFolder:
    """A folder of OMOP tables as Parquet or CSV: ``person.parquet`` or ``person/*.parquet``."""

    path: Path
    files: dict[str, tuple[Path, ...]] = field(repr=False)

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.path.name

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of the tables found, sorted."""
        return tuple(sorted(self.files))

    def parquet_paths(self, table: str) -> list[Path]:
        """The files of one table.

        Raises:
            DataSourceError: if they are CSV.
        """
        paths = list(self.files[table])
        if any(path.suffix.lower() != ".parquet" for path in paths):
            raise DataSourceError(f"{paths[0].name}: only DuckDB reads CSV; Spark needs Parquet")
        return paths

    def connect(self) -> duckdb.DuckDBPyConnection:
        """A private DuckDB that reads this folder and nothing else of the machine.

        Raises:
            DataSourceError: naming the table whose file cannot be read.
        """
        connection = duckdb.connect()
        for table, paths in self.files.items():
            names = ", ".join(map(_sql_text, paths))
            reader = "read_parquet" if paths[0].suffix.lower() == ".parquet" else "read_csv"
            try:
                connection.execute(f'CREATE VIEW "{table}" AS SELECT * FROM {reader}([{names}])')
            except duckdb.Error as error:
                raise DataSourceError(
                    f"{paths[0].name}: unreadable as table {table} ({type(error).__name__})"
                ) from None
        # A file may lie elsewhere, with a link to it here: DuckDB asks where it really is.
        real = {path.resolve() for paths in self.files.values() for path in paths}
        connection.execute(f"SET allowed_directories = [{_sql_text(self.path)}]")
        connection.execute(f"SET allowed_paths = [{', '.join(map(_sql_text, sorted(real)))}]")
        connection.execute("SET enable_external_access = false")
        # In a process that multiprocessing spawns, DuckDB takes itself to be at a terminal.
        connection.execute("SET enable_progress_bar = false")
        connection.execute("SET lock_configuration = true")
        return connection


def open_cdm_folder(path: Path) -> CdmFolder:
    """The OMOP tables in ``path``; file names may be in any case, other files are ignored.

    Raises:
        DataSourceError: if there is no such folder, or no ``person`` or ``observation_period``.
    """
    path = Path(path).absolute()
    if not path.is_dir():
        raise DataSourceError(f"{path}: no such folder")
    known = cdm_columns()
    files: dict[str, tuple[Path, ...]] = {}
    for entry in sorted(path.iterdir()):
        table = (entry.stem if entry.is_file() else entry.name).lower()
        if table not in known:
            continue
        found = (
            tuple(sorted(entry.rglob("*.parquet")))
            if entry.is_dir()
            else ((entry,) if entry.suffix.lower() in {".parquet", ".csv"} else ())
        )
        if not found:
            continue
        if table in files:
            raise DataSourceError(f"{path}: table {table} is there twice")
        files[table] = found
    for table in ("person", "observation_period"):
        if table not in files:
            raise DataSourceError(f"{path}: has no table {table} as Parquet or CSV")
    return CdmFolder(path, files)


def _sql_text(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
