"""Reads an OMOP dataset: a folder of CSV or Parquet files, or a database by SQLAlchemy URL.

Everything is read lazily, in batches, while :mod:`deid.vault.loading` loads; a file that cannot be
read raises :class:`~deid.errors.ImportRefused` then, and the whole import is undone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from sqlalchemy import Integer, MetaData, Numeric, create_engine, make_url, select
from sqlalchemy import Table as SqlTable
from sqlalchemy import inspect as sql_inspect
from sqlalchemy import type_coerce as sql_type_coerce
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.types import NullType

from deid.errors import ImportRefused
from deid.vault.arrival import TableSource
from deid.vault.loading import Remarks
from deid.vault.report import Skipped
from deid.vault.schema import CDM_TABLES, IDENTITY_TABLES

IMPORTED_TABLES = frozenset((*CDM_TABLES, *IDENTITY_TABLES))
_BATCH_ROWS = 50_000
_CSV_BLOCK_BYTES = 8 << 20
_SUFFIXES = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".parquet")

# Columns that OMOP CDM v5.4 renamed; the new name is the value.
RENAMED_SINCE_V53: Mapping[str, Mapping[str, str]] = {
    "visit_occurrence": {
        "admitting_source_concept_id": "admitted_from_concept_id",
        "admitting_source_value": "admitted_from_source_value",
        "discharge_to_concept_id": "discharged_to_concept_id",
        "discharge_to_source_value": "discharged_to_source_value",
    },
    "visit_detail": {
        "admitting_source_concept_id": "admitted_from_concept_id",
        "admitting_source_value": "admitted_from_source_value",
        "discharge_to_concept_id": "discharged_to_concept_id",
        "discharge_to_source_value": "discharged_to_source_value",
        "visit_detail_parent_id": "parent_visit_detail_id",
    },
    "procedure_occurrence": {"qualifier_source_value": "modifier_source_value"},
}
# Required columns that v5.3 did not have, and the value that says "unknown".
ADDED_SINCE_V53: Mapping[str, Mapping[str, int]] = {"cdm_source": {"cdm_version_concept_id": 0}}


@dataclass(frozen=True)
class OmopDataset:
    """What was found: ``tables`` are read when they are loaded, once."""

    tables: Mapping[str, TableSource]
    remarks: Remarks


def read_omop_directory(path: Path) -> OmopDataset:
    """The tables in a folder: one file a table, or one folder of Parquet parts a table.

    File and column names may be in any case. CSV is separated by commas, or by tabs as in the
    vocabulary files of Athena, in UTF-8, with a header.

    Raises:
        ImportRefused: if the folder holds no table or a table twice, or a file cannot be read.
    """
    if not path.is_dir():
        raise ImportRefused(f"{path}: {'not a folder' if path.exists() else 'no such folder'}")
    files: dict[str, Path] = {}
    skipped: list[Skipped] = []
    for found in sorted(path.iterdir()):
        suffix = next((s for s in _SUFFIXES if found.name.lower().endswith(s)), None)
        parts = found.is_dir() and any(found.glob("*.parquet"))
        if suffix is None and not parts:
            continue
        table = found.name.lower().removesuffix(suffix or "")
        if table not in IMPORTED_TABLES:
            skipped.append(Skipped(f"file {found.name}", 1, "not a table of OMOP CDM v5.4"))
        elif table in files:
            raise ImportRefused(
                f"{path}: table {table} comes twice, in {files[table].name} and {found.name}"
            )
        else:
            files[table] = found
    if not files:
        raise ImportRefused(
            f"{path}: no table of OMOP CDM v5.4 there; expected files such as person.csv "
            "or PERSON.parquet"
        )
    notes: list[str] = []
    tables = {table: _open_table(table, file, notes) for table, file in files.items()}
    return OmopDataset(tables, Remarks(tuple(skipped), tuple(notes)))


def read_omop_database(url: str, schema: str | None = None) -> OmopDataset:
    """The tables of an OMOP database, by SQLAlchemy URL.

    Raises:
        ImportRefused: if it cannot be reached or holds no OMOP table.
    """
    try:
        address = make_url(url)
        if address.get_backend_name() == "sqlite" and not Path(address.database or "").is_file():
            # SQLite would make an empty file there.
            raise ImportRefused(f"{address.database or url}: no such file")
        engine = create_engine(address, hide_parameters=True)
        names = sql_inspect(engine).get_table_names(schema=schema)
        found = {name.lower(): name for name in names if name.lower() in IMPORTED_TABLES}
        if not found:
            raise ImportRefused(
                "the database holds no table of OMOP CDM v5.4; is the schema right?"
            )
        reflected = {
            table: SqlTable(name, MetaData(), schema=schema, autoload_with=engine)
            for table, name in found.items()
        }
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError):
        raise ImportRefused("the source's URL is not one that SQLAlchemy can open") from None
    except SQLAlchemyError as error:
        raise ImportRefused(
            f"the source database cannot be read ({type(error).__name__}); check that it can be "
            "reached and the user may read it"
        ) from None
    notes: list[str] = []
    tables: dict[str, TableSource] = {}
    for table, source in reflected.items():
        schema_read = _database_schema(source, engine.dialect.name)
        tables[table] = _in_v54(
            table,
            pa.RecordBatchReader.from_batches(
                schema_read, _database_batches(engine, source, schema_read)
            ),
            notes,
        )
    return OmopDataset(tables, Remarks((), tuple(notes)))


def _open_table(table: str, path: Path, notes: list[str]) -> TableSource:
    if path.is_dir():
        files = sorted(path.glob("*.parquet"))
        schema = _parquet_file(files[0]).schema_arrow
        reader = pa.RecordBatchReader.from_batches(
            schema, (batch for file in files for batch in _parquet_batches(file))
        )
    elif path.name.lower().endswith(".parquet"):
        reader = pa.RecordBatchReader.from_batches(
            _parquet_file(path).schema_arrow, _parquet_batches(path)
        )
    else:
        reader = _csv_reader(path)
    return _in_v54(table, reader, notes)


def _in_v54(table: str, reader: pa.RecordBatchReader, notes: list[str]) -> pa.RecordBatchReader:
    """The reader under the column names of v5.4, with what was renamed noted."""
    names = [name.lower() for name in reader.schema.names]
    renamed = {
        old: new
        for old, new in RENAMED_SINCE_V53.get(table, {}).items()
        if old in names and new not in names
    }
    added = {n: v for n, v in ADDED_SINCE_V53.get(table, {}).items() if n not in names}
    notes.extend(f"{table}: column {old} of v5.3 read as {new}" for old, new in renamed.items())
    notes.extend(f"{table}: column {name} is not in v5.3, set to {v}" for name, v in added.items())
    fields = [
        field.with_name(renamed.get(name, name))
        for field, name in zip(reader.schema, names, strict=True)
    ]
    schema = pa.schema([*fields, *(pa.field(name, pa.int64()) for name in added)])

    def batches() -> Iterator[pa.RecordBatch]:
        for batch in reader:
            constants = [pa.array([v] * batch.num_rows, pa.int64()) for v in added.values()]
            yield pa.RecordBatch.from_arrays([*batch.columns, *constants], schema=schema)

    return pa.RecordBatchReader.from_batches(schema, batches())


def _parquet_file(path: Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise ImportRefused(f"{path}: not a whole Parquet file ({type(error).__name__})") from None


def _parquet_batches(path: Path) -> Iterator[pa.RecordBatch]:
    file = _parquet_file(path)
    for group in range(file.num_row_groups):
        try:
            yield from file.iter_batches(_BATCH_ROWS, row_groups=[group])
        except (pa.ArrowException, OSError) as error:
            raise ImportRefused(
                f"{path}: row group {group + 1} of {file.num_row_groups} is damaged "
                f"({type(error).__name__})"
            ) from None


def _csv_reader(path: Path) -> pa.RecordBatchReader:
    """Every column as text: the vault's types are given, not guessed from the first lines."""
    try:
        with pa.input_stream(str(path), compression="detect") as stream:
            header = stream.read(1 << 16).split(b"\n")[0].decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        raise ImportRefused(f"{path}: line 1: the header is not in UTF-8") from None
    except OSError as error:
        raise ImportRefused(f"{path}: cannot be read ({error.strerror or 'damaged'})") from None
    if not header:
        raise ImportRefused(f"{path}: line 1: there is no header")
    tabs = "\t" in header
    names = [name.strip().strip('"') for name in header.split("\t" if tabs else ",")]
    # Athena writes quotation marks in tab-separated files as they are.
    parse = pa_csv.ParseOptions(
        delimiter="\t" if tabs else ",",
        quote_char=False if tabs else '"',
        newlines_in_values=not tabs,
    )
    convert = pa_csv.ConvertOptions(
        column_types={name: pa.string() for name in names},
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
        null_values=["", "NULL", "\\N"],
    )
    read = pa_csv.ReadOptions(block_size=_CSV_BLOCK_BYTES, use_threads=False)
    try:
        stream = pa.input_stream(str(path), compression="detect")
        reader = pa_csv.open_csv(
            stream, read_options=read, parse_options=parse, convert_options=convert
        )
    except (pa.ArrowException, OSError) as error:
        raise _csv_fault(path, error) from None

    def batches() -> Iterator[pa.RecordBatch]:
        last = None
        try:
            for batch in reader:
                if batch.num_rows and batch.num_columns:
                    last = batch.column(batch.num_columns - 1)[-1].as_py()
                yield batch
        except (pa.ArrowException, OSError) as error:
            raise _csv_fault(path, error) from None
        # A quotation mark that is never closed takes all lines after it into one value.
        if last is not None and "\n" in last and not _ends_with_quote(path):
            raise ImportRefused(f"{path}: a quotation mark in the last column is never closed")

    return pa.RecordBatchReader.from_batches(reader.schema, batches())


def _ends_with_quote(path: Path) -> bool:
    tail = b""
    with pa.input_stream(str(path), compression="detect") as stream:
        while chunk := stream.read(1 << 20):
            tail = (tail + chunk)[-64:]
    return tail.rstrip().endswith(b'"')


def _csv_fault(path: Path, error: Exception) -> ImportRefused:
    """The fault with its line, without the parser's text: that quotes the line itself."""
    text = str(error)
    if "Empty CSV file" in text:
        return ImportRefused(f"{path}: line 1: there is no header")
    line = re.search(r"[Rr]ow #?(\d+)", text)
    where = f"line {line.group(1)}" if line else "after the lines read so far"
    columns = re.search(r"Expected (\d+) columns, got (\d+)", text)
    if columns:
        what = f"expected {columns.group(1)} columns, found {columns.group(2)}"
    elif "UTF8" in text or "UTF-8" in text:
        what = "text that is not in UTF-8"
    else:
        what = "cannot be read as CSV"
    return ImportRefused(f"{path}: {where}: {what}")


def _database_schema(table: SqlTable, dialect: str) -> pa.Schema:
    fields = []
    for column in table.columns:
        python_type = getattr(column.type, "python_type", str)
        name = python_type.__name__
        if isinstance(column.type, Integer):
            kind = pa.int64()
        elif isinstance(column.type, Numeric):
            kind = pa.float64()
        elif name == "date" and dialect != "sqlite":
            kind = pa.date32()
        elif name == "datetime" and dialect != "sqlite":
            kind = pa.timestamp("us")
        else:
            kind = pa.string()
        fields.append(pa.field(column.name, kind))
    return pa.schema(fields)


def _database_batches(
    engine: object, table: SqlTable, schema: pa.Schema
) -> Iterator[pa.RecordBatch]:
    # Values come as the driver gives them: converting is the loader's work, with a reason a row.
    wanted = [sql_type_coerce(column, NullType()).label(column.name) for column in table.columns]
    try:
        with engine.connect() as connection:  # type: ignore[attr-defined]
            result = connection.execution_options(yield_per=_BATCH_ROWS).execute(select(*wanted))
            for rows in result.partitions():
                arrays = [
                    _array(values, field.type)
                    for values, field in zip(zip(*rows, strict=True), schema, strict=True)
                ]
                yield pa.RecordBatch.from_arrays(arrays, schema=schema)
    except (SQLAlchemyError, pa.ArrowException, ValueError, TypeError) as error:
        raise ImportRefused(
            f"table {table.name} of the source database cannot be read ({type(error).__name__})"
        ) from None


def _array(values: tuple[object, ...], kind: pa.DataType) -> pa.Array:
    if pa.types.is_string(kind):
        return pa.array([None if v is None else str(v) for v in values], pa.string())
    if pa.types.is_floating(kind):
        return pa.array([None if v is None else float(v) for v in values], kind)  # type: ignore[arg-type]
    return pa.array(values, kind)
