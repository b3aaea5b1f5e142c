"""A long table of measurements released beside a plain DuckDB copy of it, in the same run.

The source is a Parquet file of OMOP measurements whose rows are in no order of people. The *copy*
reads it and writes it again as Parquet, with DuckDB's own settings or with zstd like a release.
The *treatment* is what a build does with a table once it has been read: pseudonyms of its ids and
the proof that they are distinct, the choice of the rows that stay, shifted dates, rare values, the
order of rows, and the Parquet files. *Intake* is reading and storing in the working database, from
Parquet and, on fewer rows, from a vault. Few rows lie near the ends of the records, so that what is
written is as long as the copy.

``CARECOMMONS_BENCH_ROWS`` is the number of rows (10,000,000), ``CARECOMMONS_BENCH_ROUNDS`` that of
rounds (3), ``CARECOMMONS_BENCH_POSTGRES`` the URL of an empty PostgreSQL database for the vault.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from deid.build.allowed import collect_allowed_values, unrestricted_columns
from deid.build.intake import Intake, check_injective, pseudonymised, take_in
from deid.build.output import Plan, write_table
from deid.build.people import decide_people
from deid.build.progress import silent
from deid.build.selection import select_rows
from deid.build.workspace import working_database
from deid.policy import Policy, load_policy
from deid.policy.model import ColumnRule, Treatment
from deid.pseudonyms import Pseudonymiser
from deid.structured.expressions import quoted
from deid.vault.arrow import arrow_schema
from deid.vault.loading import load_dataset
from deid.vault.schema import DATA_TABLES
from deid.vault.store import create_vault, open_vault, read_tables
from deid.vocabulary import load_base_vocabulary
from tests.memory import peak_memory

ROWS = int(os.environ.get("CARECOMMONS_BENCH_ROWS", "10000000"))
ROUNDS = int(os.environ.get("CARECOMMONS_BENCH_ROUNDS", "3"))
VAULT_ROWS = min(ROWS, 500_000)
ROWS_A_PERSON, VISITS_OF_TEN_ROWS, PROVIDERS, TESTS = 50, 3, 2_000, 300
BATCH_ROWS = 65_536
TABLE = "measurement"
COPIES = {"copy": "COMPRESSION snappy", "copy, zstd": "COMPRESSION zstd"}
_DAY = (
    "DATE '2010-01-01' + (CASE WHEN hash(i * 29) % 10 = 0 THEN hash(i * 3) % 4000 "
    "ELSE 800 + hash(i * 3) % 2400 END)::INTEGER"
)
"""Records of eleven years; nine of ten in the seven in the middle."""
SCALES = (1, 3)
"""Sizes at which the memory is measured, times ``ROWS``."""


@dataclass(frozen=True)
class Spent:
    """Seconds by the clock, and of all processors."""

    clock: float
    busy: float


class ParquetSnapshot:
    """Parquet files in the place of a vault; a table without a file is empty."""

    snapshot_id = "bench"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def tables(self) -> tuple[str, ...]:
        """All tables that a vault has."""
        return DATA_TABLES

    def columns(self, table: str) -> pa.Schema:
        """As a vault has them."""
        return arrow_schema(table)

    def rows(self, table: str) -> int:
        """Number of rows of a table."""
        path = self._folder / f"{table}.parquet"
        return pq.read_metadata(path).num_rows if path.is_file() else 0

    def batches(self, table: str, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Rows in the order of the file; columns that it lacks hold nothing."""
        path = self._folder / f"{table}.parquet"
        schema = arrow_schema(table, columns)
        if path.is_file():
            # Read ahead, it would keep all that was read of the file until the end.
            file = pq.ParquetFile(path, pre_buffer=False)
            there = [name for name in schema.names if name in file.schema_arrow.names]
            for batch in file.iter_batches(BATCH_ROWS, columns=there):
                arrays = [
                    batch[field.name].cast(field.type)
                    if field.name in there
                    else pa.nulls(batch.num_rows, field.type)
                    for field in schema
                ]
                yield pa.RecordBatch.from_arrays(arrays, schema=schema)


def main() -> None:
    """Print the figures; with a number of rows as argument, only the memory of one release."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_source(folder / "source", ROWS)
        _compare(folder)
        _vaults(folder)
    for scale in SCALES:
        subprocess.run(
            [sys.executable, "-m", "tests.bench.bench_structured", str(scale * ROWS)], check=True
        )


def make_source(folder: Path, rows: int) -> None:
    """Measurements of a person for every fifty, with their visits, providers and the vocabulary."""
    folder.mkdir()
    people, visits = max(rows // ROWS_A_PERSON, 1_000), rows * VISITS_OF_TEN_ROWS // 10
    for table, content in load_base_vocabulary().items():
        pq.write_table(content, folder / f"{table}.parquet")
    with _database(folder) as connection:
        for table, query in {
            "person": "SELECT i + 1 AS person_id, 8507 + i % 2 * 25 AS gender_concept_id, "
            "1930 + (hash(i) % 80)::BIGINT AS year_of_birth, 0::BIGINT AS race_concept_id, "
            f"0::BIGINT AS ethnicity_concept_id FROM range({people}) t(i)",
            "provider": f"SELECT i + 1 AS provider_id FROM range({PROVIDERS}) t(i)",
            "visit_occurrence": "SELECT i + 1 AS visit_occurrence_id, "
            f"(hash(i) % {people})::BIGINT + 1 AS person_id, 9202::BIGINT AS visit_concept_id, "
            f"{_DAY} AS visit_start_date, "
            "visit_start_date AS visit_end_date, "
            f"32817::BIGINT AS visit_type_concept_id FROM range({visits}) t(i)",
            TABLE: _measurements(rows, people, visits),
        }.items():
            connection.execute(
                f"COPY ({query}) TO '{folder / table}.parquet' (FORMAT parquet, COMPRESSION zstd)"
            )


def _measurements(rows: int, people: int, visits: int) -> str:
    return f"""
        SELECT i + 1 AS measurement_id, (hash(i) % {people})::BIGINT + 1 AS person_id,
        3000000 + test AS measurement_concept_id, day AS measurement_date,
        day::TIMESTAMP + to_seconds((hash(i * 5) % 86400)::BIGINT) AS measurement_datetime,
        32817::BIGINT AS measurement_type_concept_id,
        CASE WHEN hash(i * 19) % 50 = 0 THEN 4171754::BIGINT END AS operator_concept_id,
        round((hash(i * 11) % 10000) / 37.0, 1)::DOUBLE AS value_as_number,
        CASE WHEN hash(i * 23) % 20 = 0 THEN 45884084::BIGINT END AS value_as_concept_id,
        8840 + test % 20 AS unit_concept_id, (test % 30)::DOUBLE AS range_low,
        (100 + test % 30)::DOUBLE AS range_high,
        (hash(i * 13) % {PROVIDERS})::BIGINT + 1 AS provider_id,
        (hash(i * 17) % {visits})::BIGINT + 1 AS visit_occurrence_id, 'c' || test AS
        measurement_source_value, 3000000 + test AS measurement_source_concept_id,
        'mg/' || test % 20 AS unit_source_value, 0::BIGINT AS unit_source_concept_id,
        value_as_number::VARCHAR AS value_source_value
        FROM (SELECT i, (hash(i * 7) % {TESTS})::BIGINT AS test,
        {_DAY} AS day FROM range({rows}) t(i))"""


def _compare(folder: Path) -> None:
    """Copies and treatments in turns, and what each takes beside the copies."""
    policies = {
        "treatment, three rules": _three_rules(load_policy("limited-research")),
        "treatment, limited-research": load_policy("limited-research"),
    }
    times: dict[str, list[Spent]] = {}
    sizes: dict[str, int] = {}
    for number in range(ROUNDS):
        for label, compression in COPIES.items():
            target = folder / "copy.parquet"
            times.setdefault(label, []).append(_timed(lambda: _copy(folder, target, compression)))  # noqa: B023
            sizes[label] = target.stat().st_size
        for label, policy in policies.items():
            out = folder / "out"
            for part, spent in _treat(folder, policy, out, number == 0).items():
                times.setdefault(f"{label}{part}", []).append(spent)
            sizes[label] = sum(path.stat().st_size for path in out.glob("*.parquet"))
    print(
        f"{ROWS:,} rows, {ROUNDS} rounds in turns, {os.cpu_count()} processors; processor seconds"
    )
    print(f"{'':44}{'best':>7}{'median':>8}{'x copy':>8}{'x zstd':>8}{'clock':>8}{'MB':>6}")
    for label, rounds in times.items():
        ratios = [
            statistics.median(
                one.busy / other.busy for one, other in zip(rounds, times[c], strict=True)
            )
            for c in COPIES
        ]
        size = f"{sizes[label] >> 20}" if label in sizes else ""
        print(
            f"{label:44}{min(r.busy for r in rounds):7.2f}"
            f"{statistics.median(r.busy for r in rounds):8.2f}{ratios[0]:8.2f}{ratios[1]:8.2f}"
            f"{min(r.clock for r in rounds):8.2f}{size:>6}"
        )


def _three_rules(policy: Policy) -> Policy:
    """Pseudonyms, re-keyed row ids and shifted dates; everything else is kept."""
    rules = {
        column: ColumnRule(Treatment.KEEP) if rule.treatment is Treatment.SUPPRESS_RARE else rule
        for column, rule in policy.tables[TABLE].items()
    }
    return replace(policy, tables={**policy.tables, TABLE: rules})


def _treat(folder: Path, policy: Policy, out: Path, prove: bool) -> dict[str, Spent]:
    """Seconds of the whole treatment and of its parts; proves its result if asked to."""
    pseudonyms = Pseudonymiser(bytes(range(32)))
    snapshot = ParquetSnapshot(folder / "source")
    work = folder / "work"
    _empty(work)
    _empty(out)
    spent: dict[str, Spent] = {}
    with working_database(work, os.cpu_count() or 1) as working:
        intakes: list[Intake] = []
        spent[": intake from Parquet"] = _timed(
            lambda: intakes.append(take_in(snapshot, policy, pseudonyms, working, silent))  # type: ignore[arg-type]
        )
        people = decide_people(working, policy, bytes(32))
        spent[": pseudonyms"] = _pseudonyms_alone(snapshot, policy, pseudonyms)
        rules = policy.tables[TABLE]
        spent[": proof that they differ"] = _timed(lambda: check_injective(working, TABLE, rules))
        left_out: list[dict[str, dict[str, int]]] = []
        spent[": rows that stay"] = _timed(
            lambda: left_out.append(select_rows(working, policy, people.window))
        )
        spent[": rare values"] = _timed(lambda: collect_allowed_values(working, policy))
        spent[": order and files"] = _timed(
            lambda: write_table(
                working,
                Plan(policy, intakes[0], people.window, unrestricted_columns(working, policy)),
                TABLE,
                out,
            )
        )
        written = sum(pq.read_metadata(path).num_rows for path in out.glob("*.parquet"))
        assert written > 0.97 * snapshot.rows(TABLE), "the copy and the release are not comparable"
        if prove:
            _prove(working, out, ROWS - sum(left_out[0][TABLE].values()))
    parts = [value for label, value in spent.items() if "intake" not in label]
    return {
        "": Spent(sum(part.clock for part in parts), sum(part.busy for part in parts)),
        **spent,
    }


def _pseudonyms_alone(
    snapshot: ParquetSnapshot, policy: Policy, pseudonyms: Pseudonymiser
) -> Spent:
    """Only what turns the ids of the table's batches into pseudonyms."""
    rules = policy.tables[TABLE]
    clock = busy = 0.0
    for batch in snapshot.batches(TABLE):
        spent = _timed(lambda: pseudonymised(batch, rules, pseudonyms, {}))  # noqa: B023
        clock, busy = clock + spent.clock, busy + spent.busy
    return Spent(clock, busy)


def _prove(working: duckdb.DuckDBPyConnection, out: Path, rows: int) -> None:
    """All rows are there once, in order of people and row, and every person has one offset."""
    files = f"read_parquet('{out}/*.parquet', filename = true, file_row_number = true)"
    written = working.execute(
        f"SELECT person_id, {TABLE}_id AS id FROM {files} ORDER BY filename, file_row_number"
    ).fetchnumpy()
    person, own = np.asarray(written["person_id"]), np.asarray(written["id"])
    assert len(own) == rows == len(np.unique(own)), "rows are missing or come twice"
    later = (person[1:] > person[:-1]) | ((person[1:] == person[:-1]) & (own[1:] > own[:-1]))
    assert later.all(), "rows are not in order"
    (offsets, people) = working.execute(
        f"SELECT count(DISTINCT (person_id, r.{TABLE}_date - v.{TABLE}_date)), "
        f"count(DISTINCT person_id) FROM {files} r JOIN vault.{quoted(TABLE)} v "
        f"USING ({TABLE}_id, person_id)"
    ).fetchone() or (0, 1)
    assert offsets == people, "a person has two offsets"


def _vaults(folder: Path) -> None:
    """What reading costs: the intake of fewer rows from Parquet and from vaults."""
    make_source(folder / "small", VAULT_ROWS)
    snapshot = ParquetSnapshot(folder / "small")
    tables = {
        table: pa.Table.from_batches(list(snapshot.batches(table)), schema=arrow_schema(table))
        for table in ("person", "provider", "visit_occurrence", TABLE)
    }
    policy = load_policy("limited-research")
    tables |= load_base_vocabulary()
    rows = sum(content.num_rows for content in tables.values())
    print(f"\nintake of {rows:,} rows, a million rows a second")
    print(f"  from Parquet     {rows / _intake(folder, snapshot, policy).clock / 1e6:.2f}")
    urls = {"SQLite": f"sqlite:///{folder / 'vault' / 'vault.db'}"}
    if "CARECOMMONS_BENCH_POSTGRES" in os.environ:
        urls["PostgreSQL"] = os.environ["CARECOMMONS_BENCH_POSTGRES"]
    for label, url in urls.items():
        create_vault(url).dispose()
        engine = open_vault(url)
        load_dataset(engine, tables, "bench", "omop")
        with read_tables(engine) as vault:
            spent = _intake(folder, vault, policy)
        engine.dispose()
        print(f"  from {label:12}{rows / spent.clock / 1e6:.2f}")


def _intake(folder: Path, snapshot: object, policy: Policy) -> Spent:
    _empty(folder / "work")
    with working_database(folder / "work", os.cpu_count() or 1) as working:
        pseudonyms = Pseudonymiser(bytes(32))
        return _timed(lambda: take_in(snapshot, policy, pseudonyms, working, silent))  # type: ignore[arg-type]


def memory_of_one(rows: int) -> None:
    """Print the greatest memory of this process after a release of so many rows."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run(
            [
                sys.executable,
                "-c",
                "import sys; from pathlib import Path; from tests.bench.bench_structured import "
                "make_source; make_source(Path(sys.argv[1]), int(sys.argv[2]))",
                str(folder / "source"),
                str(rows),
            ],
            check=True,
        )
        spent = _timed(
            lambda: _treat(folder, load_policy("limited-research"), folder / "out", False)
        )
    peak = peak_memory()
    print(f"{rows:,} rows, intake and treatment: {spent.clock:.0f} s, {peak:,.0f} MB at most")


def _copy(folder: Path, target: Path, compression: str) -> None:
    with _database(folder) as connection:
        connection.execute(
            f"COPY (FROM '{folder / 'source' / TABLE}.parquet') TO '{target}' "
            f"(FORMAT parquet, {compression})"
        )


@contextmanager
def _database(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(f"SET threads = {os.cpu_count() or 1}")
        connection.execute("SET memory_limit = '1GB'")
        connection.execute("SET enable_progress_bar = false")
        connection.execute(f"SET temp_directory = '{folder / 'spill'}'")
        yield connection


def _empty(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    for path in folder.glob("*"):
        path.unlink() if path.is_file() else path.rmdir()


def _timed(work: Callable[[], object]) -> Spent:
    clock, busy = time.perf_counter(), time.process_time()
    work()
    return Spent(time.perf_counter() - clock, time.process_time() - busy)


if __name__ == "__main__":
    memory_of_one(int(sys.argv[1])) if len(sys.argv) > 1 else main()
