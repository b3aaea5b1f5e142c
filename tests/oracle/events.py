"""From a criterion to its events: which rows, with which days, pass which filters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from tests.oracle.comparisons import DECIMAL, ConceptSets, in_range, listed, matches, selected
from tests.oracle.eras import Interval, Order, merge
from tests.oracle.kinds import KINDS, NEEDED, Candidate, Kind
from tests.oracle.world import Day, Json, World

# By these two a measured value is marked as low or high, whatever its range says.
_MARKED = (4155142, 4155143)


@dataclass(frozen=True)
class Event:
    """One event of a criterion. ``facts`` are what may be counted distinct, by ``CountColumn``."""

    person: int
    id: int
    start: Day
    end: Day | None
    sort: Day
    visit: int | None
    facts: Mapping[str, Any] = field(compare=False, repr=False)


@dataclass
class Reader:
    """Reads the events of criteria.

    ``keep`` says which events of a criterion its own correlated criteria let pass; ``order``
    decides between rows that the reference leaves in any order.
    """

    world: World
    sets: ConceptSets
    order: Order
    keep: Callable[[list[Event], Json], list[Event]]

    def events(self, criterion: Json) -> list[Event]:
        """All events of a criterion, correlated criteria applied."""
        ((name, body),) = criterion.items()
        if name == "CustomEra":
            return self._custom_eras(body)
        events = self._rows(name, KINDS[name], body)
        nested = body.get("CorrelatedCriteria")
        return self.keep(events, nested) if nested and not is_empty(nested) else events

    def _rows(self, name: str, kind: Kind, body: Json) -> list[Event]:
        rows = self.world.table(kind.table)
        for property_name, column in _concept_columns(name, kind):
            if body.get(property_name) is not None:
                concepts = self.sets.get(body[property_name], frozenset())
                rows = [row for row in rows if row.get(column) in concepts]
        if body.get("First") and name != "Death":
            first: dict[int, Any] = {}
            for _, row in sorted(
                enumerate(rows),
                key=lambda entry: (
                    entry[1][kind.start],
                    entry[1][kind.id],
                    self.order(entry[0]),
                ),
            ):
                first.setdefault(row["person_id"], row)
            rows = list(first.values())
        events = []
        for row in rows:
            candidate = Candidate(
                row, row["person_id"], row[kind.id], row[kind.start], kind.end(row), self.world
            )
            if _adjusted(candidate, kind, body) and self._passes(name, kind, body, candidate):
                events.append(_event(name, kind, body, candidate))
        return events

    def _passes(self, name: str, kind: Kind, body: Json, candidate: Candidate) -> bool:
        """Whether a row meets every property of the criterion."""
        for property_name, wanted in body.items():
            if wanted is None or wanted == []:
                continue
            base = property_name.removesuffix("CS")
            getter = kind.filters.get(base)
            if getter is None:
                continue
            needed = NEEDED.get(base)
            if (name, base) == ("VisitOccurrence", "VisitType"):
                needed = None
            if needed is not None and not needed(candidate):
                return False
            exclude = bool(body.get(f"{base}Exclude"))
            value = getter(candidate)
            if not self._meets(value, wanted, exclude, (name, property_name)):
                return False
        if body.get("Abnormal") and not _abnormal(candidate):
            return False
        period = body.get("UserDefinedPeriod") or {}
        days = [date.fromisoformat(period[edge]) for edge in _EDGES if period.get(edge)]
        return all(
            candidate.start <= day and candidate.end is not None and day <= candidate.end
            for day in days
        )

    def _meets(self, value: Any, wanted: Any, exclude: bool, where: tuple[str, str]) -> bool:
        if isinstance(wanted, list):
            return listed(value, wanted, exclude=exclude)
        if isinstance(wanted, int):
            return value is not None and value in self.sets.get(wanted, frozenset())
        if "Text" in wanted:
            return matches(value, wanted)
        if where[1].endswith("CS"):
            return selected(value, wanted, self.sets)
        return in_range(value, wanted, decimal=where in DECIMAL)

    def _custom_eras(self, body: Json) -> list[Event]:
        """Eras out of the days of other criteria. As in the reference, nothing is nested in it."""
        spans: dict[int, list[Interval]] = {}
        for criterion in body["CriteriaList"]:
            for event in self.events(criterion):
                spans.setdefault(event.person, []).append((event.start, event.end))
        eras = [
            (person, start, end)
            for person, intervals in sorted(spans.items())
            for start, end in merge(intervals, body.get("GapDays") or 0, self.order)
        ]
        events: list[Event] = []
        earlier: set[int] = set()
        for number, (person, start, end) in enumerate(eras, start=1):
            is_first = person not in earlier
            earlier.add(person)
            if body.get("First") and not is_first:
                continue
            candidate = Candidate({}, person, number, start, end, self.world)
            if _adjusted(candidate, ERA, body) and self._passes("CustomEra", ERA, body, candidate):
                events.append(_event("CustomEra", ERA, body, candidate))
        return events


_EDGES = ("StartDate", "EndDate")
ERA = Kind(
    "",
    "",
    "",
    lambda row: None,
    {
        "StartDate": lambda one: one.start,
        "EndDate": lambda one: one.end,
        "Duration": lambda one: one.days,
        "AgeAtStart": KINDS["DrugEra"].filters["AgeAtStart"],
        "Gender": KINDS["DrugEra"].filters["Gender"],
    },
    {},
)


def is_empty(group: Json) -> bool:
    """Whether a group asks for nothing."""
    return not any(
        group.get(members) for members in ("CriteriaList", "DemographicCriteriaList", "Groups")
    )


def _concept_columns(name: str, kind: Kind) -> Iterable[tuple[str, str]]:
    if kind.concept is not None:
        yield "CodesetId", kind.concept
    if kind.source is not None:
        # Circe writes ``ConditionSourceConcept``: the criterion's first word, or two for a detail.
        word = {
            "ConditionOccurrence": "Condition",
            "DrugExposure": "Drug",
            "ProcedureOccurrence": "Procedure",
            "DeviceExposure": "Device",
            "VisitOccurrence": "Visit",
        }.get(name, name)
        yield f"{word}SourceConcept", kind.source


def _adjusted(candidate: Candidate, kind: Kind, body: Json) -> bool:
    """Move the days of a candidate by its DateAdjustment; False if it ends before it starts."""
    adjustment = body.get("DateAdjustment")
    if adjustment is None or not kind.adjusts:
        return True
    if kind.table == "death":
        # As the reference does: it starts on its day and ends the day after, whatever is asked.
        adjustment = {**adjustment, "StartWith": "START_DATE", "EndWith": "END_DATE"}
    own = {"START_DATE": candidate.start, "END_DATE": candidate.end}
    start = own[adjustment.get("StartWith") or "START_DATE"]
    end = own[adjustment.get("EndWith") or "END_DATE"]
    if start is None or end is None:
        return False
    candidate.start = start + timedelta(days=adjustment.get("StartOffset") or 0)
    candidate.end = end + timedelta(days=adjustment.get("EndOffset") or 0)
    return candidate.end >= candidate.start


def _event(name: str, kind: Kind, body: Json, one: Candidate) -> Event:
    period = body.get("UserDefinedPeriod") or {}
    given = [date.fromisoformat(period[edge]) if period.get(edge) else None for edge in _EDGES]
    start, end = given[0] or one.start, given[1] or one.end
    visit = one.col("visit_occurrence_id") if kind.has_visit else None
    facts = {fact: one.col(column) for fact, column in kind.facts.items()}
    if kind.concept is not None:
        facts["DOMAIN_CONCEPT"] = one.col(kind.concept)
    if name == "Death":
        facts["DOMAIN_CONCEPT"] = facts["DOMAIN_CONCEPT"] or 0
    facts["DURATION"] = 1 if kind.is_point else None if end is None else (end - start).days
    return Event(one.person, one.id, start, end, one.start, visit, facts)


def _abnormal(one: Candidate) -> bool:
    value, low, high = one.col("value_as_number"), one.col("range_low"), one.col("range_high")
    if one.col("value_as_concept_id") in _MARKED:
        return True
    if value is None:
        return False
    return (low is not None and value < low) or (high is not None and value > high)
