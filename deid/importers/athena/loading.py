"""Brings the vault's vocabulary to an Athena download, in one transaction.

Each file is read into a DuckDB database in a private folder, which may spill to disk: a vocabulary
names no person, and with bounded memory fifty million rows must go somewhere. The vault's rows of
the table are read beside it, and only what differs is written.
"""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa
from sqlalchemy import Connection, Engine, func, select

from deid.errors import ImportRefused
from deid.importers.athena.files import ATHENA_TABLES, find_files, line_of, read_file
from deid.importers.athena.merging import (
    RepeatedKey,
    compare,
    derive_ancestors,
    drop_repeated,
    remember_concepts,
)
from deid.importers.athena.report import VocabularyReport, VocabularyTableReport
from deid.vault.digests import digest_of
from deid.vault.loading import import_transaction, keep_digest, record_import
from deid.vault.rows import rows_within
from deid.vault.rules import key_columns, quoted
from deid.vault.schema import metadata
from deid.vault.writing import delete_keys, insert_batches

BATCH_ROWS = 50_000
MEMORY = "1GB"

Progress = Callable[[str, int], None]


def load_athena(
    engine: Engine,
    folder: Path,
    *,
    today: dt.date | None = None,
    work: Path | None = None,
    progress: Progress | None = None,
) -> VocabularyReport:
    """Add, change and invalidate what differs between the vault's vocabulary and a download.

    A second download, newer or of other vocabularies, is loaded the same way: it speaks only of
    the concepts it has. Concepts from 2,000,000,000 on and everything that names one are kept, and
    their place among the ancestors is extended to the download's concepts. People's records are
    not touched. ``today`` is the day before which vanished rows end; ``work`` a folder with room
    for about twice the files (the system's folder for temporary files if none is given).

    Raises:
        ImportRefused: for a missing file, a wrong header or a broken row, with file and line, and
            for concepts in the range of ids of this installation; nothing is loaded.
        VaultError: if the database fails; nothing is loaded.
    """
    started = dt.datetime.now(dt.UTC).replace(tzinfo=None)
    day = today or dt.datetime.now(dt.UTC).astimezone().date()
    files = find_files(folder)
    with _working_database(work) as working, import_transaction(engine) as connection:
        tables = tuple(
            _load(connection, working, table, files[table], day, progress)
            for table in ATHENA_TABLES
        )
        report = VocabularyReport(folder.name, tables, _notes(connection, folder))
        record_import(connection, report.as_import(), started)
    return report


def _notes(connection: Connection, folder: Path) -> tuple[str, ...]:
    """What a download lacks that its own step for CPT-4, which needs a licence, would add."""
    notes = []
    concept = metadata.tables["concept"].c
    nameless = connection.execute(
        select(func.count()).where(concept.concept_name == "", concept.vocabulary_id == "CPT4")
    ).scalar_one()
    if nameless:
        notes.append(
            f"{nameless:,} concepts of CPT4 have no name; Athena's cpt4 step fills them in, and "
            "loading again takes them over"
        )
    beside = [path.name for path in folder.iterdir() if path.name.lower() == "concept_cpt4.csv"]
    if beside:
        notes.append(
            f"{beside[0]} was not read: Athena's cpt4 step puts its concepts into CONCEPT.csv; "
            "until then relationships name concepts that are not there"
        )
    return tuple(notes)


@contextmanager
def _working_database(work: Path | None) -> Iterator[duckdb.DuckDBPyConnection]:
    with tempfile.TemporaryDirectory(prefix="carecommons-vocabulary-", dir=work) as folder:
        config = {"memory_limit": MEMORY, "temp_directory": f"{folder}/spill"}
        working = duckdb.connect(f"{folder}/vocabulary.duckdb", config=dict(config))
        try:
            working.execute("SET preserve_insertion_order = false")
            yield working
        finally:
            working.close()


def _load(
    connection: Connection,
    working: duckdb.DuckDBPyConnection,
    table: str,
    path: Path,
    day: dt.date,
    progress: Progress | None,
) -> VocabularyTableReport:
    if progress:
        progress(table, 0)
    read = read_file(working, table, path)
    try:
        repeated = drop_repeated(working, table)
    except RepeatedKey as fault:
        line = line_of(table, path, fault.key)
        columns = ", ".join(fault.key)
        raise ImportRefused(
            f"{path.name} line {line}: another row has the same {columns} and other content"
        ) from None
    if table == "concept":
        remember_concepts(working)
    _read_held(connection, working, table)
    derived = derive_ancestors(working) if table == "concept_ancestor" else 0
    found = compare(working, table, day, repeated)
    _write(connection, working, table)
    if progress:
        progress(table, read)
    return VocabularyTableReport(
        table=table,
        read=read,
        added=found.added,
        changed=found.changed,
        unchanged=found.unchanged,
        invalidated=found.invalidated,
        removed=found.removed,
        derived=derived,
        repeated=repeated,
    )


def _read_held(connection: Connection, working: duckdb.DuckDBPyConnection, table: str) -> None:
    working.execute("CREATE OR REPLACE TABLE held AS SELECT * FROM arrived LIMIT 0")
    statement = select(*metadata.tables[table].columns)
    for batch in rows_within(connection).fetch(statement, BATCH_ROWS):
        working.register("held_batch", pa.Table.from_batches([batch]))
        working.execute("INSERT INTO held SELECT * FROM held_batch")
        working.unregister("held_batch")


def _write(connection: Connection, working: duckdb.DuckDBPyConnection, table: str) -> None:
    change = 0
    for query, sign in (("added", 1), ("renewed", 1), ("outdated", -1)):
        change += sign * digest_of(working, table, f"SELECT * FROM {query}")
    key = ", ".join(quoted(name) for name in key_columns(table))
    for batch in _batches(working, f"SELECT {key} FROM outdated"):
        delete_keys(connection, table, pa.Table.from_batches([batch]))
    rows = f"SELECT * FROM renewed UNION ALL SELECT * FROM added ORDER BY {key}"
    insert_batches(connection, table, _batches(working, rows))
    keep_digest(connection, table, change)


def _batches(working: duckdb.DuckDBPyConnection, query: str) -> Iterator[pa.RecordBatch]:
    reader: pa.RecordBatchReader = working.sql(query).to_arrow_reader(BATCH_ROWS)
    return iter(reader)
