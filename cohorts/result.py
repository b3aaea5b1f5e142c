"""What a cohort run returns: rows, attrition, and what it was run with."""

from __future__ import annotations

from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

COHORT_SCHEMA = pa.schema(
    [
        ("subject_id", pa.int64()),
        ("cohort_start_date", pa.date32()),
        ("cohort_end_date", pa.date32()),
    ]
)


@dataclass(frozen=True)
class AttritionStep:
    """One inclusion rule. Counts are of people, by the event that meets most rules.

    ``meeting`` people meet this rule; ``remaining`` meet it and all rules before it.
    """

    rule: str
    meeting: int
    remaining: int


@dataclass(frozen=True)
class Attrition:
    """How the inclusion rules narrow a cohort.

    ``masks`` are Circe's: ``(mode, mask, count)`` with bit i set if rule i is met, mode 0 by event
    and 1 by person (best event); sorted; empty without inclusion rules.
    """

    entry_persons: int
    entry_events: int
    steps: tuple[AttritionStep, ...]
    masks: tuple[tuple[int, int, int], ...] = field(repr=False)


@dataclass(frozen=True)
class CohortResult:
    """A cohort over one source. ``rows`` follow ``COHORT_SCHEMA`` and are sorted by all columns.

    ``rules_met`` has ``person_id`` and ``mask`` of everybody with an entry event: bit i of the mask
    is set if their best event meets rule i. Only DuckDB's engine gives it.
    """

    source: str
    definition_sha256: str
    compiler: str
    rows: pa.Table = field(repr=False)
    attrition: Attrition
    missing_tables: tuple[str, ...]
    seconds: float
    sql: str = field(repr=False)
    rules_met: pa.Table | None = field(default=None, repr=False)

    @property
    def entries(self) -> int:
        """Number of cohort periods."""
        return int(self.rows.num_rows)

    @property
    def persons(self) -> int:
        """Number of different people."""
        return int(pc.count_distinct(self.rows["subject_id"]).as_py())

    @property
    def person_ids(self) -> pa.Array:
        """The different people, ascending."""
        ids = pc.unique(self.rows["subject_id"].combine_chunks())
        return ids.take(pc.array_sort_indices(ids))


def attrition_of(
    rules: tuple[str, ...],
    masks: list[tuple[int, int, int]],
    entry_persons: int,
    entry_events: int,
) -> Attrition:
    """Attrition step by step from Circe's rule masks."""
    by_person = [(mask, count) for mode, mask, count in masks if mode == 1]
    steps = []
    for index, rule in enumerate(rules):
        bit, so_far = 1 << index, (1 << (index + 1)) - 1
        steps.append(
            AttritionStep(
                rule,
                meeting=sum(count for mask, count in by_person if mask & bit),
                remaining=sum(count for mask, count in by_person if mask & so_far == so_far),
            )
        )
    return Attrition(entry_persons, entry_events, tuple(steps), tuple(sorted(masks)))
