"""How cohorts overlap: the people of every combination of up to five cohorts.

A combination is exclusive: its people are in these cohorts and in none of the others. Combinations,
cohorts and all people together are sums of each other, so they are weighed as one linked table. If
that table cannot be shown, nothing but the cohorts' own counts is.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Final, Self

import numpy as np

from cohorts.characterisation.answer import Answer, Ids, Line
from cohorts.characterisation.printed import PrintedTable
from cohorts.disclosure import DEFAULT_RULE, DisclosureRule, SafeCount, safe_count
from cohorts.errors import CohortError
from cohorts.linked_tables import Links, protected_counts
from cohorts.result import CohortResult

MOST_COHORTS: Final = 5


@dataclass(frozen=True)
class Combination:
    """People who are in exactly the cohorts at these places."""

    members: tuple[int, ...]
    people: SafeCount


@dataclass(frozen=True)
class Overlap:
    """Cohorts with their people, all exclusive combinations, and everybody in any of them."""

    names: tuple[str, ...]
    cohorts: tuple[SafeCount, ...]
    combinations: tuple[Combination, ...]
    anybody: SafeCount

    def without(self, aspects: Collection[str]) -> Self:
        """One combination that may not be shown hides all: it would follow from the others."""
        return self._closed() if aspects else self

    def _closed(self) -> Self:
        hidden = SafeCount(None, False, self.anybody.minimum_cell)
        return replace(
            self,
            combinations=tuple(replace(one, people=hidden) for one in self.combinations),
            anybody=hidden,
        )

    def label(self, combination: Combination) -> str:
        """Names of a combination's cohorts."""
        names = " and ".join(self.names[place] for place in combination.members)
        if len(combination.members) == len(self.names):
            return names
        return f"{names} only" if len(combination.members) == 1 else f"{names}, no other"

    def tables(self) -> tuple[PrintedTable, ...]:
        """Cohorts, and combinations."""
        return (
            PrintedTable(
                "cohorts",
                "People of each cohort",
                ("Cohort", "People", "Share of all"),
                (
                    *(
                        (name, str(count), count.percent_of(self.anybody))
                        for name, count in zip(self.names, self.cohorts, strict=True)
                    ),
                    ("in any of them", str(self.anybody), self.anybody.percent_of(self.anybody)),
                ),
            ),
            PrintedTable(
                "combinations",
                "People of each combination, in none of the other cohorts",
                ("In", "People", "Share of all"),
                tuple(
                    (self.label(one), str(one.people), one.people.percent_of(self.anybody))
                    for one in self.combinations
                ),
            ),
        )


def overlap(
    names: Sequence[str],
    results: Sequence[CohortResult],
    *,
    rule: DisclosureRule = DEFAULT_RULE,
) -> Answer[Overlap]:
    """The overlap of two to five cohorts over one source.

    Raises:
        CohortError: if there are fewer or more, or they were run over different sources.
    """
    if not 2 <= len(results) <= MOST_COHORTS or len(names) != len(results):
        raise CohortError(f"an overlap is of 2 to {MOST_COHORTS} cohorts")
    if len({result.source for result in results}) > 1:
        raise CohortError("the cohorts were run over different sources")
    sets = [result.person_ids.to_numpy(zero_copy_only=False) for result in results]
    everybody = np.unique(np.concatenate(sets)).astype(np.int64)
    masks = np.zeros(len(everybody), dtype=np.int64)
    for place, ids in enumerate(sets):
        masks[np.searchsorted(everybody, ids)] |= 1 << place
    places = range(len(sets))
    groups = [members for size in range(1, len(sets) + 1) for members in combinations(places, size)]
    inside = {
        members: everybody[masks == sum(1 << place for place in members)] for members in groups
    }
    counts = [len(everybody), *map(len, sets), *(len(inside[members]) for members in groups)]
    safe = protected_counts(counts, _links(len(sets), groups), rule)
    found = Overlap(
        tuple(names),
        tuple(safe_count(len(ids), rule) for ids in sets),
        tuple(
            Combination(members, people)
            for members, people in zip(groups, safe[1 + len(sets) :], strict=True)
        ),
        safe[0],
    )
    lines: dict[Line, Ids] = {Line("overlap:anybody"): everybody}
    for members in groups:
        if len(inside[members]):
            lines[Line(f"overlap:{members}")] = inside[members]
    if any(shown.shown is None and not shown.small for shown in safe):
        # The counts of the cohorts were shown before, so a table that hides them protects nothing.
        return Answer(found._closed(), {})
    return Answer(found, lines)


def _links(cohorts: int, groups: Sequence[tuple[int, ...]]) -> Links:
    first = 1 + cohorts
    cells = {members: first + place for place, members in enumerate(groups)}
    return Links(
        first + len(groups),
        (
            (0, tuple(cells.values())),
            *(
                (1 + place, tuple(cell for members, cell in cells.items() if place in members))
                for place in range(cohorts)
            ),
        ),
    )
