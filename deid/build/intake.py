"""Copies the vault into the build's working database, batch by batch.

Ids become pseudonyms on the way in, whole columns at once, so the working database holds no id of
the vault; dropped columns are not even read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import pyarrow as pa

from deid.build.progress import Progress, Say
from deid.errors import PseudonymCollision
from deid.policy.model import ColumnRule, Policy, Treatment
from deid.pseudonyms import Pseudonymiser
from deid.structured.expressions import quoted
from deid.structured.layout import LAYOUTS
from deid.structured.queries import one_row

if TYPE_CHECKING:
    from deid.vault.reading import VaultSnapshot

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
    """What came in: rows of each table, and the Arrow types of its columns in table order."""

    rows: Mapping[str, int]
    types: Mapping[str, Mapping[str, str]]
    required: Mapping[str, frozenset[str]]


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
    for table in wanted:
        rules = policy.tables[table]
        schema = snapshot.columns(table)
        types[table] = {field.name: _duckdb_type(field.type) for field in schema}
        required[table] = frozenset(field.name for field in schema if not field.nullable)
        columns = [name for name in schema.names if _is_read(table, name, rules[name])]
        _make_table(working, "vault", table, {name: types[table][name] for name in columns})
        for batch in snapshot.batches(table, columns):
            _insert(working, "vault", table, _treated(batch, rules, pseudonyms, fields))
            progress.add(batch.num_rows)
        check_injective(working, table, rules)
    progress.finish()
    _take_in_identity_tables(snapshot, pseudonyms, working)
    return Intake(rows, types, required)


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
        for batch in snapshot.batches(table, columns):
            if table == "person":
                ids = _pseudonyms(batch["person_id"], "person", pseudonyms)
                batch = _replaced(batch, "person_id", ids)
            _insert(working, "vault", table, batch)
    _take_in_identity_tables(snapshot, pseudonyms, working)


def _take_in_identity_tables(
    snapshot: VaultSnapshot, pseudonyms: Pseudonymiser, working: duckdb.DuckDBPyConnection
) -> None:
    for table, ids in IDENTITY_IDS.items():
        schema = snapshot.columns(table)
        _make_table(
            working, "identity", table, {field.name: _duckdb_type(field.type) for field in schema}
        )
        for batch in snapshot.batches(table):
            for column, domain in ids.items():
                batch = _replaced(batch, column, _pseudonyms(batch[column], domain, pseudonyms))
            _insert(working, "identity", table, batch)


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


def _treated(
    batch: pa.RecordBatch,
    rules: Mapping[str, ColumnRule],
    pseudonyms: Pseudonymiser,
    fields: Mapping[int, str],
) -> pa.RecordBatch:
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
    ids = column.cast(pa.int64())
    absent = np.asarray(ids.is_null())
    plain = ids.fill_null(0).to_numpy(zero_copy_only=False)
    return pa.array(pseudonyms.ids(domain, plain), mask=absent)


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


def _insert(
    working: duckdb.DuckDBPyConnection, schema: str, table: str, batch: pa.RecordBatch
) -> None:
    working.register("incoming", pa.Table.from_batches([batch]))
    working.execute(f"INSERT INTO {schema}.{quoted(table)} SELECT * FROM incoming")
    working.unregister("incoming")


def check_injective(
    working: duckdb.DuckDBPyConnection, table: str, rules: Mapping[str, ColumnRule]
) -> None:
    """A primary key has no duplicates in the vault, so it may have none afterwards."""
    key = LAYOUTS[table].key
    if len(key) != 1 or rules[key[0]].treatment is not Treatment.PSEUDONYM:
        return
    row = one_row(
        working, f"SELECT count(*) - count(DISTINCT {quoted(key[0])}) FROM vault.{quoted(table)}"
    )
    if row[0]:
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
