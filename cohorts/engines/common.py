"""What all engines share: the queries after a run, and the result made of their answers."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Final

import pyarrow as pa

from cohorts.compile import COHORT_TABLE, CompiledCohort
from cohorts.model import CohortDefinition
from cohorts.result import CohortResult, attrition_of
from cohorts.schema import CRITERIA_TABLES

DEFAULT_LIMIT_SECONDS: Final = 120.0
ENTRY: Final = "SELECT count(DISTINCT person_id), count(*) FROM qualified_events"
ROWS: Final = (
    f"SELECT subject_id, cohort_start_date, cohort_end_date FROM {COHORT_TABLE} "
    "ORDER BY subject_id, cohort_start_date, cohort_end_date"
)
MASKS: Final = "SELECT mode_id, inclusion_rule_mask, person_count FROM cohort_inclusion_result"
RULES_MET: Final = """
    SELECT q.person_id, CAST(coalesce(sum(1::BIGINT << i.inclusion_rule_id), 0) AS BIGINT) AS mask
    FROM best_events q LEFT JOIN inclusion_events i
      ON i.person_id = q.person_id AND i.event_id = q.event_id
    GROUP BY q.person_id
"""
ENTERED: Final = "SELECT DISTINCT person_id, 0::BIGINT AS mask FROM qualified_events"
_VOCABULARY: Final = ("concept", "concept_ancestor")


def cohort_result(
    definition: CohortDefinition,
    source: str,
    compiled: CompiledCohort,
    missing: Iterable[str],
    started: float,
    rows: pa.Table,
    masks: Sequence[Sequence[int]],
    entry: Sequence[int],
    rules_met: pa.Table | None = None,
) -> CohortResult:
    """The result of a run; ``masks`` and ``entry`` are what ``MASKS`` and ``ENTRY`` gave.

    Of the ``missing`` tables those are told that a criterion of the definition asks for.
    """
    persons, events = entry
    used = {CRITERIA_TABLES[name] for name in definition.criteria_types if name in CRITERIA_TABLES}
    return CohortResult(
        source=source,
        definition_sha256=definition.sha256,
        compiler=compiled.compiler,
        rows=rows,
        attrition=attrition_of(
            definition.inclusion_rule_names,
            [(int(mode), int(mask), int(count)) for mode, mask, count in masks],
            int(persons),
            int(events),
        ),
        missing_tables=tuple(t for t in missing if t in used or t in _VOCABULARY),
        seconds=time.monotonic() - started,
        sql=compiled.sql,
        rules_met=rules_met,
    )
