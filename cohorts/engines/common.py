"""What all engines share: the result made of the answers after a run."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Final

import pyarrow as pa

from cohorts.compile import CompiledCohort
from cohorts.model import CohortDefinition
from cohorts.result import CohortResult, attrition_of
from cohorts.schema import CRITERIA_TABLES

DEFAULT_LIMIT_SECONDS: Final = 120.0
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
    """The result of a run; ``masks`` and ``entry`` are what the queries for them gave.

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
