"""Which index events meet a group of criteria: windows, counts, and the counts of a group."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from tests.oracle.comparisons import ConceptSets, in_range, listed, selected
from tests.oracle.events import Event, is_empty
from tests.oracle.world import Day, Json, World

Key = tuple[int, int]


@dataclass(frozen=True)
class Index:
    """An event that criteria are related to, within the observation period that it lies in."""

    person: int
    id: int
    start: Day
    end: Day | None
    first: Day
    last: Day
    visit: int | None

    @property
    def key(self) -> Key:
        """What tells it from others."""
        return self.person, self.id


def index_events(events: Iterable[Event], world: World) -> list[Index]:
    """Events with their observation period; those outside of observation are no index."""
    return [
        Index(event.person, event.id, event.start, event.end, first, last, event.visit)
        for event in events
        for first, last in world.periods.get(event.person, ())
        if first <= event.start <= last
    ]


_WANTED: Final[dict[str, Callable[[int, int], bool]]] = {
    "ALL": lambda count, wanted: count == wanted,
    "ANY": lambda count, wanted: count > 0,
    "AT_LEAST": lambda count, wanted: count >= wanted,
    "AT_MOST": lambda count, wanted: count <= wanted,
}


@dataclass
class Matcher:
    """Answers groups; ``events`` reads a criterion."""

    world: World
    sets: ConceptSets
    events: Callable[[Json], list[Event]]

    def keep(self, events: list[Event], group: Json) -> list[Event]:
        """The events of a criterion that meet the correlated criteria within it."""
        met = self.met(group, index_events(events, self.world))
        return [event for event in events if (event.person, event.id) in met]

    def met(self, group: Json, indexes: list[Index]) -> set[Key]:
        """The index events that meet a group. A group that asks for nothing is met by all."""
        return set(self._rows(group, indexes))

    def _rows(self, group: Json, indexes: list[Index]) -> Counter[Key]:
        """How many rows the reference has for each index event that meets a group.

        It counts rows, not events. Two events of one person that share an id, which the CDM forbids
        and data have, are one key with two rows, and each member that is met counts twice.
        """
        rows = Counter(index.key for index in indexes)
        if is_empty(group):
            return rows
        members: list[Counter[Key]] = [
            *(Counter(self._correlated(one, indexes)) for one in group.get("CriteriaList") or ()),
            *(
                Counter(self._demographic(one, indexes))
                for one in group.get("DemographicCriteriaList") or ()
            ),
            *(self._rows(one, indexes) for one in group.get("Groups") or ()),
        ]
        enough = _WANTED[group["Type"].upper()]
        wanted = len(members) if group["Type"].upper() == "ALL" else group.get("Count", 0)
        return Counter(
            key
            for key, number in rows.items()
            if enough(number * sum(member[key] for member in members), wanted)
        )

    def _demographic(self, criterion: Json, indexes: list[Index]) -> set[Key]:
        return {index.key for index in indexes if self._is_such(criterion, index)}

    def _is_such(self, criterion: Json, index: Index) -> bool:
        somebody = self.world.people.get(index.person)
        if somebody is None:
            return False
        for name in ("Gender", "Race", "Ethnicity"):
            concept = somebody.get(f"{name.lower()}_concept_id")
            if not listed(concept, criterion.get(name) or []):
                return False
            selection = criterion.get(f"{name}CS")
            if selection is not None and not selected(concept, selection, self.sets):
                return False
        age = index.start.year - somebody["year_of_birth"]
        return all(
            in_range(value, criterion[name], decimal=False)
            for name, value in (
                ("Age", age),
                ("OccurrenceStartDate", index.start),
                ("OccurrenceEndDate", index.end),
            )
            if criterion.get(name) is not None
        )

    def _correlated(self, criterion: Json, indexes: list[Index]) -> set[Key]:
        by_person: dict[int, list[Event]] = defaultdict(list)
        for event in self.events(criterion["Criteria"]):
            by_person[event.person].append(event)
        occurrence = criterion["Occurrence"]
        found: dict[Key, list[Event]] = {index.key: [] for index in indexes}
        for index in indexes:
            found[index.key] += [e for e in by_person[index.person] if _within(criterion, index, e)]
        # Where none may be enough, the reference joins what is found to every row of the event.
        rows = Counter(index.key for index in indexes)
        may_be_none = occurrence["Type"] == 1 or occurrence["Count"] == 0
        return {
            key
            for key, events in found.items()
            if _enough(occurrence, events, rows[key] if may_be_none else 1)
        }


def _within(criterion: Json, index: Index, event: Event) -> bool:
    """Whether an event lies in the windows of a correlated criterion."""
    observed = not criterion.get("IgnoreObservationPeriod")
    if observed and not index.first <= event.start <= index.last:
        return False
    if criterion.get("RestrictVisit") and (event.visit is None or event.visit != index.visit):
        return False
    start, end = criterion["StartWindow"], criterion.get("EndWindow")
    if not _in_window(start, index, event, observed, of_end=start.get("UseEventEnd") or False):
        return False
    if end is None:
        return True
    of_end = end.get("UseEventEnd")
    return _in_window(end, index, event, observed, of_end=True if of_end is None else of_end)


def _in_window(window: Json, index: Index, event: Event, observed: bool, *, of_end: bool) -> bool:
    """Whether a day of the event lies in a window; without days it reaches to the period's edge.

    If observation is ignored, a window without days has no edge at all.
    """
    day = event.end if of_end else event.start
    anchor = index.end if window.get("UseIndexEnd") else index.start

    def edge(endpoint: Json) -> tuple[bool, Day | None]:
        if endpoint.get("Days") is not None:
            days = timedelta(days=endpoint["Days"] * endpoint["Coeff"])
            return True, None if anchor is None else anchor + days
        return observed, index.first if endpoint["Coeff"] == -1 else index.last

    has_low, low = edge(window["Start"])
    has_high, high = edge(window["End"])
    if has_low and (day is None or low is None or day < low):
        return False
    return not (has_high and (day is None or high is None or day > high))


def _enough(occurrence: Json, found: list[Event], times: int) -> bool:
    count = times * len(found)
    if occurrence.get("IsDistinct"):
        column = occurrence.get("CountColumn") or "DOMAIN_CONCEPT"
        values = {_fact(event, column) for event in found}
        count = len(values - {None})
    kind, wanted = occurrence["Type"], occurrence["Count"]
    return {0: count == wanted, 1: count <= wanted, 2: count >= wanted}[kind]


def _fact(event: Event, column: str) -> object:
    if column == "START_DATE":
        return event.start
    if column == "END_DATE":
        return event.end
    if column == "VISIT_ID":
        return event.visit
    return event.facts[column]
