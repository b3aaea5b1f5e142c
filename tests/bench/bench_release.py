"""Rows a second of the release build beside a plain DuckDB copy of the same tables.

The copy reads the records as Parquet and writes them again with the same compression and row
groups: it is the floor under everything that the build does. *Structured* is the part of the build
that treats and writes tables; *whole* adds reading the vault, classes, leak scan, risk and hashes.
"""

from __future__ import annotations

import datetime as dt
import os
import secrets
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow as pa

from deid.build import pipeline
from deid.importers.omop import read_omop_directory
from deid.keys import Keyring
from deid.policy import load_policy
from deid.settings import EngineSettings
from deid.vault.loading import LoadOptions, load_dataset
from deid.vault.store import create_vault, open_vault, read_tables

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "omop_gibleed"
ROUNDS = 3
GENERATED_PEOPLE, GENERATED_EVENTS = 2_000, 100


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url = f"sqlite:///{folder / 'vault' / 'vault.db'}"
        source = _fill(url)
        rows = _export(url, folder / "plain")
        times: dict[str, list[float]] = {"copy": [], "structured": [], "whole": []}
        for number in range(ROUNDS):
            times["copy"].append(_timed(lambda n=number: _copy(folder, n)))  # type: ignore[misc]
            whole, structured = _build(folder, url, number)
            times["whole"].append(whole)
            times["structured"].append(structured)
    print(f"{source}: {rows:,} rows, {os.cpu_count()} processors, best and median of {ROUNDS}")
    print(f"{'':38}{'best s':>8}{'median s':>10}{'rows/s':>12}{'x copy':>8}")
    floor = min(times["copy"])
    for label, key in (
        ("plain DuckDB copy, Parquet to Parquet", "copy"),
        ("release build, structured part", "structured"),
        ("release build, whole", "whole"),
    ):
        best = min(times[key])
        middle = statistics.median(times[key])
        print(f"{label:38}{best:8.2f}{middle:10.2f}{rows / best:12,.0f}{best / floor:8.1f}")


def _fill(url: str) -> str:
    engine = create_vault(url)
    if SHARED.is_dir():
        tables, source = read_omop_directory(SHARED).tables, "GiBleed"
    else:
        tables, source = _generated(), "generated rows"
    load_dataset(engine, tables, "bench", "omop", options=LoadOptions(unknown_concepts="keep"))
    engine.dispose()
    return source


def _generated() -> dict[str, pa.Table]:
    people = range(1, GENERATED_PEOPLE + 1)
    events = range(GENERATED_PEOPLE * GENERATED_EVENTS)
    first = dt.date(2010, 1, 1)
    return {
        "person": pa.table(
            {
                "person_id": list(people),
                "gender_concept_id": [8507 if p % 2 else 8532 for p in people],
                "year_of_birth": [1940 + p % 50 for p in people],
                "race_concept_id": [8527 for _ in people],
                "ethnicity_concept_id": [38003564 for _ in people],
            }
        ),
        "condition_occurrence": pa.table(
            {
                "condition_occurrence_id": list(events),
                "person_id": [e % GENERATED_PEOPLE + 1 for e in events],
                "condition_concept_id": [320128 + e % 40 for e in events],
                "condition_start_date": [first + dt.timedelta(e % 3000) for e in events],
                "condition_type_concept_id": [32817 for _ in events],
            }
        ),
    }


def _export(url: str, folder: Path) -> int:
    """The vault's records as plain Parquet, for the copy."""
    folder.mkdir()
    policy = load_policy("limited-research")
    rows = 0
    engine = open_vault(url)
    with read_tables(engine) as snapshot, duckdb.connect() as connection:
        for table in snapshot.tables():
            if table in policy.tables and snapshot.rows(table):
                content = snapshot.read(table)
                connection.register("content", content)
                connection.execute(f"COPY content TO '{folder / table}.parquet' (COMPRESSION zstd)")
                connection.unregister("content")
                rows += content.num_rows
    engine.dispose()
    return rows


def _copy(folder: Path, number: int) -> None:
    target = folder / f"copy-{number}"
    target.mkdir()
    with duckdb.connect() as connection:
        for path in sorted((folder / "plain").glob("*.parquet")):
            connection.execute(
                f"COPY (SELECT * FROM '{path}') TO '{target / path.name}' "
                "(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)"
            )


def _build(folder: Path, url: str, number: int) -> tuple[float, float]:
    """Seconds of a whole build, and of its stage between reading and attacking."""
    root = folder / f"round-{number}"
    settings = EngineSettings(
        url,
        root / "keyring.json",
        root / "releases",
        root / "work",
        root / "evidence",
        os.cpu_count() or 1,
    )
    marks: list[tuple[str, float]] = []
    began = time.perf_counter()
    pipeline.build_release(
        settings,
        Keyring("bench", secrets.token_bytes(32)),
        url,
        load_policy("limited-research"),
        "bench",
        "Benchmark",
        say=lambda line: marks.append((line, time.perf_counter())),
    )
    whole = time.perf_counter() - began
    read = max(at for line, at in marks if line.startswith("reading the vault"))
    written = next(at for line, at in marks if line.startswith("attacking"))
    return whole, written - read


def _timed(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
