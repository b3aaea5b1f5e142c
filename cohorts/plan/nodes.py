"""The typed plan of a cohort: what Circe says, with every default filled in.

A plan holds no SQL but literals and the names of columns. Equal parts of two plans are equal and
hash alike, so what stands in a definition twice is computed once.

Columns are ``alias.column``, where the alias is one of the relations that a criterion may read:
``e`` (its own table), ``person``, ``visit``, ``provider``, ``care_site``. :data:`START` and
:data:`END` stand for the dates of the event after a date adjustment.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass
from typing import Final

START: Final = "{start}"
END: Final = "{end}"
ALL, FIRST, LAST = "ALL", "FIRST", "LAST"
EXACTLY, AT_MOST, AT_LEAST = 0, 1, 2


@dataclass(frozen=True)
class ConceptItem:
    """One line of a concept set."""

    concept_id: int
    excluded: bool
    descendants: bool
    mapped: bool


@dataclass(frozen=True)
class ConceptSetPlan:
    """A concept set that the plan refers to by ``id``."""

    id: int
    items: tuple[ConceptItem, ...]


@dataclass(frozen=True)
class Compared:
    """A number or date beside one literal, or two for ``bt`` and ``!bt`` (Circe's operators)."""

    column: str
    operator: str
    value: str
    extent: str = ""


@dataclass(frozen=True)
class OneOf:
    """A concept column that holds one of the listed concepts, or none of them."""

    column: str
    concepts: tuple[int, ...]
    excluded: bool = False


@dataclass(frozen=True)
class InConceptSet:
    """A concept column that holds a concept of the set, or none; without a set, any at all."""

    column: str
    concept_set: int | None
    excluded: bool = False


@dataclass(frozen=True)
class Matches:
    """Text that contains, starts with or ends with another (``%`` and ``_`` are wildcards)."""

    column: str
    operator: str
    text: str


@dataclass(frozen=True)
class Holds:
    """A condition that no other property has."""

    condition: str


Predicate = Compared | OneOf | InConceptSet | Matches | Holds


@dataclass(frozen=True)
class Adjustment:
    """Circe's DateAdjustment: days added to one of the event's dates, for each of the two."""

    start_from: str
    start_days: int
    end_from: str
    end_days: int


@dataclass(frozen=True)
class DomainScan:
    """Events of one CDM table (``criterion`` is the Circe name), whatever their observation.

    ``first`` keeps the first event per person of the concept sets, before any predicate.
    ``period`` are Circe's user-defined dates that stand in the place of the event's own.
    ``nested`` is the group of criteria that each event must itself meet.
    """

    criterion: str
    concept_set: int | None = None
    source_concept_set: int | None = None
    first: bool = False
    adjustment: Adjustment | None = None
    predicates: tuple[Predicate, ...] = ()
    period: tuple[str | None, str | None] = (None, None)
    nested: Group | None = None


@dataclass(frozen=True)
class CustomEraScan:
    """Eras made of other criteria's events that lie at most ``gap`` days apart."""

    members: tuple[Scan, ...]
    gap: int
    first: bool
    adjustment: Adjustment | None
    predicates: tuple[Predicate, ...]


Scan = DomainScan | CustomEraScan


@dataclass(frozen=True)
class Bound:
    """One side of a window: a date of the event, on or after (or on or before) one of the index.

    Without ``days`` the date is a border of the index event's observation period: its end if
    ``forward``. With them it is ``days`` after the index's start or end.
    """

    lower: bool
    event_end: bool
    index_end: bool
    days: int | None
    forward: bool


@dataclass(frozen=True)
class Correlated:
    """How often events of a scan lie in a window around the index event.

    ``counted`` is the Circe name of the column whose different values are counted, or None.
    """

    events: Scan
    bounds: tuple[Bound, ...]
    within_observation: bool
    same_visit: bool
    occurrence: int
    count: int
    counted: str | None = None

    def holds(self, number: int) -> bool:
        """Whether ``number`` events are as many as asked for."""
        if self.occurrence == EXACTLY:
            return number == self.count
        return number <= self.count if self.occurrence == AT_MOST else number >= self.count

    @property
    def counts_none(self) -> bool:
        """Whether an index event without any such event is looked at: Circe's left join."""
        return self.occurrence == AT_MOST or self.count == 0


@dataclass(frozen=True)
class Demographic:
    """What the person is, and when the index event is."""

    predicates: tuple[Predicate, ...]


@dataclass(frozen=True)
class Group:
    """Criteria of which all, any, at least or at most ``count`` hold. Without members all hold."""

    kind: str
    count: int
    members: tuple[Member, ...]


Member = Correlated | Demographic | Group


@dataclass(frozen=True)
class DateOffsetExit:
    """The cohort ends a fixed number of days after the event's start or end."""

    from_end: bool
    days: int


@dataclass(frozen=True)
class CustomEraExit:
    """The cohort ends with the era of exposure to a drug that holds the event's start."""

    concept_set: int
    gap: int
    offset: int
    days_supply: int | None


@dataclass(frozen=True)
class CohortPlan:
    """A whole cohort definition, in the order in which it is computed."""

    concept_sets: tuple[ConceptSetPlan, ...]
    entry: tuple[Scan, ...]
    prior_days: int
    post_days: int
    entry_limit: str
    additional: Group | None
    qualified_limit: str
    rules: tuple[Group, ...]
    included_limit: str
    exit: DateOffsetExit | CustomEraExit | None
    censoring: tuple[Scan, ...]
    era_pad: int
    censor_window: tuple[str | None, str | None]


def concept_sets_of(part: object) -> frozenset[int]:
    """The ids of all concept sets that a part of a plan refers to."""
    if isinstance(part, tuple):
        return frozenset[int]().union(*map(concept_sets_of, part))
    if not is_dataclass(part):
        return frozenset()
    values = {entry.name: getattr(part, entry.name) for entry in fields(part)}
    names = ("concept_set", "source_concept_set")
    named = {int(values[name]) for name in names if values.get(name) is not None}
    return frozenset(named).union(*map(concept_sets_of, values.values()))
