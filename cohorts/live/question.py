"""One question: how many people a plan finds, from entry events to the ends of periods.

Entry events, and what is known of the criteria around them, are remembered between questions:
after a change only the changed criterion is looked at again. What is not told by an interval of
days around the index (the same visit, different values, demographics ...) is asked in SQL, and so
are the periods of the events that are left.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Any, Final

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cohorts.compile import CDM_SCHEMA
from cohorts.live.index import (
    Flags,
    Ids,
    IndexEvents,
    events_of_rows,
    observed_days,
)
from cohorts.live.reached import best_masks, counts_of_masks, masks_of, meets, reached
from cohorts.live.tables import HotTables
from cohorts.plan.entry import (
    days_are_enough,
    entry_columns,
    entry_events_sql,
    entry_scans_sql,
)
from cohorts.plan.groups import demographic_sql
from cohorts.plan.leaves import Index, Leaf, Reach, alone_sql, is_plain, reach_of
from cohorts.plan.nodes import (
    ALL,
    CohortPlan,
    Correlated,
    Demographic,
    concept_sets_of,
)
from cohorts.plan.predicates import CONCEPT_SETS, concept_sets_query
from cohorts.plan.scans import scan_sql
from cohorts.plan.script import Script
from cohorts.plan.stages import INCLUDED, ROWS, cohort_periods, included_limit
from cohorts.result import COHORT_SCHEMA

REMEMBERED_CRITERIA: Final = 100
"""Of one set of index events."""

Remember = Callable[[object, Callable[[], IndexEvents]], IndexEvents]


@dataclass(frozen=True)
class Found:
    """What a question finds; see :class:`cohorts.result.CohortResult`."""

    rows: pa.Table
    entry: tuple[int, int]
    masks: list[tuple[int, int, int]]
    rules_met: pa.Table


@dataclass
class Question:
    """A plan over the tables in memory.

    The connection is one that reads the tables; its temporary tables are this question's.
    ``remember`` gives the index events of a key, or makes them; ``helpers`` are other threads.
    """

    plan: CohortPlan
    tables: HotTables
    connection: duckdb.DuckDBPyConnection
    remember: Remember
    helpers: Executor
    _script: Script = field(default_factory=Script)
    _done: int = 0
    _indices: list[IndexEvents] = field(default_factory=list)

    def answer(self) -> Found:
        """The people and periods, with attrition and everybody's rules met."""
        plan = self.plan
        self._script.table(CONCEPT_SETS, concept_sets_query(plan.concept_sets, CDM_SCHEMA))
        entry = (plan.entry, plan.prior_days, plan.post_days, plan.entry_limit)
        key = self._key((*entry, *entry_columns(plan)), plan.entry)
        index = self.remember(key, self._entry_events)
        limit = plan.qualified_limit if plan.entry_limit == ALL else ALL
        if plan.additional is not None and plan.additional.members:
            primary, group = index, plan.additional
            key = (key, self._key(group, group), limit)
            index = self.remember(
                key,
                lambda: primary.chosen(
                    meets(group, lambda leaf: self._met(primary, leaf), len(primary))
                ).limited(limit),
            )
        elif limit != ALL:
            primary = index
            index = self.remember((key, limit), lambda: primary.limited(limit))
        rules = [
            meets(rule, lambda leaf: self._met(index, leaf), len(index)) for rule in plan.rules
        ]
        return self._found(index, rules)

    def _key(self, part: object, referring: object) -> object:
        """A part of the plan with the concept sets that it means, whatever else is in the plan."""
        used = concept_sets_of(referring)
        return part, tuple(found for found in self.plan.concept_sets if found.id in used)

    def _rows(self, query: str) -> pa.Table:
        """The rows of a query, after the statements that it rests on."""
        for statement in self._script.statements[self._done :]:
            self.connection.execute(statement)
        self._done = len(self._script.statements)
        return self.connection.sql(query).to_arrow_table()

    def _entry_events(self) -> IndexEvents:
        plan, periods = self.plan, self.tables.periods
        if not days_are_enough(plan):
            rows = self._rows(entry_events_sql(plan, self._script))
            return events_of_rows(periods, rows, entry_columns(plan))
        scans = entry_scans_sql(plan, self._script)
        rows = self._rows(
            f"SELECT person_id, start_date FROM (\n{scans}\n) e WHERE start_date IS NOT NULL"
        )
        found = observed_days(periods, rows, plan.prior_days, plan.post_days)
        return found.limited(plan.entry_limit)

    def _met(self, index: IndexEvents, leaf: Leaf) -> Flags:
        """Whether each index event meets a criterion."""
        key = self._key(leaf, leaf)
        bits = index.answers.get(key)
        if bits is None:
            bits = np.packbits(self._ask(index, leaf))
            if len(index.answers) >= REMEMBERED_CRITERIA:
                index.answers.pop(next(iter(tuple(index.answers))), None)
            index.answers[key] = bits
        return np.unpackbits(bits, count=len(index)).view(np.bool_)

    def _ask(self, index: IndexEvents, leaf: Leaf) -> Flags:
        reach = reach_of(leaf) if isinstance(leaf, Correlated) else None
        if isinstance(leaf, Correlated) and reach is not None:
            return self._reached(index, leaf, reach)
        name = self._table(index)
        met = np.zeros(len(index), np.bool_)
        if isinstance(leaf, Demographic):
            query = (
                f"SELECT b.event_id FROM {name} b JOIN {CDM_SCHEMA}.person person"
                f" ON person.person_id = b.person_id WHERE {demographic_sql(leaf)}"
            )
            default = False
        else:
            query = alone_sql(1, leaf, Index(name, True), lambda one: self._events(one, name))
            default = leaf.counts_none and leaf.holds(0)
        met[self._rows(query)["event_id"].to_numpy()] = True
        return ~met if default else met

    def _events(self, leaf: Correlated, people: str) -> str:
        return f"(\n{scan_sql(leaf.events, self._script, people, leaf.counted)}\n)"

    def _reached(self, index: IndexEvents, leaf: Correlated, reach: Reach) -> Flags:
        # Whose events they are matters only to a scan that has to look at all of a person's.
        people = None if is_plain(leaf.events) else self._table(index)
        sides = (reach.earliest, reach.latest)
        columns = {side.column for side in sides if side is not None}
        if leaf.within_observation:
            columns.add("start_date")
        dates = sorted(columns)
        events = scan_sql(leaf.events, self._script, people)
        dated = " AND ".join(f"{name} IS NOT NULL" for name in dates) or "TRUE"
        rows = self._rows(
            f"SELECT {', '.join(('person_id', *dates))} FROM (\n{events}\n) e WHERE {dated}"
        )
        return reached(index, leaf, reach, rows, self.helpers)

    def _table(self, index: IndexEvents) -> str:
        """The name by which SQL reads the index events."""
        if all(index is not known for known in self._indices):
            self._indices.append(index)
            self.connection.register(f"index_{len(self._indices)}", index.table)
        place = next(n for n, known in enumerate(self._indices, 1) if known is index)
        return f"index_{place}"

    def _found(self, index: IndexEvents, rules: Sequence[Flags]) -> Found:
        masks = masks_of(list(rules), len(index))
        best = best_masks(index, masks, len(rules))
        everybody = index.person[index.starts]
        counted = []
        if rules:
            for mode, found in enumerate((masks, best)):
                counted += [(mode, *pair) for pair in counts_of_masks(found, len(rules))]
        included = index.chosen(masks == (1 << len(rules)) - 1).limited(included_limit(self.plan))
        self.connection.register(INCLUDED, included.table)
        cohort_periods(self.plan, self._script)
        rows = self._rows(ROWS)
        subjects = self._ids(rows["subject_id"].to_numpy())
        return Found(
            rows.set_column(0, "subject_id", pa.array(subjects)).cast(COHORT_SCHEMA),
            (len(everybody), len(index)),
            counted,
            pa.table({"person_id": self._ids(everybody), "mask": best}),
        )

    def _ids(self, places: npt.NDArray[Any]) -> Ids:
        return self.tables.people[places]
