"""A small county under attack, released well or badly; every value is drawn here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from deid.attacks.ground import Ground, SourceIds
from deid.pseudonyms import Pseudonymiser

PEOPLE, VISITS, DAYS, WEEKS = 300, 120, 3650, 52
FIRST_DAY = 16_000
NAMES = [a + b for a in ("Al", "Bro", "Cu", "Dra", "El") for b in ("den", "mark", "ster", "wick")]
INVENTED = [
    a + b for a in ("Fal", "Gro", "Hu", "Ira", "Jol") for b in ("den", "mark", "ster", "wick")
]
CONDITIONS, CONDITIONS_EACH = np.arange(101, 113), 3
Rows = dict[str, Any]
Pseudonyms = Callable[[str, np.ndarray], np.ndarray]

secret = Pseudonymiser(bytes(range(100, 132))).ids


def county(
    folder: Path,
    *,
    shifted: bool = True,
    ends_cut: bool = True,
    exact: bool = False,
    hides_one: bool = False,
    shuffled: bool = True,
    pseudonyms: Pseudonyms = secret,
    surrogates: str = "by person",
) -> Ground:
    """A ground whose release is good unless said otherwise."""
    rng = np.random.default_rng(7)
    own = np.arange(1, PEOPLE + 1)
    ids = pseudonyms("person", own)
    people = _people(rng, ids)
    visits = _visits(rng, own, pseudonyms)
    weeks = rng.integers(1, WEEKS + 1, PEOPLE) * rng.choice([-1, 1], PEOPLE)
    moved = 7 * weeks[people["household_id"] - 1] if shifted else np.zeros(PEOPLE, np.int64)
    shown = {**visits, "day": visits["day"] + moved[visits["place"]]}
    reach = 7 * WEEKS if ends_cut else -7 * WEEKS
    stays = (shown["day"] >= FIRST_DAY + reach) & (shown["day"] < FIRST_DAY + DAYS - reach)
    connection = duckdb.connect()
    connection.execute("CREATE SCHEMA vault; CREATE SCHEMA identity")
    _store(
        connection,
        "identity.person_identity",
        {n: people[n] for n in ("person_id", "household_id")},
    )
    _store(connection, "vault.person", people)
    _store(connection, "vault.visit_occurrence", _visit_rows(visits, np.ones(len(stays), bool)))
    ill = _conditions(rng, ids)
    _store(connection, "vault.condition_occurrence", ill)
    _write(folder, "condition_occurrence", ill, _order(ill, "condition_concept_id", True))
    rows = _visit_rows(shown, stays)
    _write(folder, "visit_occurrence", rows, _order(rows, "visit_occurrence_id", shuffled))
    _write_people(folder, people, exact, hides_one, shuffled)
    _notes(connection, folder, rng, ids, surrogates)
    return Ground(
        connection=connection,
        name="county",
        folder=folder,
        quasi_identifiers=("year_of_birth", "gender_concept_id", "race_concept_id", "location_id"),
        k=5,
        max_weeks=WEEKS,
        sources={
            "person": SourceIds(own, ids),
            "visit_occurrence": SourceIds(visits["own"], visits["id"]),
        },
    )


def _people(rng: np.random.Generator, ids: np.ndarray) -> Rows:
    return {
        "person_id": ids,
        "year_of_birth": rng.integers(1940, 2000, PEOPLE),
        "month_of_birth": rng.integers(3, 11, PEOPLE),
        "day_of_birth": rng.integers(1, 28, PEOPLE),
        "gender_concept_id": rng.choice([8507, 8532], PEOPLE),
        "race_concept_id": rng.choice([8515, 8527], PEOPLE),
        "location_id": rng.integers(1, 11, PEOPLE),
        "household_id": np.arange(PEOPLE) // 2 + 1,
    }


def _visits(rng: np.random.Generator, own: np.ndarray, pseudonyms: Pseudonyms) -> Rows:
    """Visits on any day of ten years but for sixteen, on which the county was closed."""
    closed = rng.choice(DAYS, 16, replace=False)
    place = np.repeat(np.arange(PEOPLE), VISITS)
    day = rng.choice(np.setdiff1d(np.arange(DAYS), closed), len(place)) + FIRST_DAY
    number = np.arange(1, len(place) + 1)
    return {
        "place": place,
        "own": number,
        "id": pseudonyms("visit_occurrence", number),
        "person_id": pseudonyms("person", own)[place],
        "day": day,
    }


def _visit_rows(visits: Rows, stays: np.ndarray) -> Rows:
    return {
        "visit_occurrence_id": visits["id"][stays],
        "person_id": visits["person_id"][stays],
        "visit_concept_id": np.full(stays.sum(), 9202),
        "visit_start_date": visits["day"][stays].astype("datetime64[D]"),
    }


def _conditions(rng: np.random.Generator, ids: np.ndarray) -> Rows:
    concepts = [rng.choice(CONDITIONS, CONDITIONS_EACH, replace=False) for _ in ids]
    return {
        "person_id": np.repeat(ids, CONDITIONS_EACH),
        "condition_concept_id": np.concatenate(concepts),
        # Without a day they say nothing of offsets.
        "condition_start_date": np.full(len(ids) * CONDITIONS_EACH, np.datetime64("NaT", "D")),
    }


def _write_people(folder: Path, people: Rows, exact: bool, hides_one: bool, shuffled: bool) -> None:
    year, none = people["year_of_birth"], np.zeros(PEOPLE, np.int64)
    location = np.where(hides_one & (people["location_id"] == 1), 0, people["location_id"])
    first = year if exact else year // 30 * 30
    rows = {
        "person_id": people["person_id"],
        "year_of_birth": first,
        "gender_concept_id": people["gender_concept_id"],
        "race_concept_id": people["race_concept_id"] if exact or hides_one else none,
        "location_id": location if exact or hides_one else none,
    }
    order = _order(rows, "person_id", shuffled)
    _write(folder, "person", rows, order)
    last = first if exact else first + 29
    bands = {"person_id": people["person_id"], "first_year": first, "last_year": last}
    _write(folder, "person_birth_years", bands, order)


def _notes(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    rng: np.random.Generator,
    ids: np.ndarray,
    surrogates: str,
) -> None:
    """Two notes a person: one name of their own, one of a friend; some names are common."""
    common = np.sort(rng.dirichlet(np.full(len(NAMES), 0.6)))[::-1]
    truth: list[Rows] = []
    released: list[Rows] = []
    spans: list[Rows] = []
    count = np.zeros(len(NAMES), dtype=int)
    for number, person in enumerate(np.repeat(ids, 2)):
        which = int(rng.choice(len(NAMES), p=common))
        count[which] += 1
        other = rng.integers(len(INVENTED)) if surrogates == "by person" else which
        note = {"note_id": number, "person_id": int(person)}
        truth.append(note | {"note_text": f"Seen {NAMES[which]} today."})
        released.append(note | {"note_text": f"Seen {INVENTED[other]} today."})
        spans.append({"note_id": number, "start": 5, "end": 5 + len(NAMES[which]), "type": "NAME"})
    for name, rows in (("vault.note", truth), ("evidence_spans", spans)):
        connection.register("incoming", pa.Table.from_pylist(rows))
        connection.execute(f"CREATE TABLE {name} AS FROM incoming")
    connection.execute("CREATE TABLE vault.provider (provider_name VARCHAR)")
    (folder / "note").mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(released), folder / "note" / "part-00000.parquet")


def _order(rows: Rows, key: str, shuffled: bool) -> np.ndarray:
    if not shuffled:
        return np.arange(len(rows[key]))
    return np.lexsort([rows[key], rows["person_id"]])


def _store(connection: duckdb.DuckDBPyConnection, table: str, rows: Rows) -> None:
    connection.register("incoming", pa.table(rows))
    connection.execute(f"CREATE TABLE {table} AS FROM incoming")
    connection.unregister("incoming")


def _write(folder: Path, table: str, rows: Rows, order: np.ndarray) -> None:
    (folder / table).mkdir(parents=True)
    sorted_rows = pa.table(rows).take(order)
    pq.write_table(sorted_rows, folder / table / "part-00000.parquet")
