"""Copies the vault into the build's working database, batch by batch.

Ids become pseudonyms on the way in, whole columns at once, so the working database holds no id of
the vault; dropped columns are not even read. Records are put in as long runs, each sorted by its
people, so that those of some people are found again without reading all of a long table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from deid.build.progress import Progress, Say
from deid.errors import PseudonymCollision
from deid.policy.model import ColumnRule, Policy, Treatment
from deid.pseudonyms import Pseudonymiser, even_ranges
from deid.structured.expressions import quoted
from deid.structured.layout import LAYOUTS, RowKind
from deid.structured.queries import one_row

if TYPE_CHECKING:
    from deid.vault.reading import VaultSnapshot

RUN_ROWS = 983_040
"""Eight of the pieces in which DuckDB keeps a table, each with its least and greatest values."""
RUN_BYTES = 128 << 20
CHECKED_IDS = 2_000_000

BIRTH_PARTS = ("month_of_birth", "day_of_birth")
IDENTITY_IDS: Mapping[str, Mapping[str, str]] = {
    "household": {"household_id": "household"},
    "person_identity": {"person_id": "person", "household_id": "household"},
    "identifier": {"person_id": "person"},
    "contact": {"person_id": "person"},
    "address": {"person_id": "person"},
    "relative": {"person_id": "person", "relative_person_id": "person"},
}
"""Identity tables that the build needs, and the ids in them that become pseudonyms."""

PERSON_COLUMNS = ("person_id", "gender_concept_id", "year_of_birth", *BIRTH_PARTS)
"""What :class:`deid.build.identities.Identities` reads of a person beside the identity tables."""

STAFF_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "provider": ("provider_name", "npi", "dea", "provider_source_value"),
    "care_site": ("care_site_name", "care_site_source_value"),
    "location": ("address_1", "address_2", "city", "county", "zip", "location_source_value"),
    "person": ("person_source_value",),
}
"""Columns that never leave but name people and places: read to find them in notes and output."""

EVENT_FIELDS: Mapping[int, str] = {
    56: "person",
    19: "condition_occurrence",
    13: "drug_exposure",
    10: "procedure_occurrence",
    17: "device_exposure",
    21: "measurement",
    27: "observation",
    8: "visit_occurrence",
    36: "specimen",
    5085: "note",
    57: "care_site",
    1147127: "condition_occurrence",
    1147094: "drug_exposure",
    1147082: "procedure_occurrence",
    1147138: "measurement",
    1147165: "observation",
    1147070: "visit_occurrence",
    1147115: "device_exposure",
}
"""Concepts of OMOP that say which table an id without a fixed table belongs to (domains for
``fact_relationship``, CDM fields for events); those of the vault's own vocabulary are added."""


@dataclass(frozen=True)
class Intake:
    """What came in: rows of each table, and the types of its columns in table order."""

    rows: Mapping[str, int]
    types: Mapping[str, Mapping[str, str]]
    required: Mapping[str, frozenset[str]]
    empty: Mapping[str, frozenset[str]]
    """Columns that were read and hold nothing."""
    bytes: Mapping[str, int]
    """What was read of each table, about: 8 bytes a value, texts by their length."""


def take_in(
    snapshot: VaultSnapshot,
    policy: Policy,
    pseudonyms: Pseudonymiser,
    working: duckdb.DuckDBPyConnection,
    say: Say,
) -> Intake:
    """Fill the schemas ``vault`` (records) and ``identity`` of the working database.

    Raises:
        PseudonymCollision: if two ids of a table received one pseudonym.
    """
    working.execute("CREATE SCHEMA vault")
    working.execute("CREATE SCHEMA identity")
    wanted = [name for name in snapshot.tables() if name in policy.tables]
    rows = {name: snapshot.rows(name) for name in wanted}
    fields = event_fields(snapshot)
    progress = Progress(say, "reading the vault (rows)", sum(rows.values()))
    types: dict[str, dict[str, str]] = {}
    required: dict[str, frozenset[str]] = {}
    empty: dict[str, frozenset[str]] = {}
    sizes: dict[str, int] = {}
    for table in wanted:
        rules = policy.tables[table]
        schema = snapshot.columns(table)
        types[table] = {field.name: _duckdb_type(field.type) for field in schema}
        required[table] = frozenset(field.name for field in schema if not field.nullable)
        columns = [name for name in schema.names if _is_read(table, name, rules[name])]
        _make_table(working, "vault", table, {name: types[table][name] for name in columns})
        holding: set[str] = set()
        sizes[table] = 0
        with Runs(working, "vault", table, _run_order(table, columns)) as runs:
            for batch in snapshot.batches(table, columns):
                runs.add(pseudonymised(batch, rules, pseudonyms, fields))
                holding |= {name for name in columns if batch[name].null_count < batch.num_rows}
                sizes[table] += _size(batch)
                progress.add(batch.num_rows)
        empty[table] = frozenset(columns) - holding
        check_injective(working, table, rules)
    progress.finish()
    _take_in_identity_tables(snapshot, pseudonyms, working)
    return Intake(rows, types, required, empty, sizes)


def take_in_identities(
    snapshot: VaultSnapshot, pseudonyms: Pseudonymiser, working: duckdb.DuckDBPyConnection
) -> None:
    """Fill only what :class:`deid.build.identities.Identities` reads."""
    working.execute("CREATE SCHEMA vault")
    working.execute("CREATE SCHEMA identity")
    for table, named in STAFF_COLUMNS.items():
        columns = [*named, *(PERSON_COLUMNS if table == "person" else ())]
        schema = snapshot.columns(table)
        types = {name: _duckdb_type(schema.field(name).type) for name in columns}
        _make_table(working, "vault", table, types)
        with Runs(working, "vault", table, ()) as runs:
            for batch in snapshot.batches(table, columns):
                if table == "person":
                    ids = _pseudonyms(batch["person_id"], "person", pseudonyms)
                    batch = _replaced(batch, "person_id", ids)
                runs.add(batch)
    _take_in_identity_tables(snapshot, pseudonyms, working)


def _take_in_identity_tables(
    snapshot: VaultSnapshot, pseudonyms: Pseudonymiser, working: duckdb.DuckDBPyConnection
) -> None:
    for table, ids in IDENTITY_IDS.items():
        schema = snapshot.columns(table)
        _make_table(
            working, "identity", table, {field.name: _duckdb_type(field.type) for field in schema}
        )
        with Runs(working, "identity", table, ()) as runs:
            for batch in snapshot.batches(table):
                for column, domain in ids.items():
                    batch = _replaced(batch, column, _pseudonyms(batch[column], domain, pseudonyms))
                runs.add(batch)


def event_fields(snapshot: VaultSnapshot) -> dict[int, str]:
    """Which table an id belongs to, by the concept that stands beside it."""
    fields = dict(EVENT_FIELDS)
    columns = ["concept_id", "concept_name", "vocabulary_id"]
    names = {f"{table}.{table}_id": table for table in LAYOUTS}
    for batch in snapshot.batches("concept", columns):
        rows = pa.Table.from_batches([batch])
        of_cdm = rows.filter(pa.compute.equal(rows["vocabulary_id"], "CDM"))
        for concept, name in zip(
            of_cdm["concept_id"].to_pylist(), of_cdm["concept_name"].to_pylist(), strict=True
        ):
            if name in names:
                fields[concept] = names[name]
    return fields


def _is_read(table: str, column: str, rule: ColumnRule) -> bool:
    if rule.treatment not in {Treatment.DROP, Treatment.CONSTANT}:
        return True
    return column in STAFF_COLUMNS.get(table, ()) or (table == "person" and column in BIRTH_PARTS)


def pseudonymised(
    batch: pa.RecordBatch,
    rules: Mapping[str, ColumnRule],
    pseudonyms: Pseudonymiser,
    fields: Mapping[int, str],
) -> pa.RecordBatch:
    """A batch of a table with pseudonyms in the place of all its ids.

    ``fields`` says which table an id belongs to by the concept beside it.
    """
    for column in batch.schema.names:
        rule = rules[column]
        if rule.treatment is not Treatment.PSEUDONYM and column not in {"location_id"}:
            continue
        if rule.domain_from is not None:
            ids = _pseudonyms_by_field(batch, column, rule.domain_from, pseudonyms, fields)
        else:
            ids = _pseudonyms(batch[column], rule.domain or "location", pseudonyms)
        batch = _replaced(batch, column, ids)
    return batch


def _pseudonyms(column: pa.Array, domain: str, pseudonyms: Pseudonymiser) -> pa.Array:
    if column.null_count == len(column):
        return pa.nulls(len(column), pa.int64())
    ids = column.cast(pa.int64())
    if not ids.null_count:
        return pa.array(pseudonyms.ids(domain, ids.to_numpy()))
    plain = ids.fill_null(0).to_numpy()
    return pa.array(pseudonyms.ids(domain, plain), mask=np.asarray(ids.is_null()))


def _pseudonyms_by_field(
    batch: pa.RecordBatch,
    column: str,
    field_column: str,
    pseudonyms: Pseudonymiser,
    fields: Mapping[int, str],
) -> pa.Array:
    """Pseudonyms of ids whose table another column names; of an unknown table: nothing."""
    ids = batch[column].fill_null(0).to_numpy(zero_copy_only=False)
    concepts = batch[field_column].fill_null(0).to_numpy(zero_copy_only=False)
    absent = np.asarray(batch[column].is_null())
    result = np.zeros(len(ids), dtype=np.int64)
    known = np.zeros(len(ids), dtype=bool)
    for concept in np.unique(concepts):
        domain = fields.get(int(concept))
        if domain is not None:
            chosen = concepts == concept
            result[chosen] = pseudonyms.ids(domain, ids[chosen])
            known |= chosen
    return pa.array(result, mask=absent | ~known)


def _replaced(batch: pa.RecordBatch, column: str, values: pa.Array) -> pa.RecordBatch:
    return batch.set_column(batch.schema.get_field_index(column), column, values)


def _make_table(
    working: duckdb.DuckDBPyConnection, schema: str, table: str, columns: Mapping[str, str]
) -> None:
    body = ", ".join(f"{quoted(name)} {kind}" for name, kind in columns.items())
    working.execute(f"CREATE TABLE {schema}.{quoted(table)} ({body})")


class Runs:
    """Batches of one table on their way into the working database, put in as long sorted runs.

    Leaving the block puts in the last run; after an error the rest is not put in.
    """

    def __init__(
        self, working: duckdb.DuckDBPyConnection, schema: str, table: str, order: Sequence[str]
    ) -> None:
        self._working = working
        self._target = f"{schema}.{quoted(table)}"
        self._order = f" ORDER BY {', '.join(map(quoted, order))}" if order else ""
        self._batches: list[pa.RecordBatch] = []
        self._rows = self._bytes = 0

    def __enter__(self) -> Runs:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._put_in()

    def add(self, batch: pa.RecordBatch) -> None:
        """Take a batch; a run that is long enough is put in."""
        self._batches.append(batch)
        self._rows += batch.num_rows
        self._bytes += batch.nbytes
        if self._rows >= RUN_ROWS or self._bytes >= RUN_BYTES:
            self._put_in()

    def _put_in(self) -> None:
        if self._batches:
            self._working.register("incoming", pa.Table.from_batches(self._batches))
            self._working.execute(f"INSERT INTO {self._target} FROM incoming{self._order}")
            self._working.unregister("incoming")
        self._batches = []
        self._rows = self._bytes = 0


def _run_order(table: str, columns: Sequence[str]) -> tuple[str, ...]:
    """People come first where there are any; the row's own id makes the order complete."""
    if LAYOUTS[table].kind is not RowKind.EVENT:
        return ()
    return tuple(name for name in ("person_id", *LAYOUTS[table].key) if name in columns)


def _size(batch: pa.RecordBatch) -> int:
    """The same for equal values, however a database's driver lays them out."""
    texts = [column for column in batch.columns if pa.types.is_string(column.type)]
    letters = sum(pc.sum(pc.binary_length(column)).as_py() or 0 for column in texts)
    return 8 * batch.num_rows * batch.num_columns + letters


def check_injective(
    working: duckdb.DuckDBPyConnection, table: str, rules: Mapping[str, ColumnRule]
) -> None:
    """A primary key has no duplicates in the vault, so it may have none afterwards.

    Pseudonyms are looked through in ranges that fit into memory.

    Raises:
        PseudonymCollision: if there are.
    """
    key = LAYOUTS[table].key
    if len(key) != 1 or rules[key[0]].treatment is not Treatment.PSEUDONYM:
        return
    source = f"vault.{quoted(table)}"
    (rows,) = one_row(working, f"SELECT count(*) FROM {source}")
    column = quoted(key[0])
    for some in even_ranges(rows // CHECKED_IDS + 1):
        found = working.execute(
            f"SELECT {column} AS id FROM {source} WHERE {column} BETWEEN $1 AND $2",
            [some.start, some.stop - 1],
        ).fetchnumpy()
        # Sorted where it lies: a copy would be memory that is new to the process.
        ids = np.asarray(found["id"])
        ids.sort()
        if (ids[1:] == ids[:-1]).any():
            raise PseudonymCollision(
                f"two ids of {table} received one pseudonym; build under another release name"
            )


def _duckdb_type(kind: pa.DataType) -> str:
    names = {
        pa.int64(): "BIGINT",
        pa.float64(): "DOUBLE",
        pa.date32(): "DATE",
        pa.timestamp("us"): "TIMESTAMP",
        pa.bool_(): "BOOLEAN",
        pa.string(): "VARCHAR",
    }
    return names[kind]
