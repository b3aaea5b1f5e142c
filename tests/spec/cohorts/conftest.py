"""The drawn world of the cohort specification."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cohorts import CohortResult, run
from tests.unit.cohorts.definitions import definition, parse_table, person_number, tiny_world


class Spec:
    """Draw people and events; ask which periods a definition gives."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._drawn: dict[str, list[dict[str, str]]] = {}
        self._runs = 0

    def people(self, text: str) -> None:
        """Columns: person, born, sex."""
        self._drawn["people"] = parse_table(text)

    def observed(self, text: str) -> None:
        """Columns: person, from, to."""
        self._drawn["periods"] = parse_table(text)

    def events(self, text: str) -> None:
        """Columns: person, concept, day, and perhaps domain, until, value, visit."""
        self._drawn["events"] = parse_table(text)

    def result(self, document: dict[str, Any]) -> CohortResult:
        """Run a definition over the drawn world."""
        self._runs += 1
        release = tiny_world(
            self._root,
            self._drawn.get("events", []),
            people=self._drawn.get("people", []),
            periods=self._drawn.get("periods", []),
            name=f"drawn-{self._runs}",
        )
        return run(definition(document), release)

    def periods(self, document: dict[str, Any]) -> list[tuple[int, str, str]]:
        """Periods of a definition as (person, first day, last day)."""
        rows = self.result(document).rows.to_pylist()
        return [
            (
                person_number(row["subject_id"]),
                row["cohort_start_date"].isoformat(),
                row["cohort_end_date"].isoformat(),
            )
            for row in rows
        ]

    def entry_days(self, document: dict[str, Any]) -> list[tuple[int, str]]:
        """First days of the periods."""
        return [(person, start) for person, start, _ in self.periods(document)]


@pytest.fixture
def spec(tmp_path: Path) -> Spec:
    """An empty drawn world."""
    return Spec(tmp_path)
