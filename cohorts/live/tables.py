"""CDM tables of one source in memory, as compiled cohorts read them, with short person ids.

A person's id here is the place of the person among all who have an observation period, so ids are
small, dense and in the order of the source's. Nobody else can be in a cohort: their rows are left
out. Tables lie compressed, in the order of concept and person, with the columns that criteria read.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable
from functools import cache
from typing import Final

import duckdb
import numpy as np
import pyarrow as pa

from cohorts.cdm import DataSource, cdm_columns, prepare_cdm
from cohorts.compile import CDM_SCHEMA
from cohorts.errors import EngineError
from cohorts.live.index import Ids, Periods, days_of
from cohorts.plan.domains import DOMAINS

_DATABASE: Final = "hot"
_PEOPLE: Final = "people_by_place"
_ROWS_AT_ONCE: Final = 200_000
_PERIODS: Final = "observation_period"
_OTHER_COLUMNS: Final = {
    "concept": {"concept_id", "invalid_reason"},
    "concept_ancestor": {"ancestor_concept_id", "descendant_concept_id"},
    "concept_relationship": {"concept_id_1", "concept_id_2", "relationship_id", "invalid_reason"},
    "person": {
        "person_id",
        "year_of_birth",
        "gender_concept_id",
        "race_concept_id",
        "ethnicity_concept_id",
    },
    "provider": {"provider_id", "specialty_concept_id"},
    "care_site": {"care_site_id", "place_of_service_concept_id"},
}
_OF_EVENTS: Final = {"person_id", "visit_occurrence_id", "provider_id", "care_site_id"}


class HotTables:
    """The tables in memory. :meth:`load` before anything is read."""

    def __init__(self, source: DataSource, memory_megabytes: int, threads: int) -> None:
        """Open a private database; nothing is read yet."""
        self._source = source
        self._loading = threading.Lock()
        self._loaded: set[str] = set()
        self.missing: tuple[str, ...] = ()
        """Tables of the CDM that the source lacks."""
        self.people: Ids = np.empty(0, np.int64)
        """The source's id of the person at each place, ascending."""
        self.periods = Periods.of(*(np.empty(0, np.int32),) * 3, people=0)
        self._database = duckdb.connect(
            config={
                "memory_limit": f"{memory_megabytes}MB",
                "threads": threads,
                "temp_directory": "",
            }
        )
        self._database.execute(f"ATTACH ':memory:' AS {_DATABASE} (COMPRESS)")
        self._database.execute(f"CREATE SCHEMA {_DATABASE}.{CDM_SCHEMA}")
        self._database.execute("SET enable_external_access = false")
        self._database.execute("SET enable_progress_bar = false")
        self._database.execute("SET lock_configuration = true")

    @property
    def source(self) -> str:
        """The name of what is in memory."""
        return self._source.name

    @property
    def loaded(self) -> tuple[str, ...]:
        """The tables that are in memory, sorted."""
        return tuple(sorted(self._loaded))

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A connection with temporary tables of its own; :meth:`use` before it reads."""
        return self._database.cursor()

    @staticmethod
    def use(connection: duckdb.DuckDBPyConnection) -> None:
        """Let a connection read the tables."""
        connection.execute(f"USE {_DATABASE}")

    def load(self, tables: Iterable[str]) -> None:
        """Load CDM tables that are not in memory yet; others' questions run meanwhile.

        Raises:
            EngineError: if a table cannot be read, or there is no memory for it.
        """
        needed = {*tables, _PERIODS}
        if self._loaded.issuperset(needed):
            return
        with self._loading:
            wanted = sorted(needed - self._loaded)
            if not wanted:
                return
            try:
                with self._source.connect() as reading:
                    self.missing = prepare_cdm(reading, {*wanted, _PERIODS})
                    if _PERIODS not in self._loaded:
                        self._read_people(reading)
                    reading.register(_PEOPLE, _places(self.people))
                    for table in wanted:
                        self._load(reading, table)
            except duckdb.Error as error:
                raise EngineError(f"a table cannot be kept ready: {type(error).__name__}") from None

    def close(self) -> None:
        """Give the memory back; questions that run fail."""
        self._database.close()

    def _read_people(self, reading: duckdb.DuckDBPyConnection) -> None:
        found = reading.sql(
            "SELECT person_id, observation_period_start_date AS opens,"
            f" observation_period_end_date AS closes FROM {CDM_SCHEMA}.{_PERIODS}"
            " WHERE person_id IS NOT NULL ORDER BY ALL"
        ).to_arrow_table()
        ids = found["person_id"].to_numpy().astype(np.int64)
        self.people = np.unique(ids)
        # A period without a first or last day holds no day.
        dated = found["opens"].is_valid().to_numpy() & found["closes"].is_valid().to_numpy()
        kept = found.filter(pa.array(dated))
        self.periods = Periods.of(
            np.searchsorted(self.people, ids[dated]).astype(np.int32),
            days_of(kept["opens"]),
            days_of(kept["closes"]),
            len(self.people),
        )

    def _load(self, reading: duckdb.DuckDBPyConnection, table: str) -> None:
        names = hot_columns(table)
        source, order = f"{CDM_SCHEMA}.{table} t", _order(table)
        if "person_id" in names:
            source += f" JOIN {_PEOPLE} p ON p.id = t.person_id"
        columns = ", ".join(
            "p.place AS person_id" if name == "person_id" else f"t.{name}" for name in names
        )
        rows = reading.sql(
            f"SELECT {columns} FROM {source}{f' ORDER BY {order}' if order else ''}"
        ).to_arrow_reader(_ROWS_AT_ONCE)
        with self._database.cursor() as writing:
            writing.register("incoming", rows)
            writing.execute(
                f"CREATE TABLE {_DATABASE}.{CDM_SCHEMA}.{table} AS SELECT * FROM incoming"
            )
        self._loaded.add(table)


def _places(people: Ids) -> pa.Table:
    return pa.table({"id": people, "place": np.arange(len(people), dtype=np.int32)})


@cache
def hot_columns(table: str) -> tuple[str, ...]:
    """The columns of a CDM table that a compiled definition can read, in the CDM's order."""
    read = set(_OTHER_COLUMNS.get(table, ()))
    for domain in DOMAINS.values():
        if domain.table == table:
            texts = [domain.start, domain.end, *domain.counted.values()]
            texts += [entry.column for entry in domain.properties]
            read |= {name for text in texts for name in re.findall(r"\be\.(\w+)", text)}
            read |= {domain.event_id, domain.concept or "", (domain.source or ("", ""))[1]}
            read |= _OF_EVENTS
    return tuple(name for name, _ in cdm_columns()[table] if name in read)


def _order(table: str) -> str:
    for domain in DOMAINS.values():
        if domain.table == table and domain.concept:
            return f"t.{domain.concept}, person_id, {domain.start.replace('e.', 't.')}"
    return "ancestor_concept_id" if table == "concept_ancestor" else ""
