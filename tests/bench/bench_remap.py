"""How fast records are mapped again: 400,000 conditions, half of them with extended codes."""

from __future__ import annotations

import datetime as dt
import random
import tempfile
import time
from pathlib import Path

import pyarrow as pa

from deid.importers.remapping import remap
from deid.vault.loading import load_dataset
from deid.vault.store import create_vault
from deid.vocabulary.codes import ICD10
from deid.vocabulary.loading import source_codes

ROWS, PEOPLE = 400_000, 4_000


def main() -> None:
    """Load conditions of concept 0 and map them twice: all change, then none."""
    with tempfile.TemporaryDirectory() as folder:
        engine = create_vault(f"sqlite:///{Path(folder) / 'vault' / 'vault.db'}")
        conditions = _conditions()
        load_dataset(
            engine, {"person": _people(), "condition_occurrence": conditions}, "bench", "omop"
        )
        codes = len(set(conditions["condition_source_value"].to_pylist()))
        for name in ("first time", "again"):
            clock, busy = time.perf_counter(), time.process_time()
            done = remap(engine).table("condition_occurrence")
            print(
                f"{name}: {time.perf_counter() - clock:.1f} s, {time.process_time() - busy:.1f} s "
                f"of processor; {ROWS:,} rows, {codes:,} codes, {done.changed:,} rows changed"
            )
        engine.dispose()


def _people() -> pa.Table:
    return pa.table(
        {
            "person_id": range(1, PEOPLE + 1),
            "gender_concept_id": [8507] * PEOPLE,
            "year_of_birth": [1960] * PEOPLE,
            "race_concept_id": [0] * PEOPLE,
            "ethnicity_concept_id": [0] * PEOPLE,
        }
    )


def _conditions() -> pa.Table:
    chance = random.Random(1)
    codes = [code.code for code in source_codes() if code.vocabulary_id == ICD10]
    written = [
        chance.choice(codes) + (f"00x{chance.randrange(40):03}" if chance.random() < 0.5 else "")
        for _ in range(ROWS)
    ]
    return pa.table(
        {
            "condition_occurrence_id": range(1, ROWS + 1),
            "person_id": [number % PEOPLE + 1 for number in range(ROWS)],
            "condition_concept_id": [0] * ROWS,
            "condition_start_date": pa.array([dt.date(2020, 1, 1)] * ROWS),
            "condition_type_concept_id": [32817] * ROWS,
            "condition_source_value": written,
        }
    )
