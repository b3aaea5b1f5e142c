"""On PostgreSQL an import takes as many statements as its tables ask for, whatever its people."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from sqlalchemy import Engine, event

from deid.vault.loading import LoadOptions, import_transaction, load_dataset, loading_parts
from deid.vault.store import create_vault, read_tables
from tests.integration.vault.records import TODAY, condition, dataset, person


def rows_of(ids: range, year: int) -> dict[str, pa.Table]:
    return {
        "person": pa.Table.from_pylist([{**person(n), "year_of_birth": year} for n in ids]),
        "condition_occurrence": pa.Table.from_pylist(
            [condition(n, n, condition_source_value=str(year)) for n in ids]
        ),
    }


def statements_of_three_imports(vault: Engine, ids: range) -> list[int]:
    """Statements to load people, to change every row of theirs, and to take conditions away."""
    count = 0

    def counted(_c: Any, _k: Any, _s: str, parameters: Any, _x: Any, many: bool) -> None:
        nonlocal count
        count += len(parameters) if many else 1

    event.listen(vault, "before_cursor_execute", counted)
    newer = frozenset({"person", "condition_occurrence"})
    seen = []
    for year, options in (
        (1950, LoadOptions(today=TODAY)),
        (1951, LoadOptions(today=TODAY, replace=newer)),
    ):
        count = 0
        load_dataset(vault, rows_of(ids, year), "test", "omop", options=options)
        seen.append(count)
    count = 0
    with (
        import_transaction(vault) as connection,
        loading_parts(connection, "test", "omop", options=LoadOptions(today=TODAY)) as parts,
    ):
        parts.remove("condition_occurrence", ids[1:])
    seen.append(count)
    event.remove(vault, "before_cursor_execute", counted)
    return seen


@pytest.mark.postgres
def test_statements_do_not_grow_with_people(postgres_url: str) -> None:
    vault = create_vault(postgres_url, base_vocabulary=False)
    load_dataset(vault, dataset(), "test", "omop", options=LoadOptions(today=TODAY))
    few = statements_of_three_imports(vault, range(1_000, 1_020))
    many = statements_of_three_imports(vault, range(2_000, 2_400))
    assert many == few
    with read_tables(vault) as snapshot:
        assert len(snapshot.snapshot_id) == 64  # digests and rows agree
        people = {row["person_id"]: row for row in snapshot.read("person").to_pylist()}
        left = snapshot.read("condition_occurrence").to_pylist()
    assert {people[n]["year_of_birth"] for n in (*range(1_000, 1_020), *range(2_000, 2_400))} == {
        1951
    }
    changed = {
        row["condition_occurrence_id"]: row["condition_source_value"]
        for row in left
        if row["condition_occurrence_id"] >= 1_000
    }
    assert changed == {1_000: "1951", 2_000: "1951"}
    vault.dispose()
