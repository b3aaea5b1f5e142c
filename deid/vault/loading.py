"""Loads a dataset into the vault in one transaction, or not at all.

Tables are taken in the order of their references. Of each, the good rows are inserted, rows that
are there already are counted, and bad rows are refused with a counted reason. Anything that makes
a whole file doubtful (an unknown column, a damaged Parquet file) stops the import and leaves the
vault as it was; so does a full disk or a killed process, because nothing is committed before the
end.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Literal

import duckdb
import pyarrow as pa
from sqlalchemy import Connection, Engine, func, insert, select, update
from sqlalchemy.exc import DBAPIError

from deid.errors import ImportRefused, VaultError
from deid.vault.arrival import TableSource
from deid.vault.arrow import arrow_schema
from deid.vault.digests import DIGEST_MODULUS, digest_of
from deid.vault.reading import VaultSnapshot
from deid.vault.report import ImportReport, ResourceReport, Skipped, TableReport
from deid.vault.rows import rows_within
from deid.vault.rules import concept_columns, has_row_id, is_parent, references
from deid.vault.schema import BOOKKEEPING_TABLES, VOCABULARY_TABLES, metadata
from deid.vault.staging import BATCH_ROWS, StagedTable, open_staging
from deid.vault.transactions import write_transaction
from deid.vault.writing import delete_keys, insert_batches, update_batches

Progress = Callable[[str, int], None]

LOOK_UP_IDS = 5_000  # ids in one SELECT; well within the limits of every database

LOADING_ORDER = (
    *VOCABULARY_TABLES,
    *(
        table.name
        for table in metadata.sorted_tables
        if table.name not in VOCABULARY_TABLES and table.name not in BOOKKEEPING_TABLES
    ),
    "source_record",
)


@dataclass(frozen=True)
class LoadOptions:
    """How strictly to load.

    ``unknown_concepts`` is about the main concept of a row only; ``duplicate_keys`` about
    different rows of one key in tables that nothing refers to; ``today`` is the last day on which
    something can have happened; ``replace`` names tables whose rows give way to newer ones, as
    vocabulary does; ``advice`` ends the reason for refusing a row whose key is taken.
    """

    unknown_concepts: Literal["refuse", "keep"] = "refuse"
    duplicate_keys: Literal["refuse", "renumber"] = "refuse"
    today: dt.date | None = None
    replace: frozenset[str] = frozenset()
    advice: str = ""

    @property
    def last_day(self) -> dt.date:
        """``today``, by the machine's clock if none is given."""
        return self.today or dt.datetime.now(dt.UTC).astimezone().date()


@dataclass(frozen=True)
class Remarks:
    """What an importer has to say beside the rows: kinds it left out, columns it renamed."""

    skipped: Sequence[Skipped] = ()
    notes: Sequence[str] = ()
    resources: Sequence[ResourceReport] = ()


def load_dataset(
    engine: Engine,
    dataset: Mapping[str, TableSource],
    source: str,
    kind: str,
    *,
    options: LoadOptions | None = None,
    remarks: Remarks | None = None,
    progress: Progress | None = None,
) -> ImportReport:
    """Load ``dataset`` (vault table name to Arrow table or batches) as one import.

    A table may have a column ``_place`` that says where each row came from; it is used in the
    report and not stored. Without it, places are row numbers beginning at 1.

    Raises:
        ImportRefused: for a fault that makes a whole table doubtful; nothing is loaded.
        VaultError: if the database fails, a full disk for example; nothing is loaded.
    """
    with import_transaction(engine) as connection:
        return load_within(
            connection,
            dataset,
            source,
            kind,
            options=options,
            remarks=remarks,
            progress=progress,
        )


@contextmanager
def import_transaction(engine: Engine) -> Iterator[Connection]:
    """One writing transaction whose failures are told without any row's content.

    Raises:
        ImportRefused: if the rows cannot be staged.
        VaultError: if the database fails.
    """
    try:
        with write_transaction(engine) as connection:
            yield connection
    except DBAPIError as error:
        raise VaultError(_failure(error)) from None
    except duckdb.OutOfMemoryException:
        raise VaultError(
            "not enough memory to check the import; nothing was loaded; import in smaller parts"
        ) from None
    except duckdb.Error as error:
        raise ImportRefused(
            f"the rows cannot be read ({type(error).__name__}); nothing was loaded"
        ) from None


def load_within(
    connection: Connection,
    dataset: Mapping[str, TableSource],
    source: str,
    kind: str,
    *,
    options: LoadOptions | None = None,
    remarks: Remarks | None = None,
    progress: Progress | None = None,
) -> ImportReport:
    """:func:`load_dataset` inside a transaction of :func:`import_transaction`."""
    with loading_parts(connection, source, kind, options=options, progress=progress) as parts:
        parts.load(dataset)
        return parts.finish(remarks or Remarks())


class PartsLoading:
    """One import that comes in parts, so that memory holds only one of them. All is one batch."""

    def __init__(
        self,
        connection: Connection,
        staging: duckdb.DuckDBPyConnection,
        source: str,
        kind: str,
        options: LoadOptions,
        progress: Progress | None,
    ) -> None:
        self._connection = connection
        self._staging = staging
        self._source = source
        self._kind = kind
        self._options = options
        self._progress = progress
        self._started = dt.datetime.now(dt.UTC).replace(tzinfo=None)
        self._reports: dict[str, TableReport] = {}

    def load(self, dataset: Mapping[str, TableSource]) -> None:
        """Load one part; its rows may refer to rows of this and earlier parts.

        Raises:
            ImportRefused: for a fault that makes a whole table doubtful.
        """
        unknown = sorted(set(dataset) - set(LOADING_ORDER))
        if unknown:
            raise ImportRefused(f"{', '.join(unknown)}: no such table in the vault")
        names = tuple(name for name in LOADING_ORDER if name in dataset)
        load = _Load(self._connection, self._staging, self._options, names)
        for table in names:
            if self._progress:
                self._progress(table, 0)
            report = load.table(table, dataset[table])
            earlier = self._reports.get(table)
            self._reports[table] = earlier.joined(report) if earlier else report
            if self._progress:
                self._progress(table, report.read)

    def remove(self, table: str, ids: Sequence[int]) -> set[int]:
        """Delete rows of earlier imports; gives those that others refer to, which stay."""
        (key,) = metadata.tables[table].primary_key.columns
        stay = self._referred_to(table, ids)
        wanted = sorted(set(ids) - stay)
        rows = select(*metadata.tables[table].columns).where(key.in_(wanted))
        batches = list(rows_within(self._connection).fetch(rows, LOOK_UP_IDS))
        for batch in batches:
            self._staging.register("gone", pa.Table.from_batches([batch]))
            digest = digest_of(self._staging, table, "SELECT * FROM gone")
            self._staging.unregister("gone")
            keys = pa.table({key.name: batch.column(key.name)})
            delete_keys(self._connection, table, keys)
            keep_digest(self._connection, table, -digest)
        return stay

    def amend(self, table: str, changes: Mapping[int, Mapping[str, object]]) -> None:
        """Change columns of rows that this import loaded; the report counts them as loaded once."""
        (key,) = metadata.tables[table].primary_key.columns
        options = replace(self._options, replace=frozenset({table}))
        wanted = sorted(changes)
        for start in range(0, len(wanted), LOOK_UP_IDS):
            some = wanted[start : start + LOOK_UP_IDS]
            rows = select(*metadata.tables[table].columns).where(key.in_(some))
            found = [
                row | changes[row[key.name]]
                for batch in rows_within(self._connection).fetch(rows, LOOK_UP_IDS)
                for row in batch.to_pylist()
            ]
            load = _Load(self._connection, self._staging, options, (table,))
            load.table(table, pa.Table.from_pylist(found, schema=arrow_schema(table)))

    def _referred_to(self, table: str, ids: Sequence[int]) -> set[int]:
        found: set[int] = set()
        for other in LOADING_ORDER:
            for reference in references(other):
                if reference.table == table:
                    column = metadata.tables[other].columns[reference.column]
                    rows = self._connection.execute(select(column).where(column.in_(ids)))
                    found.update(rows.scalars())
        return found

    def finish(self, remarks: Remarks) -> ImportReport:
        """The report of all parts, which is kept in the vault too."""
        tables = [n for n in LOADING_ORDER if n in self._reports and n not in BOOKKEEPING_TABLES]
        report = ImportReport(
            self._source,
            self._kind,
            tuple(self._reports[name] for name in tables),
            tuple(remarks.skipped),
            tuple(remarks.notes),
            tuple(remarks.resources),
        )
        record_import(self._connection, report, self._started)
        return report


@contextmanager
def loading_parts(
    connection: Connection,
    source: str,
    kind: str,
    *,
    options: LoadOptions | None = None,
    progress: Progress | None = None,
) -> Iterator[PartsLoading]:
    """An import in parts inside a transaction of :func:`import_transaction`."""
    with open_staging() as staging:
        yield PartsLoading(connection, staging, source, kind, options or LoadOptions(), progress)


class _Load:
    """The state of one import: what is known of the vault and of the tables already loaded."""

    def __init__(
        self,
        connection: Connection,
        staging: duckdb.DuckDBPyConnection,
        options: LoadOptions,
        tables: tuple[str, ...],
    ) -> None:
        self._connection = connection
        self._staging = staging
        self._options = options
        self._rows = rows_within(connection)
        self._snapshot = VaultSnapshot(self._rows, connection.dialect.name)
        self.tables = tables
        parents = {r.table for table in tables for r in references(table)}
        for name in sorted(parents | {table for table in tables if has_row_id(table)}):
            staging.execute(f"CREATE OR REPLACE TABLE known_{name} (id BIGINT)")
            # What an earlier part refused stays refused.
            staging.execute(f"CREATE TABLE IF NOT EXISTS refused_{name} (id BIGINT)")
        staging.execute("CREATE OR REPLACE TABLE known_concept (id BIGINT)")
        self._in_vault = {
            name: self._snapshot.rows(name) for name in sorted(parents | {*tables, "concept"})
        }

    def _look_up(self, staged: StagedTable) -> None:
        """Ask the vault for the ids that this table refers to, and for no others."""
        for reference in references(staged.table):
            wanted = staged.unknown_ids(reference.column, f"known_{reference.table}")
            self._learn(reference.table, wanted)
        for column in concept_columns(staged.table):
            self._learn("concept", staged.unknown_ids(column, "known_concept"))

    def _learn(self, table: str, wanted: pa.Array) -> None:
        if not self._in_vault[table]:
            return
        (key,) = metadata.tables[table].primary_key.columns
        for start in range(0, len(wanted), LOOK_UP_IDS):
            ids = wanted.slice(start, LOOK_UP_IDS).to_pylist()
            for batch in self._rows.fetch(select(key).where(key.in_(ids)), LOOK_UP_IDS):
                self._staging.register("ids", pa.Table.from_batches([batch]))
                self._staging.execute(f"INSERT INTO known_{table} SELECT * FROM ids")
                self._staging.unregister("ids")

    def _held(self, staged: StagedTable) -> Iterator[pa.RecordBatch]:
        """The vault's rows whose first key column lies within that of the import."""
        if not staged.read or not self._in_vault[staged.table]:
            return iter(())
        table = metadata.tables[staged.table]
        statement = select(*table.columns)
        span = staged.key_span()
        if span:
            first = table.columns[staged.key[0]]
            statement = statement.where(first.between(*span))
        return self._rows.fetch(statement, BATCH_ROWS)

    def table(self, name: str, source: TableSource) -> TableReport:
        staged = StagedTable(self._staging, name, source)
        if name == "source_record":
            staged.forget_refused()
        staged.judge_rows(
            self._options.last_day, renumber=self._options.duplicate_keys == "renumber"
        )
        staged.compare_with(self._held(staged))
        self._look_up(staged)
        staged.judge_references()
        staged.judge_concepts(refuse=self._options.unknown_concepts == "refuse")
        staged.judge_self_references()
        staged.mark_equal()
        staged.judge_different(
            replace=name in VOCABULARY_TABLES or name in self._options.replace,
            advice=self._options.advice,
        )
        staged.judge_self_references()
        staged.remember_key()
        if is_parent(name):
            # Rows that others refer to are changed where they are.
            update_batches(self._connection, name, staged.accepted("updated"))
            insert_batches(self._connection, name, staged.accepted("new"))
        else:
            delete_keys(self._connection, name, staged.updated_keys())
            insert_batches(self._connection, name, staged.accepted("new", "updated"))
        keep_digest(self._connection, name, staged.digest_change())
        if name == "concept":
            self._staging.execute(
                "INSERT INTO known_concept SELECT concept_id FROM staged "
                "WHERE _reason IS NULL AND _state = 'new'"
            )
        return TableReport(
            table=name,
            read=staged.read,
            loaded=staged.count("new"),
            updated=staged.count("updated"),
            already_there=staged.count("there"),
            refusals=staged.refusals(),
            warnings=staged.warnings,
        )


def keep_digest(connection: Connection, table: str, change: int) -> None:
    if table in BOOKKEEPING_TABLES:
        return
    kept = metadata.tables["table_digest"]
    where = kept.c.table_name == table
    row = connection.execute(select(kept.c.digest).where(where)).scalar_one_or_none()
    digest = f"{(int(row or '0', 16) + change) % DIGEST_MODULUS:064x}"
    rows = connection.execute(select(func.count()).select_from(metadata.tables[table])).scalar_one()
    if row is None:
        connection.execute(insert(kept).values(table_name=table, rows=rows, digest=digest))
    else:
        connection.execute(update(kept).where(where).values(rows=rows, digest=digest))


def record_import(connection: Connection, report: ImportReport, started: dt.datetime) -> None:
    """Keep the report in the vault, in the import's own transaction."""
    stored = connection.execute(
        insert(metadata.tables["import_batch"]).values(
            source=report.source,
            kind=report.kind,
            started_at=started,
            finished_at=dt.datetime.now(dt.UTC).replace(tzinfo=None),
            complete=True,
            rows_read=report.read,
            rows_loaded=report.loaded,
            rows_updated=report.updated,
            rows_already_there=report.already_there,
            rows_refused=report.refused,
            report=report.to_json(),
        )
    ).inserted_primary_key
    assert stored is not None
    refusals = [
        {
            "import_batch_id": stored[0],
            "table_name": table.table,
            "reason": refusal.reason,
            "rows": refusal.rows,
            "examples": "\n".join(refusal.examples),
        }
        for table in report.tables
        for refusal in table.refusals
    ]
    if refusals:
        connection.execute(insert(metadata.tables["import_refusal"]), refusals)


def _failure(error: DBAPIError) -> str:
    """What happened to the database, without the driver's text: it may quote a row."""
    text = str(error.orig).lower()
    if "disk is full" in text or "no space left" in text or "disk i/o error" in text:
        return "the vault's disk is full; nothing was loaded"
    if "locked" in text:
        return "another process is writing to the vault; nothing was loaded; try again later"
    return f"the vault's database failed ({type(error.orig).__name__}); nothing was loaded"
