"""A table too long for the memory: how it is read and cut must not be seen in what leaves."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deid.build import intake, output
from deid.build.allowed import collect_allowed_values, shared_values, unrestricted_columns
from deid.build.intake import take_in
from deid.build.output import Plan, write_table
from deid.build.people import decide_people
from deid.build.pipeline import check_complete
from deid.build.progress import silent
from deid.build.selection import rows_that_stay, select_rows
from deid.build.workspace import working_database
from deid.errors import ReleaseError
from deid.policy import load_policy
from deid.pseudonyms import Pseudonymiser
from deid.release.manifest import TableEntry
from deid.structured.dates import DataWindow
from deid.structured.layout import LAYOUTS, RowKind
from deid.vault.store import VaultSnapshot, open_vault, read_tables
from tests.integration.release.residents import make_vault, residents

POLICY = load_policy("limited-research")
TABLE = "condition_occurrence"
DAY = dt.date(2015, 3, 1)


def written(folder: Path, url: str, processes: int = 1) -> tuple[list[Path], int]:
    """The files of one table, and how many of its rows were left out; notes stand beside them."""
    for name in ("work", "out", "notes"):
        (folder / name).mkdir(parents=True)
    engine = open_vault(url)
    with read_tables(engine) as vault, working_database(folder / "work", processes) as working:
        taken = take_in(vault, POLICY, Pseudonymiser(bytes(32)), working, silent)
        window = decide_people(working, POLICY, bytes(32)).window
        left_out = select_rows(working, POLICY, window)
        collect_allowed_values(working, POLICY)
        plan = Plan(POLICY, taken, window, unrestricted_columns(working, POLICY))
        write_table(working, plan, TABLE, folder / "out")
        working.execute(
            "CREATE TABLE scrubbed AS SELECT person_id, note_id, 'note ' || note_id AS text "
            "FROM staying.note"
        )
        write_table(working, plan, "note", folder / "notes")
    engine.dispose()
    return sorted((folder / "out").glob("*.parquet")), sum(left_out[TABLE].values())


@pytest.fixture(scope="module")
def vault_of_forty(tmp_path_factory: pytest.TempPathFactory) -> str:
    return make_vault(tmp_path_factory.mktemp("forty"), residents(people=40))


@pytest.fixture(scope="module")
def working_of_forty(
    vault_of_forty: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[duckdb.DuckDBPyConnection]:
    """The working database with all that was read and decided over people."""
    engine = open_vault(vault_of_forty)
    with (
        read_tables(engine) as vault,
        working_database(tmp_path_factory.mktemp("working"), 1) as working,
    ):
        take_in(vault, POLICY, Pseudonymiser(bytes(32)), working, silent)
        decide_people(working, POLICY, bytes(32))
        yield working
    engine.dispose()


@pytest.fixture(scope="module")
def parts(vault_of_forty: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Path], int]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(output, "PART_BYTES", 4_000)
        return written(tmp_path_factory.mktemp("parts"), vault_of_forty)


def test_a_long_table_is_several_files_of_the_rows_and_the_order_of_one(
    parts: tuple[list[Path], int], vault_of_forty: str, tmp_path: Path
) -> None:
    (whole,), _ = written(tmp_path, vault_of_forty)
    files, left_out = parts
    together = pq.read_table(files)
    assert len(files) > 3
    assert together.equals(pq.read_table(whole))
    assert together.num_rows + left_out == 40 * 4
    person = together["person_id"].to_numpy()
    row = together["condition_occurrence_id"].to_numpy()
    assert np.array_equal(np.lexsort((row, person)), np.arange(len(row)))
    assert len(np.unique(row)) == len(row)


def test_a_note_keeps_its_own_text_in_whichever_file_it_is(
    parts: tuple[list[Path], int],
) -> None:
    files = sorted((parts[0][0].parents[1] / "notes").glob("*.parquet"))
    notes = pq.read_table(files, columns=["note_id", "note_text"]).to_pylist()
    assert len(files) > 3
    assert notes
    assert all(note["note_text"] == f"note {note['note_id']}" for note in notes)


def test_neither_the_runs_that_are_read_nor_the_threads_change_a_byte(
    parts: tuple[list[Path], int],
    vault_of_forty: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(output, "PART_BYTES", 4_000)
    monkeypatch.setattr(VaultSnapshot.batches, "__defaults__", (None, 7))
    monkeypatch.setattr(intake, "RUN_BYTES", 1)
    monkeypatch.setattr(intake, "CHECKED_IDS", 50)
    otherwise, _ = written(tmp_path, vault_of_forty, processes=2)
    assert [path.read_bytes() for path in otherwise] == [path.read_bytes() for path in parts[0]]


@pytest.mark.parametrize(
    ("start", "end", "blind", "suppressed"),
    [
        (DAY, DAY.replace(year=2016), None, True),
        (DAY.replace(2010), DAY.replace(2016), (DAY.replace(2014, 11), DAY), False),
        (DAY, DAY + dt.timedelta(days=20), None, True),
    ],
)
def test_rows_whose_person_was_not_asked_stay_or_go_as_if_they_had_been(
    working_of_forty: duckdb.DuckDBPyConnection,
    start: dt.date,
    end: dt.date,
    blind: tuple[dt.date, dt.date] | None,
    suppressed: bool,
) -> None:
    working, window = working_of_forty, DataWindow(start, end, 5, blind)
    working.execute(
        "UPDATE people SET shift_days = 7 * (person_id % 5 + 1) * (1 - person_id // 5 % 2 * 2), "
        "kept = person_id % 7 <> 0 OR NOT $1",
        [suppressed],
    )
    try:
        left_out = select_rows(working, POLICY, window)
        looked_through = 0
        for table, layout in LAYOUTS.items():
            if layout.kind is RowKind.EVENT and table in POLICY.tables:
                key = layout.key[0]
                ids = f"SELECT v.{key} FROM {rows_that_stay(table, window)}"
                asked = set(working.execute(ids).fetchall())
                found = working.execute(f"SELECT {key} FROM staying.{table}").fetchall()
                (rows,) = working.execute(f"SELECT count(*) FROM vault.{table}").fetchone() or (0,)
                assert set(found) == asked
                assert len(found) == len(asked) == rows - sum(left_out[table].values())
                looked_through += rows
        gone = working.execute("FROM gone.visit_occurrence").fetchall()
        assert len(gone) == sum(left_out["visit_occurrence"].values()) > 0
        assert looked_through > 40 * 8
    finally:
        for schema in ("staying", "stays", "gone"):
            working.execute(f"DROP SCHEMA {schema} CASCADE")


def test_a_row_that_is_neither_written_nor_counted_stops_the_build() -> None:
    check_complete(TABLE, TableEntry(10, 7, (), (), {"outside the data window": 3}))
    with pytest.raises(ReleaseError, match="do not add up"):
        check_complete(TABLE, TableEntry(10, 7, (), (), {"outside the data window": 2}))


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        yield opened


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 300)), max_size=200),
    st.integers(1, 70),
)
def test_a_value_may_leave_exactly_if_k_people_share_it(
    connection: duckdb.DuckDBPyConnection, pairs: list[tuple[int, int]], k: int
) -> None:
    values, ids = (np.array([pair[n] for pair in pairs], dtype=np.int64) for n in (0, 1))
    connection.register("had", pa.table({"value": values, "person_id": ids}))
    found = connection.execute(shared_values("SELECT value, person_id FROM had", k)).fetchall()
    people = {value: {p for v, p in pairs if v == value} for value, _ in pairs}
    assert [value for (value,) in found] == sorted(v for v in people if len(people[v]) >= k)
