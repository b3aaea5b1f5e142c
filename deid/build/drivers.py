"""Which people, columns and rules made the gate refuse a release: kept on the vault's side only.

``evidence/.refused-<release>/drivers.parquet`` has one row a driver: ``measure`` (the threshold),
``kind`` (person, column or rule), ``subject`` (a column, or a value of a rule), ``person_id`` (a
pseudonym of the release that was refused) and ``people`` (with how many others, or how many). The
file's metadata name the generation of the key that the pseudonyms were made with.
"""

from __future__ import annotations

import math
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from deid.policy import Policy
from deid.risk.background import BOTH, Background
from deid.risk.events import known_of_people, parquet
from deid.risk.leaks import LeakScan
from deid.risk.longitudinal import few_known_events
from deid.risk.quasi_identifiers import shown_columns
from deid.risk.rare import DISEASE_TABLES
from deid.structured.expressions import quoted

DRIVERS_FILE = "drivers.parquet"
_KEY_ID = "key_id"
_CLASSES = frozenset(
    {
        "smallest_class",
        "prosecutor_max",
        "prosecutor_average",
        "journalist_max",
        "marketer",
        "suppressed_share",
    }
)
_ALONE = {
    "family_unique_share": "make-up of the family",
    "visits_follow_up_unique_share": BOTH,
    "population_unique_share": BOTH,
}
"""Measures of people who are alone, and by what."""
_SCHEMA = pa.schema(
    [
        ("measure", pa.string()),
        ("kind", pa.string()),
        ("subject", pa.string()),
        ("person_id", pa.int64()),
        ("people", pa.int64()),
    ]
)


@dataclass(frozen=True)
class Driver:
    """One reason of a refusal."""

    measure: str
    kind: str
    subject: str
    person_id: int | None
    people: int


def find_drivers(
    working: duckdb.DuckDBPyConnection,
    staging: Path,
    policy: Policy,
    failed: Mapping[str, float],
    background: Background,
    leaks: LeakScan,
) -> list[Driver]:
    """Who and what is over each failed threshold (name to limit)."""
    drivers: list[Driver] = []
    for name, limit in failed.items():
        if name in _CLASSES:
            drivers += _of_classes(working, policy, name, limit)
        elif name == "rare_disease_share":
            drivers += _of_rare(working, staging, policy.risk.rare.diseases_below)
        elif name.startswith("known_"):
            with known_of_people(working, staging, policy.risk.quasi_identifiers):
                drivers += [
                    Driver(name, "person", f"concept {concept}", person, people)
                    for person, concept, people in few_known_events(working, policy.risk.k)
                ]
        elif name in _ALONE:
            alike = (
                background.families.alike
                if name == "family_unique_share"
                else background.alike[BOTH]
            )
            drivers += [
                Driver(name, "person", _ALONE[name], int(person), 1)
                for person in background.person[alike == 1]
            ]
        elif name == "identifiers_in_output":
            drivers += [
                Driver(name, "column", place, None, times) for place, times in leaks.strong.items()
            ]
    return drivers


def _of_classes(
    working: duckdb.DuckDBPyConnection, policy: Policy, name: str, limit: float
) -> list[Driver]:
    """People in classes that are too small, and what each column adds to them."""
    shown = shown_columns(policy.risk.quasi_identifiers)
    alike = policy.risk.k
    if name in {"prosecutor_max", "journalist_max"} and limit > 0:
        alike = math.ceil(1 / limit - 1e-9)
    rows = _in_classes_below(working, shown, alike)
    found = [Driver(name, "person", "", person, size) for person, size in rows]
    for column in policy.risk.quasi_identifiers:
        others = [c for c in shown if c not in shown_columns([column])]
        without = len(_in_classes_below(working, others, alike))
        found.append(Driver(name, "column", column, None, len(rows) - without))
    return found


def _in_classes_below(
    working: duckdb.DuckDBPyConnection, columns: Sequence[str], size: int
) -> list[tuple[int, int]]:
    names = ", ".join(quoted(column) for column in columns) or "1"
    return working.execute(
        f"SELECT person_id, count(*) OVER (PARTITION BY {names}) AS alike FROM people "
        "QUALIFY alike < $1 ORDER BY person_id",
        [size],
    ).fetchall()


def _of_rare(working: duckdb.DuckDBPyConnection, staging: Path, below: int) -> list[Driver]:
    found: list[Driver] = []
    for table, column in DISEASE_TABLES.items():
        if not (staging / table).is_dir():
            continue
        rows = working.execute(
            f"SELECT {column}, person_id, count(*) OVER (PARTITION BY {column}) AS n FROM (SELECT "
            f"DISTINCT person_id, {column} FROM {parquet(staging, table)} WHERE {column} <> 0) "
            "QUALIFY n < $1 ORDER BY 1, 2",
            [below],
        ).fetchall()
        rules = {concept: people for concept, _, people in rows}
        place = f"{table}.{column}"
        found += [
            Driver("rare_disease_share", "rule", f"{place} {concept}", None, people)
            for concept, people in rules.items()
        ]
        found += [
            Driver("rare_disease_share", "person", f"{place} {concept}", person, people)
            for concept, person, people in rows
        ]
    return found


def store_drivers(root: Path, release: str, drivers: Sequence[Driver], key_id: str) -> Path:
    """Write them in place of those of an earlier refusal; gives the folder, mode 0700."""
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    root.chmod(0o700)
    folder = root / f".refused-{release}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    columns = [[getattr(driver, name) for driver in drivers] for name in _SCHEMA.names]
    schema = _SCHEMA.with_metadata({_KEY_ID: key_id})
    with open(os.open(folder / DRIVERS_FILE, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
        pq.write_table(pa.table(dict(zip(schema.names, columns, strict=True)), schema=schema), file)
    return folder


@dataclass(frozen=True)
class Refusal:
    """The drivers of a refused release, and the key that their pseudonyms were made with."""

    drivers: tuple[Driver, ...]
    key_id: str


def read_refusal(root: Path, release: str) -> Refusal | None:
    """What :func:`store_drivers` wrote; nothing if the release was not refused."""
    path = root / f".refused-{release}" / DRIVERS_FILE
    if not path.is_file():
        return None
    rows = pq.read_table(path)
    drivers = tuple(Driver(**row) for row in rows.to_pylist())
    metadata = rows.schema.metadata or {}
    return Refusal(drivers, metadata.get(_KEY_ID.encode(), b"").decode())
