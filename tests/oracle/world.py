"""OMOP tables as lists of rows, with the look-ups that criteria need."""

from __future__ import annotations

import datetime
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

Row = dict[str, Any]
Day = datetime.date
Json = dict[str, Any]


@dataclass
class World:
    """The tables of one CDM folder; a table that is absent is empty, a column that is absent None.

    Tables are read when they are first asked for.
    """

    folder: Path
    _tables: dict[str, list[Row]] = field(default_factory=dict)

    def table(self, name: str) -> list[Row]:
        """All rows of a table."""
        if name not in self._tables:
            path = self.folder / f"{name}.parquet"
            rows = pq.read_table(path).to_pylist() if path.is_file() else []
            # An event of nobody is nobody's event.
            self._tables[name] = [row for row in rows if row.get("person_id", 0) is not None]
        return self._tables[name]

    @cached_property
    def people(self) -> dict[int, Row]:
        """Rows of ``person`` by id."""
        return {row["person_id"]: row for row in self.table("person")}

    @cached_property
    def periods(self) -> dict[int, list[tuple[Day, Day]]]:
        """First and last day of each observation period, by person."""
        periods: dict[int, list[tuple[Day, Day]]] = defaultdict(list)
        for row in self.table("observation_period"):
            span = row["observation_period_start_date"], row["observation_period_end_date"]
            periods[row["person_id"]].append(span)
        return periods

    @cached_property
    def visits(self) -> dict[tuple[int, int], Row]:
        """Rows of ``visit_occurrence`` by visit and person: a visit of somebody else is none."""
        return {
            (row["visit_occurrence_id"], row["person_id"]): row
            for row in self.table("visit_occurrence")
        }

    @cached_property
    def specialties(self) -> dict[int, int | None]:
        """Specialty of each provider."""
        return {
            row["provider_id"]: row.get("specialty_concept_id") for row in self.table("provider")
        }

    @cached_property
    def places(self) -> dict[int, int | None]:
        """Place of service of each care site."""
        return {
            row["care_site_id"]: row.get("place_of_service_concept_id")
            for row in self.table("care_site")
        }

    @cached_property
    def concepts(self) -> dict[int, bool]:
        """Known concepts, and whether each is valid."""
        return {row["concept_id"]: not row.get("invalid_reason") for row in self.table("concept")}

    @cached_property
    def descendants(self) -> dict[int, list[int]]:
        """Descendants of each concept, itself among them as ``concept_ancestor`` has it."""
        below: dict[int, list[int]] = defaultdict(list)
        for row in self.table("concept_ancestor"):
            below[row["ancestor_concept_id"]].append(row["descendant_concept_id"])
        return below

    @cached_property
    def mapped(self) -> dict[int, list[int]]:
        """Concepts that map to each concept by a relationship that is valid."""
        sources: dict[int, list[int]] = defaultdict(list)
        for row in self.table("concept_relationship"):
            if row["relationship_id"] == "Maps to" and not row.get("invalid_reason"):
                sources[row["concept_id_2"]].append(row["concept_id_1"])
        return sources

    def concept_set(self, expression: Json) -> frozenset[int]:
        """The concepts that a concept set expression stands for."""
        items = expression["items"]
        included = self._union(item for item in items if not item.get("isExcluded"))
        excluded = self._union(item for item in items if item.get("isExcluded"))
        return frozenset(included - excluded)

    def _union(self, items: Any) -> set[int]:
        concepts: set[int] = set()
        for item in items:
            concept = item["concept"]["CONCEPT_ID"]
            own = {concept} if concept in self.concepts else set()
            if item.get("includeDescendants"):
                own |= {c for c in self.descendants.get(concept, ()) if self.concepts.get(c)}
            concepts |= own
            if item.get("includeMapped"):
                for one in own:
                    concepts.update(self.mapped.get(one, ()))
        return concepts


def read_world(folder: Path) -> World:
    """The CDM of a folder of Parquet files."""
    return World(folder)
