"""From a definition to its periods: entry, rules, limits, exit, censoring, collapse, attrition."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from tests.oracle.comparisons import ConceptSets
from tests.oracle.eras import Interval, Order, merge
from tests.oracle.events import Event, Reader, is_empty
from tests.oracle.groups import Index, Matcher
from tests.oracle.kinds import drug_end
from tests.oracle.world import Day, Json, World

Period = tuple[int, Day, Day]


def order_of(number: int) -> Order:
    """A way to order what the reference leaves in any order: 0 keeps it, 1 turns it round."""
    if number < 2:
        return lambda position: -position if number else position
    return lambda position: hashlib.sha256(f"{number} {position}".encode()).digest()


@dataclass(frozen=True)
class Outcome:
    """What a definition gives: periods, and Circe's rule masks as (mode, mask, count), sorted."""

    rows: tuple[Period, ...]
    masks: tuple[tuple[int, int, int], ...]
    entry_events: int


def interpret(definition: Json, world: World, orders: int = 1) -> list[Outcome]:
    """All outcomes that so many orders give, without repetition; the first is that of order 0.

    One outcome means that the definition leaves nothing open on these data, as far as tried.
    """
    outcomes: list[Outcome] = []
    for number in range(orders):
        outcome = Interpreter(definition, world, order_of(number)).outcome()
        if outcome not in outcomes:
            outcomes.append(outcome)
    return outcomes


def is_open_to(answer: Outcome, outcomes: Iterable[Outcome]) -> bool:
    """Whether the masks, and the periods of each person, are those of some of the outcomes.

    What is open for one person is open whatever is chosen for another.
    """
    told = list(outcomes)
    counts = {(outcome.masks, outcome.entry_events) for outcome in told}
    periods = [_by_person(outcome) for outcome in told]
    answered = _by_person(answer)
    people = set(answered).union(*periods)
    return (answer.masks, answer.entry_events) in counts and all(
        any(answered.get(person) == of_order.get(person) for of_order in periods)
        for person in people
    )


def _by_person(outcome: Outcome) -> dict[int, list[Period]]:
    found: dict[int, list[Period]] = defaultdict(list)
    for row in outcome.rows:
        found[row[0]].append(row)
    return dict(found)


class Interpreter:
    """One definition over one world, with one order of what is open."""

    def __init__(self, definition: Json, world: World, order: Order | None = None) -> None:
        self.definition = definition
        self.world = world
        self.order = order or order_of(0)
        self.sets: ConceptSets = {
            entry["id"]: world.concept_set(entry["expression"])
            for entry in definition.get("ConceptSets") or ()
        }
        self.matcher = Matcher(world, self.sets, self.events)
        self.reader = Reader(world, self.sets, self.order, self.matcher.keep)

    def events(self, criterion: Json) -> list[Event]:
        """All events of a criterion."""
        return self.reader.events(criterion)

    def outcome(self) -> Outcome:
        """Periods and masks."""
        qualified = self.qualified()
        rules = [rule["expression"] for rule in self.definition.get("InclusionRules") or ()]
        met = [self.matcher.met(rule, qualified) for rule in rules]
        masks = {
            index.key: sum(1 << bit for bit, keys in enumerate(met) if index.key in keys)
            for index in qualified
        }
        complete = (1 << len(rules)) - 1
        included = self.limited(
            [index for index in qualified if masks[index.key] == complete],
            _limit(self.definition.get("ExpressionLimit")),
        )
        rows = self.periods(included)
        attrition = self.attrition(qualified, masks) if rules else ()
        return Outcome(tuple(sorted(rows)), attrition, len(qualified))

    def qualified(self) -> list[Index]:
        """Entry events within enough observation, limited, that meet the additional criteria."""
        primary = self.definition["PrimaryCriteria"]
        window = primary["ObservationWindow"]
        prior = timedelta(days=window.get("PriorDays") or 0)
        post = timedelta(days=window.get("PostDays") or 0)
        found: dict[int, list[tuple[Any, Event, Day, Day]]] = defaultdict(list)
        limit = _limit(primary.get("PrimaryCriteriaLimit"))
        position = 0
        for criterion in primary["CriteriaList"]:
            for event in self.events(criterion):
                for first, last in self.world.periods.get(event.person, ()):
                    observed = first <= event.start <= last
                    if observed and first + prior <= event.start and event.start + post <= last:
                        day = event.sort.toordinal()
                        sort = (-day if limit == "LAST" else day, event.id, self.order(position))
                        found[event.person].append((sort, event, first, last))
                        position += 1
        indexes = []
        for person, entries in found.items():
            entries.sort(key=lambda entry: entry[0])
            for number, (_, event, first, last) in enumerate(entries, start=1):
                if number == 1 or limit == "ALL":
                    indexes.append(
                        Index(person, number, event.start, event.end, first, last, event.visit)
                    )
        additional = self.definition.get("AdditionalCriteria")
        if additional is None:
            return indexes
        if not is_empty(additional):
            met = self.matcher.met(additional, indexes)
            indexes = [index for index in indexes if index.key in met]
        return self.limited(indexes, _limit(self.definition.get("QualifiedLimit")))

    def limited(self, indexes: list[Index], limit: str) -> list[Index]:
        """All, or each person's first or last by the day it starts."""
        if limit == "ALL":
            return indexes
        sign = -1 if limit == "LAST" else 1
        kept: dict[int, Index] = {}
        for index in sorted(
            indexes, key=lambda one: (sign * one.start.toordinal(), self.order(_place(one)))
        ):
            kept.setdefault(index.person, index)
        return list(kept.values())

    # --- leaving the cohort

    def periods(self, included: list[Index]) -> list[Period]:
        """From entry to the first way out, joined into eras and cut by the censor window."""
        censoring: dict[int, list[Day]] = defaultdict(list)
        for criterion in self.definition.get("CensoringCriteria") or ():
            for event in self.events(criterion):
                censoring[event.person].append(event.start)
        exits = self.exits(included)
        spans: dict[int, list[Interval]] = defaultdict(list)
        for index in included:
            ends = [*exits(index)]
            ends += [d for d in censoring[index.person] if index.start <= d <= index.last]
            ends = [day for day in ends if day is not None and day >= index.start]
            if ends:
                spans[index.person].append((index.start, min(ends)))
        pad = (self.definition.get("CollapseSettings") or {}).get("EraPad") or 0
        window = self.definition.get("CensorWindow") or {}
        first, last = (
            date.fromisoformat(window[edge]) if window.get(edge) else None
            for edge in ("StartDate", "EndDate")
        )
        periods = []
        for person, intervals in spans.items():
            for start, end in merge(intervals, pad, self.order):
                assert end is not None
                cut = (max(start, first or start), min(end, last or end))
                if cut[0] <= cut[1]:
                    periods.append((person, *cut))
        return periods

    def exits(self, included: list[Index]) -> Any:
        """A function from an index event to the days on which its strategy lets it leave."""
        strategy = self.definition.get("EndStrategy")
        if strategy is None:
            return lambda index: [index.last]
        ((kind, body),) = strategy.items()
        if kind == "DateOffset":
            offset = timedelta(days=body.get("Offset") or 0)

            def offset_end(index: Index) -> list[Day]:
                day = index.end if body.get("DateField") == "EndDate" else index.start
                return [] if day is None else [min(day + offset, index.last)]

            return offset_end
        eras = self.drug_eras(body, {index.person for index in included})

        def era_end(index: Index) -> list[Day]:
            of_person = eras.get(index.person, [])
            return [index.last, *(end for start, end in of_person if start <= index.start <= end)]

        return era_end

    def drug_eras(self, strategy: Json, people: set[int]) -> dict[int, list[tuple[Day, Day]]]:
        """Eras of persistent exposure of these people, by the CustomEra strategy."""
        concepts = self.sets.get(strategy["DrugCodesetId"], frozenset())
        supply = strategy.get("DaysSupplyOverride")
        offset = timedelta(days=strategy.get("Offset") or 0)
        spans: dict[int, list[Interval]] = defaultdict(list)
        for row in self.world.table("drug_exposure"):
            if row["person_id"] not in people:
                continue
            start = row["drug_exposure_start_date"]
            end = drug_end(row) if supply is None else start + timedelta(days=supply)
            for column in ("drug_concept_id", "drug_source_concept_id"):
                if row.get(column) in concepts:
                    spans[row["person_id"]].append((start, end + offset))
        return {
            person: [
                (start, end)
                for start, end in merge(intervals, strategy.get("GapDays") or 0, self.order)
                if end is not None
            ]
            for person, intervals in spans.items()
        }

    def attrition(
        self, qualified: list[Index], masks: dict[tuple[int, int], int]
    ) -> tuple[tuple[int, int, int], ...]:
        """Masks by event, and by the event of each person that meets most rules.

        Of events that meet as many the one whose first rule met is the earliest counts, then the
        earlier event.
        """

        def rank(index: Index) -> tuple[Any, ...]:
            mask = masks[index.key]
            lowest = (mask & -mask).bit_length() - 1 if mask else 0
            return -mask.bit_count(), lowest, index.start, self.order(_place(index))

        best: dict[int, Index] = {}
        for index in sorted(qualified, key=rank):
            best.setdefault(index.person, index)
        return tuple(sorted([*_counted(0, qualified, masks), *_counted(1, best.values(), masks)]))


def _counted(
    mode: int, indexes: Iterable[Index], masks: dict[tuple[int, int], int]
) -> Iterable[tuple[int, int, int]]:
    for mask, count in Counter(masks[index.key] for index in indexes).items():
        yield mode, mask, count


def _place(index: Index) -> int:
    """A number that no other index event has, so that no two people are ordered alike."""
    return index.person * 1000 + index.id


def _limit(limit: Json | None) -> str:
    return str((limit or {}).get("Type") or "First").upper()
