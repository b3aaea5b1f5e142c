"""Keeps one synthetic population apart from another: a vault holds at most one."""

from __future__ import annotations

import duckdb
import pyarrow as pa

from deid.errors import ImportRefused
from deid.synth.rows import FIRST_ID
from deid.synth.spool import Spool
from deid.vault.reading import VaultSnapshot

COMPARED = ("person", "person_identity", "identifier")


def check_same_population(population: Spool, vault: VaultSnapshot) -> None:
    """Let a population in only if the vault holds none of these ids, or this very population.

    Raises:
        ImportRefused: if ids from :data:`deid.synth.FIRST_ID` on belong to other residents.
    """
    for table in COMPARED:
        if vault.rows(table) and not _holds_nothing_else(population, vault, table):
            raise ImportRefused(
                f"the vault's table {table} holds other residents under the ids of synthetic ones "
                f"({FIRST_ID} and up): another seed, number, locale or last day; "
                "use a vault of its own for each population"
            )


def _holds_nothing_else(population: Spool, vault: VaultSnapshot, table: str) -> bool:
    """Are the vault's synthetic rows none, or exactly those of the population?"""
    schema = vault.columns(table)
    key = schema.names[0]
    with duckdb.connect() as connection:
        held = pa.RecordBatchReader.from_batches(schema, vault.batches(table))
        connection.register("present", held)
        connection.execute(f'CREATE TABLE held AS FROM present WHERE "{key}" >= {FIRST_ID}')
        connection.execute(
            "CREATE VIEW generated AS FROM read_parquet($1)".replace(
                "$1", f"'{_quoted(str(population.path(table)))}'"
            )
        )
        (count,) = connection.execute("SELECT count(*) FROM held").fetchone() or (0,)
        if not count:
            return True
        (others,) = connection.execute(
            "SELECT (SELECT count(*) FROM (FROM held EXCEPT ALL FROM generated))"
            " + (SELECT count(*) FROM (FROM generated EXCEPT ALL FROM held))"
        ).fetchone() or (1,)
    return not others


def _quoted(text: str) -> str:
    return text.replace("'", "''")
