"""Small dense OMOP CDM v5.4 data: few concepts and few days, so that everything meets everything.

Holds what definitions trip over: several events of one day, ends that are missing or before the
start, overlapping eras, events outside observation, none or two observation periods that may
overlap, people without a row in ``person``, visits of somebody else, concepts that no vocabulary
has, ids that two events share, rows in which nothing is known, and ids beyond 2**53.
"""

from __future__ import annotations

import datetime
import random
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from tests.generation.tables import EVENT_TABLES, VISITS, EventTable
from tests.generation.vocabulary import ANCESTORS, CONCEPTS, INVALID, MAPS_TO, unlisted

PEOPLE: Final = 24
FIRST_DAY: Final = datetime.date(2019, 12, 1)
DAYS: Final = 90
"""Events lie in this many days from ``FIRST_DAY``, on both sides of a new year."""
_FIRST_PERSON: Final = 2**60 + 1
_FIRST_EVENT: Final = 2**55 + 1

Row = dict[str, Any]


def cdm(seed: int, folder: Path) -> Path:
    """Write the tables of ``seed`` as Parquet files into ``folder`` and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    for table, rows in _World(seed).tables().items():
        columns = {
            name: pa.array([row[name] for row in rows], _arrow_type(name)) for name in rows[0]
        }
        pq.write_table(pa.table(columns), folder / f"{table}.parquet")
    return folder


class _World:
    """One population, drawn table by table from one generator of random numbers."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(f"cdm {seed}")
        self.people = [_FIRST_PERSON + n for n in range(PEOPLE)]
        # Few days for all, so that events of one person and of one day are common.
        self.days = sorted(self.rng.sample(range(DAYS), 18))
        self.visits: dict[int, list[int]] = {}
        self.person = 0
        self._keys: dict[str, list[int]] = {}
        self._next_event = _FIRST_EVENT

    def concept(self, pool: str) -> int | None:
        """A concept of the pool, seldom none, no matching one, or one that is unknown."""
        chance = self.rng.random()
        if chance < 0.06:
            return None
        if chance < 0.1:
            return 0
        if chance < 0.13:
            return unlisted(pool)
        return self.rng.choice(CONCEPTS[pool])

    def visit(self) -> int | None:
        """A visit of the person, seldom none or somebody else's."""
        chance = self.rng.random()
        if chance < 0.15:
            return None
        whose = self.rng.choice(self.people) if chance < 0.2 else self.person
        return self.rng.choice(self.visits.get(whose) or [None])

    def tables(self) -> dict[str, list[Row]]:
        """All tables; each has at least one row."""
        tables = {**_vocabulary(), **self._places()}
        tables["person"] = [self._somebody(person) for person in self.people[1:]]
        tables["observation_period"] = [
            row for person in self.people for row in self._periods(person)
        ]
        visits = [row for person in self.people for row in self._events_of(person, VISITS)]
        for row in visits:
            self.visits.setdefault(row["person_id"], []).append(row["visit_occurrence_id"])
        tables["visit_occurrence"] = visits
        for table in EVENT_TABLES:
            tables[table.name] = [
                row for person in self.people for row in self._events_of(person, table)
            ]
            # Some data sets hold a row in which nothing is known.
            tables[table.name].append(dict.fromkeys(tables[table.name][0]))
        tables["death"] = [self._death(person) for person in self.people if self._chance(0.5)]
        tables["payer_plan_period"] = [row for person in self.people for row in self._plans(person)]
        return tables

    def _chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def _somebody(self, person: int) -> Row:
        self.person = person
        return {
            "person_id": person,
            "gender_concept_id": self.concept("gender"),
            "year_of_birth": self.rng.choice([1940, 1960, 1980, 2000, 2002]),
            "race_concept_id": self.concept("race"),
            "ethnicity_concept_id": self.concept("ethnicity"),
        }

    def _periods(self, person: int) -> list[Row]:
        """None, one or two observation periods, which seldom overlap, as they should not."""
        rows, day = [], self.rng.randrange(0, 25)
        for _ in range(self.rng.choice([0, 1, 1, 1, 1, 2, 2, 2])):
            last = min(day + self.rng.randrange(15, 80), DAYS + 20)
            rows.append(
                {
                    "observation_period_id": self._id(),
                    "person_id": person,
                    "observation_period_start_date": _date(day),
                    "observation_period_end_date": _date(last),
                    "period_type_concept_id": self.concept("period type"),
                }
            )
            day = last + self.rng.choice([1, 1, 2, 10, -4])
        return rows

    def _events_of(self, person: int, table: EventTable) -> list[Row]:
        self.person = person
        rows = []
        for _ in range(self.rng.choice([0, 1, 2, 3, 4, 6])):
            day = self.rng.choice(self.days)
            key = self._key(table.name)
            row: Row = {table.key: key, "person_id": person, table.start: _date(day)}
            if table.end is not None:
                row[table.end] = self._end(day, table.ends)
            rows.append(row | {name: draw(self) for name, draw in table.columns.items()})
        return rows

    def _key(self, table: str) -> int:
        """A new id, or seldom one that a row of the table has already; visits have their own."""
        used = self._keys.setdefault(table, [])
        if used and table != VISITS.name and self._chance(0.06):
            return used[-1] if self._chance(0.7) else self.rng.choice(used)
        used.append(self._id())
        return used[-1]

    def _end(self, day: int, ends: str) -> datetime.date | None:
        if ends == "any":
            if self._chance(0.2):
                return None
            if self._chance(0.04):
                return _date(day - 2)
        return _date(day + self.rng.choice([0, 0, 1, 2, 5, 5, 12, 30]))

    def _death(self, person: int) -> Row:
        self.person = person
        return {
            "person_id": person,
            "death_date": _date(self.rng.choice(self.days)),
            "death_type_concept_id": self.concept("record type"),
            "cause_concept_id": self.concept("condition"),
            "cause_source_concept_id": self.concept("condition source"),
        }

    def _plans(self, person: int) -> list[Row]:
        """Plans that overlap, but never two of a person from one day: the first would be open."""
        self.person = person
        rows = []
        for day in self.rng.sample(range(-10, 60), self.rng.choice([0, 1, 2, 3])):
            row = {
                "payer_plan_period_id": self._id(),
                "person_id": person,
                "payer_plan_period_start_date": _date(day),
                "payer_plan_period_end_date": _date(day + self.rng.randrange(0, 60)),
            }
            for name, pool in (
                ("payer", "payer"),
                ("plan", "plan"),
                ("sponsor", "sponsor"),
                ("stop_reason", "stop reason"),
            ):
                row[f"{name}_concept_id"] = self.concept(pool)
                row[f"{name}_source_concept_id"] = self.concept(pool)
            rows.append(row)
        return rows

    def _places(self) -> dict[str, list[Row]]:
        return {
            "provider": [
                {"provider_id": n, "specialty_concept_id": self.concept("specialty")}
                for n in (1, 2, 3)
            ],
            "care_site": [
                {"care_site_id": n, "place_of_service_concept_id": concept}
                for n, concept in enumerate(CONCEPTS["place of service"], start=1)
            ],
        }

    def _id(self) -> int:
        self._next_event += 1
        return self._next_event


def _vocabulary() -> dict[str, list[Row]]:
    return {
        "concept": [
            {
                "concept_id": concept,
                "concept_name": f"{pool} {concept}",
                "domain_id": "Test",
                "vocabulary_id": "Test",
                "concept_class_id": "Test",
                "standard_concept": None if pool.endswith("source") else "S",
                "concept_code": f"T-{concept}",
                "invalid_reason": "D" if concept in INVALID else None,
            }
            for pool, concepts in CONCEPTS.items()
            for concept in concepts
        ],
        "concept_ancestor": [
            {"ancestor_concept_id": above, "descendant_concept_id": below}
            for above, below in ANCESTORS
        ],
        "concept_relationship": [
            {
                "concept_id_1": source,
                "concept_id_2": standard,
                "relationship_id": "Maps to",
                "invalid_reason": reason,
            }
            for source, standard, reason in MAPS_TO
        ],
    }


def _date(day: int) -> datetime.date:
    return FIRST_DAY + datetime.timedelta(days=day)


def _arrow_type(column: str) -> pa.DataType:
    if column.endswith("_date"):
        return pa.date32()
    if column in {"specimen_source_id", "unique_device_id", "relationship_id"}:
        return pa.string()
    if column in {"domain_id", "vocabulary_id", "concept_class_id"}:
        return pa.string()
    if column.endswith(("_id", "_id_1", "_id_2")):
        return pa.int64()
    if column in {
        "refills",
        "days_supply",
        "year_of_birth",
        "episode_number",
        "gap_days",
        "condition_occurrence_count",
        "drug_exposure_count",
    }:
        return pa.int32()
    if column in {"quantity", "value_as_number", "range_low", "range_high", "dose_value"}:
        return pa.float64()
    return pa.string()
