"""Dated events of people, as the release shows them and as they were."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deid.attacks.ground import Column, Ground, Ids
from deid.structured.expressions import quoted

EVENT_TABLES: dict[str, tuple[str, str]] = {
    "visit_occurrence": ("visit_concept_id", "visit_start_date"),
    "condition_occurrence": ("condition_concept_id", "condition_start_date"),
    "drug_exposure": ("drug_concept_id", "drug_exposure_start_date"),
    "procedure_occurrence": ("procedure_concept_id", "procedure_date"),
    "measurement": ("measurement_concept_id", "measurement_date"),
    "observation": ("observation_concept_id", "observation_date"),
}
"""Concept and first day of what happens to people at a known time."""

CONDITIONS = "condition_occurrence"
VISITS = "visit_occurrence"
RUN = 3
"""Intervals in a row by which a person's record is recognised: four contacts."""


@dataclass(frozen=True)
class Days:
    """Distinct days on which people had a contact, sorted by person and day.

    ``people`` are pseudonyms; days are counted from 1970.
    """

    people: Ids
    days: Column

    def of(self, ids: Ids) -> Days:
        """Those of some people only."""
        chosen = np.isin(self.people, ids)
        return Days(self.people[chosen], self.days[chosen])


@dataclass(frozen=True)
class Runs:
    """Intervals between contacts that follow each other, ``RUN`` in a row, and whose they are."""

    people: Ids
    intervals: npt.NDArray[np.int64]


def released_days(ground: Ground, table: str = VISITS) -> Days:
    """Days of contacts of the crowd as the release shows them."""
    return _days(ground, ground.table(table), table)


def true_days(ground: Ground, table: str = VISITS) -> Days:
    """Days of contacts of the crowd as they were."""
    return _days(ground, f"vault.{quoted(table)}", table)


def runs_of(days: Days) -> Runs:
    """All runs of intervals; people with fewer than ``RUN`` + 1 contacts have none."""
    gaps = np.diff(days.days)
    n = max(len(days.days) - RUN, 0)
    whole = days.people[:n] == days.people[RUN : RUN + n]
    runs = np.stack([gaps[i : i + n] for i in range(RUN)], axis=1) if n else np.empty((0, RUN))
    return Runs(days.people[:n][whole], runs[whole].astype(np.int64))


def event_union(ground: Ground, source: Callable[[str], str], columns: str) -> str:
    """SQL of (person_id, part, concept, day) over the event tables that the release has.

    ``source`` names a table; ``part`` is the table's name. ``columns`` is what is selected.
    """
    parts = [
        f"SELECT {columns} FROM (SELECT person_id, '{table}' AS part, {concept} AS concept, "
        f"{start} AS day FROM {source(table)} WHERE {start} IS NOT NULL)"
        for table, (concept, start) in EVENT_TABLES.items()
        if ground.has(table)
    ]
    return " UNION ALL ".join(parts)


def _days(ground: Ground, source: str, table: str) -> Days:
    if not ground.has(table):
        empty = np.array([], dtype=np.int64)
        return Days(empty, empty)
    start = EVENT_TABLES[table][1]
    ground.store("attacked_crowd", person_id=ground.crowd)
    people, days = ground.columns(
        f"SELECT DISTINCT person_id, {start} - DATE '1970-01-01' AS day FROM {source} "
        f"JOIN attacked_crowd USING (person_id) WHERE {start} IS NOT NULL ORDER BY person_id, day"
    )
    return Days(people.astype(np.int64), days.astype(np.int64))
